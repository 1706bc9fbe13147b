"""Intervals, comparisons and warnings in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from twin.experiments.statistics import BATCH, Interval, averaged, mser5, pooled_growth
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

    Nothing is better or worse unless the whole interval lies on one side of 0, and nothing the same
    unless it is so in every replication.
    """
    kpi = describe(kpi_name)
    if difference.mean == 0 and not difference.half_width > 0:
        return f"{base} and {other} are the same in {'every' if difference.n > 1 else 'the one'} replication"
    if difference.n < 2:
        return f"one replication does not tell {other} from {base} ({figure(difference, kpi)})"
    if 0 in difference:
        return f"no difference shown between {base} and {other} ({figure(difference, kpi)})"
    more = difference.mean > 0
    words = {1: ("worse", "better"), -1: ("better", "worse"), 0: ("lower", "higher")}[kpi.better]
    size = difference if more else Interval(-difference.mean, -difference.high, -difference.low, difference.n)
    return f"{other} is {words[more]} than {base} by {figure(size, kpi)}"


def warnings(
    replications: Sequence[Mapping[str, Sequence[float]]], warm_up_minutes: int, steady: bool = True
) -> list[str]:
    """What makes the figures doubtful: a run too short, a warm-up too short, a queue that grows.

    ``replications`` are the figures minute by minute of each, those of ``Measures.series``; all of them
    are judged together. Where what is asked for is not ``steady`` throughput is not expected to settle.
    """
    lines = averaged([minutes["lines"] for minutes in replications])
    queues = [minutes["open_orders"][warm_up_minutes:] for minutes in replications]
    unsettled = _unsettled(lines, warm_up_minutes) if steady else []
    return [*unsettled, *_growing(queues)]


def _unsettled(lines: Sequence[float], warm_up_minutes: int) -> list[str]:
    """Of fewer lines than batches MSER-5 tells nothing: it would cut off whatever came last."""
    if math.fsum(lines) < len(lines) / BATCH:
        return []
    cut = mser5(lines)
    if cut.too_short:
        return [
            "The run is too short: by MSER-5 its throughput has not settled within the first half"
            f" ({len(lines)} min). Lengthen the horizon."
        ]
    if cut.discard > warm_up_minutes:
        return [
            f"The warm-up is too short: by MSER-5 throughput settles after {cut.discard} min,"
            f" and {warm_up_minutes} min are left out."
        ]
    return []


def _growing(queues: Sequence[Sequence[float]]) -> list[str]:
    rising = pooled_growth(queues)
    if not rising.sure:
        return []
    shown = f", and do so in {rising.alone} of {len(queues)} replications" if len(queues) > 1 else ""
    return [
        f"The system is not stable: open orders grow by about {60 * rising.per_step:.1f} an hour{shown}."
        " Either more is asked than it can do, or the run is too short to tell; lead times depend on how"
        " long it is."
    ]
