"""Which world a call is for: found once, before anything else looks at the call.

``/_twin/worlds/ID`` is the base of one world: below it are ``/api/v2/...``, what its
answers lead to, and all that is under ``/_twin``. Everywhere else the credential
chooses, and without one a call comes to the default world.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.hosting import Hosted, Worlds
from twin.domain.errors import NotFound
from twin.records.store import CannotKeep

_BASE: Final = re.compile(r"/_twin/worlds/([^/]{1,64})/(.+)", re.ASCII | re.DOTALL)
_LOCATION: Final = re.compile(rb"\A(https?://[^/]*)(?:/_twin(?=/))?(/.*)\Z", re.DOTALL)
_RESTS_ON_NOTHING: Final = ("/_twin/health", "/_twin/docs", "/_twin/openapi.json", "/docs", "/openapi")
"""What can be answered whatever has become of the world."""
_OF_VENDOR: Final = ("api/", "images/", "issues/", "reports/")


class Chooser:
    """Puts the world into ``scope["state"]["hosted"]`` and takes the base of a world off the path.

    A world that is named by its base is in ``scope["state"]["named"]`` as well.
    """

    def __init__(self, app: ASGIApp, worlds: Worlds) -> None:
        self._app, self._worlds = app, worlds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the world, then let the application answer."""
        if scope["type"] == "http":
            try:
                scope = self._chosen(scope)
            except NotFound as refusal:
                await JSONResponse({"detail": str(refusal)}, 404)(scope, receive, send)
                return
            send = _vouched(scope, _below(scope, send))
        await self._app(scope, receive, send)

    def _chosen(self, scope: Scope) -> Scope:
        state = dict(scope.get("state", {}))
        named = _BASE.fullmatch(scope["path"]) if scope["path"].startswith("/_twin/worlds/") else None
        if named is None:
            hosted = self._worlds.of_header(_authorization(scope))
            return {**scope, "state": state | {"hosted": hosted}}
        hosted = self._worlds.get(named[1])
        rest = named[2]
        path = f"/{rest}" if rest.startswith(_OF_VENDOR) else f"/_twin/{rest}"
        return {**scope, "path": path, "raw_path": path.encode(), "state": state | _both(hosted)}


def _below(scope: Scope, send: Send) -> Send:
    """A ``send`` that leads nobody away from the base of a world, to a path without the slash at its end."""
    named: Hosted | None = scope["state"].get("named")
    if named is None or not scope["path"].endswith("/"):
        return send
    base = f"/_twin/worlds/{named.id}".encode()

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, _led(base, name, value)) for name, value in message["headers"]]
            message = {**message, "headers": headers}
        await send(message)

    return sent


def _led(base: bytes, name: bytes, value: bytes) -> bytes:
    """A header of an answer; a ``location`` leads below the base."""
    if name != b"location":
        return value
    return _LOCATION.sub(lambda match: match[1] + base + match[2], value)


def _both(hosted: Hosted) -> dict[str, object]:
    return {"hosted": hosted, "named": hosted}


def _authorization(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value, "latin-1")
    return ""


def _vouched(scope: Scope, send: Send) -> Send:
    """A ``send`` before which all that the answer rests on is on disk; 503 instead where it cannot be."""
    if scope["state"]["hosted"].keeper is None or scope["path"].startswith(_RESTS_ON_NOTHING):
        return send
    refused = False

    async def vouched(message: Message) -> None:
        nonlocal refused
        hosted: Hosted = scope["state"]["hosted"]
        try:
            hosted.vouch()
        except CannotKeep as error:
            if not refused and message["type"] == "http.response.start":
                await _say(str(error), send)
            refused = True
            if hosted.bridge.trouble is None:
                hosted.bridge.fail(str(error))
        if not refused:
            await send(message)

    return vouched


async def _say(detail: str, send: Send) -> None:
    answer = JSONResponse({"detail": detail}, 503)
    await send({"type": "http.response.start", "status": 503, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": answer.body})
