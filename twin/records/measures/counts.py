"""What is counted within the window of a run."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from twin.records.measures.orders import PARTS, Kept, Parts


def _longs() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Window:
    """Counts since ``since_ms``. ``open_ms`` and ``stored_ms`` are integrals over time.

    ``leads`` are lead times of orders that ended, ``parts`` their parts, ``cycles`` the
    times from sending a bot to its being free again; all in ms. ``kept`` tells by stream how
    promises were kept; the empty name stands for all orders.
    """

    since_ms: int = 0
    lines: int = 0
    refills: int = 0
    failed_orders: int = 0
    presentations: int = 0
    digs: int = 0
    returns: int = 0
    open_ms: int = 0
    open_since: int = -1
    stored_ms: int = 0
    stored_since: int = -1
    leads: array[int] = field(default_factory=_longs)
    parts: list[array[int]] = field(default_factory=lambda: [_longs() for _ in PARTS])
    cycles: array[int] = field(default_factory=_longs)
    kept: dict[str, Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open_since = self.stored_since = self.since_ms

    def open(self, orders: int, now: int) -> None:
        """``orders`` have been open up to now."""
        self.open_ms += orders * (now - self.open_since)
        self.open_since = now

    def store(self, carriers: int, now: int) -> None:
        """``carriers`` have stood in store up to now."""
        self.stored_ms += carriers * (now - self.stored_since)
        self.stored_since = now

    def lead(self, parts: Parts) -> None:
        """An order has ended."""
        self.leads.append(sum(parts))
        for column, part in zip(self.parts, parts, strict=True):
            column.append(part)
