"""The web application: the vendor's API, and beside it the twin's own under ``/_twin``."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors
from api.accounts import Accounts
from api.accounts.tokens import SECRET_BYTES
from api.bridge import Bridge
from api.calls.asgi import Watched
from api.calls.clients import client_of
from api.choosing import Chooser
from api.control import files
from api.control.access import CONTROL, Gate
from api.control.app import control_app
from api.desk import make_desk
from api.document import TITLE, documented_app, older
from api.hosting import DEFAULT, Hosted, Worlds
from api.hosting.inheriting import Inheritance
from api.routers import routes_of
from api.routes import all_routers, shortcuts
from api.routes.base import StrictRequest
from api.routes.direct import Direct, again
from api.routes.pictures import pages
from api.secrecy import NoStore
from api.settings import Settings
from api.stores import Stores
from api.surprise import Unavailable
from api.uploads import LIMITS
from api.viewer import viewer
from twin.records.store import CannotKeep

DRAIN_LIMIT = 1 << 26
"""Bytes of a body too large that are still read."""


def create_app(
    bridge: Bridge,
    settings: Settings,
    accounts: Accounts | None = None,
    kept: Inheritance | None = None,
    *,
    seeds: bool = False,
) -> FastAPI:
    """The application over the bridge of the default world, which it starts and closes.

    With ``kept`` the worlds outlive the process; ``seeds`` says that a new one has seed
    files. Without ``accounts`` there is no user, and the key of the settings is the only one.
    The vendor's document is at ``/openapi.json``, ours at ``/_twin/openapi.json``.
    """
    secret = settings.token_secret or secrets.token_urlsafe(SECRET_BYTES)
    accounts = accounts or Accounts(settings.api_key, secret=secret)
    first = Hosted(DEFAULT, "", settings.api_key, bridge, accounts, Stores(settings.data))
    store = None if kept is None else kept.store

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        first.bridge.start()  # and with it those that were kept
        yield
        worlds.close()

    app = documented_app(
        lifespan=life, routes=routes_of(*all_routers(), pages, older, viewer(TITLE, "openapi.json"))
    )
    worlds = Worlds(first, secret, partial(make_desk, app), store)
    if kept is not None:
        kept.hand_over(worlds, seeds=seeds)
    app.include_router(files.router, include_in_schema=False)
    control = control_app()
    for part in (app, control):
        part.state.worlds, part.state.access = worlds, settings.access
        errors.install(part)
        for kind in (Unavailable, CannotKeep):
            part.add_exception_handler(kind, _unavailable)
    control.state.vendor = app
    app.mount(CONTROL, control)
    app.add_middleware(Direct, shortcuts=shortcuts(), request_of=StrictRequest)
    app.add_middleware(NoStore)
    app.add_middleware(BodyLimit, limit=settings.body_limit, larger=LIMITS)
    app.add_middleware(Watched, desk_of=worlds.desk_of, client_of=client_of)
    app.add_middleware(Gate, access=settings.access)
    app.add_middleware(Chooser, worlds=worlds)
    return app


async def _unavailable(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=503)


class BodyLimit:
    """Answers 413 to a body of more than ``limit`` bytes before anything looks at it.

    ``larger`` has the limits of paths that take more.

    A body too large is read to its end and thrown away: a server that answers and
    closes while its client still sends makes the client see a broken connection.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int]) -> None:
        self._app, self._limit, self._larger = app, limit, larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then let the application have it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], self._limit)
        try:
            body = None if _asks_in_vain(scope, limit) else await _read(receive, limit)
        except ClientDisconnect:
            return
        if body is None:
            detail = f"the body is larger than {limit} bytes"
            await JSONResponse({"detail": detail}, status_code=413)(scope, receive, send)
        else:
            await self._app(scope, again(body, receive), send)


def _asks_in_vain(scope: Scope, limit: int) -> bool:
    """Whether the client waits for a go-ahead to send a body too large: reading would be that."""
    if all(name != b"expect" for name, _ in scope["headers"]):
        return False
    headers = dict(scope["headers"])
    return int(headers.get(b"content-length", b"0")) > limit


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body, or None for one too large."""
    body, seen, more = bytearray(), 0, True
    while more and seen < DRAIN_LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        seen += len(chunk)
        if seen <= limit:
            body += chunk
        more = message.get("more_body", False)
    return None if seen > limit else bytes(body)
