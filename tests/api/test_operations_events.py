"""Events: what an operator is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.served import Served, serve
from twin.domain.events import SkuCreated
from twin.records.views.happenings import KEPT, Happenings


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def told(api: Served, **query: Any) -> list[tuple[Any, ...]]:
    names = ("hex_value", "component", "severity", "bot_id", "level_id", "request_id")
    return [tuple(event[name] for name in names) for event in api.items("/events", size=1000, **query)]


def test_the_story_of_an_order_is_told(api: Served) -> None:
    api.stocked()
    api.order()
    api.ok("POST", f"/trigger/{api.waiting_job()}", json={"TriggerStatus": "FAILED_TRIGGER"})
    request, job = ("REQUESTS", 1, None, None, "request-1"), ("JOBS", 1, "1", 1, "request-1")
    assert told(api) == [
        ("0x5301", "INVENTORY", 1, None, None, None),
        ("0x5311", "INVENTORY", 1, None, None, None),
        ("0x5321", "INVENTORY", 1, None, None, None),
        ("0x5001", *request),
        ("0x5101", "JOBS", 1, None, 1, "request-1"),
        ("0x5102", *job),
        ("0x5002", *request),
        ("0x5201", "BOTS", 1, "1", 1, None),
        ("0x5103", *job),
        ("0x5105", "JOBS", 2, "1", 1, "request-1"),
        ("0x5005", "REQUESTS", 3, None, None, "request-1"),
        ("0x5101", *job),
        ("0x5102", *job),
    ]


def test_an_event_says_when_and_what(api: Served) -> None:
    api.advance(1500)
    api.sku()
    assert api.items("/events") == [
        {
            "created_at": "2026-01-05T06:00:01.500000",
            "created_at_utc": "2026-01-05T05:00:01.500000+00:00",
            "hex_value": "0x5301",
            "component": "INVENTORY",
            "severity": 1,
            "description": "SKU A was created",
            "bot_id": None,
            "level_id": None,
            "request_id": None,
        }
    ]


def test_every_change_of_stock_is_told(api: Served) -> None:
    box = api.stocked()
    api.ok("PATCH", "/sku/A", json={"name": "x"})
    api.ok("PATCH", f"/box/{box}", json={"section_code": "1"})
    api.ok("PATCH", f"/load/{box}", json={"item_count": 1})
    api.ok("DELETE", f"/load/{box}")
    api.ok("DELETE", f"/box/{box}")
    api.ok("DELETE", "/sku/A")
    assert [event["description"] for event in api.items("/events")][3:] == [
        "Master data of SKU A was changed",
        f"Box {box} on carrier 1001 was moved to sections 00000000000000000000000000001111",
        f"Box {box} holds 1 of up to 10 pieces of SKU A",
        f"Box {box} holds no SKU any more; 1 pieces were taken out last",
        f"Box {box} was taken off carrier 1001",
        "SKU A was deleted",
    ]


def test_events_are_filtered_searched_and_sorted(api: Served) -> None:
    api.stocked()
    api.order(id="mine")
    api.waiting_job()
    queries: list[tuple[dict[str, Any], int]] = [
        ({"component__eq": "BOTS"}, 1),
        ({"component__in": "BOTS,REQUESTS"}, 3),
        ({"component__ilike": "job"}, 3),
        ({"bot_id__eq": "1", "level_id__eq": "1"}, 3),
        ({"level_id__eq": "x"}, 0),
        ({"hex_value__eq": "0x5101"}, 1),
        ({"hex_value__ilike": "0X53"}, 3),
        ({"request_id__eq": "mine", "request_id__ilike": "MIN"}, 5),
        ({"severity__gte": 2}, 0),
        ({"severity__in": "1,2", "severity__lte": 1, "severity__eq": 1}, 9),
        ({"created_at__lte": "2026-01-05T06:00:00"}, 5),
        ({"search": 'description:"has lifted" AND component:bots'}, 1),
    ]
    for query, expected in queries:
        assert len(told(api, **query)) == expected, query
    assert api.items("/events", sort_by="-created_at", size=1)[0]["hex_value"] == "0x5103"
    assert api.locations("GET", "/events?severity__eq=high") == [["query", "severity__eq"]]


def test_the_oldest_events_are_forgotten_at_last() -> None:
    kept = Happenings()
    for seq in range(KEPT + 5):
        kept.note(seq, seq, SkuCreated("A"))
    rows = kept.rows()
    assert (len(rows), rows[0].seq, rows[-1].seq) == (KEPT, 5, KEPT + 4)
