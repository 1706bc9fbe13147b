"""A study carried out: replications until they suffice, kept as they end, summed up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from twin.experiments.scenario.model import Until
from twin.experiments.scenario.reading import Variant
from twin.experiments.statistics import Interval, mser5
from twin.studies.pool import Runner
from twin.studies.running import Outcome, Task
from twin.studies.summary import known, kpis_of

MINUTE_MS = 60_000
Progress = Callable[[int, int], None]
"""Called with replications done and to do."""


class Keeper(Protocol):
    """Where outcomes are kept."""

    def find(self, task: Task) -> Outcome | None:
        """What an earlier run has come to, if it is kept."""
        ...

    def keep(self, task: Task, outcome: Outcome) -> None:
        """Keep what a task has come to."""
        ...


class Memory:
    """Keeps outcomes as long as this process lasts."""

    def __init__(self) -> None:
        self._kept: dict[str, Outcome] = {}

    def find(self, task: Task) -> Outcome | None:
        """See ``Keeper``."""
        return self._kept.get(task.key)

    def keep(self, task: Task, outcome: Outcome) -> None:
        """See ``Keeper``."""
        self._kept[task.key] = outcome


@dataclass
class Executor:
    """Gets outcomes: those that are kept, and new ones from the runner."""

    runner: Runner
    keeper: Keeper = field(default_factory=Memory)
    progress: Progress | None = None

    def outcomes(self, tasks: Sequence[Task]) -> list[Outcome]:
        """The outcomes in the order of the tasks."""
        keys = [task.key for task in tasks]
        found: dict[str, Outcome] = {}
        missing: dict[str, Task] = {}
        for key, task in zip(keys, tasks, strict=True):
            kept = self.keeper.find(task)
            if kept is None:
                missing.setdefault(key, task)
            else:
                found[key] = kept
        total = len(found) + len(missing)
        self._tell(len(found), total)
        if missing:
            for task, outcome in self.runner(list(missing.values())):
                self.keeper.keep(task, outcome)
                found[task.key] = outcome
                self._tell(len(found), total)
        return [
            replace(found[key], variant=task.variant.name, replication=task.replication)
            for key, task in zip(keys, tasks, strict=True)
        ]

    def _tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)


@dataclass(frozen=True)
class Result:
    """A variant with what its replications came to."""

    variant: Variant
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()

    @property
    def kpis(self) -> dict[str, Interval]:
        """Every KPI with its interval."""
        return kpis_of(self.outcomes)


WarmUp = tuple[int, tuple[str, ...]]
"""A warm-up in ms, and what is to be said about it."""


def carry_out(variants: Sequence[Variant], executor: Executor, pictures: bool = False) -> list[Result]:
    """Run all variants, each as often as the first one's ``run.replications`` says."""
    warm_ups = {variant.name: warm_up(variant, executor) for variant in variants}
    asked = variants[0].scenario.run.replications
    count = asked.at_least if isinstance(asked, Until) else asked
    while True:
        results = replications(variants, warm_ups, count, executor, pictures)
        more = _more(results, asked, count) if isinstance(asked, Until) else count
        if more <= count:
            return results
        count = more


def replications(
    variants: Sequence[Variant],
    warm_ups: dict[str, WarmUp],
    count: int,
    executor: Executor,
    pictures: bool = False,
) -> list[Result]:
    """The first ``count`` replications of each variant."""
    tasks = [
        Task(variant, number, warm_ups[variant.name][0], pictures and number == 0)
        for number in range(count)
        for variant in variants
    ]
    outcomes = executor.outcomes(tasks)
    return [
        Result(variant, tuple(outcomes[i :: len(variants)]), warm_ups[variant.name][1])
        for i, variant in enumerate(variants)
    ]


def _more(results: Sequence[Result], until: Until, count: int) -> int:
    """How many replications to have next: as many as the widest interval asks for, at most half again.

    It depends on nothing but the outcomes, so that it is the same for any number of workers.
    """
    widest = 0.0
    for result in results:
        found = known(result.kpis, until.kpi)
        if found.mean:
            widest = max(widest, 100 * found.half_width / abs(found.mean))
    if widest <= until.half_width_percent:
        return count
    needed = math.ceil(count * (widest / until.half_width_percent) ** 2)
    return min(until.at_most, max(count + 1, min(needed, count + (count + 1) // 2)))


def warm_up(variant: Variant, executor: Executor) -> WarmUp:
    """The warm-up in ms, and what is to be said about it.

    By MSER-5 it is where the lines handed over each minute of a pilot run settle.
    """
    asked = variant.scenario.run.warm_up
    if isinstance(asked, int):
        return asked, ()
    pilot = executor.outcomes([Task(variant, 0, 0, pictures=True)])[0]
    cut = mser5(pilot.series["minutes"]["lines"])
    if cut.too_short:
        reason = "MSER-5 finds no end of the warm-up in the first half of the run; lengthen run.horizon"
        return cut.discard * MINUTE_MS, (f"{variant.name}: {reason}",)
    return cut.discard * MINUTE_MS, ()
