"""Results as lines of text, for people at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twin.experiments.statistics import Interval
from twin.experiments.verdicts import compared, figure
from twin.records.measures.catalogue import describe
from twin.studies.sizing import Size
from twin.studies.study import Result
from twin.studies.summary import Samples, Verdict, difference, judge, plain_interval, samples_of

HEADLINES = (
    "lines_per_hour",
    "orders_per_hour",
    "presentations_per_hour",
    "order_lead_time_mean",
    "order_lead_time_p95",
    "due_on_time",
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
    named = [name for name in HEADLINES if name in kpis]
    width = max((len(describe(name).title) for name in named), default=0)
    for name in named:
        print(f"  {describe(name).title:{width}}  {told(kpis, name)}")
    for verdict in judge(kpis, scenario.targets):
        print(f"  target {_verdict(verdict)}")
    _warn(result)


def _warn(result: Result) -> None:
    for warning in result.warnings:
        print(f"  warning: {warning}")


def tell_sweep(results: Sequence[Result], base: str | None, wall_s: float) -> None:
    """What the variants came to, and how they differ from the one they are compared with."""
    print(f"{len(results)} variants x {len(results[0].outcomes)} replications, {wall_s:.1f} s")
    kpis = [*results[0].variant.scenario.targets] or ["lines_per_hour", "order_lead_time_p95"]
    width = max(len(result.variant.name) for result in results)
    for result in results:
        found = result.kpis
        figures = ", ".join(f"{kpi} {told(found, kpi)}" for kpi in kpis if kpi in found)
        verdicts = [verdict.verdict for verdict in judge(found, result.variant.scenario.targets)]
        print(f"  {result.variant.name:{width}}  {figures}  {', '.join(verdicts)}".rstrip())
        _warn(result)
    for found_differences in comparisons(results, base).values():
        for kpi in kpis:
            if kpi in found_differences:
                print(f"  {kpi}: {found_differences[kpi]['verdict']}")


def tell_comparison(one: str, other: str, found: dict[str, Any]) -> None:
    """How two scenarios differ."""
    if not found:
        print("They have no replication with the same seed; run both with the same --seed")
        return
    print(f"{other} against {one}, {max(each['n'] for each in found.values())} pairs of replications")
    named = [name for name in HEADLINES if name in found]
    width = max((len(describe(name).title) for name in named), default=0)
    for kpi in named:
        print(f"  {describe(kpi).title:{width}}  {found[kpi]['verdict']}")


def tell_size(size: Size, wall_s: float) -> None:
    """The smallest value that is enough, and what every value that was tried came to."""
    print(f"{size.headline} ({wall_s:.1f} s)")
    width = max(len(point.value) for point in size.curve)
    for point in size.curve:
        verdicts = "; ".join(_verdict(verdict) for verdict in point.verdicts)
        print(f"  {point.value:>{width}}  {verdicts} (n = {len(point.result.outcomes)})")
        _warn(point.result)
    for note in size.notes:
        print(f"  note: {note}")


def comparisons(results: Sequence[Result], base: str | None) -> dict[str, Any]:
    """Every variant against the base, KPI by KPI, paired by seeds."""
    reference = next((result for result in results if result.variant.name == base), None)
    if reference is None:
        return {}
    one = samples_of(reference.outcomes)
    return {
        name: differences(reference.variant.name, one, name, samples_of(result.outcomes))
        for result in results
        if (name := result.variant.name) != base
    }


def differences(a: str, one: Samples, b: str, other: Samples) -> dict[str, Any]:
    """``b - a`` for every KPI that both have, paired by seeds, with a verdict in words."""
    names = dict.fromkeys(kpi for kpis in one.values() for kpi in kpis)
    found = {kpi: difference(one, other, kpi) for kpi in names}
    return {
        kpi: {**plain_interval(change), "verdict": compared(a, b, change, kpi)}
        for kpi, change in found.items()
        if change is not None
    }


def told(kpis: dict[str, Interval], name: str) -> str:
    """A KPI with half its interval and its unit."""
    return figure(kpis[name], describe(name))


def _verdict(verdict: Verdict) -> str:
    reached = figure(verdict.reached, describe(verdict.kpi))
    return f"{verdict.kpi} {verdict.bound.text}: {verdict.verdict} ({reached})"
