"""Writing the tags of a level: one bot, position after position, while nobody else moves there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twin.domain import work
from twin.domain.bots import WRITE, Bot
from twin.domain.floor import Deck
from twin.domain.layout import STORAGE
from twin.domain.modes import TAG_WRITE_MS
from twin.domain.work import Job
from twin.simulation import driving, taskbots
from twin.simulation.status import Status
from twin.simulation.trips import Stop

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


def alone(engine: Engine, level: int) -> bool:
    """Whether maintenance has begun on a level, so that nobody else may move there.

    Before that, what is under way is brought to its end: the bot it waits for may be among it.
    """
    state = engine.plant.state
    job = state.mode.maintenance.get(level)
    return job is not None and state.jobs[job].status != work.ACCEPTED


def begin(engine: Engine, job: Job) -> None:
    """Begin as soon as nobody moves on the level any more."""
    bot = taskbots.ready_bot(engine, job)
    moving = any(b.steps for b in engine.plant.state.bots.values() if b.level == job.level)
    if bot is None or moving:
        return
    bot.task_begun = True
    engine.plant.orders.move_on(job, work.STARTED, engine.now)
    write_next(engine, bot, job)


def write_next(engine: Engine, bot: Bot, job: Job) -> None:
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


def go_on(engine: Engine, level: int) -> None:
    """Go on with a writing that a fault has kept from going on between two positions."""
    state = engine.plant.state
    job = state.jobs[state.mode.maintenance[level]]
    bot = state.bots[job.bot or 0]
    if bot.task_begun and not bot.steps:
        write_next(engine, bot, job)


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
    taskbots.end(engine, job, bot, good)
    if bot.parking is None:
        taskbots.drive_home(engine, bot, to_charge=True)
