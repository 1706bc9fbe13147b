"""Asking policies, and checking what they choose where it is taken: before anything is changed for it.

What keeps to the docstrings of ``twin/policies`` passes. Anything else would come to light far from
the policy, or never, as work left undone: it is a ``BrokenPolicy`` with the policy's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from twin.domain.bots import Bot
from twin.domain.errors import BrokenPolicy
from twin.domain.floor import NO_LANE, NOBODY, Deck
from twin.domain.orders import Pick, Placing
from twin.domain.work import PLANNING_MS, QUEUED, Visit
from twin.policies import registry
from twin.policies.view import BotView, Spot

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


def broken(engine: Engine, decision: str, told: str) -> BrokenPolicy:
    """The error that says what the policy for a decision has chosen, and why that cannot be."""
    policy = getattr(engine.policies, decision)
    return BrokenPolicy(f"{decision} policy {registry.name_of(decision, policy)}: {told}")


MOST_PROPOSALS, MOST_PER_VISIT = 1000, 20
"""Proposals at one instant, besides so many for each open visit, that no policy needs."""

# -- work


def picks(engine: Engine, command: Placing) -> list[Pick]:
    """The boxes that are to serve a request, as the plant's own kind of picks."""
    found: object = engine.policies.allocation.allocate(engine.plant, command)
    if not isinstance(found, Iterable):
        raise broken(engine, registry.ALLOCATION, f"{_shown(found)} is no list of Picks")
    chosen = list(found)
    odd = next((pick for pick in chosen if not isinstance(pick, Pick)), None)
    if odd is not None:
        raise broken(engine, registry.ALLOCATION, f"{_shown(odd)} is no Pick")
    return chosen


def visits_to_begin(engine: Engine, deck: Deck) -> Iterator[tuple[Visit, Iterable[BotView]]]:
    """The visits that are proposed to be begun, each with its bots, which are not looked at yet."""
    level, dispatch = deck.level.id, engine.policies.dispatch
    latest = engine.now - PLANNING_MS
    for proposal in _each(engine, registry.DISPATCH, dispatch.proposals(engine.plant, level, engine.now)):
        if not isinstance(proposal, tuple) or len(proposal) != 2:
            raise broken(engine, registry.DISPATCH, f"{_shown(proposal)} is no pair of a visit and its bots")
        visit, bots = proposal
        visit = _visit(engine, registry.DISPATCH, level, visit)
        if visit.queued_ms > latest:
            told = f"visit {visit.id} was asked for less than {PLANNING_MS} ms ago; see waiting_visits"
            raise broken(engine, registry.DISPATCH, told)
        known = engine.plant.state.visits.get(visit.id)
        if known is not None:  # It may have been given up since it was proposed.
            yield known, bots


def bots_to_ask(engine: Engine, visit: Visit, bots: Iterable[BotView], most: int) -> Iterator[BotView]:
    """The first of the bots that are proposed for a visit."""
    if not hasattr(bots, "__iter__"):
        told = f"{_shown(bots)} for visit {visit.id} is no list of bots"
        raise broken(engine, registry.DISPATCH, told)
    for bot in islice(bots, most):
        if not isinstance(bot, Bot) or bot.level != visit.level:
            told = f"{_shown(bot)} for visit {visit.id} is no bot of level {visit.level}"
            raise broken(engine, registry.DISPATCH, told)
        yield bot


def visits_to_buffer(engine: Engine, deck: Deck) -> Iterator[Visit]:
    """The visits whose carriers are proposed to be brought near their balconies."""
    level, buffering = deck.level.id, engine.policies.buffering
    for proposed in _each(engine, registry.BUFFERING, buffering.proposals(engine.plant, level, engine.now)):
        visit = _visit(engine, registry.BUFFERING, level, proposed)
        known = engine.plant.state.visits.get(visit.id)
        if known is not None and known.state == QUEUED:  # It may have been begun since it was proposed.
            if known.home is not None:
                told = f"the carrier of visit {known.id} was buffered for it already"
                raise broken(engine, registry.BUFFERING, told)
            yield known


def _each(engine: Engine, decision: str, proposals: object) -> Iterator[object]:
    if not isinstance(proposals, Iterable):
        raise broken(engine, decision, f"{_shown(proposals)} is no list of proposals")
    left = MOST_PROPOSALS + MOST_PER_VISIT * len(engine.plant.state.visits)
    for proposal in proposals:
        if not left:
            raise broken(engine, decision, "the proposals have no end")
        left -= 1
        yield proposal


def _visit(engine: Engine, decision: str, level: int, proposed: object) -> Visit:
    if not isinstance(proposed, Visit) or proposed.level != level:
        raise broken(engine, decision, f"{_shown(proposed)} is no visit of level {level}")
    return proposed


# -- positions


def dig_spots(engine: Engine, deck: Deck, source: int, count: int) -> list[Spot] | None:
    """Where carriers in the way of one in lane ``source`` go, or None where there is no room now."""
    spots = engine.policies.relocation.spots(engine.plant, deck, source, count)
    if spots is None:
        if _has_room(deck, source, count):
            told = f"no room on level {deck.level.id} for {count} out of lane {source}, where there is enough"
            raise broken(engine, registry.RELOCATION, told)
        return None
    if not isinstance(spots, Sequence) or len(spots) != count:
        raise broken(engine, registry.RELOCATION, f"{_shown(spots)} is no list of {count} positions")
    for number, spot in enumerate(spots):
        _check_spot(engine, registry.RELOCATION, deck, spot, spots[:number], closed=source)
    return list(spots)


def _has_room(deck: Deck, source: int, count: int) -> bool:
    """Whether lanes that nobody works in have room for carriers out of another lane."""
    for lane, user in enumerate(deck.lock):
        if user == NOBODY and lane != source:
            count -= max(0, deck.spare(lane))
            if count <= 0:
                return True
    return False


def buffer_spot(engine: Engine, deck: Deck, visit: Visit, source: int, taken: list[Spot]) -> Spot | None:
    """Where the carrier of a visit is brought near its balcony, or None for not now."""
    spot = engine.policies.buffering.spot(engine.plant, deck, visit, tuple(taken))
    if spot is not None:
        _check_spot(engine, registry.BUFFERING, deck, spot, taken, closed=source)
    return spot


def return_spot(engine: Engine, deck: Deck, visit: Visit) -> Spot | None:
    """Where the carrier of a visit is put back, or None while somebody works in its lane."""
    assert visit.lane is not None
    spot = engine.policies.put_back.spot(engine.plant, deck, visit)
    if spot is not None:
        _check_spot(engine, registry.PUT_BACK, deck, spot, (), kept=visit.lane)
    elif deck.lock[visit.lane] == NOBODY:
        told = f"no place for carrier {visit.carrier}, though nobody works in its lane {visit.lane}"
        raise broken(engine, registry.PUT_BACK, f"{told} of level {deck.level.id}")
    return spot


def _check_spot(
    engine: Engine,
    decision: str,
    deck: Deck,
    spot: object,
    taken: Sequence[Spot],
    closed: int = NO_LANE,
    kept: int = NO_LANE,
) -> None:
    """Whether a carrier can be put on a position besides those ``taken``, and in no lane ``closed``.

    In lane ``kept`` room is kept for it.
    """
    found = _as_spot(spot)
    if found is None:
        raise broken(engine, decision, f"{_shown(spot)} is no position: a cell and its lane, two ints")
    cell, lane = found
    wrong = _spot_trouble(deck, cell, lane, taken, closed, kept)
    if wrong:
        raise broken(engine, decision, f"cell {cell} in lane {lane} of level {deck.level.id}: {wrong}")


def _as_spot(spot: object) -> Spot | None:
    if isinstance(spot, tuple | list) and len(spot) == 2 and all(type(part) is int for part in spot):
        return spot[0], spot[1]
    return None


def _spot_trouble(
    deck: Deck, cell: int, lane: int, taken: Sequence[Spot], closed: int, kept: int
) -> str | None:
    if not 0 <= cell < len(deck.lane_of) or deck.lane_of[cell] != lane or lane == NO_LANE:
        return "there is no such storage position"
    if lane == closed:
        return "the carriers are taken out of that lane"
    if deck.lock[lane] != NOBODY:
        return f"visit {deck.lock[lane]} works in that lane"
    if deck.carrier_at[cell]:
        return f"carrier {deck.carrier_at[cell]} stands there"
    used = tuple(each for each, other in taken if other == lane)
    if deck.spare(lane) + (lane == kept) <= len(used):
        return "others count on the free positions of that lane"
    deepest = deck.deepest_free(lane, used)
    return None if cell == deepest else f"a lane is filled from the back: cell {deepest} comes first"


def parking_place(engine: Engine, deck: Deck, cell: int, to_charge: bool) -> int:
    """Where a bot that will be at a cell parks."""
    place = engine.policies.parking.place(engine.plant, deck, cell, to_charge)
    if type(place) is not int or deck.parking_user.get(place) != NOBODY:
        told = f"{_shown(place)} is no free parking place or charger of level {deck.level.id}"
        raise broken(engine, registry.PARKING, told)
    return place


# -- charging


def seeks_charger(engine: Engine, bot: Bot, energy_mj: int) -> bool:
    """Whether a bot without work should charge."""
    return sure(engine, "seeks", engine.policies.charging.seeks(engine.plant, bot, energy_mj))


def idle_bots_move(engine: Engine, level: int) -> bool:
    """Whether parked bots of a level that should charge drive to free chargers now."""
    answer = engine.policies.charging.moves_idle(engine.plant, level)
    return answer if answer is True or answer is False else sure(engine, "moves_idle", answer)


def sure(engine: Engine, method: str, answer: object) -> bool:
    """The answer of a charging policy to a question of yes or no."""
    if not isinstance(answer, bool | np.bool_):
        raise broken(engine, registry.CHARGING, f"{method} says {_shown(answer)}; True or False is needed")
    return bool(answer)


def enough_mj(engine: Engine, bot: Bot) -> int:
    """With how much a bot that had to charge may work again."""
    enough = engine.policies.charging.enough_mj(engine.plant, bot)
    low, goal = engine.plant.meter.low_mj, engine.plant.meter.goal_mj
    if type(enough) is not int or not low < enough <= goal:
        told = f"enough_mj says {_shown(enough)}; a whole number above {low}, at most {goal}, is needed"
        raise broken(engine, registry.CHARGING, told)
    return enough


SHOWN = 100
"""Characters of a wrong value that are shown."""


def _shown(value: object) -> str:
    if isinstance(value, Bot | Visit):
        return f"{type(value).__name__.lower()} {value.id} of level {value.level}"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
