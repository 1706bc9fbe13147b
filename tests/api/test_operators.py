"""``/_twin/operators``: people at balconies, their times and mistakes, and what a client sees of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.served import Served, serve
from twin.assembly import busy_day, run_to_the_end
from twin.checking.checker import check_lines
from twin.domain.bots import MISTAKES, Mistakes
from twin.domain.commands import SetPerson
from twin.experiments.sitefile import find_site, load_site
from twin.records.eventlog import EventLog


@pytest.fixture
def twin() -> Iterator[Served]:
    with serve() as served:
        yield served


def put(twin: Served, **change: Any) -> list[dict[str, Any]]:
    answer = twin.send("PUT", "/_twin/operators", json=change)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["operators"]
    return rows


def ended(twin: Served) -> dict[str, Any]:
    """The one fulfillment job after all has ended."""
    twin.advance(600_000)
    (job,) = twin.items("/jobs", type__eq="FULFILLMENT")
    return job


def test_a_change_names_one_balcony_or_all_and_leaves_the_rest_as_it_was(twin: Served) -> None:
    before = twin.send("GET", "/_twin/operators").json()["operators"]
    (after, *_) = put(twin, balcony=before[0]["balcony"], mode="simulated", times={"line_ms": 9000})
    assert (after["mode"], after["times"]["line_ms"]) == ("simulated", 9000)
    assert after["times"]["handling_ms"] == before[0]["times"]["handling_ms"]
    (again, *_) = put(twin, times=None)
    assert again["times"] == before[0]["times"]
    assert again["mode"] == "simulated"


def test_own_times_hold_from_the_next_job_on(twin: Served) -> None:
    put(twin, mode="simulated", times={"line_distribution": "constant", "line_ms": 60_000, "handling_ms": 0})
    twin.stocked()
    twin.order()
    while not (row := twin.send("GET", "/_twin/operators").json()["operators"][0])["job"]:
        twin.advance(100)
    assert row["until_ms"] - twin.engine.now > 59_000


def test_a_failed_pick_fails_the_job_and_gives_back_what_it_had_booked(twin: Served) -> None:
    put(twin, mode="simulated", mistakes={"failed_pick_percent": 100})
    twin.stocked()
    twin.order()
    assert ended(twin)["status"] == "FAILED"
    (sku,) = twin.items("/skus")
    assert (sku["total_quantity"], sku["total_negative_inventory_bookings"]) == (5, 0)
    assert "0x5404" in {event["hex_value"] for event in twin.items("/events")}


def test_a_wrong_quantity_shows_as_a_correction_of_the_load_by_one_piece(twin: Served) -> None:
    put(twin, mode="simulated", mistakes={"wrong_quantity_percent": 100})
    twin.stocked()
    twin.order(quantity=2)
    assert ended(twin)["status"] == "SUCCEEDED"
    (sku,) = twin.items("/skus")
    assert sku["total_quantity"] in (2, 4)


def test_a_slow_person_takes_several_times_as_long(twin: Served) -> None:
    constant = {"line_distribution": "constant", "line_ms": 1000, "handling_ms": 0}
    put(twin, mode="simulated", times=constant, mistakes={"slow_percent": 100, "slow_factor": 20})
    twin.stocked()
    twin.order()
    while not (row := twin.send("GET", "/_twin/operators").json()["operators"][0])["job"]:
        twin.advance(100)
    assert 19_000 < row["until_ms"] - twin.engine.now <= 20_000


def test_logs_with_mistakes_hold_before_the_independent_checker_and_repeat_with_the_seed() -> None:
    def log_of_an_hour() -> list[bytes]:
        lines: list[bytes] = []
        log = EventLog(lines.append)
        engine = busy_day(load_site(find_site("demo")), 1, 200, 7, [log.write])
        engine.apply(SetPerson(mistakes=Mistakes(30, 20, 10)))
        run_to_the_end(engine, 3_600_000)
        return lines

    lines = log_of_an_hour()
    assert log_of_an_hour() == lines
    for mistake in MISTAKES:
        assert any(f'"mistake":"{mistake}"'.encode() in line for line in lines)
    assert check_lines(lines, complete=True).ok


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"balcony": 99, "mode": "api"}, 404, "Balcony 99"),
        ({"mode": "robot"}, 422, "api"),
        ({"times": {"line_distribution": "normal"}}, 422, "lognormal"),
        ({"times": {"line_ms": 0}}, 422, "from 1"),
        ({"mistakes": {"slow_percent": 101}}, 422, "100"),
        ({"misteaks": {}}, 422, "not permitted"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    twin: Served, change: dict[str, Any], status: int, says: str
) -> None:
    before = twin.send("GET", "/_twin/operators").json()
    answer = twin.send("PUT", "/_twin/operators", json=change)
    assert answer.status_code == status, answer.text
    assert says in answer.text
    assert twin.send("GET", "/_twin/operators").json() == before
