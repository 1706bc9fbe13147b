"""Bots besides their work: charging, failing, coming and going."""

from __future__ import annotations

from dataclasses import dataclass

from twin.domain import events as past
from twin.domain.bots import Bot
from twin.domain.errors import InUse, NotFound
from twin.domain.floor import Floor
from twin.domain.meter import Meter
from twin.domain.state import State

EMPTY = "EMPTY_BATTERY"


@dataclass(slots=True)
class Fleet:
    """What is done to the bots of a state. Each method changes and notes what happened."""

    state: State
    floor: Floor
    meter: Meter
    happened: list[past.Event]

    def on_charger(self, bot: Bot) -> bool:
        """Whether a bot stands on a charger that works."""
        deck = self.floor.decks[bot.level]
        return not bot.steps and deck.feeds(bot.cell)

    def plug(self, bot: Bot, now: int) -> None:
        """Let the charger under a bot feed it."""
        self.meter.settle(bot, now)
        bot.charging = True
        self.happened.append(past.ChargingStarted(bot.id, *self.floor.spot(bot), bot.energy_mj))

    def unplug(self, bot: Bot, now: int) -> None:
        """Enter what a bot at rest has drawn, and end its charging if a charger fed it."""
        self.meter.settle(bot, now)
        if bot.charging:
            bot.charging = False
            self.happened.append(past.ChargingStopped(bot.id, *self.floor.spot(bot), bot.energy_mj))

    def need_charge(self, bot: Bot, needed: bool) -> None:
        """Note whether a bot has to charge before it may work."""
        if bot.must_charge != needed:
            bot.must_charge = needed
            self.happened.append(past.ChargeNeeded(bot.id, *self.floor.spot(bot), needed))

    def fail(self, bot: Bot, reason: str, now: int) -> None:
        """A bot cannot move any more, or from where it comes to rest on."""
        if not bot.moving:
            self.unplug(bot, now)
        bot.fault = reason
        self.floor.offer(bot)
        self.happened.append(past.BotFailed(bot.id, *self.floor.coming_spot(bot), reason))

    def recover(self, bot: Bot, share: int, now: int) -> None:
        """A person has helped a bot; its battery now holds at least ``share`` percent."""
        if not bot.moving:
            self.meter.fill(bot, share, now)
        bot.fault = None
        self.floor.offer(bot)
        energy = self.meter.energy_mj(bot, now)
        self.happened.append(past.BotRecovered(bot.id, *self.floor.coming_spot(bot), energy))

    def add(self, level: int, cell: int, share: int, now: int) -> Bot:
        """Put a new bot on a cell, charged to ``share`` percent."""
        bot = Bot(max(self.state.bots, default=0) + 1, level, cell, metered_ms=now)
        self.state.bots[bot.id] = bot
        self.meter.fill(bot, share, now)
        self.happened.append(past.BotAdded(bot.id, *self.floor.spot(bot), bot.energy_mj))
        return bot

    def remove(self, bot: Bot, now: int) -> None:
        """Take a bot off the floor. Raises InUse while it moves, carries or serves."""
        self.check_removable(bot.id)
        self.unplug(bot, now)
        self.floor.leave_parking(bot)
        deck = self.floor.decks[bot.level]
        deck.free_bots.pop(bot.id, None)
        deck.low_bots.pop(bot.id, None)
        del self.state.bots[bot.id]
        self.happened.append(past.BotRemoved(bot.id, *self.floor.spot(bot)))

    def tag_written(self, bot: Bot) -> None:
        """A bot has written the tag of the position above it."""
        self.state.tags_written.setdefault(bot.level, []).append(bot.cell)
        self.happened.append(past.TagWritten(bot.id, *self.floor.spot(bot)))

    def check_removable(self, bot_id: int) -> None:
        """Raises NotFound, or InUse where the bot moves, carries a carrier or serves a visit."""
        bot = self.state.bots.get(bot_id)
        if bot is None:
            raise NotFound("Bot", bot_id)
        if bot.steps or bot.carrier is not None or bot.visit is not None or bot.task is not None:
            raise InUse(f"Bot {bot_id} is at work: {_what_first(bot)}")


def _what_first(bot: Bot) -> str:
    """What keeps somebody from lifting a bot out, and what would be right."""
    if bot.fault is not None:
        return f"it has stopped on its way ({bot.fault}); end that first and let it come to rest"
    if bot.carrier is not None:
        return f"carrier {bot.carrier} is on it; remove it once that is back in store"
    if bot.visit is not None or bot.task is not None:
        return "remove it once that is done"
    return "it drives; remove it once it has come to rest"
