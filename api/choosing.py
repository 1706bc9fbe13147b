"""Which world a call is for: found once, before anything else looks at the call.

``/_twin/worlds/ID`` is the base of one world: below it are ``/api/v2/...`` and all that
is under ``/_twin``. Everywhere else the credential chooses, and without one a call
comes to the default world.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.hosting import Hosted, Worlds
from twin.domain.errors import NotFound

_BASE: Final = re.compile(r"/_twin/worlds/([^/]{1,64})/(.+)", re.ASCII | re.DOTALL)
_OF_VENDOR: Final = ("api/", "images/")


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


def _both(hosted: Hosted) -> dict[str, object]:
    return {"hosted": hosted, "named": hosted}


def _authorization(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value, "latin-1")
    return ""
