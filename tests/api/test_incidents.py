"""``/_twin/incidents``: what goes wrong in the warehouse, now or at an instant, and how it can be proved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import EPOCH, Served, serve
from server_process import served

from api.control.access import Access
from twin.replaying import replay

Body = dict[str, Any]
STALL: Body = {"kind": "stall", "bot": 1}


@pytest.fixture
def twin() -> Iterator[Served]:
    with serve(access=Access("open")) as served_:
        yield served_


def advance_until(twin: Served, condition: object) -> Body:
    """How an advance over HTTP has ended."""
    answer = twin.send("POST", "/_twin/clock/advance", json={"until": condition})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def begin(twin: Served, **order: Any) -> Body:
    answer = twin.send("POST", "/_twin/incidents", json=order)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def incidents(twin: Served) -> list[Body]:
    items: list[Body] = twin.send("GET", "/_twin/incidents").json()["items"]
    return items


def log(twin: Served) -> list[Body]:
    return [json.loads(line) for line in twin.send("GET", "/_twin/log/lines").text.splitlines()]


def told(twin: Served) -> list[tuple[int, str]]:
    return [(e["t_ms"], e["type"]) for e in log(twin) if e["type"].startswith("Fault")]


def subjects(twin: Served) -> dict[str, Body]:
    """Something on the site that each kind of incident can be of."""
    level = twin.engine.plant.site.levels[0]
    bots = {(bot.level, bot.cell) for bot in twin.engine.plant.state.bots.values()}

    def place(*kinds: str) -> Body:
        cell = next(c for k in kinds for c in level.cells_of(k) if (level.id, c) not in bots)
        x, y = level.xy[cell]
        return {"level": level.id, "x": x, "y": y}

    return {
        "stall": {"bot": 1},
        "tag": {"carrier": 1001},
        "cell": place("."),
        "balcony": {"balcony": 1},
        "charger": place("c"),
        "person": {"balcony": 1},
        "emergency_stop": {},
    }


def test_every_kind_begins_at_once_and_ends_when_it_is_deleted(twin: Served) -> None:
    for kind, subject in subjects(twin).items():
        made = begin(twin, kind=kind, **subject)
        assert made["status"] == "active"
        assert {name: made[name] for name in subject} == subject
        assert incidents(twin) == [made]
        assert twin.send("DELETE", f"/_twin/incidents/{made['id']}").status_code == 204
        assert incidents(twin) == []
    assert [kind for _, kind in told(twin)] == ["FaultBegan", "FaultEnded"] * 7


def test_a_planned_incident_begins_at_its_time_to_the_millisecond_and_ends_by_itself(twin: Served) -> None:
    made = begin(twin, **STALL, at_ms=60_001, repair_ms=5000)
    assert (made["status"], made["at_ms"], made["until_ms"]) == ("planned", 60_001, 65_001)
    twin.advance(60_000)
    assert incidents(twin) == [made]
    twin.advance(1)
    (now,) = incidents(twin)
    assert (now["id"], now["status"], now["from_ms"]) == (made["id"], "active", 60_001)
    assert twin.engine.plant.state.bots[1].fault == "BOT_STALLED"
    twin.advance(10_000)
    assert told(twin) == [(0, "FaultPlanned"), (60_001, "FaultBegan"), (65_001, "FaultEnded")]


def test_a_time_can_be_an_instant_and_the_present_is_at_once(twin: Served) -> None:
    assert begin(twin, **STALL, at=EPOCH.replace(minute=1).isoformat())["at_ms"] == 60_000
    assert begin(twin, kind="tag", carrier=1001, at_ms=0)["status"] == "active"


def test_a_planned_incident_that_is_taken_back_never_comes(twin: Served) -> None:
    made = begin(twin, **STALL, at_ms=1000)
    twin.send("DELETE", f"/_twin/incidents/{made['id']}")
    twin.advance(2000)
    assert told(twin) == [(0, "FaultPlanned"), (0, "FaultWithdrawn")]
    assert twin.send("DELETE", f"/_twin/incidents/{made['id']}").status_code == 404


def test_what_cannot_be_any_more_at_its_time_is_told_and_not_lost(twin: Served) -> None:
    begin(twin, **STALL, at_ms=1000)
    planned = begin(twin, **STALL, at_ms=2000)
    twin.advance(3000)
    (missed,) = [e for e in log(twin) if e["type"] == "FaultMissed"]
    assert (missed["t_ms"], missed["fault"]) == (2000, planned["id"])
    assert "Bot 1" in missed["reason"]
    assert [one["at_ms"] for one in incidents(twin)] == [1000]


def test_plans_are_listed_by_their_times_behind_what_lasts(twin: Served) -> None:
    begin(twin, **STALL, at_ms=9000)
    begin(twin, kind="person", balcony=1, at_ms=5000)
    begin(twin, kind="tag", carrier=1001)
    assert [one["kind"] for one in incidents(twin)] == ["tag", "person", "stall"]


def test_a_snapshot_brings_the_plan_back_and_a_capsule_proves_it(twin: Served, tmp_path: Path) -> None:
    begin(twin, **STALL, at_ms=5000, repair_ms=1000)
    snapshot = twin.send("POST", "/_twin/snapshots", json={}).json()["id"]
    twin.advance(10_000)
    path = tmp_path / "run.zip"
    path.write_bytes(twin.send("GET", "/_twin/capsule").content)
    proof = replay(path)
    assert (proof.same, proof.commands) == (True, 1)
    assert twin.send("POST", f"/_twin/snapshots/{snapshot}/restore").status_code == 200
    assert [one["status"] for one in incidents(twin)] == ["planned"]
    twin.advance(10_000)
    assert told(twin) == [(5000, "FaultBegan"), (6000, "FaultEnded")]


def test_a_plan_outlives_a_kill_of_the_server(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with served("--site", "tiny", "--speed", "0", "--state", state) as first:
        made = first.client.post("/_twin/incidents", json={**STALL, "at_ms": 5000}).json()
        first.process.kill()
        first.process.wait()
    with served("--state", state) as again:
        assert again.ok("GET", "/_twin/incidents")["items"] == [made]
        again.advance(by="PT5S")
        assert again.ok("GET", "/_twin/incidents")["items"][0]["status"] == "active"


@pytest.mark.parametrize(
    ("order", "status", "says"),
    [
        ({"kind": "stall", "bot": 99}, 404, "Bot 99"),
        ({"kind": "stall", "bot": 99, "at_ms": 5000}, 404, "Bot 99"),
        ({"kind": "stall"}, 422, "stall needs bot"),
        ({"kind": "stall", "bot": 1, "balcony": 1}, 422, "nothing else"),
        ({"kind": "emergency_stop", "bot": 1}, 422, "no subject"),
        ({"kind": "flood"}, 422, "emergency_stop"),
        ({"kind": "cell", "level": 1, "x": 999, "y": 0}, 422, "x"),
        ({"kind": "cell", "level": 9, "x": 0, "y": 0}, 404, "Level 9"),
        ({**STALL, "repair_ms": 0}, 422, "repair_ms"),
        ({**STALL, "at_ms": 500}, 422, "past"),
        ({**STALL, "at_ms": 10**15}, 422, "ends"),
        ({**STALL, "at_ms": 5000, "at": "2026-01-05T06:30:00Z"}, 422, "only one"),
        ({**STALL, "at": "tomorrow"}, 422, "8601"),
        ({**STALL, "when": 3}, 422, "not permitted"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    twin: Served, order: Body, status: int, says: str
) -> None:
    twin.advance(1000)
    before = twin.engine.snapshot()
    answer = twin.send("POST", "/_twin/incidents", json=order)
    assert answer.status_code == status, answer.text
    assert says in answer.text
    assert twin.engine.snapshot() == before


def test_what_has_an_incident_already_is_refused(twin: Served) -> None:
    begin(twin, **STALL)
    answer = twin.send("POST", "/_twin/incidents", json=STALL)
    assert answer.status_code == 409
    assert "Bot 1" in answer.text


def test_an_advance_past_something_that_nobody_repairs_ends_and_says_what_it_is(twin: Served) -> None:
    """Nothing moves any more; the time that is left over is not raced through."""
    incident = begin(twin, kind="emergency_stop")["id"]
    fetch = {"type": "FETCH", "entities": [{"carrier_id": "1001"}]}
    request = twin.ok("POST", "/requests", json=fetch)["id"]
    for condition in ("waiting", "idle", {"request": request, "status": "SUCCEEDED"}):
        outcome = advance_until(twin, condition)
        assert (outcome["reached"], outcome["reason"]) == (False, "nothing_left")
        assert outcome["unrepaired"] == [incident]
        assert outcome["now_ms"] < 60_000
    twin.send("DELETE", f"/_twin/incidents/{incident}")
    outcome = advance_until(twin, "waiting")
    assert (outcome["reached"], outcome["unrepaired"]) == (True, [])


def test_idle_means_that_no_maintenance_is_open_either(twin: Served) -> None:
    """A bot that is asked to charge has not set out yet when the answer comes."""
    twin.ok("POST", "/requests", json={"type": "CHARGING", "id": "c", "bot_id": 1, "force": True})
    assert advance_until(twin, "idle")["reached"]
    (charged,) = twin.items("/requests", id__eq="c")
    assert charged["status"] == "SUCCEEDED"
