"""Work that is not about stock: pausing, restarting, charging on demand, bots and carriers that come and go.

Each such request becomes jobs that wait in ``state.tasks`` until they can be begun.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain import work
from twin.domain.bots import LOWER, WRITE, Bot
from twin.domain.errors import InUse, Invalid, NotFound
from twin.domain.floor import NOBODY, Deck
from twin.domain.layout import STORAGE
from twin.domain.modes import RESTART_MS, TAG_WRITE_MS
from twin.domain.work import Job, Request
from twin.policies.dispatch import nearest_bots
from twin.simulation import charging, dispatching, driving, failing, sufficing
from twin.simulation.traffic import Stop, Trip

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


# -- commands


def carry_out(engine: Engine, command: ask.Command) -> object:
    """Carry out one of ``COMMANDS``; requests return their id."""
    return COMMANDS[type(command)](engine, command)


def _pause(engine: Engine, command: ask.PlacePause) -> str:
    mode = engine.plant.state.mode
    if mode.paused or mode.pausing is not None:
        raise InUse("The storage is paused or about to be; resume it first")
    request = _open(engine, command.id, work.PAUSE)
    mode.pausing = request.id
    engine.plant.orders.change_request(request, work.IN_PROGRESS, engine.now)
    return request.id


def pause_if_at_rest(engine: Engine) -> None:
    """The storage is paused as soon as no bot moves any more."""
    state = engine.plant.state
    if state.mode.pausing is None or any(bot.steps for bot in state.bots.values()):
        return
    request = state.requests[state.mode.pausing]
    with Status(engine):
        state.mode.pausing, state.mode.paused = None, True
    engine.plant.orders.end_request(request, engine.now)


def _resume(engine: Engine, command: ask.PlaceResume) -> str:
    orders, mode = engine.plant.orders, engine.plant.state.mode
    request = _open(engine, command.id, work.RESUME)
    if mode.pausing is not None:
        given_up = engine.plant.state.requests[mode.pausing]
        orders.fail_request(given_up, engine.now)
    with Status(engine):
        mode.pausing, mode.paused = None, False
    orders.end_request(request, engine.now)
    _touch_all(engine)
    return request.id


def _restart(engine: Engine, command: ask.RestartBrain) -> None:
    with Status(engine):
        engine.plant.state.mode.starting_until_ms = engine.now + RESTART_MS
    engine.agenda.set(("brain", 0), engine.now + RESTART_MS)


def started(engine: Engine, _: int) -> None:
    """The control software is up again: what was interrupted goes on."""
    with Status(engine):
        engine.plant.state.mode.starting_until_ms = None
    _touch_all(engine)


def _remove_bots(engine: Engine, command: ask.RemoveBots) -> None:
    fleet, bots = engine.plant.fleet, engine.plant.state.bots
    for bot_id in command.bots:
        fleet.check_removable(bot_id)
    for bot_id in dict.fromkeys(command.bots):
        _take_off(engine, bots[bot_id])


def _take_off(engine: Engine, bot: Bot) -> None:
    for fault in list(engine.plant.state.faults.values()):
        if fault.bot == bot.id:
            failing.forget(engine, fault.id)
    engine.agenda.drop((charging.ALARM, bot.id))
    engine.traffic[bot.level].remove(bot, engine.now)
    engine.plant.fleet.remove(bot, engine.now)
    engine.touch(bot.level)


def _chosen_bots(engine: Engine, command: ask.PlaceCharging | ask.PlaceUncharging) -> list[Bot]:
    bots = engine.plant.state.bots
    if command.level is not None and command.level not in engine.plant.decks:
        raise NotFound("Level", command.level)
    if command.bot is not None:
        if command.bot not in bots:
            raise NotFound("Bot", command.bot)
        if command.level not in (None, bots[command.bot].level):
            raise Invalid("level_id", f"Bot {command.bot} is on level {bots[command.bot].level}")
        _check_without_task(bots[command.bot])
        return [bots[command.bot]]
    on = [b for b in bots.values() if command.level in (None, b.level)]
    return [b for b in on if b.task is None]


def _check_without_task(bot: Bot) -> None:
    if bot.task is not None:
        raise InUse(f"Bot {bot.id} has {bot.task} to do first")


def _charge(engine: Engine, command: ask.PlaceCharging | ask.PlaceUncharging) -> str:
    bots = _chosen_bots(engine, command)
    type_name = work.CHARGING if isinstance(command, ask.PlaceCharging) else work.UNCHARGING
    request = _open(engine, command.id, type_name)
    request.bot, request.level = command.bot, command.level
    for bot in bots:
        _assign(engine, request, bot).force = command.force
    _end_if_empty(engine, request)
    return request.id


def _assign(engine: Engine, request: Request, bot: Bot) -> Job:
    """A job for one bot, which takes no other work until it is done."""
    job = engine.plant.orders.add_task(request, bot.level, engine.now)
    job.bot = bot.id
    bot.task = job.id
    engine.plant.floor.offer(bot)
    engine.plant.orders.note_new(job)
    dispatching.look_later(engine, bot.level)
    return job


def _onboard(engine: Engine, command: ask.PlaceOnboarding) -> str:
    level = _level_for_new_bot(engine)
    request = _open(engine, command.id, work.ONBOARDING)
    request.level = level
    engine.plant.orders.note_new(engine.plant.orders.add_task(request, level, engine.now))
    dispatching.look_later(engine, level)
    return request.id


def _level_for_new_bot(engine: Engine) -> int:
    """The level with the most parking places to spare, then the lowest id. Raises InUse if none has one."""
    state = engine.plant.state
    spare: dict[int, int] = {}
    for level, deck in engine.plant.decks.items():
        coming = sum(
            state.jobs[j].type_name == work.ONBOARDING and state.jobs[j].level == level for j in state.tasks
        )
        spare[level] = len(deck.parking_user) - sum(b.level == level for b in state.bots.values()) - coming
    level = max(sorted(spare), key=lambda lv: spare[lv])
    if spare[level] < 1:
        raise InUse("No level has a parking place for another bot; offboard one first")
    return level


def _offboard(engine: Engine, command: ask.PlaceOffboarding) -> str:
    bot = _bot(engine, command.bot)
    request = _open(engine, command.id, work.OFFBOARDING)
    request.bot, request.level = bot.id, bot.level
    _assign(engine, request, bot)
    return request.id


def _bot(engine: Engine, bot_id: int) -> Bot:
    bot = engine.plant.state.bots.get(bot_id)
    if bot is None:
        raise NotFound("Bot", bot_id)
    _check_without_task(bot)
    return bot


def _write_tags(engine: Engine, command: ask.PlaceRfidWrite) -> str:
    state = engine.plant.state
    if command.level not in engine.plant.decks:
        raise NotFound("Level", command.level)
    bot = _bot(engine, command.bot)
    if bot.level != command.level:
        raise Invalid("level_id", f"Bot {bot.id} is on level {bot.level}, not on level {command.level}")
    if command.level in state.mode.maintenance:
        raise InUse(f"Level {command.level} is in maintenance already")
    request = _open(engine, command.id, work.RFID_WRITE)
    request.bot, request.level = bot.id, bot.level
    if command.from_scratch:
        state.tags_written.pop(command.level, None)
    job = _assign(engine, request, bot)
    with Status(engine):
        state.mode.maintenance[command.level] = job.id
    return request.id


def _onboard_carrier(engine: Engine, command: ask.PlaceCarrierOnboarding) -> str:
    if command.balcony not in engine.plant.state.persons:
        raise NotFound("Balcony", command.balcony)
    level = _level_for_new_carrier(engine, command.balcony)
    request = _open(engine, command.id, work.CARRIER_ONBOARDING)
    request.balcony, request.level = command.balcony, level
    job = engine.plant.orders.add_task(request, level, engine.now)
    job.balcony = command.balcony
    engine.plant.orders.note_new(job)
    dispatching.look_later(engine, level)
    return request.id


def _level_for_new_carrier(engine: Engine, balcony: int) -> int:
    """The level of a balcony with the most room beyond what digging needs, then the lowest id."""
    state = engine.plant.state
    room: dict[int, int] = {}
    for level, deck in engine.plant.decks.items():
        if balcony in engine.plant.places[level]:
            coming = sum(
                state.jobs[j].type_name == work.CARRIER_ONBOARDING
                and state.jobs[j].level == level
                and state.jobs[j].lane is None
                for j in state.tasks
            )
            spare = sum(map(deck.spare, range(len(deck.lanes))))
            room[level] = spare - coming - (max(len(lane.slots) for lane in deck.lanes) - 1)
    best = max(sorted(room), key=lambda lv: room[lv], default=None)
    if best is None or room[best] < 1:
        raise InUse(f"No level that balcony {balcony} touches has room for another carrier and for digging")
    return best


def _open(engine: Engine, wanted: str | None, type_name: str) -> Request:
    orders = engine.plant.orders
    return orders.open_request(orders.free_id(wanted), type_name, engine.now)


def _end_if_empty(engine: Engine, request: Request) -> None:
    if not request.jobs:
        engine.plant.orders.end_request(request, engine.now)


def _touch_all(engine: Engine) -> None:
    for level in engine.plant.decks:
        engine.touch(level)


class Status:
    """Notes a change of the storage status that happens within."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._before = engine.plant.state.mode.status

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        after = self._engine.plant.state.mode.status
        if after != self._before:
            self._engine.plant.happened.append(past.StorageStatusChanged(self._before, after))


COMMANDS: dict[type, Callable[[Engine, Any], object]] = {
    ask.PlacePause: _pause,
    ask.PlaceResume: _resume,
    ask.PlaceCharging: _charge,
    ask.PlaceUncharging: _charge,
    ask.PlaceOnboarding: _onboard,
    ask.PlaceOffboarding: _offboard,
    ask.PlaceRfidWrite: _write_tags,
    ask.PlaceCarrierOnboarding: _onboard_carrier,
    ask.RestartBrain: _restart,
    ask.RemoveBots: _remove_bots,
}


# -- tasks are begun when they can be


def begin_tasks(engine: Engine, level: int) -> None:
    """Begin the waiting tasks of a level that can be, oldest first."""
    state = engine.plant.state
    for job_id in list(state.tasks):
        job = state.jobs[job_id]
        due = job.created_ms + work.PLANNING_MS <= engine.now
        if due and job.level == level and job.status == work.ACCEPTED:
            _BEGINNINGS[job.type_name](engine, job)


def _ready_bot(engine: Engine, job: Job) -> Bot | None:
    """The bot of a job, if it is at rest without a visit and sound."""
    bot = engine.plant.state.bots[job.bot or 0]
    at_rest = not bot.steps and bot.visit is None and bot.fault is None
    return bot if at_rest else None


def _begin_charging(engine: Engine, job: Job) -> None:
    bot = _ready_bot(engine, job)
    if bot is None:
        return
    fleet, meter = engine.plant.fleet, engine.plant.meter
    missing = meter.energy_mj(bot, engine.now) < meter.goal_mj
    if not job.force and not missing:
        _end(engine, job, bot, True)
    elif fleet.on_charger(bot):
        fleet.need_charge(bot, missing)
        _end(engine, job, bot, True)
    else:
        deck = engine.plant.decks[job.level]
        chargers = charging.free_chargers(deck)
        free = [c for c in chargers if engine.traffic[job.level].vacant(c, engine.now)]
        if free and charging.send_to_one_of(engine, bot, free) is not None:
            fleet.need_charge(bot, missing)
            bot.task_begun = True
            engine.plant.orders.move_on(job, work.STARTED, engine.now)
        elif not chargers and not charging.make_room(engine, deck) and charging.is_blocked(engine, deck):
            _end(engine, job, bot, False)


def _begin_uncharging(engine: Engine, job: Job) -> None:
    bot = _ready_bot(engine, job)
    if bot is None:
        return
    low = engine.plant.meter.is_low(engine.plant.meter.energy_mj(bot, engine.now))
    if low and not job.force:
        _end(engine, job, bot, False)
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
        _end(engine, job, bot, True)


def _begin_onboarding(engine: Engine, job: Job) -> None:
    place = _vacant_place(engine, engine.plant.decks[job.level], None)
    if place is None:
        return
    engine.plant.floor.keep_for_task(job, place, None)
    job.balcony = engine.plant.balcony_at(job.level, place)
    engine.plant.orders.move_on(job, work.WAITING, engine.now)


def _begin_offboarding(engine: Engine, job: Job) -> None:
    bot = _ready_bot(engine, job)
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


def alone(engine: Engine, level: int) -> bool:
    """Whether maintenance has begun on a level, so that nobody else may move there.

    Before that, what is under way is brought to its end: the bot it waits for may be among it.
    """
    state = engine.plant.state
    job = state.mode.maintenance.get(level)
    return job is not None and state.jobs[job].status != work.ACCEPTED


def _begin_writing(engine: Engine, job: Job) -> None:
    bot = _ready_bot(engine, job)
    moving = any(b.steps for b in engine.plant.state.bots.values() if b.level == job.level)
    if bot is None or moving:
        return
    bot.task_begun = True
    engine.plant.orders.move_on(job, work.STARTED, engine.now)
    _write_next(engine, bot, job)


def _write_next(engine: Engine, bot: Bot, job: Job) -> None:
    """Drive to the next position whose tag is not written, or home after the last."""
    if bot.fault is not None or engine.plant.state.mode.stopped:
        return  # go_on_writing
    deck = engine.plant.decks[job.level]
    done = engine.plant.state.tags_written.setdefault(job.level, [])
    left = sorted(frozenset(deck.level.cells_of(STORAGE)) - frozenset(done), key=_serpentine(deck))
    traffic = engine.traffic[job.level]
    if left:
        trip = traffic.plan(bot, [Stop(left[0], False, WRITE, TAG_WRITE_MS, None)], engine.now)
        if trip is not None and engine.plant.meter.suffices(bot, trip.energy_mj, engine.now):
            engine.plant.floor.leave_parking(bot)
            bot.steps = trip.steps
            driving.set_out(engine, bot, trip)
            return
    _finish_writing(engine, bot, job, not left)


def go_on_writing(engine: Engine, level: int) -> None:
    """Go on with a writing that a fault has kept from going on between two positions."""
    state = engine.plant.state
    job = state.jobs[state.mode.maintenance[level]]
    bot = state.bots[job.bot or 0]
    if bot.task_begun and not bot.steps:
        _write_next(engine, bot, job)


def _serpentine(deck: Deck) -> Callable[[int], tuple[int, int]]:
    """Row by row, every other one backwards."""
    xy = deck.level.xy

    def key(cell: int) -> tuple[int, int]:
        x, y = xy[cell]
        return (y, -x if y % 2 else x)

    return key


def _finish_writing(engine: Engine, bot: Bot, job: Job, good: bool) -> None:
    state = engine.plant.state
    if good:
        state.tags_written.pop(job.level, None)
    with Status(engine):
        del state.mode.maintenance[job.level]
    _end(engine, job, bot, good)
    if bot.parking is None:
        _drive_home(engine, bot, to_charge=True)


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
        _end(engine, job, bot, True)
    elif job.type_name == work.RFID_WRITE:
        _write_next(engine, bot, job)
    else:
        charging.watch_waiting(engine, bot)
        engine.plant.orders.move_on(job, work.WAITING, engine.now)


def _end(engine: Engine, job: Job, bot: Bot, good: bool) -> None:
    bot.task, bot.task_begun = None, False
    engine.plant.orders.end_task(job, good, engine.now)
    if not bot.steps and bot.parking is not None:
        charging.come_to_rest(engine, bot)


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
        _drive_home(engine, bot)


def _drive_home(engine: Engine, bot: Bot, to_charge: bool = False) -> None:
    """From a handover place, where a bot must not stay, to a parking place, or wait there for help."""
    if bot.fault is None and not charging.go_to_park(engine, bot, to_charge):
        charging.fail_empty(engine, bot)


def _bot_taken_off(engine: Engine, job: Job, good: bool) -> None:
    bot = engine.plant.state.bots[job.bot or 0]
    engine.plant.floor.give_back(job)
    bot.task, bot.task_begun = None, False
    engine.plant.orders.end_task(job, good, engine.now)
    if good:
        _take_off(engine, bot)
    else:
        _drive_home(engine, bot)


def _carrier_put_on(engine: Engine, job: Job, good: bool) -> None:
    bot = engine.plant.state.bots[job.bot or 0]
    place, lane = job.place, job.lane
    assert place is not None
    assert lane is not None
    engine.plant.floor.give_back(job)
    bot.task, bot.task_begun = None, False
    if not good:
        engine.plant.orders.end_task(job, good, engine.now)
        _drive_home(engine, bot)
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
