"""The journal of calls, and what it says of a client's coverage of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from api.calls.journal import Body, Call, Calls, Wanted
from tests.api.served import KEY, Served, serve


@pytest.fixture
def twin() -> Iterator[Served]:
    with serve() as served:
        yield served


def calls(twin: Served, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = twin.send("GET", "/_twin/calls", params=query).json()["calls"]
    return found


def test_every_call_of_the_api_is_written_down_with_its_operation_and_both_bodies(twin: Served) -> None:
    twin.sku("A")
    twin.refused(422, "POST", "/sku", json={"id": 5})
    first, second = calls(twin)
    assert (first["operation"], first["status"], first["request_body"]) == ("create_sku", 200, '{"id":"A"}')
    assert '"id":"A"' in first["response_body"]
    assert (second["id"], second["status"]) == (first["id"] + 1, 422)


def test_calls_of_the_control_are_not_written_down(twin: Served) -> None:
    twin.send("GET", "/_twin/clock")
    assert calls(twin) == []


def test_calls_are_told_with_the_simulated_time_they_came_at(twin: Served) -> None:
    twin.advance(1234)
    twin.ok("GET", "/bots")
    assert calls(twin)[0]["t_ms"] == 1234


def test_calls_are_found_by_every_mark_they_have(twin: Served) -> None:
    twin.sku("A")
    twin.sku("needle")
    twin.refused(404, "DELETE", "/sku/none")
    assert [c["path"] for c in calls(twin, method="delete")] == ["/api/v2/sku/none"]
    assert len(calls(twin, operation="create_sku")) == 2
    assert len(calls(twin, status=404)) == 1
    assert len(calls(twin, body="needle")) == 1
    assert len(calls(twin, answer="needle")) == 1
    assert len(calls(twin, path="sku/")) == 1
    assert [c["id"] for c in calls(twin, since=2)] == [3]
    assert twin.send("GET", "/_twin/calls", params={"limit": 1}).json()["found"] == 3


def test_an_operation_that_does_not_exist_is_refused_rather_than_never_found(twin: Served) -> None:
    answer = twin.send("GET", "/_twin/calls", params={"operation": "create_skus"})
    assert answer.status_code == 422
    assert "create_skus" in answer.json()["detail"]


def test_secrets_are_not_told(twin: Served) -> None:
    body = {"email": "a@example.com", "password": "Sehr-Geheim-1!"}
    twin.call("POST", "/auth/login", json=body)
    key = twin.ok("POST", "/auth/generate_api_key", json={"name": "mine"})
    text = twin.send("GET", "/_twin/calls").text
    assert "Geheim" not in text
    assert KEY not in text
    secrets = [value for name, value in key.items() if "key" in name and isinstance(value, str)]
    assert secrets
    assert not any(secret in text for secret in secrets)


def test_the_value_of_a_key_that_is_deleted_is_not_told_either(twin: Served) -> None:
    key = twin.ok("POST", "/auth/generate_api_key", json={"name": "mine"})["api_key"]
    number = next(one["id"] for one in twin.items("/auth/api_keys") if one["name"] == "mine")
    assert twin.ok("DELETE", f"/auth/api_keys/{number}")["deleted_key"] == key
    assert key not in twin.send("GET", "/_twin/calls").text
    assert key not in twin.send("GET", "/_twin/calls.har").text


def test_settings_are_told_by_their_keys_which_are_no_secrets(twin: Served) -> None:
    twin.ok("GET", "/settings")
    assert '"key":"' in calls(twin)[0]["response_body"]
    assert "***" not in calls(twin)[0]["response_body"]


def test_clients_are_told_apart_also_where_a_fault_stood_in_for_the_answer(twin: Served) -> None:
    """Two keys of one world: each has met what it has called, and together they have met both."""
    second = {
        "Authorization": "Bearer " + twin.ok("POST", "/auth/generate_api_key", json={"name": "2"})["api_key"]
    }
    twin.send("DELETE", "/_twin/calls")
    twin.sku("A")
    twin.call("GET", "/bots", headers=second)
    twin.send("POST", "/_twin/faults", json={"operation": "get_skus", "status": 503})
    twin.call("GET", "/skus", headers=second)
    twin.call("GET", "/skus", headers={"Authorization": "Bearer nobody"})

    def met(client: str | None) -> list[str]:
        query = {} if client is None else {"client": client}
        report = twin.send("GET", "/_twin/coverage", params=query).json()
        return [one["id"] for one in report["by_operation"] if one["calls"]]

    named = twin.send("GET", "/_twin/calls/clients").json()["clients"]
    assert [(one["name"], one["calls"]) for one in named] == [("twin serve", 1), ("2", 2), (None, 1)]
    assert (met(named[0]["client"]), met(named[1]["client"])) == (["create_sku"], ["get_bots", "get_skus"])
    assert met(None) == ["get_bots", "create_sku", "get_skus"]
    assert [one["operation"] for one in calls(twin, client=named[1]["client"])] == ["get_bots", "get_skus"]


def test_a_sku_with_a_slash_in_its_id_is_an_operation_as_any_other(twin: Served) -> None:
    twin.sku("A/B")
    twin.ok("PATCH", "/sku/A/B", json={"name": "x"})
    assert [one["operation"] for one in calls(twin)] == ["create_sku", "change_sku"]


def test_the_oldest_calls_make_room_when_their_bodies_are_too_much() -> None:
    kept = Calls(kept=5, kept_bytes=100)
    for size in (10, 20, 30, 40, 50):
        body = Body(b"x" * size, size)
        kept.add(Call(kept.next_id(), 0, "GET", "/", "", None, 200, 1.0, body, Body(), None))
    assert [call.id for call in kept.find(Wanted())] == [4, 5]
    huge = Body(b"x" * 1000, 1000)
    kept.add(Call(kept.next_id(), 0, "GET", "/", "", None, 200, 1.0, huge, Body(), None))
    assert [call.id for call in kept.find(Wanted())] == [6], "the latest is always kept"


def test_a_call_that_is_no_operation_is_told_with_the_nearest_one(twin: Served) -> None:
    twin.call("GET", "/inventory")
    twin.call("PUT", "/sku")
    told = twin.send("GET", "/_twin/calls/unmatched").json()["calls"]
    assert [call["nearest"] for call in told] == ["GET /api/v2/inventory_view", "POST /api/v2/sku"]
    assert len(calls(twin, operation="unmatched")) == 2


@pytest.mark.parametrize(
    ("count", "status"),
    [
        ({}, 200),
        ({"exactly": 2}, 200),
        ({"exactly": 1}, 409),
        ({"at_least": 3}, 409),
        ({"at_most": 1}, 409),
        ({"at_least": 1, "at_most": 2}, 200),
        ({"exactly": 2, "at_most": 2}, 422),
    ],
)
def test_how_often_a_call_was_made_can_be_verified(twin: Served, count: dict[str, int], status: int) -> None:
    twin.sku("A")
    twin.sku("B")
    answer = twin.send("POST", "/_twin/calls/verify", json={"operation": "create_sku", **count})
    assert answer.status_code == status, answer.text


def test_never_made_is_verified_with_exactly_none(twin: Served) -> None:
    answer = twin.send("POST", "/_twin/calls/verify", json={"operation": "trigger_job", "exactly": 0})
    assert answer.json() == {"holds": True, "count": 0, "detail": None}


def test_forgetting_empties_the_journal_and_the_coverage(twin: Served) -> None:
    twin.sku("A")
    assert twin.send("DELETE", "/_twin/calls").status_code == 200
    assert calls(twin) == []
    assert twin.send("GET", "/_twin/coverage").json()["operations_met"] == 0


def test_coverage_counts_operations_statuses_states_and_codes_met_and_never_met(twin: Served) -> None:
    twin.stocked()
    twin.order()
    twin.waiting_job()
    twin.refused(404, "POST", "/trigger/none")
    twin.items("/events")
    report = twin.send("GET", "/_twin/coverage").json()
    assert report["operations"] == 50
    assert {"login", "get_bots"} <= set(report["never_called"])
    trigger = next(one for one in report["by_operation"] if one["id"] == "trigger_job")
    assert trigger["statuses"] == {"404": 1}
    assert 200 in trigger["statuses_never_met"]
    assert trigger["undocumented"] == []
    assert "WAITING_FOR_TRIGGER" in report["job_states"]["met"]
    assert "FAILED" in report["job_states"]["never_met"]
    assert "0x5001" in report["event_codes"]["met"]
    assert "0x5005" in report["event_codes"]["never_met"]


def test_coverage_as_junit_skips_what_was_never_met(twin: Served) -> None:
    twin.ok("GET", "/bots")
    text = twin.send("GET", "/_twin/coverage", params={"format": "junit"}).text
    suites = ElementTree.fromstring(text)
    suite = suites[0]
    assert (suite.get("tests"), suite.get("skipped")) == ("50", "49")
    names = [one.get("name") for one in suites]
    assert names == ["operations", "statuses", "job_states", "request_states", "event_codes"]
    statuses = {case.get("name"): case.find("skipped") is None for case in suites[1]}
    assert (statuses["GET /api/v2/bots 200"], statuses["GET /api/v2/bots 401"]) == (True, False)
    assert "0x5501 fault: bot stalled" in [case.get("name") for case in suites[4]]
    met = [case.get("name") for case in suite if case.find("skipped") is None]
    assert met == ["GET /api/v2/bots"]


def test_coverage_as_a_page_needs_nothing_from_elsewhere(twin: Served) -> None:
    page = twin.send("GET", "/_twin/coverage", params={"format": "html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "GET /api/v2/bots" in page.text
    assert "http" not in page.text.replace("http-equiv", "")
