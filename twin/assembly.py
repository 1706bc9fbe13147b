"""The one place where a twin is put together."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from twin.domain.errors import Deadlocked
from twin.domain.faults import FaultPlan, plan_fault
from twin.domain.layout import Site
from twin.domain.plant import Plant, new_state
from twin.domain.work import OPERATOR_API, OPERATOR_SIMULATED
from twin.experiments.stocking import RandomStock, put_in_stock
from twin.policies.chosen import Policies
from twin.records.eventlog import EventLog
from twin.simulation.arriving import Demand
from twin.simulation.engine import Engine, Memory, Observer, Origin
from twin.simulation.randomness import Streams
from twin.simulation.shifting import Absence
from twin.simulation.watching import Deadlock

DEFAULT_EPOCH = "2026-01-05T05:00:00+00:00"
"""Simulated time 0 unless said otherwise: a Monday, six in the morning in Berlin."""

HOUR_MS = 3_600_000
NO_FAULTS = FaultPlan()
Progress = Callable[[int, int], None]
"""Called now and then with simulated ms done and to do."""


def build(
    site: Site,
    *,
    seed: int = 1,
    operator: str = OPERATOR_API,
    epoch: str = DEFAULT_EPOCH,
    stock: RandomStock | None = None,
    demands: Iterable[Demand] = (),
    observers: Iterable[Observer] = (),
    keep_ended: bool = True,
    faults: FaultPlan = NO_FAULTS,
    policies: Policies | None = None,
    absences: Iterable[Absence] = (),
) -> Engine:
    """A twin at simulated time 0 whose first event has been told to ``observers``.

    ``demands`` without SKUs get those of ``stock``. ``keep_ended`` False forgets
    ended work, for long runs without a client. ``absences`` are the times between the
    shifts of people, one after the other for each balcony. Raises ValueError for faults that make no sense.
    """
    wrong = plan_fault(faults)
    if wrong is not None:
        raise ValueError(wrong)
    plant = Plant(site, new_state(site, operator), keep_ended)
    streams = Streams(seed)
    skus = put_in_stock(plant, streams, stock) if stock else []
    memory = Memory(demands=list(demands), faults=faults, absences=list(absences))
    for demand in memory.demands:
        demand.skus = demand.skus or skus
    engine = Engine(Origin(site, seed, epoch), plant, memory, streams, policies)
    for observer in observers:
        engine.subscribe(observer)
    engine.start()
    return engine


def busy_day(
    site: Site,
    hours: float,
    lines_per_hour: int,
    seed: int,
    observers: Iterable[Observer] = (),
    faults: FaultPlan = NO_FAULTS,
    policies: Policies | None = None,
) -> Engine:
    """A twin with random stock, random orders for ``hours``, simulated people, and faults by chance."""
    demand = Demand("orders", lines_per_hour, round(hours * HOUR_MS))
    return build(
        site,
        seed=seed,
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=[demand],
        observers=observers,
        keep_ended=False,
        faults=faults,
        policies=policies,
    )


@dataclass(frozen=True, slots=True)
class Finished:
    """What a headless run came to. Times in simulated ms."""

    horizon_ms: int
    ended_ms: int
    events: int
    alarms: int
    orders: int
    lost_lines: int
    sha256: str


@dataclass(slots=True)
class _Within:
    """How many runs, of all threads, want cyclic garbage looked for seldom, and what was usual before."""

    lock: Lock = field(default_factory=Lock)
    runs: int = 0
    usual: tuple[int, int, int] = (0, 0, 0)

    def enter(self) -> None:
        with self.lock:
            if self.runs == 0:
                self.usual = gc.get_threshold()
                gc.set_threshold(*SELDOM)
            self.runs += 1

    def leave(self) -> None:
        with self.lock:
            self.runs -= 1
            if self.runs == 0:
                gc.set_threshold(*self.usual)


SELDOM = (200_000, 20, 100)
_within = _Within()


@contextmanager
def rare_collection() -> Iterator[None]:
    """Let Python look for cyclic garbage seldom: a run makes next to none, and looking is not free.

    The last of several runs at once, in whatever threads, brings back what was usual.
    """
    _within.enter()
    try:
        yield
    finally:
        _within.leave()


@contextmanager
def keeping_deadlocks(path: Path) -> Iterator[None]:
    """Write the snapshot of a deadlock that is seen within to ``path``, as JSON, and say so in its error."""
    try:
        yield
    except Deadlock as error:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(error.snapshot))
        raise Deadlocked(f"{error}; the moment is kept in {path}") from error


def run_to_the_end(engine: Engine, until_ms: int, progress: Progress | None = None) -> None:
    """Run for ``until_ms`` and on until all accepted work has ended and every bot is parked."""
    slice_ms = max(60_000, until_ms // 200)
    while engine.now < until_ms:
        engine.run_until(min(until_ms, engine.now + slice_ms))
        if progress is not None:
            progress(engine.now, until_ms)
    while not engine.idle and not engine.quiet:
        engine.step()
    if not engine.idle:
        raise AssertionError(f"work is open but nothing will ever happen again{_lasting(engine)}")


def _lasting(engine: Engine) -> str:
    faults = [f"{fault.kind} (fault {fault.id})" for fault in engine.plant.state.faults.values()]
    return f", unless somebody repairs {', '.join(faults)}" if faults else ""


def write_log(
    site: Site,
    hours: float,
    lines_per_hour: int,
    seed: int,
    out_path: Path,
    progress: Progress | None = None,
    faults_every_s: float | None = None,
    policies: Policies | None = None,
) -> Finished:
    """Write the event log of a busy day to ``out_path``; the run ends when all its work has ended.

    ``faults_every_s`` lets a fault of any kind come at random, that many seconds apart on average.
    """
    with out_path.open("wb") as file:
        log = EventLog(file.write)
        horizon = round(hours * HOUR_MS)
        every = faults_every_s
        faults = NO_FAULTS if every is None else FaultPlan.every(max(1, round(every * 1000)), horizon)
        engine = busy_day(site, hours, lines_per_hour, seed, [log.write], faults, policies)
        with rare_collection(), keeping_deadlocks(out_path.with_suffix(".deadlock.json")):
            run_to_the_end(engine, horizon, progress)
    demand = engine.memory.demands[0]
    return Finished(
        horizon, engine.now, log.lines, engine.agenda.handled, demand.orders, demand.lost_lines, log.sha256
    )
