"""Views kept fresh from events are the same as views made from the state at that instant."""

from __future__ import annotations

import pytest

from tests.laws.clients import drive_by_api
from tests.laws.worlds import World
from twin.assembly import HOUR_MS, build
from twin.domain import commands as ask
from twin.domain.work import OPERATOR_BOTH, OPERATOR_SIMULATED
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.stocking import RandomStock
from twin.records.views import Views
from twin.simulation.arriving import Demand
from twin.simulation.engine import Engine


def busy(site: str, lines_per_hour: int) -> Engine:
    return build(
        load_site(find_site(site)),
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=[Demand("orders", lines_per_hour, HOUR_MS)],
    )


def assert_same(followed: Views, plant_as_it_is: Views) -> None:
    assert followed.skus() == plant_as_it_is.skus()
    assert followed.inventory() == plant_as_it_is.inventory()
    assert followed.requests() == plant_as_it_is.requests()
    assert followed.jobs() == plant_as_it_is.jobs()
    assert followed.bots(0) == plant_as_it_is.bots(0)


@pytest.mark.parametrize(("site", "lines_per_hour"), [("tiny", 60), ("demo", 300)])
def test_views_follow_a_busy_hour(site: str, lines_per_hour: int) -> None:
    engine = busy(site, lines_per_hour)
    views = Views.following(engine)
    for minute in range(0, 60, 7):
        engine.run_until(minute * 60_000)
        assert_same(views, Views(engine.plant))


def test_a_reader_after_hours_sees_the_same_as_one_who_looks_all_the_time() -> None:
    engine = busy("tiny", 60)
    rare, often = Views.following(engine), Views.following(engine)
    for minute in range(60):
        engine.run_until(minute * 60_000)
        often.inventory(), often.jobs(), often.requests()
    assert_same(rare, often)


@pytest.mark.parametrize("seed", range(6))
def test_views_follow_all_that_a_client_can_do(seed: int) -> None:
    battery_wh = 480 if seed % 2 else 2
    world = World(seed, fill_percent=60, seed=seed, operator=OPERATOR_BOTH, haste=4, capacity_wh=battery_wh)
    engine = world.build()
    views = Views.following(engine)
    for part in range(1, 13):
        drive_by_api(engine, 100 * seed + part, part * 15_000, mean_gap_ms=800)
        assert_same(views, Views(engine.plant))


def test_views_follow_changes_of_stock() -> None:
    engine = build(load_site(find_site("tiny")))
    views = Views.following(engine)
    script = [
        ask.CreateSku("B"),
        ask.CreateSku("A", "apple"),
        ask.CreateBox(1002, 0xFF),
        ask.CreateBox(1001, 0xF0),
        ask.CreateLoad(2, "A", 3, 5),
        ask.CreateLoad(1, "A", 1, 5),
        ask.ChangeLoad(1, "B", 2),
        ask.MoveBox(2, 0x0F),
        ask.ChangeSku("A", None),
        ask.PlaceReplenishment((ask.SkuLine("B", 2),)),
        ask.DeleteLoad(2),
        ask.DeleteBox(2),
        ask.DeleteSku("A"),
        ask.CreateSku("A"),
    ]
    for command in script:
        engine.apply(command)
        assert_same(views, Views(engine.plant))


def test_views_need_a_plant_that_keeps_ended_work() -> None:
    with pytest.raises(ValueError, match="forgets ended work"):
        Views(build(load_site(find_site("tiny")), keep_ended=False).plant)


def test_an_sku_that_never_was_has_no_row() -> None:
    views = Views(build(load_site(find_site("tiny"))).plant)
    with pytest.raises(KeyError):
        views.sku("A")
    assert views.skus() == []
