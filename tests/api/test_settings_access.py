"""Whose business a setting is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from served import Served, serve

from api.preferences import CATALOGUE, Caller

PAGE = "listing.default_page_size"


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        served.ok("POST", "/settings", json={"key": "open", "value_json": 1})
        served.ok("POST", "/settings", json={"key": "theirs", "value_json": 1, "required_role": ["User"]})
        yield served


@contextmanager
def calling(api: Served, caller: Caller) -> Iterator[None]:
    """Let somebody else hold the key."""
    before, api.app.state.who_calls = api.app.state.who_calls, lambda _request: caller
    yield
    api.app.state.who_calls = before


USER_7 = Caller("User", 7)


def test_a_user_sees_only_what_the_role_allows(api: Served) -> None:
    with calling(api, USER_7):
        assert [item["key"] for item in api.ok("GET", "/settings")["items"]] == ["open", "theirs"]
        assert set(api.ok("GET", "/settings/system")["settings"]) == {"open", "theirs"}
    assert api.ok("GET", "/settings")["total"] == len(CATALOGUE) + 2


def test_a_user_changes_only_what_the_role_allows(api: Served) -> None:
    with calling(api, USER_7):
        for key in CATALOGUE:
            api.refused(403, "GET", f"/settings/{key}")
            api.refused(403, "PATCH", f"/settings/{key}", json={"value_json": 1})
            api.refused(403, "PATCH", f"/settings/{key}")
            api.refused(403, "DELETE", f"/settings/{key}")
            api.refused(403, "POST", "/settings", json={"key": key})
        api.refused(
            403, "PATCH", "/settings/system", json={"updates": {"open": 2}, "resets": ["operator.mode"]}
        )
        api.refused(403, "POST", "/settings", json={"key": "new"})
        api.ok("PATCH", "/settings/open", json={"value_json": 3})
        api.ok("DELETE", "/settings/theirs")
    assert api.ok("GET", "/settings/open")["value_json"] == 3


def test_a_refusal_says_which_role_is_needed(api: Served) -> None:
    with calling(api, USER_7):
        assert "Super Admin" in api.refused(403, "GET", "/settings/operator.mode")


def test_a_super_admin_may_what_any_role_may(api: Served) -> None:
    api.ok("PATCH", "/settings/theirs", json={"value_json": 2})


def test_a_user_has_a_say_over_their_own_settings_only(api: Served) -> None:
    with calling(api, USER_7):
        api.ok("PATCH", "/settings/users/7", json={"updates": {PAGE: 9}})
        assert api.ok("GET", "/settings/users/7")["settings"] == {PAGE: 9}
        api.refused(403, "GET", "/settings/users/8")
        api.refused(403, "PATCH", "/settings/users/8", json={"updates": {PAGE: 9}})
        api.refused(403, "GET", "/settings/users/0")
    assert api.ok("GET", "/settings/users/8")["settings"] == {PAGE: 50}


def test_there_must_be_such_a_user(api: Served) -> None:
    for user in ("0", "-1"):
        assert api.refused(404, "GET", f"/settings/users/{user}") == f"User {user} does not exist"
        api.refused(404, "PATCH", f"/settings/users/{user}", json={})
    for user in ("x", "1.0", "+1", "1_0", "%201"):
        assert api.locations("GET", f"/settings/users/{user}") == [["path", "user_idx"]]


def test_a_user_cannot_have_what_is_for_the_whole_system(api: Served) -> None:
    body = {"updates": {PAGE: 5, "operator.mode": "both", "open": 2}, "resets": ["report.kept", PAGE]}
    assert api.locations("PATCH", "/settings/users/7", json=body) == [
        ["body", "resets", 1],
        ["body", "updates", "operator.mode"],
        ["body", "updates", "open"],
        ["body", "resets", 0],
    ]
    assert api.ok("GET", "/settings/users/7")["settings"] == {PAGE: 50}


def test_values_of_a_user_are_checked_like_the_systems(api: Served) -> None:
    body = {"updates": {PAGE: 5000}}
    assert api.locations("PATCH", "/settings/users/7", json=body) == [["body", "updates", PAGE]]


def test_roles_of_a_setting_must_exist(api: Served) -> None:
    body = {"key": "new", "required_role": ["User", "Nobody"]}
    assert api.locations("POST", "/settings", json=body) == [["body", "required_role", 1]]
