"""Bots at work: one alarm per leg, lifting or lowering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.domain.bots import LOWER, Bot
from twin.simulation import charging, dispatching, holding, serving, tasking

if TYPE_CHECKING:
    from twin.simulation.engine import Engine
    from twin.simulation.trips import Trip


def set_out(engine: Engine, bot: Bot, trip: Trip) -> None:
    """Begin a trip whose steps the plant has taken over already."""
    engine.traffic[bot.level].commit(bot, trip, engine.now)
    engine.agenda.drop((charging.ALARM, bot.id))
    begin(engine, bot)


def begin(engine: Engine, bot: Bot) -> None:
    """Begin the step at the head of a bot's steps."""
    engine.plant.begin_step(bot, engine.now)
    engine.agenda.set(("bot", bot.id), bot.steps[0].end_ms)


def advance(engine: Engine, bot_id: int) -> None:
    """The step under way has come to its end: carry it out and begin the next."""
    bot = engine.plant.state.bots[bot_id]
    frees = bot.steps[0].kind == LOWER or len(bot.steps) == 1
    presented = engine.plant.end_step(bot, engine.now)
    if presented is not None:
        charging.watch_waiting(engine, bot)
        serving.present(engine, presented)
    elif bot.held:
        holding.stand(engine, bot)
    elif bot.steps and (bot.visit is not None or bot.task_begun):
        begin(engine, bot)
    elif bot.steps:
        _take_work_or_go_home(engine, bot)
    elif bot.task_begun:
        tasking.arrive(engine, bot)
    else:
        charging.come_to_rest(engine, bot)
    if frees:
        # A lane is open again, or the bot is: in between, a trip makes nothing possible for others.
        engine.touch(bot.level)


def _take_work_or_go_home(engine: Engine, bot: Bot) -> None:
    """A bot that has just put its carrier back is free here and now, before it drives off to park."""
    deck = engine.plant.decks[bot.level]
    if charging.may_work(engine, bot):
        deck.free_bots[bot.id] = None
        dispatching.begin_what_can_be(engine, bot.level)
    if bot.visit is None and not bot.task_begun:
        deck.free_bots.pop(bot.id, None)
        begin(engine, bot)
