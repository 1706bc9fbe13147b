"""Where carriers go that stand in the way of another."""

from __future__ import annotations

from itertools import islice
from typing import Protocol

from twin.domain.floor import NOBODY
from twin.policies.lane_order import LaneOrder, first_spots
from twin.policies.registry import RELOCATION, register
from twin.policies.view import DeckView, PlantView, Spot


class Relocation(Protocol):
    """Chooses positions for blocking carriers."""

    def spots(self, view: PlantView, deck: DeckView, source_lane: int, count: int) -> list[Spot] | None:
        """Positions for ``count`` carriers, in the order in which they are dug out, or None for now.

        In question come lanes other than ``source_lane`` that nobody works in, with
        ``DeckView.spare`` positions, each filled from its deepest free position. Where
        there is enough such room the answer must not be None.
        """
        ...


@register(RELOCATION, "nearest_free")
class NearestFree:
    """The nearest lanes with room."""

    def __init__(self) -> None:
        self._order = LaneOrder()

    def spots(self, view: PlantView, deck: DeckView, source_lane: int, count: int) -> list[Spot] | None:
        """See ``Relocation``."""
        return first_spots(deck, self._order.around_lane(deck, source_lane), count)


LOOKED_AT = 24
"""Lanes with room among which ``LeastLikely`` chooses."""


@register(RELOCATION, "least_likely")
class LeastLikely:
    """Of the nearest lanes with room those in which the fewest carriers will be asked for.

    What is put into a lane has to be dug out again when something behind it is asked
    for. Carriers that are asked for already count most, then those that were most often.
    """

    def __init__(self) -> None:
        self._order = LaneOrder()

    def spots(self, view: PlantView, deck: DeckView, source_lane: int, count: int) -> list[Spot] | None:
        """See ``Relocation``."""
        around = self._order.around_lane(deck, source_lane)
        open_lanes = (lane for lane in around if deck.lock[lane] == NOBODY and deck.spare(lane) > 0)
        near = list(islice(open_lanes, LOOKED_AT))
        near.sort(key=lambda lane: _asked_for(view, deck, lane))
        return first_spots(deck, near, count) or first_spots(
            deck, self._order.around_lane(deck, source_lane), count
        )


def _asked_for(view: PlantView, deck: DeckView, lane: int) -> tuple[int, int]:
    """Of the carriers in a lane: how many are asked for, and how often they were."""
    inside = [c for c in (deck.carrier_at[slot] for slot in deck.lanes[lane].slots) if c]
    now = sum(carrier in view.queues.visits_of for carrier in inside)
    return now, sum(view.state.carriers[carrier].presented for carrier in inside)
