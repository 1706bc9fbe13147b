"""Where bots wait when there is nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twin.domain.floor import NOBODY
from twin.domain.layout import BALCONY
from twin.policies.registry import PARKING, register
from twin.policies.view import DeckView, PlantView


class Parking(Protocol):
    """Chooses parking places."""

    def place(self, view: PlantView, deck: DeckView, cell: int, to_charge: bool) -> int:
        """A free parking place or charger for a bot that will be at ``cell``.

        There are at least as many as bots, so one is always free.
        """
        ...


@register(PARKING, "nearest")
class NearestParking:
    """The nearest free place of the better kind, then of the other, then the smallest cell.

    A bot that should charge goes to a charger, any other leaves the chargers free.
    """

    def place(self, view: PlantView, deck: DeckView, cell: int, to_charge: bool) -> int:
        """See ``Parking``."""
        return _best(deck, to_charge, lambda place: distance(deck, place, cell))


@register(PARKING, "near_balcony")
class NearBalcony:
    """The free place nearest to any handover place, to be at hand when work comes; then the nearest.

    To a charger a bot goes the shortest way all the same.
    """

    def place(self, view: PlantView, deck: DeckView, cell: int, to_charge: bool) -> int:
        """See ``Parking``."""
        if to_charge:
            return _best(deck, True, lambda place: distance(deck, place, cell))
        handover = deck.level.cells_of(BALCONY)
        width = 2 * (deck.level.width + deck.level.height)

        def way(place: int) -> int:
            to_balcony = min((distance(deck, place, b) for b in handover), default=0)
            return to_balcony * width + distance(deck, place, cell)

        return _best(deck, False, way)


def distance(deck: DeckView, a: int, b: int) -> int:
    """Cells between two cells along both axes."""
    (ax, ay), (bx, by) = deck.level.xy[a], deck.level.xy[b]
    return abs(ax - bx) + abs(ay - by)


def _best(deck: DeckView, to_charge: bool, way: Callable[[int], int]) -> int:
    feeds = deck.feeds
    free = (place for place, user in deck.parking_user.items() if user == NOBODY)
    return min(free, key=lambda place: (feeds(place) != to_charge, way(place), place))
