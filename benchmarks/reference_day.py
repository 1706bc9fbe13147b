"""A busy day on a site, headless: how much simulated work a second of one core does."""

from __future__ import annotations

import cProfile
import pstats
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
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
    "key figures": ("records/measures/",),
    "event log": ("records/", "orjson", "_hashlib"),
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
    """One run. CPU seconds are those of this process; ``plain_simpy_s`` is for as many bare timeouts.

    ``us_per_leg_by_quarter`` is what a leg cost in each quarter of the hours asked for.
    """

    site: str
    bots: int
    lines_per_hour: int
    simulated_s: float
    wall_s: float
    cpu_s: float
    bot_seconds_per_wall_s: float
    bot_seconds_per_cpu_s: float
    alarms: int
    events: int
    legs: int
    cells_per_leg: float
    digs: int
    presentations: int
    us_per_leg: float
    us_per_leg_by_quarter: list[float]
    plain_simpy_s: float
    ratio_to_plain_simpy: float
    peak_memory_mb: int
    log_sha256: str


@dataclass(slots=True)
class Laps:
    """CPU seconds and legs at the end of each quarter of a run. Passes progress on."""

    counts: Counts
    progress: Progress | None
    marks: list[tuple[float, int]]

    def observe(self, done_ms: int, total_ms: int) -> None:
        """A slice of the run is done."""
        if self.progress is not None:
            self.progress(done_ms, total_ms)
        if 4 * done_ms >= len(self.marks) * total_ms:
            self.marks.append((time.process_time(), self.counts.legs))

    def us_per_leg(self) -> list[float]:
        """Microseconds of CPU per leg in each quarter."""
        return [
            (then - before) / max(1, legs - legs_before) * 1e6
            for (before, legs_before), (then, legs) in pairwise(self.marks)
        ]


def run(site: Site, hours: float, lines_per_hour: int, progress: Progress | None = None) -> Day:
    """Run a busy day to its end and count."""
    counts, log = Counts(), EventLog()
    engine = ready(site, hours, lines_per_hour, counts, log)
    laps = Laps(counts, progress, [(time.process_time(), 0)])
    began = time.perf_counter()
    seconds = _timed(lambda: run_to_the_end(engine, round(hours * HOUR_MS), laps.observe))
    wall = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    plain = plain_simpy(engine.agenda.handled, len(site.bots))
    simulated = engine.now / 1000
    return Day(
        site.name,
        len(site.bots),
        lines_per_hour,
        simulated,
        wall,
        seconds,
        len(site.bots) * simulated / wall,
        len(site.bots) * simulated / seconds,
        engine.agenda.handled,
        counts.events,
        counts.legs,
        counts.cells / max(1, counts.legs),
        counts.digs,
        counts.presentations,
        seconds / max(1, counts.legs) * 1e6,
        laps.us_per_leg(),
        plain,
        seconds / plain,
        memory,
        log.sha256,
    )


def ready(site: Site, hours: float, lines_per_hour: int, counts: Counts, log: EventLog) -> Engine:
    """A busy day that has not begun, watched by both."""
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


def shares(site: Site, hours: float, lines_per_hour: int) -> dict[str, float]:
    """Which part of the code the time goes to, by cProfile (which slows small functions most)."""
    engine = ready(site, hours, lines_per_hour, Counts(), EventLog())
    profile = cProfile.Profile()
    profile.enable()
    engine.run_until(round(hours * HOUR_MS))
    profile.disable()
    spent = by_part(profile)
    total = sum(spent.values())
    return {part: seconds / total for part, seconds in spent.items()}


def by_part(profile: cProfile.Profile) -> dict[str, float]:
    """The seconds of a profile by part of the code."""
    spent = dict.fromkeys([*PARTS, "Python itself"], 0.0)
    entries = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    for (file, _, function), (_, _, own, _, _) in entries:
        spent[_part(function if file == "~" else file)] += own
    return spent


def _part(where: str) -> str:
    """The part that a file, or a function written in C, belongs to."""
    root = str(Path(twin.__file__).parent)
    name = where.removeprefix(root)
    inside = name != where or any(mark in where for mark in ("simpy", "orjson", "_hashlib"))
    for part, marks in PARTS.items():
        if inside and any(mark in name for mark in marks):
            return part
    return "Python itself"


def as_json(day: Day) -> dict[str, Any]:
    """The figures by name."""
    return asdict(day)
