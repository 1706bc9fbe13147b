"""Which waiting visit is begun next, and by which bot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from twin.domain.floor import NOBODY
from twin.domain.work import PLANNING_MS
from twin.policies.registry import DISPATCH, register
from twin.policies.view import BotView, DeckView, PlantView, VisitView

WINDOW = 6
"""Visits looked at per balcony before the rest of its queue is left for the next time."""

URGENT_AFTER_MS = 600_000
"""A visit that could be begun but for room and has waited this long keeps younger ones back."""

WORTH = 10
"""What ``Nearest`` and ``Matching`` give for a shorter way: ms of waiting per ms of driving."""

Proposal = tuple[VisitView, Iterable[BotView]]
"""A visit, and the free bots that may serve it, the one to be asked first first."""


class Dispatch(Protocol):
    """Chooses visits and bots."""

    def proposals(self, view: PlantView, level: int, now: int) -> Iterable[Proposal]:
        """The visits of a level to be begun now, in the order in which they are tried.

        They are taken from ``waiting_visits``. A visit that is begun takes its bot out of
        the free ones before the next proposal is asked for. No visit may be put off
        without end: what is proposed first must depend on ``VisitView.rank`` so that
        only finitely many visits can come before any one of them.
        """
        ...


@register(DISPATCH, "oldest")
class Oldest:
    """The most urgent, then the oldest visit (by its rank), with the nearest bot."""

    def proposals(self, view: PlantView, level: int, now: int) -> Iterator[Proposal]:
        """See ``Dispatch``."""
        deck = view.decks[level]
        carriers = view.state.carriers
        found = waiting_visits(view, level, now)
        if len(found) > 1:
            found.sort(key=_rank)
        for visit in found:
            cell = carriers[visit.carrier].cell
            assert cell is not None
            yield visit, nearest_bots(view, deck, deck.front(cell))


@register(DISPATCH, "nearest")
class Nearest:
    """The visit and bot with the shortest way between them, as far as urgency and age allow.

    A way that is shorter by a second is worth ``WORTH`` seconds of waiting. So no visit is
    overtaken by one that came later than ``WORTH`` times the longest way.
    """

    def proposals(self, view: PlantView, level: int, now: int) -> Iterator[Proposal]:
        """See ``Dispatch``."""
        deck = view.decks[level]
        visits = waiting_visits(view, level, now)
        costs = _costs(view, deck, visits, list(deck.free_bots))
        best = sorted(
            (min(row), visit.id, visit, row) for row, visit in zip(costs.tolist(), visits, strict=True)
        )
        bots = list(deck.free_bots)
        for _, _, visit, row in best:
            ranked = sorted(zip(row, bots, strict=True))
            yield visit, [view.state.bots[bot] for _, bot in ranked if bot in deck.free_bots]


@register(DISPATCH, "matching")
class Matching:
    """All free bots and waiting visits at once: the pairs whose costs have the smallest sum.

    The cost of a pair is what ``Nearest`` looks at: the rank of the visit and the way of the
    bot. Solved exactly (Jonker-Volgenant; ``scipy.optimize.linear_sum_assignment``); bots and
    visits are ordered by id, so that ties are always broken alike.
    """

    def proposals(self, view: PlantView, level: int, now: int) -> Iterator[Proposal]:
        """See ``Dispatch``."""
        deck = view.decks[level]
        visits = sorted(waiting_visits(view, level, now), key=_id)
        bots = sorted(deck.free_bots)
        costs = _costs(view, deck, visits, bots)
        rows, columns = linear_sum_assignment(costs)
        pairs = sorted((visits[r].rank(), r, bots[c]) for r, c in zip(rows, columns, strict=True))
        for _, row, bot in pairs:
            yield visits[row], [view.state.bots[bot]]


def waiting_visits(view: PlantView, level: int, now: int) -> list[VisitView]:
    """The visits of a level that could be begun: handover place free, carrier in store.

    The first ``WINDOW`` of each balcony's queue, without those that were asked for less
    than ``PLANNING_MS`` ago.
    """
    deck = view.decks[level]
    found: list[VisitView] = []
    visits, carriers = view.state.visits, view.state.carriers
    for balcony, queue in view.queues.waiting.get(level, {}).items():
        if queue and free_place(view, deck, balcony) is not None:
            for _, _, visit_id in queue[:WINDOW]:
                visit = visits[visit_id]
                if visit.queued_ms + PLANNING_MS <= now and carriers[visit.carrier].cell is not None:
                    found.append(visit)
    return found


def nearest_bots(view: PlantView, deck: DeckView, cell: int) -> Iterator[BotView]:
    """The free bots of a level, the one nearest to ``cell`` first; ties go to the smallest id."""
    xy = deck.level.xy
    x, y = xy[cell]

    def key(bot: BotView) -> tuple[int, int]:
        bx, by = xy[bot.cell]
        return (abs(bx - x) + abs(by - y), bot.id)

    yield from sorted((view.state.bots[b] for b in deck.free_bots), key=key)


def free_place(view: PlantView, deck: DeckView, balcony: int) -> int | None:
    """The first free handover place of a balcony on a level, if it is not blocked."""
    if view.damage.is_closed(balcony):
        return None
    for cell in view.places[deck.level.id][balcony]:
        if deck.place_user[cell] == NOBODY:
            return cell
    return None


def _costs(view: PlantView, deck: DeckView, visits: list[VisitView], bots: list[int]) -> np.ndarray:
    """By visit and bot, in ms: the rank of the visit, and ``WORTH`` times the bot's way to it."""
    if not visits or not bots:
        return np.zeros((len(visits), len(bots)), dtype=np.int64)
    xy, carriers = deck.level.xy, view.state.carriers
    to = np.array([xy[deck.front(carriers[v.carrier].cell or 0)] for v in visits])
    at = np.array([xy[view.state.bots[b].cell] for b in bots])
    cell_ms = view.site.pitch_mm * 1000 // view.site.motion.unladen.speed_mm_s
    cells = np.abs(to[:, None, :] - at[None, :, :]).sum(axis=2)
    ranks = np.array([v.rank()[0] for v in visits], dtype=np.int64)
    costs: np.ndarray = ranks[:, None] + WORTH * cell_ms * cells
    return costs


def _rank(visit: VisitView) -> tuple[int, int, int]:
    return visit.rank()


def _id(visit: VisitView) -> int:
    return visit.id
