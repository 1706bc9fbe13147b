"""A busy day on a site, headless: how much simulated work a second of one core does."""

from __future__ import annotations

import cProfile
import pstats
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import simpy

import twin
from twin.assembly import HOUR_MS, busy_day, rare_collection, run_to_the_end
from twin.domain.events import CarrierLifted, Event, JobStateChanged, LegPlanned
from twin.domain.layout import Site
from twin.domain.work import RELOCATION, RETURN, SUCCEEDED
from twin.records.eventlog import EventLog
from twin.simulation.engine import Engine

SEED = 5
PARTS = {
    "routing": ("policies/routing.py",),
    "traffic": ("simulation/traffic.py",),
    "policies": ("policies/",),
    "plant": ("domain/",),
    "records": ("records/", "orjson"),
    "demand and people": ("simulation/arriving.py", "simulation/serving.py", "simulation/randomness.py"),
    "kernel": ("simulation/agenda.py", "simulation/engine.py", "simpy/"),
    "driving, dispatching, charging": ("simulation/",),
}
"""Files by part; a file belongs to the first part that names it."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Counts:
    """What happened, counted from events alone."""

    events: int = 0
    legs: int = 0
    cells: int = 0
    lifts: int = 0
    digs: int = 0
    presentations: int = 0

    def observe(self, seq: int, t_ms: int, event: Event) -> None:
        """Count one event."""
        self.events += 1
        if isinstance(event, LegPlanned):
            self.legs += 1
            self.cells += len(event.cells)
        elif isinstance(event, CarrierLifted):
            self.lifts += 1
        elif isinstance(event, JobStateChanged) and event.to == SUCCEEDED:
            self.digs += event.type_name == RELOCATION
            self.presentations += event.type_name == RETURN


@dataclass(frozen=True, slots=True)
class Day:
    """One run. CPU seconds are those of this process; ``plain_simpy_s`` is for as many bare timeouts."""

    site: str
    bots: int
    lines_per_hour: int
    simulated_s: float
    cpu_s: float
    bot_seconds_per_s: float
    alarms: int
    events: int
    legs: int
    cells_per_leg: float
    digs: int
    presentations: int
    us_per_leg: float
    plain_simpy_s: float
    ratio_to_plain_simpy: float
    peak_memory_mb: int
    log_sha256: str


def run(site: Site, hours: float, lines_per_hour: int, progress: Progress | None = None) -> Day:
    """Run a busy day to its end and count."""
    counts, log = Counts(), EventLog()
    engine = _ready(site, hours, lines_per_hour, counts, log)
    seconds = _timed(lambda: run_to_the_end(engine, round(hours * HOUR_MS), progress))
    plain = plain_simpy(engine.agenda.handled, len(site.bots))
    simulated = engine.now / 1000
    return Day(
        site.name,
        len(site.bots),
        lines_per_hour,
        simulated,
        seconds,
        len(site.bots) * simulated / seconds,
        engine.agenda.handled,
        counts.events,
        counts.legs,
        counts.cells / max(1, counts.legs),
        counts.digs,
        counts.presentations,
        seconds / max(1, counts.legs) * 1e6,
        plain,
        seconds / plain,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        log.sha256,
    )


def _ready(site: Site, hours: float, lines_per_hour: int, counts: Counts, log: EventLog) -> Engine:
    return busy_day(site, hours, lines_per_hour, SEED, [log.write, counts.observe])


def _timed(work: Callable[[], object]) -> float:
    with rare_collection():
        began = time.process_time()
        work()
        return time.process_time() - began


def plain_simpy(timeouts: int, processes: int) -> float:
    """CPU seconds that SimPy takes for as many timeouts in as many processes, doing nothing else."""

    def ticking(env: simpy.Environment, count: int) -> Any:
        for _ in range(count):
            yield env.timeout(1000)

    env = simpy.Environment()
    for _ in range(processes):
        env.process(ticking(env, timeouts // processes))
    return _timed(env.run)


def cost_by_hours(site: Site, hours: int, lines_per_hour: int) -> list[float]:
    """CPU microseconds per leg in each quarter of a run: must not grow."""
    counts = Counts()
    engine = _ready(site, hours, lines_per_hour, counts, EventLog())
    costs = []
    for quarter in range(1, 5):
        legs = counts.legs
        seconds = _timed(lambda end=quarter: engine.run_until(round(hours * HOUR_MS * end / 4)))  # type: ignore[misc]
        costs.append(seconds / max(1, counts.legs - legs) * 1e6)
    return costs


def shares(site: Site, hours: float, lines_per_hour: int) -> dict[str, float]:
    """Which part of the code the time goes to, by cProfile (which slows small functions most)."""
    engine = _ready(site, hours, lines_per_hour, Counts(), EventLog())
    profile = cProfile.Profile()
    profile.enable()
    engine.run_until(round(hours * HOUR_MS))
    profile.disable()
    spent = dict.fromkeys([*PARTS, "Python itself"], 0.0)
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[_part(file)] += own
    total = sum(spent.values())
    return {part: seconds / total for part, seconds in spent.items()}


def _part(file: str) -> str:
    root = str(Path(twin.__file__).parent)
    name = file.removeprefix(root)
    inside = name != file or "simpy" in file or "orjson" in file
    for part, marks in PARTS.items():
        if inside and any(mark in name for mark in marks):
            return part
    return "Python itself"


def as_json(day: Day) -> dict[str, Any]:
    """The figures by name."""
    return asdict(day)
