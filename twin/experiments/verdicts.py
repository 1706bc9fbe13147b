"""Intervals, comparisons and warnings in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from twin.experiments.statistics import Interval, growth, mser5
from twin.records.measures.catalogue import Kpi, describe


def figure(found: Interval, kpi: Kpi) -> str:
    """A mean with half its interval, rounded to what that can tell: ``512 ± 9 lines/h``."""
    if not found.n:
        return "nothing happened to measure it by"
    mean, half = kpi.shown(found.mean), kpi.shown(found.half_width)
    unit = f" {kpi.unit}" if kpi.unit else ""
    if not math.isfinite(half):
        return f"{rounded(mean, abs(mean) / 100)}{unit}"
    return f"{rounded(mean, half)} ± {rounded(half, half)}{unit}"


def rounded(value: float, uncertain: float) -> str:
    """A number to two digits of what is uncertain about it, at most three decimals."""
    if uncertain <= 0:
        return f"{value:,.6g}"
    digits = min(3, max(0, 1 - math.floor(math.log10(uncertain))))
    return f"{value:,.{digits}f}"


def compared(base: str, other: str, difference: Interval, kpi_name: str) -> str:
    """The verdict on ``other - base``: ``B is better than A by 41 ± 9 lines/h``.

    Nothing is better or worse unless the whole interval lies on one side of 0.
    """
    kpi = describe(kpi_name)
    if difference.n < 2:
        return f"one replication does not tell {other} from {base} ({figure(difference, kpi)})"
    if 0 in difference:
        return f"no difference shown between {base} and {other} ({figure(difference, kpi)})"
    more = difference.mean > 0
    words = {1: ("worse", "better"), -1: ("better", "worse"), 0: ("lower", "higher")}[kpi.better]
    size = difference if more else Interval(-difference.mean, -difference.high, -difference.low, difference.n)
    return f"{other} is {words[more]} than {base} by {figure(size, kpi)}"


def warnings(minutes: Mapping[str, Sequence[float]], warm_up_minutes: int) -> list[str]:
    """What makes the figures of a run doubtful: a run too short, a warm-up too short, a queue that grows.

    ``minutes`` is that of ``Measures.series``.
    """
    found = []
    lines, queue = minutes["lines"], minutes["open_orders"]
    cut = mser5(lines)
    if cut.too_short:
        found.append(
            "The run is too short: by MSER-5 its throughput has not settled within the first half"
            f" ({len(lines)} min). Lengthen the horizon."
        )
    elif cut.discard > warm_up_minutes:
        found.append(
            f"The warm-up is too short: by MSER-5 throughput settles after {cut.discard} min,"
            f" and {warm_up_minutes} min are left out."
        )
    rising = growth(queue[warm_up_minutes:])
    if rising.sure:
        found.append(
            f"The system is not stable: open orders grow by about {60 * rising.per_step:.1f} an hour in"
            " the first replication. Either more is asked than it can do, or the run is too short to tell;"
            " lead times depend on how long it is."
        )
    return found
