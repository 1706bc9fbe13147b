"""Lanes by their distance, remembered: what the choices of positions have in common.

Only lanes that nobody works in and that have a position nobody counts on come into
question; the deepest free position of a lane is taken, so that lanes fill from the
back and every free position stays within reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from twin.domain.floor import NOBODY
from twin.policies.view import DeckView, Spot

NEIGHBOURS = 96
"""Lanes looked at by distance before all lanes are."""

Point = tuple[int, int]


class LaneOrder:
    """The lanes of levels by the distance of their mouths; leaving the aisle costs two turns, so it
    counts double. What is remembered depends on maps alone.
    """

    def __init__(self) -> None:
        self._near: dict[tuple[int, Point], tuple[int, ...]] = {}
        self._mouths: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def around_lane(self, deck: DeckView, lane: int) -> Iterator[int]:
        """The other lanes, the one with the nearest mouth first."""
        return (other for other in self._around(deck, deck.lanes[lane].mouth) if other != lane)

    def around_cell(self, deck: DeckView, cell: int) -> Iterator[int]:
        """All lanes, the one whose mouth is nearest to a cell first."""
        return self._around(deck, cell)

    def _around(self, deck: DeckView, cell: int) -> Iterator[int]:
        level, point = deck.level.id, deck.level.xy[cell]
        if level not in self._mouths:
            self._mouths[level] = _mouths(deck)
        mouths = self._mouths[level]
        near = self._near.get((level, point))
        if near is None:
            near = self._near[level, point] = tuple(_by_distance(mouths, point)[:NEIGHBOURS])
        yield from near
        if len(deck.lanes) > NEIGHBOURS:
            yield from _by_distance(mouths, point)[NEIGHBOURS:]


def first_spots(deck: DeckView, lanes: Iterable[int], count: int) -> list[Spot] | None:
    """The first ``count`` positions to be had in lanes taken in order, or None."""
    spots: list[Spot] = []
    for lane in lanes:
        if deck.lock[lane] == NOBODY:
            for _ in range(deck.spare(lane)):
                taken = tuple(cell for cell, _ in spots)
                spots.append((deck.deepest_free(lane, taken), lane))
                if len(spots) == count:
                    return spots
    return None


def _by_distance(mouths: tuple[np.ndarray, np.ndarray], point: Point) -> list[int]:
    xs, ys = mouths
    order: list[int] = np.argsort(abs(xs - point[0]) + 2 * abs(ys - point[1]), kind="stable").tolist()
    return order


def _mouths(deck: DeckView) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of the mouths of all lanes of a level."""
    xs, ys = zip(*(deck.level.xy[lane.mouth] for lane in deck.lanes), strict=True)
    return np.array(xs), np.array(ys)
