"""Work that is not about stock: pausing, restarting, charging on demand, bots and carriers that come and go.

Each such request becomes jobs that wait in ``state.tasks`` until they can be begun.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twin.domain import commands as ask
from twin.domain import work
from twin.domain.bots import Bot
from twin.domain.errors import InUse, Invalid, NotFound
from twin.domain.modes import RESTART_MS
from twin.domain.work import Job, Request
from twin.simulation import dispatching, taskbots
from twin.simulation.status import Status

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


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
        taskbots.take_off(engine, bots[bot_id])


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
