"""Several clients at one server: worlds come and go while others are driven, speeds switch under work."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.forked import forked
from tests.api.server_process import Served
from twin.replaying import replay

WORLDS, CLIENTS = 50, 8
SPEEDS = (0, 1, 50, "max")


@pytest.fixture(scope="module")
def twin() -> Iterator[Served]:
    with forked("--site", "tiny", "--speed", "0") as twin:
        assert twin is not None
        yield twin


class World:
    """A world of the server, and a client with its key on a connection of its own."""

    def __init__(self, twin: Served, seed: int) -> None:
        order = {"seed": seed, "stock": {}, "speed": 0, "name": f"test {seed}"}
        answer = httpx.post(f"{twin.url}/_twin/worlds", json=order, timeout=60, trust_env=False)
        assert answer.status_code == 201, answer.text
        world = answer.json()
        self.seed, self.id = seed, world["id"]
        headers = {"Authorization": f"Bearer {world['api_key']}"}
        self.client = httpx.Client(base_url=twin.url, headers=headers, timeout=60, trust_env=False)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """An answer that must not be refused."""
        answer = self.client.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def drive(self) -> str:
        """Order, advance and trigger, with a chance of its own; the SHA-256 of the event log."""
        chance = random.Random(self.seed)
        skus = [row["id"] for row in self.ask("GET", "/api/v2/skus")["items"]]
        for _ in range(4):
            wanted = {"sku_id": chance.choice(skus), "quantity": 1 + chance.randrange(3)}
            self.client.post("/api/v2/requests", json={"type": "FULFILLMENT", "entities": [wanted]})
            self.ask("POST", "/_twin/clock/advance", {"by": f"PT{5 + chance.randrange(20)}S"})
            for job in self.ask("GET", "/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")["items"]:
                self.ask("POST", f"/api/v2/trigger/{job['id']}", {})
        return str(self.ask("GET", "/_twin/log")["sha256"])

    def end(self, twin: Served) -> None:
        """Delete it."""
        assert twin.client.delete(f"/_twin/worlds/{self.id}").status_code == 204
        self.client.close()


def test_fifty_worlds_driven_by_eight_clients_are_each_as_if_alone_while_others_come_and_go(
    twin: Served,
) -> None:
    before = twin.ok("GET", "/_twin/log")
    worlds = [World(twin, seed) for seed in range(WORLDS)]
    done = threading.Event()
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        restless = pool.submit(come_and_go, twin, done)
        with at_the_end(done):
            together = list(pool.map(World.drive, worlds))
        assert restless.result() > 0
    for world in worlds:
        world.end(twin)
    assert len(set(together)) == WORLDS
    assert twin.ok("GET", "/_twin/log") == before, "the default world has seen nothing of it"
    assert twin.ok("GET", "/_twin/worlds")["total"] == 1
    assert [alone(twin, seed) for seed in range(WORLDS)] == together


def alone(twin: Served, seed: int) -> str:
    """What the log of a world comes to that is the only one beside an idle default one."""
    world = World(twin, seed)
    sha256 = world.drive()
    world.end(twin)
    return sha256


def come_and_go(twin: Served, done: threading.Event) -> int:
    """Make, fork, reset and delete worlds until others are done; how often."""
    rounds = 0
    while not done.is_set():
        world = World(twin, 1000 + rounds)
        first = world.ask("GET", "/_twin/log")
        world.ask("PUT", "/_twin/clock", {"speed": "max"})
        world.drive()
        with httpx.Client(base_url=twin.url, timeout=60, trust_env=False) as control:
            fork = control.post(f"/_twin/worlds/{world.id}/fork", json={"speed": 0}).json()
            assert control.post(f"/_twin/worlds/{world.id}/reset").json()["log"] == first
            assert control.delete(f"/_twin/worlds/{fork['id']}").status_code == 204
            assert control.delete(f"/_twin/worlds/{world.id}").status_code == 204
        assert world.client.get("/api/v2/skus").status_code == 401
        world.client.close()
        rounds += 1
    return rounds


def test_speeds_switched_by_one_client_while_another_works_change_nothing_but_the_time(
    twin: Served, tmp_path: Path
) -> None:
    """All that was done, done again at the same simulated times in another process, gives the same log."""
    world, switching, done = World(twin, 7), World(twin, 8), threading.Event()
    switching.client.headers["Authorization"] = world.client.headers["Authorization"]
    with ThreadPoolExecutor(2) as pool:
        switched = pool.submit(switch, switching.ask, done)
        with at_the_end(done):
            for _ in range(12):
                order_and_pick(world)
        assert switched.result() > len(SPEEDS)
    world.ask("PUT", "/_twin/clock", {"speed": 0})
    log, capsule = world.ask("GET", "/_twin/log"), tmp_path / "run.zip"
    capsule.write_bytes(world.client.get("/_twin/capsule").content)
    proof = replay(capsule)
    assert (proof.same, proof.sha256_now, proof.events) == (True, log["sha256"], log["events"])
    assert proof.commands > 20
    for one in (world, switching):
        one.end(twin)


@contextmanager
def at_the_end(done: threading.Event) -> Iterator[None]:
    """Tell others to end, also where a test fails: their pool would wait for them for ever."""
    try:
        yield
    finally:
        done.set()


def order_and_pick(world: World) -> None:
    """A line ordered, waited for, and picked."""
    wanted = {"sku_id": chosen(world), "quantity": 1}
    world.ask("POST", "/api/v2/requests", {"type": "FULFILLMENT", "entities": [wanted]})
    world.ask("POST", "/_twin/clock/advance", {"until": "waiting", "limit": "PT10M"})
    for job in world.ask("GET", "/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")["items"]:
        world.ask("POST", f"/api/v2/trigger/{job['id']}", {})


def chosen(world: World) -> str:
    """A SKU of which there is some."""
    rows = world.ask("GET", "/api/v2/skus")["items"]
    return str(max(rows, key=lambda row: row["fulfillable"])["id"])


def switch(ask: Callable[[str, str, object], Any], done: threading.Event) -> int:
    """Switch speeds until the other client is done; how often."""
    chance, switched = random.Random(1), 0
    while not done.is_set():
        speed = SPEEDS[switched % len(SPEEDS)] if switched < len(SPEEDS) else chance.choice(SPEEDS)
        assert ask("PUT", "/_twin/clock", {"speed": speed})["speed"] == speed
        switched += 1
    return switched
