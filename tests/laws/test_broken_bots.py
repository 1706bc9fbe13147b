"""Bots that are broken, low, empty or taken off, and two faults at once: all ends once they are repaired."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from breaking import MINUTE_MS, assert_restores, drive, id_of, status
from clients import finish
from test_liveness import assert_all_ends, level_site, run_until_waiting, told
from worlds import Lines

from twin.domain import commands as ask
from twin.domain.errors import InUse, NotFound
from twin.domain.layout import Battery, Site
from twin.domain.modes import RESCUE_MS
from twin.domain.work import (
    FAILED,
    IN_PROGRESS,
    OPERATOR_SIMULATED,
    SUCCEEDED,
    SUCCEEDED_TRIGGER,
)
from twin.simulation.engine import Engine

# -- charging and uncharging of bots that are low or broken


def two_places() -> Site:
    """A charger and two parking places for two bots, which begin at 15 percent (low is 20)."""
    site = level_site(("c.p.b.p", ".......", "sssssss"), carriers=[(0, 2), (4, 2)], bots=2)
    return replace(site, battery=Battery(30, start_percent=15))


@pytest.mark.parametrize("force", [False, True])
def test_a_low_bot_leaves_its_charger_only_by_force_and_comes_back(force: bool) -> None:
    engine, log = told(two_places(), OPERATOR_SIMULATED)
    engine.apply(ask.PlaceCharging(1))
    bot = engine.plant.state.bots[1]
    while not bot.charging:
        engine.step()
    charger, began = bot.cell, engine.now
    uncharge = engine.apply(ask.PlaceUncharging(bot=bot.id, force=force))
    while status(engine, uncharge) not in (SUCCEEDED, FAILED):
        engine.step()
    assert status(engine, uncharge) == (SUCCEEDED if force else FAILED)
    assert (bot.cell == charger, bot.charging) == (not force, not force)
    engine.run_until(began + MINUTE_MS)
    assert (bot.cell, bot.charging) == (charger, True), "it may not work before"
    engine.apply(ask.PlaceFetch(("1001", "1002")))
    assert_all_ends(engine, log)


@pytest.mark.parametrize("command", [ask.PlaceCharging(1, force=True), ask.PlaceUncharging(1, force=True)])
@pytest.mark.parametrize("amid_trip", [False, True])
def test_charging_and_uncharging_of_a_stalled_bot_wait_for_its_repair(
    command: ask.Command, amid_trip: bool
) -> None:
    site = replace(two_places(), bots=two_places().bots[:1], battery=Battery(480))
    engine, log = told(site, OPERATOR_SIMULATED)
    if amid_trip:
        assert drive(engine) == 1
    stall = id_of(engine.apply(ask.StallBot(1)))
    request = engine.apply(command)
    engine.run_until(engine.now + 30 * MINUTE_MS)
    assert status(engine, request) == "CREATED"
    engine.apply(ask.RepairFault(stall))
    engine.run_until(engine.now + 30 * MINUTE_MS)
    assert status(engine, request) == SUCCEEDED
    assert_all_ends(engine, log)


@pytest.mark.parametrize("command", [ask.PlaceCharging(force=True), ask.PlaceOffboarding(1)])
def test_a_bot_that_stalls_on_the_way_of_its_task_ends_it_after_the_repair(command: ask.Command) -> None:
    site = two_places()
    engine, log = told(replace(site, battery=Battery(480), bots=site.bots[1:]))
    (bot,) = engine.plant.state.bots.values()
    if isinstance(command, ask.PlaceOffboarding):
        command = ask.PlaceOffboarding(bot.id)
    request = engine.apply(command)
    while not bot.moving:
        engine.step()
    engine.run_until(engine.now + 300)
    stall = id_of(engine.apply(ask.StallBot(bot.id)))
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert bot.held
    engine.apply(ask.RepairFault(stall))
    assert_all_ends(engine, log)
    assert status(engine, request) in (SUCCEEDED, FAILED)


# -- taking off bots that are broken


def test_a_stalled_bot_on_its_way_is_not_taken_off_and_the_refusal_says_what_to_end(
    small_site: Site,
) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    bot = drive(engine)
    stall = id_of(engine.apply(ask.StallBot(bot)))
    engine.run_until(engine.now + MINUTE_MS)
    before = engine.snapshot()
    with pytest.raises(InUse, match=rf"Bot {bot} .*BOT_STALLED.*end that first"):
        engine.apply(ask.RemoveBots((bot,)))
    assert engine.snapshot() == before
    engine.apply(ask.RepairFault(stall))
    while not engine.idle:
        engine.step()
    engine.apply(ask.RemoveBots((bot,)))
    assert bot not in engine.plant.state.bots
    assert_all_ends(engine, log)


def test_a_bot_that_stalls_where_it_parks_is_taken_off_and_its_fault_ends_with_it(small_site: Site) -> None:
    engine, log = told(small_site)
    stall = id_of(engine.apply(ask.StallBot(1, repair_ms=5 * MINUTE_MS)))
    engine.apply(ask.RemoveBots((1,)))
    assert not engine.plant.state.faults
    with pytest.raises(NotFound):
        engine.apply(ask.RepairFault(stall))
    engine.run_until(10 * MINUTE_MS)
    assert log.text.count('"FaultEnded"') == 1
    assert_all_ends(engine, log)


def test_a_fault_that_is_planned_for_a_bot_that_is_gone_by_then_is_told_as_missed(small_site: Site) -> None:
    engine, log = told(small_site)
    planned = engine.apply(ask.PlanFault("BOT_STALLED", 5 * MINUTE_MS, bot=1))
    engine.apply(ask.RemoveBots((1,)))
    engine.run_until(5 * MINUTE_MS - 1)
    assert planned in engine.plant.state.planned_faults
    engine.run_until(5 * MINUTE_MS)
    assert log.text.count('"FaultMissed"') == 1
    assert "Bot 1 does not exist" in log.text
    assert not engine.plant.state.planned_faults
    assert_all_ends(engine, log)


# -- two at once


@pytest.mark.parametrize("repaired", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    "pair",
    [
        (ask.StallBot(1), ask.EmergencyStop()),
        (ask.EmergencyStop(), ask.StallBot(1)),
        (ask.SendPersonAway(1), ask.BlockBalcony(1)),
        (ask.BlockBalcony(1), ask.SendPersonAway(1)),
        (ask.FailTag(1001), ask.BlockBalcony(1)),
    ],
)
def test_two_faults_of_one_thing_both_count_until_each_is_repaired(
    small_site: Site, pair: tuple[ask.FaultCommand, ask.FaultCommand], repaired: tuple[int, int]
) -> None:
    engine, log = told(replace(small_site, bots=small_site.bots[:1]), OPERATOR_SIMULATED)
    assert drive(engine) == 1
    ids = [id_of(engine.apply(fault)) for fault in pair]
    engine.apply(ask.PlaceFetch(("1004",)))
    engine.run_until(engine.now + 20 * MINUTE_MS)
    engine.apply(ask.RepairFault(ids[repaired[0]]))
    engine.run_until(engine.now + 20 * MINUTE_MS)
    assert list(engine.plant.state.faults) == [ids[repaired[1]]]
    assert engine.idle == isinstance(pair[repaired[1]], ask.FailTag)
    assert_restores(engine)
    engine.apply(ask.RepairFault(ids[repaired[1]]))
    assert_all_ends(engine, log)


def test_a_stalled_bot_does_not_stall_again_and_an_emergency_stop_not_be_pressed_twice(
    small_site: Site,
) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    bot = drive(engine)
    for command in (ask.StallBot(bot), ask.EmergencyStop(), ask.BlockBalcony(1), ask.SendPersonAway(1)):
        engine.apply(command)
        engine.run_until(engine.now + 1_000)
        before = engine.snapshot()
        with pytest.raises(InUse):
            engine.apply(command)
        assert engine.snapshot() == before
    assert_all_ends(engine, log)


def test_a_balcony_is_blocked_while_its_person_is_away_and_what_stands_there_is_served(
    small_site: Site,
) -> None:
    """What has been brought before waits for the person; nothing new comes until the balcony is free."""
    engine, log = told(small_site, OPERATOR_SIMULATED)
    away = id_of(engine.apply(ask.SendPersonAway(1)))
    first = engine.apply(ask.PlaceFetch(("1003",)))
    run_until_waiting(engine)
    blocked = id_of(engine.apply(ask.BlockBalcony(1)))
    second = engine.apply(ask.PlaceFetch(("1006",)))
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert (status(engine, first), status(engine, second)) == (IN_PROGRESS, "CREATED")
    engine.apply(ask.RepairFault(away))
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert (status(engine, first), status(engine, second)) == (SUCCEEDED, "CREATED")
    engine.apply(ask.RepairFault(blocked))
    assert_all_ends(engine, log)
    assert status(engine, second) == SUCCEEDED


def test_a_stall_during_an_empty_battery_is_refused_and_the_rescue_still_comes() -> None:
    site = level_site(("p.b.p", ".....", "sssss"), carriers=[(0, 2)], bots=1)
    site = replace(site, battery=Battery(10, idle_w=60, low_percent=20))
    engine, log = told(site)
    while engine.plant.state.bots[1].fault is None:
        engine.step()
    with pytest.raises(InUse, match="Bot 1 cannot move already: EMPTY_BATTERY"):
        engine.apply(ask.StallBot(1))
    engine.apply(ask.EmergencyStop(repair_ms=30 * MINUTE_MS))
    fetch = engine.apply(ask.PlaceFetch(("1001",)))
    finish(engine, random.Random(0))
    assert status(engine, fetch) in (SUCCEEDED, FAILED)
    assert isinstance(log, Lines)


# -- a bot that has run empty amid the positions


def emptied(carriers: list[tuple[int, int]]) -> tuple[Engine, Lines, tuple[int, int]]:
    """A carrier is presented while the other bot writes tags until it cannot drive home; where it stands."""
    rows = ("p..........b.p", "..............", "ssssssssssssss")
    site = level_site(rows, carriers, bots=2)
    site = replace(site, battery=Battery(2, idle_w=0, low_percent=1, reserve_percent=1))
    engine, log = told(site)
    engine.apply(ask.PlaceFetch(("1001",)))
    (waiting,) = run_until_waiting(engine)
    presents = engine.plant.state.jobs[waiting].bot
    writer = next(bot for bot in engine.plant.state.bots.values() if bot.id != presents)
    while writer.fault is None:
        if not engine.plant.state.tasks:
            engine.apply(ask.PlaceRfidWrite(1, writer.id))
        engine.step()
    return engine, log, engine.plant.decks[1].level.xy[writer.cell]


def test_a_carrier_waits_at_its_balcony_while_an_empty_bot_stands_in_its_lane() -> None:
    """It goes back when a person has helped that bot."""
    x, y = emptied([(12, 2)])[2]
    engine, log, where = emptied([(x, y)])
    assert where == (x, y)
    (visit,) = engine.plant.state.visits.values()
    engine.apply(ask.TriggerJob(visit.jobs[0], SUCCEEDED_TRIGGER))
    engine.run_until(engine.now + RESCUE_MS // 2)
    assert engine.plant.state.carriers[1001].cell is None
    assert_restores(engine)
    assert_all_ends(engine, log)
    assert engine.plant.state.carriers[1001].cell is not None
