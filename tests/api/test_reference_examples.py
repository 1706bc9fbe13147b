"""The bodies that the reference shows for requests, sent as they are where that can mean something."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from people import PASSWORD, People, people

from tests.reference import reference

EMAIL = "derp@meme.org"
"""Whom the reference's examples are about."""


@cache
def shown(operation: str) -> dict[str, Any]:
    """The body that the reference shows for an operation."""
    method, path = operation.split()
    about = json.loads(reference("openapi.json").read_text())["paths"][f"/api/v2{path}"][method.lower()]
    example: dict[str, Any] = about["requestBody"]["content"]["application/json"]["example"]
    return example


@pytest.fixture
def door() -> Iterator[People]:
    with people() as opened:
        yield opened


def sent(door: People, operation: str, path: str | None = None, **real: Any) -> Any:
    """The answer to the reference's body; ``real`` takes the place of what stands for something there."""
    method, template = operation.split()
    return door.api.ok(method, path or template, json={**shown(operation), **real})


def test_an_account_of_the_reference_is_a_user_who_speaks_english(door: People) -> None:
    assert sent(door, "POST /auth/create_account") == {"id": 1, "username": "string", "email": EMAIL}
    assert door.row(EMAIL)["role"] == "User"
    sent(door, "POST /auth/forgot_password")
    change = {"otp": door.code(EMAIL), "new_password": PASSWORD}
    sent(door, "POST /auth/reset_password", **change)
    pair = sent(door, "POST /auth/login", password=PASSWORD)
    own = door.as_(pair["access_token"], "GET", "/auth/authenticate").json()
    assert own["settings"]["locale"] == "en"
    sent(door, "POST /auth/refresh_token", refresh_token=pair["refresh_token"])
    changed = sent(door, "PATCH /auth/update_user", user_id=1)
    assert changed == {"id": 1, "username": "string", "email": EMAIL, "role": "Super Admin"}
    assert sent(door, "POST /auth/generate_api_key")["api_key"]


def test_an_sku_of_the_reference_has_the_defaults_of_the_reference(door: People) -> None:
    made = sent(door, "POST /sku")
    assert (made["measurement_unit"], made["on_empty_sku_action"]) == ("PIECE", "UNASSIGN")
    changed = sent(door, "PATCH /sku/{id}", "/sku/string")
    assert (changed["name"], changed["on_empty_sku_action"]) == ("string", "DO_NOTHING")


def test_a_box_of_the_reference_stays_where_it_is(door: People) -> None:
    box = door.api.box(code="00001111")
    assert sent(door, "PATCH /box/{box_id}", f"/box/{box}")["section_code"] == 1111


def test_a_load_of_the_reference_is_one_of_some_capacity(door: People) -> None:
    door.api.sku("string")
    box = door.api.box()
    assert sent(door, "POST /load/{box_id}", f"/load/{box}", item_count_max=5)["item_count"] == 0
    assert sent(door, "PATCH /load/{box_id}", f"/load/{box}", item_count_max=7)["item_count_max"] == 7


def test_a_trigger_of_the_reference_says_that_it_went_well(door: People) -> None:
    door.api.stocked()
    request = door.api.order()["id"]
    job = door.api.waiting_job()
    assert sent(door, "POST /trigger/{job_id}", f"/trigger/{job}") == {}
    door.api.advance(600_000)
    assert door.api.items("/requests", id__eq=request)[0]["status"] == "SUCCEEDED"


def test_settings_of_the_reference_are_kept(door: People) -> None:
    made = sent(door, "POST /settings", required_role=["Super Admin"])
    assert (made["key"], made["value_json"], made["restart_required"]) == ("string", None, True)
    assert sent(door, "PATCH /settings/{key}", "/settings/string")["value_json"] is None
    assert sent(door, "PATCH /settings/system")["settings"]["string"] is None


def test_all_bots_are_charged_as_in_the_reference(door: People) -> None:
    assert sent(door, "POST /system/charge_all_bots")["type"] == "CHARGING"


def test_a_request_may_have_null_for_what_it_leaves_out(door: People) -> None:
    door.api.stocked()
    made = door.api.order(id=None, priority=None)
    assert (made["id"], made["priority"]) == ("request-1", 0)
    charging = {"type": "CHARGING", "bot_id": None, "level_id": None, "force": None, "id": None}
    assert door.api.ok("POST", "/requests", json=charging)["type"] == "CHARGING"
