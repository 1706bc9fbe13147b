"""The short way into operations answers as FastAPI's own way does, byte by byte."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Match

import api.app
from api.routes import all_routers, base, shortcuts
from api.routes.direct import by_fixed_path
from tests.api.served import JSON, serve

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/sku", {"json": {"id": "A", "name": "a"}}),
    ("POST", "/sku", {"json": {"id": "A"}}),
    ("POST", "/sku", {"json": {"id": 5, "name": 7}}),
    ("POST", "/sku", {"json": None}),
    ("POST", "/sku", {"json": []}),
    ("POST", "/sku", {"content": b'{"id": ', "headers": JSON}),
    ("POST", "/sku", {"content": b"\xff", "headers": JSON}),
    ("POST", "/sku", {"content": b'{"id": "\\ud800"}', "headers": JSON}),
    ("POST", "/sku", {"content": b'{"id": "B"}', "headers": {"Content-Type": "text/plain"}}),
    ("POST", "/sku", {"content": b'{"id": "B"}', "headers": {"Content-Type": "application/x+json"}}),
    ("POST", "/sku", {"content": b'{"id": "C"}'}),
    ("POST", "/sku", {}),
    ("POST", "/sku", {"headers": JSON}),
    ("POST", "/requests", {"json": {"type": "FULFILLMENT", "entities": [{"sku_id": "A", "quantity": 1}]}}),
    ("POST", "/requests", {"json": {"type": "NONE"}}),
    ("POST", "/requests", {"json": {"type": "PAUSE", "id": "p"}}),
    ("POST", "/system/charge_all_bots", {}),
    ("POST", "/system/charge_all_bots", {"json": {"force": True}}),
    ("POST", "/system/charge_all_bots", {"json": {"force": 1}}),
    ("POST", "/sku/image", {"json": {"sku_id": "A"}}),
    ("POST", "/support/create_issue", {"json": {}}),
    ("GET", "/skus", {}),
    ("GET", "/skus", {"params": {"size": "x", "sort_by": "y"}}),
    ("GET", "/requests", {"params": {"status__eq": "CREATED"}}),
    ("GET", "/jobs", {"headers": {"Authorization": "Bearer no"}}),
    ("GET", "/storage_status", {}),
    ("PUT", "/sku", {}),
]


def answers() -> list[tuple[int, bytes, str | None]]:
    with serve() as twin:
        got = [twin.call(method, path, **options) for method, path, options in CALLS]
        return [(one.status_code, one.content, one.headers.get("content-type")) for one in got]


def test_both_ways_answer_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    short = answers()
    monkeypatch.setattr(api.app, "shortcuts", dict)
    assert answers() == short
    assert {status for status, _, _ in short} >= {200, 400, 401, 405, 409, 422}


def test_hot_operations_take_the_short_way() -> None:
    routes = {route.operation_id: route for router in all_routers() for route in router.routes}  # type: ignore[attr-defined]
    for operation in ("get_inventory_view", "get_jobs", "get_requests", "create_sku", "create_request"):
        assert base.shortcut(routes[operation], base.PROVIDERS) is not None, operation  # type: ignore[arg-type]
    for operation in ("upload_image", "change_sku", "restart_brain", "create_issue"):
        assert base.shortcut(routes[operation], base.PROVIDERS) is None, operation  # type: ignore[arg-type]


def test_a_fixed_path_goes_where_it_would_without_the_table() -> None:
    routes = [route for router in all_routers() for route in router.routes if isinstance(route, APIRoute)]
    table = by_fixed_path(routes)
    for route in routes:
        for method in route.methods or ():
            scope = {"type": "http", "method": method, "path": route.path, "root_path": "", "headers": []}
            first = next(one for one in routes if one.matches(scope)[0] is Match.FULL)
            assert table.get((method, route.path)) is (None if "{" in route.path else first)


def test_short_ways_are_those_of_operations_with_a_fixed_path() -> None:
    found = shortcuts()
    assert {("GET", "/api/v2/jobs"), ("POST", "/api/v2/requests")} <= set(found)
    assert not [path for _, path in found if "{" in path]
