"""Who may use ``/_twin``: it moves time and makes worlds, which no client of the warehouse should.

Three ways. ``open``: whoever reaches the port, for a server on the loopback interface.
``token``: who has the control token. ``key``: who has a Super Admin's API key of the
vendor's API, which has to be asked for on purpose. It can also be off, or on a port of
its own.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.accounts import credential_of

CONTROL: Final = "/_twin"
TOKEN_HEADER: Final = "Twin-Control"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_PUBLIC: Final = ("/health", "/ready", "/info", "/fidelity", "/openapi.json", "/docs", "/ui")

Way = Literal["open", "token", "key", "off"]


@dataclass(frozen=True, slots=True)
class Access:
    """How ``/_twin`` is guarded.

    ``hosts`` are the names under which an open one may be called (None: any): a page from
    elsewhere that has its own name point to this machine must not get in. ``port`` is the
    one port it is served on, where it has one of its own.
    """

    way: Way = "key"
    token: str | None = field(default=None, repr=False)
    hosts: frozenset[str] | None = None
    port: int | None = None

    def __post_init__(self) -> None:
        if (self.way == "token") != (self.token is not None):
            raise ValueError("a control token goes with the way 'token', and only with it")

    def is_token(self, value: str) -> bool:
        """Whether a text is the control token; takes the same time for every wrong one."""
        return self.token is not None and hmac.compare_digest(self.token.encode(), value.encode())


class Gate:
    """Lets calls to ``/_twin`` pass or not, and all others only to the vendor's port.

    Who may pass by token or because it is open has ``entitled`` in the state of the scope.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, 403 or 404, or hand the call on."""
        if scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        path: str = scope["path"]
        controls = path == CONTROL or path.startswith(CONTROL + "/")
        port = self._access.port
        if port is not None and (scope["server"][1] == port) != controls:
            return _refused(404, "Not Found")
        if not controls or path.removeprefix(CONTROL).startswith(_PUBLIC):
            return None
        return self._of_way(scope)

    def _of_way(self, scope: Scope) -> JSONResponse | None:
        access, headers = self._access, dict(scope["headers"])
        if access.way == "off":
            return _refused(403, "The control of this twin is off; start it with --control-token TOKEN")
        if access.way == "token" and not self._has_token(headers):
            return _refused(401, f"The control token is needed: {TOKEN_HEADER}: TOKEN")
        if access.way == "open" and not self._from_here(headers):
            return _refused(403, "The control of this twin is for programs of its own machine only")
        scope["state"]["entitled"] = access.way in ("open", "token")
        return None

    def _has_token(self, headers: Mapping[bytes, bytes]) -> bool:
        own = headers.get(TOKEN_HEADER.lower().encode(), b"").decode("latin-1")
        bearer = credential_of(headers.get(b"authorization", b"").decode("latin-1")) or ""
        return self._access.is_token(own) or self._access.is_token(bearer)

    def _from_here(self, headers: Mapping[bytes, bytes]) -> bool:
        hosts = self._access.hosts
        if hosts is None:
            return True
        host = _name(headers.get(b"host", b""))
        origin = headers.get(b"origin")
        return host in hosts and (origin is None or _name(origin) in hosts)


def _name(header: bytes) -> str | None:
    """The name in a Host or Origin header, without scheme and port."""
    text = header.decode("latin-1")
    try:
        return urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        return None


def _refused(status: int, detail: str) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"detail": detail}, status, headers)
