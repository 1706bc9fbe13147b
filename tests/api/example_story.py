"""The story from which the examples of the OpenAPI document are: real requests to a seeded twin.

``python tests/api/example_story.py`` records it anew, into ``api/examples.json``. A new
operation needs a line here for every status that it documents.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from served import Served, serve

from api.preferences import Caller
from api.preferences.custom import MOST_CUSTOM
from api.preferences.store import Custom
from api.support import MOST_ISSUES

EXAMPLES = Path(__file__).parents[2] / "api" / "examples.json"
SHOWN_DATA = "/var/lib/twin"
"""What the folder of the server is called in examples; the real one has a new name each time."""

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NOWHERE = "no-such-thing"


class Story:
    """Sends requests and keeps what was answered."""

    def __init__(self, api: Served, data: Path) -> None:
        self.api, self._data = api, str(data)
        self.recorded: list[dict[str, Any]] = []
        self._names = {
            (method, path): operation["operationId"]
            for path, methods in api.app.openapi()["paths"].items()
            for method, operation in methods.items()
        }

    def tell(
        self,
        status: int,
        method: str,
        template: str,
        path: dict[str, Any] | None = None,
        body: Any = None,
        query: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """One request that is answered with ``status``; the body of the answer."""
        url = template.format(**(path or {}))
        if body is not None:
            options["json"] = body
        answer = self.api.call(method, url, params=query, **options)
        assert answer.status_code == status, (method, url, answer.status_code, answer.text)
        operation = self._names[method.lower(), f"/api/v2{template}"]
        return self._note(operation, answer, path, body, query, options.get("data"))

    def anywhere(self, answer: httpx.Response) -> None:
        """Keep an answer that every operation gives in the same way."""
        self._note("", answer, None, None, None, None)

    def _note(
        self,
        operation: str,
        answer: httpx.Response,
        path: dict[str, Any] | None,
        body: Any,
        query: dict[str, Any] | None,
        form: Any,
    ) -> Any:
        shown = json.loads(answer.text.replace(self._data, SHOWN_DATA))
        self.recorded.append(
            {
                "operation": operation,
                "status": answer.status_code,
                "path": path or {},
                "query": query or {},
                "body": form if body is None else body,
                "answer": shown,
            }
        )
        return shown

    @contextmanager
    def as_user(self, user_idx: int) -> Iterator[None]:
        """Let somebody without rights call."""
        state = self.api.app.state
        before, state.who_calls = state.who_calls, lambda _request: Caller("User", user_idx)
        yield
        state.who_calls = before


def record() -> list[dict[str, Any]]:
    """Tell the whole story."""
    with tempfile.TemporaryDirectory() as folder, serve("tiny", data=Path(folder)) as api:
        story = Story(api, Path(folder).resolve())
        for chapter in (
            _skus,
            _boxes,
            _loads,
            _work,
            _swaps,
            _listings,
            _system,
            _settings,
            _files,
            _bots,
            _ends,
        ):
            chapter(story)
        _everywhere(story)
        return story.recorded


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
        story.api.app.state.preferences.define(f"shop.{number}", Custom(None, (), False, 0))
    tell(409, "POST", "/settings", body={"key": "shop.opening_hours", "value_json": "8-18"})


def _user_settings(story: Story, values: dict[str, Any]) -> None:
    tell, path = story.tell, "/settings/users/{user_idx}"
    tell(200, "PATCH", path, {"user_idx": 1}, {"updates": values})
    tell(200, "GET", path, {"user_idx": 1})
    tell(404, "PATCH", path, {"user_idx": 0}, {"updates": values})
    tell(404, "GET", path, {"user_idx": 0})
    tell(422, "PATCH", path, {"user_idx": 1}, {"updates": {"operator.mode": "both"}})
    tell(422, "GET", path, {"user_idx": "me"})
    with story.as_user(2):
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
    folder = story.api.app.state.issues.folder
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
