"""A study carried out: replications until they suffice, kept as they end, summed up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from twin.experiments.bottleneck import bottleneck
from twin.experiments.scenario.doubts import doubts, is_steady
from twin.experiments.scenario.model import Until
from twin.experiments.scenario.quantities import counted
from twin.experiments.scenario.reading import Variant
from twin.experiments.statistics import Interval, mser5, replications_for
from twin.experiments.verdicts import warnings
from twin.studies.pool import Runner
from twin.studies.running import Outcome, Task
from twin.studies.summary import kpis_of

MINUTE_MS = 60_000
Progress = Callable[[int, int], None]
"""Called with replications done and to do."""


class Keeper(Protocol):
    """Where outcomes are kept."""

    def find(self, task: Task) -> Outcome | None:
        """What an earlier run has come to, if it is kept."""
        ...

    def keep(self, task: Task, outcome: Outcome) -> Outcome:
        """Keep what a task has come to, and give what of it need be held on to."""
        ...


class Memory:
    """Keeps outcomes as long as this process lasts."""

    def __init__(self) -> None:
        self._kept: dict[str, Outcome] = {}

    def find(self, task: Task) -> Outcome | None:
        """See ``Keeper``."""
        return self._kept.get(task.key)

    def keep(self, task: Task, outcome: Outcome) -> Outcome:
        """See ``Keeper``."""
        self._kept[task.key] = outcome
        return outcome


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
            # The longest first, so that no core waits for one of them in the end.
            for task, outcome in self.runner(sorted(missing.values(), key=_size, reverse=True)):
                found[task.key] = self.keeper.keep(task, outcome)
                self._tell(len(found), total)
        return [
            replace(found[key], variant=task.variant.name, replication=task.replication)
            for key, task in zip(keys, tasks, strict=True)
        ]

    def _tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)


def _size(task: Task) -> int:
    """About how much work a replication is: what its bots have to do in its time."""
    return task.variant.scenario.run.horizon * len(task.variant.site.bots)


@dataclass(frozen=True)
class Result:
    """A variant with what its replications came to."""

    variant: Variant
    outcomes: tuple[Outcome, ...]

    @property
    def kpis(self) -> dict[str, Interval]:
        """Every KPI with its interval."""
        return kpis_of(self.outcomes)

    @property
    def bottleneck(self) -> str:
        """What holds the system back, in a sentence."""
        return bottleneck({name: found.mean for name, found in self.kpis.items()})

    @property
    def warnings(self) -> list[str]:
        """What makes the figures doubtful."""
        first, lost = self.outcomes[0], sum(outcome.lost_lines for outcome in self.outcomes)
        minutes = [outcome.series["minutes"] for outcome in self.outcomes]
        steady = is_steady(self.variant.scenario)
        found = [*doubts(self.variant), *warnings(minutes, first.warm_up_ms // MINUTE_MS, steady)]
        if lost:
            were = "was" if lost == 1 else "were"
            found.append(f"{counted(lost, 'line')} {were} not ordered for lack of stock (or room).")
        return [*found, *self._not_narrow()]

    def _not_narrow(self) -> list[str]:
        asked = self.variant.scenario.run.replications
        count = len(self.outcomes)
        if not isinstance(asked, Until):
            return []
        needed = _needed(self, asked)
        if needed is None:
            measured = self.kpis[asked.kpi].n if asked.kpi in self.kpis else 0
            share = f"{asked.kpi} was measured in {measured} of {counted(count, 'replication')}"
            return [f"{share}: too few to know how sure it is."]
        if needed <= count:
            return []
        narrow = f"{asked.kpi} is not known to {asked.half_width_percent:g} %"
        return [f"{narrow} after {count} replications; about {needed} would do."]


def carry_out(variants: Sequence[Variant], executor: Executor) -> list[Result]:
    """Run all variants, each as often as the first one's ``run.replications`` says."""
    warm_ups = {variant.name: warm_up(variant, executor) for variant in variants}
    asked = variants[0].scenario.run.replications
    count = asked.at_least if isinstance(asked, Until) else asked
    while True:
        results = replications(variants, warm_ups, count, executor)
        more = _more(results, asked, count) if isinstance(asked, Until) else count
        if more <= count:
            return results
        count = more


def replications(
    variants: Sequence[Variant],
    warm_ups: dict[str, int],
    count: int,
    executor: Executor,
) -> list[Result]:
    """The first ``count`` replications of each variant."""
    tasks = [Task(variant, number, warm_ups[variant.name]) for number in range(count) for variant in variants]
    outcomes = executor.outcomes(tasks)
    return [Result(variant, tuple(outcomes[i :: len(variants)])) for i, variant in enumerate(variants)]


def _more(results: Sequence[Result], until: Until, count: int) -> int:
    """How many replications to have next: as many as the widest interval asks for, at most half again.

    It depends on nothing but the outcomes, so that it is the same for any number of workers.
    """
    needed = [_needed(result, until) for result in results]
    most = max((until.at_most if each is None else each) for each in needed)
    return min(until.at_most, most, count + (count + 1) // 2)


def _needed(result: Result, until: Until) -> int | None:
    """How many replications may be expected to do; None where the KPI was measured in too few to tell.

    A replication in which nothing happened to measure it by helps nothing, and so will be some of the next.
    """
    found = result.kpis.get(until.kpi)
    if found is None or found.n < 2:
        return None
    needed = replications_for(found, until.half_width_percent / 100)
    return needed if needed == found.n else math.ceil(needed * len(result.outcomes) / found.n)


def warm_up(variant: Variant, executor: Executor) -> int:
    """The warm-up in ms. By MSER-5 it is where the lines of each minute of a pilot run settle."""
    asked = variant.scenario.run.warm_up
    if isinstance(asked, int):
        return asked
    pilot = executor.outcomes([Task(variant, 0, 0)])[0]
    return mser5(pilot.series["minutes"]["lines"]).discard * MINUTE_MS
