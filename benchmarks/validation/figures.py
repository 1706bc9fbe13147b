"""Line charts as SVG, readable on light and dark pages. Only what the validation page needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from twin.experiments.report.svg import Scale, scale

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 56
STYLE = """
svg { color: #1f2328; background: #ffffff; font: 13px system-ui, sans-serif }
.a { stroke: #0969da; fill: #0969da } .b { stroke: #bc4c00; fill: #bc4c00 }
.c { stroke: #6e7781; fill: #6e7781 } .d { stroke: #8250df; fill: #8250df }
.grid { stroke: #d0d7de; stroke-width: 1 } text { fill: currentColor; stroke: none }
polyline { fill: none; stroke-width: 2 } .dashed { stroke-dasharray: 6 5 } .whisker { stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  svg { color: #e6edf3; background: #0d1117 } .grid { stroke: #30363d }
  .a { stroke: #58a6ff; fill: #58a6ff } .b { stroke: #f0883e; fill: #f0883e }
  .c { stroke: #8b949e; fill: #8b949e } .d { stroke: #bc8cff; fill: #bc8cff }
}
"""

Place = Callable[[float, float], tuple[float, float]]
"""From values to pixels."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A named line through points, in the colour ``a`` to ``d``."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dots:
    """Named points, each with its interval: x, low, middle, high."""

    name: str
    points: Sequence[tuple[float, float, float, float]]
    colour: str


def chart(title: str, x_name: str, y_name: str, series: Sequence[Curve | Dots]) -> str:
    """The SVG text of a chart from zero up, with axes, grid and legend."""
    xs = [x for one in series for x, *_ in one.points]
    ys = [y for one in series for _, *ys in one.points for y in ys]
    across = scale(xs, LEFT, WIDTH - RIGHT, from_zero=True, marks=6)
    up = scale(ys, HEIGHT - BOTTOM, TOP, from_zero=True, marks=6)

    def at(x: float, y: float) -> tuple[float, float]:
        return round(across(x), 1), round(up(y), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        *_grid(across, up),
        f'<text x="{LEFT}" y="18" font-weight="600">{escape(title)}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 16}" '
        f'text-anchor="middle">{escape(x_name)}</text>',
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_name)}</text>',
    ]
    for one in series:
        parts += _curve(one, at) if isinstance(one, Curve) else _dots(one, at)
    return "\n".join([*parts, *_legend(series), "</svg>", ""])


def _grid(across: Scale, up: Scale) -> Iterable[str]:
    left, right, bottom = round(across.start), round(across.end), round(up.start)
    for mark in up.marks:
        y = round(up(mark), 1)
        yield f'<line class="grid" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{mark:.4g}</text>'
    for mark in across.marks:
        yield f'<text x="{round(across(mark), 1)}" y="{bottom + 18}" text-anchor="middle">{mark:.4g}</text>'


def _curve(curve: Curve, at: Place) -> list[str]:
    points = " ".join(f"{x},{y}" for x, y in (at(*point) for point in curve.points))
    dashed = " dashed" if curve.dashed else ""
    return [f'<polyline class="{curve.colour}{dashed}" style="fill:none" points="{points}"/>']


def _dots(dots: Dots, at: Place) -> list[str]:
    parts = []
    for x, low, middle, high in dots.points:
        (px, y1), (_, y2), (_, py) = at(x, low), at(x, high), at(x, middle)
        parts.append(f'<line class="{dots.colour} whisker" x1="{px}" y1="{y1}" x2="{px}" y2="{y2}"/>')
        parts.append(f'<circle class="{dots.colour}" cx="{px}" cy="{py}" r="3.5"/>')
    return parts


def _legend(series: Sequence[Curve | Dots]) -> Iterable[str]:
    x = LEFT
    for one in series:
        if isinstance(one, Curve):
            dashed = " dashed" if one.dashed else ""
            ends = f'x1="{x}" y1="32" x2="{x + 22}" y2="32" stroke-width="2"'
            yield f'<line class="{one.colour}{dashed}" {ends}/>'
        else:
            yield f'<circle class="{one.colour}" cx="{x + 11}" cy="32" r="3.5"/>'
        yield f'<text x="{x + 28}" y="36">{escape(one.name)}</text>'
        x += 50 + 7 * len(one.name)
