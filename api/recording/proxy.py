"""A proxy in front of a site or a twin that writes down what passes. It changes nothing but where a
redirection to the target leads: here as well.

Bodies pass as they come, compressed or not, and are written down unpacked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from api.calls.asgi import Taken
from api.calls.journal import Body
from api.recording.har import Exchange

HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers between two neighbours only."""
LARGEST_BODY: Final = 64 << 20
"""Bytes of a request that are passed on: it is read whole before."""
RECORDED: Final = 4 << 20
"""Bytes of a body that are written down."""
CONTROL: Final = "/_twin"
CLOCK_S: Final = 5.0

Pairs = list[tuple[str, str]]


@dataclass
class Target:
    """Where calls are passed on to. ``tells_time`` says whether it is a twin whose clock can be read."""

    url: httpx.URL
    client: httpx.AsyncClient
    tells_time: bool = False

    async def look(self) -> str:
        """Find out what answers there, in words."""
        try:
            info = await self.client.get(self.url.join(f"{CONTROL}/info"), timeout=CLOCK_S)
            is_twin = info.is_success and "contract" in info.json()
        except ValueError:
            return "a site"
        except httpx.TransportError as error:
            return f"nothing yet: {error}"
        if not is_twin:
            return "a site"
        self.tells_time = True
        return "a twin"

    async def now(self, headers: dict[str, str]) -> dict[str, Any] | None:
        """The simulated time of the world that a credential belongs to; None where it is not told."""
        try:
            address = self.url.join(f"{CONTROL}/clock")
            answer = await self.client.get(address, headers=headers, timeout=CLOCK_S)
        except httpx.TransportError:
            return None
        if answer.status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
            self.tells_time = False
        if not answer.is_success:
            return None
        clock = answer.json()
        return {"now": clock["now"], "t_ms": clock["now_ms"]}

    def address(self, scope: Scope) -> httpx.URL:
        """The address there of a call that came here. Raises httpx.InvalidURL where there can be none."""
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        base = self.url.raw_path.rstrip(b"/")
        return self.url.copy_with(raw_path=base + path + (b"?" + query if query else b""))

    @property
    def base(self) -> bytes:
        """What the addresses of all its paths begin with."""
        return str(self.url).rstrip("/").encode()


@dataclass
class Proxy:
    """The application: hands every call on, and each exchange to ``keep``."""

    target: Target
    keep: Callable[[Exchange], None]
    counts: dict[str, int] = field(default_factory=lambda: {"recorded": 0, "control": 0, "unanswered": 0})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        if scope["type"] != "http":
            return
        body = await _read(receive)
        if body is None:
            detail = f"twin record: the body is larger than {LARGEST_BODY} bytes"
            await PlainTextResponse(detail, 413)(scope, receive, send)
            return
        try:
            address = self.target.address(scope)
        except httpx.InvalidURL as error:
            detail = f"twin record: not a path that can be passed on: {error}. Give the client the address"
            detail += " of twin record in place of that of the site, not as its HTTP proxy"
            await PlainTextResponse(detail, HTTPStatus.BAD_REQUEST)(scope, receive, send)
            return
        request = httpx.Request(scope["method"], address, headers=_passed(scope["headers"]), content=body)
        send = _leading_here(self.target.base, scope, send)
        if scope["path"].startswith(CONTROL):
            self.counts["control"] += 1
            await self._pass(request, scope, receive, send)
            return
        await self._record(request, body, scope, receive, send)

    async def _record(
        self, request: httpx.Request, body: bytes, scope: Scope, receive: Receive, send: Send
    ) -> None:
        credential = request.headers.get("authorization")
        told = {} if credential is None else {"Authorization": credential}
        simulated = await self.target.now(told) if self.target.tells_time else None
        started, began = datetime.now(UTC), time.perf_counter()
        seen = _Seen(send)
        try:
            await self._pass(request, scope, receive, seen.send)
        finally:
            took_ms = (time.perf_counter() - began) * 1000
            status, answered = seen.ended()
            self.counts["recorded"] += 1
            self.counts["unanswered"] += not status
            self.keep(
                Exchange(
                    started.isoformat(timespec="milliseconds"),
                    took_ms,
                    request.method,
                    str(request.url),
                    Body(body[:RECORDED], len(body), request.headers.get("content-type", "")),
                    status,
                    answered,
                    _text(scope["headers"]),
                    seen.headers,
                    _reason(status),
                    f"HTTP/{scope['http_version']}",
                    extra=() if simulated is None else (("_twin", simulated),),
                )
            )

    async def _pass(self, request: httpx.Request, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer_to(request, receive)
        except httpx.TransportError as error:
            detail = f"twin record: nothing answers at {self.target.url}: {error}"
            await PlainTextResponse(detail, HTTPStatus.BAD_GATEWAY)(scope, receive, send)
            return
        if answer is None:
            return
        try:
            headers = [(n, v) for n, v in answer.headers.raw if n.decode().lower() not in HOP]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            async for part in answer.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()

    async def _answer_to(self, request: httpx.Request, receive: Receive) -> httpx.Response | None:
        """What the target answers; None where the client goes away before, and so does the call there."""
        asked = asyncio.create_task(self.target.client.send(request, stream=True))
        gone = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((asked, gone), return_when=asyncio.FIRST_COMPLETED)
            return await asked if asked.done() else None
        finally:
            gone.cancel()
            asked.cancel()


async def _gone(receive: Receive) -> None:
    """Returns when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Seen:
    """The answer as it passes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status, self._whole = 0, False
        self._taken = Taken(RECORDED)
        self.headers: Pairs = []

    async def send(self, message: Message) -> None:
        """A part of it."""
        if message["type"] == "http.response.start":
            self._status, self.headers = message["status"], _text(message["headers"])
        else:
            self._taken.add(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        await self._send(message)

    def ended(self) -> tuple[int, Body]:
        """The status (0: no whole answer came) and the body, unpacked."""
        plain = {name.lower(): value for name, value in self.headers}
        body = self._taken.body(plain.get("content-type", ""))
        if "content-encoding" in plain and body.is_whole:
            headers = {"content-encoding": plain["content-encoding"]}
            try:
                content = httpx.Response(200, headers=headers, content=body.kept).content
            except httpx.DecodingError:
                content = body.kept
            body = Body(content, len(content), body.kind)
        return (self._status if self._whole else 0), body


async def _read(receive: Receive) -> bytes | None:
    """The body of a call, or None for one too large."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if len(body) <= LARGEST_BODY:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body) if len(body) <= LARGEST_BODY else None


def _leading_here(base: bytes, scope: Scope, send: Send) -> Send:
    """A ``send`` in which a ``location`` at the target is one here: what comes of it passes here as well."""
    host = next((value for name, value in scope["headers"] if name == b"host"), None)
    if host is None:
        return send

    def here(name: bytes, value: bytes) -> bytes:
        leads = name.lower() == b"location" and value.startswith(base + b"/")
        return b"http://" + host + value[len(base) :] if leads else value

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {
                **message,
                "headers": [(name, here(name, value)) for name, value in message["headers"]],
            }
        await send(message)

    return sent


def _passed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers that go on; httpx sets the host and the length."""
    here = HOP | {"host", "content-length"}
    return [(name, value) for name, value in headers if name.decode("latin-1") not in here]


def _text(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
