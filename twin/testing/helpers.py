"""What a test holds in its hands: a warehouse of its own, and the clock, faults and people of it.

Against a real site there is nothing but its API: the helpers that move time wait
instead, and those that need a twin skip the test.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx
import pytest

from twin.testing.server import TwinServer, told

POLL_S = 0.5
REAL_LIMIT_S = 600.0
"""How long a real site is waited for where a test gives no limit."""
ENDED = ("SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED")
"""What no job and no request comes out of again."""
Body = dict[str, Any]


class NotReached(AssertionError):
    """Time was moved as far as allowed, and what was waited for did not come."""


class Twin:
    """A fresh warehouse. ``client`` has its address and key; ``world`` is what ``/_twin`` says of it."""

    def __init__(self, server: TwinServer, world: Mapping[str, Any] | None) -> None:
        self.server = server
        self.world = world
        self.base_url = server.url
        self.api_key: str = world["api_key"] if world else server.api_key
        self.client = server.client(self.api_key)
        self.clock = Clock(self)
        self.faults = Faults(self)
        self.incidents = Incidents(self)
        self.events = Events(self)
        self.operators = Operators(self)

    @property
    def is_real(self) -> bool:
        """Whether this is a real site."""
        return not self.server.is_twin

    def control(self, method: str, path: str, **options: Any) -> Any:
        """The answer of a call to the control of this world. Skips the test on a real site."""
        return told(self.control_raw(method, path, **options))

    def control_raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The same, whatever the answer is."""
        base = self.world["base"] if self.world else "/_twin"
        if self.is_real:
            _needs_a_twin(f"{method} {path}")
        return self.client.request(method, base + path, **options)

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """The answer of a call of the vendor's API, below ``/api/v2``, that must succeed."""
        return told(self.client.request(method, f"/api/v2{path}", **options))

    def name(self, text: str) -> str:
        """A name for an SKU or a request: itself in a fresh warehouse; on a real site, where others work and
        earlier tests have been, one that nobody has used.
        """
        return f"{text}-{secrets.token_hex(4)}" if self.is_real else text

    def snapshot(self) -> Snapshot:
        """The warehouse as it is now, to come back to."""
        return Snapshot(self, str(self.control("POST", "/snapshots", json={})["id"]))

    def close(self) -> None:
        """End the world, and the client."""
        self.client.close()
        if self.world is not None:
            self.server.control("DELETE", f"/worlds/{self.world['id']}")


def _needs_a_twin(what: str) -> NoReturn:
    pytest.skip(f"this needs a twin: {what} is not there on a real site")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that was taken."""

    twin: Twin
    id: str

    def restore(self) -> None:
        """Bring the warehouse back to it."""
        self.twin.control("POST", f"/snapshots/{self.id}/restore")


class Clock:
    """The time of a warehouse."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    @property
    def now(self) -> str:
        """The simulated instant, ISO 8601 in UTC."""
        return str(self._twin.control("GET", "/clock")["now"])

    @property
    def now_ms(self) -> int:
        """Simulated ms."""
        return int(self._twin.control("GET", "/clock")["now_ms"])

    def run(self, speed: float | str) -> None:
        """Let time run: 0 paused, 1 real time, N, ``max``. A real site is left as it is."""
        if not self._twin.is_real:
            self._twin.control("PUT", "/clock", json={"speed": speed})

    def pause(self) -> None:
        """Let time stand."""
        self.run(0)

    def advance(self, seconds: float) -> Body:
        """Let so many simulated seconds pass at once. On a real site they are waited for.

        Less than half a millisecond is no time. Raises ValueError for less than none.
        """
        if seconds < 0:
            raise ValueError(f"time goes forward only, not by {seconds:g} s")
        if self._twin.is_real:
            time.sleep(seconds)
            return {}
        if round(seconds * 1000) == 0:
            return {}
        return dict(self._twin.control("POST", "/clock/advance", json={"by": f"PT{seconds:.3f}S"}))

    def until_job(self, job: str, status: str, limit_s: float = REAL_LIMIT_S) -> Body:
        """Let time pass until a job enters a status; the job. Raises NotReached."""
        self._until({"job": job, "status": status}, "/jobs", job, status, limit_s)
        return self._one("/jobs", job)

    def until_request(self, request: str, status: str, limit_s: float = REAL_LIMIT_S) -> Body:
        """Let time pass until a request enters a status; the request. Raises NotReached."""
        self._until({"request": request, "status": status}, "/requests", request, status, limit_s)
        return self._one("/requests", request)

    def until_waiting(self, limit_s: float = REAL_LIMIT_S) -> Body:
        """Let time pass until some job waits for its trigger; the first such job. Raises NotReached."""
        query = {"status__eq": "WAITING_FOR_TRIGGER", "sort_by": "created_at"}
        if not self._twin.is_real:
            self._moved("waiting", limit_s)
        else:
            _poll(lambda: bool(self._rows("/jobs", query)), "a waiting job", limit_s)
        return self._rows("/jobs", query)[0]

    def until_idle(self, limit_s: float = REAL_LIMIT_S) -> None:
        """Let time pass until all work has ended and all bots are parked. Raises NotReached."""
        if self._twin.is_real:
            query = {"status__in": "ACCEPTED,STARTED,WAITING_FOR_TRIGGER"}
            _poll(lambda: not self._rows("/jobs", query), "the end of all jobs", limit_s)
        else:
            self._moved("idle", limit_s)

    def _until(self, goal: Body, path: str, subject: str, status: str, limit_s: float) -> None:
        if not self._twin.is_real:
            self._moved(goal, limit_s)
        else:
            _poll(lambda: self._is(path, subject, status), f"{subject} in {status}", limit_s)

    def _is(self, path: str, subject: str, status: str) -> bool:
        """Whether it is in a status now. Raises NotReached where it never will be."""
        now = self._one(path, subject)["status"]
        if now != status and now in ENDED:
            raise NotReached(f"{subject} in {status}: out_of_reach, as it is {now}")
        return bool(now == status)

    def _moved(self, until: object, limit_s: float) -> None:
        order = {"until": until, "limit": f"PT{limit_s:.3f}S"}
        outcome = self._twin.control("POST", "/clock/advance", json=order)
        if not outcome["reached"]:
            raise NotReached(f"{until}: {outcome['reason']} at {outcome['now']} (status {outcome['status']})")

    def _one(self, path: str, subject: str) -> Body:
        for row in self._rows(path, {"id__eq": subject}):
            if row["id"] == subject:
                return row
        raise NotReached(f"there is no {subject!r} in {path}")

    def _rows(self, path: str, query: Mapping[str, str]) -> list[Body]:
        return list(self._twin.ok("GET", path, params=query)["items"])


def _poll(reached: Any, what: str, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not reached():
        if time.monotonic() >= deadline:
            raise NotReached(f"{what} did not come within {limit_s:g} s")
        time.sleep(POLL_S)


class Faults:
    """HTTP faults between this warehouse and its client (``docs/calls.md``)."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def add(self, operation: str = "*", **rule: Any) -> Body:
        """A rule: ``status``, ``delay``, ``reset``, ``truncate``; ``next``, ``nth``, ``probability``."""
        return dict(self._twin.control("POST", "/faults", json={"operation": operation, **rule}))

    def clear(self) -> None:
        """Take all rules back."""
        self._twin.control("DELETE", "/faults")


class Incidents:
    """Physical faults: stalled bots, blocked cells, absent people (``docs/faults.md``)."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def begin(self, kind: str, **details: Any) -> Body:
        """Let something fail, now or (``at_ms``) later."""
        return dict(self._twin.control("POST", "/incidents", json={"kind": kind, **details}))

    def end(self, incident: int | str) -> None:
        """Let it be repaired."""
        self._twin.control("DELETE", f"/incidents/{incident}")


class Operators:
    """People at the balconies of this warehouse."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def set(self, **change: Any) -> list[Body]:
        """Change ``mode``, ``times``, ``mistakes``, of one ``balcony`` or of all."""
        return list(self._twin.control("PUT", "/operators", json=change)["operators"])


class Events:
    """What has happened in this warehouse: its event log (``docs/event-log.md``)."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def __iter__(self) -> Iterator[Body]:
        """All events from the first on."""
        return iter(self.since(0))

    def since(self, seq: int) -> list[Body]:
        """The events after one."""
        answer = self._twin.control_raw("GET", "/log/lines", params={"from_seq": seq + 1})
        if answer.is_error:
            told(answer)
        return [json.loads(line) for line in answer.iter_lines() if line]

    def of_type(self, *names: str) -> list[Body]:
        """All events of some types."""
        return [event for event in self if event["type"] in names]
