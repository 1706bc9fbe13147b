"""Pausing, restarting, charging, bots and carriers that come and go, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.served import Served, serve

MINUTE = 60_000


@pytest.fixture
def api() -> Iterator[Served]:
    with serve("demo") as served:
        yield served


def ask(api: Served, kind: str, **fields: object) -> str:
    answer = api.ok("POST", "/requests", json={"type": kind, **fields})
    assert (answer["type"], answer["status"] in ("CREATED", "IN_PROGRESS", "SUCCEEDED")) == (kind, True)
    return str(answer["id"])


def wait(api: Served, ms: int = 5 * MINUTE) -> None:
    api.engine.run_until(api.engine.now + ms)


def status(api: Served, request: str) -> str:
    [found] = api.ok("GET", "/requests", params={"id__eq": request})["items"]
    return str(found["status"])


def trigger_all(api: Served, request: str) -> None:
    for job in api.ok("GET", "/jobs", params={"request_id__eq": request})["items"]:
        api.ok("POST", f"/trigger/{job['id']}", json={})


def storage(api: Served) -> str:
    return str(api.ok("GET", "/storage_status")["storage_status"])


def test_a_pause_and_a_resume_show_in_the_storage_status(api: Served) -> None:
    pause = ask(api, "PAUSE")
    wait(api)
    assert (status(api, pause), storage(api)) == ("SUCCEEDED", "PAUSED")
    assert "resume it first" in str(api.refused(409, "POST", "/requests", json={"type": "PAUSE"}))
    resume = ask(api, "RESUME")
    assert (status(api, resume), storage(api)) == ("SUCCEEDED", "RUNNING")


def test_a_restart_takes_a_while_and_says_where_that_is_too_long(api: Served) -> None:
    answer = api.ok("POST", "/restart_brain")
    assert (answer["status"], storage(api)) == ("STARTING_UP", "STARTING_UP")
    wait(api, 20_000)
    assert storage(api) == "RUNNING"
    assert api.ok("POST", "/restart_brain", params={"timeout": 5})["status"] == "TIMEOUT"
    api.refused(422, "POST", "/restart_brain", params={"timeout": "soon"})
    api.refused(422, "POST", "/restart_brain", params={"timeout": -1})


def test_all_bots_are_sent_to_chargers(api: Served) -> None:
    answer = api.ok("POST", "/system/charge_all_bots", json={"force": True})
    assert (answer["type"], answer["entities"]) == ("CHARGING", [])
    jobs = api.ok("GET", "/jobs", params={"request_id__eq": answer["id"]})["items"]
    assert sorted(job["bot_id"] for job in jobs) == list(range(1, 13))
    assert {job["carrier_id"] for job in jobs} == {None}
    api.ok("POST", "/system/charge_all_bots", json={"force": False})
    api.refused(422, "POST", "/system/charge_all_bots", json={"force": "yes"})


def test_a_bot_leaves_and_another_comes(api: Served) -> None:
    leaving = ask(api, "OFFBOARDING", bot_id=2)
    wait(api)
    trigger_all(api, leaving)
    coming = ask(api, "ONBOARDING")
    wait(api)
    trigger_all(api, coming)
    wait(api)
    assert (status(api, leaving), status(api, coming)) == ("SUCCEEDED", "SUCCEEDED")
    assert [bot["id"] for bot in api.ok("GET", "/bots")] == [1, *range(3, 14)]


def test_bots_are_removed_by_hand_all_or_none(api: Served) -> None:
    api.refused(404, "DELETE", "/bot", params={"bot_idxs": ["1", "99"]})
    api.refused(422, "DELETE", "/bot", params={"bot_idxs": ["1", "two"]})
    assert len(api.ok("GET", "/bots")) == 12
    answer = api.ok("DELETE", "/bot", params={"bot_idxs": ["1,3", "3"]})
    assert answer == {"success": True, "message": "Bots removed: 1, 3"}
    assert api.ok("DELETE", "/bot", params={"bot_idxs": "*"})["success"] is True
    assert api.ok("GET", "/bots") == []


def test_a_bot_that_stalled_on_its_way_is_removed_once_its_fault_has_ended(api: Served) -> None:
    api.ok("POST", "/requests", json={"type": "FETCH", "entities": [{"carrier_id": "1001"}]})
    bots = api.engine.plant.state.bots
    while not (moving := [bot.id for bot in bots.values() if bot.moving]):
        api.engine.step()
    order = {"kind": "stall", "bot": moving[0]}
    stall = api.send("POST", "/_twin/incidents", json=order).json()["id"]
    wait(api)
    before = api.engine.snapshot()
    said = api.refused(409, "DELETE", "/bot", params={"bot_idxs": str(moving[0])})
    stopped = "it has stopped on its way (BOT_STALLED); end that first and let it come to rest"
    assert said == f"Bot {moving[0]} is at work: {stopped}"
    assert api.engine.snapshot() == before
    assert api.send("DELETE", f"/_twin/incidents/{stall}").status_code == 204
    wait(api)
    trigger_all(api, str(api.items("/requests")[0]["id"]))
    wait(api)
    api.ok("DELETE", "/bot", params={"bot_idxs": str(moving[0])})
    assert moving[0] not in bots


def test_a_new_carrier_is_in_the_inventory_once_it_is_triggered(api: Served) -> None:
    request = ask(api, "CARRIER_ONBOARDING", balcony_id=1)
    wait(api)
    trigger_all(api, request)
    [row] = api.ok("GET", "/inventory_view", params={"carrier_id__eq": "1754"})["items"]
    assert (row["carrier_id"], row["position_x"]) == ("1754", None)
    wait(api)
    [row] = api.ok("GET", "/inventory_view", params={"carrier_id__eq": "1754"})["items"]
    assert row["position_x"] is not None


def test_a_level_is_in_maintenance_while_its_tags_are_written(api: Served) -> None:
    request = ask(api, "RFID_WRITE", level_id=1, bot_id=1, action_type="write", start_from_scratch=True)
    assert storage(api) == "MAINTENANCE"
    assert "maintenance" in str(
        api.refused(409, "POST", "/requests", json={"type": "RFID_WRITE", "level_id": 1, "bot_id": 2})
    )
    wait(api, 60 * MINUTE)
    assert (status(api, request), storage(api)) == ("SUCCEEDED", "RUNNING")


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (404, {"type": "CHARGING", "bot_id": 99}),
        (404, {"type": "CHARGING", "level_id": 99}),
        (422, {"type": "CHARGING", "bot_id": 1, "level_id": 2}),
        (422, {"type": "CHARGING", "bot_id": "1"}),
        (404, {"type": "OFFBOARDING", "bot_id": 99}),
        (422, {"type": "OFFBOARDING"}),
        (404, {"type": "CARRIER_ONBOARDING", "balcony_id": 99}),
        (422, {"type": "CARRIER_ONBOARDING"}),
        (404, {"type": "RFID_WRITE", "level_id": 99, "bot_id": 1}),
        (422, {"type": "RFID_WRITE", "level_id": 1}),
        (422, {"type": "UNCHARGING", "force": 1}),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    api: Served, code: int, body: dict[str, object]
) -> None:
    before = api.engine.snapshot()
    api.refused(code, "POST", "/requests", json=body)
    assert api.engine.snapshot() == before


def test_an_id_is_taken_by_requests_of_every_type(api: Served) -> None:
    ask(api, "ONBOARDING", id="mine")
    assert api.refused(409, "POST", "/requests", json={"type": "PAUSE", "id": "mine"})


def test_the_twin_is_not_ready_while_the_control_software_starts() -> None:
    with serve() as api:
        assert api.send("GET", "/_twin/ready").json() == {"ready": True, "missing": []}
        api.ok("POST", "/restart_brain")
        answer = api.send("GET", "/_twin/ready")
        assert answer.status_code == 503
        assert answer.json()["ready"] is False
        assert "starting up" in answer.json()["missing"][0]
        api.advance(20_000)
        assert api.send("GET", "/_twin/ready").status_code == 200


def test_without_ids_no_bot_is_removed() -> None:
    with serve() as api:
        before = api.ok("GET", "/bots")
        assert api.ok("DELETE", "/bot") == {"success": True, "message": "Bots removed: none"}
        assert api.ok("GET", "/bots") == before
