"""Beginning what can be begun: returns first, then visits, with everything they need or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from twin.domain.bots import LIFT, LOWER, Bot
from twin.domain.floor import NOBODY, Deck
from twin.domain.work import PLANNING_MS, Visit
from twin.policies.dispatch import URGENT_AFTER_MS, free_place, nearest_bots
from twin.policies.view import BotView, Spot
from twin.simulation import charging, deciding, driving, holding, sufficing, tagging, tasking
from twin.simulation.trips import Stop, Trip

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

BOTS_TRIED = 4
"""Free bots asked for a visit; one that stands in somebody's way may have to drive on first."""


def plan(engine: Engine, level: int) -> None:
    """New work has waited long enough to be looked at."""
    engine.touch(level)
    due = _next_look(engine, level)
    if due is not None:
        engine.agenda.set(("plan", level), due)


def look_later(engine: Engine, level: int) -> None:
    """New work has come: look at it when ``PLANNING_MS`` have passed."""
    engine.agenda.set_if_none(("plan", level), engine.now + PLANNING_MS)


def _next_look(engine: Engine, level: int) -> int | None:
    """When the oldest work of a level that is still too new will have waited long enough."""
    state, latest = engine.plant.state, engine.now - PLANNING_MS
    due: int | None = None
    for visit in reversed(state.visits.values()):
        if visit.queued_ms <= latest:
            break
        if visit.level == level:
            due = visit.queued_ms + PLANNING_MS
    for job_id in reversed(state.tasks):
        job = state.jobs[job_id]
        if job.created_ms <= latest:
            break
        if job.level == level:
            due = min(due or job.created_ms + PLANNING_MS, job.created_ms + PLANNING_MS)
    return due


def begin_what_can_be(engine: Engine, level: int) -> None:
    """Send back carriers that are done with, then let free bots fetch new ones."""
    mode = engine.plant.state.mode
    deck = engine.plant.decks[level]
    if deck.held and not mode.stopped and mode.starting_until_ms is None:
        holding.resume(engine, deck)
    if mode.halted:
        return
    if deck.stranded:
        charging.bring_home(engine, deck)
    if level in mode.maintenance:
        tagging.go_on(engine, level)
    tasking.begin_tasks(engine, level)
    if tagging.alone(engine, level):
        return
    for visit_id in sorted(deck.returns):
        _try_return(engine, deck, engine.plant.state.visits[visit_id])
    charging.send_to_chargers(engine, deck)
    if deck.free_bots and level not in mode.maintenance:
        _begin_visits(engine, deck)
    charging.clear_chargers(engine, deck)


def _begin_visits(engine: Engine, deck: Deck) -> None:
    for visit, bots in deciding.visits_to_begin(engine, deck):
        begun = _try_fetch(engine, deck, visit, bots)
        if not deck.free_bots:
            return
        waited_ms = engine.now - visit.queued_ms
        if not begun and waited_ms > URGENT_AFTER_MS and not sufficing.is_beyond(engine, visit):
            # It has waited so long that younger ones may not take what it needs again and again.
            return
    for visit in deciding.visits_to_buffer(engine, deck):
        _try_buffer(engine, deck, visit)


def _try_fetch(engine: Engine, deck: Deck, visit: Visit, bots: Iterable[BotView]) -> bool:
    """Begin a visit if place, lane, room for blocking carriers and a bot can be had together."""
    place = free_place(engine.plant, deck, visit.balcony)
    cell = engine.plant.state.carriers[visit.carrier].cell
    if place is None or cell is None or deck.lock[deck.lane_of[cell]] != NOBODY:
        return False
    blockers = deck.blockers(cell)
    spots = _room_for(engine, deck, deck.lane_of[cell], len(blockers))
    if spots is None:
        return False
    stops = [*_dig_stops(engine, blockers, spots), *_fetch_stops(engine, visit, cell, place)]
    asked = deciding.bots_to_ask(engine, visit, bots, BOTS_TRIED)
    for bot in sufficing.candidates(engine, visit, asked):
        trip = engine.traffic[deck.level.id].plan(bot, stops, engine.now)
        if trip is None:
            continue
        if sufficing.has_enough(engine, bot, visit, stops, trip.energy_mj):
            _commit_fetch(engine, visit, bot, place, blockers, spots, trip)
            return True
    if sufficing.is_hopeless(engine, visit):
        sufficing.give_up(engine, visit)
    return False


def _room_for(engine: Engine, deck: Deck, lane: int, count: int) -> list[Spot] | None:
    """Positions for the carriers in the way of one in a lane, or None for now."""
    return deciding.dig_spots(engine, deck, lane, count) if count else []


def _dig_stops(engine: Engine, blockers: list[int], spots: list[Spot]) -> list[Stop]:
    motion, carriers = engine.plant.site.motion, engine.plant.state.carriers
    stops: list[Stop] = []
    for blocker, (target, _) in zip(blockers, spots, strict=True):
        source = carriers[blocker].cell
        assert source is not None
        stops.append(Stop(source, False, LIFT, motion.lift_ms, blocker))
        stops.append(Stop(target, True, LOWER, motion.lower_ms, blocker))
    return stops


def _fetch_stops(engine: Engine, visit: Visit, cell: int, place: int) -> list[Stop]:
    lift_ms = engine.plant.site.motion.lift_ms
    return [Stop(cell, False, LIFT, lift_ms, visit.carrier), Stop(place, True, None, 0, None)]


def _commit_fetch(
    engine: Engine, visit: Visit, bot: Bot, place: int, blockers: list[int], spots: list[Spot], trip: Trip
) -> None:
    engine.plant.start_fetch(visit, bot, place, _moves(engine, blockers, spots), trip.steps, engine.now)
    driving.set_out(engine, bot, trip)


def _moves(engine: Engine, moved: list[int], spots: list[Spot]) -> list[tuple[int, int, int, int]]:
    carriers = engine.plant.state.carriers
    return [(c, carriers[c].cell or 0, cell, lane) for c, (cell, lane) in zip(moved, spots, strict=True)]


def _try_buffer(engine: Engine, deck: Deck, visit: Visit) -> None:
    """Bring a carrier near its balcony if lanes, room and a bot with enough charge can be had together.

    The trip ends on a parking place and needs nothing that a visit could keep for long, so
    that it always ends by itself.
    """
    cell = engine.plant.state.carriers[visit.carrier].cell
    if cell is None or deck.lock[deck.lane_of[cell]] != NOBODY:
        return
    moved = [*deck.blockers(cell), visit.carrier]
    spots = _room_for(engine, deck, deck.lane_of[cell], len(moved) - 1)
    if spots is None:
        return
    near = deciding.buffer_spot(engine, deck, visit, deck.lane_of[cell], spots)
    if near is None:
        return
    spots = [*spots, near]
    stops = _dig_stops(engine, moved, spots)
    for view in islice(nearest_bots(engine.plant, deck, stops[0].goal), BOTS_TRIED):
        bot = engine.plant.state.bots[view.id]
        parking = _parking_after(engine, deck, bot, near[0])
        trip = engine.traffic[deck.level.id].plan(
            bot, [*stops, Stop(parking, False, None, 0, None)], engine.now
        )
        if trip is not None and engine.plant.meter.suffices(bot, trip.energy_mj, engine.now):
            moves = _moves(engine, moved, spots)
            engine.plant.start_buffering(visit, bot, moves, parking, trip.steps, engine.now)
            driving.set_out(engine, bot, trip)
            return


def _parking_after(engine: Engine, deck: Deck, bot: Bot, cell: int) -> int:
    """Where a bot parks after it has been at ``cell``: its own place only where no other is free."""
    if NOBODY not in deck.parking_user.values() and bot.parking is not None:
        return bot.parking
    to_charge = charging.will_need_it(engine, bot)
    return deciding.parking_place(engine, deck, cell, to_charge)


def _try_return(engine: Engine, deck: Deck, visit: Visit) -> None:
    spot = deciding.return_spot(engine, deck, visit)
    if spot is None or visit.bot is None:
        return
    cell, lane = spot
    bot = engine.plant.state.bots[visit.bot]
    if bot.fault is not None:
        return
    to_charge = charging.will_need_it(engine, bot)
    parking = deciding.parking_place(engine, deck, cell, to_charge)
    motion = engine.plant.site.motion
    stops = [
        Stop(cell, True, LOWER, motion.lower_ms, visit.carrier),
        Stop(parking, False, None, 0, None),
    ]
    trip = engine.traffic[deck.level.id].plan(bot, stops, engine.now)
    if trip is None and holding.is_disturbed(engine, deck.level.id):
        return
    if trip is None:
        raise AssertionError(f"bot {bot.id} finds no way back from its handover place")
    if trip.energy_mj >= engine.plant.meter.energy_mj(bot, engine.now):
        charging.fail_empty(engine, bot)
        return
    engine.plant.start_return(visit, lane, cell, parking, trip.steps, engine.now)
    driving.set_out(engine, bot, trip)
    engine.touch(deck.level.id)
