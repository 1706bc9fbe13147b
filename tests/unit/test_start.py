"""How a run begins: batteries that do not all run low at once, stock as the reorder rule keeps it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.assembly import build
from twin.domain.battery import capacity_mj, level_mj, start_mj
from twin.domain.errors import ScenarioRefused, SiteRefused
from twin.domain.layout import Battery, Site
from twin.experiments.placement import parked_bots
from twin.experiments.scenario.making import stock_of
from twin.experiments.scenario.reading import parse_study
from twin.experiments.sitefile import find_site, load_site, parse_site
from twin.experiments.stocking import RandomStock
from twin.records.eventlog import encode

REFERENCE = load_site(find_site("reference"))
TEXT = """\
schema: 1
name: start
site: tiny
demand:
  orders: {lines_per_hour: 60}
  refill: {kind: replenishment, arrivals: reorder, every: 5 min, reorder_percent: 25, up_to_percent: 70}
run: {horizon: 1 h}
"""


def with_bots(count: int, low: int, high: int | None) -> Site:
    """The reference site with so many bots a level and such batteries."""
    bots = parked_bots(REFERENCE.levels, count)
    return replace(REFERENCE, bots=bots, battery=Battery(start_percent=low, start_to_percent=high))


@given(st.integers(1, 14), st.integers(1, 100), st.integers(0, 99))
def test_batteries_start_spread_evenly_over_every_level_and_over_the_site(count, low, width):
    high = min(100, low + width)
    site = with_bots(count, low, high)
    start = start_mj(site)
    lowest, highest = level_mj(site.battery, low), level_mj(site.battery, high)
    gap = (highest - lowest) / count
    for level in site.levels:
        charges = sorted(start[bot.id] for bot in site.bots if bot.level == level.id)
        assert all(abs(b - a - gap) <= 2 for a, b in pairwise(charges))
    middle = sum(start.values()) / len(start)
    assert abs(middle - (lowest + highest) / 2) <= 1
    assert lowest <= min(start.values()) <= max(start.values()) <= highest


def test_without_a_spread_all_batteries_start_alike_and_the_log_says_nothing_of_one():
    site = with_bots(3, 60, None)
    assert set(start_mj(site).values()) == {capacity_mj(site.battery) * 60 // 100}
    told = []
    build(site, observers=[lambda seq, t_ms, event: told.append(encode(seq, t_ms, event))])
    assert b"start_percent" in told[0]
    assert b"start_to_percent" not in told[0]


@given(st.integers(0, 30), st.integers(0, 99), st.integers(1, 100), st.integers(1, 80))
def test_every_sku_starts_within_its_level_and_no_box_overflows(seed, low, width, room):
    level = (low, min(100, low + width))
    site = load_site(find_site("tiny"))
    engine = build(site, seed=seed, stock=RandomStock(largest_load=room, level=level))
    assert engine.plant.state.skus
    for sku in engine.plant.state.skus.values():
        least, most = (sku.max_quantity * percent // 100 for percent in level)
        assert min(least + 1, most) <= sku.total_quantity <= most
    for load in engine.plant.state.loads.values():
        assert 0 <= load.item_count <= load.item_count_max == room


def test_levels_are_as_often_at_any_share_between_the_reorder_point_and_what_is_filled_up_to():
    study = parse_study(TEXT.replace("site: tiny", "site: reference"), "start.yaml", Path())
    stock = stock_of(study.scenario, {})
    assert stock.level == (25, 70)
    skus = build(REFERENCE, stock=stock).plant.state.skus.values()
    shares = sorted(100 * sku.total_quantity / sku.max_quantity for sku in skus)
    assert len(shares) > 2000
    for part in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert shares[round(part * len(shares))] == pytest.approx(25 + part * 45, abs=1.5)


def test_no_sku_is_refilled_before_anything_was_picked():
    study = parse_study(TEXT.replace("  orders: {lines_per_hour: 60}\n", ""), "start.yaml", Path())
    from twin.studies.running import Task, replicate

    assert replicate(Task(study.baseline, 0, 0)).orders == 0
    random = parse_study(
        TEXT.replace("site: tiny", "stock: {start_level: random}\nsite: tiny"), "start.yaml", Path()
    )
    assert replicate(Task(random.baseline, 0, 0)).orders > 0


@pytest.mark.parametrize(
    ("setting", "level"),
    [
        ("stock.start_level=random", None),
        ("stock.start_level={from_percent: 40, to_percent: 60}", (40, 60)),
        ("stock.start_level={from_percent: 40}", (40, 100)),
        ("demand.refill.reorder_percent=30", (30, 70)),
    ],
)
def test_the_planner_may_say_what_is_in_stock_at_the_start(setting, level):
    assert stock_of(parse_study(TEXT, "start.yaml", Path(), [setting]).scenario, {}).level == level


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "stock.start_level=equilibrum",
            "--set stock.start_level=equilibrum: stock.start_level is equilibrum;"
            " did you mean 'equilibrium'? choose equilibrium or random",
        ),
        (
            "stock.start_level={from_percent: 60, to_percent: 40}",
            "--set stock.start_level={from_percent: 60, to_percent: 40}: from_percent is more than"
            " to_percent; exchange them",
        ),
        (
            "site.battery={start_percent: 60, start_to_percent: 40}",
            "--set site.battery={start_percent: 60, start_to_percent: 40}: start_to_percent 40 is below"
            " start_percent 60; write the smaller one as start_percent",
        ),
        (
            "site.battery.low_percent=95",
            "--set site.battery.low_percent=95: enough_percent 90 is not above low_percent 95;"
            " bots would never leave a charger; lower low_percent",
        ),
    ],
)
def test_a_start_that_cannot_be_is_refused_with_what_would_be_right(setting, said):
    with pytest.raises(ScenarioRefused) as refused:
        parse_study(TEXT, "start.yaml", Path(), [setting])
    assert str(refused.value) == said


def test_a_site_file_with_a_battery_that_cannot_work_is_refused_where_it_says_so():
    text = find_site("tiny").read_text()
    battery = "battery: {capacity_wh: 1}\n"
    with pytest.raises(SiteRefused, match=r"tiny.yaml:\d+:\d+: a battery of 1 Wh is too small"):
        parse_site(text + battery, "tiny.yaml")
