"""Which role may do what: the table, the guard, and the page about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from people import NOBODY, People, people

from api.accounts.roles import ADMINS, RIGHTS, Role, lower_of, right_to
from api.rights_page import guarded, page
from tests.api.served import KEY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
OPERATIONS = [(method, path, route.operation_id or route.name) for method, path, route in guarded()]
CREDENTIALS = [(kind, role) for kind in ("token", "key") for role in Role]


@pytest.fixture(scope="module")
def door() -> Iterator[People]:
    with people() as opened:
        yield opened


@pytest.fixture(scope="module")
def credentials(door: People) -> dict[tuple[str, Role], str]:
    return {(kind, role): door.credential(kind, role) for kind, role in CREDENTIALS}


def call(door: People, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """A call without a body, with the names of parameters as their values: it changes nothing."""
    # A stream that goes on would never be answered whole.
    query = {"follow": "false"} if path == "/_twin/events" else {}
    url = path.replace("{", "").replace("}", "")
    answer = door.api.send(method, url, headers=headers, params=query)
    assert answer.status_code != 404 or answer.json() != {"detail": "Not Found"}
    return answer


@pytest.mark.parametrize(("kind", "role"), CREDENTIALS)
@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_a_role_opens_what_its_rights_say(
    door: People,
    credentials: dict[tuple[str, Role], str],
    method: str,
    path: str,
    operation: str,
    kind: str,
    role: Role,
) -> None:
    if operation == "reset_world" and role in right_to(operation).roles:
        pytest.skip("it would take away the credentials; tests of worlds reset them")
    headers = {"Authorization": f"Bearer {credentials[kind, role]}"}
    answer = call(door, method, path, headers)
    if role in right_to(operation).roles or right_to(operation).open:
        assert answer.status_code not in (401, 403, 405), answer.text
    else:
        assert answer.status_code == 403
        assert role in answer.json()["detail"]
        assert "Super Admin" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_without_a_credential_only_open_operations_answer(
    door: People, method: str, path: str, operation: str
) -> None:
    answer = call(door, method, path, NOBODY)
    if right_to(operation).open:
        assert answer.status_code in (200, 422)
    else:
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_guarded_operation_has_its_row_and_no_row_is_left_over() -> None:
    assert set(RIGHTS) == {operation for _, _, operation in OPERATIONS}


def test_what_has_no_row_is_for_super_admins() -> None:
    assert right_to("something_new") == ADMINS


def test_super_admins_may_do_everything() -> None:
    assert all(Role.SUPER_ADMIN in right.roles for right in RIGHTS.values())


def test_the_right_is_asked_for_before_anything_is_looked_at(
    door: People, credentials: dict[tuple[str, Role], str]
) -> None:
    headers = {"Authorization": f"Bearer {credentials['key', Role.USER]}", "Content-Type": "application/json"}
    assert door.api.call("POST", "/auth/create_account", content=b"{", headers=headers).status_code == 403
    assert door.api.call("GET", "/auth/users?size=x", headers=headers).status_code == 403


def test_of_two_roles_the_one_that_may_less_is_the_lower() -> None:
    for role in Role:
        assert lower_of(role, Role.USER) is Role.USER
        assert lower_of(Role.SUPER_ADMIN, role) is role


def test_the_page_about_roles_is_current() -> None:
    assert PAGE.read_text() == page(), "python -m api.rights_page > docs/roles.md"


def test_a_credential_of_any_length_is_looked_at_or_refused_but_never_breaks(door: People) -> None:
    for length in (1, 100, 4096, 4097, 60_000):
        assert not door.admits("x" * length)
    assert door.admits(KEY)
