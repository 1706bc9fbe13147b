"""A deadlock made by hand: two bots stand face to face in a narrow aisle, as no run brings them."""

from __future__ import annotations

from twin.domain.bots import HOLD, LEG, Step
from twin.domain.layout import Level, Motion, Site
from twin.experiments.placement import parked_bots
from twin.simulation.engine import Engine


def narrow() -> Site:
    """One aisle between two parking places, and a bot on each."""
    level = Level(1, 0, ("p.....p",))
    return Site("narrow", 600, Motion(), (level,), (), parked_bots((level,), 2), ())


def bring_face_to_face(engine: Engine) -> None:
    """Change the cells, steps and reservations of the two bots: each is to pass where the other stands."""
    deck = engine.plant.decks[1]
    for bot, cell, goal in zip(engine.plant.state.bots.values(), (2, 4), (6, 0), strict=True):
        way = list(range(cell, goal + 1)) if goal > cell else list(range(cell, goal - 1, -1))
        times = [1000 * i for i in range(len(way))]
        leg = Step(LEG, 0, times[-1], cells=way, enter_ms=times, leave_ms=[t + 1000 for t in times])
        bot.cell, bot.steps = cell, [Step(HOLD, 0, 0), leg]
        engine.plant.floor.take_parking(bot, goal)
        engine.plant.floor.offer(bot)
        deck.held[bot.id] = None
        engine.traffic[1].follow(bot, 0)
