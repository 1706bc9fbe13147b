"""The charts of a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from twin.experiments.report.names import cut_short, short_names
from twin.experiments.report.svg import (
    BOTTOM,
    RIGHT,
    TOP,
    WIDTH,
    Chart,
    Scale,
    escape,
    left_of,
    scale,
    series,
)
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import figure, rounded
from twin.records.measures.catalogue import Kpi

MOST_POINTS = 96
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
"""Minutes over which a curve may be averaged."""
SHORT_MINUTES = 180
"""Up to which length a run is drawn in minutes."""

NAME_WIDTH = 210
BESIDE, ABOVE = 17, 52
"""How many characters have room beside a row, and above it; on a phone, too."""
ROW, ROW_WITH_NAME = 26, 46
HEAD = TOP + 26
"""Where the highest mark of a vertical scale is, below its title."""
NOTHING = "nothing happened to measure it by"

Point = tuple[float, float]
Group = tuple[str, Sequence[tuple[float, Interval]]]
"""A series of a chart: its name, and a figure for each number."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure minute by minute, averaged over steps, with the style it is drawn in. nan: there is none."""

    name: str
    values: Sequence[float]
    style: str
    marker: int = 0


def step_for(minutes: int) -> int:
    """Over how many minutes a curve of a run is averaged, so that it stays readable."""
    return next((step for step in STEPS if minutes <= step * MOST_POINTS), STEPS[-1])


def averaged(values: Sequence[float], step: int) -> list[float]:
    """Means over whole steps, of what there is; nan where there is nothing. Less than a step is one."""
    ends = range(step, len(values) + 1, step) or range(len(values), len(values) + 1)
    return [_mean(values[max(0, end - step) : end]) for end in ends if values]


def _mean(values: Sequence[float]) -> float:
    there = [value for value in values if math.isfinite(value)]
    return math.fsum(there) / len(there) if there else math.nan


def over_time(
    title: str,
    curves: Sequence[Curve],
    unit: str,
    warm_up_minutes: float,
    band: Interval | None = None,
    top: float | None = None,
    said_of_band: str = "",
) -> str:
    """Curves over the time of a run; the warm-up is shaded, ``band`` is a mean with its interval."""
    minutes = max(len(curve.values) for curve in curves)
    step = step_for(minutes)
    drawn = [averaged(curve.values, step) for curve in curves]
    reach = [value for values in drawn for value in values] + ([band.mean] if band else [])
    height = 236
    up = scale([*reach, top or 0.0], height - BOTTOM, HEAD, from_zero=True)
    chart = Chart(title, height, left=left_of(up))
    per_mark, name = (1, "minutes") if minutes <= SHORT_MINUTES else (60, "hours")
    across = scale([0, minutes / per_mark], chart.left, WIDTH - RIGHT, from_zero=True, marks=8)
    if warm_up_minutes > 0:
        _warm_up(chart, across(min(warm_up_minutes / per_mark, across.high)), warm_up_minutes)
    chart.left_axis(up, unit)
    chart.bottom_axis(across, f"{name} since the start")
    if band is not None:
        span = across(min(warm_up_minutes, minutes) / per_mark), across(minutes / per_mark)
        _band(chart, span, up, band, said_of_band)
    for curve, values in zip(curves, drawn, strict=True):
        begins = [number * step for number in range(len(values))]
        middles = [across((t + min(step, len(curve.values) - t) / 2) / per_mark) for t in begins]
        points = [(x, up(value)) for x, value in zip(middles, values, strict=True)]
        _draw(chart, points, curve.style, curve.marker)
        _tips(chart, curve, points, values, step, unit)
    if not any(map(math.isfinite, reach)):
        chart.text(WIDTH / 2, height / 2, NOTHING, style="axis")
    return chart.svg()


def _draw(chart: Chart, points: Iterable[Point], style: str, marker: int) -> None:
    """A line through points that is broken where there is none; a point without neighbours is a dot."""
    for stretch in _stretches(points):
        if len(stretch) > 1:
            chart.path(stretch, f"curve {style}")
        else:
            chart.dot(*stretch[0], f"dot {style}", "", marker)


def _stretches(points: Iterable[Point]) -> Iterator[list[Point]]:
    for there, stretch in groupby(points, key=lambda point: math.isfinite(point[1])):
        if there:
            yield list(stretch)


def _warm_up(chart: Chart, right: float, minutes: float) -> None:
    tip = f"Warm-up: {minutes:g} min, not counted"
    chart.bar(chart.left, HEAD, right - chart.left, chart.height - BOTTOM - HEAD, "warm-up", tip)
    chart.text(chart.left + 4, HEAD + 15, "warm-up", "start", "tick")


def _band(chart: Chart, span: tuple[float, float], up: Scale, band: Interval, said: str) -> None:
    """A mean and its interval, as far as the scale goes."""
    left, right = span
    if math.isfinite(band.low):
        low, high = up(max(band.low, up.low)), up(min(band.high, up.high))
        chart.bar(left, high, right - left, low - high, "band", said)
    chart.line(left, up(band.mean), right, up(band.mean), "mean")


def _tips(
    chart: Chart, curve: Curve, points: Sequence[Point], values: Sequence[float], step: int, unit: str
) -> None:
    """Invisible marks along a curve that say its values."""
    there = [number for number, value in enumerate(values) if math.isfinite(value)]
    for number in there:
        begin = number * step
        when = f"{begin} to {min(begin + step, len(curve.values))} min"
        tip = f"{curve.name}, {when}: {_with_unit(values[number], unit)}"
        x, y = points[number]
        chart.add(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" class="tip"><title>{escape(tip)}</title></circle>'
        )
    if there:
        ends = [_with_unit(end([values[n] for n in there]), unit) for end in (min, max)]
        last = _with_unit(values[there[-1]], unit)
        chart.said.append(f"{curve.name}: from {ends[0]} to {ends[1]}, at the end {last}")


def _with_unit(value: float, unit: str) -> str:
    return f"{rounded(value, abs(value) / 50)} {unit}"


def _ends(found: Interval, kpi: Kpi, signed: bool) -> tuple[float, float, float]:
    """What is drawn of an interval: its ends and its mean.

    Unless figures are ``signed`` none is below zero, whatever few runs say.
    """
    cut = not signed and found.low < 0 <= found.mean and math.isfinite(found.low)
    return kpi.shown(0.0 if cut else found.low), kpi.shown(found.mean), kpi.shown(found.high)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a chart with their names: beside them where all are short, else above, where there is room."""

    names: Sequence[str]
    short: Sequence[str]
    above: bool

    @property
    def height(self) -> int:
        """How high a row is."""
        return ROW_WITH_NAME if self.above else ROW

    def chart(self, title: str) -> Chart:
        """A chart for them."""
        left = 20 if self.above else NAME_WIDTH
        return Chart(title, self.height * len(self.names) + BOTTOM + TOP, left=left)

    def middle(self, number: int) -> float:
        """Where the marks of a row are, from the top."""
        return TOP + self.height * (number + 1) - ROW / 2

    def name(self, chart: Chart, number: int) -> None:
        """Write the name of a row."""
        y, full = self.middle(number), self.names[number]
        if self.above:
            chart.text(4, y - ROW / 2 - 3, self.short[number], "start", "name", full)
        else:
            chart.text(chart.left - 10, y + 4, self.short[number], "end", "name", full)


def _rows(names: Sequence[str]) -> _Rows:
    beside = short_names(names, BESIDE)
    above = short_names(names, ABOVE)
    needed = any(len(name) > BESIDE for name in above)
    return _Rows(names, above if needed else beside, needed)


def _across(chart: Chart, at: Scale, title: str) -> None:
    """Faint lines and numbers of a scale below rows."""
    for mark in at.marks:
        chart.line(at(mark), TOP, at(mark), chart.height - BOTTOM, "grid")
    chart.numbers(at)
    chart.text(WIDTH - RIGHT, chart.height - 5, title, "end", "axis")


def dots(title: str, rows: Sequence[tuple[str, Interval]], kpi: Kpi, bound: float | None) -> str:
    """One row per variant: the mean as a dot, its interval as a line, the target as a dashed one."""
    named = _rows([name for name, _ in rows])
    chart = named.chart(title)
    ends = [end for _, found in rows for end in _ends(found, kpi, signed=False)]
    reach = [*ends, *([kpi.shown(bound)] if bound is not None else [])]
    across = scale(reach, chart.left, WIDTH - 30, from_zero=False)
    _across(chart, across, f"{kpi.title}, {kpi.unit}".removesuffix(", "))
    if bound is not None:
        at = across(kpi.shown(bound))
        chart.line(at, TOP - 6, at, chart.height - BOTTOM, "target")
    for number, (name, found) in enumerate(rows):
        named.name(chart, number)
        _dot(chart, named.middle(number), found, kpi, across, f"{name}: {figure(found, kpi)}")
    return chart.svg()


def _dot(chart: Chart, y: float, found: Interval, kpi: Kpi, across: Scale, tip: str) -> None:
    low, mean, high = _ends(found, kpi, signed=False)
    if math.isfinite(low):
        chart.line(across(low), y, across(high), y, "whisker")
    chart.dot(across(mean), y, "dot", tip)
    chart.said.append(tip)


def against(
    title: str,
    groups: Sequence[Group],
    key: str,
    kpi: Kpi,
    bound: float | None,
    signed: bool = False,
) -> str:
    """A figure against a number that is varied: one line per group, with intervals at the points.

    ``signed`` figures may be below zero, and so may their intervals.
    """
    height = 252
    points = [point for _, group in groups for point in group]
    xs = sorted({x for x, _ in points})
    ends = [end for _, found in points for end in _ends(found, kpi, signed)]
    up = scale([*ends, kpi.shown(bound or 0.0)], height - BOTTOM, HEAD, from_zero=True)
    chart = Chart(title, height, left=left_of(up))
    margin = (xs[-1] - xs[0]) * 0.04 or abs(xs[0]) / 2 or 1.0
    across = scale([xs[0] - margin, xs[-1] + margin], chart.left, WIDTH - RIGHT, from_zero=False, marks=8)
    chart.left_axis(up, cut_short(f"{kpi.title}, {kpi.unit}".removesuffix(", "), ABOVE))
    chart.bottom_axis(across, cut_short(key, ABOVE), xs if len(xs) <= 16 else None)
    if bound is not None:
        at = up(kpi.shown(bound))
        chart.line(chart.left, at, WIDTH - RIGHT, at, "target")
    if up.low < 0 < up.high:
        chart.line(chart.left, up(0.0), WIDTH - RIGHT, up(0.0), "base")
    aside = _aside([across(x) for x in xs], groups)
    for number, (name, group) in enumerate(groups):
        style = series(number)
        drawn = [(across(x) + aside[number], up(kpi.shown(found.mean))) for x, found in group]
        for stretch in _stretches(drawn):
            if len(stretch) > 1:
                chart.path(stretch, f"curve {style}")
        for (x, found), (at, middle) in zip(group, drawn, strict=True):
            if not math.isfinite(found.mean):
                continue
            if math.isfinite(found.low):
                low, _, high = _ends(found, kpi, signed)
                chart.line(at, up(low), at, up(high), f"error {style}")
            tip = f"{name + ', ' if name else ''}{key} {x:g}: {figure(found, kpi)}"
            chart.dot(at, middle, f"dot {style}", tip, number)
            chart.said.append(tip)
    return chart.svg()


def _aside(places: Sequence[float], groups: Sequence[Group]) -> list[float]:
    """How far each group is moved aside, so that equal intervals do not hide each other.

    Where at most one group has intervals none is moved.
    """
    count = len(groups)
    with_ends = sum(any(math.isfinite(found.low) for _, found in group) for _, group in groups)
    if with_ends < 2:
        return [0.0] * count
    gap = min((b - a for a, b in pairwise(places)), default=WIDTH)
    step = min(7.0, gap / 2 / count)
    return [step * (number - (count - 1) / 2) for number in range(count)]


def stacked(
    title: str, rows: Sequence[tuple[str, Sequence[tuple[str, str, float]]]], unit: str, whole: float | None
) -> str:
    """Bars made of parts (name, style, value), one bar a row, on one scale up to ``whole`` or the longest.

    Parts below zero go to the left of it.
    """
    named = _rows([name for name, _ in rows])
    chart = named.chart(title)
    reach = [whole] if whole is not None else _reach(rows)
    across = scale(reach, chart.left, WIDTH - 30, from_zero=True)
    _across(chart, across, unit)
    for number, (name, parts) in enumerate(rows):
        named.name(chart, number)
        y = named.middle(number) - 9
        begins = {True: 0.0, False: 0.0}
        for part, style, value in parts:
            if value:
                begin = begins[value > 0]
                begins[value > 0] = end = begin + value
                tip = f"{name}, {part}: {rounded(value, abs(value) / 20)} {unit}"
                left, right = sorted((across(begin), across(end)))
                chart.bar(left, y, right - left - (1.5 if right - left > 3 else 0), 18, style, tip)
                chart.said.append(tip)
    if across.low < 0:
        chart.line(across(0.0), TOP, across(0.0), chart.height - BOTTOM, "base")
    if not any(parts for _, parts in rows):
        chart.text((chart.left + WIDTH - 30) / 2, named.middle(0) + 4, NOTHING, style="axis")
    return chart.svg()


def _reach(rows: Sequence[tuple[str, Sequence[tuple[str, str, float]]]]) -> Iterator[float]:
    """How far bars go to the right and to the left."""
    for _, parts in rows:
        yield math.fsum(value for _, _, value in parts if value > 0)
        yield math.fsum(value for _, _, value in parts if value < 0)
