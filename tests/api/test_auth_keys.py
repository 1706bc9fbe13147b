"""API keys: made, listed, used, ended, deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from people import DAY_S, HOUR_S, People, people

from api.accounts import Role
from tests.api.served import KEY


@pytest.fixture
def door() -> Iterator[People]:
    with people() as opened:
        yield opened


def test_the_key_of_the_start_is_the_first_and_does_not_end(door: People) -> None:
    [row] = door.api.items("/auth/api_keys")
    assert row["id"] == 1
    assert (row["name"], row["api_key"], row["role"]) == ("twin serve", KEY, "Super Admin")
    assert row["expires_at"] is None
    assert row["expires_at_utc"] is None


def test_a_new_key_opens_the_api_and_is_shown_as_it_was_given(door: People) -> None:
    key = door.key(name="WMS")
    assert door.as_(key, "GET", "/storage_status").status_code == 200
    row = door.api.items("/auth/api_keys")[1]
    assert (row["id"], row["name"], row["api_key"]) == (2, "WMS", key)


def test_keys_are_long_random_and_recognisable(door: People) -> None:
    keys = {door.key() for _ in range(20)}
    assert len(keys) == 20
    assert all(key.startswith("twin_") and len(key) >= 48 for key in keys)


def test_a_key_ends_after_a_year_of_wall_time(door: People) -> None:
    key = door.key()
    row = door.api.items("/auth/api_keys", id__eq=2)[0]
    assert row["expires_at"] == "2027-01-05T09:00:00.000000"
    assert row["expires_at_utc"] == "2027-01-05T08:00:00.000000+00:00"
    door.wait(365 * DAY_S - 1)
    assert door.admits(key)
    door.wait(1)
    assert not door.admits(key)


def test_simulated_time_does_not_end_a_key(door: People) -> None:
    key = door.key()
    door.api.advance(2 * 365 * DAY_S * 1000)
    assert door.admits(key)


def test_last_used_is_when_the_key_was_last_sent(door: People) -> None:
    key = door.key()
    assert door.api.items("/auth/api_keys", id__eq=2)[0]["last_used"] is None
    door.wait(HOUR_S)
    door.as_(key, "GET", "/health")
    door.wait(HOUR_S)
    row = door.api.items("/auth/api_keys", id__eq=2)[0]
    assert row["last_used"] == "2026-01-05T10:00:00.000000"
    assert row["last_used_utc"] == "2026-01-05T09:00:00.000000+00:00"


def test_a_deleted_key_opens_nothing_and_is_told_once_more(door: People) -> None:
    key = door.key(name="WMS")
    gone = door.api.ok("DELETE", "/auth/api_keys/2")
    assert gone.pop("message")
    assert gone == {"deleted_key": key, "deleted_key_id": 2, "deleted_key_name": "WMS"}
    assert not door.admits(key)
    assert [row["id"] for row in door.api.items("/auth/api_keys")] == [1]


def test_the_id_of_a_deleted_key_is_never_given_again(door: People) -> None:
    door.key()
    door.api.ok("DELETE", "/auth/api_keys/2")
    door.key()
    assert [row["id"] for row in door.api.items("/auth/api_keys")] == [1, 3]


def test_a_key_that_is_not_there_cannot_be_deleted(door: People) -> None:
    assert door.api.refused(404, "DELETE", "/auth/api_keys/7") == "API key 7 does not exist"
    assert door.api.locations("DELETE", "/auth/api_keys/+1") == [["path", "api_key_id"]]


def test_a_key_may_delete_itself(door: People) -> None:
    other = door.key()
    door.api.ok("DELETE", "/auth/api_keys/1")
    assert not door.admits(KEY)
    assert door.admits(other)


def test_the_last_key_that_could_administer_cannot_be_deleted(door: People) -> None:
    why = door.api.refused(409, "DELETE", "/auth/api_keys/1")
    assert "Make another key" in why
    assert door.admits(KEY)


def test_keys_and_users_who_could_not_administer_do_not_count(door: People) -> None:
    door.user("ann@example.org")
    door.key(door.login()["access_token"], "of a user")
    door.create("bob@example.org", "Super Admin")  # a code alone: who would read it out?
    door.key(name="that ends")
    door.wait(366 * DAY_S)
    door.api.refused(409, "DELETE", "/auth/api_keys/1")
    for key_id in (2, 3):
        door.api.ok("DELETE", f"/auth/api_keys/{key_id}")


def test_an_administrator_with_a_password_is_enough(door: People) -> None:
    door.user("boss@example.org", "Super Admin")
    door.api.ok("DELETE", "/auth/api_keys/1")
    token = door.login("boss@example.org")["access_token"]
    assert door.as_(token, "POST", "/auth/generate_api_key", json={"name": "new"}).status_code == 200


def test_the_last_who_could_administer_cannot_become_less(door: People) -> None:
    door.user("boss@example.org", "Super Admin")
    door.create("bob@example.org", "Super Admin")
    token = door.login("boss@example.org")["access_token"]
    door.key(token, "goes with its user")
    door.api.ok("DELETE", "/auth/api_keys/1")
    demotion = {"email": "boss@example.org", "role": "User"}
    assert door.as_(token, "PATCH", "/auth/update_user", json=demotion).status_code == 409


def test_a_key_has_the_role_of_who_makes_it(door: People) -> None:
    door.user("ann@example.org")
    door.key(door.login()["access_token"], "of a user")
    door.key(KEY, "of an administrator")
    roles = {row["name"]: row["role"] for row in door.api.items("/auth/api_keys")}
    assert roles["of a user"] == "User"
    assert roles["of an administrator"] == "Super Admin"


def test_keys_lose_the_role_that_their_user_loses_also_through_a_key_of_a_key(door: People) -> None:
    door.user("boss@example.org", "Super Admin")
    door.user("ann@example.org", "Super Admin")
    first = door.key(door.login()["access_token"])
    second = door.key(first)
    assert door.as_(second, "GET", "/auth/users").status_code == 200
    door.api.ok("PATCH", "/auth/update_user", json={"email": "ann@example.org", "role": "User"})
    for key in (first, second):
        assert door.as_(key, "GET", "/auth/users").status_code == 403
        assert door.as_(key, "GET", "/skus").status_code == 200
    assert door.as_(KEY, "GET", "/auth/users").status_code == 200


def test_keys_gain_nothing_where_their_user_does(door: People) -> None:
    door.user()
    key = door.key(door.login()["access_token"])
    door.api.ok("PATCH", "/auth/update_user", json={"user_id": 1, "role": "Super Admin"})
    assert door.as_(key, "GET", "/auth/users").status_code == 403


@pytest.mark.parametrize("name", ["", "x" * 256, "a\x00b", 7, None, ["a"]])
def test_a_key_needs_a_proper_name(door: People, name: object) -> None:
    assert door.api.locations("POST", "/auth/generate_api_key", json={"name": name}) == [["body", "name"]]


def test_the_listing_filters_searches_sorts_and_pages(door: People) -> None:
    door.user()
    token = door.login()["access_token"]
    for name in ("Lift", "lamp"):
        door.key(token, name)
    door.key(KEY, "Lift")

    def ids(**query: object) -> list[int]:
        return [row["id"] for row in door.api.items("/auth/api_keys", **query)]

    assert ids() == [1, 2, 3, 4]
    assert ids(id__eq="3") == [3]
    assert ids(id__eq="three") == []
    assert ids(id__ilike="4") == [4]
    assert ids(name__eq="Lift") == [2, 4]
    assert ids(name__ilike="L") == [2, 3, 4]
    assert ids(role__eq="User") == [2, 3]
    assert ids(role__in="User,Super Admin") == [1, 2, 3, 4]
    assert ids(expires_at__gte="2026-06-01") == [2, 3, 4]
    assert ids(expires_at__lte="2026-06-01") == []
    assert ids(last_used__gte="2026-01-05T09:00:00") == [1]
    assert ids(last_used__lte="2026-01-05T08:59:59") == []
    assert ids(search="name:lift AND role:user") == [2]
    assert ids(search="*:amp OR id:4") == [3, 4]
    assert ids(sort_by="name,-id") == [4, 2, 3, 1]
    assert ids(size=3, page=2) == [4]


@pytest.mark.parametrize(
    "query", ["sort_by=api_key", "search=api_key:a", "search=x:y", "expires_at__gte=soon"]
)
def test_keys_are_not_found_out_by_asking_the_listing(door: People, query: str) -> None:
    [[place, _]] = door.api.locations("GET", f"/auth/api_keys?{query}")
    assert place == "query"


def test_no_secret_is_printed_with_the_records(door: People) -> None:
    door.user()
    tokens = door.login()
    key = door.key()
    code = door.forget() and door.code()
    told = repr(door.accounts.keys.all()) + repr(door.accounts.users.all())
    for secret in (KEY, key, code, "$argon2id", tokens["refresh_token"]):
        assert secret not in told


@pytest.mark.parametrize("role", Role)
def test_who_is_in_with_a_key_is_the_key(door: People, role: Role) -> None:
    key = door.credential("key", role)
    body = door.as_(key, "GET", "/auth/authenticate").json()
    settings = {"listing.default_page_size": 50}
    user = {"id": 2, "username": "a program", "email": None, "role": role}
    assert body == {"user": user, "settings": settings}
