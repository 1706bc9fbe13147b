"""Results as lines of text, for people at a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from twin.experiments.statistics import Interval
from twin.studies.sizing import Size
from twin.studies.study import Result
from twin.studies.summary import Samples, difference, judge, plain_interval, samples_of

HEADLINES = (
    "lines_per_hour",
    "orders_per_hour",
    "presentations_per_hour",
    "order_lead_time_mean",
    "order_lead_time_p95",
    "balcony_utilisation",
    "digging_share",
    "charge_share",
)
"""KPIs that are told first; the rest is in --json and in the folder of results."""


def tell_run(result: Result, wall_s: float) -> None:
    """What one scenario came to."""
    scenario, count = result.variant.scenario, len(result.outcomes)
    hours, warm_up = scenario.run.horizon / 3_600_000, result.outcomes[0].warm_up_ms / 60_000
    print(f"{scenario.name}: {count} x {hours:g} h, warm-up {warm_up:g} min, {wall_s:.1f} s")
    kpis = result.kpis
    width = max(map(len, kpis), default=0)
    for name in [name for name in HEADLINES if name in kpis] or list(kpis)[:12]:
        print(f"  {name:{width}}  {shown(kpis[name])}")
    for verdict in judge(kpis, scenario.targets):
        print(f"  target {verdict.kpi} {verdict.bound.text}: {verdict.verdict} ({shown(verdict.reached)})")
    for warning in result.warnings:
        print(f"  warning: {warning}")
    lost = sum(outcome.lost_lines for outcome in result.outcomes)
    if lost:
        print(f"  warning: {lost} lines were not ordered for lack of stock (or room)")


def tell_sweep(results: Sequence[Result], base: str | None, wall_s: float) -> None:
    """What the variants came to, and how they differ from the one they are compared with."""
    print(f"{len(results)} variants x {len(results[0].outcomes)} replications, {wall_s:.1f} s")
    kpis = [*results[0].variant.scenario.targets] or ["lines_per_hour", "order_lead_time_p95"]
    width = max(len(result.variant.name) for result in results)
    for result in results:
        found = result.kpis
        figures = ", ".join(f"{kpi} {shown(found[kpi])}" for kpi in kpis if kpi in found)
        verdicts = [verdict.verdict for verdict in judge(found, result.variant.scenario.targets)]
        print(f"  {result.variant.name:{width}}  {figures}  {'/'.join(verdicts)}")
    for name, differences in comparisons(results, base).items():
        for kpi in kpis:
            if kpi in differences:
                found_ = differences[kpi]
                print(f"  {name} against {base}: {kpi} {found_['verdict']}")


def comparisons(results: Sequence[Result], base: str | None) -> dict[str, Any]:
    """Every variant against the base, KPI by KPI, paired by seeds."""
    reference = next((result for result in results if result.variant.name == base), None)
    if reference is None:
        return {}
    found: dict[str, Any] = {}
    for result in results:
        if result is not reference:
            found[result.variant.name] = {
                kpi: _compared(reference, result, kpi) for kpi in result.kpis if kpi in reference.kpis
            }
    return found


def _compared(reference: Result, result: Result, kpi: str) -> dict[str, Any]:
    change = difference(samples_of(reference.outcomes), samples_of(result.outcomes), kpi)
    assert change is not None
    return {**plain_interval(change), "verdict": verdict_on(change)}


def differences(one: Samples, other: Samples) -> dict[str, Any]:
    """Every KPI that both have: ``other - one``, paired by seeds."""
    names = sorted({kpi for kpis in one.values() for kpi in kpis})
    found = {kpi: difference(one, other, kpi) for kpi in names}
    return {
        kpi: {**plain_interval(change), "verdict": verdict_on(change)}
        for kpi, change in found.items()
        if change is not None
    }


def tell_comparison(one: str, other: str, found: dict[str, Any]) -> None:
    """How two scenarios differ."""
    if not found:
        print("They have no replication with the same seed; run both with the same --seed")
        return
    print(f"{other} against {one}, {max(each['n'] for each in found.values())} pairs of replications")
    width = max(map(len, found))
    for kpi in [name for name in HEADLINES if name in found] or found:
        print(f"  {kpi:{width}}  {found[kpi]['verdict']}")


def verdict_on(change: Interval) -> str:
    """A difference in words: higher, lower, or not told apart."""
    if change.n > 1 and change.low > 0:
        return f"higher by {shown(change)}"
    if change.n > 1 and change.high < 0:
        return f"lower by {shown(Interval(-change.mean, -change.high, -change.low, change.n))}"
    return f"no difference shown ({shown(change)})"


def shown(found: Interval) -> str:
    """A mean with half its interval, rounded to what the interval can tell."""
    if math.isnan(found.low):
        return f"{found.mean:.4g}"
    half = found.half_width
    digits = max(0, 2 - math.ceil(math.log10(half))) if half > 0 else 3
    digits = min(digits, 6)
    return f"{found.mean:.{digits}f} +- {half:.{digits}f}"


def tell_size(size: Size, wall_s: float) -> None:
    """The smallest value that is enough, and what every value came to."""
    print(f"{size.headline} ({wall_s:.1f} s)")
    for point in size.curve:
        figures = ", ".join(f"{v.kpi} {shown(v.reached)}" for v in point.verdicts)
        print(f"  {size.key}={point.value:6}  {figures}  {point.verdict}  (n = {len(point.result.outcomes)})")
    for note in size.notes:
        print(f"  note: {note}")
