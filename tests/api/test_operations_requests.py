"""Requests: acceptance, abortion, progress."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.served import Served, serve


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def entities(body: dict[str, Any]) -> list[tuple[int, ...]]:
    """Total, succeeded, completed and cancelled quantity of each entity."""
    names = ("total", "succeeded", "completed", "cancelled")
    return [tuple(one[f"{name}_quantity"] for name in names) for one in body["entities"]]


def one(api: Served, request: str) -> dict[str, Any]:
    [found] = api.items("/requests", id__eq=request)
    return found


def test_a_fulfillment_is_created_and_books_its_pieces(api: Served) -> None:
    api.stocked()
    body = api.order(quantity=2, priority=7)
    assert body == {
        "id": "request-1",
        "type": "FULFILLMENT",
        "status": "CREATED",
        "priority": 7,
        "counter": 1,
        "placing_pos": 1,
        "bot_id": None,
        "level_id": None,
        "entities": [
            {
                "id": "A",
                "entity_type": "Sku",
                "job_type": "FULFILLMENT",
                "total_quantity": 2,
                "succeeded_quantity": 0,
                "completed_quantity": 0,
                "cancelled_quantity": 0,
            }
        ],
        "warnings": [],
        "created_at": "2026-01-05T06:00:00.000000",
        "created_at_utc": "2026-01-05T05:00:00.000000+00:00",
        "updated_at": "2026-01-05T06:00:00.000000",
        "updated_at_utc": "2026-01-05T05:00:00.000000+00:00",
    }
    assert one(api, "request-1") == body
    [sku] = api.items("/skus")
    assert (sku["total_negative_inventory_bookings"], sku["fulfillable"]) == (2, 3)


def test_a_fulfillment_takes_the_pieces_out_when_triggered(api: Served) -> None:
    api.stocked()
    api.order(quantity=2)
    job = api.waiting_job()
    assert one(api, "request-1")["status"] == "IN_PROGRESS"
    api.ok("POST", f"/trigger/{job}")
    done = one(api, "request-1")
    assert (done["status"], entities(done)) == ("SUCCEEDED", [(2, 2, 2, 0)])
    [sku] = api.items("/skus")
    assert (sku["total_quantity"], sku["total_negative_inventory_bookings"], sku["fulfillable"]) == (3, 0, 3)


def test_a_replenishment_brings_pieces_when_triggered(api: Served) -> None:
    api.stocked()
    wanted = {"type": "REPLENISHMENT", "entities": [{"sku_id": "A", "quantity": 4}], "id": "fill"}
    body = api.ok("POST", "/requests", json=wanted)
    assert (body["id"], body["type"], body["entities"][0]["job_type"]) == (
        "fill",
        "REPLENISHMENT",
        "REPLENISHMENT",
    )
    [sku] = api.items("/skus")
    assert (sku["total_positive_inventory_bookings"], sku["replenishable"]) == (4, 1)
    api.ok("POST", f"/trigger/{api.waiting_job()}")
    [sku] = api.items("/skus")
    assert (sku["total_quantity"], sku["total_positive_inventory_bookings"], sku["replenishable"]) == (
        9,
        0,
        1,
    )


def test_a_fetch_names_carriers(api: Served) -> None:
    wanted = {"type": "FETCH", "entities": [{"carrier_id": "1001"}, {"carrier_id": "1002"}]}
    body = api.ok("POST", "/requests", json=wanted)
    assert [(e["id"], e["entity_type"]) for e in body["entities"]] == [
        ("1001", "Carrier"),
        ("1002", "Carrier"),
    ]
    assert entities(body) == [(1, 0, 0, 0), (1, 0, 0, 0)]
    api.ok("POST", f"/trigger/{api.waiting_job()}")
    assert sorted(entities(one(api, body["id"]))) == [(1, 0, 0, 0), (1, 1, 1, 0)]


def test_a_failed_trigger_cancels_and_releases(api: Served) -> None:
    api.stocked()
    api.order(quantity=2)
    api.ok("POST", f"/trigger/{api.waiting_job()}", json={"TriggerStatus": "FAILED_TRIGGER"})
    failed = one(api, "request-1")
    assert (failed["status"], entities(failed)) == ("FAILED", [(2, 0, 2, 2)])
    [sku] = api.items("/skus")
    assert (sku["total_quantity"], sku["total_negative_inventory_bookings"]) == (5, 0)


def test_an_emptied_box_loses_its_sku_or_keeps_it(api: Served) -> None:
    for carrier, sku, action in ((1001, "A", "UNASSIGN"), (1002, "B", "DO_NOTHING")):
        api.sku(sku, on_empty_sku_action=action)
        api.load(api.box(carrier), sku, count=1)
        api.order(sku, quantity=1)
        api.ok("POST", f"/trigger/{api.waiting_job()}")
    rows = api.items("/inventory_view", search="carrier_id:1001 OR carrier_id:1002")
    assert [(row["sku_id"], row["item_count"]) for row in rows] == [(None, None), ("B", 0)]


def test_unservable_entities_abort_the_whole_request(api: Served) -> None:
    api.stocked()
    lines = [("A", 6), ("B", 1), ("A", 1)]
    wanted = {
        "type": "FULFILLMENT",
        "id": "abc123",
        "entities": [{"sku_id": s, "quantity": q} for s, q in lines],
    }
    answer = api.call("POST", "/requests", json=wanted)
    assert answer.status_code == 400
    body = answer.json()
    assert list(body) == ["detail", "entity_feedback", "request_id"]
    assert body["request_id"] == "abc123"
    assert body["detail"].startswith(
        "Request abc123 was aborted due to validation errors: "
        "A: 0x5082 - Not enough quantity; B: 0x5084 - SKU does not exist"
    )
    assert body["entity_feedback"][0] == {
        "entity_id": "A",
        "entity_type": "Sku",
        "error_code": "0x5082",
        "human_string": "Not enough quantity",
    }
    assert api.items("/requests") == api.items("/jobs") == []
    assert api.items("/skus")[0]["total_negative_inventory_bookings"] == 0


@pytest.mark.parametrize("carrier", ["77", "CARRIER002", "-1001", "1001.0"])
def test_unknown_carriers_abort_a_fetch(api: Served, carrier: str) -> None:
    wanted = {"type": "FETCH", "id": "f", "entities": [{"carrier_id": "1001"}, {"carrier_id": carrier}]}
    answer = api.call("POST", "/requests", json=wanted)
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "detail": "Request f was aborted due to validation errors:"
            f" {carrier}: 0x5083 - Carrier does not exist",
            "entity_feedback": [
                {
                    "entity_id": carrier,
                    "entity_type": "Carrier",
                    "error_code": "0x5083",
                    "human_string": "Carrier does not exist",
                }
            ],
            "request_id": "f",
        },
    )


def test_too_little_room_aborts_a_replenishment(api: Served) -> None:
    api.stocked()
    wanted = {"type": "REPLENISHMENT", "entities": [{"sku_id": "A", "quantity": 6}]}
    body = api.call("POST", "/requests", json=wanted).json()
    assert [one["error_code"] for one in body["entity_feedback"]] == ["0x5085"]


def test_an_id_is_used_only_once(api: Served) -> None:
    api.stocked()
    api.order(quantity=1, id="mine")
    wanted = {"type": "FETCH", "id": "mine", "entities": [{"carrier_id": "1001"}]}
    assert api.refused(409, "POST", "/requests", json=wanted) == "Request mine already exists"


def test_null_is_no_id(api: Served) -> None:
    api.stocked()
    assert api.order(quantity=1, id=None)["id"] == "request-1"


@pytest.mark.parametrize(
    "kind", ["RETURN", "BUFFERING", "fulfillment", "x" * 9999, "", 5, None, ["FETCH"], {}]
)
def test_other_types_are_not_available(api: Served, kind: object) -> None:
    [error] = api.refused(422, "POST", "/requests", json={"type": kind, "entities": []})
    assert error["loc"] == ["body", "type"]
    assert "FULFILLMENT, REPLENISHMENT, FETCH, ONBOARDING" in error["msg"]
    assert len(error["msg"]) < 400


def test_a_request_needs_a_type(api: Served) -> None:
    [error] = api.refused(422, "POST", "/requests", json={"entities": []})
    assert (error["loc"], error["msg"].split(";")[0]) == (["body", "type"], "Field required")


@pytest.mark.parametrize("quantity", [0, -1, 2**31, 10**40, "5", 5.0, True, None, 1.5])
def test_a_quantity_is_a_positive_integer(api: Served, quantity: object) -> None:
    wanted = {"type": "FULFILLMENT", "entities": [{"sku_id": "A", "quantity": quantity}]}
    assert api.locations("POST", "/requests", json=wanted) == [["body", "entities", 0, "quantity"]]


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ({"type": "FULFILLMENT"}, ["entities"]),
        ({"type": "FULFILLMENT", "entities": []}, ["entities"]),
        ({"type": "FULFILLMENT", "entities": None}, ["entities"]),
        ({"type": "FULFILLMENT", "entities": {}}, ["entities"]),
        ({"type": "FULFILLMENT", "entities": [{"quantity": 1}]}, ["entities", 0, "sku_id"]),
        ({"type": "FULFILLMENT", "entities": [{"sku_id": "A"}]}, ["entities", 0, "quantity"]),
        ({"type": "FULFILLMENT", "entities": [{"sku_id": "", "quantity": 1}]}, ["entities", 0, "sku_id"]),
        ({"type": "FULFILLMENT", "entities": [{"carrier_id": "1"}]}, ["entities", 0, "sku_id"]),
        ({"type": "FETCH", "entities": []}, ["entities"]),
        ({"type": "FETCH", "entities": [{}]}, ["entities", 0, "carrier_id"]),
        ({"type": "FETCH", "entities": [{"carrier_id": 1001}]}, ["entities", 0, "carrier_id"]),
        ({"type": "FETCH", "entities": [{"carrier_id": "1001"}], "priority": "high"}, ["priority"]),
        ({"type": "FETCH", "entities": [{"carrier_id": "1001"}], "priority": True}, ["priority"]),
        ({"type": "FETCH", "entities": [{"carrier_id": "1001"}], "priority": 2**31}, ["priority"]),
        ({"type": "FETCH", "entities": [{"carrier_id": "1001"}], "id": ""}, ["id"]),
        ({"type": "FETCH", "entities": [{"carrier_id": "1001"}], "id": 5}, ["id"]),
        ({"type": "FETCH", "entities": [{"carrier_id": "1001"}], "id": "a\0"}, ["id"]),
        ({"type": "FETCH", "entities": [{"carrier_id": "1001"}], "id": "x" * 256}, ["id"]),
    ],
)
def test_a_request_may_be_invalid(api: Served, wanted: dict[str, Any], location: list[str | int]) -> None:
    assert ["body", *location] in api.locations("POST", "/requests", json=wanted)
    assert api.items("/requests") == []


def test_requests_are_listed_newest_first(api: Served) -> None:
    api.stocked()
    for name in ("one", "two", "three"):
        api.order(quantity=1, id=name)
        api.advance(10)
    assert [r["id"] for r in api.items("/requests")] == ["three", "two", "one"]
    assert [r["id"] for r in api.items("/requests", sort_by="counter")] == ["one", "two", "three"]
    assert [r["id"] for r in api.items("/requests", sort_by="-created_at", page=2, size=2)] == ["one"]


def test_requests_are_filtered(api: Served) -> None:
    api.stocked()
    api.order(quantity=1, id="a", priority=3)
    api.order(quantity=1, id="b,c")
    queries: list[tuple[dict[str, Any], list[str]]] = [
        ({"id__in": "b,c"}, ["b,c"]),
        ({"id__in": ["a", "x"]}, ["a"]),
        ({"priority__eq": 3}, ["a"]),
        ({"counter__eq": 2}, ["b,c"]),
        ({"placing_pos__eq": 1, "sort_by": "id"}, ["a", "b,c"]),
        ({"status__eq": "SUCCEEDED"}, []),
        ({"status__in": "CREATED,FAILED", "type__in": "FETCH"}, []),
        (
            {"type__eq": "FULFILLMENT", "created_at__lte": "2026-01-05T06:00:00", "sort_by": "id"},
            ["a", "b,c"],
        ),
        ({"updated_at__gte": "2026-01-05T06:00:01"}, []),
    ]
    for query, expected in queries:
        assert [r["id"] for r in api.items("/requests", **query)] == expected, query
    assert api.locations("GET", "/requests?priority__eq=high") == [["query", "priority__eq"]]


def test_there_is_no_search_in_requests(api: Served) -> None:
    api.ok("GET", "/requests?search=((((")
