"""``python -m benchmarks.http``: requests a second of the twin beside a bare FastAPI app, one core each.

Both are driven by 16 connections from another core, in turns. CPU time of the server per
request stands beside the rates: other work on the machine disturbs it least.

Of *fresh* pages every row has changed since it was last asked for: the SKU of all of them is
renamed before each round through the pages, in a call that counts among the others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

CONNECTIONS = 16
KEY = "benchmark"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
STOCK = 2_000_000_000
"""Pieces of the SKU that is ordered: as many as a box may hold."""
BOXES = 10
"""So many boxes have the SKU that is ordered in the measured requests."""
PAGES, SIZE = 20, 50
"""Pages of rows of that SKU, and rows on each."""

Write = Callable[[int], bytes]
"""The n-th request, as bytes on the wire."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server process and its port."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """CPU seconds that it has used; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Connection(asyncio.Protocol):
    """One connection that asks again as soon as it has an answer."""

    def __init__(self, drive: Drive) -> None:
        self._drive, self._seen, self._missing = drive, b"", -1
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._drive.next())

    def data_received(self, data: bytes) -> None:
        """Count down to the end of the answer."""
        if self._missing < 0:
            self._seen += data
            head, end, _ = self._seen.partition(b"\r\n\r\n")
            if not end:
                return
            found = LENGTH.search(head)
            assert found is not None, head
            self._missing = int(found[1]) + len(head) + 4 - len(self._seen)
            self._drive.check(self._seen)
            self._seen = b""
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self._drive.done += 1
            assert self._transport is not None
            self._transport.write(self._drive.next())


class Drive:
    """Sixteen connections to one server that send what ``write`` says."""

    def __init__(self, write: Write, numbers: Iterator[int]) -> None:
        self._write, self._numbers, self.done = write, numbers, 0

    def next(self) -> bytes:
        """The next request."""
        return self._write(next(self._numbers))

    def check(self, answer: bytes) -> None:
        """Raises RuntimeError for any answer but 200."""
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer[:500].decode(errors="replace"))

    async def run(self, server: Server, seconds: float) -> tuple[float, float]:
        """Answers a second, and CPU microseconds of the server for each."""
        loop = asyncio.get_running_loop()
        trouble: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _loop, context: trouble.append(context))
        made = [
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", server.port)
            for _ in range(CONNECTIONS)
        ]
        await asyncio.sleep(0.3)
        began, cpu, before = time.perf_counter(), server.cpu_s(), self.done
        await asyncio.sleep(seconds)
        answers, took = self.done - before, time.perf_counter() - began
        used = server.cpu_s() - cpu
        for transport, _ in made:
            transport.abort()
        if trouble or not answers:
            raise RuntimeError(f"the server did not answer as it should: {trouble[:1]}")
        return answers / took, used / answers * 1e6


def fresh(path: str) -> Write:
    """Pages in turn, all of whose rows have changed since the last round; the bare app has but one."""
    rename = ask("PATCH", "/sku/A", lambda n: {"name": f"Article {n}"})
    pages = [ask("GET", f"{path}page={page + 1}&size={SIZE}") for page in range(PAGES)]

    def write(number: int) -> bytes:
        turn = number % (PAGES + 1)
        return pages[turn - 1](number) if turn else rename(number)

    return write


def ask(method: str, path: str, body: Callable[[int], Any] | None = None) -> Write:
    """Requests of one kind."""
    head = f"{method} /api/v2{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
    if body is None:
        whole = f"{head}\r\n".encode()
        return lambda _number: whole

    def write(number: int) -> bytes:
        content = json.dumps(body(number)).encode()
        kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        return f"{head}{kind}".encode() + content

    return write


KINDS: dict[str, Write] = {
    "GET inventory_view, 50 rows": ask("GET", "/inventory_view?size=50"),
    "GET jobs, 50 rows": ask("GET", "/jobs?size=50"),
    "GET inventory_view, 50 fresh rows": fresh("/inventory_view?sku_id__eq=A&"),
    "GET jobs, 50 fresh rows": fresh("/jobs?"),
    "POST sku": ask("POST", "/sku", lambda n: {"id": f"new-{n}", "name": f"Article {n}"}),
    "POST requests": ask(
        "POST",
        "/requests",
        lambda n: {"type": "FULFILLMENT", "entities": [{"sku_id": "B", "quantity": 1}], "priority": 1},
    ),
}


@contextmanager
def started(core: int, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {core})
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Until a server answers there. Raises TimeoutError after a minute."""
    for _ in range(600):
        try:
            if httpx.get(url, headers={"Authorization": f"Bearer {KEY}"}).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"no answer from {url}")


def prepare(server: Server) -> dict[str, Any]:
    """A thousand boxes with pieces of one SKU, and a thousand jobs for it; the pages of fifty rows."""
    api = f"http://127.0.0.1:{server.port}/api/v2"
    with httpx.Client(base_url=api, headers={"Authorization": f"Bearer {KEY}"}) as client:

        def ok(method: str, path: str, body: Any = None) -> Any:
            return client.request(method, path, json=body).raise_for_status().json()

        ok("POST", "/sku", {"id": "A", "name": "Article"})
        rows = ok("GET", "/inventory_view?size=1000")["items"]
        carriers = sorted({row["carrier_id"] for row in rows} - {None})
        each = -(-PAGES * SIZE // len(carriers))
        codes = ["0" * i + "1" + "0" * (31 - i) for i in range(each)]
        places = [(carrier, code) for code in codes for carrier in carriers][: PAGES * SIZE]
        load = {"sku_id": "A", "item_count": STOCK, "item_count_max": STOCK}
        for number, (carrier, code) in enumerate(places):
            box = ok("POST", f"/box/{carrier}", {"section_code": code})["id"]
            ok("POST", f"/load/{box}", load if number == 0 else load | {"item_count": 1})
        for _ in range(PAGES * SIZE):
            ok("POST", "/requests", {"type": "FULFILLMENT", "entities": [{"sku_id": "A", "quantity": 1}]})
        ok("POST", "/sku", {"id": "B", "name": "Another"})
        for carrier in carriers[:BOXES]:
            box = ok("POST", f"/box/{carrier}", {"section_code": "0" * 31 + "1"})["id"]
            ok("POST", f"/load/{box}", load | {"sku_id": "B"})
        return {path: ok("GET", f"/{path}?size={SIZE}") for path in ("inventory_view", "jobs")}


def compare(kinds: dict[str, Write], seconds: float, rounds: int, speed: str) -> dict[str, Any]:
    """Both servers in turns; medians of the rounds."""
    port, bare_port = free_port(), free_port()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0, 1]
    twin = ("-m", "twin", "serve", "--site", "demo", "--speed", speed, "--port", str(port), "--api-key", KEY)
    with tempfile.TemporaryDirectory() as folder, started(cores[0], *twin) as served:
        wait_for(f"http://127.0.0.1:{port}/api/v2/health")
        pages = prepare(Server(served.pid, port))
        file = Path(folder) / "pages.json"
        file.write_text(json.dumps(pages))
        with started(cores[0], "-m", "benchmarks.bare", str(bare_port), str(file)) as bare:
            wait_for(f"http://127.0.0.1:{bare_port}/api/v2/jobs")
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, {cores[-1]})
            servers = {"twin": Server(served.pid, port), "bare": Server(bare.pid, bare_port)}
            return {kind: one(write, servers, seconds, rounds) for kind, write in kinds.items()}


def one(write: Write, servers: dict[str, Server], seconds: float, rounds: int) -> dict[str, Any]:
    """One kind of request to both servers in turns."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
    numbers = iter(range(1, 10**9))
    for _ in range(rounds):
        for name, server in servers.items():
            found[name].append(asyncio.run(Drive(write, numbers).run(server, seconds)))
    rates = {name: statistics.median(rate for rate, _ in runs) for name, runs in found.items()}
    costs = {name: statistics.median(cost for _, cost in runs) for name, runs in found.items()}
    return {
        "twin_per_s": rates["twin"],
        "bare_per_s": rates["bare"],
        "ratio": rates["twin"] / rates["bare"],
        "twin_cpu_us": costs["twin"],
        "bare_cpu_us": costs["bare"],
        "cpu_ratio": costs["bare"] / costs["twin"] if costs["twin"] else None,
    }


def main() -> None:
    """Print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--speed", default="1")
    parser.add_argument("--only", default="", help="kinds of request whose name contains this")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    kinds = {name: write for name, write in KINDS.items() if options.only in name}
    found = compare(kinds, options.seconds, options.rounds, options.speed)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{'':34}{'twin/s':>9}{'bare/s':>9}{'ratio':>7}{'twin us':>9}{'bare us':>9}{'ratio':>7}")
    for kind, row in found.items():
        rates = f"{row['twin_per_s']:9,.0f}{row['bare_per_s']:9,.0f}{row['ratio']:7.2f}"
        cpu = row["cpu_ratio"] or 0
        print(f"{kind:34}{rates}{row['twin_cpu_us']:9,.0f}{row['bare_cpu_us']:9,.0f}{cpu:7.2f}")


if __name__ == "__main__":
    main()
