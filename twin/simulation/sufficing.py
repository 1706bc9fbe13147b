"""Work that a bot has too little charge for: it charges first, unless no charge will ever do.

A battery may be too small for an errand, however full it is. Whoever waited for such a bot would
wait for ever. So it is kept with the work which bots would have too little even if they were full and
nobody was in their way; when none of the level is left to try, it fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from twin.domain import events as past
from twin.domain.battery import level_mj
from twin.domain.bots import Bot
from twin.domain.fleet import EMPTY
from twin.domain.floor import Deck
from twin.domain.layout import CHARGER
from twin.domain.modes import RESCUE_PERCENT
from twin.domain.work import Job, Visit
from twin.policies.view import BotView
from twin.simulation import charging, holding
from twin.simulation.trips import Stop

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


def has_enough(engine: Engine, bot: Bot, work: Visit | Job, stops: Sequence[Stop], trip_mj: int) -> bool:
    """Whether a free bot can make a trip over ``stops`` for some work, and come back.

    If not it charges first. One that is full has to wait until others hinder it less. Where
    nothing of that can help it is noted as too weak.
    """
    # The way back is about as long as the way there.
    if engine.plant.meter.suffices(bot, 2 * trip_mj, engine.now):
        return True
    full = is_full(engine, bot)
    starts = [bot.cell]
    if not full:
        deck = engine.plant.decks[bot.level]
        starts += [cell for cell in deck.parking_user if deck.level.kinds[cell] == CHARGER]
    if not any(_suffices_when_full(engine, bot, cell, stops) for cell in starts):
        work.tried.append(bot.id)
    elif not full:
        charging.want(engine, bot)
    return False


def _suffices_when_full(engine: Engine, bot: Bot, cell: int, stops: Sequence[Stop]) -> bool:
    """Whether a full bot that set out from a cell with nobody in its way could make a trip and come back."""
    meter = engine.plant.meter
    alone_mj = engine.traffic[bot.level].alone_mj(replace(bot, cell=cell), stops)
    return 2 * alone_mj <= meter.goal_mj - meter.goal_mj // 100 - meter.reserve_mj


def is_full(engine: Engine, bot: Bot) -> bool:
    """Whether charging would give a bot no more to speak of."""
    goal = engine.plant.meter.goal_mj
    return engine.plant.meter.energy_mj(bot, engine.now) >= goal - goal // 100


def candidates(engine: Engine, work: Visit | Job, bots: Iterable[BotView]) -> Iterator[Bot]:
    """The bots to be asked for some work: those proposed, and if some were too weak any other free one.

    One that was proposed may have been given other work since: as such another one.
    """
    known, free = engine.plant.state.bots, engine.plant.decks[work.level].free_bots
    for view in bots:
        if view.id in free and view.id not in work.tried:
            yield known[view.id]
    if work.tried:
        for bot in sorted(free):
            if bot in free and bot not in work.tried:
                yield known[bot]


def is_beyond(engine: Engine, work: Visit | Job) -> bool:
    """Whether all bots of the level that are free now are too weak for some work: it needs none of them."""
    free = engine.plant.decks[work.level].free_bots
    return bool(work.tried) and all(bot in work.tried for bot in free)


def is_hopeless(engine: Engine, work: Visit | Job) -> bool:
    """Whether no bot of the level can ever do some work."""
    if not work.tried:
        return False
    on_level = holding.on_level(engine, work.level)
    untried = [bot for bot in on_level if bot.id not in work.tried]
    if not untried:
        return bool(on_level)
    return all(map(_must_charge, untried)) and _never_charged(engine, engine.plant.decks[work.level])


def _never_charged(engine: Engine, deck: Deck) -> bool:
    """Whether those that must charge never get to a charger: bots stay there, and have no other place."""
    return charging.is_blocked(engine, deck) and not charging.free_parking(deck)


def _must_charge(bot: Bot) -> bool:
    return bot.must_charge or bot.fault == EMPTY


def give_up(engine: Engine, visit: Visit) -> None:
    """The jobs of a visit fail, since no bot is strong enough."""
    engine.plant.happened.extend(past.OutOfReach(job, visit.level) for job in visit.jobs)
    engine.plant.orders.give_up(visit, engine.now)
    engine.touch(visit.level)


def has_chargers(engine: Engine, level: int) -> bool:
    """Whether a level has chargers at all, working or not."""
    return bool(engine.plant.decks[level].level.cells_of(CHARGER))


def rescue_percent(engine: Engine, bot: Bot) -> int:
    """To what a person charges a bot: enough for a charger, to the full if that much was too little.

    Where its level has no charger nobody else will charge it, so it is charged enough to work.
    """
    battery = engine.plant.site.battery
    share = RESCUE_PERCENT
    if not has_chargers(engine, bot.level):
        share = max(share, battery.enough_percent)
    return share if engine.plant.meter.energy_mj(bot, engine.now) < level_mj(battery, share) else 100
