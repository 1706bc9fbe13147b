"""Jobs and triggers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.served import Served, serve


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def job(api: Served, job_id: str) -> dict[str, Any]:
    [found] = api.items("/jobs", id__eq=job_id)
    return found


def test_a_job_tells_what_is_done_with_which_carrier(api: Served) -> None:
    api.sku(name="apple")
    box = api.box()
    api.load(box)
    api.order(quantity=2)
    assert api.items("/jobs") == [
        {
            "id": "job-1",
            "type": "FULFILLMENT",
            "status": "ACCEPTED",
            "request_id": "request-1",
            "carrier_id": "1001",
            "level_id": 1,
            "balcony_id": 1,
            "bot_id": None,
            "box_id": box,
            "sku_id": "A",
            "sku_name": "apple",
            "measurement_unit": "PIECE",
            "on_empty_sku_action": "UNASSIGN",
            "quantity": 2,
            "created_at": "2026-01-05T06:00:00.000000",
            "created_at_utc": "2026-01-05T05:00:00.000000+00:00",
            "updated_at": "2026-01-05T06:00:00.000000",
            "updated_at_utc": "2026-01-05T05:00:00.000000+00:00",
        }
    ]


def test_a_fetch_job_has_no_sku(api: Served) -> None:
    api.ok("POST", "/requests", json={"type": "FETCH", "entities": [{"carrier_id": "1001"}]})
    [found] = api.items("/jobs")
    names = ("box_id", "sku_id", "sku_name", "measurement_unit", "on_empty_sku_action")
    assert {found[name] for name in names} == {None}


def test_a_job_goes_through_its_states_until_it_waits(api: Served) -> None:
    api.stocked()
    api.order()
    seen = []
    for _ in range(60):
        status = job(api, "job-1")["status"]
        if status not in seen:
            seen.append(status)
        api.advance(500)
    assert seen == ["ACCEPTED", "STARTED", "WAITING_FOR_TRIGGER"]
    assert job(api, "job-1")["bot_id"] == 1


def test_a_job_waits_for_as_long_as_nobody_triggers_it(api: Served) -> None:
    api.stocked()
    api.order()
    waiting = api.waiting_job()
    before = job(api, waiting)
    api.advance(24 * 3_600_000)
    assert job(api, waiting) == before


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, "SUCCEEDED"),
        ({"json": {}}, "SUCCEEDED"),
        ({"json": {"TriggerStatus": "SUCCEEDED_TRIGGER"}}, "SUCCEEDED"),
        ({"json": {"TriggerStatus": "FAILED_TRIGGER"}}, "FAILED"),
    ],
)
def test_a_trigger_ends_a_waiting_job(api: Served, options: dict[str, Any], status: str) -> None:
    api.stocked()
    api.order()
    waiting = api.waiting_job()
    assert api.ok("POST", f"/trigger/{waiting}", **options) == {}
    assert job(api, waiting)["status"] == status


def test_after_the_last_trigger_the_carrier_goes_back(api: Served) -> None:
    api.stocked()
    api.order()
    api.ok("POST", f"/trigger/{api.waiting_job()}")
    [back] = api.items("/jobs", type__eq="RETURN")
    assert (back["carrier_id"], back["request_id"], back["status"]) == ("1001", "request-1", "STARTED")
    api.advance(120_000)
    assert job(api, back["id"])["status"] == "SUCCEEDED"


def test_a_blocking_carrier_is_moved_by_a_job_of_its_own(api: Served) -> None:
    deep = next(r for r in api.items("/inventory_view", size=1000) if r["depth"] == 1)
    wanted = {"type": "FETCH", "entities": [{"carrier_id": deep["carrier_id"]}]}
    api.ok("POST", "/requests", json=wanted)
    api.waiting_job()
    [dug] = api.items("/jobs", type__eq="RELOCATION")
    assert (dug["status"], dug["request_id"]) == ("SUCCEEDED", "request-1")
    assert dug["carrier_id"] != deep["carrier_id"]


def test_a_job_takes_one_trigger_only(api: Served) -> None:
    api.stocked()
    api.order()
    assert "ACCEPTED" in api.refused(409, "POST", "/trigger/job-1")
    waiting = api.waiting_job()
    api.ok("POST", f"/trigger/{waiting}")
    assert "SUCCEEDED" in api.refused(409, "POST", f"/trigger/{waiting}")


def test_an_unknown_job_cannot_be_triggered(api: Served) -> None:
    assert api.refused(404, "POST", "/trigger/job-7") == "Job job-7 does not exist"


@pytest.mark.parametrize("outcome", ["DONE", "succeeded_trigger", "", 0, 1, ["SUCCEEDED_TRIGGER"]])
def test_a_trigger_may_be_invalid(api: Served, outcome: object) -> None:
    body = {"TriggerStatus": outcome}
    assert api.locations("POST", "/trigger/job-1", json=body) == [["body", "TriggerStatus"]]


def test_jobs_are_listed_newest_first_and_filtered(api: Served) -> None:
    wanted = {"type": "FETCH", "entities": [{"carrier_id": str(c)} for c in (1001, 1002, 1003)]}
    api.ok("POST", "/requests", json=wanted)
    assert [j["id"] for j in api.items("/jobs")] == ["job-3", "job-2", "job-1"]
    queries: list[tuple[dict[str, Any], list[str]]] = [
        ({"sort_by": "carrier_id"}, ["job-1", "job-2", "job-3"]),
        ({"sort_by": "-status,carrier_id", "size": 2}, ["job-1", "job-2"]),
        ({"sort_by": "created_at", "page": 2, "size": 2}, ["job-3"]),
        ({"request_id__eq": "request-1", "status__eq": "ACCEPTED", "size": 1}, ["job-3"]),
        ({"request_id__in": "request-1,x", "type__in": "RETURN,RELOCATION"}, []),
        ({"balcony_id__eq": 1, "level_id__eq": 1, "size": 1}, ["job-3"]),
        ({"balcony_id__eq": 2}, []),
        ({"created_at__gte": "2026-01-05T06:00:00+01:00", "size": 1}, ["job-3"]),
    ]
    for query, expected in queries:
        assert [j["id"] for j in api.items("/jobs", **query)] == expected, query
    assert api.locations("GET", "/jobs?level_id__eq=x&size=5000") == [
        ["query", "size"],
        ["query", "level_id__eq"],
    ]


def test_stamps_go_on_through_the_repeated_hour() -> None:
    with serve(epoch=datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)) as api:
        api.stocked()
        api.order(quantity=1, id="summer")
        api.advance(3_601_000)
        api.order(quantity=1, id="winter")
        late, early = api.items("/requests")
        assert (early["created_at"], early["created_at_utc"]) == (
            "2026-10-25T02:59:59.000000",
            "2026-10-25T00:59:59.000000+00:00",
        )
        assert (late["created_at"], late["created_at_utc"]) == (
            "2026-10-25T03:00:00.000000",
            "2026-10-25T02:00:00.000000+00:00",
        )
        assert len(api.items("/requests", created_at__lte="2026-10-25T02:59:59")) == 1
