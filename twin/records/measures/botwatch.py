"""Watches the bots: where their time and energy go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twin.domain import events as past
from twin.records.measures import fleet
from twin.records.measures.book import Book
from twin.records.measures.fleet import BotMeter, LevelClock, Totals, settle


class BotWatch:
    """Follows every bot of a run by its events; ``totals`` are by level."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.bots: dict[int, BotMeter] = {}
        self.levels: dict[int, LevelClock] = {}
        self.totals: dict[int, Totals] = {}

    def handlers(self) -> dict[type, Callable[[int, Any], None]]:
        """What to call for which event."""
        return {
            past.LegPlanned: self._leg,
            past.LegCut: self._cut,
            past.BotHeld: self._held,
            past.BotFreed: self._freed,
            past.CarrierLifted: self._lifted,
            past.CarrierLowered: self._lowered,
            past.ChargingStarted: self._plugged,
            past.ChargingStopped: self._unplugged,
            past.ChargeNeeded: self._charge_needed,
            past.BotFailed: self._failed,
            past.BotRecovered: self._recovered,
            past.BotAdded: self._bot_added,
            past.BotRemoved: self._bot_removed,
        }

    def add_level(self, level: int, t_ms: int) -> None:
        """A level of the site."""
        self.levels[level] = LevelClock(since_ms=t_ms)
        self.totals[level] = Totals()

    def open_window(self) -> None:
        """Forget the time and energy of the settled bots so far."""
        for level in self.totals:
            self.totals[level] = Totals()

    def settle_all(self, t_ms: int) -> None:
        """Enter what all bots have done up to now."""
        for bot in self.bots.values():
            settle(bot, self.totals[bot.level], t_ms)

    def charges(self, t_ms: int) -> list[float]:
        """What each battery holds at an instant, as a share."""
        return [fleet.charge(bot, self.book.battery, t_ms) for bot in self.bots.values()]

    def join(self, bot_id: int, level: int, energy_mj: int, t_ms: int) -> None:
        """A bot stands idle on a level."""
        self.bots[bot_id] = BotMeter(level, t_ms, energy_mj, draw_w=self.book.battery.idle_w)
        self.levels[level].settle(t_ms)
        self.levels[level].count_in(self.bots[bot_id])

    def _bot_added(self, t_ms: int, event: past.BotAdded) -> None:
        self.join(event.bot, event.level, event.energy_mj, t_ms)

    def _bot_removed(self, t_ms: int, event: past.BotRemoved) -> None:
        bot = self.settled(event.bot, t_ms)
        self.count_out(bot, t_ms)
        del self.bots[event.bot]

    def count_out(self, bot: BotMeter, t_ms: int) -> LevelClock:
        """Take a bot that is about to change out of its level's clock; ``count_in`` puts it back."""
        level = self.levels[bot.level]
        level.count_out(bot, t_ms)
        return level

    def settled(self, bot_id: int, t_ms: int) -> BotMeter:
        """A bot, with all it has done up to now entered."""
        bot = self.bots[bot_id]
        settle(bot, self.totals[bot.level], t_ms)
        return bot

    def _leg(self, t_ms: int, event: past.LegPlanned) -> None:
        bot = self.settled(event.bot, t_ms)
        x, y = event.cells[-1]
        fleet.set_out(bot, event, t_ms, self.book.kinds[bot.level][y][x], self.book.battery.idle_w)
        maps = self.book.maps[bot.level]
        maps.drive(event.cells)
        if event.waits:
            for index, begin, end in event.waits:
                maps.waiting[event.cells[index]] += end - begin

    def _cut(self, t_ms: int, event: past.LegCut) -> None:
        bot = self.settled(event.bot, t_ms)
        self._draw(bot, fleet.cut(bot, event, t_ms, self.book.battery.idle_w))

    def _held(self, t_ms: int, event: past.BotHeld) -> None:
        bot = self.settled(event.bot, t_ms)
        self.rest(bot, fleet.WAIT_TRAFFIC if bot.before_fault is None else fleet.FAULT)
        if bot.before_fault is not None:
            bot.before_fault = fleet.WAIT_TRAFFIC

    def _freed(self, t_ms: int, event: past.BotFreed) -> None:
        bot = self.settled(event.bot, t_ms)
        if bot.mission is not None:  # it lifts or lowers where it stands, unless a leg begins at once
            bot.state, bot.draw_w = fleet.LIFT, 0

    def _lifted(self, t_ms: int, event: past.CarrierLifted) -> None:
        bot = self.settled(event.bot, t_ms)
        self._draw(bot, event.energy_mj)
        bot.draw_w = 0
        mission = bot.mission
        if event.energy_mj:
            self._store(-1, t_ms)
        if mission is None or mission.presented_ms is not None:
            return
        if mission.carrier == event.carrier:
            mission.lifted = True
            if mission.digs:
                mission.dig_until = bot.arrive
        else:
            self.book.maps[bot.level].digging[event.x, event.y] += 1

    def _lowered(self, t_ms: int, event: past.CarrierLowered) -> None:
        bot = self.settled(event.bot, t_ms)
        self._draw(bot, event.energy_mj)
        bot.draw_w = 0
        self._store(1, t_ms)
        mission = bot.mission
        if mission is not None and mission.presented_ms is None:
            mission.moved += 1
            # The last carrier of a mission that presents none is brought near its balcony.
            self.book.window.digs += mission.carrier != 0 or mission.moved < mission.digs
        else:
            self.book.window.returns += 1

    def _draw(self, bot: BotMeter, energy_mj: int) -> None:
        bot.energy_mj -= energy_mj
        self.totals[bot.level].drawn_mj += energy_mj

    def _store(self, change: int, t_ms: int) -> None:
        self.book.window.store(self.book.stored, t_ms)
        self.book.stored += change

    def rest(self, bot: BotMeter, state: int) -> None:
        """A bot stands still from now on."""
        bot.state, bot.draw_w = state, self.book.battery.idle_w

    def _plugged(self, t_ms: int, event: past.ChargingStarted) -> None:
        bot = self.settled(event.bot, t_ms)
        bot.state, bot.draw_w = fleet.CHARGE, 0
        bot.energy_mj, bot.charging_since = event.energy_mj, t_ms

    def _unplugged(self, t_ms: int, event: past.ChargingStopped) -> None:
        bot = self.settled(event.bot, t_ms)
        self.rest(bot, fleet.IDLE)
        bot.energy_mj, bot.charging_since = event.energy_mj, None

    def _charge_needed(self, t_ms: int, event: past.ChargeNeeded) -> None:
        bot = self.bots[event.bot]
        level = self.count_out(bot, t_ms)
        bot.must_charge = event.needed
        level.count_in(bot)

    def _failed(self, t_ms: int, event: past.BotFailed) -> None:
        bot = self.settled(event.bot, t_ms)
        level = self.count_out(bot, t_ms)
        bot.before_fault = bot.state
        level.count_in(bot)
        bot.state = fleet.FAULT

    def _recovered(self, t_ms: int, event: past.BotRecovered) -> None:
        bot = self.settled(event.bot, t_ms)
        level = self.count_out(bot, t_ms)
        bot.state = fleet.IDLE if bot.before_fault is None else bot.before_fault
        bot.before_fault = None
        level.count_in(bot)
        if bot.arrive <= t_ms:
            bot.energy_mj = event.energy_mj
