"""Where a presented carrier goes back into store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from twin.domain.floor import NOBODY
from twin.policies.lane_order import LaneOrder, first_spots
from twin.policies.registry import PUT_BACK, register
from twin.policies.view import DeckView, PlantView, Spot, VisitView


class PutBack(Protocol):
    """Chooses positions for carriers that come back from a balcony."""

    def spot(self, view: PlantView, deck: DeckView, visit: VisitView) -> Spot | None:
        """A free position, or None for now.

        In question come ``VisitView.lane``, where room is kept for the carrier, and every
        lane with ``DeckView.spare`` positions, unless somebody works in it; of a lane its
        deepest free position (``DeckView.deepest_free``). Where the
        lane of the visit is free of others the answer must not be None, so that the
        carrier is never kept from going back.
        """
        ...


@register(PUT_BACK, "own_place")
class OwnPlace:
    """Into the lane it came from; while somebody works there, into the nearest other with room."""

    def __init__(self) -> None:
        self._order = LaneOrder()

    def spot(self, view: PlantView, deck: DeckView, visit: VisitView) -> Spot | None:
        """See ``PutBack``."""
        own = _kept(deck, visit)
        if own is not None:
            return own
        assert visit.lane is not None
        return _first(deck, self._order.around_lane(deck, visit.lane))


@register(PUT_BACK, "nearest")
class NearestLane:
    """Into the lane with room that is nearest to the handover place: short ways back.

    What was asked for last comes to stand near the balconies.
    """

    def __init__(self) -> None:
        self._order = LaneOrder()

    def spot(self, view: PlantView, deck: DeckView, visit: VisitView) -> Spot | None:
        """See ``PutBack``."""
        assert visit.place is not None
        return _first_or_kept(deck, visit, self._order.around_cell(deck, visit.place))


HOT, WARM = 2, 1
"""Classes by presentations: at least this many times the mean of the level's carriers, plus one.

The one that is added keeps the first presentations of a run from making a class.
"""


@register(PUT_BACK, "turnover")
class Turnover:
    """By turnover class: the more often a carrier is asked for, the nearer it is put to the balcony.

    Class A (at least ``HOT`` times as many presentations as the mean carrier of its level, plus
    one) goes to the nearest lane with room, class B (at least ``WARM`` times) to the second
    third of the lanes by distance, class C back into its own lane. Class-based storage:
    Hausman, Schwarz and Graves (1976), here with the classes learnt as the run goes.
    """

    def __init__(self) -> None:
        self._order = LaneOrder()

    def spot(self, view: PlantView, deck: DeckView, visit: VisitView) -> Spot | None:
        """See ``PutBack``."""
        assert visit.place is not None
        assert visit.lane is not None
        asked = view.state.carriers[visit.carrier].presented * deck.carriers
        mean = deck.presented + deck.carriers
        if asked < WARM * mean:
            own = _kept(deck, visit)
            return own if own is not None else _first(deck, self._order.around_lane(deck, visit.lane))
        lanes = list(self._order.around_cell(deck, visit.place))
        third = 0 if asked >= HOT * mean else len(lanes) // 3
        return _first_or_kept(deck, visit, [*lanes[third:], *lanes[:third]])


def _kept(deck: DeckView, visit: VisitView) -> Spot | None:
    """The position kept for a carrier, unless somebody works in that lane."""
    assert visit.lane is not None
    return (deck.deepest_free(visit.lane), visit.lane) if deck.lock[visit.lane] == NOBODY else None


def _first(deck: DeckView, lanes: Iterable[int]) -> Spot | None:
    spots = first_spots(deck, lanes, 1)
    return spots[0] if spots else None


def _first_or_kept(deck: DeckView, visit: VisitView, lanes: Iterable[int]) -> Spot | None:
    """The first lane in order with room, the one with the position kept for the carrier among them."""
    for lane in lanes:
        if deck.lock[lane] == NOBODY and (lane == visit.lane or deck.spare(lane) > 0):
            return deck.deepest_free(lane), lane
    return None
