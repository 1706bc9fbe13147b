"""A served twin for tests: the real app over the real engine, driven in process and without a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI

from api.accounts import Accounts
from api.app import create_app
from api.bridge import Bridge
from api.control.access import Access
from api.settings import Settings
from api.world import World, make_world
from tests.api.documented import check
from twin.domain.layout import Site
from twin.experiments.sitefile import find_site, load_site
from twin.recipe import Beginning, Recipe

Result = TypeVar("Result")

KEY = "a-key-for-tests"
EPOCH = datetime(2026, 1, 5, 5, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}


class Served:
    """A paused twin and a client of it. Time passes only by ``advance``.

    Every answer must have a status that the document names, while ``as_documented`` says so.
    """

    def __init__(
        self,
        runner: asyncio.Runner,
        client: httpx.AsyncClient,
        bridge: Bridge,
        app: FastAPI,
    ) -> None:
        self._runner, self._client, self.bridge, self.app = runner, client, bridge, app
        self.accounts: Accounts = app.state.worlds.default.accounts
        self.as_documented = True

    @property
    def engine(self) -> Any:
        """The engine, for looking at what a request has really done."""
        return self.bridge.world.engine

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request below /api/v2."""
        return self.send(method, f"/api/v2{path}", **options)

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send a request to any URL of the server."""
        answer = self._runner.run(self._client.request(method, url, **options))
        return check(answer) if self.as_documented else answer

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something on the loop of the server."""
        return self._runner.run(work)

    def at_once(self, *calls: tuple[str, str, Any]) -> list[tuple[int, httpx.Response]]:
        """Send requests (method, path, JSON body) together; their positions and answers as they end."""
        ended: list[tuple[int, httpx.Response]] = []

        async def one(position: int, method: str, path: str, body: Any) -> None:
            answer = await self._client.request(method, f"/api/v2{path}", json=body)
            ended.append((position, check(answer)))

        async def together() -> None:
            await asyncio.gather(*(one(position, *call) for position, call in enumerate(calls)))

        self._runner.run(together())
        return ended

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """The body of a request that must succeed."""
        answer = self.call(method, path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, status: int, method: str, path: str, **options: Any) -> Any:
        """The ``detail`` of a request that must be refused with ``status``."""
        answer = self.call(method, path, **options)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json()["detail"]

    def locations(self, method: str, path: str, **options: Any) -> list[list[str | int]]:
        """Where a request that must be invalid is wrong."""
        return [error["loc"] for error in self.refused(422, method, path, **options)]

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a listing."""
        rows: list[dict[str, Any]] = self.ok("GET", path, params=query)["items"]
        return rows

    def everything(self, path: str, query: Sequence[tuple[str, str]] = ()) -> list[dict[str, Any]]:
        """The rows of all pages that a query has."""
        rows: list[dict[str, Any]] = []
        while True:
            place = [("size", "1000"), ("page", str(len(rows) // 1000 + 1))]
            page = self.ok("GET", path, params=[*query, *place])
            rows += page["items"]
            if len(page["items"]) < 1000:
                return rows

    def advance(self, ms: int) -> None:
        """Let simulated time pass."""
        self._runner.run(self.bridge.advance_by(ms))

    # -- what most stories begin with

    def sku(self, sku_id: str = "A", **fields: Any) -> str:
        """An SKU."""
        return str(self.ok("POST", "/sku", json={"id": sku_id, **fields})["id"])

    def box(self, carrier: int = 1001, code: str | int = "11111111") -> int:
        """A box on a carrier."""
        return int(self.ok("POST", f"/box/{carrier}", json={"section_code": code})["id"])

    def load(self, box: int, sku: str = "A", count: int = 5, most: int = 10) -> None:
        """Pieces in a box."""
        body = {"sku_id": sku, "item_count": count, "item_count_max": most}
        self.ok("POST", f"/load/{box}", json=body)

    def stocked(self) -> int:
        """A box with 5 of up to 10 pieces of SKU A."""
        self.sku()
        box = self.box()
        self.load(box)
        return box

    def order(self, sku: str = "A", quantity: int = 2, **fields: Any) -> dict[str, Any]:
        """A request for pieces."""
        wanted = {"type": "FULFILLMENT", "entities": [{"sku_id": sku, "quantity": quantity}], **fields}
        body: dict[str, Any] = self.ok("POST", "/requests", json=wanted)
        return body

    def waiting_job(self, limit_ms: int = 600_000) -> str:
        """The id of a job that waits for a trigger, after as much time as that takes."""
        for _ in range(0, limit_ms, 1000):
            waiting = self.items("/jobs", status__eq="WAITING_FOR_TRIGGER")
            if waiting:
                return str(waiting[0]["id"])
            self.advance(1000)
        raise AssertionError(f"no job waits after {limit_ms} ms")


@contextmanager
def serve(
    site: Site | str = "tiny",
    epoch: datetime = EPOCH,
    accounts: Accounts | None = None,
    data: Path | None = None,
    access: Access | None = None,
    made: Callable[[], World] | None = None,
) -> Iterator[Served]:
    """A twin of a site (or a shipped one, by name), or one ``made`` otherwise, served until the
    end of the block.
    """

    def world() -> World:
        place = load_site(find_site(site)) if isinstance(site, str) else site
        return make_world(Beginning(Recipe(place, epoch=epoch.isoformat())))

    bridge = Bridge(made or world, 0)
    app = create_app(bridge, Settings(KEY, data=data, access=access or Access()), accounts)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {KEY}"}
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://twin", headers=headers)
        life = app.router.lifespan_context(app)
        runner.run(life.__aenter__())
        runner.run(bridge.ready.wait())
        try:
            yield Served(runner, client, bridge, app)
        finally:
            runner.run(client.aclose())
            runner.run(life.__aexit__(None, None, None))
