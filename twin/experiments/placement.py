"""Where balconies, bots and carriers are put when a site does not list them one by one.

No chance is involved: the same map always gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from twin.domain.lanes import Lane, lanes_of
from twin.domain.layout import BALCONY, Balcony, BotStart, CarrierStart, Level, Place
from twin.domain.sitecheck import REST

FIRST_CARRIER = 1001


def drawn_balconies(levels: Sequence[Level]) -> tuple[Balcony, ...]:
    """The balconies that the maps show: handover places that touch each other are one balcony.

    Groups that start at the same x and y on several levels belong to the same one.
    Ids count from 1, row by row.
    """
    places: dict[tuple[int, int], list[Place]] = {}
    for level in levels:
        for group in _groups(level):
            x, y = level.xy[group[0]]
            places.setdefault((y, x), []).extend(Place(level.id, *level.xy[cell]) for cell in group)
    return tuple(Balcony(id_, tuple(places[start])) for id_, start in enumerate(sorted(places), 1))


def parked_bots(levels: Iterable[Level], per_level: int) -> tuple[BotStart, ...]:
    """``per_level`` bots on each level, on its first parking places and chargers; ids from 1."""
    cells = [(level, cell) for level in levels for cell in level.cells_of(REST)[:per_level]]
    return tuple(BotStart(id_, level.id, *level.xy[cell]) for id_, (level, cell) in enumerate(cells, 1))


def filled(levels: Iterable[Level], percent: int) -> tuple[CarrierStart, ...]:
    """Carriers on ``percent`` of each level's storage positions, rounded down.

    Every lane gets its share, packed from the back. Ids from 1001, by level and cell.
    """
    cells = [(level, cell) for level in levels for cell in _filled_cells(level, percent)]
    starts = enumerate(cells, FIRST_CARRIER)
    return tuple(CarrierStart(id_, level.id, *level.xy[cell]) for id_, (level, cell) in starts)


def packed(lanes: Iterable[Lane], count: int) -> tuple[int, ...]:
    """``count`` storage cells to fill, ascending: deepest first, the same share in every lane.

    Shares that are no whole numbers are rounded so that their running total is never
    off by one or more; lanes with one carrier more thus lie evenly among the others.
    """
    lanes = tuple(lanes)
    positions = sum(len(lane.slots) for lane in lanes)
    cells: list[int] = []
    passed = 0
    for lane in lanes:
        passed += len(lane.slots)
        share = count * passed // positions - len(cells)
        cells += lane.slots[len(lane.slots) - share :]
    return tuple(sorted(cells))


def _filled_cells(level: Level, percent: int) -> tuple[int, ...]:
    lanes = lanes_of(level)
    return packed(lanes, sum(len(lane.slots) for lane in lanes) * percent // 100)


def _groups(level: Level) -> Iterator[list[int]]:
    """Handover places that touch each other, each group and all groups in ascending order."""
    left = dict.fromkeys(level.cells_of(BALCONY))
    while left:
        group = [next(iter(left))]
        del left[group[0]]
        for cell in group:
            touching = [near for near in _beside(level, cell) if near in left]
            group += touching
            for near in touching:
                del left[near]
        yield sorted(group)


def _beside(level: Level, cell: int) -> Iterator[int]:
    x, y = level.xy[cell]
    for dx, dy in ((0, -1), (-1, 0), (1, 0), (0, 1)):
        if x + dx in range(level.width) and y + dy in range(level.height):
            yield level.cell(x + dx, y + dy)
