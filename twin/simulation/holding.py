"""Bots that stand where their trip was interrupted, until they can go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twin.domain.bots import LEG, Bot
from twin.domain.floor import Deck
from twin.simulation import charging, driving, watching
from twin.simulation.cutting import Stops
from twin.simulation.sequencing import in_order, stops_of, way_left
from twin.simulation.trips import Trip, holds_of

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


def on_level(engine: Engine, level: int) -> list[Bot]:
    """The bots of a level."""
    return [bot for bot in engine.plant.state.bots.values() if bot.level == level]


def interrupt(engine: Engine, level: int, disturbed: Iterable[int], closed: int | None = None) -> None:
    """Let moving bots, and all who come after them, stop as soon as they can, but not on ``closed``."""
    now, traffic = engine.now, engine.traffic[level]
    stops = Stops(traffic, on_level(engine, level), now)
    for bot_id, cut in stops.find(list(disturbed), closed).items():
        if cut.is_whole:
            continue
        bot = engine.plant.state.bots[bot_id]
        if engine.plant.floor.interrupt(bot, cut.steps, cut.rest, now):
            engine.agenda.set(("bot", bot.id), bot.steps[0].end_ms)
        traffic.follow(bot, now)
    note_closed(engine, level)


def note_closed(engine: Engine, level: int) -> None:
    """Tell the planner of the cells on which somebody stands, or will, until something is repaired."""
    bots, deck = engine.plant.state.bots, engine.plant.decks[level]
    standing = [holds_of(bots[b].steps, bots[b].cell, engine.now)[-1][0] for b in sorted(deck.held)]
    standing += [bot.cell for bot in on_level(engine, level) if _is_stray(bot)]
    blocked = [fault.cell for fault in engine.plant.damage.blocked_cells(level) if fault.cell is not None]
    engine.traffic[level].closed = dict.fromkeys((*standing, *blocked))


def _is_stray(bot: Bot) -> bool:
    """Whether it has failed at rest where it must not stay, its work done: amid the positions, or at a
    handover place.
    """
    homeless = bot.parking is None and bot.visit is None and not bot.task_begun
    return bot.fault is not None and not bot.steps and homeless


def is_disturbed(engine: Engine, level: int) -> bool:
    """Whether somebody stands in the way on a level, so that there may be no way for others."""
    return bool(engine.traffic[level].closed or engine.plant.decks[level].stranded)


def stand(engine: Engine, bot: Bot) -> None:
    """A bot has come to where its trip was interrupted."""
    engine.plant.floor.note_held(bot)
    watching.begin(engine, bot.level)
    if bot.fault is None:
        charging.watch_waiting(engine, bot)
    engine.touch(bot.level)


def resume(engine: Engine, deck: Deck) -> None:
    """Let held bots go on: each by itself as far as that can be, else in the order that was planned."""
    while any(_goes_on(engine, bot) for bot in _able(engine, deck)):
        pass
    able = _able(engine, deck)
    if len(able) > 1:
        _go_on_together(engine, deck, able)
    if deck.held:
        watching.look(engine, deck)


def _able(engine: Engine, deck: Deck) -> list[Bot]:
    """Sound bots that are held: those interrupted last first, then in the order of their plans."""
    bots = (engine.plant.state.bots[bot] for bot in sorted(deck.held))
    return sorted((b for b in bots if b.held and b.fault is None), key=_rank)


def _rank(bot: Bot) -> tuple[int, int, int]:
    due = next((step.enter_ms[1] for step in bot.steps if step.kind == LEG), 0)
    return (-bot.steps[0].begin_ms, due, bot.id)


def _goes_on(engine: Engine, bot: Bot) -> bool:
    trip = engine.traffic[bot.level].plan(bot, stops_of(bot), engine.now, way_left(bot))
    if trip is None or not _has_energy(engine, bot, trip):
        return False
    _set_out(engine, bot, trip)
    return True


def _has_energy(engine: Engine, bot: Bot, trip: Trip) -> bool:
    """Whether a bot can drive a trip; one that cannot needs a person."""
    if trip.energy_mj < engine.plant.meter.energy_mj(bot, engine.now):
        return True
    charging.fail_empty(engine, bot)
    return False


def _go_on_together(engine: Engine, deck: Deck, able: list[Bot]) -> None:
    trips = in_order(engine.traffic[deck.level.id], able, engine.now)
    bots = engine.plant.state.bots
    if all(_has_energy(engine, bots[bot], trip) for bot, trip in trips.items()):
        for bot, trip in trips.items():
            _set_out(engine, bots[bot], trip)


def _set_out(engine: Engine, bot: Bot, trip: Trip) -> None:
    engine.plant.floor.free(bot, trip.steps)
    driving.set_out(engine, bot, trip)
    note_closed(engine, bot.level)
    engine.touch(bot.level)
