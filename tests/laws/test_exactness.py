"""Law 3, physics and liveness: an independent checker finds nothing wrong in the logs of busy runs.

The checker (``twin.checking``) knows nothing of the simulator. It is told that the log
is complete, so it demands that every accepted job has ended.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import invariants
import pytest
from choices import CHOICES
from clients import drive_by_api, finish, run_out
from hypothesis import given
from hypothesis import strategies as st
from searching import laws
from worlds import DIGGING, MINUTE_MS, Lines, World

from twin.assembly import build, busy_day
from twin.checking import Checker, Report, check_lines
from twin.domain.layout import Site
from twin.domain.sitecheck import check_site
from twin.domain.work import OPERATORS
from twin.experiments.sitegen import LaneShape, lane_site, random_site
from twin.experiments.stocking import RandomStock
from twin.policies.chosen import Choice, Policies
from twin.records.eventlog import EventLog
from twin.simulation.arriving import Demand


def checked_day(
    site: Site, minutes: int, lines_per_hour: int, seed: int, policies: Sequence[str] = ()
) -> Report:
    """Run a busy time to its end and check its log while it is written."""
    assert not check_site(site)
    checker = Checker(complete=True)
    log = EventLog(checker.feed)
    chosen = Policies.of(Choice.parse(policies))
    engine = busy_day(site, minutes / 60, lines_per_hour, seed, [log.write], policies=chosen)
    run_out(engine, minutes * MINUTE_MS)
    report = checker.finish()
    assert report.sha256 == log.sha256
    return report


def assert_proved(report: Report) -> None:
    """No rule is broken, and everything has ended."""
    assert report.ok, report.as_text()
    assert report.complete
    assert (report.open_requests, report.open_jobs, report.carriers_on_bots) == (0, 0, 0)


@pytest.mark.parametrize("fill_percent", [50, 85, 95])
@pytest.mark.parametrize("bots", [1, 2, 10, 20, 30])
def test_a_busy_level_breaks_no_rule_and_every_job_ends(bots: int, fill_percent: int) -> None:
    """1 to 30 bots on one level, half empty to 95 % full lanes, three or four deep: with digging."""
    site = random_site(random.Random(100 * bots + fill_percent), bots, fill_percent, deep=3 + bots % 2)
    report = checked_day(site, minutes=15, lines_per_hour=100 + 60 * bots, seed=bots, policies=DIGGING)
    assert_proved(report)
    assert report.bots == bots
    assert report.legs > 30
    assert report.digs > 0 or fill_percent < 85


@laws(25)
@given(
    site_seed=st.integers(0, 2**32),
    bots=st.integers(1, 30),
    fill_percent=st.integers(40, 95),
    lines_per_bot=st.integers(10, 200),
    seed=st.integers(0, 2**31),
)
def test_no_busy_run_on_any_random_site_breaks_a_rule_or_leaves_a_job_open(
    site_seed: int, bots: int, fill_percent: int, lines_per_bot: int, seed: int
) -> None:
    """Pillars, one-way aisles, one to four deep, more orders than can be served: all ends."""
    site = random_site(random.Random(site_seed), bots, fill_percent)
    assert_proved(checked_day(site, 10, lines_per_bot * bots, seed))


def test_several_levels_that_share_balconies_break_no_rule() -> None:
    """Three levels, one person for the carriers of all of them at each balcony."""
    shape = LaneShape(deep=3, columns=18, blocks=1, balconies=2)
    site = lane_site("three levels", shape, levels=3, bots_per_level=5, fill_percent=92)
    report = checked_day(site, minutes=20, lines_per_hour=900, seed=2)
    assert_proved(report)
    assert report.bots == 15
    assert report.digs > 10


@laws(15)
@given(
    world=st.builds(
        World,
        site_seed=st.integers(0, 10**6),
        bots=st.integers(1, 12),
        fill_percent=st.integers(50, 95),
        seed=st.integers(0, 1000),
        minutes=st.integers(1, 8),
        lines_per_hour=st.sampled_from((0, 300)),
        operator=st.sampled_from(OPERATORS),
        capacity_wh=st.sampled_from((4, 12, 30, 480)),
        policies=CHOICES,
        faults_every_s=st.sampled_from((0, 15, 60)),
    ),
    client=st.integers(0, 2**32),
)
def test_clients_that_do_all_sorts_of_things_at_random_break_no_rule(world: World, client: int) -> None:
    """Master data, boxes, loads, fetches, bad triggers and changing operators between random orders."""
    log = Lines()
    engine = world.build([log.write])
    drive_by_api(engine, client, world.until_ms)
    finish(engine, random.Random(client))
    assert_proved(check_lines(log.lines, complete=True))


# -- the plant at random instants, independent of its log


@laws(8)
@given(
    world=st.builds(
        World,
        site_seed=st.integers(0, 10**6),
        bots=st.integers(1, 30),
        fill_percent=st.integers(50, 95),
        seed=st.integers(0, 1000),
        minutes=st.integers(2, 6),
        lines_per_hour=st.integers(200, 2000),
        operator=st.sampled_from(OPERATORS),
        keep_ended=st.booleans(),
        capacity_wh=st.sampled_from((4, 12, 30, 480)),
        policies=CHOICES,
        faults_every_s=st.sampled_from((0, 10, 30)),
    ),
    client=st.integers(0, 2**32),
    instants=st.lists(st.integers(0, 360_000), min_size=5, max_size=12),
)
def test_books_places_and_indexes_agree_at_any_instant(
    world: World, client: int, instants: list[int]
) -> None:
    """Double entry of bookings, one place per carrier, and derived indexes equal to new ones."""
    engine = world.build()
    for number, instant in enumerate(sorted(instants)):
        drive_by_api(engine, client + number, instant, mean_gap_ms=10_000)
        invariants.check(engine)
    finish(engine, random.Random(client))
    invariants.check(engine)


def test_books_places_and_indexes_agree_after_every_single_event_of_a_busy_time() -> None:
    """Not only at random instants."""
    engine = World(site_seed=20, bots=10, fill_percent=95, minutes=2, lines_per_hour=1200).build()
    while (engine.peek() or 0) < 120_000:
        engine.step()
        invariants.check(engine)


# -- too full to dig


def dense_site(fill_percent: int) -> Site:
    return lane_site("dense", LaneShape(deep=4, columns=12, blocks=1), fill_percent=fill_percent)


def test_a_level_too_full_to_dig_is_refused_at_load_with_the_level_and_the_number_to_take_away() -> None:
    """Lanes four deep need three positions to put blocking carriers on; a full level has none."""
    (fault,) = check_site(dense_site(100))
    assert fault.subject == ("carriers",)
    assert str(fault) == (
        "level 1 too full to dig: depth 4 needs 3 free reachable positions, has 0;"
        " remove 3 carriers or add positions"
    )


def test_a_level_with_just_enough_room_to_dig_serves_every_carrier_of_its_deepest_lanes() -> None:
    """The bound is tight: with exactly the free positions that it demands, any carrier can be had."""
    full = dense_site(100)
    site = replace(full, carriers=full.carriers[:-3])
    assert not check_site(site)
    assert check_site(replace(full, carriers=full.carriers[:-2]))
    checker = Checker(complete=True)
    engine = build(
        site,
        operator="simulated",
        stock=RandomStock(),
        demands=[Demand("orders", 400, 15 * MINUTE_MS)],
        observers=[EventLog(checker.feed).write],
        policies=Policies.of(Choice.parse(DIGGING)),
    )
    run_out(engine, 15 * MINUTE_MS)
    report = checker.finish()
    assert_proved(report)
    assert report.digs > 20
