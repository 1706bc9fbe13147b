"""What each bot's battery holds, to the millijoule."""

from __future__ import annotations

from twin.domain.battery import charged_mj, charging_ms, level_mj, percent
from twin.domain.bots import Bot, Step
from twin.domain.layout import Battery


class Meter:
    """Reads and keeps the batteries of bots that have one kind of battery.

    ``reserve_mj`` is what work must leave in one, ``goal_mj`` what it holds when it is charged enough,
    ``low_mj`` that with which it should be charged.
    """

    def __init__(self, battery: Battery) -> None:
        self.battery = battery
        self.reserve_mj = level_mj(battery, battery.reserve_percent)
        self.goal_mj = level_mj(battery, battery.enough_percent)
        self.low_mj = level_mj(battery, battery.low_percent)

    def energy_mj(self, bot: Bot, now: int) -> int:
        """What the battery holds at an instant, in mJ. Within a step it falls evenly."""
        if bot.steps and bot.moving and bot.steps[0].begin_ms <= now:
            step = bot.steps[0]
            span = max(1, step.end_ms - step.begin_ms)
            return bot.energy_mj - step.energy_mj * (now - step.begin_ms) // span
        return self.at_rest_mj(bot, now)

    def percent(self, bot: Bot, now: int) -> int:
        """State of charge in whole percent."""
        return percent(self.battery, self.energy_mj(bot, now))

    def at_rest_mj(self, bot: Bot, now: int) -> int:
        """What the battery of a bot holds that has been at rest since it was metered, in mJ."""
        passed = now - bot.metered_ms
        if bot.charging:
            return charged_mj(self.battery, bot.energy_mj, passed)
        return max(0, bot.energy_mj - self.battery.idle_w * passed)

    def settle(self, bot: Bot, now: int) -> None:
        """Enter what a bot at rest has drawn or taken since it was last metered."""
        energy = self.at_rest_mj(bot, now)
        if energy > bot.energy_mj:
            bot.charged_mj += energy - bot.energy_mj
        else:
            bot.drawn_mj += bot.energy_mj - energy
        bot.energy_mj, bot.metered_ms = energy, now

    def ended(self, bot: Bot, step: Step, now: int) -> None:
        """Enter what a step has drawn."""
        bot.drawn_mj += step.energy_mj
        bot.energy_mj -= step.energy_mj
        bot.metered_ms = now
        if bot.energy_mj < 0:
            raise AssertionError(f"bot {bot.id} has driven with an empty battery")

    def is_low(self, energy_mj: int) -> bool:
        """Whether a bot with that much should charge."""
        return energy_mj <= self.low_mj

    def suffices(self, bot: Bot, needed_mj: int, now: int) -> bool:
        """Whether a bot can give ``needed_mj`` and still get to a charger."""
        return self.energy_mj(bot, now) - needed_mj >= self.reserve_mj

    def ms_to(self, bot: Bot, goal_mj: int) -> int:
        """How long a metered bot must charge until it holds ``goal_mj`` (at most 99.9 %)."""
        return charging_ms(self.battery, bot.energy_mj, goal_mj)

    def ms_to_low(self, bot: Bot) -> int | None:
        """How long a metered bot can stand until it should charge; None: for ever."""
        return self._ms_down_to(bot, self.low_mj)

    def ms_to_empty(self, bot: Bot) -> int | None:
        """How long a metered bot can stand until its battery is empty; None: for ever."""
        return self._ms_down_to(bot, 0)

    def _ms_down_to(self, bot: Bot, level: int) -> int | None:
        if self.battery.idle_w == 0:
            return None
        return -(-max(0, bot.energy_mj - level) // self.battery.idle_w)

    def fill(self, bot: Bot, share: int, now: int) -> None:
        """Give a bot a battery charged to ``share`` percent from outside (a person, the start)."""
        self.settle(bot, now)
        goal = level_mj(self.battery, share)
        if goal > bot.energy_mj:
            bot.charged_mj += goal - bot.energy_mj
            bot.energy_mj = goal
