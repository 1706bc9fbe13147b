"""The charts of a report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from twin.experiments.report.svg import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Chart, Scale, scale
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import figure, rounded
from twin.records.measures.catalogue import Kpi

MOST_POINTS = 96
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
"""Minutes over which a curve may be averaged."""

NAME_WIDTH = 190
ROW = 26
HEAD = TOP + 18
"""Where the highest mark of a vertical scale is, below its title."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure minute by minute, summed or averaged over steps, with the style it is drawn in."""

    name: str
    values: Sequence[float]
    style: str


def step_for(minutes: int) -> int:
    """Over how many minutes a curve of a run is averaged, so that it stays readable."""
    return next((step for step in STEPS if minutes <= step * MOST_POINTS), STEPS[-1])


def averaged(values: Sequence[float], step: int) -> list[float]:
    """Means over whole steps."""
    return [math.fsum(values[i : i + step]) / step for i in range(0, len(values) - step + 1, step)]


def over_time(
    title: str,
    curves: Sequence[Curve],
    unit: str,
    warm_up_minutes: float,
    band: Interval | None = None,
    top: float | None = None,
) -> str:
    """Curves over the time of a run; the warm-up is shaded, ``band`` is a mean with its interval."""
    minutes = max(len(curve.values) for curve in curves)
    step = step_for(minutes)
    hours = [i / 60 for i in range(0, minutes + 1, step)]
    drawn = [averaged(curve.values, step) for curve in curves]
    chart = Chart(title, 220)
    across = scale([0, minutes / 60], LEFT, WIDTH - RIGHT, from_zero=True, marks=8)
    reach = [value for values in drawn for value in values] + ([band.mean] if band else [])
    up = scale([*reach, top or 0.0], chart.height - BOTTOM, HEAD, from_zero=True)
    if warm_up_minutes > 0:
        width = across(warm_up_minutes / 60) - LEFT
        tip = f"Warm-up: {warm_up_minutes:g} min, not counted"
        chart.bar(LEFT, HEAD, width, chart.height - BOTTOM - HEAD, "warm-up", tip)
        chart.text(LEFT + 4, HEAD + 14, "warm-up", "start", "tick")
    chart.left_axis(up, unit)
    chart.bottom_axis(across, "hours since the start")
    if band is not None:
        _band(chart, across(warm_up_minutes / 60), up, band)
    for curve, values in zip(curves, drawn, strict=True):
        middles = [across((a + b) / 2) for a, b in pairwise(hours)]
        points = [(x, up(value)) for x, value in zip(middles, values, strict=False)]
        if points:
            chart.path(points, f"curve {curve.style}")
            _tips(chart, curve, points, values, step, unit)
    return chart.svg()


def _band(chart: Chart, left: float, up: Scale, band: Interval) -> None:
    """A mean and its interval, as far as the scale goes."""
    right = WIDTH - RIGHT
    if math.isfinite(band.low):
        low, high = up(max(band.low, up.low)), up(min(band.high, up.high))
        chart.bar(left, high, right - left, low - high, "band", "95 % interval of the mean")
    chart.line(left, up(band.mean), right, up(band.mean), "mean")


def _tips(
    chart: Chart, curve: Curve, points: list[tuple[float, float]], values: list[float], step: int, unit: str
) -> None:
    """Invisible marks along a curve that say its values."""
    for number, ((x, y), value) in enumerate(zip(points, values, strict=True)):
        when = f"{number * step} to {(number + 1) * step} min"
        tip = f"{curve.name}, {when}: {rounded(value, abs(value) / 50)} {unit}"
        chart.add(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" class="tip"><title>{tip}</title></circle>')


def _ends(found: Interval, kpi: Kpi) -> tuple[float, float, float]:
    """What is drawn of an interval: its ends and its mean. No figure is below zero, whatever few runs say."""
    low = 0.0 if found.low < 0 <= found.mean and math.isfinite(found.low) else found.low
    return kpi.shown(low), kpi.shown(found.mean), kpi.shown(found.high)


def dots(title: str, rows: Sequence[tuple[str, Interval]], kpi: Kpi, bound: float | None) -> str:
    """One row per variant: the mean as a dot, its interval as a line, the target as a dashed one."""
    chart = Chart(title, ROW * len(rows) + BOTTOM + TOP)
    ends = [end for _, found in rows for end in _ends(found, kpi)]
    across = scale([*ends, *([kpi.shown(bound)] if bound is not None else [])], NAME_WIDTH, WIDTH - 30, False)
    for mark in across.marks:
        chart.line(across(mark), TOP, across(mark), chart.height - BOTTOM, "grid")
    if bound is not None:
        at = across(kpi.shown(bound))
        chart.line(at, TOP - 6, at, chart.height - BOTTOM, "target")
    for number, (name, found) in enumerate(rows):
        y = TOP + ROW * (number + 0.5)
        short = name if len(name) <= 28 else name[:27] + "…"
        chart.text(NAME_WIDTH - 10, y + 4, short, "end", "name")
        _dot(chart, across(kpi.shown(found.mean)), y, found, kpi, across, f"{name}: {figure(found, kpi)}")
    base = chart.height - BOTTOM
    for mark in across.marks:
        chart.text(across(mark), base + 16, f"{mark:,.10g}", style="tick")
    chart.text(WIDTH - RIGHT, chart.height - 3, f"{kpi.title}, {kpi.unit}", "end", "axis")
    return chart.svg()


def _dot(chart: Chart, x: float, y: float, found: Interval, kpi: Kpi, across: Scale, tip: str) -> None:
    if math.isfinite(found.low):
        low, _, high = _ends(found, kpi)
        chart.line(across(low), y, across(high), y, "whisker")
    chart.dot(x, y, "dot", tip)


def against(
    title: str,
    groups: Sequence[tuple[str, Sequence[tuple[float, Interval]]]],
    key: str,
    kpi: Kpi,
    bound: float | None,
) -> str:
    """A figure against a number that is varied: one line per group, with intervals at the points."""
    chart = Chart(title, 240)
    points = [point for _, group in groups for point in group]
    xs = sorted({x for x, _ in points})
    margin = (xs[-1] - xs[0]) * 0.04
    across = scale([xs[0] - margin, xs[-1] + margin], LEFT, WIDTH - RIGHT, from_zero=False, marks=8)
    ends = [end for _, found in points for end in _ends(found, kpi)]
    up = scale([*ends, kpi.shown(bound or 0.0)], chart.height - BOTTOM, HEAD, from_zero=True)
    chart.left_axis(up, f"{kpi.title}, {kpi.unit}")
    chart.bottom_axis(across, key, xs if len(xs) <= 16 else None)
    if bound is not None:
        chart.line(LEFT, up(kpi.shown(bound)), WIDTH - RIGHT, up(kpi.shown(bound)), "target")
    for number, (name, group) in enumerate(groups):
        style = f"group-{number % 6}"
        chart.path([(across(x), up(kpi.shown(found.mean))) for x, found in group], f"curve {style}")
        for x, found in group:
            if math.isfinite(found.low):
                low, _, high = _ends(found, kpi)
                chart.line(across(x), up(low), across(x), up(high), f"error {style}")
            tip = f"{name + ', ' if name else ''}{key} {x:g}: {figure(found, kpi)}"
            chart.dot(across(x), up(kpi.shown(found.mean)), f"dot {style}", tip)
    return chart.svg()


def stacked(
    title: str, rows: Sequence[tuple[str, Sequence[tuple[str, str, float]]]], unit: str, whole: float | None
) -> str:
    """Bars made of parts (name, style, value), one bar a row, on one scale up to ``whole`` or the longest."""
    longest = whole or max(math.fsum(value for _, _, value in parts) for _, parts in rows)
    chart = Chart(title, ROW * len(rows) + BOTTOM + TOP)
    across = scale([0.0, longest or 1.0], NAME_WIDTH, WIDTH - 30, from_zero=True)
    for mark in across.marks:
        chart.line(across(mark), TOP, across(mark), chart.height - BOTTOM, "grid")
        chart.text(across(mark), chart.height - BOTTOM + 16, f"{mark:,.10g}", style="tick")
    for number, (name, parts) in enumerate(rows):
        y = TOP + ROW * number + 4
        short = name if len(name) <= 28 else name[:27] + "…"
        chart.text(NAME_WIDTH - 10, y + 13, short, "end", "name")
        begin = 0.0
        for part, style, value in parts:
            if value > 0:
                x, width = across(begin), across(begin + value) - across(begin)
                tip = f"{name}, {part}: {rounded(value, value / 20)} {unit}"
                chart.bar(x, y, width - (1.5 if width > 3 else 0), ROW - 8, style, tip)
                begin += value
    chart.text(WIDTH - RIGHT, chart.height - 3, unit, "end", "axis")
    return chart.svg()
