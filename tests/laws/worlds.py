"""Worlds for the laws: runs that are given by a few numbers, so that any process can make them again."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from twin.assembly import NO_FAULTS, build
from twin.domain import commands as ask
from twin.domain.events import Event
from twin.domain.faults import FaultPlan
from twin.domain.layout import Battery, Drive, Motion, PersonTimes, Site
from twin.domain.work import OPERATOR_SIMULATED
from twin.experiments.sitegen import random_site
from twin.experiments.stocking import RandomStock
from twin.policies.chosen import Choice, Policies
from twin.records.eventlog import EventLog
from twin.simulation.arriving import Demand
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.engine import Engine, Observer

MINUTE_MS = 60_000
DIGGING = ("dispatch=oldest", "allocation=fewest_carriers", "charging=threshold")
"""Policies under which carriers are dug out often, and bots are away for long to charge."""
Script = list[tuple[int, ask.Command]]
"""Commands with the simulated ms at which they are applied."""


@dataclass(frozen=True, slots=True)
class World:
    """A random site of one level with random stock and, for some minutes, random orders.

    ``haste`` divides all times of bots and persons: at 10 a whole visit takes seconds.
    ``faults_every_s`` is the mean time between faults by chance (0: none). Batteries of
    less than 480 Wh start half full, so that bots soon have to charge.
    ``policies`` are texts like ``dispatch=nearest``.
    """

    site_seed: int = 1
    bots: int = 3
    fill_percent: int = 85
    seed: int = 1
    minutes: int = 5
    lines_per_hour: int = 300
    operator: str = OPERATOR_SIMULATED
    keep_ended: bool = True
    haste: int = 1
    capacity_wh: int = 480
    policies: tuple[str, ...] = ()
    faults_every_s: int = 0

    @property
    def until_ms(self) -> int:
        """When the last order may come."""
        return self.minutes * MINUTE_MS

    @property
    def horizon_ms(self) -> int:
        """Until when it is run: a while after the last order."""
        return self.until_ms + 3 * MINUTE_MS

    def site(self) -> Site:
        """The site."""
        site = random_site(random.Random(self.site_seed), self.bots, self.fill_percent)
        m, p, h = site.motion, site.person, self.haste
        return replace(
            site,
            motion=Motion(
                _hasty(m.unladen, h), _hasty(m.laden, h), m.turn_ms // h, m.lift_ms // h, m.lower_ms // h
            ),
            person=PersonTimes(p.handling_ms // h, p.line_ms // h, p.line_cv_percent),
            battery=Battery(self.capacity_wh, start_percent=100 if self.capacity_wh >= 480 else 50),
        )

    def build(self, observers: Iterable[Observer] = (), site: Site | None = None) -> Engine:
        """The twin at simulated time 0."""
        demands = [Demand("orders", self.lines_per_hour, self.until_ms)] if self.lines_per_hour else []
        return build(
            site or self.site(),
            seed=self.seed,
            operator=self.operator,
            stock=RandomStock(),
            demands=demands,
            observers=observers,
            keep_ended=self.keep_ended,
            policies=Policies.of(Choice.parse(self.policies)),
            faults=self.faults(),
        )

    def faults(self) -> FaultPlan:
        """The faults that come by chance."""
        if not self.faults_every_s:
            return NO_FAULTS
        return FaultPlan.every(1000 * self.faults_every_s, self.until_ms)


def _hasty(drive: Drive, haste: int) -> Drive:
    squared = haste * haste
    return Drive(
        drive.speed_mm_s * haste, drive.acceleration_mm_s2 * squared, drive.deceleration_mm_s2 * squared
    )


class Lines:
    """The lines of an event log as they come, and their hash."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._log = EventLog(self.lines.append)

    def write(self, seq: int, t_ms: int, event: Event) -> None:
        """To be subscribed."""
        self._log.write(seq, t_ms, event)

    @property
    def text(self) -> str:
        """All lines."""
        return b"".join(self.lines).decode()

    @property
    def sha256(self) -> str:
        """Their hash."""
        return self._log.sha256


def canonical(value: Any) -> str:
    """JSON that is equal for equal data."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value: Any) -> str:
    """SHA-256 of canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


# -- scripts


def written(script: Sequence[tuple[int, ask.Command]]) -> list[list[Any]]:
    """A script as JSON values; fields left alone are left out."""
    return [[t_ms, type(c).__name__, _fields_set(c)] for t_ms, c in script]


def read(plain: list[list[Any]]) -> Script:
    """The script that ``written`` has written."""
    return [(t_ms, from_plain(getattr(ask, name), fields)) for t_ms, name, fields in plain]


def _fields_set(command: ask.Command) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(command)
    return {name: value for name, value in plain.items() if not isinstance(value, ask.Unset)}


def replay(engine: Engine, script: Sequence[tuple[int, ask.Command]], until_ms: int) -> None:
    """Apply accepted commands at their times and run to ``until_ms``."""
    for t_ms, command in script:
        engine.run_until(t_ms)
        engine.apply(command)
    engine.run_until(until_ms)
