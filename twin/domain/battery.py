"""Batteries: what bots draw, and how chargers fill them.

Energy is integer millijoules: watts times milliseconds, so that what was drawn is the
exact integral of power. Charging is CC-CV (validation.md section 6): with the rate
r = power / capacity the charge rises linearly to the share s_c, then
s(t) = 1 - (1 - s_c) exp(-t / tau), tau = (1 - s_c) / r.
"""

from __future__ import annotations

import math

from twin.domain.layout import Battery, Site

MJ_PER_WH = 3_600_000


def capacity_mj(battery: Battery) -> int:
    """What a full battery holds, in mJ."""
    return battery.capacity_wh * MJ_PER_WH


def level_mj(battery: Battery, percent: int) -> int:
    """What a battery holds at ``percent``, in mJ."""
    return battery.capacity_wh * MJ_PER_WH * percent // 100


def start_mj(site: Site) -> dict[int, int]:
    """What each bot's battery holds at the start, in mJ, by bot.

    Spread evenly over each level, and levels between each other; neighbours get shares
    that lie apart, by steps of about the golden section of their number.
    """
    battery = site.battery
    low, high = battery.start_percent, battery.start_to_percent
    start = level_mj(battery, low)
    if high is None:
        return dict.fromkeys((bot.id for bot in site.bots), start)
    width = level_mj(battery, high) - start
    shares = {}
    for nth, level in enumerate(site.levels):
        bots = sorted(bot.id for bot in site.bots if bot.level == level.id)
        count, step = len(bots), _step(len(bots))
        for index, bot in enumerate(bots):
            rank = index * step % count * len(site.levels) + nth
            shares[bot] = start + width * (2 * rank + 1) // (2 * count * len(site.levels))
    return shares


def _step(count: int) -> int:
    """The first step from the golden section on that has no common factor with ``count``."""
    step = max(1, round(count * 0.618))
    while math.gcd(step, count) != 1:
        step += 1
    return step


def percent(battery: Battery, energy_mj: int) -> int:
    """State of charge in whole percent, rounded down: 100 only for a full battery."""
    return max(0, energy_mj) * 100 // capacity_mj(battery)


def charged_mj(battery: Battery, energy_mj: int, dt_ms: int) -> int:
    """What a battery that held ``energy_mj`` holds after ``dt_ms`` on a charger, in mJ."""
    knee = level_mj(battery, battery.cc_until_percent)
    full = capacity_mj(battery)
    power = battery.charge_w
    if energy_mj < knee:
        to_knee = -(-(knee - energy_mj) // power)
        if dt_ms < to_knee:
            return energy_mj + power * dt_ms
        energy_mj, dt_ms = knee, dt_ms - to_knee
    if knee >= full:
        return full
    left = (full - energy_mj) * math.exp(-dt_ms / _tau_ms(battery))
    return full - math.ceil(left)


def charging_ms(battery: Battery, energy_mj: int, goal_mj: int) -> int:
    """Time in ms on a charger until a battery holds ``goal_mj``.

    The last thousandth takes for ever on this curve, so a goal of more than 99.9 % counts
    as 99.9 %.
    """
    full = capacity_mj(battery)
    goal_mj = min(goal_mj, full - full // 1000)
    if energy_mj >= goal_mj:
        return 0
    knee = level_mj(battery, battery.cc_until_percent)
    linear = max(0, min(goal_mj, knee) - energy_mj)
    time = -(-linear // battery.charge_w)
    if goal_mj > knee:
        start = max(energy_mj, knee)
        time += math.ceil(_tau_ms(battery) * math.log((full - start) / (full - goal_mj)))
    return time


def _tau_ms(battery: Battery) -> float:
    full = capacity_mj(battery)
    return (full - level_mj(battery, battery.cc_until_percent)) / battery.charge_w
