"""The floor: no two bots hold a cell at the same moment.

A leg reserves the future as it begins, so holdings of a cell come in any order of
time, and the last one of each bot stays open until the bot's next leg tells its end.
Only what is certain is decided at once:

* two holdings with known ends are compared as the second one comes;
* an open holding is compared with the others as its end comes to be known;
* a holding that has passed is forgotten. Whoever still holds the cell by then began
  before, or will come after it: nothing that is read later can begin in the past.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from twin.checking.legs import Leg
from twin.checking.reading import At
from twin.checking.report import Id
from twin.checking.world import OPEN, Bot, Hold, Level, World


class _Crossing(NamedTuple):
    t_ms: int
    target: int
    bot: Bot
    line: int


class Floor:
    """The holdings of every cell that are not over yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._holds: dict[int, dict[int, list[Hold]]] = {}
        self._blocks: dict[Id, Bot] = {}
        self._crossings: dict[tuple[int, int, int], list[_Crossing]] = {}

    def add(self, level: Level, cell: int, hold: Hold, now_ms: int) -> None:
        """Take note of a holding; nothing that comes later begins before ``now_ms``."""
        cells = self._holds.setdefault(level.id, {})
        holds = cells.get(cell)
        if holds is None:
            cells[cell] = [hold]
            return
        stale = False
        start_ms, end_ms, bot = hold.start_ms, hold.end_ms, hold.bot
        for other in holds:
            if other.end_ms <= now_ms:
                stale = True
            elif other.start_ms < end_ms < OPEN and start_ms < other.end_ms < OPEN and other.bot is not bot:
                self._share(level, cell, hold, other)
        if not stale:
            holds.append(hold)
        elif len(holds) == 1:
            holds[0] = hold  # by far the commonest case: nobody is left to compare it with
        else:
            self._forget(level, cell, holds, now_ms)
            holds.append(hold)

    def stand(self, bot: Bot, start_ms: int, line: int) -> None:
        """A bot holds its cell from ``start_ms`` on, for as long as nothing else is said."""
        bot.hold = Hold(start_ms, OPEN, bot, line)
        self.add(bot.level, bot.cell, bot.hold, start_ms)

    def close(self, bot: Bot, end_ms: int, now_ms: int) -> None:
        """The end of the open holding of a bot's cell comes to be known."""
        hold, holds = bot.hold, self._holds[bot.level.id][bot.cell]
        hold.end_ms = end_ms
        if end_ms <= hold.start_ms:
            holds.remove(hold)
            return
        for other in holds:
            if other.end_ms < OPEN and _overlap(hold, other):
                self._share(bot.level, bot.cell, hold, other)
        self._forget(bot.level, bot.cell, holds, now_ms)

    def cut(self, bot: Bot, leg: Leg, now_ms: int) -> None:
        """What a leg was to hold from now on is not held; what comes instead is added."""
        self.close(bot, max(now_ms, bot.hold.start_ms), now_ms)
        for cell in dict.fromkeys(leg.cells):
            holds = self._holds[leg.level.id].get(cell, [])
            for hold in [h for h in holds if h.bot is bot and h.end_ms > now_ms]:
                if hold.start_ms < now_ms:
                    hold.end_ms = now_ms
                else:
                    holds.remove(hold)
        for source, target in pairwise(leg.cells):
            key = (leg.level.id, min(source, target), max(source, target))
            kept = [c for c in self._crossings.get(key, ()) if c.bot is not bot or c.t_ms <= now_ms]
            if key in self._crossings:
                self._crossings[key] = kept

    def block(self, fault: Id, level: Level, cell: int, start_ms: int, line: int) -> None:
        """Nobody may hold a cell from ``start_ms`` on: it is as if a bot stood there."""
        phantom = Bot(f"(fault {fault})", level, cell, line=line)
        self._blocks[fault] = phantom
        self.stand(phantom, start_ms, line)

    def unblock(self, fault: Id, now_ms: int) -> None:
        """A blocked cell is free again."""
        phantom = self._blocks.pop(fault, None)
        if phantom is not None:
            self.close(phantom, now_ms, now_ms)

    def cross(self, bot: Bot, level: Level, step: tuple[int, int], at: At, now_ms: int) -> None:
        """A bot changes cells in no time at all: nobody may do the opposite at that moment."""
        source, target = step
        key = (level.id, min(step), max(step))
        current = [c for c in self._crossings.get(key, ()) if c.t_ms >= now_ms]
        for other in current:
            if other.t_ms == at.t_ms and other.target == source and other.bot is not bot:
                self._swap(level, bot, step, other, at)
        self._crossings[key] = [*current, _Crossing(at.t_ms, target, bot, at.line)]

    def finish(self, horizon_ms: int) -> None:
        """No more comes: bots that stand hold their cells up to ``horizon_ms``."""
        for level_id, cells in self._holds.items():
            for cell, holds in cells.items():
                self._finish_cell(self._world.levels[level_id], cell, holds, horizon_ms)

    def _finish_cell(self, level: Level, cell: int, holds: list[Hold], horizon_ms: int) -> None:
        standing = [hold for hold in holds if hold.end_ms == OPEN]
        others = [hold for hold in holds if hold.end_ms < OPEN]
        for hold in standing:
            if hold.start_ms >= horizon_ms:
                continue
            hold.end_ms = horizon_ms
            for other in others:
                if _overlap(hold, other):
                    self._share(level, cell, hold, other)
            others.append(hold)

    def _forget(self, level: Level, cell: int, holds: list[Hold], now_ms: int) -> None:
        over = [hold for hold in holds if hold.end_ms <= now_ms]
        holds[:] = [hold for hold in holds if hold.end_ms > now_ms]
        for standing in holds:
            if standing.end_ms == OPEN:
                for other in over:
                    if _overlap(standing, other):
                        self._share(level, cell, standing, other)

    def _share(self, level: Level, cell: int, one: Hold, two: Hold) -> None:
        first, second = (one, two) if one.line <= two.line else (two, one)
        start_ms = max(one.start_ms, two.start_ms)
        end_ms = min(one.end_ms, two.end_ms)
        until = "on" if end_ms >= OPEN else f"to {end_ms} ms"
        self._world.refute(
            "floor.shared",
            f"Bots {first.bot.id} and {second.bot.id} both hold {level.named(cell)} from {start_ms} {until}.",
            At(second.line, start_ms),
            other_line=first.line,
            bots=(first.bot.id, second.bot.id),
            cells=(level.spot(cell),),
        )

    def _swap(self, level: Level, bot: Bot, step: tuple[int, int], other: _Crossing, at: At) -> None:
        source, target = step
        self._world.refute(
            "floor.swap",
            f"Bots {other.bot.id} and {bot.id} exchange {level.named(source)} and {level.named(target)}"
            f" through one another at {at.t_ms} ms.",
            at,
            other_line=other.line,
            bots=(other.bot.id, bot.id),
            cells=(level.spot(source), level.spot(target)),
        )


def _overlap(one: Hold, two: Hold) -> bool:
    return one.start_ms < two.end_ms and two.start_ms < one.end_ms and one.bot is not two.bot
