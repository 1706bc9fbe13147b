"""``twin record``: the proxy on a port, until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import httpx
import uvicorn

from api.recording.har import Exchange, HarFile, entry_of
from api.recording.proxy import Proxy, Target
from twin import PROJECT

LONGEST_CALL_S = 600.0
LAST_WORD_S = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What ``twin record`` was asked for. ``verify`` says how a certificate of the target is judged."""

    target: httpx.URL
    out: Path
    host: str
    port: int
    replace: bool
    secrets: bool
    verify: bool | ssl.SSLContext
    as_json: bool


def record(order: Order) -> None:
    """Pass calls on and write them down until stopped. Raises RecordingRefused, and OSError for the port."""
    listener = _listen(order)
    comment = "With secrets: keep it safe." if order.secrets else ""
    with listener:
        _run(order, listener, HarFile(order.out, version(PROJECT), replace=order.replace, comment=comment))


def _run(order: Order, listener: socket.socket, file: HarFile) -> None:
    try:
        asyncio.run(_serve(order, listener, file))
    except KeyboardInterrupt:
        pass
    finally:
        file.close()
        print(f"twin: {file.entries} calls are in {file.path}", file=sys.stderr)


async def _serve(order: Order, listener: socket.socket, file: HarFile) -> None:
    def keep(exchange: Exchange) -> None:
        file.add(entry_of(exchange, secrets=order.secrets))

    async with httpx.AsyncClient(
        timeout=LONGEST_CALL_S,
        verify=order.verify,
        trust_env=False,
        limits=httpx.Limits(max_connections=None),
    ) as client:
        target = Target(order.target, client)
        _announce(order, listener, await target.look())
        config = uvicorn.Config(
            Proxy(target, keep),
            log_level="warning",
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=LAST_WORD_S,
        )
        await uvicorn.Server(config).serve(sockets=[listener])


def _announce(order: Order, listener: socket.socket, found: str) -> None:
    port = listener.getsockname()[1]
    host = f"[{order.host}]" if ":" in order.host else order.host
    url = f"http://{host}:{port}"
    print(f"twin: {url} passes calls on to {order.target} ({found}) and writes {order.out}", file=sys.stderr)
    if order.secrets:
        print("twin: passwords, tokens and keys are written as well", file=sys.stderr)
    if order.as_json:
        facts = {"url": url, "target": str(order.target), "found": found, "out": str(order.out)}
        print(json.dumps(facts), flush=True)


def _listen(order: Order) -> socket.socket:
    try:
        found = socket.getaddrinfo(order.host, order.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"cannot listen on {order.host} port {order.port}: {reason}") from None
    return listener
