"""``/_twin/view``: what is where, true to the plant at any instant, and without any effect on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from api.control.access import Access
from api.control.pictured import SitePicture, ViewAnswer
from api.ui.pages import FILES
from tests.api.served import Served, serve
from twin.domain.commands import BlockCell, SetOperator, StallBot
from twin.domain.work import OPERATOR_SIMULATED


@pytest.fixture
def twin() -> Iterator[Served]:
    with serve("demo") as served:
        yield served


def seen(twin: Served, query: str = "") -> ViewAnswer:
    answer = twin.send("GET", f"/_twin/view{query}")
    assert answer.status_code == 200, answer.text
    return ViewAnswer.model_validate_json(answer.content, strict=False)


def map_of(twin: Served) -> SitePicture:
    return SitePicture.model_validate(twin.send("GET", "/_twin/view/site").json())


def busy(twin: Served) -> None:
    """Orders for carriers all over the first level, with simulated people."""
    twin.engine.apply(SetOperator(OPERATOR_SIMULATED))
    twin.sku()
    for carrier in range(1001, 1031):
        twin.load(twin.box(carrier), count=5, most=10)
    for _ in range(20):
        twin.order(quantity=6)


def test_every_bot_is_drawn_where_the_plant_has_it_at_every_instant_of_a_busy_hour(twin: Served) -> None:
    busy(twin)
    levels = {level.level: level for level in map_of(twin).levels}
    doings = set()
    for _ in range(400):
        twin.advance(1_700)
        view, state = seen(twin), twin.engine.plant.state
        assert view.clock.now_ms == twin.engine.now
        assert {bot.bot for bot in view.bots} == set(state.bots)
        for bot in view.bots:
            doings.add(bot.doing)
            width, own = len(levels[bot.level].map[0]), state.bots[bot.bot]
            assert (bot.level, bot.carrier) == (own.level, own.carrier)
            assert bool(bot.way) == bot.doing.startswith("driving")
            if bot.way:
                assert bot.way[0][1] <= view.clock.now_ms <= bot.way[-1][1]
                assert bot.way[-1][0] == own.steps[0].cells[-1]
            for (cell, left), (following, reached) in pairwise(bot.way):
                assert abs(cell - following) in (1, width), "a way leads from neighbour to neighbour"
                assert left <= reached
    assert {"idle", "driving", "driving_laden", "lifting", "lowering", "presenting"} <= doings


def test_every_carrier_is_in_one_place_or_on_one_bot(twin: Served) -> None:
    busy(twin)
    for _ in range(60):
        twin.advance(5_300)
        view = seen(twin)
        stored = [carrier for level in view.levels for carrier in level.carrier_at if carrier]
        lifted = [bot.carrier for bot in view.bots if bot.carrier is not None]
        assert sorted(stored + lifted) == sorted(twin.engine.plant.state.carriers)


def test_what_waits_at_a_balcony_can_be_triggered_by_the_ids_shown(twin: Served) -> None:
    twin.stocked()
    request = twin.order()["id"]
    job = twin.waiting_job()
    [waiting] = [one for balcony in seen(twin).balconies for one in balcony.waiting]
    assert (waiting.job, waiting.request, waiting.sku, waiting.quantity) == (job, request, "A", 2)
    twin.ok("POST", f"/trigger/{waiting.job}", json={"TriggerStatus": "SUCCEEDED_TRIGGER"})
    assert not [one for balcony in seen(twin).balconies for one in balcony.waiting]


def test_looking_changes_nothing_and_leaves_no_trace(twin: Served) -> None:
    busy(twin)
    twin.advance(60_000)
    before = twin.engine.snapshot()
    calls = twin.send("GET", "/_twin/calls").json()["found"]
    seen(twin)
    map_of(twin)
    assert twin.engine.snapshot() == before
    assert twin.send("GET", "/_twin/calls").json()["found"] == calls, "no client of the warehouse has called"


def test_faults_are_shown_where_they_are(twin: Served) -> None:
    twin.engine.apply(StallBot(3, 60_000))
    twin.engine.apply(BlockCell(1, 12, 8, 60_000))
    view = seen(twin)
    assert [bot.doing for bot in view.bots if bot.bot == 3] == ["fault"]
    [cell] = [fault for fault in view.faults if fault.kind == "CELL_BLOCKED"]
    width = len(map_of(twin).levels[0].map[0])
    assert (cell.level, cell.cell) == (1, 8 * width + 12)


def test_one_level_alone_can_be_asked_for(twin: Served) -> None:
    view = seen(twin, "?level=2")
    assert [level.level for level in view.levels] == [2]
    assert {bot.level for bot in view.bots} == {2}
    answer = twin.send("GET", "/_twin/view?level=9")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "level: there is no level 9; levels: 1, 2, 3"


def test_the_handover_places_of_the_site_are_on_its_maps(twin: Served) -> None:
    site = map_of(twin)
    maps = {level.level: "".join(level.map) for level in site.levels}
    places = [place for balcony in site.balconies for place in balcony.places]
    assert len(places) > 4
    assert {maps[place.level][place.cell] for place in places} == {"b"}


@pytest.mark.parametrize(("access", "status"), [(Access("token", token="t0ken"), 401), (Access("off"), 403)])
def test_the_page_is_there_for_everybody_and_its_data_is_not(access: Access, status: int) -> None:
    nobody: dict[str, Any] = {"headers": {"Authorization": ""}}
    with serve(access=access) as twin:
        for path in FILES:
            answer = twin.send("GET", f"/_twin{path}", **nobody)
            assert answer.status_code == 200
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert twin.send("GET", "/_twin/view", **nobody).status_code == status
        assert twin.send("GET", "/_twin/view/site", **nobody).status_code == status


def test_the_address_of_the_control_alone_leads_to_the_page(twin: Served) -> None:
    for typed in ("/_twin", "/_twin/"):
        answer = twin.send("GET", typed, follow_redirects=True)
        assert (answer.status_code, answer.url.path) == (200, "/_twin/ui")
