"""Law 2: same seed and same commands at the same simulated times give the same event log."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from choices import CHOICES
from clients import drive_by_api
from fresh_process import from_the_start, interpreter
from hypothesis import given
from hypothesis import strategies as st
from searching import laws
from worlds import DIGGING, Lines, Script, World, replay

from twin.domain import commands as ask
from twin.domain.work import FAILED_TRIGGER, OPERATOR_API, OPERATOR_BOTH, OPERATORS, SUCCEEDED_TRIGGER
from twin.simulation.engine import Engine
from twin.simulation.pacing import MAX, Speed, run_script

BUSY_DAY = World(site_seed=11, bots=12, fill_percent=90, seed=5, minutes=60, lines_per_hour=600)


def run(world: World, script: Script | None = None) -> Lines:
    """The log of a world in this process, flat out."""
    log = Lines()
    replay(world.build([log.write]), script or [], world.horizon_ms)
    return log


# -- speed

HASTY = World(
    site_seed=1,
    bots=3,
    fill_percent=85,
    lines_per_hour=0,
    operator=OPERATOR_BOTH,
    haste=25,
    policies=DIGGING,
)
HORIZON_MS = 6000
SCRIPT: Script = [
    (0, ask.PlaceFetch(("1001", "1003"), priority=1)),
    (10, ask.CreateSku("NEW")),
    (1500, ask.PlaceFulfillment((ask.SkuLine("SKU00001", 2), ask.SkuLine("SKU00002", 1)))),
    (1500, ask.PlaceReplenishment((ask.SkuLine("SKU00003", 1),))),
    (1900, ask.TriggerJob("job-1", SUCCEEDED_TRIGGER)),
    (2000, ask.PlaceFulfillment((ask.SkuLine("nobody has it", 1),))),
    (2500, ask.SetOperator(OPERATOR_API)),
    (3500, ask.TriggerJob("job-3", FAILED_TRIGGER)),
    (4000, ask.TriggerJob("job-1", SUCCEEDED_TRIGGER)),
    (4000, ask.SetOperator(OPERATOR_BOTH)),
    (5321, ask.PlaceFetch(("1002",))),
]
"""Includes a trigger before the simulated person is done, refused ones, and two at one instant."""


def run_at(speed: Speed) -> tuple[Lines, Engine]:
    log = Lines()
    engine = HASTY.build([log.write])
    run_script(engine, SCRIPT, HORIZON_MS, speed)
    return log, engine


@pytest.fixture(scope="module")
def flat_out() -> tuple[Lines, Engine]:
    return run_at(MAX)


def test_the_script_moves_bots_and_serves_people_within_its_few_seconds(
    flat_out: tuple[Lines, Engine],
) -> None:
    """Otherwise the next test would prove nothing."""
    log, engine = flat_out
    kinds = Counter(json.loads(line)["type"] for line in log.lines)
    assert kinds["LegPlanned"] >= 10
    assert min(kinds["CarrierLifted"], kinds["CarrierLowered"], kinds["ServiceStarted"]) >= 2
    assert {'"to":"SUCCEEDED"', '"to":"FAILED"'} <= set(re.findall('"to":"[A-Z]+"', log.text))
    assert len(engine.commands) == len(SCRIPT) - 2, "two are refused"
    assert any(bot.steps for bot in engine.plant.state.bots.values()), "bots still drive at the end"


@pytest.mark.parametrize("speed", [1, 50])
def test_the_speed_changes_nothing_of_the_event_log(speed: Speed, flat_out: tuple[Lines, Engine]) -> None:
    """Real time, fifty times as fast, and flat out: the same bytes."""
    log, engine = run_at(speed)
    assert log.text == flat_out[0].text
    assert log.sha256 == flat_out[0].sha256
    assert engine.now == HORIZON_MS


# -- processes and hash seeds


def test_two_processes_with_different_hash_seeds_write_the_same_log_of_a_script_and_of_a_busy_day() -> None:
    """No set order, no hash order, no id() decides anything: both agree, and with this process."""
    script, _ = run_at(MAX)
    with interpreter(hash_seed=1) as one, interpreter(hash_seed=4242) as other:
        for process in (one, other):
            process.hand_over(from_the_start(HASTY, accepted(), HORIZON_MS))
            process.hand_over(from_the_start(BUSY_DAY, [], BUSY_DAY.horizon_ms))
        scripted = [process.answer() for process in (one, other)]
        busy = [process.answer() for process in (one, other)]
    assert [answer["hash_seed"] for answer in busy] == ["1", "4242"]
    assert {answer["sha256"] for answer in scripted} == {script.sha256}
    assert {answer["sha256"] for answer in busy} == {run(BUSY_DAY).sha256}
    assert busy[0]["last"] == busy[1]["last"]


def accepted() -> Script:
    """The commands of the script that are not refused."""
    return run_at(MAX)[1].commands


def test_two_runs_in_one_process_write_the_same_log() -> None:
    """What a run leaves behind in caches and tables of the process changes nothing for the next one."""
    assert run(BUSY_DAY).sha256 == run(BUSY_DAY).sha256


def test_another_seed_gives_another_log() -> None:
    """The seed is used at all."""
    world = World(minutes=2)
    logs = {run(World(seed=seed, minutes=2)).text.split("\n", 1)[1] for seed in (1, 2, 3)}
    assert len(logs) == 3
    assert run(world).text.split("\n", 1)[1] in logs


# -- slices


@laws(20)
@given(
    seed=st.integers(0, 10**6),
    cuts=st.lists(st.one_of(st.integers(0, 400_000), st.just(None)), max_size=40),
)
def test_where_a_run_is_cut_into_slices_does_not_matter(seed: int, cuts: list[int | None]) -> None:
    """``run_until`` at any instants and single steps (None) between give what one go gives."""
    world = World(site_seed=seed % 7, bots=1 + seed % 9, seed=seed, minutes=4, operator=OPERATOR_BOTH)
    log = Lines()
    engine = world.build([log.write])
    for cut in cuts:
        if cut is None and (engine.peek() or 0) <= world.horizon_ms:
            engine.step()
        elif cut is not None and engine.now <= cut <= world.horizon_ms:
            engine.run_until(cut)
            assert engine.now == cut
    engine.run_until(world.horizon_ms)
    assert log.sha256 == run(world).sha256


# -- commands


@laws(25)
@given(
    world=st.builds(
        World,
        site_seed=st.integers(0, 30),
        bots=st.integers(1, 8),
        fill_percent=st.integers(50, 95),
        seed=st.integers(0, 1000),
        minutes=st.integers(1, 4),
        lines_per_hour=st.sampled_from((0, 300)),
        operator=st.sampled_from(OPERATORS),
        keep_ended=st.booleans(),
        capacity_wh=st.sampled_from((30, 480)),
        policies=CHOICES,
    ),
    client=st.integers(0, 2**32),
)
def test_replaying_the_commands_on_a_new_twin_gives_the_same_log(world: World, client: int) -> None:
    """Also where others were refused between them: a refused command leaves no trace at all."""
    log = Lines()
    engine = world.build([log.write])
    drive_by_api(engine, client, world.until_ms)
    script = list(engine.commands)
    engine.run_until(world.horizon_ms)
    assert log.text == run(world, script).text
