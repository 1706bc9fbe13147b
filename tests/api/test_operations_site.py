"""Status, health, levels, balconies and bots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.api.served import Served, serve
from twin.domain.layout import Balcony, Battery, BotStart, Level, Motion, Place, Site


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def test_the_site_runs(api: Served) -> None:
    assert api.ok("GET", "/storage_status") == {"storage_status": "RUNNING"}


def test_health_is_ok(api: Served) -> None:
    assert api.ok("GET", "/health") == "OK"


def test_levels_and_balconies_are_those_of_the_site() -> None:
    with serve("demo") as api:
        site = api.engine.plant.site
        assert api.ok("GET", "/levels") == [{"id": lv.id, "height": lv.height_mm} for lv in site.levels]
        assert api.ok("GET", "/balconies") == [{"id": balcony.id} for balcony in site.balconies]


def test_a_bot_shows_the_carrier_that_it_carries(api: Served) -> None:
    before = api.ok("GET", "/bots")
    assert before[0] == {
        "id": 1,
        "level_id": 1,
        "lifted_carrier": None,
        "battery_level": 100,
        "is_charging": False,
    }
    api.stocked()
    api.order()
    api.waiting_job()
    assert {bot["lifted_carrier"] for bot in api.ok("GET", "/bots")} == {1001, None}


def test_a_bot_charges_where_it_stands_on_a_charger_until_it_has_enough() -> None:
    level = Level(1, 0, ("bbc", "...", "sss"))
    places = tuple(Place(1, x, 0) for x in (0, 1))
    site = Site("s", 600, Motion(), (level,), (Balcony(1, places),), (BotStart(1, 1, 2, 0),), ())
    for percent, charging in ((50, True), (95, False)):
        with serve(replace(site, battery=Battery(start_percent=percent))) as api:
            [bot] = api.ok("GET", "/bots")
            assert (bot["is_charging"], bot["battery_level"]) == (charging, percent)
