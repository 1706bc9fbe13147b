"""When a bot goes to a charger, and when it may work again.

That a bot with ``Battery.low_percent`` or less gets no more work before it has charged
holds whatever is chosen here, and so does ``reserve_percent``: no policy can run a
battery down.
"""

from __future__ import annotations

from typing import Protocol

from twin.domain.battery import level_mj
from twin.policies.registry import CHARGING, register
from twin.policies.view import BotView, PlantView


class Charging(Protocol):
    """Chooses who charges, and until when."""

    def seeks(self, view: PlantView, bot: BotView, energy_mj: int) -> bool:
        """Whether a bot without work should go to a charger rather than to a parking place.

        It is not asked about one that is low: that one has to.
        """
        ...

    def moves_idle(self, view: PlantView, level: int) -> bool:
        """Whether bots that are parked off a charger and that ``seeks`` favours drive to free ones now."""
        ...

    def enough_mj(self, view: PlantView, bot: BotView) -> int:
        """With how much a bot that had to charge may be given work again.

        At most ``Battery.enough_percent``, above ``low_percent``. It goes on charging
        until it is given some.
        """
        ...


@register(CHARGING, "threshold")
class Threshold:
    """At ``low_percent``, until ``enough_percent``."""

    def seeks(self, view: PlantView, bot: BotView, energy_mj: int) -> bool:
        """See ``Charging``."""
        return False

    def moves_idle(self, view: PlantView, level: int) -> bool:
        """See ``Charging``."""
        return False

    def enough_mj(self, view: PlantView, bot: BotView) -> int:
        """See ``Charging``."""
        return _percent(view, view.site.battery.enough_percent)


@register(CHARGING, "opportunity")
class Opportunity:
    """In any idle time: whoever has nothing to do goes to a free charger, and leaves it for any work.

    A bot that got low all the same may work again half way from low to enough.
    """

    def seeks(self, view: PlantView, bot: BotView, energy_mj: int) -> bool:
        """See ``Charging``."""
        battery = view.site.battery
        return energy_mj < level_mj(battery, battery.enough_percent)

    def moves_idle(self, view: PlantView, level: int) -> bool:
        """See ``Charging``."""
        return True

    def enough_mj(self, view: PlantView, bot: BotView) -> int:
        """See ``Charging``."""
        return _half_way(view)


@register(CHARGING, "balcony_pace")
class BalconyPace:
    """At the balconies' pace: a bot charges while they do not need it.

    As long as more bots of its level are free than visits wait there, a bot without
    work charges as by ``opportunity``; otherwise it stays at hand. One that got low
    charges to the full if nothing waits for it, and half way if something does.
    """

    def seeks(self, view: PlantView, bot: BotView, energy_mj: int) -> bool:
        """See ``Charging``."""
        if energy_mj >= _percent(view, view.site.battery.enough_percent):
            return False
        return waiting(view, bot.level) < len(view.decks[bot.level].free_bots)

    def moves_idle(self, view: PlantView, level: int) -> bool:
        """See ``Charging``."""
        return not waiting(view, level)

    def enough_mj(self, view: PlantView, bot: BotView) -> int:
        """See ``Charging``."""
        if waiting(view, bot.level):
            return _half_way(view)
        return _percent(view, view.site.battery.enough_percent)


def waiting(view: PlantView, level: int) -> int:
    """Visits of a level that wait for a bot."""
    return sum(map(len, view.queues.waiting.get(level, {}).values()))


def _percent(view: PlantView, percent: int) -> int:
    return level_mj(view.site.battery, percent)


def _half_way(view: PlantView) -> int:
    battery = view.site.battery
    return _percent(view, (battery.low_percent + battery.enough_percent + 1) // 2)
