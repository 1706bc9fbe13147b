"""Line charts as SVG, readable on light and dark pages. Only what the validation page needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

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
    x_top = _round_up(max(x for one in series for x, *_ in one.points))
    y_top = _round_up(max(y for one in series for _, *ys in one.points for y in ys))

    def at(x: float, y: float) -> tuple[float, float]:
        across = LEFT + x / x_top * (WIDTH - LEFT - RIGHT)
        return round(across, 1), round(HEIGHT - BOTTOM - y / y_top * (HEIGHT - TOP - BOTTOM), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        *_grid(x_top, y_top, at),
        f'<text x="{LEFT}" y="18" font-weight="600">{escape(title)}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 16}" '
        f'text-anchor="middle">{escape(x_name)}</text>',
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_name)}</text>',
    ]
    for one in series:
        parts += _curve(one, at) if isinstance(one, Curve) else _dots(one, at)
    return "\n".join([*parts, *_legend(series), "</svg>", ""])


def _round_up(value: float) -> float:
    """The next of 1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)


def _grid(x_top: float, y_top: float, at) -> Iterable[str]:  # type: ignore[no-untyped-def]
    for i in range(7):
        x, y = x_top * i / 6, y_top * i / 6
        (x1, y1), (x2, y2) = at(0, y), at(x_top, y)
        yield f'<line class="grid" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
        yield f'<text x="{x1 - 8}" y="{y1 + 4}" text-anchor="end">{y:.4g}</text>'
        px, py = at(x, 0)
        yield f'<text x="{px}" y="{py + 18}" text-anchor="middle">{x:.4g}</text>'


def _curve(curve: Curve, at) -> list[str]:  # type: ignore[no-untyped-def]
    points = " ".join(f"{x},{y}" for x, y in (at(*point) for point in curve.points))
    dashed = " dashed" if curve.dashed else ""
    return [f'<polyline class="{curve.colour}{dashed}" style="fill:none" points="{points}"/>']


def _dots(dots: Dots, at) -> list[str]:  # type: ignore[no-untyped-def]
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
