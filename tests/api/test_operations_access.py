"""Keys, methods, body limits, and bodies that are no JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi.routing import APIRoute

from api.accounts.roles import right_to
from api.routes import all_routers
from tests.api.served import JSON, KEY, Served, serve


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


OPERATIONS = [
    (method.upper(), path.removeprefix("/api/v2").replace("{", "").replace("}", ""))
    for router in all_routers()
    for route in router.routes
    if isinstance(route, APIRoute) and not right_to(route.operation_id or "").open
    for path, method in [(route.path_format, *route.methods)]
]


WRONG = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    f"Basic {KEY}",
    KEY,
    f"Bearer {KEY}x",
    f"Bearer{KEY}",
    "Bearer ä",
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_operation_opens_without_the_right_key(api: Served, method: str, path: str) -> None:
    for header in WRONG:
        answer = api.call(method, path, headers={"Authorization": header.encode()})
        assert answer.status_code == 401, header
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert set(answer.json()) == {"detail"}


def test_the_scheme_is_written_in_any_case(api: Served) -> None:
    api.ok("GET", "/health", headers={"Authorization": f"bearer {KEY}"})


def test_the_key_is_asked_for_before_anything_is_looked_at(api: Served) -> None:
    answer = api.call("POST", "/sku", content=b"{", headers={**JSON, "Authorization": "Bearer wrong"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/box/1", "DELETE, PATCH, POST"),
        ("GET", "/box/1", "DELETE, PATCH, POST"),
        ("GET", "/load/1", "DELETE, PATCH, POST"),
        ("GET", "/sku/A", "DELETE, PATCH"),
        ("POST", "/skus", "GET"),
        ("DELETE", "/requests", "GET, POST"),
        ("HEAD", "/health", "GET"),
        ("OPTIONS", "/jobs", "GET"),
    ],
)
def test_a_wrong_method_is_told_every_right_one(api: Served, method: str, path: str, allowed: str) -> None:
    answer = api.call(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_an_unknown_path_is_not_found(api: Served) -> None:
    assert api.refused(404, "GET", "/nothing") == "Not Found"


def test_a_body_may_have_a_mebibyte(api: Served) -> None:
    padding = b" " * ((1 << 20) - len(b'{"id":"A"}'))
    api.ok("POST", "/sku", content=b'{"id":"A"}' + padding, headers=JSON)


def test_a_larger_body_is_refused(api: Served) -> None:
    api.refused(413, "POST", "/sku", content=b" " * ((1 << 20) + 1), headers=JSON)


def test_a_larger_body_is_refused_also_where_its_length_is_not_announced(api: Served) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (1 << 16)

    api.refused(413, "POST", "/sku", content=chunks(), headers=JSON)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"id": NaN}',
        b'{"id": "A", "x": Infinity}',
        b'{"id": 1' + b"0" * 5000 + b"}",
        b"[" * 200_000,
        rb'{"id": "\ud800"}',
        rb'{"id": "A", "x": ["\udfff"]}',
    ],
)
def test_what_is_no_json_is_invalid(api: Served, body: bytes) -> None:
    [location] = api.locations("POST", "/sku", content=body, headers=JSON)
    assert location[0] == "body"


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b"true"])
@pytest.mark.parametrize(
    "path", ["/sku", "/load/1", "/box/1001", "/trigger/job-1", "/requests", "/box/swap-region"]
)
def test_a_body_must_be_an_object(api: Served, path: str, body: bytes) -> None:
    locations = api.locations("POST", path, content=body, headers=JSON)
    assert ["body"] in locations


def test_json_must_be_announced_as_such(api: Served) -> None:
    [error] = api.refused(422, "POST", "/sku", content=b'{"id": "A"}', headers={"Content-Type": "text/plain"})
    assert error["msg"] == "The body must be JSON, sent with Content-Type: application/json"


def test_a_needed_body_must_be_there(api: Served) -> None:
    assert api.locations("POST", "/sku") == [["body"]]


def test_errors_never_repeat_the_input(api: Served) -> None:
    for error in api.refused(422, "POST", "/sku", json={"id": ["secret"]}):
        assert set(error) == {"loc", "msg", "type"}


def test_unknown_fields_are_passed_over(api: Served) -> None:
    api.ok("POST", "/sku", json={"id": "A", "colour": "red"})


def test_a_twin_that_is_stopped_gives_no_old_answers(api: Served) -> None:
    api.sku()
    api.bridge.close()
    for method, path in (("GET", "/health"), ("GET", "/skus"), ("GET", "/bots"), ("DELETE", "/sku/A")):
        assert api.refused(503, method, path) == "the twin is shutting down"
