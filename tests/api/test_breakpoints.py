"""Breakpoints, clock leases, and what an advance tells of its way."""

from __future__ import annotations

import time
from typing import Any

import pytest
from served import Served, serve

WAITING = "WAITING_FOR_TRIGGER"


def control(api: Served, method: str, path: str, expected: int = 200, /, **body: Any) -> Any:
    answer = api.send(method, f"/_twin{path}", json=body) if body else api.send(method, f"/_twin{path}")
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


@pytest.mark.parametrize("of", ["job", "request"])
def test_a_breakpoint_stops_an_advance_exactly_at_its_event(of: str) -> None:
    with serve() as api:
        api.stocked()
        request = api.order()["id"]
        status = WAITING if of == "job" else "IN_PROGRESS"
        key = "*" if of == "job" else request
        made = control(api, "POST", "/breakpoints", 201, **{of: key}, status=status)
        control(api, "PUT", "/clock", speed=7)
        ended = control(api, "POST", "/clock/advance", by="PT1H")
        assert (ended["reached"], ended["reason"]) == (False, "breakpoint")
        assert (ended["speed"], ended["stopped_by"]) == (0, made["id"])
        assert ended["meanwhile"]["changes"][-1]["status"] == status
        assert ended["meanwhile"]["changes"][-1]["t_ms"] == ended["now_ms"]
        [one] = control(api, "GET", "/breakpoints")["items"]
        assert (one["hits"], one["last_ms"]) == (1, ended["now_ms"])
        assert control(api, "PUT", "/clock", speed=0)["stopped_by"] is None


def test_a_breakpoint_for_every_job_fires_at_each_of_them_and_each_advance_goes_on_behind_it() -> None:
    with serve() as api:
        for sku, carrier in (("A", 1001), ("B", 1002)):
            api.sku(sku)
            api.load(api.box(carrier), sku)
            api.order(sku)
        made = control(api, "POST", "/breakpoints", 201, job="*", status=WAITING)
        met = []
        for _ in range(2):
            ended = control(api, "POST", "/clock/advance", by="PT30M")
            assert (ended["reason"], ended["stopped_by"]) == ("breakpoint", made["id"])
            met.append(ended["meanwhile"]["changes"][-1]["job"])
        assert len(set(met)) == 2, "never twice for the same"
        assert control(api, "POST", "/clock/advance", by="PT30M")["reached"]
        [one] = control(api, "GET", "/breakpoints")["items"]
        assert one["hits"] == 2


def test_two_breakpoints_that_one_event_meets_are_both_counted() -> None:
    with serve() as api:
        api.stocked()
        api.order()
        for status in (WAITING, WAITING):
            control(api, "POST", "/breakpoints", 201, job="*", status=status)
        assert control(api, "POST", "/clock/advance", by="PT1H")["reason"] == "breakpoint"
        assert [one["hits"] for one in control(api, "GET", "/breakpoints")["items"]] == [1, 1]


def test_a_breakpoint_stops_the_pace_however_fast() -> None:
    with serve() as api:
        api.stocked()
        api.order()
        control(api, "POST", "/breakpoints", 201, job="*", status=WAITING, once=True)
        control(api, "PUT", "/clock", speed="max")
        for _ in range(10_000):
            clock = control(api, "GET", "/clock")
            if clock["stopped_by"]:
                break
        assert clock["speed"] == 0
        assert api.items("/jobs", status__eq=WAITING)
        assert control(api, "GET", "/breakpoints")["total"] == 0, "it was for once"


def test_a_command_that_brings_the_status_about_stops_the_clock_as_well() -> None:
    with serve() as api:
        api.stocked()
        api.order()
        job = api.waiting_job()
        control(api, "POST", "/breakpoints", 201, job=job, status="SUCCEEDED")
        control(api, "PUT", "/clock", speed=5)
        api.ok("POST", f"/trigger/{job}")
        assert control(api, "GET", "/clock")["speed"] == 0


def test_breakpoints_are_forgotten_and_wrong_ones_refused() -> None:
    with serve() as api:
        made = control(api, "POST", "/breakpoints", 201, job="*", status="FAILED")
        control(api, "DELETE", f"/breakpoints/{made['id']}", 204)
        control(api, "DELETE", f"/breakpoints/{made['id']}", 404)
        for wrong in ({"status": "FAILED"}, {"job": "*", "request": "*", "status": "FAILED"}):
            control(api, "POST", "/breakpoints", 422, **wrong)
        control(api, "POST", "/breakpoints", 422, job="*", status="IN_PROGRESS")


def test_an_advance_tells_what_has_happened_meanwhile() -> None:
    with serve() as api:
        api.stocked()
        request = api.order()["id"]
        before = control(api, "GET", "/log")
        ended = control(api, "POST", "/clock/advance", until="waiting")
        what = ended["meanwhile"]
        after = control(api, "GET", "/log")
        assert sum(what["counts"].values()) == after["events"] - before["events"]
        assert what["first_seq"] == before["last_seq"] + 1
        change = {"t_ms": ended["now_ms"], "job": "job-1", "request": request, "status": WAITING}
        assert change in what["changes"]
        assert control(api, "POST", "/clock/advance", events=1)["meanwhile"]["counts"] == {}


def test_the_clock_names_who_is_next() -> None:
    with serve() as api:
        assert control(api, "GET", "/clock")["next_of"] is None
        api.stocked()
        api.order()
        assert control(api, "GET", "/clock")["next_of"] == "plan 1"


def test_while_a_lease_is_held_time_stands_and_only_its_holder_advances() -> None:
    with serve() as api:
        control(api, "PUT", "/clock", speed="max")
        lease = control(api, "POST", "/clock/leases", 201, ttl="PT1H")["id"]
        api.stocked()
        api.order()
        stands = control(api, "GET", "/clock")
        assert (stands["leases"], stands["now_ms"]) == (1, 0)
        control(api, "POST", "/clock/advance", 409, by="PT1S")
        control(api, "POST", "/clock/advance", 409, by="PT1S", lease="lease-of-nobody")
        assert control(api, "POST", "/clock/advance", by="PT1S", lease=lease)["now_ms"] == 1000
        control(api, "PUT", f"/clock/leases/{lease}", ttl="PT2S")
        control(api, "DELETE", f"/clock/leases/{lease}", 204)
        control(api, "DELETE", f"/clock/leases/{lease}", 404)
        ended = control(api, "POST", "/clock/advance", until="waiting")
        assert ended["reached"]
        control(api, "POST", "/clock/leases", 422, ttl="PT2H")


def test_a_lease_that_is_forgotten_ends_in_wall_time_and_the_time_it_held_is_not_made_up() -> None:
    with serve() as api:
        control(api, "PUT", "/clock", speed=1000)
        control(api, "POST", "/clock/leases", 201, ttl="PT0.2S")
        held = control(api, "GET", "/clock")["now_ms"]
        time.sleep(0.25)
        clock = control(api, "GET", "/clock")
        assert clock["leases"] == 0
        assert clock["now_ms"] - held < 200 * 1000, "less than the lease held back"
        time.sleep(0.02)
        assert control(api, "GET", "/clock")["now_ms"] > clock["now_ms"]
