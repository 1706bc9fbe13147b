"""A twin served by a process of its own, for tests of what a client of the real thing meets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.api.preloaded import Process

STOP_S = 10
Body = dict[str, Any]
AnyProcess = Process | subprocess.Popen[str]


@dataclass(frozen=True, slots=True)
class Served:
    """A served twin: its process, its address, and a client that has its key."""

    process: AnyProcess
    url: str
    control_url: str
    api_key: str
    client: httpx.Client

    def ok(self, method: str, path: str, body: object = None) -> Any:
        """The answer to a call that must succeed."""
        answer = self.client.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def clock(self) -> Body:
        """The clock."""
        return dict(self.ok("GET", "/_twin/clock"))

    def advance(self, **order: object) -> Body:
        """Advance, and how it ended."""
        return dict(self.ok("POST", "/_twin/clock/advance", order))

    def stock(self, sku: str, pieces: int = 100) -> str:
        """A SKU with pieces in a box on a carrier of its own; the carrier."""
        rows = self.ok("GET", "/api/v2/inventory_view?size=1000&sort_by=carrier_id")["items"]
        carrier = next(r["carrier_id"] for r in rows if r["carrier_id"] and r["box_id"] is None)
        self.ok("POST", "/api/v2/sku", {"id": sku})
        box = self.ok("POST", f"/api/v2/box/{carrier}", {"section_code": "11111111"})["id"]
        load = {"sku_id": sku, "item_count": pieces, "item_count_max": pieces}
        self.ok("POST", f"/api/v2/load/{box}", load)
        return str(carrier)

    def order(self, sku: str, quantity: int = 1, **more: object) -> str:
        """A fulfillment of one line; its id."""
        entities = [{"sku_id": sku, "quantity": quantity}]
        body = {"type": "FULFILLMENT", "entities": entities, **more}
        return str(self.ok("POST", "/api/v2/requests", body)["id"])

    def jobs(self, request: str) -> list[Body]:
        """The jobs of a request."""
        return list(self.ok("GET", f"/api/v2/jobs?request_id__eq={request}")["items"])

    def picture(self) -> object:
        """All that a client can see of the state, without the clock."""
        paths = ("skus", "requests", "jobs", "inventory_view", "bots")
        return [self.ok("GET", f"/api/v2/{path}") for path in paths]


def serving(key: str, *options: str) -> tuple[str, ...]:
    """The words of a command that serves a twin on a free port."""
    return ("serve", "--port", "0", "--json", "--api-key", key, *options)


@contextmanager
def reached(process: AnyProcess, line: str, key: str) -> Iterator[Served]:
    """A twin that has said in a ``line`` that it is ready, with a client until the end of the block."""
    facts = json.loads(line)
    url, headers = facts["url"], {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        yield Served(process, url, facts["control_url"], key, client)


@contextmanager
def served(*options: str, key: str = "a-key", module: str = "twin") -> Iterator[Served]:
    """Serve a twin on a free port until the end of the block. ``module`` is the program."""
    words = serving(key, *options)
    process = start(*words) if module == "twin" else started_anew(module, *words)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"not started, exit status {process.wait(STOP_S)}: {process.communicate()[1]}"
        with reached(process, line, key) as twin:
            yield twin
    finally:
        _end(process)


def start(*arguments: str) -> Process:
    """The command ``twin`` as a process."""
    return Process(*arguments)


def started_anew(module: str, *arguments: str) -> subprocess.Popen[str]:
    """A module as a new process of Python, as ``python -m`` runs it."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command ``twin`` to its end: exit status, standard output, standard error."""
    process = start(*arguments)
    try:
        out, err = process.communicate(timeout=60)
        return process.wait(), out, err
    finally:
        process.end()


def _end(process: AnyProcess) -> None:
    if isinstance(process, Process):
        process.end()
    else:
        process.kill()
        process.communicate()
