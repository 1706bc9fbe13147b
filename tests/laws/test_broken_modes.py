"""Pause, resume, restart and writing of tags while something is broken: all ends once it is repaired."""

from __future__ import annotations

import pytest
from breaking import MINUTE_MS, drive, id_of, status
from test_liveness import assert_all_ends, level_site, told

from twin.domain import commands as ask
from twin.domain.layout import Site
from twin.domain.modes import ERROR, PAUSED, RESTART_MS, RUNNING, STARTING_UP
from twin.domain.work import (
    FAILED,
    IN_PROGRESS,
    OPERATOR_API,
    OPERATOR_SIMULATED,
    SUCCEEDED,
)

# -- pause, resume and restart while something is broken


@pytest.mark.parametrize("before_ms", [0, 400, 2_000, 60_000])
@pytest.mark.parametrize("operator", [OPERATOR_API, OPERATOR_SIMULATED])
def test_a_pause_during_an_emergency_stop_takes_effect_after_it(
    small_site: Site, before_ms: int, operator: str
) -> None:
    """The bots first have to end the trips on which they were stopped."""
    engine, log = told(small_site, operator)
    drive(engine)
    stop = id_of(engine.apply(ask.EmergencyStop()))
    engine.run_until(engine.now + before_ms)
    pause = engine.apply(ask.PlacePause())
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert (status(engine, pause), engine.plant.state.mode.status) == (IN_PROGRESS, ERROR)
    engine.apply(ask.RepairFault(stop))
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert (status(engine, pause), engine.plant.state.mode.status) == (SUCCEEDED, PAUSED)
    assert_all_ends(engine, log)


def test_an_emergency_stop_during_a_pause_leaves_it_paused_when_it_ends(small_site: Site) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    drive(engine)
    pause = engine.apply(ask.PlacePause())
    stop = id_of(engine.apply(ask.EmergencyStop()))
    engine.apply(ask.RepairFault(stop))
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert (status(engine, pause), engine.plant.state.mode.status) == (SUCCEEDED, PAUSED)
    stop = id_of(engine.apply(ask.EmergencyStop()))
    assert engine.plant.state.mode.status == ERROR
    engine.apply(ask.RepairFault(stop))
    assert engine.plant.state.mode.status == PAUSED
    assert_all_ends(engine, log)


@pytest.mark.parametrize("paused", [False, True])
def test_a_resume_during_an_emergency_stop_starts_nobody_before_it_ends(
    small_site: Site, paused: bool
) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    bot = engine.plant.state.bots[drive(engine)]
    engine.apply(ask.EmergencyStop())
    pause = engine.apply(ask.PlacePause()) if paused else None
    engine.run_until(engine.now + MINUTE_MS)
    resume = engine.apply(ask.PlaceResume())
    assert status(engine, resume) == SUCCEEDED
    assert pause is None or status(engine, pause) == FAILED
    where = bot.cell
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert (bot.held, bot.cell, engine.plant.state.mode.status) == (True, where, ERROR)
    assert_all_ends(engine, log)
    assert engine.plant.state.mode.status == RUNNING


@pytest.mark.parametrize("ended_after_ms", [1_000, RESTART_MS, 2 * RESTART_MS])
def test_a_restart_during_an_emergency_stop_and_the_stop_end_in_any_order(
    small_site: Site, ended_after_ms: int
) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    bot = engine.plant.state.bots[drive(engine)]
    stop = id_of(engine.apply(ask.EmergencyStop()))
    engine.run_until(engine.now + 5_000)
    began = engine.now
    engine.apply(ask.RestartBrain())
    engine.run_until(began + ended_after_ms)
    assert bot.held
    engine.apply(ask.RepairFault(stop))
    still = ended_after_ms < RESTART_MS
    assert engine.plant.state.mode.status == (STARTING_UP if still else RUNNING)
    assert bot.held == still
    assert_all_ends(engine, log)


@pytest.mark.parametrize("repaired_after_ms", [1_000, RESTART_MS, 2 * RESTART_MS])
def test_a_restart_during_a_stall_lets_the_bot_go_on_when_both_are_over(
    small_site: Site, repaired_after_ms: int
) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    bot = engine.plant.state.bots[drive(engine)]
    stall = id_of(engine.apply(ask.StallBot(bot.id)))
    engine.run_until(engine.now + 5_000)
    engine.apply(ask.RestartBrain())
    engine.run_until(engine.now + repaired_after_ms)
    engine.apply(ask.RepairFault(stall))
    assert bot.held == (repaired_after_ms < RESTART_MS)
    assert_all_ends(engine, log)


@pytest.mark.parametrize("after_ms", [200, 700, 6_000, 20_000])
def test_a_restart_during_a_writing_of_tags_loses_no_position(small_site: Site, after_ms: int) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    writing = engine.apply(ask.PlaceRfidWrite(1, 1))
    engine.run_until(after_ms)
    engine.apply(ask.RestartBrain())
    engine.run_until(after_ms + 10 * MINUTE_MS)
    assert status(engine, writing) == SUCCEEDED
    assert log.text.count('"TagWritten"') == 12
    assert_all_ends(engine, log)


@pytest.mark.parametrize("after_ms", [200, 700, 6_000, 20_000])
@pytest.mark.parametrize("fault", [ask.StallBot(1), ask.EmergencyStop()])
def test_a_fault_during_a_writing_of_tags_loses_no_position(
    small_site: Site, after_ms: int, fault: ask.FaultCommand
) -> None:
    engine, log = told(small_site, OPERATOR_SIMULATED)
    writing = engine.apply(ask.PlaceRfidWrite(1, 1))
    engine.run_until(after_ms)
    number = id_of(engine.apply(fault))
    engine.run_until(after_ms + 5 * MINUTE_MS)
    assert status(engine, writing) == IN_PROGRESS or after_ms == 200
    engine.apply(ask.RestartBrain())
    engine.apply(ask.RepairFault(number))
    engine.run_until(engine.now + 10 * MINUTE_MS)
    assert status(engine, writing) == SUCCEEDED
    assert log.text.count('"TagWritten"') == 12
    assert_all_ends(engine, log)


# -- writing of tags past a blocked cell


def test_a_writing_that_finds_no_way_fails_and_goes_on_where_it_ended_after_the_repair() -> None:
    """The right half of the level can be come to through one cell only."""
    site = level_site(("p......", "b..#...", "sss#sss"), carriers=[(0, 2)])
    engine, log = told(site)
    block = id_of(engine.apply(ask.BlockCell(1, 4, 0)))
    first = engine.apply(ask.PlaceRfidWrite(1, 1))
    engine.run_until(10 * MINUTE_MS)
    done = list(engine.plant.state.tags_written[1])
    assert status(engine, first) == FAILED
    assert len(done) == 3
    engine.apply(ask.RepairFault(block))
    told_before = log.text.count('"TagWritten"')
    second = engine.apply(ask.PlaceRfidWrite(1, 1, from_scratch=False))
    engine.run_until(20 * MINUTE_MS)
    assert status(engine, second) == SUCCEEDED
    assert (told_before, log.text.count('"TagWritten"')) == (3, 6)
    assert_all_ends(engine, log)
