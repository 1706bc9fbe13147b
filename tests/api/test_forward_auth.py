"""``authenticate`` as a proxy asks it before it lets a call through (Traefik's ForwardAuth)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from people import NOBODY, People, people

from api.accounts import Role

FORWARDED = {
    "X-Forwarded-Method": "DELETE",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "wms.example.org",
    "X-Forwarded-Uri": "/somewhere?else=1",
    "X-Forwarded-For": "192.0.2.7",
}
"""What such a proxy tells of the call that it holds back."""


@pytest.fixture(scope="module")
def door() -> Iterator[People]:
    with people() as opened:
        yield opened


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", ["token", "key"])
def test_a_call_with_a_credential_is_let_through_whatever_it_asks_for(
    door: People, kind: str, role: Role
) -> None:
    headers = {**FORWARDED, "Authorization": f"Bearer {door.credential(kind, role)}"}
    answer = door.api.call("GET", "/auth/authenticate", headers=headers)
    assert (answer.status_code, answer.json()["user"]["role"]) == (200, role)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}])
def test_any_other_is_held_back_with_what_a_client_needs_to_know(door: People, given: dict[str, str]) -> None:
    headers = {**FORWARDED, **NOBODY, **given}
    answer = door.api.call("GET", "/auth/authenticate", headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_credential_in_the_forwarded_query_or_cookie_opens_nothing(door: People) -> None:
    key = door.key()
    headers = {**NOBODY, "X-Forwarded-Uri": f"/?access_token={key}", "Cookie": f"access_token={key}"}
    assert door.api.call("GET", "/auth/authenticate", headers=headers).status_code == 401
