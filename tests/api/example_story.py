"""The story from which the examples of the OpenAPI document are: real requests to a seeded twin.

``python tests/api/example_story.py`` records it anew, into ``api/examples.json``. A new
operation needs a line here for every status that it documents.
"""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

from people import DAY_S, OTHER, PASSWORD, QUICK, SECRET, Wall
from storyteller import Story

from api.accounts import Accounts
from api.preferences.custom import MOST_CUSTOM
from api.preferences.store import Custom
from api.support import MOST_ISSUES
from tests.api.served import KEY, serve

EXAMPLES = Path(__file__).parents[2] / "api" / "examples.json"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NOWHERE = "no-such-thing"


def record() -> list[dict[str, Any]]:
    """Tell the whole story."""
    wall = Wall()
    accounts = Accounts(KEY, secret=SECRET, clock=wall, hasher=QUICK)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve("tiny", data=Path(folder), accounts=accounts) as api,
    ):
        story = Story(api, wall, Path(folder).resolve())
        for chapter in (_people, _credentials, _skus, _boxes, _loads, _work, _swaps, _listings):
            chapter(story)
        for chapter in (_system, _settings, _files, _bots, _ends, _forbidden, _everywhere):
            chapter(story)
        return story.recorded


def _people(story: Story) -> None:
    tell, ann = story.tell, {"username": "Ann", "email": "ann@example.org", "role": "Super Admin"}
    tell(409, "DELETE", "/auth/api_keys/{api_key_id}", {"api_key_id": 1})
    tell(200, "POST", "/auth/create_account", body=ann)
    tell(409, "POST", "/auth/create_account", body=ann)
    tell(422, "POST", "/auth/create_account", body={**ann, "email": "ann"})
    tell(200, "GET", "/auth/password_policy")
    mail = {"email": ann["email"]}
    tell(200, "POST", "/auth/forgot_password", body=mail)
    tell(422, "POST", "/auth/forgot_password", body={})
    new = {**mail, "new_password": PASSWORD}
    tell(401, "POST", "/auth/reset_password", body={**new, "otp": "a guess"})
    tell(422, "POST", "/auth/reset_password", body={**mail, "new_password": "short", "otp": "a guess"})
    tell(200, "POST", "/auth/reset_password", body={**new, "otp": story.people.code()})
    story.people.user("bob@example.org")
    tell(200, "GET", "/auth/users", query={"page": 1, "size": 2, "sort_by": "-id"})
    tell(422, "GET", "/auth/users", query={"sort_by": "otp"})
    tell(200, "PATCH", "/auth/update_user", body={**mail, "username": "Ann Smith"})
    tell(404, "PATCH", "/auth/update_user", body={"user_id": 99, "username": "Nobody"})
    tell(409, "PATCH", "/auth/update_user", body={**mail, "role": "User"})
    tell(422, "PATCH", "/auth/update_user", body={"username": "Ann"})


def _credentials(story: Story) -> None:
    tell, login = story.tell, {"email": "ann@example.org", "password": PASSWORD}
    refresh = {"refresh_token": story.people.login()["refresh_token"]}
    tell(200, "POST", "/auth/login", body=login)
    tell(401, "POST", "/auth/login", body={**login, "password": OTHER})
    tell(422, "POST", "/auth/login", body={"email": "ann@example.org"})
    tell(200, "POST", "/auth/refresh_token", body=refresh)
    tell(401, "POST", "/auth/refresh_token", body=refresh)
    tell(422, "POST", "/auth/refresh_token", body={})
    tell(200, "GET", "/auth/authenticate")
    tell(200, "POST", "/auth/generate_api_key", body={"name": "WMS"})
    tell(422, "POST", "/auth/generate_api_key", body={"name": ""})
    tell(200, "GET", "/auth/api_keys", query={"page": 1, "size": 2, "sort_by": "id"})
    tell(422, "GET", "/auth/api_keys", query={"sort_by": "api_key"})
    path = "/auth/api_keys/{api_key_id}"
    tell(200, "DELETE", path, {"api_key_id": 2})
    tell(404, "DELETE", path, {"api_key_id": 2})
    tell(422, "DELETE", path, {"api_key_id": "WMS"})


def _forbidden(story: Story) -> None:
    """What Bob may not, and what nobody may whose password has expired."""
    tell = story.tell
    with story.as_user():
        tell(403, "POST", "/auth/create_account", body={"username": "Eve", "email": "eve@example.org"})
        tell(403, "PATCH", "/auth/update_user", body={"email": "ann@example.org", "username": "Eve"})
        for path in ("/auth/users", "/auth/api_keys", "/report"):
            tell(403, "GET", path)
        tell(403, "DELETE", "/auth/api_keys/{api_key_id}", {"api_key_id": 1})
        tell(403, "DELETE", "/bot", query={"bot_idxs": ["*"]})
        tell(403, "POST", "/restart_brain")
    story.wall.now_s += 366 * DAY_S
    tell(403, "POST", "/auth/login", body={"email": "ann@example.org", "password": PASSWORD})


def _skus(story: Story) -> None:
    tell = story.tell
    tell(200, "POST", "/sku", body={"id": "CUP-BLUE", "name": "Blue cup"})
    tell(200, "POST", "/sku", body={"id": "CUP-RED"})
    tell(409, "POST", "/sku", body={"id": "CUP-BLUE"})
    tell(422, "POST", "/sku", body={"name": "Blue cup"})
    tell(200, "PATCH", "/sku/{id}", {"id": "CUP-RED"}, {"on_empty_sku_action": "DO_NOTHING"})
    tell(404, "PATCH", "/sku/{id}", {"id": NOWHERE}, {"name": "Nothing"})
    tell(422, "PATCH", "/sku/{id}", {"id": "CUP-RED"}, {"measurement_unit": "PALLET"})


def _boxes(story: Story) -> None:
    tell, code = story.tell, {"section_code": "11110000"}
    tell(200, "POST", "/box/{carrier_id}", {"carrier_id": "1001"}, code)
    tell(200, "POST", "/box/{carrier_id}", {"carrier_id": "1002"}, code)
    tell(200, "POST", "/box/{carrier_id}", {"carrier_id": "1002"}, {"section_code": "00001111"})
    tell(404, "POST", "/box/{carrier_id}", {"carrier_id": "9999"}, code)
    tell(409, "POST", "/box/{carrier_id}", {"carrier_id": "1001"}, code)
    tell(422, "POST", "/box/{carrier_id}", {"carrier_id": "1001"}, {"section_code": "1234"})
    tell(200, "PATCH", "/box/{box_id}", {"box_id": "1"}, {"section_code": "11000000"})
    tell(404, "PATCH", "/box/{box_id}", {"box_id": "99"}, code)
    tell(409, "PATCH", "/box/{box_id}", {"box_id": "2"}, {"section_code": "11111000"})
    tell(422, "PATCH", "/box/{box_id}", {"box_id": "1"}, {"section_code": "00000000"})


def _loads(story: Story) -> None:
    tell, path = story.tell, "/load/{box_id}"
    full = {"sku_id": "CUP-BLUE", "item_count": 40, "item_count_max": 60}
    tell(200, "POST", path, {"box_id": 1}, full)
    tell(404, "POST", path, {"box_id": 99}, full)
    tell(409, "POST", path, {"box_id": 1}, full)
    tell(422, "POST", path, {"box_id": 2}, {**full, "item_count": -1})
    tell(200, "PATCH", path, {"box_id": 1}, {"item_count": 42})
    tell(404, "PATCH", path, {"box_id": 2}, {"item_count": 42})
    tell(422, "PATCH", path, {"box_id": 1}, {"item_count": "42"})
    tell(200, "POST", path, {"box_id": 2}, {"sku_id": "CUP-RED", "item_count": 5, "item_count_max": 9})


def _work(story: Story) -> None:
    tell = story.tell
    wanted = {"type": "FULFILLMENT", "entities": [{"sku_id": "CUP-BLUE", "quantity": 3}]}
    order = {"id": "order-1", "priority": 5, **wanted}
    tell(200, "POST", "/requests", body=order)
    tell(409, "POST", "/requests", body=order)
    tell(422, "POST", "/requests", body={"type": "FULFILLMENT"})
    much = {"id": "order-2", **wanted, "entities": [{"sku_id": "CUP-BLUE", "quantity": 1000}]}
    tell(400, "POST", "/requests", body=much)
    tell(409, "PATCH", "/load/{box_id}", {"box_id": 1}, {"item_count": 2})
    tell(409, "DELETE", "/load/{box_id}", {"box_id": 1})
    path = {"job_id": "job-1"}
    tell(409, "POST", "/trigger/{job_id}", path)
    story.api.waiting_job()
    busy = next(bot["id"] for bot in story.api.ok("GET", "/bots") if bot["lifted_carrier"])
    tell(409, "DELETE", "/bot", query={"bot_idxs": [str(busy)]})
    tell(404, "POST", "/trigger/{job_id}", {"job_id": NOWHERE})
    tell(422, "POST", "/trigger/{job_id}", path, {"TriggerStatus": "DONE"})
    tell(200, "POST", "/trigger/{job_id}", path, {"TriggerStatus": "SUCCEEDED_TRIGGER"})
    story.api.advance(120_000)


def _swaps(story: Story) -> None:
    tell, path = story.tell, "/box/swap/{source_box_id}/{target_box_id}"
    tell(200, "POST", path, {"source_box_id": 2, "target_box_id": 3})
    tell(404, "POST", path, {"source_box_id": 2, "target_box_id": 99})
    tell(422, "POST", path, {"source_box_id": 2, "target_box_id": 2})
    moves = [{"box_id": 2, "section_code": "11110000"}, {"box_id": 3, "section_code": "00001111"}]
    tell(200, "POST", "/box/swap-region", body={"updates": moves})
    tell(404, "POST", "/box/swap-region", body={"updates": [{"box_id": 99, "section_code": "11110000"}]})
    tell(409, "POST", "/box/swap-region", body={"updates": [{"box_id": 2, "section_code": "00001111"}]})
    tell(422, "POST", "/box/swap-region", body={"updates": []})
    # Box 1 has a quarter of carrier 1001; the half of box 2 would overlap the new box there.
    story.api.box(1001, "00100000")
    tell(409, "POST", path, {"source_box_id": 1, "target_box_id": 2})


def _listings(story: Story) -> None:
    tell, first = story.tell, {"page": 1, "size": 2}
    tell(200, "GET", "/skus", query={**first, "sort_by": "-updated_at,id", "search": "id:CUP AND name:blue"})
    tell(200, "GET", "/requests", query={**first, "sort_by": "-created_at", "id__eq": "order-1"})
    tell(200, "GET", "/jobs", query={**first, "sort_by": "-created_at", "request_id__eq": "order-1"})
    tell(
        200,
        "GET",
        "/events",
        query={**first, "sort_by": "-created_at", "component__in": ["JOBS", "REQUESTS"]},
    )
    tell(200, "GET", "/inventory_view", query={**first, "sku_id__eq": "CUP-BLUE", "sort_by": "carrier_id"})
    for path in ("/skus", "/requests", "/jobs", "/events", "/inventory_view"):
        tell(422, "GET", path, query={"size": 0, "sort_by": "colour"})


def _system(story: Story) -> None:
    for path in ("/storage_status", "/levels", "/balconies", "/bots", "/health", "/report"):
        story.tell(200, "GET", path)


def _bots(story: Story) -> None:
    tell = story.tell
    tell(200, "POST", "/system/charge_all_bots", body={"force": False})
    tell(422, "POST", "/system/charge_all_bots", body={"force": "soon"})
    story.api.advance(3_600_000)
    tell(404, "POST", "/requests", body={"type": "CARRIER_ONBOARDING", "balcony_id": 99})
    tell(404, "DELETE", "/bot", query={"bot_idxs": ["99"]})
    tell(422, "DELETE", "/bot", query={"bot_idxs": ["all"]})
    tell(200, "DELETE", "/bot", query={"bot_idxs": ["2"]})
    tell(200, "POST", "/restart_brain", query={"timeout": 60})
    tell(422, "POST", "/restart_brain", query={"timeout": -1})


def _settings(story: Story) -> None:
    tell, mode, page = story.tell, {"key": "operator.mode"}, "listing.default_page_size"
    tell(200, "POST", "/settings", body={**mode, "value_json": "both"})
    tell(422, "POST", "/settings", body={**mode, "value_json": "nobody"})
    tell(200, "GET", "/settings/{key}", mode)
    tell(404, "GET", "/settings/{key}", {"key": NOWHERE})
    tell(200, "PATCH", "/settings/{key}", mode, {"value_json": "simulated"})
    tell(404, "PATCH", "/settings/{key}", {"key": NOWHERE}, {"value_json": 1})
    tell(422, "PATCH", "/settings/{key}", mode, {"value_json": 1})
    tell(200, "PATCH", "/settings/system", body={"updates": {page: 20}, "resets": ["operator.mode"]})
    tell(404, "PATCH", "/settings/system", body={"resets": [NOWHERE]})
    tell(422, "PATCH", "/settings/system", body={"updates": {page: 0}})
    tell(200, "DELETE", "/settings/{key}", {"key": "report.kept"})
    tell(404, "DELETE", "/settings/{key}", {"key": NOWHERE})
    tell(200, "GET", "/settings")
    tell(200, "GET", "/settings/system")
    _user_settings(story, {page: 10})
    for number in range(MOST_CUSTOM):
        story.api.app.state.worlds.default.preferences.define(f"shop.{number}", Custom(None, (), False, 0))
    tell(409, "POST", "/settings", body={"key": "shop.opening_hours", "value_json": "8-18"})


def _user_settings(story: Story, values: dict[str, Any]) -> None:
    tell, path = story.tell, "/settings/users/{user_idx}"
    tell(200, "PATCH", path, {"user_idx": 1}, {"updates": values})
    tell(200, "GET", path, {"user_idx": 1})
    tell(404, "PATCH", path, {"user_idx": 0}, {"updates": values})
    tell(404, "GET", path, {"user_idx": 0})
    tell(422, "PATCH", path, {"user_idx": 1}, {"updates": {"operator.mode": "both"}})
    tell(422, "GET", path, {"user_idx": "me"})
    with story.as_user():
        tell(403, "PATCH", path, {"user_idx": 1}, {"updates": values})
        tell(403, "GET", path, {"user_idx": 1})
        tell(403, "POST", "/settings", body={"key": "operator.mode", "value_json": "both"})
        tell(403, "PATCH", "/settings/system", body={"resets": ["operator.mode"]})
        tell(403, "PATCH", "/settings/{key}", {"key": "operator.mode"}, {"value_json": "both"})
        tell(403, "GET", "/settings/{key}", {"key": "operator.mode"})
        tell(403, "DELETE", "/settings/{key}", {"key": "operator.mode"})


def _files(story: Story) -> None:
    picture: dict[str, Any] = {"files": {"picture": ("cup.png", PIXEL)}, "data": {"sku_id": "CUP-BLUE"}}
    text: dict[str, Any] = {**picture, "files": {"picture": ("cup.png", b"a cup")}}
    story.tell(200, "POST", "/sku/image", **picture, query={"overwrite_existing_image": False})
    story.tell(409, "POST", "/sku/image", **picture)
    story.tell(422, "POST", "/sku/image", **text, query={"overwrite_existing_image": True})
    story.tell(404, "POST", "/sku/image", **{**picture, "data": {"sku_id": NOWHERE}})
    story.tell(413, "POST", "/sku/image", content=b" " * (6 << 20))
    issue = {"payload": '{"summary": "Bot 2 stands still"}'}
    files = [("files", ("bot.log", b"a line"))]
    story.tell(200, "POST", "/support/create_issue", data=issue, files=files)
    story.tell(422, "POST", "/support/create_issue", data={"payload": "Bot 2 stands still"}, files=files)
    story.tell(413, "POST", "/support/create_issue", content=b" " * (11 << 20))
    folder = story.api.app.state.worlds.default.stores.issues.folder
    for number in range(2, MOST_ISSUES + 1):
        (folder / f"TWIN-{number}").mkdir()
    story.tell(409, "POST", "/support/create_issue", data=issue, files=files)


def _ends(story: Story) -> None:
    tell = story.tell
    tell(409, "DELETE", "/sku/{id}", {"id": "CUP-BLUE"})
    tell(409, "DELETE", "/box/{box_id}", {"box_id": 1})
    tell(200, "DELETE", "/load/{box_id}", {"box_id": 1})
    tell(404, "DELETE", "/load/{box_id}", {"box_id": 1})
    tell(422, "DELETE", "/load/{box_id}", {"box_id": "one"})
    tell(200, "DELETE", "/box/{box_id}", {"box_id": 1})
    tell(404, "DELETE", "/box/{box_id}", {"box_id": 1})
    tell(422, "DELETE", "/box/{box_id}", {"box_id": "one"})
    tell(200, "DELETE", "/sku/{id}", {"id": "CUP-BLUE"})
    tell(404, "DELETE", "/sku/{id}", {"id": "CUP-BLUE"})


def _everywhere(story: Story) -> None:
    """What any operation answers without a key, to a body too large, and when the twin stops."""
    api = story.api
    story.anywhere(api.call("GET", "/health", headers={"Authorization": ""}))
    story.anywhere(api.call("POST", "/sku", content=b" " * (2 << 20)))
    api.bridge.close()
    story.anywhere(api.call("GET", "/health"))


def written(recorded: list[dict[str, Any]]) -> str:
    """The text of ``examples.json``."""
    return json.dumps(recorded, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    EXAMPLES.write_text(written(record()), encoding="utf-8")
