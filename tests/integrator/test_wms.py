"""The tests of the small WMS: all by clock and breakpoint, none sleeps (docs/integrators.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integrator.wms import Refused, Wms
from twin.testing import Twin

pytestmark = pytest.mark.twin(site="tiny", seed=3)
needs_twin = pytest.mark.twin(needs_twin=True)
"""Tests that let something fail, which no site does at a wish."""


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def wms(twin: Twin, pauses: list[float]) -> Iterator[Wms]:
    wms = Wms(twin.client, pause=pauses.append, suffix=twin.name(""))
    wms.receive("TEA", pieces=10, room=20)
    wms.receive("CUP", pieces=4, room=10)
    yield wms
    if twin.is_real:
        clear_up(twin, wms)


def clear_up(twin: Twin, wms: Wms) -> None:
    """Leave a site as it was: work that is left open would keep a balcony, and the boxes their carriers."""
    for number in wms.orders:
        pick_all(twin, wms, number)
    wms.clear()


def pick_all(twin: Twin, wms: Wms, number: str) -> None:
    """Let time pass and push the button for every job of an order."""
    for job in wms.jobs(number):
        if job["status"] in ("SUCCEEDED", "FAILED"):
            continue
        twin.clock.until_job(job["id"], "WAITING_FOR_TRIGGER")
        wms.picked(job["id"])


def test_an_order_is_picked_and_the_stock_is_booked(twin: Twin, wms: Wms) -> None:
    wms.order("A-1", {"TEA": 3, "CUP": 1})
    pick_all(twin, wms, "A-1")
    assert wms.state_of("A-1") == "SUCCEEDED"
    assert (wms.count("TEA"), wms.count("CUP")) == (7, 3)
    twin.clock.until_idle()


def test_an_order_for_more_than_there_is_is_refused_whole(wms: Wms) -> None:
    with pytest.raises(Refused) as refused:
        wms.order("A-1", {"TEA": 1, "CUP": 5})
    assert refused.value.status == 400
    assert refused.value.codes == {wms.its("CUP"): "0x5082"}
    assert (wms.count("TEA"), wms.count("CUP")) == (10, 4)


@needs_twin
def test_an_operator_who_fails_leaves_the_line_open_and_the_stock_as_it_was(twin: Twin, wms: Wms) -> None:
    twin.operators.set(mode="simulated", mistakes={"failed_pick_percent": 100})
    wms.order("A-1", {"TEA": 3})
    twin.clock.until_request(wms.its("A-1"), "FAILED")
    assert wms.count("TEA") == 10


@needs_twin
def test_an_operator_who_miscounts_shows_when_the_wms_counts(twin: Twin, wms: Wms) -> None:
    twin.operators.set(mode="simulated", mistakes={"wrong_quantity_percent": 100})
    wms.order("A-1", {"TEA": 3})
    twin.clock.until_request(wms.its("A-1"), "SUCCEEDED")
    assert wms.count("TEA") in (6, 8)


@needs_twin
def test_an_access_token_that_has_ended_is_replaced_by_a_new_login(twin: Twin, wms: Wms) -> None:
    """The user's session is ended on the server; the WMS learns of it by the 401 of its next order."""
    password = "Tea-for-two-1!"
    user = {"username": "wms", "email": "wms@example.com", "role": "User"}
    twin.ok("POST", "/auth/create_account", json=user)
    (code,) = (one["otp"] for one in twin.ok("GET", "/auth/users")["items"] if one["email"] == user["email"])
    change = {"email": user["email"], "otp": code, "new_password": password}
    twin.ok("POST", "/auth/reset_password", json=change)
    tokens: list[Any] = []

    def log_in() -> str:
        tokens.append(twin.ok("POST", "/auth/login", json={"email": user["email"], "password": password}))
        return str(tokens[-1]["access_token"])

    wms.log_in = log_in
    wms.client.headers["Authorization"] = f"Bearer {log_in()}"
    wms.order("A-1", {"TEA": 1})
    for _ in range(2):  # a refresh token that is used twice ends its session
        twin.client.post("/api/v2/auth/refresh_token", json={"refresh_token": tokens[0]["refresh_token"]})
    assert twin.client.get("/api/v2/skus").status_code == 401
    wms.order("A-2", {"TEA": 1})
    assert len(tokens) == 2
    assert wms.state_of("A-2") == "CREATED"
    answers = twin.control("GET", "/calls", params={"operation": "create_request"})["calls"]
    assert [one["status"] for one in answers] == [200, 401, 200]


@needs_twin
def test_a_trigger_that_is_sent_twice_books_once(twin: Twin, wms: Wms) -> None:
    wms.order("A-1", {"TEA": 3})
    job = twin.clock.until_waiting()["id"]
    twin.faults.add("trigger_job", status=504, executed=True, next=1)
    wms.picked(job)
    assert wms.count("TEA") == 7
    answer = twin.client.post(f"/api/v2/trigger/{job}")
    assert answer.status_code == 409
    assert wms.count("TEA") == 7


@needs_twin
def test_an_order_whose_answer_was_lost_is_sent_again_and_done_once(twin: Twin, wms: Wms) -> None:
    twin.faults.add("create_request", reset=True, executed=True, next=1)
    wms.order("A-1", {"TEA": 3})
    pick_all(twin, wms, "A-1")
    assert wms.count("TEA") == 7
    assert len(twin.ok("GET", "/requests", params={"id__eq": wms.its("A-1")})["items"]) == 1


@needs_twin
def test_a_busy_system_is_asked_again_after_the_time_it_names(
    twin: Twin, wms: Wms, pauses: list[float]
) -> None:
    twin.faults.add("create_request", status=503, headers={"Retry-After": "7"}, next=2)
    wms.order("A-1", {"TEA": 1})
    assert pauses == [7.0, 7.0]


@needs_twin
def test_work_goes_on_after_the_brain_was_restarted(twin: Twin, wms: Wms) -> None:
    wms.order("A-1", {"TEA": 3})
    twin.clock.advance(2)
    twin.ok("POST", "/restart_brain")
    assert twin.ok("GET", "/storage_status")["storage_status"] == "STARTING_UP"
    twin.clock.advance(60)
    assert twin.ok("GET", "/storage_status")["storage_status"] == "RUNNING"
    pick_all(twin, wms, "A-1")
    assert wms.state_of("A-1") == "SUCCEEDED"


@pytest.mark.twin(site="demo", needs_twin=True)
def test_an_order_outlives_a_stalled_bot(twin: Twin, wms: Wms) -> None:
    wms.order("A-1", {"TEA": 3})
    job = twin.clock.until_job(wms.jobs("A-1")[0]["id"], "STARTED")
    twin.incidents.begin("stall", bot=job["bot_id"], repair_ms=90_000)
    twin.clock.until_job(job["id"], "WAITING_FOR_TRIGGER", limit_s=3600)
    wms.picked(job["id"])
    assert wms.state_of("A-1") == "SUCCEEDED"


@needs_twin
def test_a_snapshot_brings_the_warehouse_back(twin: Twin, wms: Wms) -> None:
    before = twin.snapshot()
    wms.order("A-1", {"TEA": 3})
    pick_all(twin, wms, "A-1")
    before.restore()
    assert wms.count("TEA") == 10
    wms.order("A-1", {"TEA": 1})
