"""Regular sites from a few numbers, and random ones that are always well-formed.

All have the same plan: blocks of lanes between long aisles, cross aisles through
the blocks and around them so that there are always two ways, and endpoints as
pockets in the first and last row, where a standing bot blocks nobody.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.domain.errors import Invalid
from twin.domain.lanes import lanes_of
from twin.domain.layout import (
    AISLE,
    BALCONY,
    CHARGER,
    PARKING,
    STORAGE,
    WALL,
    CarrierStart,
    Level,
    Motion,
    Site,
)
from twin.domain.limits import MAX_POSITIONS
from twin.experiments.placement import FIRST_CARRIER, drawn_balconies, filled, packed, parked_bots

if TYPE_CHECKING:
    import numpy as np

    Chance = random.Random | np.random.Generator

PITCH_MM = 600

SHAPE_LIMITS: Mapping[str, tuple[int, int]] = {
    "deep": (1, 20),
    "columns": (1, 10_000),
    "blocks": (1, 10_000),
    "cross_every": (1, 10_000),
    "parking": (0, 10_000),
    "chargers": (0, 10_000),
    "balconies": (0, 1000),
    "balcony_places": (1, 20),
}
"""Smallest and largest value of each field of ``LaneShape``."""


@dataclass(frozen=True, slots=True)
class LaneShape:
    """A regular level. It holds ``columns * blocks * 2 * deep`` storage positions.

    ``deep``: positions per lane. ``columns``: lanes side by side along an aisle.
    ``blocks``: blocks of two lanes back to back between two aisles. ``cross_every``:
    columns between two cross aisles. The others count endpoints; ``balcony_places``
    are the handover places of each balcony on this level.
    """

    deep: int = 3
    columns: int = 20
    blocks: int = 2
    cross_every: int = 10
    parking: int = 6
    chargers: int = 2
    balconies: int = 2
    balcony_places: int = 2

    @property
    def width(self) -> int:
        """Positions per row: the columns, the cross aisles among them and one on either side."""
        return self.columns + (self.columns - 1) // self.cross_every + 2

    @property
    def height(self) -> int:
        """Rows: the blocks, an aisle along each and one more, and the two rows of pockets."""
        return self.blocks * (2 * self.deep + 1) + 3


def lane_level(level_id: int, height_mm: int, shape: LaneShape) -> Level:
    """A regular level. Raises Invalid if the endpoints do not fit into its first and last row."""
    if shape.width * shape.height > MAX_POSITIONS:
        size = f"{shape.width} x {shape.height} positions"
        raise Invalid("columns", f"{size} are more than {MAX_POSITIONS}; take fewer columns or blocks")
    crossing = _crossing(shape)
    first, last = (_spread(pockets, shape.width) for pockets in _shared_out(shape))
    return Level(level_id, height_mm, _drawn(shape, crossing, first, last))


def lane_site(
    name: str, shape: LaneShape, *, levels: int = 1, bots_per_level: int = 4, fill_percent: int = 85
) -> Site:
    """A site of equal regular levels, 400 mm apart, with default motion.

    Raises Invalid if a level lacks parking places and chargers for its bots.
    """
    first = lane_level(1, 0, shape)
    if bots_per_level > shape.parking + shape.chargers:
        raise Invalid("parking", f"{bots_per_level} bots need as many parking places and chargers")
    drawn = tuple(replace(first, id=1 + index, height_mm=400 * index) for index in range(levels))
    bots, carriers = parked_bots(drawn, bots_per_level), filled(drawn, fill_percent)
    return Site(name, PITCH_MM, Motion(), drawn, drawn_balconies(drawn), bots, carriers)


def random_site(chance: Chance, bots: int, fill_percent: int, *, deep: int | None = None) -> Site:
    """A well-formed site of one level, drawn from the caller's seeded stream.

    1 to 3 balconies of 1 to 3 places, lanes 1 to 4 deep (or exactly ``deep``), some
    pillars, some one-way cross aisles. As full as asked, but with room to dig.
    """
    runs = _random_pockets(chance, bots)
    shape = _random_shape(chance, deep, sum(len(run) + 1 for run in runs))
    crossing = _with_one_ways(chance, _crossing(shape))
    first, last = _random_edges(chance, runs, shape.width)
    rows = _with_pillars(chance, shape, _drawn(shape, crossing, first, last))
    level = Level(1, 0, rows)
    return Site(
        name=f"random with {bots} bots, {fill_percent} % full",
        pitch_mm=PITCH_MM,
        motion=Motion(),
        levels=(level,),
        balconies=drawn_balconies((level,)),
        bots=parked_bots((level,), bots),
        carriers=_as_full_as_digging_allows(level, fill_percent),
    )


def _crossing(shape: LaneShape) -> str:
    """One row through the lanes: storage, cut by cross aisles."""
    groups = range(0, shape.columns, shape.cross_every)
    parts = [STORAGE * min(shape.cross_every, shape.columns - start) for start in groups]
    return AISLE + AISLE.join(parts) + AISLE


def _drawn(shape: LaneShape, crossing: str, first: str, last: str) -> tuple[str, ...]:
    aisle = AISLE * shape.width
    block = [crossing] * (2 * shape.deep) + [aisle]
    return (first, aisle, *(block * shape.blocks), last)


def _shared_out(shape: LaneShape) -> tuple[list[str], list[str]]:
    """The pockets of the first and of the last row: half of each kind, kinds evenly mixed."""
    balconies = [BALCONY * shape.balcony_places] * shape.balconies
    parking, chargers = [PARKING] * shape.parking, [CHARGER] * shape.chargers
    first = _mixed(balconies[0::2], parking[1::2], chargers[0::2])
    return first, _mixed(balconies[1::2], parking[0::2], chargers[1::2])


def _mixed(*kinds: list[str]) -> list[str]:
    ranked = [
        ((2 * index + 1) / (2 * len(runs)), order, run)
        for order, runs in enumerate(kinds)
        for index, run in enumerate(runs)
    ]
    return [run for _, _, run in sorted(ranked)]


def _spread(runs: Sequence[str], width: int) -> str:
    """A row of pockets, evenly spaced, never touching."""
    slack = width - sum(len(run) + 1 for run in runs) + 1
    if slack < 0:
        reason = f"a row of {width} leaves no room for {len(runs)} groups of endpoints side by side"
        raise Invalid("columns", f"{reason}; add {-slack} columns or take fewer endpoints")
    offsets = [slack * (2 * index + 1) // (2 * len(runs)) for index in range(len(runs))]
    return _placed(runs, offsets, width, WALL)


def _placed(runs: Sequence[str], offsets: Sequence[int], width: int, filler: str) -> str:
    """The runs in one row, each ``offset`` further right than packed with gaps of one."""
    row, start = [filler] * width, 0
    for run, offset in zip(runs, offsets, strict=True):
        row[start + offset : start + offset + len(run)] = run
        start += len(run) + 1
    return "".join(row)


def _draw(chance: Chance, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    if isinstance(chance, random.Random):
        return chance.randint(low, high)
    return int(chance.integers(low, high, endpoint=True))


def _shuffled(chance: Chance, items: Sequence[str]) -> list[str]:
    left = list(items)
    return [left.pop(_draw(chance, 0, len(left) - 1)) for _ in items]


def _random_shape(chance: Chance, deep: int | None, pockets: int) -> LaneShape:
    """Large enough that the pockets, with the gaps between them, fit into two rows."""
    return LaneShape(
        deep=_draw(chance, 1, 4) if deep is None else deep,
        columns=max(_draw(chance, 4, 20), (pockets + 1) // 2 + 4),
        blocks=_draw(chance, 1, 3),
        cross_every=_draw(chance, 3, 9),
    )


def _random_pockets(chance: Chance, bots: int) -> list[str]:
    balconies = [BALCONY * _draw(chance, 1, 3) for _ in range(_draw(chance, 1, 3))]
    spare = _draw(chance, 0, 3)
    rest = CHARGER + "".join(_draw_kind(chance) for _ in range(bots + spare - 1))
    return _shuffled(chance, [*balconies, *_chopped(chance, rest)])


def _draw_kind(chance: Chance) -> str:
    return CHARGER if _draw(chance, 1, 4) == 1 else PARKING


def _chopped(chance: Chance, text: str) -> Iterator[str]:
    while text:
        size = _draw(chance, 1, 3)
        yield text[:size]
        text = text[size:]


def _random_edges(chance: Chance, runs: Sequence[str], width: int) -> tuple[str, str]:
    """First and last row; the first is filled until the next run no longer fits."""
    first: list[str] = []
    last: list[str] = []
    limit = _draw(chance, width // 2 + 4, width)
    for run in runs:
        fits = sum(len(other) + 1 for other in first) + len(run) <= limit
        (first if fits and not last else last).append(run)
    return _random_edge(chance, first, width), _random_edge(chance, last, width)


def _random_edge(chance: Chance, runs: Sequence[str], width: int) -> str:
    slack = width - sum(len(run) + 1 for run in runs) + 1
    offsets = sorted(_draw(chance, 0, slack) for _ in runs)
    filler = STORAGE if _draw(chance, 1, 3) == 1 else WALL
    return _placed(runs, offsets, width, filler)


def _with_one_ways(chance: Chance, crossing: str) -> str:
    """Some inner cross aisles become one-way; those around the blocks keep every way open."""
    inner = (_draw_way(chance) if kind == AISLE else kind for kind in crossing[1:-1])
    return AISLE + "".join(inner) + AISLE


def _draw_way(chance: Chance) -> str:
    return (AISLE, AISLE, "v", "^")[_draw(chance, 0, 3)]


def _with_pillars(chance: Chance, shape: LaneShape, rows: tuple[str, ...]) -> tuple[str, ...]:
    """Up to three pillars, each at the back of a lane, where nothing lies behind it."""
    drawn = [list(row) for row in rows]
    for _ in range(_draw(chance, 0, 3)):
        block = _draw(chance, 0, shape.blocks - 1)
        y = 1 + block * (2 * shape.deep + 1) + shape.deep + _draw(chance, 0, 1)
        x = _draw(chance, 1, shape.width - 2)
        if drawn[y][x] == STORAGE:
            drawn[y][x] = WALL
    return tuple("".join(row) for row in drawn)


def _as_full_as_digging_allows(level: Level, percent: int) -> tuple[CarrierStart, ...]:
    lanes = lanes_of(level)
    positions = sum(len(lane.slots) for lane in lanes)
    most = positions - max(len(lane.slots) for lane in lanes) + 1
    cells = packed(lanes, min(positions * percent // 100, most))
    return tuple(CarrierStart(id_, 1, *level.xy[cell]) for id_, cell in enumerate(cells, FIRST_CARRIER))
