"""Which waiting visit is begun next, and by which bot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush, merge
from itertools import chain
from typing import Protocol

import numpy as np

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

Rank = tuple[int, int, int]
"""By what visits are served in turn; it ends with their id."""
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
        for visit in _ready(view, merge(*_windows(view, level)), now):
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
        bots = list(deck.free_bots)
        ways = _Ways(view, deck, bots)
        for visit, row in ways.cheapest_first(_ready(view, merge(*_windows(view, level)), now)):
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
        from scipy.optimize import linear_sum_assignment  # It is slow to load.

        deck = view.decks[level]
        visits = sorted(waiting_visits(view, level, now), key=_id)
        bots = sorted(deck.free_bots)
        ways = _Ways(view, deck, bots)
        costs = np.array([ways.costs(visit) for visit in visits], dtype=np.int64)
        rows, columns = linear_sum_assignment(costs.reshape(len(visits), len(bots)))
        pairs = sorted((visits[r].rank(), r, bots[c]) for r, c in zip(rows, columns, strict=True))
        for _, row, bot in pairs:
            yield visits[row], [view.state.bots[bot]]


def waiting_visits(view: PlantView, level: int, now: int) -> list[VisitView]:
    """The visits of a level that could be begun: handover place free, carrier in store.

    The first ``WINDOW`` of each balcony's queue, without those that were asked for less
    than ``PLANNING_MS`` ago.
    """
    return list(_ready(view, chain(*_windows(view, level)), now))


def _windows(view: PlantView, level: int) -> list[Sequence[Rank]]:
    """The first in the queue of each balcony with a free handover place, as they are now."""
    deck = view.decks[level]
    queues = view.queues.waiting.get(level, {})
    served = [b for b, queue in queues.items() if queue and free_place(view, deck, b) is not None]
    return [queues[balcony][:WINDOW] for balcony in served]


def _ready(view: PlantView, ranks: Iterable[Rank], now: int) -> Iterator[VisitView]:
    """Those of some visits that were asked for long enough ago and whose carrier is in store."""
    visits, carriers, latest = view.state.visits, view.state.carriers, now - PLANNING_MS
    for _, _, visit_id in ranks:
        visit = visits[visit_id]
        if visit.queued_ms <= latest and carriers[visit.carrier].cell is not None:
            yield visit


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
    users = deck.place_user
    for cell in view.places[deck.level.id][balcony]:
        if users[cell] == NOBODY:
            return None if view.damage.is_closed(balcony) else cell
    return None


class _Ways:
    """What it costs to send each of some bots for a visit."""

    def __init__(self, view: PlantView, deck: DeckView, bots: list[int]) -> None:
        self._deck, self._carriers, self._xy = deck, view.state.carriers, deck.level.xy
        self._at = [self._xy[view.state.bots[bot].cell] for bot in bots]
        self._cell_ms = WORTH * (view.site.pitch_mm * 1000 // view.site.motion.unladen.speed_mm_s)

    def costs(self, visit: VisitView) -> list[int]:
        """By bot, in ms: the rank of the visit, and ``WORTH`` times the bot's way to it."""
        x, y = self._xy[self._deck.front(self._carriers[visit.carrier].cell or 0)]
        rank, cell_ms = visit.rank()[0], self._cell_ms
        return [rank + cell_ms * (abs(x - bx) + abs(y - by)) for bx, by in self._at]

    def cheapest_first(self, visits: Iterable[VisitView]) -> Iterator[tuple[VisitView, list[int]]]:
        """The visits, which come by their rank, by the cost of their nearest bot; ties by id.

        None costs less than its rank, so whoever asks for the first few need not look at them all.
        """
        if not self._at:
            return
        best: list[tuple[int, int, VisitView, list[int]]] = []
        for visit in visits:
            row = self.costs(visit)
            if best:
                rank = visit.rank()[0]
                while best and best[0][0] < rank:
                    yield heappop(best)[2:]
            heappush(best, (min(row), visit.id, visit, row))
        while best:
            yield heappop(best)[2:]


def _id(visit: VisitView) -> int:
    return visit.id
