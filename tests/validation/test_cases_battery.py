"""Batteries: cases 23 and 24 of the validation list (energy balance; CC-CV closed form, section 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin.assembly import busy_day
from twin.domain.battery import MJ_PER_WH, capacity_mj, charged_mj, charging_ms, level_mj
from twin.domain.events import BotFailed, ChargingStarted, ChargingStopped, Event
from twin.domain.layout import Battery
from twin.experiments.sitegen import LaneShape, lane_site

ONE_C = Battery(capacity_wh=100, charge_w=100, cc_until_percent=80)
MINUTE_MS = 60_000


@pytest.mark.parametrize(("start", "goal", "minutes"), [(20, 80, 36.0), (80, 95, 16.6355), (20, 95, 52.6355)])
def test_case_24_cc_cv_charging_takes_the_closed_form_time(start: int, goal: int, minutes: float) -> None:
    taken = charging_ms(ONE_C, level_mj(ONE_C, start), level_mj(ONE_C, goal))
    assert taken / MINUTE_MS == pytest.approx(minutes, abs=1e-3)


@pytest.mark.parametrize("goal", [30, 79, 80, 81, 95])
def test_charging_for_the_time_to_a_level_reaches_that_level(goal: int) -> None:
    start, wanted = level_mj(ONE_C, 20), level_mj(ONE_C, goal)
    reached = charged_mj(ONE_C, start, charging_ms(ONE_C, start, wanted))
    assert 0 <= reached - wanted <= ONE_C.charge_w * 2


def test_charging_in_two_parts_gives_what_it_gives_in_one() -> None:
    start = level_mj(ONE_C, 60)
    whole = charged_mj(ONE_C, start, 40 * MINUTE_MS)
    parts = charged_mj(ONE_C, charged_mj(ONE_C, start, 15 * MINUTE_MS), 25 * MINUTE_MS)
    assert abs(whole - parts) <= 2
    assert whole < capacity_mj(ONE_C)


def test_case_23_the_charge_share_of_busy_bots_is_the_energy_balance() -> None:
    """Drain 60 W in every state, charger 240 W: phi = 60 / (60 + 240) = 0.2 of the time (1 %)."""
    battery = Battery(
        capacity_wh=40,
        idle_w=60,
        drive_unladen_w=60,
        drive_laden_w=60,
        lift_w=60,
        charge_w=240,
        cc_until_percent=100,
        low_percent=30,
        enough_percent=90,
        # Half way between the two: what is in the batteries at the start is on average there at the end.
        start_percent=60,
    )
    shape = LaneShape(deep=2, columns=24, blocks=2, cross_every=8, parking=0, chargers=4, balconies=4)
    site = replace(lane_site("balance", shape, bots_per_level=4, fill_percent=60), battery=battery)
    charging: dict[int, int] = {}
    total, failed = [0], [0]

    def watch(seq: int, t_ms: int, event: Event) -> None:
        if isinstance(event, ChargingStarted):
            charging[event.bot] = t_ms
        elif isinstance(event, ChargingStopped):
            total[0] += t_ms - charging.pop(event.bot)
        failed[0] += isinstance(event, BotFailed)

    hours = 30
    engine = busy_day(site, hours, 2000, 3, [watch])
    engine.run_until(hours * 3_600_000)
    open_now = sum(engine.now - since for since in charging.values())
    share = (total[0] + open_now) / (len(site.bots) * engine.now)
    assert failed[0] == 0
    # What was drawn while charging is not counted in the balance: a bot on a charger draws from it.
    assert share == pytest.approx(0.2, rel=0.01)


def test_what_left_the_batteries_is_the_integral_of_power_to_the_millijoule() -> None:
    """Energy at the start plus what chargers gave minus what was drawn is what is there, for every bot."""
    shape = LaneShape(deep=3, columns=20, blocks=2, cross_every=10, parking=3, chargers=2)
    battery = Battery(capacity_wh=40, charge_w=200)
    site = replace(lane_site("ledger", shape, bots_per_level=5, fill_percent=85), battery=battery)
    engine = busy_day(site, 4, 500, 9)
    engine.run_until(4 * 3_600_000)
    meter, start = engine.plant.meter, level_mj(battery, battery.start_percent)
    assert start == 40 * MJ_PER_WH
    for bot in engine.plant.state.bots.values():
        if not bot.steps:
            meter.settle(bot, engine.now)
        assert bot.energy_mj == start + bot.charged_mj - bot.drawn_mj
        assert 0 <= bot.energy_mj <= capacity_mj(battery)
        assert bot.charged_mj > 0
