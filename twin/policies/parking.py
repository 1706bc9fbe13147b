"""Where bots wait when there is nothing to do."""

from __future__ import annotations

from typing import Protocol

from twin.domain.floor import NOBODY, Deck


class Parking(Protocol):
    """Chooses parking places."""

    def parking(self, deck: Deck, cell: int) -> int:
        """A free parking place or charger for a bot that will be at ``cell``."""
        ...


class NearestParking:
    """The free parking place or charger with the shortest way, then the smallest cell."""

    def parking(self, deck: Deck, cell: int) -> int:
        """See ``Parking``. There are at least as many places as bots, so one is always free."""
        xy = deck.level.xy
        x, y = xy[cell]

        def key(place: int) -> tuple[int, int]:
            px, py = xy[place]
            return (abs(px - x) + abs(py - y), place)

        return min((p for p, user in deck.parking_user.items() if user == NOBODY), key=key)
