"""From the outcomes of replications to figures with intervals, verdicts on targets, and comparisons."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.experiments.scenario.quantities import Bound
from twin.experiments.statistics import Interval, paired, t_interval
from twin.studies.running import Outcome

NOTHING = Interval(math.nan, math.nan, math.nan, 0)
"""A figure of nothing: the lead time of no order."""
MET, MISSED, OPEN = "met", "missed", "open"


def interval(samples: Sequence[float], confidence: float = 0.95) -> Interval:
    """The interval of a mean; of a single sample it has no ends (they are nan)."""
    if len(samples) == 1:
        return Interval(samples[0], math.nan, math.nan, 1)
    return t_interval(samples, confidence)


def kpis_of(outcomes: Iterable[Outcome], confidence: float = 0.95) -> dict[str, Interval]:
    """Every KPI with its interval over the replications that have it."""
    samples: dict[str, list[float]] = {}
    for outcome in sorted(outcomes, key=lambda each: each.replication):
        for name, value in outcome.kpis.items():
            samples.setdefault(name, []).append(value)
    return {name: interval(values, confidence) for name, values in sorted(samples.items())}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a target is met with 95 % confidence, missed, or whether that is open."""

    kpi: str
    bound: Bound
    reached: Interval
    verdict: str

    def as_plain(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "target": self.bound.text,
            **plain_interval(self.reached),
            "met": self.bound.met_by(self.reached.mean),
            "verdict": self.verdict,
        }


def judge(kpis: dict[str, Interval], targets: dict[str, Bound]) -> list[Verdict]:
    """A verdict for each target; open where nothing happened that the KPI could be of."""
    reached = [(kpi, bound, kpis.get(kpi, NOTHING)) for kpi, bound in targets.items()]
    return [Verdict(kpi, bound, found, _verdict(bound, found)) for kpi, bound, found in reached]


def _verdict(bound: Bound, reached: Interval) -> str:
    """A single replication says nothing for sure, except where it is far from random."""
    if reached.n < 2:
        return OPEN
    ends = (reached.low, reached.high)
    if all(bound.met_by(end) for end in ends):
        return MET
    return OPEN if any(bound.met_by(end) for end in ends) else MISSED


def plain_interval(found: Interval) -> dict[str, Any]:
    """Mean, low, high and n; what there is not is null."""
    mean, low, high = (None if math.isnan(x) else x for x in (found.mean, found.low, found.high))
    return {"mean": mean, "low": low, "high": high, "n": found.n}


def plain_kpis(kpis: dict[str, Interval]) -> dict[str, Any]:
    """All KPIs as JSON values."""
    return {name: plain_interval(found) for name, found in kpis.items()}


Samples = Mapping[int, Mapping[str, float]]
"""The KPIs of each replication, by its seed."""


def samples_of(outcomes: Iterable[Outcome]) -> Samples:
    """What is compared of outcomes."""
    return {outcome.seed: outcome.kpis for outcome in outcomes}


def difference(one: Samples, other: Samples, kpi: str) -> Interval | None:
    """The interval of ``other - one`` over the replications that both have, paired by their seeds."""
    both = [seed for seed in sorted(one) if seed in other and kpi in one[seed] and kpi in other[seed]]
    base, changed = [one[seed][kpi] for seed in both], [other[seed][kpi] for seed in both]
    if len(both) < 2:
        return interval([changed[0] - base[0]]) if both else None
    return paired(base, changed)
