"""Charts drawn as SVG text: bars, lines, dots with intervals. No script; colours come from the page's style.

A chart is as wide as its column and scales with it; on a phone its words are larger than its
marks, and room is left for them. It has a name for who does not see it, and says its figures
in ``<desc>``. Every mark has a ``<title>``, which browsers show when the pointer rests on it.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH = 640
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 12, 46
DIGIT = 11.0
"""How wide a character of a tick is at most: on a phone."""
COLOURS, DASHES = 6, 5
"""Of series; no two of the first 30 have both alike. Markers go with the dashes."""
MARKERS = (
    (-4.5, 0.0, "a4.5,4.5 0 1 0 9,0a4.5,4.5 0 1 0 -9,0z"),
    (-4.0, -4.0, "h8v8h-8z"),
    (-5.0, 4.5, "l5,-9l5,9z"),
    (-5.5, 0.0, "l5.5,-5.5l5.5,5.5l-5.5,5.5z"),
    (-5.0, -4.5, "l5,9l5,-9z"),
)
"""Circle, square, triangle, diamond, triangle on its head: where each begins and how it goes on."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(words: str) -> str:
    """Words as they may stand in SVG and HTML, also in quotes. What XML cannot hold is left out."""
    return html.escape(_FORBIDDEN.sub("", words))


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, with round numbers to mark."""

    low: float
    high: float
    start: float
    end: float
    marks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def scale(values: Iterable[float], start: float, end: float, from_zero: bool, marks: int = 5) -> Scale:
    """A scale that shows all finite values, from 0 on if so wanted, ending at round numbers."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if from_zero:
        low, high = min(0.0, low), max(0.0, high)
    if high - low <= max(1e-12 * max(abs(low), abs(high)), 1e-300):
        high = low + max(abs(low), abs(high), 1e-290) if low or high else 1.0
    step = round_step((high - low) / marks)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    at = tuple(n * step for n in range(first, last + 1))
    return Scale(at[0], at[-1], start, end, at)


def round_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= rough * (1 - 1e-9))


def label(value: float) -> str:
    """A number on an axis."""
    return f"{value:,.10g}"


def left_of(at: Scale) -> int:
    """How much room the marks of a vertical scale take."""
    return max(LEFT, math.ceil(DIGIT * max(len(label(mark)) for mark in at.marks)) + 10)


def series(number: int) -> str:
    """The style of a series: its colour, dashes where it is a line, and a marker where it has points."""
    return f"group-{number % COLOURS} dash-{number % DASHES}"


@dataclass
class Chart:
    """An SVG picture that is put together mark by mark; ``height`` and ``width`` in its own pixels.

    ``said`` is what it tells to who does not see it, figure by figure.
    """

    title: str
    height: int = 240
    width: int = WIDTH
    left: int = LEFT
    marks: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def add(self, mark: str) -> None:
        """Draw a mark over those before it."""
        self.marks.append(mark)

    def text(
        self, x: float, y: float, words: str, anchor: str = "middle", style: str = "", full: str = ""
    ) -> None:
        """Words at a point; ``full`` is what they are short for."""
        kind = f' class="{style}"' if style else ""
        tip = f"<title>{escape(full)}</title>" if full and full != words else ""
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{tip}{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A straight line."""
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>')

    def bar(self, x: float, y: float, width: float, height: float, style: str, tip: str) -> None:
        """A filled bar with what it says."""
        at = f'x="{x:.2f}" y="{y:.2f}" width="{max(0.0, width):.2f}" height="{height:.2f}"'
        self.add(f'<rect {at} class="{style}"><title>{escape(tip)}</title></rect>')

    def dot(self, x: float, y: float, style: str, tip: str, number: int = 0) -> None:
        """A marker with what it says, in the shape of a series."""
        said = f"<title>{escape(tip)}</title>" if tip else ""
        dx, dy, outline = MARKERS[number % DASHES]
        self.add(f'<path d="M{x + dx:.1f},{y + dy:.1f}{outline}" class="{style}">{said}</path>')

    def path(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """A line through points."""
        along = " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add(f'<path d="M{along}" class="{style}"/>')

    def left_axis(self, at: Scale, title: str) -> None:
        """Marks and faint lines of a vertical scale."""
        for mark in at.marks:
            self.line(self.left, at(mark), self.width - RIGHT, at(mark), "grid")
            self.text(self.left - 6, at(mark) + 4, label(mark), "end", "tick")
        self.text(4, TOP + 4, title, "start", "axis")

    def bottom_axis(self, at: Scale, title: str, marks: Sequence[float] | None = None) -> None:
        """Marks of a horizontal scale; as many have their number as have room for it."""
        base = self.height - BOTTOM
        self.line(self.left, base, self.width - RIGHT, base, "base")
        for mark in at.marks if marks is None else marks:
            self.line(at(mark), base, at(mark), base + 4, "base")
        self.numbers(at, marks)
        self.text(self.width - RIGHT, self.height - 5, title, "end", "axis")

    def numbers(self, at: Scale, marks: Sequence[float] | None = None) -> None:
        """The numbers of a horizontal scale, as far as there is room for them."""
        free = 0.0
        for mark in at.marks if marks is None else marks:
            half = DIGIT * len(label(mark)) / 2
            middle = min(max(at(mark), half), self.width - half)
            if middle - half >= free:
                self.text(middle, self.height - BOTTOM + 18, label(mark), style="tick")
                free = middle + half + DIGIT

    def svg(self) -> str:
        """The picture."""
        told = f"<desc>{escape('; '.join(self.said))}</desc>" if self.said else ""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(self.title)}">'
            f"{told}{''.join(self.marks)}</svg>"
        )


def key(number: int) -> str:
    """Marks that show the style of a series in a legend, 26 wide and 12 high."""
    sample = Chart("", 12, 26)
    sample.path([(1, 6), (25, 6)], f"curve {series(number)}")
    sample.dot(13, 6, f"dot {series(number)}", "", number)
    return "".join(sample.marks)
