"""Which waiting visit is begun next, and by which bot."""

from __future__ import annotations

from typing import Protocol

from twin.domain.bots import Bot
from twin.domain.floor import NOBODY, Deck
from twin.domain.plant import Plant
from twin.domain.work import PLANNING_MS, Visit

WINDOW = 6
"""Visits looked at per balcony before the rest of its queue is left for the next time."""

URGENT_AFTER_MS = 600_000
"""A visit that could be begun but for room and has waited this long keeps younger ones back."""


class Dispatch(Protocol):
    """Chooses visits and bots."""

    def candidates(self, plant: Plant, level: int, now: int) -> list[Visit]:
        """Visits of a level that have a free handover place and a stored carrier, most urgent first.

        None that was asked for less than ``PLANNING_MS`` ago.
        """
        ...

    def bots(self, plant: Plant, level: int, cell: int) -> list[Bot]:
        """The free bots of a level, the one to be sent to ``cell`` first."""
        ...


class NearestBot:
    """Serves the most urgent, then the oldest visit, with the bot that has the shortest way."""

    def candidates(self, plant: Plant, level: int, now: int) -> list[Visit]:
        """See ``Dispatch``."""
        deck = plant.decks[level]
        found: list[Visit] = []
        visits, carriers = plant.state.visits, plant.state.carriers
        for balcony, queue in plant.queues.waiting.get(level, {}).items():
            if queue and free_place(plant, deck, balcony) is not None:
                for _, _, visit_id in queue[:WINDOW]:
                    visit = visits[visit_id]
                    if visit.queued_ms + PLANNING_MS <= now and carriers[visit.carrier].cell is not None:
                        found.append(visit)
        return sorted(found, key=Visit.rank) if len(found) > 1 else found

    def bots(self, plant: Plant, level: int, cell: int) -> list[Bot]:
        """See ``Dispatch``."""
        deck = plant.decks[level]
        xy = deck.level.xy
        x, y = xy[cell]

        def key(bot: Bot) -> tuple[int, int]:
            bx, by = xy[bot.cell]
            return (abs(bx - x) + abs(by - y), bot.id)

        return sorted((plant.state.bots[b] for b in deck.free_bots), key=key)


def free_place(plant: Plant, deck: Deck, balcony: int) -> int | None:
    """The first free handover place of a balcony on a level, if it is not blocked."""
    if plant.damage.is_closed(balcony):
        return None
    for cell in plant.places[deck.level.id][balcony]:
        if deck.place_user[cell] == NOBODY:
            return cell
    return None
