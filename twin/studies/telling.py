"""Results as lines of text, for people at a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from twin.experiments.scenario.quantities import counted
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import figure
from twin.records.measures.catalogue import describe
from twin.studies.comparing import Comparison, differences, side_of
from twin.studies.sizing import CONFIDENCE, LOOKS, Size
from twin.studies.study import Result
from twin.studies.summary import NOTHING, Verdict, judge

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
MOST_NAMED = 8
"""Variants that are named with a warning before the others are only counted."""
_NUMBERS = re.compile(r"\d[\d.,]*\b")


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
    print(f"  {result.bottleneck}")
    warn([(result.variant.name, result.warnings)], "variant")


def warn(found: Sequence[tuple[str, Sequence[str]]], kind: str) -> None:
    """Tell every warning once, with the names of what it was found at: variants or values (``kind``).

    Those that differ in nothing but their numbers are one; it is told with the numbers of the first.
    """
    alike: dict[str, list[tuple[str, str]]] = {}
    for name, warnings in found:
        for warning in warnings:
            alike.setdefault(_NUMBERS.sub("#", warning), []).append((name, warning))
    for group in alike.values():
        names, told_first = [name for name, _ in group], group[0][1]
        where = f" at {_listed(names, len(found), kind)}" if len(found) > 1 else ""
        other = any(warning != told_first for _, warning in group)
        print(
            f"  warning{where}: {told_first}" + (f" (The numbers are those of {names[0]}.)" if other else "")
        )


def _listed(names: Sequence[str], of: int, kind: str) -> str:
    """Names with semicolons between, as those of a grid have commas themselves."""
    if len(names) == of:
        return f"every {kind}"
    more = f"; and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return "; ".join(names[:MOST_NAMED]) + more


def tell_sweep(results: Sequence[Result], base: str | None, wall_s: float) -> None:
    """What the variants came to, and how they differ from the one they are compared with."""
    often = counted(len(results[0].outcomes), "replication")
    print(f"{counted(len(results), 'variant')} x {often}, {wall_s:.1f} s")
    kpis = [*results[0].variant.scenario.targets] or ["lines_per_hour", "order_lead_time_p95"]
    width = max(len(result.variant.name) for result in results)
    for result in results:
        found = result.kpis
        figures = ", ".join(f"{kpi} {told(found, kpi)}" for kpi in kpis)
        verdicts = [verdict.verdict for verdict in judge(found, result.variant.scenario.targets)]
        print(f"  {result.variant.name:{width}}  {figures}  {', '.join(verdicts)}".rstrip())
    warn([(result.variant.name, result.warnings) for result in results], "variant")
    for found_differences in comparisons(results, base).values():
        for kpi in kpis:
            if kpi in found_differences:
                print(f"  {kpi}: {found_differences[kpi]['verdict']}")


def tell_comparison(found: Comparison) -> None:
    """How two scenarios differ."""
    print(found.headline)
    for note in found.notes:
        print(f"  note: {note}")
    if found.identical:
        print("  identical: the same event log in every replication")
        return
    named = [name for name in HEADLINES if name in found.differences]
    width = max((len(describe(name).title) for name in named), default=0)
    for kpi in named:
        print(f"  {describe(kpi).title:{width}}  {found.differences[kpi]['verdict']}")


def tell_size(size: Size, wall_s: float) -> None:
    """The smallest value that is enough, and what every value that was tried came to."""
    print(f"{size.headline} ({wall_s:.1f} s)")
    width = max(len(point.value) for point in size.curve)
    print(
        f"  intervals at {100 * CONFIDENCE:g} %: each of up to {len(LOOKS)} looks at a value, together 95 %"
    )
    for point in size.curve:
        verdicts = "; ".join(_verdict(verdict) for verdict in point.verdicts)
        print(f"  {point.value:>{width}}  {verdicts} (n = {len(point.result.outcomes)})")
    for point in size.curve:
        if point.value == size.answer:
            print(f"  with {point.value}: {point.result.bottleneck}")
    warn([(point.value, point.result.warnings) for point in size.curve], "value")
    for note in size.notes:
        print(f"  note: {note}")


def comparisons(results: Sequence[Result], base: str | None) -> dict[str, Any]:
    """Every variant against the base, KPI by KPI, paired by seeds."""
    reference = next((result for result in results if result.variant.name == base), None)
    if reference is None:
        return {}
    one = side_of(reference.variant.name, reference)
    return {
        name: differences(one, side_of(name, result))
        for result in results
        if (name := result.variant.name) != base
    }


def told(kpis: dict[str, Interval], name: str) -> str:
    """A KPI with half its interval and its unit."""
    return figure(kpis.get(name, NOTHING), describe(name))


def _verdict(verdict: Verdict) -> str:
    reached = figure(verdict.reached, describe(verdict.kpi))
    return f"{verdict.kpi} {verdict.bound.written}: {verdict.verdict} ({reached})"
