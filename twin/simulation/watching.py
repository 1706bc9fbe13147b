"""Who waits for whom, and what to do if ever somebody waits in a circle.

By construction nobody does (architecture.md). Should it be seen all the same, the run stops
with the circle named, and with a snapshot of the moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.domain.bots import HOLD, LEG, Bot
from twin.domain.floor import Deck

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

ALARM = "watch"
"""The kind of the alarms at which it is looked whether a bot has waited too long; numbered as its level."""
TOO_LONG_MS = 1_800_000
"""A bot that has been held for this long is looked at although others of its level still move."""


class Deadlock(AssertionError):
    """Bots wait for one another in a circle: a mistake in the twin, seen at the moment of ``snapshot``."""

    def __init__(self, level: int, circle: Sequence[int], snapshot: dict[str, Any]) -> None:
        links = zip(circle, [*circle[1:], circle[0]], strict=True)
        told = ", ".join(f"bot {a} waits for bot {b}" for a, b in links)
        super().__init__(f"deadlock on level {level}: {told}")
        self.level = level
        self.circle = tuple(circle)
        self.snapshot = snapshot

    def __reduce__(self) -> tuple[type[Deadlock], tuple[int, tuple[int, ...], dict[str, Any]]]:
        """Worker processes send it whole, the snapshot included."""
        return Deadlock, (self.level, self.circle, self.snapshot)


def begin(engine: Engine, level: int) -> None:
    """A bot of a level is held: look at it again when it has waited too long."""
    engine.agenda.set_if_none((ALARM, level), engine.now + TOO_LONG_MS)


def ring(engine: Engine, level: int) -> None:
    """Some bot may have waited too long."""
    deck = engine.plant.decks[level]
    if deck.held:
        look(engine, deck, though_others_move=True)
        begin(engine, level)


def look(engine: Engine, deck: Deck, though_others_move: bool = False) -> None:
    """Raises Deadlock where held bots of a level wait in a circle that no repair will open."""
    state, level = engine.plant.state, deck.level.id
    bots = [bot for bot in state.bots.values() if bot.level == level]
    broken = state.mode.stopped or any(bot.fault is not None for bot in bots)
    if broken or engine.plant.damage.blocked_cells(level):
        return
    if though_others_move or not any(bot.moving for bot in bots):
        circle = find_circle(waits_for(engine, bots))
        if circle:
            raise Deadlock(level, circle, engine.moment())


def waits_for(engine: Engine, bots: Sequence[Bot]) -> dict[int, list[int]]:
    """For each held bot of a level those that stand on the way that is left to it."""
    graph: dict[int, list[int]] = {}
    for bot in bots:
        if bot.held:
            traffic = engine.traffic[bot.level]
            ahead = (holder for cell in _way(bot) for holder in traffic.holders(cell))
            graph[bot.id] = [holder for holder in dict.fromkeys(ahead) if holder != bot.id]
    return graph


def _way(bot: Bot) -> list[int]:
    return [cell for step in bot.steps if step.kind in (LEG, HOLD) for cell in step.cells]


def find_circle(graph: Mapping[int, Sequence[int]]) -> list[int]:
    """The first circle found, beginning with its smallest member; empty if there is none."""
    done: set[int] = set()
    for start in sorted(graph):
        path: list[int] = []
        found = _search(graph, start, path, done)
        if found:
            first = found.index(min(found))
            return [*found[first:], *found[:first]]
    return []


def _search(graph: Mapping[int, Sequence[int]], node: int, path: list[int], done: set[int]) -> list[int]:
    if node in path:
        return path[path.index(node) :]
    if node in done:
        return []
    path.append(node)
    for following in graph.get(node, ()):
        found = _search(graph, following, path, done)
        if found:
            return found
    path.pop()
    done.add(node)
    return []
