"""Beginnings and ends of a world that come while it advances: resets and restores together, a deletion."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from server_process import Body, Served, served

STOP_S = 20
FAR: Body = {"by": "P400D"}
"""A way of which nobody sees the end: it is cut short by whatever comes."""


def busy_world(twin: Served) -> Body:
    """A world in which there is much to do, with a snapshot of that."""
    order = {"site": "demo", "operator": "simulated", "stock": {}, "speed": 0}
    world: Body = twin.client.post("/_twin/worlds", json=order).json()
    base, mine = world["base"], {"Authorization": f"Bearer {world['api_key']}"}
    skus = twin.client.get(f"{base}/api/v2/skus?size=40", headers=mine).json()["items"]
    for sku in skus:
        wanted = {"type": "FULFILLMENT", "entities": [{"sku_id": sku["id"], "quantity": 1}]}
        made = twin.client.post(f"{base}/api/v2/requests", json=wanted, headers=mine)
        assert made.status_code == 200, made.text
    snapshot = twin.client.post(f"{base}/snapshots", json={}).json()
    return {**world, "snapshot": snapshot["id"]}


def while_advancing(twin: Served, base: str, advance: Body, calls: Sequence[tuple[str, str]]) -> list[Any]:
    """The answers to calls that come in this order while an advance is under way, its own first."""

    async def all_of_them() -> list[Any]:
        async with httpx.AsyncClient(base_url=twin.url, timeout=60, trust_env=False) as client:
            tasks = [asyncio.create_task(client.post(f"{base}/clock/advance", json=advance))]
            while not (await client.get(f"{base}/clock")).json()["advancing"]:
                assert not tasks[0].done()
            for method, path in calls:
                tasks.append(asyncio.create_task(client.request(method, path)))
                await client.get("/_twin/health")  # so that it is under way before the next one
            return await asyncio.gather(*tasks)

    return asyncio.run(all_of_them())


def test_beginnings_that_come_together_are_one_after_the_other_and_a_restart_takes_the_last_up(
    tmp_path: Path,
) -> None:
    """Each has a log of its own: two in one file could not be taken up, and with them no world at all."""
    state = str(tmp_path / "state")
    with served("--site", "tiny", "--speed", "0", "--state", state) as twin:
        world = busy_world(twin)
        base = world["base"]
        restore, reset = f"{base}/snapshots/{world['snapshot']}/restore", f"{base}/reset"
        calls = [("POST", restore), ("POST", reset), ("POST", restore), ("POST", reset)]
        answers = while_advancing(twin, base, {"by": "PT2H"}, calls)
        assert [answer.status_code for answer in answers] == [200] * 5
        after = twin.client.post(f"{base}/clock/advance", json={"by": "PT1M"})
        assert after.status_code == 200
        log = twin.ok("GET", f"{base}/log")
        lines = twin.client.get(f"{base}/log/lines").text
        assert lines.count("\n") == log["events"]
        twin.process.terminate()
        twin.process.wait(STOP_S)
    with served("--state", state) as twin:
        assert twin.ok("GET", f"{base}/log") == log
        assert twin.client.get(f"{base}/log/lines").text == lines


def test_a_world_that_is_deleted_during_an_advance_is_not_begun_again_by_who_waited_for_it() -> None:
    with served("--site", "tiny", "--speed", "0") as twin:
        world = busy_world(twin)
        base = world["base"]
        calls = [
            ("POST", f"{base}/snapshots/{world['snapshot']}/restore"),
            ("POST", f"{base}/reset"),
            ("DELETE", base),
        ]
        *others, deleted = while_advancing(twin, base, FAR, calls)
        assert deleted.status_code == 204
        told = [(answer.status_code, answer.json()["detail"]) for answer in others]
        assert told == [(503, f"world {world['id']} has been deleted")] * 3
        assert twin.client.get(base).status_code == 404
        assert twin.ok("GET", "/_twin/worlds")["total"] == 1
