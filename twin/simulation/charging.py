"""Keeping batteries charged: who goes to a charger when, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.domain.bots import Bot
from twin.domain.fleet import EMPTY
from twin.domain.floor import NOBODY, Deck
from twin.domain.modes import RESCUE_MS
from twin.domain.work import PRESENTED, WAITING
from twin.simulation import deciding, driving, holding, sufficing
from twin.simulation.trips import Stop, Trip

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

ALARM = "charge"
"""The kind of the alarms that watch batteries."""


def is_waited_for(engine: Engine) -> bool:
    """Whether open work may go on after a bot of its level was charged or rescued."""
    state = engine.plant.state
    levels = [visit.level for visit in state.visits.values() if visit.state != PRESENTED]
    levels += [state.jobs[job].level for job in state.tasks if state.jobs[job].status != WAITING]
    helpless = [b.level for b in state.bots.values() if b.must_charge or b.fault == EMPTY]
    return any(level in helpless for level in levels)


def may_work(engine: Engine, bot: Bot) -> bool:
    """Whether a bot that has just put its carrier back may be given work; notes where it must charge."""
    if engine.plant.meter.is_low(bot.energy_mj):
        engine.plant.fleet.need_charge(bot, True)
    return not bot.must_charge and bot.task is None and bot.fault is None


def want(engine: Engine, bot: Bot) -> None:
    """A free bot has too little for the work there is: it charges before it gets any."""
    engine.plant.fleet.need_charge(bot, True)
    if bot.steps:
        engine.plant.floor.offer(bot)
    else:
        come_to_rest(engine, bot)


def will_need_it(engine: Engine, bot: Bot) -> bool:
    """Whether a bot should park on a charger when it has brought its carrier back."""
    energy = engine.plant.meter.energy_mj(bot, engine.now)
    if bot.must_charge or engine.plant.meter.is_low(energy):
        return True
    return deciding.seeks_charger(engine, bot, energy)


def come_to_rest(engine: Engine, bot: Bot) -> None:
    """A bot stands on a parking place or charger with nothing to do."""
    fleet, meter = engine.plant.fleet, engine.plant.meter
    meter.settle(bot, engine.now)
    if bot.fault is not None:
        return
    if fleet.on_charger(bot) and bot.energy_mj < meter.goal_mj:
        fleet.plug(bot, engine.now)
        _watch_charging(engine, bot)
    else:
        _watch(engine, bot)
    engine.plant.floor.offer(bot)
    engine.touch(bot.level)


def _watch_charging(engine: Engine, bot: Bot) -> None:
    """Look again when a metered bot may work again, or is charged enough."""
    goal = engine.plant.meter.goal_mj
    if bot.must_charge:
        enough = deciding.enough_mj(engine, bot)
        goal = enough if bot.energy_mj < enough else goal
    engine.agenda.set((ALARM, bot.id), engine.now + engine.plant.meter.ms_to(bot, goal))


def watch_waiting(engine: Engine, bot: Bot) -> None:
    """A bot waits at a handover place, for who knows how long: watch that its battery lasts."""
    left = engine.plant.meter.ms_to_empty(bot)
    if left is not None:
        engine.agenda.set((ALARM, bot.id), engine.now + left)


def _watch(engine: Engine, bot: Bot) -> None:
    """Look again when standing has brought the battery to its next threshold."""
    meter = engine.plant.meter
    if meter.is_low(bot.energy_mj):
        engine.plant.fleet.need_charge(bot, True)
    left = meter.ms_to_empty(bot) if bot.must_charge else meter.ms_to_low(bot)
    if left is not None:
        engine.agenda.set((ALARM, bot.id), engine.now + left)
    elif bot.must_charge and not sufficing.has_chargers(engine, bot.level):
        fail_empty(engine, bot)  # it would neither be charged nor run empty, ever


def ring(engine: Engine, bot_id: int) -> None:
    """A threshold is reached: charged enough, low, or empty; or a person has come to help."""
    bot = engine.plant.state.bots.get(bot_id)
    if bot is None or bot.moving or bot.fault not in (None, EMPTY):
        return
    if bot.fault is not None:
        set_right(engine, bot, sufficing.rescue_percent(engine, bot))
    elif bot.charging:
        _charged(engine, bot)
    elif engine.plant.meter.energy_mj(bot, engine.now) <= 0:
        fail_empty(engine, bot)
    elif bot.visit is None and not bot.task_begun and not bot.held:
        come_to_rest(engine, bot)
    else:
        watch_waiting(engine, bot)
    engine.touch(bot.level)


def _charged(engine: Engine, bot: Bot) -> None:
    """A bot has charged enough to work; it goes on charging where it has not charged enough to leave."""
    engine.plant.meter.settle(bot, engine.now)
    engine.plant.fleet.need_charge(bot, False)
    goal = engine.plant.meter.goal_mj
    if bot.energy_mj < goal - goal // 100:
        _watch_charging(engine, bot)
    else:
        engine.plant.fleet.unplug(bot, engine.now)
        _watch(engine, bot)
    engine.plant.floor.offer(bot)


def fail_empty(engine: Engine, bot: Bot) -> None:
    """The battery is too empty to move: a person has to come."""
    engine.plant.fleet.fail(bot, EMPTY, engine.now)
    holding.note_closed(engine, bot.level)
    engine.agenda.set((ALARM, bot.id), engine.now + RESCUE_MS)


def set_right(engine: Engine, bot: Bot, share: int) -> None:
    """A person has helped a bot, or it has recovered; its battery holds at least ``share`` percent."""
    engine.plant.fleet.recover(bot, share, engine.now)
    holding.note_closed(engine, bot.level)
    if bot.moving:
        return
    if engine.plant.meter.energy_mj(bot, engine.now) <= 0:
        fail_empty(engine, bot)
        return
    if share:
        engine.plant.fleet.need_charge(bot, False)
    if bot.visit is not None or bot.task_begun or bot.held:
        watch_waiting(engine, bot)
    elif bot.parking is None:
        go_to_park(engine, bot)
    else:
        come_to_rest(engine, bot)


def bring_home(engine: Engine, deck: Deck) -> None:
    """Send bots home that stand where they must not stay, because their way was blocked so far."""
    for bot_id in sorted(deck.stranded):
        del deck.stranded[bot_id]
        bot = engine.plant.state.bots.get(bot_id)
        if bot is None or bot.steps or bot.visit is not None or bot.task_begun or bot.parking is not None:
            continue
        if bot.fault is None and not go_to_park(engine, bot):
            fail_empty(engine, bot)


def send_to_chargers(engine: Engine, deck: Deck) -> None:
    """Bring parked bots that must charge to free chargers, the emptiest first."""
    bots = engine.plant.state.bots
    waiting = [bots[b] for b in deck.low_bots if not engine.plant.fleet.on_charger(bots[b])]
    if not waiting:
        if deck.free_bots and deciding.idle_bots_move(engine, deck.level.id):
            _send_idle(engine, deck)
        return
    free = _vacant_chargers(engine, deck)
    for bot in sorted(waiting, key=lambda b: (engine.plant.meter.energy_mj(b, engine.now), b.id)):
        charger = send_to_one_of(engine, bot, free)
        if charger is not None:
            free.remove(charger)


def clear_chargers(engine: Engine, deck: Deck) -> None:
    """Let a bot with nothing to do make room for one that must charge.

    After work was given out: whoever is as full as it gets is asked before it drives anywhere.
    """
    on_charger = engine.plant.fleet.on_charger
    waiting = (engine.plant.state.bots[bot] for bot in deck.low_bots)
    if not all(map(on_charger, waiting)) and not free_chargers(deck):
        make_room(engine, deck)


def _send_idle(engine: Engine, deck: Deck) -> None:
    """Let bots that are parked off a charger drive to free ones, the emptiest first."""
    plant, now, seeks = engine.plant, engine.now, engine.policies.charging.seeks
    seeking = []
    # Most often nobody seeks one. It is asked after everything that happens on a level.
    for bot_id in deck.free_bots:
        bot = plant.state.bots[bot_id]
        if not bot.steps and not deck.feeds(bot.cell):
            energy = plant.meter.at_rest_mj(bot, now)
            answer = seeks(plant, bot, energy)
            if answer is not False and deciding.sure(engine, "seeks", answer):
                seeking.append((energy, bot_id))
    chargers = _vacant_chargers(engine, deck) if seeking else []
    for energy, bot_id in sorted(seeking):
        bot = plant.state.bots[bot_id]
        # Those who have gone before may have made up its mind otherwise.
        if chargers and deciding.seeks_charger(engine, bot, energy):
            send(engine, bot, chargers.pop(0))


def _vacant_chargers(engine: Engine, deck: Deck) -> list[int]:
    return [c for c in free_chargers(deck) if engine.traffic[deck.level.id].vacant(c, engine.now)]


def free_chargers(deck: Deck) -> list[int]:
    """Working chargers that nobody stands on or is on the way to, in ascending order."""
    return [p for p, user in deck.parking_user.items() if user == NOBODY and deck.feeds(p)]


def free_parking(deck: Deck) -> list[int]:
    """Parking places without a working charger that nobody holds, in ascending order."""
    return [p for p, user in deck.parking_user.items() if user == NOBODY and not deck.feeds(p)]


def make_room(engine: Engine, deck: Deck) -> bool:
    """Let a bot that need not charge clear its charger for one that must; whether one does.

    One that is done goes first, then the one with the smallest id.
    """
    fleet, bots = engine.plant.fleet, engine.plant.state.bots
    able = [bots[b] for b in sorted(deck.free_bots) if fleet.on_charger(bots[b])]
    able.sort(key=lambda bot: bot.charging)
    for bot, place in zip(able, free_parking(deck), strict=False):
        return send(engine, bot, place)
    return False


def is_blocked(engine: Engine, deck: Deck) -> bool:
    """Whether every charger, if there is any, is taken by a bot that will stay there by itself."""
    bots = engine.plant.state.bots
    holders = [bots[u] for p, u in deck.parking_user.items() if u != NOBODY and deck.feeds(p)]
    return not any(b.steps or b.charging or b.visit is not None or b.task is not None for b in holders)


def go_to_park(engine: Engine, bot: Bot, to_charge: bool = False) -> bool:
    """Send a bot that holds no parking place to one, as soon as there is a way; whether it has the energy."""
    deck = engine.plant.decks[bot.level]
    charges = to_charge or will_need_it(engine, bot)
    place = deciding.parking_place(engine, deck, bot.cell, charges)
    trip = None if engine.plant.state.mode.stopped else _trip_to(engine, bot, place)
    if trip is None:
        deck.stranded[bot.id] = None
        engine.plant.floor.offer(bot)
        return True
    return _depart(engine, bot, place, trip)


def send_to_one_of(engine: Engine, bot: Bot, chargers: list[int]) -> int | None:
    """Let a parked bot drive to the first charger to which there is a way and its charge suffices.

    One whose charge suffices for none, while the others stay taken, is as good as empty: a person
    has to come.
    """
    too_far = 0
    for place in chargers:
        trip = _trip_to(engine, bot, place)
        if trip is not None and _depart(engine, bot, place, trip):
            return place
        too_far += trip is not None
    deck = engine.plant.decks[bot.level]
    if too_far and too_far == len(free_chargers(deck)) and is_blocked(engine, deck):
        fail_empty(engine, bot)
    return None


def send(engine: Engine, bot: Bot, place: int) -> bool:
    """Let a parked bot drive to another parking place or charger; whether it sets out."""
    trip = _trip_to(engine, bot, place)
    return trip is not None and _depart(engine, bot, place, trip)


def _trip_to(engine: Engine, bot: Bot, place: int) -> Trip | None:
    return engine.traffic[bot.level].plan(bot, [Stop(place, False, None, 0, None)], engine.now)


def _depart(engine: Engine, bot: Bot, place: int, trip: Trip) -> bool:
    if trip.energy_mj >= engine.plant.meter.energy_mj(bot, engine.now):
        return False
    engine.plant.floor.take_parking(bot, place)
    bot.steps = trip.steps
    engine.plant.floor.offer(bot)
    driving.set_out(engine, bot, trip)
    return True
