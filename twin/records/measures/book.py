"""What the watchers of a run write into."""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.domain.layout import Battery
from twin.records.measures.counts import Window
from twin.records.measures.pictures import LevelMaps, Pictures


@dataclass(slots=True)
class Book:
    """The counts of the window, and what is known of the site.

    ``kinds`` and ``maps`` are by level, ``positions`` is the number of storage positions,
    ``cells`` that of all positions with a floor, ``stored`` how many carriers
    stand in store, ``open_orders`` how many orders are open.
    """

    window: Window = field(default_factory=Window)
    pictures: Pictures = field(default_factory=Pictures)
    battery: Battery = field(default_factory=Battery)
    kinds: dict[int, list[str]] = field(default_factory=dict)
    maps: dict[int, LevelMaps] = field(default_factory=dict)
    positions: int = 0
    cells: int = 0
    stored: int = 0
    open_orders: int = 0
