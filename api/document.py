"""The OpenAPI document that is served: FastAPI's, completed with what it cannot know.

Examples are real answers: ``tests/api/example_story.py`` has recorded them from a
seeded twin into ``examples.json``, and a test holds them current.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from api.openapi30 import BYTES, downgrade
from twin import PROJECT

JSON: Final = "application/json"
METHODS: Final = ("get", "post", "put", "patch", "delete")
TITLE: Final = "NoyesStorage API v2, digital twin"

ABOUT: Final = """The vendor's API v2, answered by a simulation of the storage system with exact physics.

Every operation asks for `Authorization: Bearer CREDENTIAL`. Stamps come in pairs: Berlin wall time
without an offset, and the same moment in UTC under the name with `_utc`; both are simulated time, which
is moved at `/_twin` (its own document: `/_twin/openapi.json`).

A listing answers pages. Its filters are named `field__operator`; several filters must all hold. What is
refused changes nothing. How faithful each operation is to the reference is told at `/_twin/fidelity`.

This document in OpenAPI 3.0.3: `/openapi-3.0.json`."""

TAGS: Mapping[str, str] = {
    "Authentication": "Accounts, logins, tokens and API keys.",
    "System": "The storage system as a whole.",
    "Bot": "The robots.",
    "Inventory": "Carriers, boxes on them, and loads in the boxes.",
    "Events": "What has happened.",
    "Health": "Whether anybody is there.",
    "Requests And Jobs": "Work: what was asked for, and the single presentations of carriers it became.",
    "Settings": "Values that change how the twin behaves, for all or for one user.",
    "SKU": "Master data of what is stored, with sums and pictures.",
    "Support": "Messages to whoever runs the twin.",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer."""

    operation: str
    status: int
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any
    answer: Any


class DocumentedApp(FastAPI):
    """An application with the completed document."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a call. ``scope["twin.transport"]`` is its connection, where a server has one."""
        scope["twin.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi())
        return self.openapi_schema


def documented_app(**options: Any) -> DocumentedApp:
    """An application without routes, to be filled. FastAPI's own pages would need the internet."""
    return DocumentedApp(
        title=TITLE,
        version=version(PROJECT),
        description=ABOUT,
        license_info={"name": "MIT", "identifier": "MIT"},
        docs_url=None,
        redoc_url=None,
        **options,
    )


older = APIRouter(include_in_schema=False)


@older.get("/openapi-3.0.json")
async def document_30(request: Request) -> Response:
    """The document in OpenAPI 3.0.3."""
    return JSONResponse(downgrade(request.app.openapi()))


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add tags, examples, and what generators of clients need to know a file."""
    used = {tag for operation in operations(document) for tag in operation["tags"]}
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
    _mark_files(document)
    recorded = _by_operation(recorded_exchanges())
    for operation in operations(document):
        _drop_default_body(operation)
        _illustrate(operation, recorded.get(operation["operationId"], []))
    return document


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All operations of a document."""
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if method in METHODS:
                yield operation


@cache
def recorded_exchanges() -> tuple[Exchange, ...]:
    """What was recorded, in the order of the story."""
    text = (files("api") / "examples.json").read_text(encoding="utf-8")
    return tuple(Exchange(**one) for one in json.loads(text))


def _by_operation(exchanges: tuple[Exchange, ...]) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        found.setdefault(exchange.operation, []).append(exchange)
    return found


def _mark_files(part: Any) -> None:
    """Say ``format: binary`` beside 3.1's own words: some generators look for nothing else."""
    if isinstance(part, list):
        for one in part:
            _mark_files(one)
    elif isinstance(part, dict):
        if part.get("contentMediaType") == BYTES:
            part.setdefault("format", "binary")
        for one in part.values():
            _mark_files(one)


def _drop_default_body(operation: dict[str, Any]) -> None:
    """``required`` says that a body may be left out; generators stumble over one as a default."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["schema"].pop("default", None)


def _illustrate(operation: dict[str, Any], exchanges: list[Exchange]) -> None:
    """Give an operation its examples: of what is sent, that which succeeded; of answers, the first each."""
    well = next((one for one in exchanges if one.status == 200), None)
    if well is not None:
        _illustrate_request(operation, well)
    for one in (*exchanges, *(one for one in recorded_exchanges() if not one.operation)):
        answer = operation["responses"].get(str(one.status), {}).get("content", {}).get(JSON)
        if answer is not None:
            answer.setdefault("example", one.answer)


def _illustrate_request(operation: dict[str, Any], well: Exchange) -> None:
    for parameter in operation.get("parameters", ()):
        given = well.path if parameter["in"] == "path" else well.query
        if parameter["name"] in given:
            parameter["example"] = given[parameter["name"]]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        # Of a picture there is no example that could be written down.
        if well.body is not None and (media == JSON or "payload" in well.body):
            content["example"] = well.body
