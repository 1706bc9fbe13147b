"""SKUs: master data, sums, deletion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.served import Served, serve


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def one(api: Served, sku: str = "A") -> dict[str, Any]:
    [found] = api.items("/skus", id__eq=sku)
    return found


def test_a_new_sku_has_defaults_and_no_stock(api: Served) -> None:
    body = api.ok("POST", "/sku", json={"id": "A"})
    assert (body["measurement_unit"], body["on_empty_sku_action"]) == ("PIECE", "UNASSIGN")
    assert (body["name"], body["image_url"], body["deleted_at"], body["deleted_at_utc"]) == (None,) * 4
    assert body["created_at"] == body["updated_at"] == "2026-01-05T06:00:00.000000"
    assert body["created_at_utc"] == body["updated_at_utc"] == "2026-01-05T05:00:00.000000+00:00"
    assert one(api) == body
    assert not any(body[name] for name in body if name.endswith(("quantity", "able", "bookings", "count")))


def test_a_new_sku_has_the_given_fields(api: Served) -> None:
    fields = {"id": "A b/ü", "name": "", "measurement_unit": "PIECE", "on_empty_sku_action": "DO_NOTHING"}
    body = api.ok("POST", "/sku", json=fields)
    assert {name: body[name] for name in fields} == fields


def test_an_sku_exists_only_once(api: Served) -> None:
    api.sku()
    assert api.refused(409, "POST", "/sku", json={"id": "A"}) == "SKU A already exists"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", None),
        ("id", 5),
        ("id", "x" * 256),
        ("id", "a\0b"),
        ("name", 5),
        ("name", "x" * 256),
        ("name", "\0"),
        ("measurement_unit", "KILO"),
        ("measurement_unit", 1),
        ("on_empty_sku_action", "unassign"),
        ("on_empty_sku_action", 1),
    ],
)
def test_a_field_of_a_new_sku_may_be_invalid(api: Served, field: str, value: object) -> None:
    assert api.locations("POST", "/sku", json={"id": "A", field: value}) == [["body", field]]
    assert api.items("/skus") == []


def test_a_new_sku_needs_an_id(api: Served) -> None:
    assert api.locations("POST", "/sku", json={"name": "A"}) == [["body", "id"]]


def test_a_change_keeps_what_it_does_not_name(api: Served) -> None:
    api.sku(name="apple", on_empty_sku_action="DO_NOTHING")
    api.advance(1000)
    body = api.ok("PATCH", "/sku/A", json={"name": "pear", "measurement_unit": None})
    assert (body["name"], body["on_empty_sku_action"]) == ("pear", "DO_NOTHING")
    assert (body["created_at"], body["updated_at"]) == (
        "2026-01-05T06:00:00.000000",
        "2026-01-05T06:00:01.000000",
    )


def test_null_takes_a_name_away(api: Served) -> None:
    api.sku(name="apple")
    assert api.ok("PATCH", "/sku/A", json={"name": None})["name"] is None


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"on_empty_sku_action": None}}])
def test_a_change_of_nothing_changes_nothing(api: Served, options: dict[str, Any]) -> None:
    api.sku(name="apple")
    before = one(api)
    api.advance(1000)
    assert api.ok("PATCH", "/sku/A", **options) == before
    assert api.refused(404, "PATCH", "/sku/B", **options) == "SKU B does not exist"


@pytest.mark.parametrize("body", [{"name": 5}, {"measurement_unit": "x"}, {"on_empty_sku_action": 1}])
def test_a_change_may_be_invalid(api: Served, body: dict[str, object]) -> None:
    api.sku()
    assert api.locations("PATCH", "/sku/A", json=body) == [["body", *body]]


def test_quantities_are_the_sums_over_all_boxes(api: Served) -> None:
    api.sku()
    for carrier, count in ((1001, 5), (1001, 3), (1002, 1)):
        box = api.box(carrier, "1" if count == 3 else "1000")
        api.load(box, count=count)
    api.order(quantity=4)
    found = one(api)
    assert (found["total_quantity"], found["max_quantity"], found["load_count"]) == (9, 30, 3)
    assert (found["total_negative_inventory_bookings"], found["fulfillable"]) == (4, 5)
    assert (found["total_positive_inventory_bookings"], found["replenishable"]) == (0, 21)
    carriers = len(api.engine.plant.state.carriers)
    assert found["carrier_utilization"] == round(2 / carriers, 6)


def test_the_sums_follow_every_change_of_a_load(api: Served) -> None:
    api.sku("B")
    box = api.stocked()
    assert (one(api)["total_quantity"], one(api, "B")["total_quantity"]) == (5, 0)
    api.ok("PATCH", f"/load/{box}", json={"sku_id": "B", "item_count": 7})
    assert (one(api)["total_quantity"], one(api)["carrier_utilization"]) == (0, 0)
    assert (one(api, "B")["total_quantity"], one(api, "B")["load_count"]) == (7, 1)
    api.ok("DELETE", f"/load/{box}")
    assert (one(api, "B")["total_quantity"], one(api, "B")["carrier_utilization"]) == (0, 0)


def test_a_deleted_sku_is_shown_only_to_who_asks_for_it(api: Served) -> None:
    api.sku()
    api.advance(1000)
    body = api.ok("DELETE", "/sku/A")
    assert (body["deleted_at"], body["deleted_at_utc"]) == (
        "2026-01-05T06:00:01.000000",
        "2026-01-05T05:00:01.000000+00:00",
    )
    assert api.items("/skus") == []
    assert api.items("/skus", deleted_at__gte="2026-01-05T06:00:01") == [body]
    assert api.items("/skus", deleted_at__lte="2026-01-05T06:00:00") == []


def test_a_deleted_sku_is_gone_for_all_operations(api: Served) -> None:
    api.sku()
    box = api.box()
    api.ok("DELETE", "/sku/A")
    api.refused(404, "DELETE", "/sku/A")
    api.refused(404, "PATCH", "/sku/A", json={"name": "x"})
    api.refused(404, "POST", f"/load/{box}", json={"sku_id": "A", "item_count": 1, "item_count_max": 1})


def test_a_deleted_id_may_be_used_again(api: Served) -> None:
    api.sku(name="old")
    api.ok("DELETE", "/sku/A")
    assert api.ok("POST", "/sku", json={"id": "A"})["deleted_at"] is None
    assert one(api)["name"] is None


def test_an_sku_in_stock_cannot_be_deleted(api: Served) -> None:
    api.stocked()
    assert "cannot be deleted" in api.refused(409, "DELETE", "/sku/A")


def test_ids_with_slashes_can_be_addressed(api: Served) -> None:
    api.sku("a/b")
    assert api.ok("PATCH", "/sku/a%2Fb", json={"name": "x"})["id"] == "a/b"
    assert api.ok("DELETE", "/sku/a%2Fb")["id"] == "a/b"


@pytest.mark.parametrize("sku", ["A", "nobody", "\0", "%F0%9F%98%80", ""])
def test_an_unknown_sku_is_not_found(api: Served, sku: str) -> None:
    api.refused(404, "DELETE", "/sku/" + sku.replace("\0", "%00"))


def test_skus_are_listed_page_by_page_in_order_of_creation(api: Served) -> None:
    for sku in "CAB":
        api.sku(sku)
    body = api.ok("GET", "/skus", params={"size": 2})
    assert [sku["id"] for sku in body.pop("items")] == ["C", "A"]
    assert body == {"total": 3, "page": 1, "size": 2, "pages": 2}
    assert [sku["id"] for sku in api.items("/skus", sort_by="id")] == ["A", "B", "C"]


def test_skus_are_searched_and_filtered(api: Served) -> None:
    api.sku("A-1", name="green apple")
    api.sku("B-1", name="red pear", on_empty_sku_action="DO_NOTHING")
    assert [sku["id"] for sku in api.items("/skus", search='name:"RED p" OR id:zzz')] == ["B-1"]
    assert [sku["id"] for sku in api.items("/skus", on_empty_sku_action__in="UNASSIGN")] == ["A-1"]
    assert [sku["id"] for sku in api.items("/skus", name__ilike="APP")] == ["A-1"]
    assert api.items("/skus", max_quantity__gte="1") == []
    assert api.locations("GET", "/skus?max_quantity__ilike=x&search=colour:red") == [
        ["query", "max_quantity__ilike"],
        ["query", "search"],
    ]
