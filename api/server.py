"""One served world: its socket, its server, and what is said when it is ready."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.text import Text

from api import logs
from api.app import create_app
from api.bridge import Bridge
from api.control.access import CONTROL, Access
from api.hosting import DEFAULT, Worlds
from api.hosting.inheriting import Inheritance
from api.hosting.making import folder_for
from api.seeding import Seeding
from api.settings import Settings
from api.wire.inventory_view import INVENTORY
from api.wire.sku import SKUS
from api.world import World, make_world
from twin.domain.errors import Refusal
from twin.domain.layout import Site
from twin.experiments.sitefile import find_site, load_site
from twin.policies.chosen import Choice
from twin.recipe import Beginning, Recipe
from twin.records.store import CannotKeep, StateRefused
from twin.simulation.pacing import Speed

USAGE_ERROR = 2
_log = logging.getLogger(__name__)
CONTROL_WAYS = {
    "open": "open to programs of this machine",
    "token": "with the control token",
    "key": "with the API key",
    "off": "off; --control-token TOKEN lets those in who have it",
}
LAST_WORD_S = 0.4
"""Wall seconds that open connections get to end when the server is stopped."""


@dataclass(frozen=True, slots=True)
class Order:
    """What ``twin serve`` was asked for. ``epoch`` is in UTC; ``made_key``: the key is a new one."""

    site: str
    seed: int
    speed: Speed
    port: int
    host: str
    epoch: datetime
    api_key: str
    operator: str
    as_json: bool
    data: Path | None
    policies: Choice
    access: Access
    control_port: int | None
    state: Path | None
    said: frozenset[str]
    seeds: tuple[Path, ...] = ()
    log_format: str = "text"
    made_key: bool = False

    @property
    def contradicted(self) -> list[str]:
        """The options that were given and that a world which is kept has its own values of."""
        return sorted(self.said - {"speed", "api_key"})


def serve(order: Order) -> int:
    """Serve until stopped; the exit status. Raises SiteRefused, and OSError for the port."""
    logs.begin(order.log_format)
    site = load_site(find_site(order.site))

    listeners = [_listen(order.host, order.port)]
    access = order.access
    if order.control_port is not None:
        listeners.append(_listen(order.host, order.control_port))
        access = replace(access, port=listeners[1].getsockname()[1])
    kept = None if order.state is None else Inheritance.of(order.state)
    order = order if kept is None else _taken_over(order, kept)
    bridge = Bridge(lambda: _world(site, order, kept), order.speed)
    secret = None if kept is None else kept.secret
    settings = Settings(order.api_key, data=order.data, access=access, token_secret=secret)
    seeds = order.seeds if kept is None or kept.default is None else ()
    app = create_app(bridge, settings, kept=kept, seeds=bool(seeds))
    urls = [_url(order.host, listener) for listener in listeners]
    server = _Server(app, _Banner(order, bridge, urls[0], urls[-1]), Seeding(seeds, app.state.worlds), kept)
    signal.signal(signal.SIGTERM, _leave)
    try:
        server.run(sockets=listeners)
    except KeyboardInterrupt:
        return 0
    refusal = bridge.refusal or server.refusal
    if refusal is not None:
        raise refusal
    return 1 if server.failed else 0


def _taken_over(order: Order, kept: Inheritance) -> Order:
    """The order with what the kept default world knows better. Raises StateRefused."""
    data = folder_for(kept.store, DEFAULT)
    if kept.default is None:
        return replace(order, data=data)
    if order.contradicted:
        options = ", ".join("--" + name.replace("_", "-") for name in order.contradicted)
        kept.store.close()
        raise StateRefused(
            f"{order.state}: the world that is kept there has its own {options}; leave that out, "
            "or name another folder"
        )
    speed = order.speed if "speed" in order.said else kept.default.speed
    key = order.api_key if "api_key" in order.said else kept.default.about["key"]
    return replace(order, data=data, speed=speed, api_key=key, made_key=False)


def _world(site: Site, order: Order, kept: Inheritance | None) -> World:
    recipe = Recipe(
        site,
        seed=order.seed,
        operator=order.operator,
        epoch=order.epoch.isoformat(),
        policies=order.policies,
    )
    beginning = Beginning(recipe)
    world = make_world(beginning) if kept is None else kept.make_default(beginning)
    # Made once in full, here, so that the first reader need not wait for it.
    INVENTORY.warm(world.views.live_inventory())
    SKUS.warm(world.views.live_skus())
    # What has been built stays; the garbage collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    return world


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        # Named TCP, asyncio sends small answers at once; else each would wait 40 ms for an acknowledgement.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        hint = "; choose another with --port, or 0 for a free one" if port else ""
        raise OSError(f"cannot listen on {host} port {port}: {error.strerror or error}{hint}") from None
    return listener


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@dataclass(frozen=True, slots=True)
class _Banner:
    """What is said when the twin is ready: to people, and where asked for to a program."""

    order: Order
    bridge: Bridge
    url: str
    control_url: str

    def __call__(self) -> None:
        if self.order.log_format == "text":
            console = Console(stderr=True, highlight=False, soft_wrap=True)
            for line in self._lines():
                console.print(Text(line))
        else:
            told = {"url": self.url, "site": self.bridge.engine.origin.site.name}
            if self.order.made_key:
                told["api_key"] = self.order.api_key
            _log.info("ready", extra=told)
        if self.order.as_json:
            facts = {
                "url": self.url,
                "control_url": self.control_url + CONTROL,
                "api_key": self.order.api_key,
                "site": self.bridge.engine.origin.site.name,
                "pid": os.getpid(),
            }
            print(json.dumps(facts), flush=True)

    def _lines(self) -> list[str]:
        order, engine = self.order, self.bridge.engine
        site = engine.origin.site
        return [
            f"twin of {site.name}: {len(site.levels)} levels, {len(site.bots)} bots, "
            f"{len(site.carriers)} carriers, {len(site.balconies)} balconies",
            f"speed {order.speed}, seed {engine.origin.seed}, "
            + (f"state in {order.state}" if order.state else f"operator {order.operator}"),
            f"URL      {self.url}",
            f"API key  {order.api_key}",
            f"try      curl -H 'Authorization: Bearer {order.api_key}' {self.url}/api/v2/storage_status",
            f"control  {self.control_url}{CONTROL}, {CONTROL_WAYS[order.access.way]}",
            f"view     {self.control_url}{CONTROL}/ui",
            "Ctrl-C ends it.",
        ]


class _Server(uvicorn.Server):
    """A server that speaks when the twin is ready, and that does not wait long for its end."""

    def __init__(self, app: FastAPI, banner: _Banner, seeding: Seeding, kept: Inheritance | None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                ws="none",
                lifespan="on",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._worlds: Worlds = app.state.worlds
        self._banner, self._seeding, self._kept = banner, seeding, kept
        self.failed = False
        self.refusal: Refusal | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and announce it once the twin is ready."""
        await super().startup(sockets)
        self._tasks.append(asyncio.create_task(self._announce()))

    async def _announce(self) -> None:
        """Wait for all worlds, see to the seed files, and say that the twin is ready, or end it."""
        for hosted in self._worlds.all():
            await hosted.bridge.ready.wait()
            self.failed = self.failed or hosted.bridge.trouble is not None
            if self.failed:
                break
        if not self.failed:
            try:
                await self._seeding.run(self._banner.url, self._banner.order.api_key)
                if self._kept is not None:
                    self._kept.seeded()
            except (Refusal, CannotKeep) as error:
                self.failed = True
                self.refusal = error if isinstance(error, Refusal) else StateRefused(str(error))
        if self.failed:
            self.should_exit = True
        else:
            self._banner()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the twin first, so that whoever waits for it is answered; then all connections."""
        for hosted in self._worlds.all():
            hosted.bridge.close()
        self._tasks.append(asyncio.create_task(self._cut()))
        await super().shutdown(sockets)

    async def _cut(self) -> None:
        await asyncio.sleep(LAST_WORD_S)
        for connection in self.server_state.connections:
            connection.transport.abort()
