"""What the bots do: their states to the millisecond, their energy, their missions.

A *mission* is one presentation of a carrier: from the moment a bot is sent for it until
the carrier stands in store again. What a bot does is known from the start of each leg
on: the leg with its waits, and what it does where the leg ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.domain.battery import capacity_mj, charged_mj
from twin.domain.events import LegCut, LegPlanned
from twin.domain.layout import BALCONY, CHARGER, STORAGE, Battery

STATES = (
    "travel_empty",
    "travel_laden",
    "lift",
    "wait_traffic",
    "wait_station",
    "dig",
    "to_charger",
    "charge",
    "idle",
    "fault",
    "task",
)
"""What a bot can be doing; every bot does exactly one of these at any time."""

(EMPTY, LADEN, LIFT, WAIT_TRAFFIC, WAIT_STATION, DIG, TO_CHARGER, CHARGE, IDLE, FAULT, TASK) = range(11)

Wait = tuple[int, int, int]
NO_WAITS: list[Wait] = []


@dataclass(slots=True)
class Mission:
    """One presentation of a carrier. Times in ms; ``digs`` carriers are moved out of its way first.

    ``charge_ms`` is what the level's charge clock showed when the mission began.
    ``dig_from`` is when the bot reached the first carrier in the way, ``dig_until``
    when it reached the one asked for. ``services`` are the stretches in which the person
    worked on a job of this presentation, with the request of that job.
    """

    carrier: int
    started_ms: int
    charge_ms: int
    digs: int
    legs: int = 0
    moved: int = 0
    lifted: bool = False
    waits: list[Wait] = field(default_factory=list)
    dig_from: int | None = None
    dig_until: int | None = None
    presented_ms: int | None = None
    done: bool = False
    services: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class LevelClock:
    """How long a level has been without a free bot while bots of it had to charge."""

    free: int = 0
    charging: int = 0
    total_ms: int = 0
    since_ms: int = 0

    def read(self, now: int) -> int:
        """The sum so far, in ms."""
        if self.charging and not self.free:
            return self.total_ms + now - self.since_ms
        return self.total_ms

    def settle(self, now: int) -> None:
        """Enter the time up to now, before ``free`` or ``charging`` change."""
        if self.charging and not self.free:
            self.total_ms += now - self.since_ms
        self.since_ms = now

    def count_in(self, bot: BotMeter) -> None:
        """Count a bot as it is now."""
        self.free += bot.free()
        self.charging += bot.charge_bound()

    def count_out(self, bot: BotMeter, now: int) -> None:
        """Count a bot no more, because it is about to change."""
        self.settle(now)
        self.free -= bot.free()
        self.charging -= bot.charge_bound()


@dataclass(slots=True)
class BotMeter:
    """One bot. Until ``arrive`` it is on a leg in state ``leg`` (less its waits), then in ``state``.

    ``draw_w`` is what it draws in ``state`` besides what events tell.
    """

    level: int
    since: int
    energy_mj: int
    state: int = IDLE
    draw_w: int = 0
    leg: int = IDLE
    begin: int = 0
    arrive: int = 0
    leg_mj: int = 0
    waits: list[Wait] = field(default_factory=list)
    mission: Mission | None = None
    coming_digs: int = 0
    must_charge: bool = False
    task: bool = False
    charging_since: int | None = None
    before_fault: int | None = None

    def charge_bound(self) -> bool:
        """Whether it is kept from work by nothing but its battery."""
        return self.must_charge and self.mission is None and not self.task

    def free(self) -> bool:
        """Whether it could take work now."""
        return self.mission is None and not self.must_charge and not self.task and self.before_fault is None


@dataclass(slots=True)
class Totals:
    """Sums over a level's bots: ms in each state, mJ drawn."""

    ms: list[int] = field(default_factory=lambda: [0] * len(STATES))
    drawn_mj: int = 0


def settle(bot: BotMeter, totals: Totals, now: int) -> None:
    """Enter what a bot has done and drawn since it was last settled."""
    since = bot.since
    if now <= since:
        return
    bot.since = now
    ms = totals.ms
    arrive = bot.arrive
    if since < arrive:
        until = min(now, arrive)
        driven = until - since
        for _, begin, end in bot.waits:
            stood = min(end, until) - max(begin, since)
            if stood > 0:
                ms[WAIT_TRAFFIC] += stood
                driven -= stood
        ms[bot.leg] += driven
        span = arrive - bot.begin
        drawn = bot.leg_mj * (until - bot.begin) // span - bot.leg_mj * (since - bot.begin) // span
        totals.drawn_mj += drawn
        bot.energy_mj -= drawn
        since = until
    if now > since:
        ms[bot.state] += now - since
        if bot.draw_w:
            drawn = min(max(0, bot.energy_mj), bot.draw_w * (now - since))
            totals.drawn_mj += drawn
            bot.energy_mj -= drawn


def begin_mission(bot: BotMeter, now: int) -> None:
    """A bot is sent for a carrier; where it need not drive, it begins to lift."""
    mission = bot.mission
    assert mission is not None
    bot.state, bot.draw_w = (DIG if mission.digs else LIFT), 0
    if mission.digs:
        mission.dig_from = now


def set_out(bot: BotMeter, event: LegPlanned, now: int, goal: str, idle_w: int) -> None:
    """A bot begins a leg to a position of kind ``goal``."""
    bot.begin, bot.arrive, bot.leg_mj, bot.waits = now, event.arrive_ms, event.energy_mj, event.waits
    mission = bot.mission
    if mission is None or (mission.presented_ms is not None and not event.laden):
        bot.leg = TO_CHARGER if goal == CHARGER else EMPTY
        at_work = {BALCONY: WAIT_STATION, STORAGE: TASK}
        bot.state, bot.draw_w = at_work.get(goal, IDLE), idle_w
    elif mission.presented_ms is not None:
        bot.leg, bot.state, bot.draw_w = LADEN, LIFT, 0
    else:
        _fetch(bot, mission, event.laden, idle_w)
        if event.waits:
            mission.waits = [*mission.waits, *event.waits]
        mission.legs += 1


def cut(bot: BotMeter, event: LegCut, now: int, idle_w: int) -> int:
    """The leg under way ends early, and the bot stands there; what is left to be drawn at once, in mJ."""
    span = bot.arrive - bot.begin
    left_mj = event.energy_mj - (bot.leg_mj * (now - bot.begin) // span if span else 0)
    mission = bot.mission
    if mission is not None and bot.waits:
        mission.waits = [*(wait for wait in mission.waits if wait not in bot.waits), *event.waits]
    bot.begin, bot.arrive, bot.leg_mj, bot.waits = now, event.arrive_ms, left_mj, event.waits
    bot.state, bot.draw_w = WAIT_TRAFFIC, idle_w
    return left_mj if event.arrive_ms <= now else 0


def _fetch(bot: BotMeter, mission: Mission, laden: bool, idle_w: int) -> None:
    """A leg of a bot that is to bring a carrier."""
    if mission.lifted:
        bot.leg, bot.state, bot.draw_w = LADEN, WAIT_STATION, idle_w
    elif laden:
        bot.leg, bot.state, bot.draw_w = DIG, DIG, 0
    else:
        bot.leg = DIG if mission.legs else EMPTY
        bot.state, bot.draw_w = (DIG if mission.moved < mission.digs else LIFT), 0
        if mission.digs and not mission.legs:
            mission.dig_from = bot.arrive


def charge(bot: BotMeter, battery: Battery, now: int) -> float:
    """The share of its capacity that a bot's battery holds at an instant."""
    energy = bot.energy_mj
    if bot.charging_since is not None:
        energy = charged_mj(battery, energy, now - bot.charging_since)
    elif now > bot.since:
        if bot.since < bot.arrive:
            energy -= bot.leg_mj * (min(now, bot.arrive) - bot.since) // (bot.arrive - bot.begin)
        energy -= bot.draw_w * max(0, now - max(bot.since, bot.arrive))
    return max(0, energy) / capacity_mj(battery)
