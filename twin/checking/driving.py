"""Bots on their way: each leg joins the one before it, and holds cells for its bot."""

from __future__ import annotations

from itertools import pairwise
from operator import eq

from twin.checking.carriers import CarrierLayer
from twin.checking.floor import Floor
from twin.checking.legs import Leg
from twin.checking.reading import At
from twin.checking.shapes import Event
from twin.checking.world import WALL, Bot, Hold, World


class Driving:
    """Follows bots leg by leg."""

    def __init__(self, world: World, floor: Floor, carriers: CarrierLayer) -> None:
        self._world = world
        self._floor = floor
        self._carriers = carriers

    def drive(self, leg: Leg) -> None:
        """A leg begins: all that happened before its first moment has been read."""
        bot = self._world.bot(leg.bot, leg.at)
        if bot is None:
            return
        self._check_turn(bot, leg)
        self._carriers.check_leg(bot, leg)
        now_ms = max(leg.at.t_ms, leg.enter_ms[0])
        if bot.level is not leg.level or bot.cell != leg.cells[0]:
            self._jump(bot, leg, now_ms)
        if len(leg.cells) > 1:
            self._run(bot, leg, now_ms)
        bot.ready_ms, bot.line, bot.leg = leg.ready_ms, leg.at.line, leg

    def add_bot(self, event: Event, at: At) -> None:
        """A bot comes onto the site, and holds its cell from then on."""
        id_ = event["bot"]
        if id_ in self._world.bots:
            self._world.refute("form.id", f"Bot {id_} exists already.", at, bots=(id_,))
            return
        place = self._world.place(event, at)
        if place is None:
            return
        level, cell = place
        if level.kinds[cell] == WALL:
            message = f"Bot {id_} is put on {level.named(cell)}, which has no floor."
            self._world.refute("bot.place", message, at, bots=(id_,), cells=(level.spot(cell),))
        bot = Bot(id_, level, cell, ready_ms=at.t_ms, line=at.line)
        self._world.bots[id_] = bot
        self._world.bots_seen.add(id_)
        self._floor.stand(bot, at.t_ms, at.line)

    def remove_bot(self, event: Event, at: At) -> None:
        """A bot leaves the site, and with it the cell that it held."""
        bot = self._world.bot(event["bot"], at)
        place = self._world.place(event, at)
        if bot is None or place is None:
            return
        level, cell = place
        if (level, cell) != (bot.level, bot.cell) or at.t_ms < bot.ready_ms or bot.carrying:
            message = f"Bot {bot.id} is removed from {level.named(cell)}, where it does not stand unladen."
            self._world.refute("bot.place", message, at, bots=(bot.id,), cells=(level.spot(cell),))
        self._floor.close(bot, at.t_ms, at.t_ms)
        self._carriers.unload(bot, at.t_ms)
        del self._world.bots[bot.id]

    def _check_turn(self, bot: Bot, leg: Leg) -> None:
        if bot.level is not leg.level or bot.cell != leg.cells[0]:
            here, there = bot.level.named(bot.cell), leg.level.named(leg.cells[0])
            message = f"The leg of bot {bot.id} starts on {there}, but the bot is on {here}."
            self._refute("leg.start", message, bot, leg)
        if leg.enter_ms[0] < bot.ready_ms:
            until = f"but drives until {bot.ready_ms} ms"
            message = f"Bot {bot.id} begins a leg at {leg.enter_ms[0]} ms, {until}."
            self._refute("leg.overlap", message, bot, leg)

    def _refute(self, rule: str, message: str, bot: Bot, leg: Leg) -> None:
        spots = (bot.level.spot(bot.cell), leg.level.spot(leg.cells[0]))
        self._world.refute(rule, message, leg.start, other_line=bot.line, bots=(bot.id,), cells=spots)

    def _jump(self, bot: Bot, leg: Leg, now_ms: int) -> None:
        # The jump has been reported; from here on the bot is where the log says it is.
        self._floor.close(bot, leg.enter_ms[0], now_ms)
        bot.level, bot.cell = leg.level, leg.cells[0]
        self._floor.stand(bot, leg.enter_ms[0], leg.at.line)
        self._carriers.jump(bot, leg.start)

    def _run(self, bot: Bot, leg: Leg, now_ms: int) -> None:
        self._note_crossings(bot, leg)
        self._floor.close(bot, leg.leave_ms[0], now_ms)
        level, line, add = leg.level, leg.at.line, self._floor.add
        for cell, start_ms, end_ms in leg.holdings():
            hold = Hold(start_ms, end_ms, bot, line)
            add(level, cell, hold, now_ms)
        bot.hold, bot.cell = hold, leg.cells[-1]
        self._carriers.drive(bot, leg, now_ms)

    def _note_crossings(self, bot: Bot, leg: Leg) -> None:
        if not any(map(eq, leg.enter_ms[1:], leg.leave_ms)):
            return
        for i, step in enumerate(pairwise(leg.cells)):
            if leg.enter_ms[i + 1] == leg.leave_ms[i]:
                self._floor.cross(bot, leg.level, step, At(leg.at.line, leg.leave_ms[i]), leg.enter_ms[0])
