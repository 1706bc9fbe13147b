"""Moments that come rarely: a holder of the clock dies, a snapshot while a bot charges and one of another
site, HTTP faults of every kind, a restart under ``twin events``.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import Served, serve
from server_process import Body, served, start
from server_process import Served as Server

WAITING = "WAITING_FOR_TRIGGER"
HOLDER = """
import httpx, sys
twin = httpx.Client(base_url=sys.argv[1], timeout=None, trust_env=False)
lease = twin.post("/_twin/clock/leases", json={"ttl": "PT2S"}).json()["id"]
print(lease, flush=True)
twin.post("/_twin/clock/advance", json={"by": "P300000D", "lease": lease})
"""
"""A client that takes the clock and advances further than it lives to see."""


def control(api: Served, method: str, path: str, expected: int = 200, /, **body: Any) -> Any:
    answer = api.send(method, f"/_twin{path}", json=body) if body else api.send(method, f"/_twin{path}")
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


def test_a_client_that_dies_while_it_holds_the_clock_loses_it_after_its_lease() -> None:
    """Its advance ends where it is; until the lease ends nobody else advances; then anybody does."""
    with served("--site", "tiny", "--speed", "0") as twin:
        twin.ok("PUT", "/_twin/operators", {"mode": "simulated"})
        with subprocess.Popen(
            [sys.executable, "-c", HOLDER, twin.url], stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline().startswith("lease-")
            while not twin.clock()["advancing"]:
                assert holder.poll() is None
            holder.kill()
        order = {"by": "PT1S"}
        refused = twin.client.post("/_twin/clock/advance", json=order)
        assert refused.status_code == 409, "the lease outlives its holder"
        while twin.clock()["leases"]:
            assert twin.client.get("/_twin/ready").status_code == 200
        before = twin.clock()
        assert not before["advancing"]
        assert before["now_ms"] < 300_000 * 86_400_000, "nobody waited for the rest"
        assert twin.advance(**order)["now_ms"] == before["now_ms"] + 1000


def log_from(api: Served, base: str, seq: int) -> str:
    return api.send("GET", f"/_twin{base}/log/lines?from_seq={seq}").text


def test_a_snapshot_taken_while_a_bot_charges_goes_on_with_the_same_bytes() -> None:
    with serve() as api:
        control(api, "POST", "/clock/advance", by="PT4H")  # standing costs charge, too
        api.ok("POST", "/system/charge_all_bots")
        control(api, "POST", "/clock/advance", by="PT2M")
        assert "ChargingStarted" in log_from(api, "", 1)
        assert "ChargingStopped" not in log_from(api, "", 1)
        taken = control(api, "POST", "/snapshots", 201)["id"]
        seq = control(api, "GET", "/log")["last_seq"]
        fork = control(api, "POST", "/fork", 201, snapshot=taken, speed=0)
        rests = []
        for base in ("", f"/worlds/{fork['id']}", ""):
            control(api, "POST", f"{base}/clock/advance", by="PT5H")
            rests.append(log_from(api, base, seq + 1))
            control(api, "POST", f"/snapshots/{taken}/restore")
        assert "ChargingStopped" in rests[0]
        assert rests == [rests[0]] * 3


def test_an_uploaded_snapshot_brings_its_own_site_along() -> None:
    with serve("demo") as elsewhere, serve("tiny") as api:
        elsewhere.stocked()
        elsewhere.order()
        elsewhere.advance(5_000)
        there = control(elsewhere, "POST", "/snapshots", 201)["id"]
        data = elsewhere.send("GET", f"/_twin/snapshots/{there}").content
        upload = api.send("POST", "/_twin/snapshots/upload", content=data)
        assert (upload.status_code, upload.json()["site"]) == (201, "demo")
        assert control(api, "GET", "/info")["site"] == "tiny", "kept, not yet taken"
        assert control(api, "POST", f"/snapshots/{upload.json()['id']}/restore")["site"] == "demo"
        assert control(api, "GET", "/info")["site"] == "demo"
        assert api.ok("GET", "/bots") == elsewhere.ok("GET", "/bots")
        for one in (api, elsewhere):
            control(one, "POST", "/clock/advance", until="waiting")
        assert api.items("/jobs") == elsewhere.items("/jobs")
        control(api, "POST", "/reset")
        assert control(api, "GET", "/info")["site"] == "tiny", "what it was when it was made"


EFFECTS: list[Body] = [
    {"status": 503, "body": {"detail": "no"}},
    {"reset": True},
    {"truncate": 5},
    {"delay": {"ms": 1}},
    {"delay": {"distribution": "uniform", "ms": 1, "to_ms": 3}},
    {"delay": {"distribution": "exponential", "ms": 1}},
    {"delay": {"distribution": "lognormal", "ms": 1, "sigma": 0.5}},
]


def hash_of(twin: Server) -> str:
    return str(twin.ok("GET", "/_twin/worlds/default/log")["sha256"])


def test_no_kind_of_fault_changes_what_happens_in_the_warehouse() -> None:
    """Reads meet every effect, and answers to orders are lost; the log has the same hash."""
    with served("--site", "tiny", "--speed", "0") as twin:
        hashes = []
        for disturbed in (False, True):
            twin.stock("A")
            for effect in EFFECTS:
                if disturbed:
                    rule = {"operation": "get_jobs", "next": 1, **effect}
                    assert twin.client.post("/_twin/faults", json=rule).status_code == 201
                with suppress(httpx.TransportError):
                    twin.client.get("/api/v2/jobs")
                ordered(twin, disturbed)
                twin.advance(by="PT20S")
            hashes.append(hash_of(twin))
            if disturbed:
                struck = [one["struck"] for one in twin.ok("GET", "/_twin/faults")["faults"]]
                assert struck == [1] * len(struck)
                assert len(struck) >= len(EFFECTS)
            twin.ok("POST", "/_twin/worlds/default/reset")
        assert hashes[0] == hashes[1]


def ordered(twin: Server, disturbed: bool) -> None:
    """An order whose first answer is lost although it was done, as a trusting client sends it."""
    if disturbed:
        rule = {"operation": "create_request", "next": 1, "reset": True, "executed": True}
        assert twin.client.post("/_twin/faults", json=rule).status_code == 201
        with pytest.raises(httpx.TransportError):
            twin.order("A")
    else:
        twin.order("A")


def test_printed_events_go_on_through_the_restart_of_a_twin_that_is_kept(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    with served("--site", "tiny", "--speed", "0", *state) as twin:
        port = twin.url.rpartition(":")[2]
        listener = start("events", "--after", "0", "--url", twin.url)
        assert listener.stdout is not None
        twin.stock("A")
        twin.order("A")
        twin.advance(until="waiting")
        lines = [listener.stdout.readline() for _ in twin.client.get("/_twin/log/lines").text.splitlines()]
        twin.process.kill()
        twin.process.wait()
    with served("--port", port, *state) as twin:
        [job] = [one for one in twin.ok("GET", "/api/v2/jobs")["items"] if one["status"] == WAITING]
        twin.ok("POST", f"/api/v2/trigger/{job['id']}")
        twin.advance(until="idle")
        log = twin.client.get("/_twin/log/lines").text
        lines += [listener.stdout.readline() for _ in range(log.count("\n") - len(lines))]
        listener.send_signal(signal.SIGINT)
        rest, said = listener.communicate()
    assert "".join(lines) == log
    assert rest == ""
    assert said.startswith("twin: not connected"), said
    assert listener.returncode == 0
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lines) + 1))
