"""The middleware that writes the journal and lets faults strike. It sits around the vendor's API alone."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.calls.catalogue import Catalogue, Operation
from api.calls.coverage import Coverage
from api.calls.faults import Effect, Faults
from api.calls.journal import WHOLE, Body, Call, Calls

PREFIX = "/api/"
WATCHED_BYTES = 1 << 20
"""Bytes of an answer that coverage looks at."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the calls of one world are written down, and the faults in its way. ``now`` is simulated ms."""

    catalogue: Catalogue
    calls: Calls
    coverage: Coverage
    faults: Faults
    now: Callable[[], int | None]
    written: Callable[[int], str]
    """A simulated instant as text."""


class Watched:
    """Passes calls on to the application, and notes them at the desk of their world."""

    def __init__(
        self, app: ASGIApp, desk_of: Callable[[Scope], Desk], client_of: Callable[[Scope], str | None]
    ) -> None:
        """``client_of`` tells who has called, once the application has answered."""
        self._app, self._desk_of, self._client_of = app, desk_of, client_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        desk = self._desk_of(scope)
        operation = desk.catalogue.match(scope["method"], scope["path"])
        seen = _Exchange(desk, operation, scope, receive, send)
        struck = desk.faults.strike(operation)
        if struck is None:
            try:
                await self._app(scope, seen.receive, seen.send)
            finally:
                seen.note(None, self._client_of(scope))
            return
        rule, delay_ms = struck
        try:
            await self._spoil(rule.effect, delay_ms, seen)
        finally:
            seen.note(rule.id, self._client_of(scope))

    async def _spoil(self, effect: Effect, delay_ms: float, seen: _Exchange) -> None:
        if delay_ms:
            await asyncio.sleep(delay_ms / 1000)
        instead = effect.status is not None or effect.reset
        if not instead or effect.executed:
            held = _Held(seen.send, effect.truncate)
            await self._app(seen.scope, seen.receive, held.nowhere if instead else held.send)
            if held.cut:
                seen.cut()
        else:
            await _read_all(seen.receive)
        if effect.reset:
            seen.cut(reset=True)
        elif effect.status is not None:
            await _answer(effect, seen.send)


class _Held:
    """Takes the answer of the application: throws it away, or lets its first bytes pass."""

    def __init__(self, send: Send, limit: int | None) -> None:
        self._send, self._limit, self._sent, self.cut = send, limit, 0, False

    async def nowhere(self, _message: Message) -> None:
        """Forget it."""

    async def send(self, message: Message) -> None:
        """Let it pass, up to the limit."""
        if self._limit is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        if self.cut:
            return
        body = message.get("body", b"")
        left = self._limit - self._sent
        self._sent += len(body)
        if len(body) > left:
            self.cut = True
            message = {**message, "body": body[:left], "more_body": True}
        await self._send(message)


class _Exchange:
    """What of one call is seen on its way in and out."""

    def __init__(
        self, desk: Desk, operation: Operation | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.scope = scope
        self._desk, self._operation = desk, operation
        self._receive, self._send = receive, send
        self._began = time.perf_counter()
        self._status: int | None = None
        self._sent, self._answered = Taken(), Taken()
        self._watched = b""
        self._whole = False

    async def receive(self) -> Message:
        """What the client sends."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._sent.add(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        """What the client gets."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._answered.kind = _kind(message.get("headers", ()))
        else:
            body = message.get("body", b"")
            self._answered.add(body)
            if len(self._watched) < WATCHED_BYTES:
                self._watched += body
            self._whole = not message.get("more_body", False)
        await self._send(message)

    def cut(self, *, reset: bool = False) -> None:
        """Drop the connection. Outside a server there is none: it is as if it had broken."""
        self._whole = False
        transport = self.scope.get("twin.transport")
        if transport is None:
            raise ConnectionResetError("the connection was dropped by a fault")
        if reset:
            peer = transport.get_extra_info("socket")
            # With a linger of 0 the peer gets a reset instead of a goodbye.
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()

    def note(self, fault: str | None, client: str | None) -> None:
        """Write the call down."""
        desk, operation, scope = self._desk, self._operation, self.scope
        status = self._status if self._whole else None
        took_s = time.perf_counter() - self._began
        if operation is not None and status is not None:
            desk.coverage.note(operation, status, self._watched, took_s, client)
        desk.calls.add(
            Call(
                desk.calls.next_id(),
                desk.now(),
                scope["method"],
                scope["path"],
                scope["query_string"].decode("latin-1"),
                operation,
                status,
                took_s * 1000,
                self._sent.body(_kind(scope["headers"])),
                self._answered.body(),
                fault,
                client,
            )
        )


class Taken:
    """A body as it passes: its first ``limit`` bytes, and how many there were."""

    def __init__(self, limit: int = WHOLE) -> None:
        self._kept, self._size, self._limit = bytearray(), 0, limit
        self.kind = ""

    def add(self, part: bytes) -> None:
        """A part of it has passed."""
        self._size += len(part)
        self._kept += part[: self._limit - len(self._kept)]

    def body(self, kind: str | None = None) -> Body:
        """What has passed."""
        return Body(bytes(self._kept), self._size, self.kind if kind is None else kind)


def _kind(headers: Iterable[tuple[bytes, bytes]]) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")


async def _read_all(receive: Receive) -> None:
    """Take in what the client sends: a server that answers before makes it see a broken connection."""
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)


async def _answer(effect: Effect, send: Send) -> None:
    body: Any = effect.body if effect.body is not None else {"detail": f"fault: status {effect.status}"}
    content = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
    kind = b"text/plain; charset=utf-8" if isinstance(body, str) else b"application/json"
    given = {name.lower().encode(): value.encode() for name, value in effect.headers.items()}
    headers = {b"content-type": kind, b"content-length": str(len(content)).encode(), **given}
    await send({"type": "http.response.start", "status": effect.status, "headers": list(headers.items())})
    await send({"type": "http.response.body", "body": content})
