"""Which carriers are brought near their balcony before it is their turn, and where to.

A visit whose balcony has no free handover place must wait. Where bots are free
meanwhile, its carrier can be dug out and put down in a lane near the balcony, so that
little is left to be done when a place becomes free. It is done once per visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from twin.domain.floor import NOBODY
from twin.domain.work import PLANNING_MS
from twin.policies.dispatch import free_place
from twin.policies.lane_order import LaneOrder
from twin.policies.registry import BUFFERING, register
from twin.policies.view import DeckView, PlantView, Spot, VisitView


class Buffering(Protocol):
    """Chooses carriers that are brought near their balcony."""

    def proposals(self, view: PlantView, level: int, now: int) -> Iterable[VisitView]:
        """Visits that wait, whose carrier is in store and was not buffered for them, in order of trial.

        Asked when all visits that can be have been begun and bots are still free.
        """
        ...

    def spot(self, view: PlantView, deck: DeckView, visit: VisitView, taken: tuple[Spot, ...]) -> Spot | None:
        """Where to put the carrier: a free position besides those ``taken``, or None for now.

        In question come the lanes of ``Relocation.spots``, each with its deepest free position.
        """
        ...


@register(BUFFERING, "none")
class NoBuffering:
    """Every carrier stays in its place until a bot brings it to the balcony."""

    def proposals(self, view: PlantView, level: int, now: int) -> Iterable[VisitView]:
        """See ``Buffering``."""
        return ()

    def spot(self, view: PlantView, deck: DeckView, visit: VisitView, taken: tuple[Spot, ...]) -> Spot | None:
        """See ``Buffering``."""
        return None


AHEAD = 2
"""Visits of a balcony's queue, per level, whose carriers may be brought near it."""

BOTS_LEFT = 1
"""Free bots that are kept for what may come meanwhile."""

LEAST_GAIN = 12
"""Cells by which the way to the balcony must become shorter, what blocks the carrier included."""

DIG_CELLS = 20
"""What digging out one blocking carrier is worth, in cells driven."""


@register(BUFFERING, "near_balcony")
class NearBalconyBuffer:
    """The next carriers of balconies whose handover places are taken, into the nearest lanes with room.

    Only while more than ``BOTS_LEFT`` bots are free, and only where it gains at least
    ``LEAST_GAIN`` cells of way.
    """

    def __init__(self) -> None:
        self._order = LaneOrder()

    def proposals(self, view: PlantView, level: int, now: int) -> Iterator[VisitView]:
        """See ``Buffering``."""
        deck = view.decks[level]
        for balcony, queue in view.queues.waiting.get(level, {}).items():
            if queue and free_place(view, deck, balcony) is None:
                for _, _, visit_id in queue[:AHEAD]:
                    if len(deck.free_bots) <= BOTS_LEFT:
                        return
                    visit = view.state.visits[visit_id]
                    if visit.home is None and visit.queued_ms + PLANNING_MS <= now:
                        yield visit

    def spot(self, view: PlantView, deck: DeckView, visit: VisitView, taken: tuple[Spot, ...]) -> Spot | None:
        """See ``Buffering``."""
        place = view.places[visit.level][visit.balcony][0]
        cell = view.state.carriers[visit.carrier].cell
        assert cell is not None
        used = [lane for _, lane in taken]
        for lane in self._order.around_cell(deck, place):
            if lane == deck.lane_of[cell]:
                return None
            if deck.lock[lane] == NOBODY and deck.spare(lane) > used.count(lane):
                spot = deck.deepest_free(lane, tuple(c for c, _ in taken))
                gain = _cells(deck, cell, place) + DIG_CELLS * view.depth(visit.carrier)
                return (spot, lane) if gain - _cells(deck, spot, place) >= LEAST_GAIN else None
        return None


def _cells(deck: DeckView, a: int, b: int) -> int:
    (ax, ay), (bx, by) = deck.level.xy[a], deck.level.xy[b]
    return abs(ax - bx) + abs(ay - by)
