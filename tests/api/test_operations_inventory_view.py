"""The inventory view: its rows, and how they follow what moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.served import Served, serve
from twin.domain.layout import Balcony, BotStart, CarrierStart, Level, Motion, Place, Site


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def test_there_is_a_row_per_box_free_carrier_and_empty_position(api: Served) -> None:
    first, second = api.box(1001, "11110000"), api.box(1001, "00001111")
    rows = api.items("/inventory_view", size=1000)
    plant = api.engine.plant
    carriers = list(plant.state.carriers)
    assert [row["box_id"] for row in rows[:2]] == [first, second]
    assert [row["carrier_id"] for row in rows[2:10]] == [str(c) for c in carriers if c != 1001]
    places = [(row["position_x"], row["position_y"]) for row in rows[10:]]
    full = {plant.site.levels[0].xy[carrier.cell] for carrier in plant.state.carriers.values()}
    assert len(places) == 12 - len(carriers)
    assert not full & set(places)
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_row_tells_all_about_a_box(api: Served) -> None:
    api.sku(name="apple")
    box = api.box(1003, "11000000")
    api.load(box)
    [row] = api.items("/inventory_view", box_id__eq=box)
    carrier = api.engine.plant.state.carriers[1003]
    x, y = api.engine.plant.site.levels[0].xy[carrier.cell]
    assert row == {
        "id": f"box-{box}",
        "level_id": 1,
        "position_x": x,
        "position_y": y,
        "depth": api.engine.plant.depth(1003),
        "eta": row["eta"],
        "eta_int": round(row["eta"]),
        "carrier_id": "1003",
        "content_codes": "11000000",
        "box_id": box,
        "box_size": 8,
        "box_size_string": "1/4",
        "box_height_string_max": None,
        "section_code": "11000000",
        "section_code_32": 11111111 * 10**24,
        "sku_id": "A",
        "sku_name": "apple",
        "measurement_unit": "PIECE",
        "on_empty_sku_action": "UNASSIGN",
        "item_count": 5,
        "item_count_max": 10,
        "system_quantity": 5,
        "updated_at": "2026-01-05T06:00:00.000000",
        "updated_at_utc": "2026-01-05T05:00:00.000000+00:00",
    }


def test_what_lies_deeper_takes_longer(api: Served) -> None:
    rows = [row for row in api.items("/inventory_view", size=1000) if row["carrier_id"]]
    deep = [row for row in rows if row["depth"] == 1]
    assert deep
    assert min(row["eta"] for row in deep) > min(row["eta"] for row in rows if row["depth"] == 0)


def test_the_word_none_asks_for_what_is_empty(api: Served) -> None:
    stocked, empty = api.stocked(), api.box(1002)
    without_box = api.items("/inventory_view", box_id__eq="none", size=1000)
    assert len(without_box) == 7 + 3
    assert all(row["box_id"] is None for row in without_box)
    assert [row["box_id"] for row in api.items("/inventory_view", sku_id__eq="none")] == [empty]
    assert [row["box_id"] for row in api.items("/inventory_view", sku_id__eq="A")] == [stocked]


def test_filters_and_search_find_a_row(api: Served) -> None:
    box = api.stocked()
    found = {
        "box_id__ilike": str(box),
        "carrier_id__eq": "1001",
        "content_codes__ilike": "1111",
        "item_count__eq": "5",
        "item_count_max__ilike": "0",
        "measurement_unit__in": "PIECE",
        "section_code__eq": "11111111",
        "section_code_32__eq": "1" * 32,
        "sku_id__ilike": "a",
        "system_quantity__eq": "5",
        "box_size_string__in": ["1/2", "1/1"],
        "search": "sku_id:a AND (carrier_id:1001 OR section_code_32:0)",
    }
    for name, value in found.items():
        assert box in [row["box_id"] for row in api.items("/inventory_view", **{name: value})], name
    both = {
        "box_id__eq": str(box),
        "level_id__in": "1,2",
        "depth__lte": 9,
        "depth__in": "0,1",
        "eta_int__ilike": "",
    }
    assert len(api.items("/inventory_view", **both)) == 1
    assert api.items("/inventory_view", sku_name__ilike="x") == []
    assert api.items("/inventory_view", box_height_string_max__eq="1") == []


def test_carriers_are_sorted_as_numbers() -> None:
    level = Level(1, 0, ("bpp.", "....", "ssss"))
    carriers = tuple(CarrierStart(id_, 1, x, 2) for x, id_ in enumerate((100, 20, 3)))
    balcony = Balcony(1, (Place(1, 0, 0),))
    site = Site("s", 600, Motion(), (level,), (balcony,), (BotStart(1, 1, 1, 0),), carriers)
    with serve(site) as api:
        rows = api.items("/inventory_view", sort_by="-carrier_id")
        assert [row["carrier_id"] for row in rows] == [None, "100", "20", "3"]


def test_a_carried_carrier_has_no_position_and_its_place_becomes_free(api: Served) -> None:
    box = api.stocked()
    [before] = api.items("/inventory_view", box_id__eq=box)
    spot = {"position_x__eq": before["position_x"], "position_y__eq": before["position_y"]}
    api.order()
    api.waiting_job()
    [shown] = api.items("/inventory_view", box_id__eq=box)
    assert (shown["level_id"], shown["position_x"], shown["position_y"]) == (1, None, None)
    assert (shown["depth"], shown["eta"], shown["eta_int"]) == (0, 0.0, 0)
    [place] = api.items("/inventory_view", **spot)
    assert (place["carrier_id"], place["box_id"], place["updated_at"]) == (None, None, None)


def test_the_others_in_a_lane_lie_less_deep_when_one_is_gone(api: Served) -> None:
    deep = next(row for row in api.items("/inventory_view", size=1000) if row["depth"] == 1)
    way = api.engine.plant.decks[1].blockers(api.engine.plant.state.carriers[int(deep["carrier_id"])].cell)
    api.ok("POST", "/requests", json={"type": "FETCH", "entities": [{"carrier_id": str(way[0])}]})
    api.waiting_job()
    [now] = api.items("/inventory_view", carrier_id__eq=deep["carrier_id"])
    assert now["depth"] == 0
    assert now["eta"] < deep["eta"]


def test_a_change_of_an_sku_shows_in_all_its_rows(api: Served) -> None:
    box = api.stocked()
    api.load(api.box(1002), count=1)
    api.ok("PATCH", "/sku/A", json={"name": "apple"})
    [row] = api.items("/inventory_view", box_id__eq=box)
    assert (row["sku_name"], row["system_quantity"], row["item_count"]) == ("apple", 6, 5)


@pytest.mark.parametrize(
    "query",
    [
        "depth__eq=x",
        "depth__gte=1.5",
        "position_x__eq=",
        "updated_at__gte=soon",
        "sort_by=colour",
        "search=(",
        "size=0",
    ],
)
def test_a_query_may_be_invalid(api: Served, query: str) -> None:
    assert api.locations("GET", f"/inventory_view?{query}") == [["query", query.split("=")[0]]]
