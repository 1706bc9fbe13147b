"""All that is kept of accounts is plain data that can be written out and read back."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from people import OTHER, PASSWORD, QUICK, SECRET, START_S, People, Wall, people

from api.accounts import Accounts
from tests.api.served import KEY, serve


@pytest.fixture
def busy() -> Iterator[People]:
    """Accounts with something of everything."""
    with people() as door:
        door.user("ann@example.org", "Super Admin")
        door.create("bob@example.org")
        door.key()
        door.api.ok("DELETE", "/auth/api_keys/2")
        door.key(name="WMS")
        door.try_login(password="wrong")
        door.reset("bob@example.org", otp="wrong")
        yield door


def test_what_is_read_back_is_what_was_written(busy: People) -> None:
    tokens, code, key = busy.login(), busy.code("bob@example.org"), busy.key()
    written = json.dumps(busy.accounts.snapshot())
    wall = Wall()
    accounts = Accounts(secret=SECRET, clock=wall, hasher=QUICK)
    accounts.restore(json.loads(written))
    assert json.dumps(accounts.snapshot()) == written
    with serve(accounts=accounts) as api:
        door = People(api, accounts, wall)
        assert door.admits(tokens["access_token"])
        assert door.refresh(tokens["refresh_token"]).status_code == 200
        assert door.admits(key)
        assert door.login("ann@example.org", PASSWORD)
        assert door.reset("bob@example.org", OTHER, otp=code).status_code == 200
        assert door.create("carl@example.org") == 3
        door.key()
        assert [row["id"] for row in api.items("/auth/api_keys")] == [1, 3, 4, 5]


def test_reading_back_replaces_all_there_was(busy: People) -> None:
    empty = Accounts(KEY).snapshot()
    token = busy.login()["access_token"]
    busy.accounts.restore(empty)
    assert not busy.admits(token)
    assert busy.api.items("/auth/users") == []
    assert [row["api_key"] for row in busy.api.items("/auth/api_keys")] == [KEY]


def damaged(plain: dict[str, Any], how: str) -> dict[str, Any]:
    plain = copy.deepcopy(plain)
    if how == "newer":
        plain["version"] += 1
    elif how == "no version":
        del plain["version"]
    elif how == "no users":
        del plain["users"]
    elif how == "odd role":
        plain["users"][0]["role"] = "root"
    elif how == "odd time":
        plain["keys"][0]["expires_ms"] = "soon"
    return plain


@pytest.mark.parametrize("how", ["newer", "no version", "no users", "odd role", "odd time"])
def test_what_cannot_be_read_is_refused_and_changes_nothing(busy: People, how: str) -> None:
    before = busy.accounts.snapshot()
    with pytest.raises(ValueError):
        busy.accounts.restore(damaged(before, how))
    assert busy.accounts.snapshot() == before


def test_the_key_of_the_start_is_let_in_once(busy: People) -> None:
    busy.accounts.keys.add_first(KEY)
    assert [key.value for key in busy.accounts.keys.all()].count(KEY) == 1


def test_times_are_wall_milliseconds(busy: People) -> None:
    [first, *_] = busy.accounts.snapshot()["keys"]
    assert first["last_used_ms"] == int(START_S * 1000)
