"""Answers with secrets are kept by nobody, and a flood of logins finds a bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.accounts.signing_in import MOST_WAITING
from tests.api.people import PASSWORD, QUICK, People, people


@pytest.fixture(scope="module")
def door() -> Iterator[People]:
    with people() as served:
        yield served


def test_whatever_carries_a_secret_is_not_to_be_stored(door: People) -> None:
    door.user()
    pair = door.login()
    answers = [
        door.try_login(),
        door.refresh(pair["refresh_token"]),
        door.api.call("POST", "/auth/generate_api_key", json={"name": "p"}),
        door.api.call("GET", "/auth/api_keys"),
        door.api.call("GET", "/auth/users"),
        door.api.send("GET", "/_twin/worlds"),
        door.api.send("GET", "/_twin/worlds/default/api/v2/auth/api_keys"),
        door.try_login(password="wrong"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 7 + [401]
    assert [answer.headers.get_list("cache-control") for answer in answers] == [["no-store"]] * 8


def test_what_is_no_secret_may_be_stored_as_before(door: People) -> None:
    assert "cache-control" not in door.api.call("GET", "/skus").headers


def test_a_flood_of_logins_is_sent_away_and_the_door_stays_open() -> None:
    with people(QUICK) as door:
        door.user()
        body = {"email": "nobody@example.org", "password": PASSWORD}
        flood = [("POST", "/auth/login", body)] * (MOST_WAITING + 9)
        answers = [answer for _, answer in door.api.at_once(*flood)]
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(503) == 8
        assert statuses.count(401) == MOST_WAITING + 1
        assert {a.headers.get("retry-after") for a in answers if a.status_code == 503} == {"2"}
        assert door.try_login().status_code == 200
