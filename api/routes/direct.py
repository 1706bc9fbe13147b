"""The short way for calls that need little: straight into operations of fixed path.

What FastAPI would do for them is the same at many times the cost. Whatever is out of the
ordinary (parameters in path or query, a body that is not valid) goes FastAPI's way, which
also words the refusal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Body
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.surprise import Unavailable
from twin.domain.errors import Refusal
from twin.records.store import CannotKeep

Provider = Callable[[Request], Awaitable[object]]
"""What a dependency stands for, for a request."""
Endpoint = Callable[..., Awaitable[Response]]
Shortcut = Callable[[Request], Awaitable[Response | None]]
"""Answers a request, or None for one that has to go the long way."""

PLAIN_JSON = b"application/json"
WORDED = (Refusal, Unavailable, CannotKeep, HTTPException, RequestValidationError)
"""What operations raise for the application to put into words."""


class Direct:
    """Lets ``shortcuts``, by method and path, answer before the application looks for a route."""

    def __init__(
        self,
        app: ASGIApp,
        shortcuts: Mapping[tuple[str, str], Shortcut],
        request_of: Callable[[Scope, Receive], Request],
    ) -> None:
        self._app, self._shortcuts, self._request_of = app, shortcuts, request_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a call."""
        http = scope["type"] == "http"
        short = self._shortcuts.get((scope["method"], scope["path"])) if http else None
        if short is None:
            await self._app(scope, receive, send)
            return
        request = self._request_of(scope, receive)
        try:
            answer = await short(request)
        except ClientDisconnect:
            return
        except WORDED as refusal:
            answer = await _worded(request, refusal)
        if answer is None:
            await self._app(scope, again(await request.body(), receive), send)
        else:
            await answer(scope, receive, send)


async def _worded(request: Request, refusal: Exception) -> Response:
    """What the application says to a refusal."""
    app: FastAPI = request.app
    handlers = app.exception_handlers
    status = getattr(refusal, "status_code", None)
    kinds = (status, *type(refusal).__mro__)
    handle: Any = next(handlers[kind] for kind in kinds if kind in handlers)
    answer: Response = await handle(request, refusal)
    return answer


def again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, and then whatever comes: that the client has gone."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


def by_fixed_path(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], APIRoute]:
    """The operations whose path has no parameters, each as the one that a call would come to."""
    own = [route for route in routes if isinstance(route, APIRoute)]
    fixed = [(method, route.path) for route in own if "{" not in route.path for method in route.methods or ()]
    return {call: _first(own, *call) for call in fixed}


def _first(routes: list[APIRoute], method: str, path: str) -> APIRoute:
    """The route that a call would come to if all were asked in turn."""
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    return next(route for route in routes if route.matches(scope)[0] is Match.FULL)


def shortcut(route: APIRoute, providers: Mapping[Callable[..., Any], Provider | None]) -> Shortcut | None:
    """The short way into an operation; None where it has parameters besides a JSON body.

    ``providers`` has the dependencies that are known; None: nothing that the operation is given.
    """
    needs = route.dependant
    parameters = (needs.path_params, needs.query_params, needs.header_params, needs.cookie_params)
    known = all(one.call in providers for one in needs.dependencies)
    if any(parameters) or not known or not _at_most_json(route) or not _makes_responses(route):
        return None
    given = [(one.name, providers[one.call]) for one in needs.dependencies if one.call is not None]
    asked = [(name, provide) for name, provide in given if name is not None and provide is not None]
    endpoint: Endpoint = route.endpoint
    body_name = needs.body_params[0].name if needs.body_params else None

    async def answer(request: Request) -> Response | None:
        arguments: dict[str, Any] = {}
        if body_name is not None:
            try:
                arguments[body_name] = await _body(request, route)
            except ValueError:
                return None
        if needs.request_param_name is not None:
            arguments[needs.request_param_name] = request
        for name, provide in asked:
            arguments[name] = await provide(request)
        return await endpoint(**arguments)

    return answer


def _at_most_json(route: APIRoute) -> bool:
    """Whether an operation takes no body, or one that is a single JSON value."""
    bodies = route.dependant.body_params
    plain = all(type(body.field_info) is Body for body in bodies)
    return plain and len(bodies) <= 1 and not route._embed_body_fields


def _makes_responses(route: APIRoute) -> bool:
    """Whether an operation says that it returns a Response, and not something that FastAPI makes one of."""
    returned = route.endpoint.__annotations__.get("return")
    return returned == "Response" or returned is Response


async def _body(request: Request, route: APIRoute) -> Any:
    """The body as the operation wants it. Raises ValueError for one that is anything but plain and valid."""
    kinds = [value for name, value in request.scope["headers"] if name == b"content-type"]
    if kinds != [PLAIN_JSON] or route.body_field is None:
        raise ValueError("not plain JSON")
    given = await request.json()
    if given is None:
        raise ValueError("as good as none")
    value, errors = route.body_field.validate(given, {}, loc=("body",))
    if errors:
        raise ValueError("not valid")
    return value
