"""HTTP faults by rule: what the client meets, and what the warehouse must not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.served import Served, serve
from tests.api.server_process import served as served_by_a_process
from twin.domain.commands import SetOperator
from twin.domain.work import OPERATOR_SIMULATED
from twin.records.eventlog import EventLog


@pytest.fixture
def twin() -> Iterator[Served]:
    with serve() as served:
        served.as_documented = False  # a rule may answer anything
        yield served


def fault(twin: Served, **rule: Any) -> dict[str, Any]:
    answer = twin.send("POST", "/_twin/faults", json=rule)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_rule_answers_the_next_calls_of_its_operation_instead_of_the_twin(twin: Served) -> None:
    fault(twin, operation="create_sku", status=503, headers={"Retry-After": "1"}, next=2)
    for _ in range(2):
        answer = twin.call("POST", "/sku", json={"id": "A"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert twin.items("/skus") == []
    assert twin.sku("A") == "A"


def test_other_operations_and_the_control_are_left_alone(twin: Served) -> None:
    fault(twin, operation="create_sku", status=500)
    twin.ok("GET", "/bots")
    fault(twin, status=500)
    assert twin.call("GET", "/bots").status_code == 500
    assert twin.send("GET", "/_twin/clock").status_code == 200


def test_a_rule_strikes_every_nth_call(twin: Served) -> None:
    fault(twin, operation="get_bots", status=502, nth=3)
    assert [twin.call("GET", "/bots").status_code for _ in range(7)] == [200, 200, 502, 200, 200, 502, 200]


def test_a_rule_strikes_with_its_probability_the_same_calls_each_time(twin: Served) -> None:
    def strikes() -> list[int]:
        fault(twin, operation="get_bots", status=500, probability=0.3)
        seen = [twin.call("GET", "/bots").status_code for _ in range(60)]
        twin.send("DELETE", "/_twin/faults")
        return seen

    first = strikes()
    assert 8 <= first.count(500) <= 30
    assert strikes() == first


def test_an_answer_can_be_lost_after_the_twin_has_done_its_work(twin: Served) -> None:
    fault(twin, operation="create_sku", status=504, executed=True, next=1)
    assert twin.call("POST", "/sku", json={"id": "A"}).status_code == 504
    assert [sku["id"] for sku in twin.items("/skus")] == ["A"]


def test_faults_draw_nothing_from_the_chance_of_the_warehouse() -> None:
    def log_of(*, disturbed: bool) -> str:
        with serve("demo") as twin:
            log = EventLog()
            twin.as_documented = False
            twin.engine.subscribe(log.write)
            if disturbed:
                fault(twin, operation="get_bots", delay={"distribution": "exponential", "ms": 1})
                fault(twin, operation="get_jobs", status=500, probability=0.5)
            twin.engine.apply(SetOperator(OPERATOR_SIMULATED, 1))
            twin.stocked()
            for _ in range(5):
                twin.order(quantity=1, balcony_id=1)
                twin.call("GET", "/bots")
                twin.call("GET", "/jobs")
                twin.advance(30_000)
            return log.sha256

    assert log_of(disturbed=True) == log_of(disturbed=False)


def test_the_journal_names_the_rule_that_struck(twin: Served) -> None:
    rule = fault(twin, operation="get_bots", status=500, next=1)
    twin.call("GET", "/bots")
    twin.call("GET", "/bots")
    told = twin.send("GET", "/_twin/calls").json()["calls"]
    assert [(call["status"], call["fault"]) for call in told] == [(500, rule["id"]), (200, None)]
    (now,) = twin.send("GET", "/_twin/faults").json()["faults"]
    assert (now["seen"], now["struck"], now["spent"]) == (1, 1, True)


def test_a_rule_can_be_taken_back(twin: Served) -> None:
    rule = fault(twin, status=500)
    assert twin.send("DELETE", f"/_twin/faults/{rule['id']}").status_code == 200
    twin.ok("GET", "/bots")
    assert twin.send("DELETE", f"/_twin/faults/{rule['id']}").status_code == 404


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({}, "at least one of"),
        ({"status": 500, "reset": True}, "only one of"),
        ({"status": 200}, "greater than or equal to 400"),
        ({"operation": "get_bot", "status": 500}, "no operation"),
        ({"delay": {"ms": 5, "to_ms": 9}}, "uniform"),
        ({"delay": {"distribution": "uniform", "ms": 9, "to_ms": 5}}, "less than"),
        ({"truncate": 5, "executed": True}, "executed goes with"),
        ({"status": 500, "probability": 0}, "greater than 0"),
        ({"status": 500, "headers": {"Bad Header": "x"}}, "no header"),
        ({"status": 500, "headers": {"X": "a\r\nb"}}, "no header"),
        ({"status": 500, "typo": 1}, "not permitted"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_what_would_be_right(
    twin: Served, rule: dict[str, Any], says: str
) -> None:
    answer = twin.send("POST", "/_twin/faults", json=rule)
    assert answer.status_code == 422
    assert says in answer.text
    assert twin.send("GET", "/_twin/faults").json()["faults"] == []


def test_over_a_real_connection_answers_are_delayed_cut_and_dropped() -> None:
    with served_by_a_process("--site", "tiny", "--speed", "0") as twin:
        add = "/_twin/faults"
        assert twin.client.post(add, json={"operation": "get_bots", "reset": True, "next": 1}).is_success
        with pytest.raises(httpx.TransportError):
            twin.client.get("/api/v2/bots")
        assert twin.client.post(add, json={"operation": "get_bots", "truncate": 5, "next": 1}).is_success
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            twin.client.get("/api/v2/bots")
        rule = {"operation": "get_bots", "delay": {"ms": 150}, "next": 1}
        assert twin.client.post(add, json=rule).is_success
        answer = twin.client.get("/api/v2/bots")
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() >= 0.15
        told = twin.client.get("/_twin/calls").json()["calls"]
        assert [call["status"] for call in told] == [None, None, 200]
