"""Pictures for notebooks: SVG that shows itself, and stands alone when it is saved."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from textwrap import wrap

from twin.domain.layout import AISLE, BALCONY, CHARGER, PARKING, STORAGE, WALL, Level
from twin.experiments.report import charts
from twin.experiments.report.names import cut_short
from twin.experiments.report.svg import COLOURS, WIDTH, escape, key, series
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
FILLS, TURNS = COLOURS + 1, 3
"""Colours of the parts of bars, and how often each is given out: full, pale with a rim, with a dashed rim."""
LARGEST = 1e300
"""Beyond that there is no scale."""

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
    """Curves of figures given minute by minute; nan and None leave a gap.

    Raises ValueError, naming the value, for what is no finite number, and where there is no curve.
    """
    drawn = [
        charts.Curve(
            str(name),
            [_number(value, f"over_time: '{name}' at minute {at}") for at, value in enumerate(each)],
            series(number),
            number,
        )
        for number, (name, each) in enumerate(values.items())
    ]
    if not drawn:
        raise ValueError("over_time: nothing to draw; give names with their values: {'queue': [3, 5, 4]}")
    svg = charts.over_time(title, drawn, unit, warm_up_minutes)
    return _alone(title, svg, [(key(number), curve.name) for number, curve in enumerate(drawn)])


def curves(
    title: str, values: Mapping[str, Mapping[float, float | Interval]], across: str, unit: str
) -> Picture:
    """Figures against a number, one curve for each name; intervals are drawn where they are given.

    nan and None leave a gap. Raises ValueError, naming the value, for what is no finite number, and
    where there is no point.
    """
    kpi = Kpi(title, title, unit, 0)
    groups = [(str(name), _points(str(name), points)) for name, points in values.items()]
    if not any(points for _, points in groups):
        raise ValueError("curves: nothing to draw; give names with their points: {'twin': {1: 90, 2: 170}}")
    svg = charts.against(title, groups, across, kpi, None, signed=True)
    return _alone(title, svg, [(key(number), name) for number, (name, _) in enumerate(groups)])


def bars(title: str, rows: Mapping[str, Mapping[str, float]], unit: str) -> Picture:
    """Bars made of parts, one bar a row, with the parts named below. Parts below zero go to the left.

    Raises ValueError, naming the part, for what is no finite number, and where there is no row.
    """
    names = list(dict.fromkeys(str(part) for parts in rows.values() for part in parts))
    style = {name: _fill(number) for number, name in enumerate(names)}
    drawn = [
        (str(row), [(str(part), style[str(part)], _part(row, part, value)) for part, value in parts.items()])
        for row, parts in rows.items()
    ]
    if not drawn:
        raise ValueError("bars: nothing to draw; give rows with their parts: {'mean': {'travel': 51.4}}")
    keys = [f'<rect x="7" width="12" height="12" class="{style[name]}"/>' for name in names]
    return _alone(title, charts.stacked(title, drawn, unit, None), list(zip(keys, names, strict=True)))


def _fill(number: int) -> str:
    return f"fill-{number % FILLS} turn-{number // FILLS % TURNS}"


def _number(value: object, where: str) -> float:
    """A finite number, or nan where there is none. Raises ValueError."""
    if value is None:
        return math.nan
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"{where} is {value!r}, not a number") from None
    if isinstance(value, str):
        raise ValueError(f"{where} is {value!r}, a text; give a number")
    if abs(number) > LARGEST:
        raise ValueError(f"{where} is {value!r}; only finite numbers can be drawn, and nan leaves a gap")
    return number


def _part(row: object, part: object, value: object) -> float:
    where = f"bars: part '{part}' of '{row}'"
    number = _number(value, where)
    if math.isnan(number):
        raise ValueError(f"{where} is {value!r}; a bar is the sum of its parts: leave it out, or give 0")
    return number


def _points(name: str, points: Mapping[float, float | Interval]) -> list[tuple[float, Interval]]:
    """The points of a curve from left to right."""
    found = []
    for x, y in points.items():
        at = _number(x, f"curves: a place of '{name}'")
        if math.isnan(at):
            raise ValueError(f"curves: a place of '{name}' is {x!r}; only finite numbers lie on an axis")
        found.append((at, _interval(y, f"curves: '{name}' at {x}")))
    return sorted(found, key=lambda point: point[0])


def _interval(value: object, where: str) -> Interval:
    """A mean with its ends; without them where they are not both finite."""
    if not isinstance(value, Interval):
        return Interval(_number(value, where), math.nan, math.nan, 1)
    mean = _number(value.mean, where)
    known = all(abs(end) <= LARGEST for end in (value.low, value.high))
    return value if known else Interval(mean, math.nan, math.nan, value.n)


def _alone(title: str, svg: str, named: Sequence[tuple[str, str]]) -> Picture:
    """A chart with the style of the page within it, its title above, and below what its marks mean."""
    found = re.match(r'<svg viewBox="0 0 (\d+) (\d+)"([^>]*)>', svg)
    assert found is not None
    width, height, rest = int(found[1]), int(found[2]), found[3]
    lines = wrap(title, 76)
    top = 20 * len(lines) + 6 if lines else 0
    words = "".join(
        f'<text x="4" y="{20 * number + 16}" class="title">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    below, bottom = _legend(named, top + height) if len(named) > 1 else ("", top + height)
    inside = svg[found.end() : svg.rindex("</svg>")]
    description, _, marks = inside.rpartition("</desc>")
    said = f"{description}</desc>" if description else ""
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="twin" width="{width}" height="{bottom}"'
        f' viewBox="0 0 {width} {bottom}"{rest}>{said}<style>{_style()}</style>{words}'
        f'<g transform="translate(0 {top})">{marks}</g>{below}</svg>'
    )


def _legend(named: Sequence[tuple[str, str]], top: int) -> tuple[str, int]:
    """Marks with their names, as many beside each other as there is room for; and where they end."""
    marks, x, y = [], 4, top + 4
    for mark, name in named:
        short = cut_short(name, 80)
        width = 34 + 8 * len(short)
        if x > 4 and x + width > WIDTH:
            x, y = 4, y + 20
        full = f"<title>{escape(name)}</title>" if short != name else ""
        marks.append(f'<g transform="translate({x} {y})">{mark}')
        marks.append(f'<text x="32" y="10">{full}{escape(short)}</text></g>')
        x += width + 10
    return "".join(marks), y + 22


@cache
def _style() -> str:
    """The part of the report's style that charts need, kept from the rest of a notebook."""
    css = files("twin.experiments.report").joinpath("style.css").read_text(encoding="utf-8")
    colours = css[css.index("{") + 1 : css.index("}")].replace("color-scheme: light dark;", "")
    rules = [line.strip() for line in css.splitlines() if line.startswith(("svg .", "svg text"))]
    fills = [f".fill-{number} {{ fill: var(--s{number}); }}" for number in range(COLOURS)]
    fills += [f".fill-{COLOURS} {{ fill: var(--grey); }}", *_TURNS]
    scoped = [re.sub(r"(^|\} )(svg )?", r"\1.twin ", rule) for rule in (*rules, *fills)]
    around = f"{' '.join(colours.split())} font: 12px system-ui, sans-serif; background: #fff;"
    title = ".twin .title { font-size: 15px; font-weight: 600; }"
    return f".twin {{ {around} max-width: 100%; height: auto; }} {' '.join(scoped)} {title}"


_TURNS = (
    ".turn-1 { fill-opacity: .35; stroke: var(--ink); }",
    ".turn-2 { fill-opacity: .35; stroke: var(--ink); stroke-dasharray: 2 2; }",
)


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
        f' viewBox="0 0 {width} {height}" role="img" aria-label="Level {level.id} from above"'
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
