"""Where bots wait when there is nothing to do."""

from __future__ import annotations

from typing import Protocol

from twin.domain.floor import NOBODY, Deck


class Parking(Protocol):
    """Chooses parking places."""

    def parking(self, deck: Deck, cell: int, to_charge: bool) -> int:
        """A free parking place or charger for a bot that will be at ``cell``."""
        ...


class NearestParking:
    """The nearest free place of the better kind, then of the other, then the smallest cell.

    A bot that should charge goes to a charger, any other leaves the chargers free.
    """

    def parking(self, deck: Deck, cell: int, to_charge: bool) -> int:
        """See ``Parking``. There are at least as many places as bots, so one is always free."""
        feeds = deck.feeds
        xy = deck.level.xy
        x, y = xy[cell]

        def key(place: int) -> tuple[bool, int, int]:
            px, py = xy[place]
            return (feeds(place) != to_charge, abs(px - x) + abs(py - y), place)

        return min((p for p, user in deck.parking_user.items() if user == NOBODY), key=key)
