"""Pictures for notebooks: SVG that shows itself, and stands alone when it is saved."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from twin.domain.layout import AISLE, BALCONY, CHARGER, PARKING, STORAGE, WALL, Level
from twin.experiments.report import charts
from twin.experiments.statistics import Interval
from twin.records.measures.catalogue import Kpi

CELL = 16
GROUND = {
    AISLE: "#f4f4f2",
    STORAGE: "#e3e4e8",
    WALL: "#8a8f96",
    BALCONY: "#f3cf7a",
    CHARGER: "#9fd8b4",
    PARKING: "#d3d6da",
}
STYLES = ("blue", "red", "green", "purple", "amber", "pink", "teal", "grey")
"""The styles of bars, in the order in which they are given out."""

Way = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Picture:
    """An SVG picture; notebooks show it."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | Path) -> Path:
        """Write it to a file, and give its path."""
        written = Path(path)
        written.write_text(self.svg, encoding="utf-8")
        return written


def over_time(
    title: str, values: Mapping[str, Sequence[float]], unit: str, warm_up_minutes: float = 0
) -> Picture:
    """Curves of figures given minute by minute."""
    drawn = [
        charts.Curve(name, list(each), f"group-{number % 6}")
        for number, (name, each) in enumerate(values.items())
    ]
    return _alone(charts.over_time(title, drawn, unit, warm_up_minutes), list(values))


def curves(
    title: str, values: Mapping[str, Mapping[float, float | Interval]], across: str, unit: str
) -> Picture:
    """Figures against a number, one curve for each name; intervals are drawn where they are given."""
    kpi = Kpi(title, title, unit, 0)
    groups = [(name, [(x, _interval(y)) for x, y in points.items()]) for name, points in values.items()]
    return _alone(charts.against(title, groups, across, kpi, None), list(values))


def bars(title: str, rows: Mapping[str, Mapping[str, float]], unit: str) -> Picture:
    """Bars made of parts, one bar a row, with the parts named below."""
    names = list(dict.fromkeys(part for parts in rows.values() for part in parts))
    style = {name: STYLES[number % len(STYLES)] for number, name in enumerate(names)}
    drawn = [
        (row, [(part, style[part], value) for part, value in parts.items()]) for row, parts in rows.items()
    ]
    return _alone(charts.stacked(title, drawn, unit, None), names, [style[name] for name in names])


def _interval(value: float | Interval) -> Interval:
    return value if isinstance(value, Interval) else Interval(value, math.nan, math.nan, 1)


def _alone(svg: str, names: Sequence[str], styles: Sequence[str] = ()) -> Picture:
    """A chart with the style of the page within it, and its legend below."""
    found = re.match(r'<svg viewBox="0 0 (\d+) (\d+)"', svg)
    assert found is not None
    width, height = int(found[1]), int(found[2])
    below = _legend(names, styles, height) if len(names) > 1 else ""
    lines = 20 * ((len(names) + 2) // 3) if len(names) > 1 else 0
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="twin" width="{width}"'
        f' viewBox="0 0 {width} {height + lines}"'
    )
    inside = svg[found.end() : svg.rindex("</svg>")]
    return Picture(f"{head}{inside.replace('>', f'><style>{_style()}</style>', 1)}{below}</svg>")


def _legend(names: Sequence[str], styles: Sequence[str], height: int) -> str:
    marks = []
    for number, name in enumerate(names):
        x, y = 60 + 190 * (number % 3), height + 20 * (number // 3) + 10
        kind = styles[number] if styles else f"dot group-{number % 6}"
        marks.append(f'<rect x="{x}" y="{y - 9}" width="11" height="11" class="{kind}"/>')
        marks.append(f'<text x="{x + 16}" y="{y + 1}">{escape(name)}</text>')
    return "".join(marks)


@cache
def _style() -> str:
    """The part of the report's style that charts need, kept from the rest of a notebook."""
    css = files("twin.experiments.report").joinpath("style.css").read_text(encoding="utf-8")
    colours = css[css.index("{") + 1 : css.index("}")].replace("color-scheme: light dark;", "")
    rules = [line.strip() for line in css.splitlines() if line.startswith(("svg .", "svg text"))]
    fills = [f".{name} {{ fill: var(--{name}); }}" for name in (*STYLES, "sky", "lime", "black")]
    scoped = [re.sub(r"(^|\} )(svg )?", r"\1.twin ", rule) for rule in (*rules, *fills)]
    around = f"{' '.join(colours.split())} font: 12px system-ui, sans-serif; background: #fff;"
    return f".twin {{ {around} }} {' '.join(scoped)}"


def draw_level(
    level: Level,
    carriers: Mapping[int, int],
    bots: Mapping[int, tuple[int, int | None]],
    ways: Sequence[tuple[bool, Way]] = (),
) -> Picture:
    """A level seen from above.

    ``carriers`` are by the cell on which each stands; ``bots`` are by id, with cell and carrier;
    ``ways`` are driven cells with whether laden (a full line) or not (a dashed one).
    """
    marks = [_cell(level, cell, carriers.get(cell)) for cell in range(level.width * level.height)]
    marks += [_way(laden, cells) for laden, cells in ways]
    marks += [_bot(level, bot, *where) for bot, where in bots.items()]
    width, height = level.width * CELL, level.height * CELL
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" aria-label="Level {level.id}"'
        f' font-family="system-ui, sans-serif">{"".join(marks)}</svg>'
    )


def _cell(level: Level, cell: int, carrier: int | None) -> str:
    x, y = level.xy[cell]
    kind = level.kinds[cell]
    fill = GROUND.get(kind, "#eceef8")
    ground = f'<rect x="{x * CELL}" y="{y * CELL}" width="{CELL}" height="{CELL}" fill="{fill}"/>'
    if carrier is None:
        return ground
    return (
        f'{ground}<rect x="{x * CELL + 2}" y="{y * CELL + 2}" width="{CELL - 4}" height="{CELL - 4}"'
        f' rx="2" fill="#8e9bb0"><title>carrier {carrier} at x {x}, y {y}</title></rect>'
    )


def _way(laden: bool, cells: Way) -> str:
    points = " ".join(f"{(x + 0.5) * CELL:g},{(y + 0.5) * CELL:g}" for x, y in cells)
    dashes = "" if laden else ' stroke-dasharray="4 4"'
    return (
        f'<polyline points="{points}" fill="none" stroke="#cc4700" stroke-width="3"'
        f' stroke-linejoin="round" stroke-opacity=".8"{dashes}/>'
    )


def _bot(level: Level, bot: int, cell: int, carrier: int | None) -> str:
    x, y = ((at + 0.5) * CELL for at in level.xy[cell])
    ring = ' stroke="#cc4700" stroke-width="3"' if carrier is not None else ""
    said = f"bot {bot}" + (f" with carrier {carrier}" if carrier is not None else "")
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{CELL * 0.42:g}" fill="#1d6fb8"{ring}>'
        f"<title>{said}</title></circle>"
        f'<text x="{x:g}" y="{y + 3:g}" font-size="9" fill="#fff" text-anchor="middle">{bot}</text>'
    )
