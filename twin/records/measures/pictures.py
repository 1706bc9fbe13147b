"""What a report draws: figures minute by minute, and counts for every position of every level."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

MINUTE_MS = 60_000
ENOUGH = 2000
"""Legs that are gathered before their cells are counted."""


@dataclass(slots=True)
class Pictures:
    """Figures minute by minute; those of the minute under way are in the first three fields.

    ``lead_s`` is the sum over the orders that ended in a minute.
    """

    lines: int = 0
    orders: int = 0
    lead_ms: int = 0
    minutes: dict[str, list[float]] = field(
        default_factory=lambda: {
            name: [] for name in ("lines", "orders", "lead_s", "open_orders", "charge_mean", "charge_least")
        }
    )

    def end_order(self, lead_ms: int) -> None:
        """An order has ended."""
        self.orders += 1
        self.lead_ms += lead_ms

    def end_minute(self, open_orders: int, charges: list[float]) -> None:
        """A minute is over."""
        minutes = self.minutes
        minutes["lines"].append(self.lines)
        minutes["orders"].append(self.orders)
        minutes["lead_s"].append(self.lead_ms / 1000)
        minutes["open_orders"].append(open_orders)
        minutes["charge_mean"].append(round(sum(charges) / len(charges), 4) if charges else 0.0)
        minutes["charge_least"].append(round(min(charges, default=0.0), 4))
        self.lines = self.orders = self.lead_ms = 0


@dataclass(slots=True)
class LevelMaps:
    """Counts by position of one level: cells driven into, ms stood for others, carriers dug away."""

    rows: list[str]
    traffic: Counter[tuple[int, int]] = field(default_factory=Counter)
    waiting: Counter[tuple[int, int]] = field(default_factory=Counter)
    digging: Counter[tuple[int, int]] = field(default_factory=Counter)
    legs: list[list[tuple[int, int]]] = field(default_factory=list)

    def drive(self, cells: list[tuple[int, int]]) -> None:
        """A leg over these cells, the first of which is where the bot stood."""
        legs = self.legs
        legs.append(cells)
        if len(legs) >= ENOUGH:
            self.count()

    def count(self) -> None:
        """Count the cells of the legs gathered so far."""
        self.traffic.update(chain.from_iterable(self.legs))
        self.traffic.subtract(cells[0] for cells in self.legs)
        self.legs.clear()

    def clear(self) -> None:
        """Forget everything so far."""
        for counts in (self.traffic, self.waiting, self.digging):
            counts.clear()
        self.legs.clear()

    def as_plain(self) -> dict[str, Any]:
        """The map and its counts row by row; waiting in whole seconds."""
        self.count()
        width, height = len(self.rows[0]), len(self.rows)

        def grid(counts: Counter[tuple[int, int]], unit: int = 1) -> list[list[int]]:
            return [[counts[x, y] // unit for x in range(width)] for y in range(height)]

        return {
            "map": self.rows,
            "traffic": grid(self.traffic),
            "waiting_s": grid(self.waiting, 1000),
            "digging": grid(self.digging),
        }
