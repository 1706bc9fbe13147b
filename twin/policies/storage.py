"""Where carriers go: blocking ones out of the way, presented ones back into store.

Only lanes that nobody works in and that have a position nobody counts on come into
question; the deepest free position of a lane is taken, so that lanes fill from the
back and every free position stays within reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from twin.domain.floor import NOBODY, Deck
from twin.domain.work import Visit

Spot = tuple[int, int]
"""A cell and the lane it is in."""

NEIGHBOURS = 96
"""Lanes looked at by distance before all lanes are."""


class Storage(Protocol):
    """Chooses positions for carriers."""

    def relocation(self, deck: Deck, source_lane: int, count: int) -> list[Spot] | None:
        """Positions outside ``source_lane`` for ``count`` blocking carriers, or None for now."""
        ...

    def put_back(self, deck: Deck, visit: Visit) -> Spot | None:
        """Where a presented carrier goes, or None for now."""
        ...


class NearestFree:
    """Blocking carriers go to the nearest lane with room, presented ones to their own lane.

    A carrier whose own lane is being worked in goes to the nearest other lane with room.
    """

    def __init__(self) -> None:
        self._near: dict[tuple[int, int], tuple[int, ...]] = {}
        self._mouths: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def relocation(self, deck: Deck, source_lane: int, count: int) -> list[Spot] | None:
        """See ``Storage``."""
        spots: list[Spot] = []
        for lane in self._lanes_by_distance(deck, source_lane):
            if deck.lock[lane] == NOBODY:
                for _ in range(deck.spare(lane)):
                    taken = tuple(cell for cell, _ in spots)
                    spots.append((deck.deepest_free(lane, taken), lane))
                    if len(spots) == count:
                        return spots
        return None

    def put_back(self, deck: Deck, visit: Visit) -> Spot | None:
        """See ``Storage``."""
        assert visit.lane is not None
        if deck.lock[visit.lane] == NOBODY:
            return deck.deepest_free(visit.lane), visit.lane
        for lane in self._lanes_by_distance(deck, visit.lane):
            if deck.lock[lane] == NOBODY and deck.spare(lane) > 0:
                return deck.deepest_free(lane), lane
        return None

    def _lanes_by_distance(self, deck: Deck, lane: int) -> Iterator[int]:
        """The other lanes of a level, the one with the nearest mouth first.

        The nearest ones are remembered, as it is nearly always one of them.
        """
        level = deck.level.id
        key = (level, lane)
        if level not in self._mouths:
            self._mouths[level] = _mouths(deck)
        if key not in self._near:
            self._near[key] = tuple(_by_distance(self._mouths[level], lane)[:NEIGHBOURS])
        yield from self._near[key]
        if len(deck.lanes) - 1 > NEIGHBOURS:
            yield from _by_distance(self._mouths[level], lane)[NEIGHBOURS:]


def _by_distance(mouths: tuple[np.ndarray, np.ndarray], lane: int) -> list[int]:
    """All other lanes by the distance of mouths; leaving the aisle costs two turns, so it counts double."""
    xs, ys = mouths
    order: list[int] = np.argsort(abs(xs - xs[lane]) + 2 * abs(ys - ys[lane]), kind="stable").tolist()
    order.remove(lane)
    return order


def _mouths(deck: Deck) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of the mouths of all lanes of a level."""
    xs, ys = zip(*(deck.level.xy[lane.mouth] for lane in deck.lanes), strict=True)
    return np.array(xs), np.array(ys)
