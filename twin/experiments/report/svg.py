"""Charts drawn as SVG text: bars, lines, dots with intervals. No script; colours come from the page's style.

A chart is as wide as its column and scales with it. Every mark has a ``<title>``, which
browsers show when the pointer rests on it and which screen readers read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH = 640
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 12, 34


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
    if high == low:
        high = low + (abs(low) or 1.0)
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


@dataclass
class Chart:
    """An SVG picture that is put together mark by mark; ``height`` and ``width`` in its own pixels."""

    title: str
    height: int = 240
    width: int = WIDTH
    marks: list[str] = field(default_factory=list)

    def add(self, mark: str) -> None:
        """Draw a mark over those before it."""
        self.marks.append(mark)

    def text(self, x: float, y: float, words: str, anchor: str = "middle", style: str = "") -> None:
        """Words at a point."""
        kind = f' class="{style}"' if style else ""
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A straight line."""
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>')

    def bar(self, x: float, y: float, width: float, height: float, style: str, tip: str) -> None:
        """A filled bar with what it says."""
        at = f'x="{x:.2f}" y="{y:.2f}" width="{max(0.0, width):.2f}" height="{height:.2f}"'
        self.add(f'<rect {at} class="{style}"><title>{escape(tip)}</title></rect>')

    def dot(self, x: float, y: float, style: str, tip: str) -> None:
        """A dot with what it says."""
        at = f'cx="{x:.1f}" cy="{y:.1f}" r="4.5"'
        self.add(f'<circle {at} class="{style}"><title>{escape(tip)}</title></circle>')

    def path(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """A line through points."""
        along = " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add(f'<path d="M{along}" class="{style}"/>')

    def left_axis(self, at: Scale, title: str) -> None:
        """Marks and faint lines of a vertical scale."""
        for mark in at.marks:
            self.line(LEFT, at(mark), self.width - RIGHT, at(mark), "grid")
            self.text(LEFT - 6, at(mark) + 4, label(mark), "end", "tick")
        self.text(LEFT - 6, TOP + 4, title, "start", "axis")

    def bottom_axis(self, at: Scale, title: str, marks: Sequence[float] | None = None) -> None:
        """Marks of a horizontal scale."""
        base = self.height - BOTTOM
        self.line(LEFT, base, self.width - RIGHT, base, "base")
        for mark in at.marks if marks is None else marks:
            self.line(at(mark), base, at(mark), base + 4, "base")
            self.text(at(mark), base + 16, label(mark), style="tick")
        self.text(self.width - RIGHT, self.height - 3, title, "end", "axis")

    def svg(self) -> str:
        """The picture."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(self.title)}">'
            f"{''.join(self.marks)}</svg>"
        )
