"""Whose business a setting is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from people import People, people

from api.preferences import CATALOGUE

PAGE = "listing.default_page_size"


class Two(People):
    """Somebody of the role User, beside the holder of the key, who may do everything."""

    ann: int
    token: str

    def refused(self, status: int, method: str, path: str, **options: Any) -> str:
        """Why Ann is refused."""
        answer = self.as_(self.token, method, path, **options)
        assert answer.status_code == status, answer.text
        return str(answer.json()["detail"])

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """What Ann is answered."""
        answer = self.as_(self.token, method, path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def both() -> Iterator[Two]:
    with people() as door:
        two = Two(door.api, door.accounts, door._wall)
        two.ann = two.user()
        two.token = two.login()["access_token"]
        two.api.ok("POST", "/settings", json={"key": "open", "value_json": 1})
        two.api.ok("POST", "/settings", json={"key": "theirs", "value_json": 1, "required_role": ["User"]})
        yield two


def test_a_user_sees_only_what_the_role_allows(both: Two) -> None:
    assert [item["key"] for item in both.ok("GET", "/settings")["items"]] == ["open", "theirs"]
    assert set(both.ok("GET", "/settings/system")["settings"]) == {"open", "theirs"}
    assert both.api.ok("GET", "/settings")["total"] == len(CATALOGUE) + 2


def test_a_user_changes_only_what_the_role_allows(both: Two) -> None:
    for key in CATALOGUE:
        both.refused(403, "GET", f"/settings/{key}")
        both.refused(403, "PATCH", f"/settings/{key}", json={"value_json": 1})
        both.refused(403, "PATCH", f"/settings/{key}")
        both.refused(403, "DELETE", f"/settings/{key}")
        both.refused(403, "POST", "/settings", json={"key": key})
    mixed = {"updates": {"open": 2}, "resets": ["operator.mode"]}
    both.refused(403, "PATCH", "/settings/system", json=mixed)
    both.refused(403, "POST", "/settings", json={"key": "new"})
    both.ok("PATCH", "/settings/open", json={"value_json": 3})
    both.ok("DELETE", "/settings/theirs")
    assert both.api.ok("GET", "/settings/open")["value_json"] == 3


def test_a_refusal_says_which_role_is_needed(both: Two) -> None:
    assert "Super Admin" in both.refused(403, "GET", "/settings/operator.mode")


def test_a_super_admin_may_what_any_role_may(both: Two) -> None:
    both.api.ok("PATCH", "/settings/theirs", json={"value_json": 2})


def test_a_user_has_a_say_over_their_own_settings_only(both: Two) -> None:
    other = both.user("bob@example.org")
    both.ok("PATCH", f"/settings/users/{both.ann}", json={"updates": {PAGE: 9}})
    assert both.ok("GET", f"/settings/users/{both.ann}")["settings"] == {PAGE: 9}
    for user in (other, 0, 99):
        both.refused(403, "GET", f"/settings/users/{user}")
        both.refused(403, "PATCH", f"/settings/users/{user}", json={"updates": {PAGE: 9}})
    assert both.api.ok("GET", f"/settings/users/{other}")["settings"] == {PAGE: 50}


def test_a_key_that_a_user_has_made_has_their_settings(both: Two) -> None:
    both.ok("PATCH", f"/settings/users/{both.ann}", json={"updates": {PAGE: 9}})
    key = both.key(both.token)
    assert both.as_(key, "GET", "/skus").json()["size"] == 9
    assert both.as_(key, "GET", f"/settings/users/{both.ann}").json()["settings"] == {PAGE: 9}


def test_who_authenticates_is_told_their_settings(both: Two) -> None:
    both.api.ok("PATCH", f"/settings/users/{both.ann}", json={"updates": {PAGE: 9}})
    assert both.ok("GET", "/auth/authenticate")["settings"] == {"locale": "en", PAGE: 9}
    assert both.api.ok("GET", "/auth/authenticate")["settings"] == {PAGE: 50}


def test_there_must_be_such_a_user(both: Two) -> None:
    for user in ("0", "-1", "99"):
        assert both.api.refused(404, "GET", f"/settings/users/{user}") == f"User {user} does not exist"
        both.api.refused(404, "PATCH", f"/settings/users/{user}", json={})
    for user in ("x", "1.0", "+1", "1_0", "%201"):
        assert both.api.locations("GET", f"/settings/users/{user}") == [["path", "user_idx"]]


def test_a_user_cannot_have_what_is_for_the_whole_system(both: Two) -> None:
    path = f"/settings/users/{both.ann}"
    body = {"updates": {PAGE: 5, "operator.mode": "both", "open": 2}, "resets": ["report.kept", PAGE]}
    assert both.api.locations("PATCH", path, json=body) == [
        ["body", "resets", 1],
        ["body", "updates", "operator.mode"],
        ["body", "updates", "open"],
        ["body", "resets", 0],
    ]
    assert both.api.ok("GET", path)["settings"] == {PAGE: 50}


def test_an_unknown_key_is_not_found_for_a_user(both: Two) -> None:
    path = f"/settings/users/{both.ann}"
    for body in ({"updates": {"nothing": 1}}, {"resets": ["nothing"]}):
        assert both.api.refused(404, "PATCH", path, json=body) == "Setting nothing does not exist"


def test_values_of_a_user_are_checked_like_the_systems(both: Two) -> None:
    body = {"updates": {PAGE: 5000}}
    places = both.api.locations("PATCH", f"/settings/users/{both.ann}", json=body)
    assert places == [["body", "updates", PAGE]]


def test_roles_of_a_setting_must_exist(both: Two) -> None:
    body = {"key": "new", "required_role": ["User", "Nobody"]}
    assert both.api.locations("POST", "/settings", json=body) == [["body", "required_role", 1]]
