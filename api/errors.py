"""Refusals as HTTP: which status, and which body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from api.accounts.refusals import Busy, Forbidden, Unauthorized
from api.wire.errors import aborted_body
from api.wire.exact import ExactResponse
from api.wire.requests import RequestType
from twin.domain.errors import (
    AlreadyExists,
    InUse,
    Invalid,
    NotFound,
    NotWaiting,
    Overlap,
    Refusal,
    RequestAborted,
)

STATUS: Mapping[type[Refusal], int] = {
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    AlreadyExists: 409,
    InUse: 409,
    Overlap: 409,
    NotWaiting: 409,
}

IN_PATH = frozenset({"source_box_id", "target_box_id"})
"""Names of refused values that come from the path; all others come from the body."""

LONGEST_TAG = 40
"""Characters of an unknown request type that are repeated."""

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def install(app: FastAPI) -> None:
    """Let ``app`` answer refusals and bad requests as the API does."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(405, _not_allowed)


async def _refused(_request: Request, refusal: Exception) -> Response:
    if isinstance(refusal, RequestAborted):
        return ExactResponse(aborted_body(refusal), 400)
    if isinstance(refusal, Invalid):
        place = "path" if refusal.field in IN_PATH else "body"
        error = {"loc": [place, refusal.field], "msg": str(refusal), "type": "value_error"}
        return ExactResponse({"detail": [error]}, 422)
    if isinstance(refusal, Busy):
        return ExactResponse({"detail": str(refusal)}, 503, {"Retry-After": str(refusal.retry_s)})
    for kind, status in STATUS.items():
        if isinstance(refusal, kind):
            headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
            return ExactResponse({"detail": str(refusal)}, status, headers)
    raise refusal  # a refusal that no client can cause is a surprise


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return ExactResponse({"detail": [_entry(one) for one in error.errors()]}, 422)


def _entry(error: Mapping[str, Any]) -> dict[str, Any]:
    """One error without its input, which may be anything."""
    location, message = list(error["loc"]), error["msg"]
    context = error.get("ctx", {})
    # The arm of the union of requests is no part of the body.
    if location[1:2] and location[1] in list(RequestType):
        del location[1]
    if error["type"] == "json_invalid":
        message = f"{message}: {context['error']}"
    elif context.get("discriminator") == "'type'":
        location.append("type")
        message = _about_type(context)
    elif isinstance(error.get("input"), bytes):
        message = "The body must be JSON, sent with Content-Type: application/json"
    return {"loc": location, "msg": message, "type": error["type"]}


def _about_type(context: Mapping[str, Any]) -> str:
    served = ", ".join(RequestType)
    if "tag" not in context:
        return f"Field required; this version serves {served}"
    tag = str(context["tag"])[:LONGEST_TAG]
    return f"Requests of type {tag!r} are not available in this version; it serves {served}"


async def _plain(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return ExactResponse({"detail": error.detail}, error.status_code, error.headers)


async def _not_allowed(request: Request, _error: Exception) -> Response:
    headers = {"Allow": ", ".join(_allowed(request))}
    return ExactResponse({"detail": "Method Not Allowed"}, 405, headers)


def _allowed(request: Request) -> Iterable[str]:
    """Every method that some route has for this path; a router by itself names those of one route."""
    for method in METHODS:
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            yield method
