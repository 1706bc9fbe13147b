"""Answers that may carry keys, tokens or codes are not to be kept by anybody on the way."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECRET: Final = ("/api/v2/auth/", "/_twin/", "/issues/", "/reports/")
"""Where such answers come from."""


class NoStore:
    """Adds ``Cache-Control: no-store`` to answers from there, unless they say something themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a call."""
        if scope["type"] != "http" or not scope["path"].startswith(SECRET):
            await self._app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if all(name.lower() != b"cache-control" for name, _ in headers):
                    message = {**message, "headers": [*headers, (b"cache-control", b"no-store")]}
            await send(message)

        await self._app(scope, receive, sealed)
