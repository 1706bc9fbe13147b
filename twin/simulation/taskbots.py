"""The bot of a task: whether it can begin, and what becomes of it when the task has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.domain.bots import Bot
from twin.domain.work import Job
from twin.simulation import charging, failing, holding

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


def ready_bot(engine: Engine, job: Job) -> Bot | None:
    """The bot of a job, if it is at rest without a visit and sound."""
    bot = engine.plant.state.bots[job.bot or 0]
    at_rest = not bot.steps and bot.visit is None and bot.fault is None
    return bot if at_rest else None


def end(engine: Engine, job: Job, bot: Bot, good: bool) -> None:
    """A task has ended; its bot may be given other work."""
    bot.task, bot.task_begun = None, False
    engine.plant.orders.end_task(job, good, engine.now)
    if not bot.steps and bot.parking is not None:
        charging.come_to_rest(engine, bot)


def drive_home(engine: Engine, bot: Bot, to_charge: bool = False) -> None:
    """From a handover place, where a bot must not stay, to a parking place, or wait there for help."""
    if bot.fault is None and not charging.go_to_park(engine, bot, to_charge):
        charging.fail_empty(engine, bot)
    holding.note_closed(engine, bot.level)


def take_off(engine: Engine, bot: Bot) -> None:
    """A person takes a bot off the floor, and its faults with it."""
    for fault in list(engine.plant.state.faults.values()):
        if fault.bot == bot.id:
            failing.forget(engine, fault.id)
    engine.agenda.drop((charging.ALARM, bot.id))
    engine.traffic[bot.level].remove(bot, engine.now)
    engine.plant.fleet.remove(bot, engine.now)
    holding.note_closed(engine, bot.level)
    engine.touch(bot.level)
