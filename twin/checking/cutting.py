"""Legs that end early: what is driven now, instead of what was planned.

Several bots may be stopped at one moment, each in the way of what was planned for the
others. Their ``LegCut`` lines follow one another and count as one change: first all that was
planned from then on is forgotten, then what is driven is taken note of.
"""

from __future__ import annotations

from twin.checking.carriers import CarrierLayer
from twin.checking.floor import Floor
from twin.checking.legs import Leg
from twin.checking.world import OPEN, Bot, Hold, World


class Cutting:
    """Collects the cuts of a moment, and carries them out together."""

    def __init__(self, world: World, floor: Floor, carriers: CarrierLayer) -> None:
        self._world = world
        self._floor = floor
        self._carriers = carriers
        self._cuts: list[tuple[Bot, Leg, Leg]] = []

    def cut(self, leg: Leg) -> None:
        """A bot ends the leg it is on early."""
        bot = self._world.bot(leg.bot, leg.at)
        if bot is None:
            return
        planned = bot.leg
        if planned is None or bot.ready_ms < leg.at.t_ms or planned.start.t_ms > leg.at.t_ms:
            self._refute("cut.leg", f"Bot {bot.id} is on no leg that could be cut.", bot, leg)
            return
        fault = _fault(planned, leg)
        if fault is not None:
            rule, why = fault
            self._refute(rule, f"The cut leg of bot {bot.id} {why}.", bot, leg)
            return
        self._cuts.append((bot, planned, leg))

    def finish(self) -> None:
        """No more cuts of this moment come."""
        for bot, planned, leg in self._cuts:
            self._floor.cut(bot, planned, leg.at.t_ms)
            self._carriers.cut(bot, planned, leg.at.t_ms)
        for bot, _, leg in self._cuts:
            self._drive(bot, leg)
        self._cuts.clear()

    def _drive(self, bot: Bot, leg: Leg) -> None:
        now_ms, line = leg.at.t_ms, leg.at.line
        bot.cell, bot.ready_ms, bot.line, bot.leg = leg.cells[-1], leg.ready_ms, line, leg
        held = [
            (cell, max(enter, now_ms), leave)
            for cell, enter, leave in zip(leg.cells, leg.enter_ms, leg.leave_ms, strict=True)
            if leave > now_ms
        ]
        for cell, start_ms, end_ms in held:
            hold = Hold(start_ms, end_ms, bot, line)
            self._floor.add(leg.level, cell, hold, now_ms)
            if end_ms == OPEN:
                bot.hold = hold
        if bot.carrying is not None:
            self._carriers.hold_again(bot, leg, held)

    def _refute(self, rule: str, message: str, bot: Bot, leg: Leg) -> None:
        spots = (bot.level.spot(bot.cell),)
        self._world.refute(rule, message, leg.at, other_line=bot.line, bots=(bot.id,), cells=spots)


def _fault(planned: Leg, leg: Leg) -> tuple[str, str] | None:
    """The rule that a cut leg breaks and why, or None."""
    now_ms, count = leg.at.t_ms, len(leg.cells)
    if (leg.level, leg.laden, leg.carrier) != (planned.level, planned.laden, planned.carrier):
        return "cut.leg", "is another leg than the one the bot is on"
    if leg.cells != planned.cells[:count]:
        return "cut.way", "does not lead along the planned cells"
    if any(enter < now_ms for enter in planned.enter_ms[count:]):
        return "cut.past", "ends before a cell that the bot has entered already"
    for i in range(count):
        enter, leave = planned.enter_ms[i], planned.leave_ms[i]
        is_last = i == count - 1
        if (enter < now_ms and leg.enter_ms[i] != enter) or (
            leave <= now_ms and (is_last or leg.leave_ms[i] != leave)
        ):
            return "cut.past", "changes what has happened already"
        if leg.enter_ms[i] < enter or leg.leave_ms[i] < leave:
            return "cut.sooner", "comes to a cell, or away from it, sooner than planned"
    if leg.ready_ms < now_ms:
        return "cut.past", "has arrived before it is cut"
    return None
