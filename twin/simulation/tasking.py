"""Tasks: begun when they can be, and ended by arrival or by a person's trigger."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twin.domain import events as past
from twin.domain import work
from twin.domain.bots import LOWER, Bot
from twin.domain.floor import NOBODY, Deck
from twin.domain.work import Job
from twin.policies.dispatch import nearest_bots
from twin.simulation import charging, driving, sufficing, tagging, taskbots
from twin.simulation.trips import Stop, Trip

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


def begin_tasks(engine: Engine, level: int) -> None:
    """Begin the waiting tasks of a level that can be, oldest first."""
    state = engine.plant.state
    for job_id in list(state.tasks):
        job = state.jobs[job_id]
        due = job.created_ms + work.PLANNING_MS <= engine.now
        if due and job.level == level and job.status == work.ACCEPTED:
            _BEGINNINGS[job.type_name](engine, job)


def _begin_charging(engine: Engine, job: Job) -> None:
    bot = taskbots.ready_bot(engine, job)
    if bot is None:
        return
    fleet, meter = engine.plant.fleet, engine.plant.meter
    missing = meter.energy_mj(bot, engine.now) < meter.goal_mj
    if not job.force and not missing:
        taskbots.end(engine, job, bot, True)
    elif fleet.on_charger(bot):
        fleet.need_charge(bot, missing)
        taskbots.end(engine, job, bot, True)
    else:
        deck = engine.plant.decks[job.level]
        chargers = charging.free_chargers(deck)
        free = [c for c in chargers if engine.traffic[job.level].vacant(c, engine.now)]
        if free and charging.send_to_one_of(engine, bot, free) is not None:
            fleet.need_charge(bot, missing)
            bot.task_begun = True
            engine.plant.orders.move_on(job, work.STARTED, engine.now)
        elif not chargers and not charging.make_room(engine, deck) and charging.is_blocked(engine, deck):
            taskbots.end(engine, job, bot, False)


def _begin_uncharging(engine: Engine, job: Job) -> None:
    bot = taskbots.ready_bot(engine, job)
    if bot is None:
        return
    low = engine.plant.meter.is_low(engine.plant.meter.energy_mj(bot, engine.now))
    if low and not job.force:
        taskbots.end(engine, job, bot, False)
        return
    engine.plant.fleet.unplug(bot, engine.now)
    engine.agenda.drop((charging.ALARM, bot.id))
    engine.plant.fleet.need_charge(bot, False)
    vacant = engine.traffic[job.level].vacant
    places = [p for p in charging.free_parking(engine.plant.decks[job.level]) if vacant(p, engine.now)]
    leaves = places and engine.plant.fleet.on_charger(bot)
    if leaves and charging.send(engine, bot, places[0]):
        bot.task_begun = True
        engine.plant.orders.move_on(job, work.STARTED, engine.now)
    else:
        taskbots.end(engine, job, bot, True)


def _begin_onboarding(engine: Engine, job: Job) -> None:
    place = _vacant_place(engine, engine.plant.decks[job.level], None)
    if place is None:
        return
    engine.plant.floor.keep_for_task(job, place, None)
    job.balcony = engine.plant.balcony_at(job.level, place)
    engine.plant.orders.move_on(job, work.WAITING, engine.now)


def _begin_offboarding(engine: Engine, job: Job) -> None:
    bot = taskbots.ready_bot(engine, job)
    place = _vacant_place(engine, engine.plant.decks[job.level], None)
    trip = None if bot is None or place is None else _trip_to(engine, bot, place)
    if bot is None or place is None or trip is None:
        return
    if trip.energy_mj < engine.plant.meter.energy_mj(bot, engine.now):
        _send_to_place(engine, job, bot, place, trip)
    else:
        charging.fail_empty(engine, bot)


def _begin_carrier_onboarding(engine: Engine, job: Job) -> None:
    deck = engine.plant.decks[job.level]
    place = _vacant_place(engine, deck, job.balcony)
    lane = next((n for n in range(len(deck.lanes)) if deck.spare(n) > 0), None)
    if place is None or lane is None or not deck.free_bots:
        return
    store = Stop(deck.deepest_free(lane), True, LOWER, engine.plant.site.motion.lower_ms, None)
    errand = [_stop_at(place), store]
    for bot in sufficing.candidates(engine, job, nearest_bots(engine.plant, deck, place)):
        trip = _trip_to(engine, bot, place)
        needed_mj = engine.traffic[job.level].alone_mj(bot, errand)
        if trip is not None and sufficing.has_enough(engine, bot, job, errand, needed_mj):
            _send_to_place(engine, job, bot, place, trip, lane)
            bot.task = job.id
            engine.plant.floor.offer(bot)
            return
    if sufficing.is_hopeless(engine, job):
        engine.plant.happened.append(past.OutOfReach(job.id, job.level))
        engine.plant.orders.end_task(job, False, engine.now)


def _begin_writing(engine: Engine, job: Job) -> None:
    tagging.begin(engine, job)


def _vacant_place(engine: Engine, deck: Deck, balcony: int | None) -> int | None:
    """A handover place that nobody uses and nobody stands on: of one balcony, or of the least busy one."""
    places, busy = engine.plant.places[deck.level.id], engine.plant.orders.open_at
    closed = engine.plant.damage.is_closed
    chosen = sorted(b for b in places if balcony in (None, b) and not closed(b))
    chosen.sort(key=lambda b: (sum(deck.place_user[c] != NOBODY for c in places[b]), busy[b]))
    for cell in (c for b in chosen for c in places[b]):
        if deck.place_user[cell] == NOBODY and engine.traffic[deck.level.id].vacant(cell, engine.now):
            return cell
    return None


def _trip_to(engine: Engine, bot: Bot, place: int) -> Trip | None:
    return engine.traffic[bot.level].plan(bot, [_stop_at(place)], engine.now)


def _stop_at(place: int) -> Stop:
    return Stop(place, False, None, 0, None)


def _send_to_place(
    engine: Engine, job: Job, bot: Bot, place: int, trip: Trip, lane: int | None = None
) -> None:
    engine.plant.floor.keep_for_task(job, place, lane)
    engine.plant.floor.leave_parking(bot)
    job.balcony = engine.plant.balcony_at(job.level, place)
    job.bot = bot.id
    bot.steps = trip.steps
    bot.task_begun = True
    engine.plant.floor.offer(bot)
    engine.plant.orders.move_on(job, work.STARTED, engine.now)
    driving.set_out(engine, bot, trip)


_BEGINNINGS: dict[str, Callable[[Engine, Job], None]] = {
    work.CHARGING: _begin_charging,
    work.UNCHARGING: _begin_uncharging,
    work.ONBOARDING: _begin_onboarding,
    work.OFFBOARDING: _begin_offboarding,
    work.CARRIER_ONBOARDING: _begin_carrier_onboarding,
    work.RFID_WRITE: _begin_writing,
}


# -- and go on when the bot has arrived, or a person has triggered them


def arrive(engine: Engine, bot: Bot) -> None:
    """A bot has come to where its task sent it."""
    job = engine.plant.state.jobs[bot.task or ""]
    if job.type_name in (work.CHARGING, work.UNCHARGING):
        taskbots.end(engine, job, bot, True)
    elif job.type_name == work.RFID_WRITE:
        tagging.write_next(engine, bot, job)
    else:
        charging.watch_waiting(engine, bot)
        engine.plant.orders.move_on(job, work.WAITING, engine.now)


def trigger(engine: Engine, job: Job, good: bool) -> None:
    """A person is done with a task that waited at a handover place."""
    _TRIGGERED[job.type_name](engine, job, good)
    engine.touch(job.level)


def _bot_put_on(engine: Engine, job: Job, good: bool) -> None:
    place = job.place
    assert place is not None
    engine.plant.floor.give_back(job)
    if good:
        bot = engine.plant.fleet.add(job.level, place, 100, engine.now)
        job.bot = bot.id
        engine.traffic[job.level].stand(bot, engine.now)
    engine.plant.orders.end_task(job, good, engine.now)
    if good:
        taskbots.drive_home(engine, bot)


def _bot_taken_off(engine: Engine, job: Job, good: bool) -> None:
    bot = engine.plant.state.bots[job.bot or 0]
    engine.plant.floor.give_back(job)
    bot.task, bot.task_begun = None, False
    engine.plant.orders.end_task(job, good, engine.now)
    if good:
        taskbots.take_off(engine, bot)
    else:
        taskbots.drive_home(engine, bot)


def _carrier_put_on(engine: Engine, job: Job, good: bool) -> None:
    bot = engine.plant.state.bots[job.bot or 0]
    place, lane = job.place, job.lane
    assert place is not None
    assert lane is not None
    engine.plant.floor.give_back(job)
    bot.task, bot.task_begun = None, False
    if not good:
        engine.plant.orders.end_task(job, good, engine.now)
        taskbots.drive_home(engine, bot)
        return
    engine.plant.meter.settle(bot, engine.now)
    carrier = engine.plant.take_in(bot, job, place, lane, engine.now)
    job.carrier = carrier.id
    engine.plant.orders.end_task(job, good, engine.now)


_TRIGGERED: dict[str, Callable[[Engine, Job, bool], None]] = {
    work.ONBOARDING: _bot_put_on,
    work.OFFBOARDING: _bot_taken_off,
    work.CARRIER_ONBOARDING: _carrier_put_on,
}
