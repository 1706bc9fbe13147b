"""Orders: how long each took from its acceptance to its last item, and in which part of that.

The parts of an order's lead time tile it exactly, in whole milliseconds. They follow the
line that was handed over last and the presentation that brought it (``docs/kpis.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.records.measures.fleet import Mission

PARTS = ("queue", "dig", "travel", "blocked", "charge", "wait_for_person", "pick")
"""The parts of a lead time, in the order of ``split``."""

Parts = tuple[int, int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class OrderTimes:
    """An order that succeeded: when it was accepted and ended, and the parts between, in ms."""

    request: str
    accepted_ms: int
    ended_ms: int
    parts: Parts


@dataclass(frozen=True, slots=True)
class Promises:
    """How long after its acceptance an order is due, in ms: that of its stream, or the usual one.

    An order tells its stream by its id, ``STREAM/number``. None: no time is promised.
    """

    usual_ms: int | None = None
    by_stream: Mapping[str, int] = field(default_factory=dict)

    def stream_of(self, request: str) -> str:
        """The stream with a promise of its own that an order belongs to; empty where there is none."""
        stream = request.partition("/")[0]
        return stream if stream in self.by_stream else ""

    def due_ms(self, request: str) -> int | None:
        """What is promised for an order."""
        return self.by_stream.get(self.stream_of(request), self.usual_ms)


@dataclass(slots=True)
class Kept:
    """Orders with a promise that ended: how many, how many of them in time, and how much too late in all."""

    orders: int = 0
    in_time: int = 0
    late_ms: int = 0

    def enter(self, lead_ms: int, due_ms: int) -> None:
        """An order has ended."""
        self.orders += 1
        self.in_time += lead_ms <= due_ms
        self.late_ms += max(0, lead_ms - due_ms)


@dataclass(slots=True)
class JobMeter:
    """An open job of a request. ``charge_ms`` is what its level's charge clock showed when it came."""

    request: str
    charge_ms: int
    sku: str | None
    mission: Mission | None = None


@dataclass(slots=True)
class RequestMeter:
    """An open request: when it came, its open jobs by SKU, and the job that ended last."""

    type_name: str
    accepted_ms: int
    open_by_sku: dict[str, int] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    last: JobMeter | None = None


def split(request: str, accepted: int, ended: int, job: JobMeter) -> Parts:
    """The lead time of a request from ``accepted`` to ``ended`` by parts, in ms.

    ``job`` is the one that ended last; its mission brought the carrier.
    """
    mission = job.mission
    if mission is None or mission.presented_ms is None:
        return (ended - accepted, 0, 0, 0, 0, 0, 0)
    begun = max(accepted, mission.started_ms)
    there = max(begun, mission.presented_ms)
    charge = mission.charge_ms - job.charge_ms if mission.started_ms > accepted else 0
    blocked = sum(_overlap(w[1], w[2], begun, there) for w in mission.waits)
    dig = 0
    if mission.dig_from is not None and mission.dig_until is not None:
        start, end = max(begun, mission.dig_from), min(there, mission.dig_until)
        stood = sum(_overlap(w[1], w[2], start, end) for w in mission.waits)
        dig = max(0, end - start) - stood
    pick = sum(_overlap(a, b, there, ended) for a, b, owner in mission.services if owner == request)
    return (
        begun - accepted - charge,
        dig,
        there - begun - blocked - dig,
        blocked,
        charge,
        ended - there - pick,
        pick,
    )


def _overlap(begin: int, end: int, since: int, until: int) -> int:
    return max(0, min(end, until) - max(begin, since))
