"""The command line of a running twin, and what it must bear: two clients and one clock."""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import version
from pathlib import Path

import httpx
from command_line import CommandLine
from served import Served, serve
from server_process import served

from twin.replaying import replay


def test_a_twin_is_driven_from_the_command_line(tmp_path: Path) -> None:
    with served("--site", "tiny", "--speed", "0", "--control-token", "t0ken") as twin:

        def do(*words: str, expected: int = 0) -> str:
            options = () if words[0] == "wait" else ("--token", "t0ken")
            done = CommandLine(twin.url, *options).run(*words)
            assert done.exit_code == expected, done.output
            return done.output

        assert json.loads(do("wait", "--json"))["ready"]
        assert json.loads(do("status", "--json"))["clock"]["now_ms"] == 0
        assert json.loads(do("advance", "--by", "PT5S", "--json"))["now_ms"] == 5000
        assert "5000" in do("clock")
        told = [line.split() for line in do("advance", "--until", "waiting", expected=1).splitlines()]
        assert ["reason", "nothing_left"] in told
        assert ["meanwhile.left_off", "0"] in told
        assert do("operators", "--line-ms", "-5", expected=1).count("line_ms") == 1
        assert json.loads(do("clock", "max", "--json"))["speed"] == "max"
        assert do("snapshot") == "no snapshots\n"
        made = json.loads(do("world", "make", "mine", "--seed", "4", "--speed", "0", "--stock", "--json"))
        assert (made["name"], made["seed"]) == ("mine", 4)
        do("advance", "--by", "PT1S", "--world", made["id"])
        taken = json.loads(do("snapshot", "take", "here", "--world", made["id"], "--json"))
        do("advance", "--by", "PT1S", "--world", made["id"])
        assert do("snapshot", "list", "--world", made["id"]).split()[:4] == ["id", "name", "site", "seed"]
        assert taken["id"] in do("snapshot", "list", "--world", made["id"])
        file = str(tmp_path / "one.json.gz")
        do("snapshot", "download", taken["id"], file, "--world", made["id"])
        do("snapshot", "upload", file, "--world", made["id"])
        do("snapshot", "diff", taken["id"], "now", "--world", made["id"])
        restored = json.loads(do("snapshot", "restore", taken["id"], "--world", made["id"], "--json"))
        assert restored["now_ms"] == 1000
        fork = json.loads(do("world", "fork", made["id"], "--json"))
        assert (fork["now_ms"], fork["speed"]) == (1000, 0)
        quick = json.loads(do("world", "fork", made["id"], "--speed", "max", "--json"))
        assert quick["speed"] == "max"
        do("world", "delete", quick["id"])
        assert json.loads(do("world", "reset", made["id"], "--json"))["now_ms"] == 0
        do("world", "delete", fork["id"])
        assert fork["id"] not in do("world")
        do("world", "delete", fork["id"], expected=1)
        capsule = str(tmp_path / "run.zip")
        do("capsule", capsule, "--world", made["id"])
        assert json.loads(do("replay", capsule, "--json"))["same"]
        assert "control token is needed" in CommandLine(twin.url).refused(1, "clock")
    assert "not ready after 0 s" in CommandLine(twin.url).refused(1, "wait", "--timeout", "0")


def test_one_client_switches_the_speed_while_another_works_and_the_run_can_be_proved(tmp_path: Path) -> None:
    """No call fails, and the commands at the times at which they were applied give the same log again."""

    async def switch(client: httpx.AsyncClient, done: asyncio.Event) -> None:
        while not done.is_set():
            for speed in (0, 1, 50, "max"):
                assert (await client.put("/_twin/clock", json={"speed": speed})).status_code == 200
                await asyncio.sleep(0)

    async def work(client: httpx.AsyncClient, done: asyncio.Event) -> None:
        wanted = {"type": "FULFILLMENT", "entities": [{"sku_id": "A", "quantity": 1}]}
        for _ in range(40):
            assert (await client.post("/api/v2/requests", json=wanted)).status_code == 200
            await asyncio.sleep(0)
            waiting = await client.get("/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")
            for job in waiting.json()["items"]:
                assert (await client.post(f"/api/v2/trigger/{job['id']}", json={})).status_code == 200
        done.set()

    async def both(api: Served) -> None:
        transport, done = httpx.ASGITransport(api.app), asyncio.Event()
        headers = {"Authorization": "Bearer a-key-for-tests"}
        async with httpx.AsyncClient(transport=transport, base_url="http://twin", headers=headers) as client:
            await asyncio.gather(switch(client, done), work(client, done))

    with serve() as api:
        api.sku()
        api.load(api.box(), count=100, most=100)
        api.run(both(api))
        api.send("PUT", "/_twin/clock", json={"speed": 0})
        path = tmp_path / "run.zip"
        path.write_bytes(api.send("GET", "/_twin/capsule").content)
        log = api.send("GET", "/_twin/log").json()
    proof = replay(path)
    assert proof.same
    assert proof.sha256_now == log["sha256"]
    assert proof.commands > 43, "orders, and triggers of some of them"


def test_the_version_is_that_of_the_package() -> None:
    done = CommandLine("").run("--version")
    assert done.exit_code == 0
    assert done.stdout.strip() == version("storage-twin")
