"""``python -m benchmarks.latency``: how long API calls take while the simulation runs flat out.

A served twin at speed ``max`` with simulated people, and a feeder that keeps hundreds of jobs
open so that the simulation never runs dry. Meanwhile 8 clients order, read and list, one call
after the other each. The same calls to the same twin with its clock paused stand beside it.

Wall time is what a client waits. Beside it stands the CPU time that the server has used while the
client waited: on a machine where nothing else runs both are alike, and other work disturbs only
the first much.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.http import KEY, STOCK, Server, Write, ask, free_port, started, wait_for

CLIENTS = 8
SKUS = 120
"""Each in one box, spread over the carriers of the site."""
OPEN_JOBS, BATCH = 300, 20
"""The feeder orders so many lines at a time while fewer jobs than that are open."""
OPEN = "/jobs?size=1&status__in=ACCEPTED&status__in=STARTED&status__in=WAITING_FOR_TRIGGER"


def order(number: int, lines: int = 1) -> dict[str, Any]:
    """A request for one piece of some SKUs."""
    skus = [f"S{(number * lines + line) * 7 % SKUS}" for line in range(lines)]
    return {"type": "FULFILLMENT", "entities": [{"sku_id": sku, "quantity": 1} for sku in skus]}


CALLS: dict[str, Write] = {
    "POST requests": ask("POST", "/requests", order),
    "GET jobs": ask("GET", "/jobs?size=50"),
    "GET inventory_view": ask("GET", "/inventory_view?size=50"),
    "GET requests of a status": ask("GET", "/requests?size=50&status__eq=ACCEPTED"),
    "GET skus sorted": ask("GET", "/skus?size=50&sort_by=-updated_at"),
    "GET storage_status": ask("GET", "/storage_status"),
}
"""What each client does in turn."""


@dataclass(slots=True)
class Connection:
    """One keep-alive connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, port: int) -> Connection:
        """A new one."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def call(self, request: bytes) -> Any:
        """The JSON of the answer. Raises RuntimeError for any status but 200."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await self.reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(head.decode() + body[:500].decode(errors="replace"))
        return body

    async def json(self, method: str, path: str, content: Any = None) -> Any:
        """The same for one call; ``path`` below /api/v2, or from /_twin on."""
        request = ask(method, path, None if content is None else lambda _n: content)(0)
        if path.startswith("/_twin"):
            request = request.replace(b"/api/v2/_twin", b"/_twin", 1)
        return json.loads(await self.call(request))


@dataclass(slots=True)
class Watch:
    """What calls took, by what was called: wall ms, and CPU ms of the server meanwhile."""

    took: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def summary(self) -> dict[str, Any]:
        """All together, and each by itself."""
        together = [one for each in self.took.values() for one in each]
        return {"all": _figures(together)} | {name: _figures(each) for name, each in self.took.items()}


def _figures(took: list[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = (sorted(values) for values in zip(*took, strict=True))
    return {"calls": len(took)} | _quantiles(wall, "ms") | _quantiles(cpu, "server_cpu_ms")


def _quantiles(ordered: list[float], unit: str) -> dict[str, float]:
    last = len(ordered) - 1
    return {f"{name}_{unit}": round(ordered[min(last, int(q * (last + 1)))], 2) for name, q in SHARES.items()}


SHARES = {"p50": 0.5, "p99": 0.99, "max": 1.0}


def cpu_ms(pid: int) -> float:
    """CPU milliseconds that the main thread of a process has used; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[0]) / 1e6
    except OSError:
        return 0.0


async def drive(server: Server, seconds: float, numbers: Iterator[int]) -> Watch:
    """Eight clients for some seconds."""
    watch, end = Watch(), time.perf_counter() + seconds

    async def client(offset: int) -> None:
        connection, names = await Connection.to(server.port), list(CALLS)
        turn = offset
        while (began := time.perf_counter()) < end:
            name, cpu = names[turn % len(names)], cpu_ms(server.pid)
            await connection.call(CALLS[name](next(numbers)))
            wall = (time.perf_counter() - began) * 1000
            watch.took[name].append((wall, cpu_ms(server.pid) - cpu))
            turn += 1
        connection.writer.close()

    await asyncio.gather(*(client(offset) for offset in range(CLIENTS)))
    return watch


@dataclass(slots=True)
class Feeder:
    """Keeps work open, and remembers how much of it there was whenever it looked."""

    connection: Connection
    numbers: Iterator[int]
    seen: list[int] = field(default_factory=list)

    async def look(self) -> int:
        """How many jobs are open."""
        return int((await self.connection.json("GET", OPEN))["total"])

    async def fill(self) -> None:
        """Order until enough is open."""
        lacking = OPEN_JOBS - await self.look()
        for _ in range(-(-max(0, lacking) // BATCH)):
            await self.connection.json("POST", "/requests", order(next(self.numbers), BATCH))

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self.seen.append(await self.look())
            await self.fill()


async def prepare(connection: Connection) -> None:
    """Stock that never ends, and people who pick."""
    rows = (await connection.json("GET", "/inventory_view?size=1000"))["items"]
    carriers = sorted({row["carrier_id"] for row in rows} - {None})
    for number in range(SKUS):
        carrier = carriers[number * len(carriers) // SKUS]
        await connection.json("POST", "/sku", {"id": f"S{number}", "name": f"Article {number}"})
        box = (await connection.json("POST", f"/box/{carrier}", {"section_code": 11111111}))["id"]
        load = {"sku_id": f"S{number}", "item_count": STOCK, "item_count_max": STOCK}
        await connection.json("POST", f"/load/{box}", load)


async def measure(server: Server, seconds: float) -> dict[str, Any]:
    """Both runs."""
    connection, numbers = await Connection.to(server.port), iter(range(1, 10**9))
    await prepare(connection)
    feeder = Feeder(await Connection.to(server.port), numbers)
    await feeder.fill()
    paused = await drive(server, seconds / 2, numbers)
    await connection.json("PUT", "/_twin/clock", {"speed": "max"})
    task = asyncio.create_task(feeder.run())
    await asyncio.sleep(1)
    feeder.seen.clear()
    before, began = await _now_ms(connection), time.perf_counter()
    busy = await drive(server, seconds, numbers)
    simulated_s = (await _now_ms(connection) - before) / 1000
    wall_s = time.perf_counter() - began
    task.cancel()
    await asyncio.wait([task])
    return {
        "simulated_s_per_wall_s": round(simulated_s / wall_s, 1),
        "open_jobs_at_least": min(feeder.seen),
        "paused": paused.summary(),
        "max": busy.summary(),
    }


async def _now_ms(connection: Connection) -> int:
    now: int = (await connection.json("GET", "/_twin/clock"))["now_ms"]
    return now


def run(site: str, seconds: float) -> dict[str, Any]:
    """Serve a site on one core and drive it from another."""
    port = free_port()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0, 1]
    twin = ("-m", "twin", "serve", "--site", site, "--speed", "0", "--operator", "simulated")
    with started(cores[0], *twin, "--port", str(port), "--api-key", KEY) as served:
        wait_for(f"http://127.0.0.1:{port}/api/v2/health")
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {cores[-1]})
        try:
            return asyncio.run(measure(Server(served.pid, port), seconds))
        finally:
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, set(cores))


def main() -> None:
    """Print JSON; status 1 where one call of a hundred took longer than ``--limit-ms``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--sites", nargs="+", default=["demo", "reference"])
    parser.add_argument("--limit-ms", type=float, default=100.0)
    options = parser.parse_args()
    found = {site: run(site, options.seconds) for site in options.sites}
    print(json.dumps(found, indent=1))
    slow = [site for site, figures in found.items() if figures["max"]["all"]["p99_ms"] > options.limit_ms]
    sys.exit(f"slower than {options.limit_ms:g} ms: {', '.join(slow)}" if slow else 0)


if __name__ == "__main__":
    main()
