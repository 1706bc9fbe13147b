"""One replication of one variant: what goes in as plain data, what comes out as plain data."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson

import twin
from twin.assembly import build, rare_collection
from twin.experiments.scenario.making import (
    absences_of,
    demands_of,
    epoch_of,
    faults_of,
    people_of,
    stock_of,
)
from twin.experiments.scenario.reading import Variant
from twin.policies.chosen import Policies
from twin.records.eventlog import EventLog
from twin.records.measures import Measures, Promises
from twin.simulation.engine import Engine, Observer

JUDGED = ("lines", "open_orders")
"""Figures minute by minute that show whether a run is long enough and its queue does not grow."""


@dataclass(frozen=True)
class Task:
    """One replication to run. The first one of a variant also gives the series and maps that reports draw."""

    variant: Variant
    replication: int
    warm_up_ms: int

    @property
    def seed(self) -> int:
        """The seed of all its random streams: the same for every variant."""
        return self.variant.scenario.run.seed + self.replication

    @property
    def keeps_events(self) -> bool:
        """Whether its events are wanted too."""
        return self.variant.scenario.run.keeps_events(self.replication)

    @cached_property
    def key(self) -> str:
        """What the result depends on, hashed: everything that goes in, and the code."""
        return hashlib.sha256(
            orjson.dumps(
                [
                    self.variant.digest,
                    [self.seed, self.warm_up_ms, self.replication == 0],
                    [code_hash(), np.__version__],
                ]
            )
        ).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What a replication came to. ``wall_s`` is the only thing that another machine would not repeat.

    ``series`` is that of ``Measures``; of all replications but the first only what warnings are
    judged by. ``events`` is the table of its events, as Parquet, if they are to be kept.
    """

    variant: str
    replication: int
    seed: int
    kpis: dict[str, float]
    log_sha256: str
    simulated_ms: int
    bots: int
    orders: int
    lost_lines: int
    warm_up_ms: int
    wall_s: float
    series: dict[str, Any] = field(default_factory=dict)
    events: bytes | None = None


def replicate(task: Task) -> Outcome:
    """Run one replication from its first event to the horizon."""
    began = time.perf_counter()
    variant = task.variant
    scenario = variant.scenario
    horizon = scenario.run.horizon
    log, measures = EventLog(), Measures(task.warm_up_ms, Promises(scenario.due, scenario.promises))
    observers: list[Observer] = [log.write, measures]
    table = None
    if task.keeps_events:
        from twin.studies.eventtable import EventTable  # It takes pyarrow, which is slow to load.

        table = EventTable()
        observers.append(table.write)
    engine = engine_of(variant, task.seed, observers)
    with rare_collection():
        engine.run_until(horizon)
    return Outcome(
        variant.name,
        task.replication,
        task.seed,
        {name: float(value) for name, value in sorted(measures.result(horizon).items())},
        log.sha256,
        engine.now,
        len(variant.site.bots),
        sum(demand.orders for demand in engine.memory.demands),
        sum(demand.lost_lines for demand in engine.memory.demands),
        task.warm_up_ms,
        time.perf_counter() - began,
        _series(measures, whole=task.replication == 0),
        table.done() if table is not None else None,
    )


def _series(measures: Measures, whole: bool) -> dict[str, Any]:
    if whole:
        return measures.series()
    minutes = measures.book.pictures.minutes
    return {"minutes": {name: minutes[name] for name in JUDGED}}


def engine_of(variant: Variant, seed: int, observers: list[Observer]) -> Engine:
    """The twin of a variant at simulated time 0."""
    scenario = variant.scenario
    engine = build(
        variant.site,
        seed=seed,
        operator=scenario.settings.operator_mode,
        epoch=epoch_of(scenario),
        stock=stock_of(scenario, variant.orders),
        demands=demands_of(scenario, variant.orders),
        observers=observers,
        keep_ended=False,
        faults=faults_of(scenario),
        policies=Policies.named(scenario.policies.as_dict()),
        absences=absences_of(scenario, variant.site),
    )
    for command in people_of(scenario, variant.site):
        engine.apply(command)
    return engine


@cache
def code_hash() -> str:
    """SHA-256 over the source of the twin: results of other code are not taken for these."""
    root = Path(twin.__file__).parent
    together = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        together.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return together.hexdigest()
