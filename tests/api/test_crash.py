"""Kill the server at any moment: nothing that was acknowledged is lost, and the log goes on.

Ten rounds, or as many as TWIN_CRASH_ROUNDS says (``make soak``: 200).
"""

from __future__ import annotations

import hashlib
import os
import random
import resource
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from server_process import Served, run, served

from api.hosting.inheriting import Inheritance
from twin.records.store import StateRefused

ROUNDS = int(os.environ.get("TWIN_CRASH_ROUNDS", "10"))
SPEEDS = (0, 1, 50, 300, "max")
SETTING = "report.kept"


@dataclass
class Acknowledged:
    """What the server has said that it has done."""

    skus: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    triggered: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    worlds: set[str] = field(default_factory=set)
    snapshots: set[str] = field(default_factory=set)
    setting: set[int] = field(default_factory=lambda: {10})
    now_ms: int = 0
    log: bytes = b""


class Client:
    """Does something after the other until the server is gone, and notes what was answered."""

    def __init__(self, twin: Served, seen: Acknowledged, seed: int) -> None:
        self._twin, self._seen, self._chance = twin, seen, random.Random(seed)
        self._acts = [self.sku, self.order, self.order, self.trigger, self.user, self.set, self.clock]
        self._acts += [self.advance, self.advance, self.read_log, self.speed, self.fork, self.snapshot]

    def go_on(self) -> None:
        """Until the server is gone."""
        with suppress(httpx.TransportError):
            while True:
                self._chance.choice(self._acts)()

    def _call(self, method: str, path: str, body: object = None) -> Any:
        answer = self._twin.client.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def sku(self) -> None:
        name = f"S{self._chance.randrange(10**12)}"
        self._call("POST", "/api/v2/sku", {"id": name})
        self._seen.skus.add(name)

    def order(self) -> None:
        wanted = {"sku_id": "COFFEE", "quantity": 1}
        made = self._call("POST", "/api/v2/requests", {"type": "FULFILLMENT", "entities": [wanted]})
        self._seen.requests.add(made["id"])

    def trigger(self) -> None:
        for job in self._call("GET", "/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")["items"]:
            self._call("POST", f"/api/v2/trigger/{job['id']}", {})
            self._seen.triggered.add(job["id"])

    def user(self) -> None:
        mail = f"u{self._chance.randrange(10**12)}@example.com"
        body = {"email": mail, "username": "u", "role": "User"}
        self._call("POST", "/api/v2/auth/create_account", body)
        self._seen.users.add(mail)

    def set(self) -> None:
        value = self._chance.randrange(1, 100)
        self._seen.setting.add(value)
        self._call("PATCH", f"/api/v2/settings/{SETTING}", {"value_json": value})
        self._seen.setting = {value}

    def clock(self) -> None:
        self._seen.now_ms = self._call("GET", "/_twin/clock")["now_ms"]

    def advance(self) -> None:
        order = {"by": f"PT{self._chance.randrange(1, 30)}S"}
        self._seen.now_ms = self._call("POST", "/_twin/clock/advance", order)["now_ms"]

    def speed(self) -> None:
        self._call("PUT", "/_twin/clock", {"speed": self._chance.choice(SPEEDS)})

    def fork(self) -> None:
        if len(self._seen.worlds) < 3:
            self._seen.worlds.add(self._call("POST", "/_twin/fork", {"speed": 0})["id"])

    def snapshot(self) -> None:
        if len(self._seen.snapshots) < 20:
            self._seen.snapshots.add(self._call("POST", "/_twin/snapshots", {"name": "kept"})["id"])

    def read_log(self) -> None:
        self._seen.log = self._twin.client.get("/_twin/log/lines").content


def rows(twin: Served, path: str, key: str) -> Iterator[Any]:
    page = 1
    while True:
        items = twin.ok("GET", f"/api/v2/{path}{'&' if '?' in path else '?'}page={page}&size=100")["items"]
        yield from (item[key] for item in items)
        if len(items) < 100:
            return
        page += 1


def check(twin: Served, seen: Acknowledged) -> bytes:
    """Everything that was acknowledged is there; the log now."""
    assert twin.clock()["now_ms"] >= seen.now_ms
    assert seen.skus <= set(rows(twin, "skus", "id"))
    assert seen.requests <= set(rows(twin, "requests", "id"))
    ended = set(rows(twin, "jobs?status__eq=SUCCEEDED", "id"))
    assert seen.triggered <= ended
    assert seen.users <= set(rows(twin, "auth/users", "email"))
    assert seen.worlds <= {world["id"] for world in twin.ok("GET", "/_twin/worlds")["items"]}
    assert seen.snapshots <= {one["id"] for one in twin.ok("GET", "/_twin/snapshots")["items"]}
    value = twin.ok("GET", f"/api/v2/settings/{SETTING}")["value_json"]
    assert value in seen.setting
    seen.setting = {value}
    log = twin.client.get("/_twin/log/lines").content
    assert log.startswith(seen.log), "the log goes on from what was shown"
    return log


def test_whatever_was_acknowledged_outlives_a_kill_at_any_moment(tmp_path: Path) -> None:
    state = tmp_path / "state"
    seen = Acknowledged()
    chance = random.Random(1)
    with served("--site", "tiny", "--speed", "0", "--state", str(state)) as twin:
        twin.stock("COFFEE", 100_000)
        seen.skus.add("COFFEE")
        twin.process.kill()
    for number in range(ROUNDS):
        with served("--state", str(state)) as twin:
            seen.log = check(twin, seen)
            twin.ok("PUT", "/_twin/clock", {"speed": chance.choice(SPEEDS)})
            end = threading.Timer(chance.uniform(0, 0.7), twin.process.kill)
            end.start()
            Client(twin, seen, number).go_on()
            end.join()
    with served("--state", str(state)) as twin:
        log = check(twin, seen)
        rest = twin.client.get("/_twin/log").json()
    assert rest["sha256"] == hashlib.sha256(log).hexdigest()
    path = tmp_path / "log.jsonl"
    path.write_bytes(log)
    code, out, err = run("verify", str(path))
    assert code == 0, out + err
    assert len(seen.requests) + len(seen.skus) > ROUNDS, "the client has got something done"


# -- stores that are not taken


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with the state of a twin that was killed."""
    state = tmp_path / "state"
    with served("--site", "tiny", "--speed", "0", "--state", str(state)) as twin:
        twin.stock("COFFEE")
        twin.process.terminate()
        twin.process.wait(20)
    return state


def refused(state: Path) -> str:
    """What a twin says that does not take up a state, after which that is as it was."""
    before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    with pytest.raises(StateRefused) as refusal:
        take_up(state)
    assert {path: path.read_bytes() for path in state.rglob("*") if path.is_file()} == before
    return str(refusal.value)


def take_up(state: Path) -> None:
    """As a server does it."""
    inheritance = Inheritance.of(state)
    try:
        assert inheritance.default is not None
        inheritance.keeper.resumed(inheritance.default)
    finally:
        inheritance.store.close()


def test_a_newer_a_damaged_and_a_foreign_store_are_refused_and_left_alone(kept: Path) -> None:
    store = kept / "twin.sqlite"
    good = store.read_bytes()
    take_up(kept)
    newer = bytearray(good)
    newer[60:64] = (99).to_bytes(4, "big")  # PRAGMA user_version
    store.write_bytes(newer)
    assert "newer twin" in refused(kept)
    damaged = bytearray(good)
    damaged[4096:12288] = bytes(8192)
    store.write_bytes(damaged)
    assert "damaged" in refused(kept)
    store.write_bytes(b"not a database at all" * 1000)
    assert "damaged" in refused(kept)
    store.write_bytes(good)
    [log] = (kept / "logs").iterdir()
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b"COFFEE", b"COFFEA"))
    assert "not as it was written" in refused(kept)
    log.write_bytes(whole)
    with served("--state", str(kept)) as twin:
        assert list(rows(twin, "skus", "id")) == ["COFFEE"]
        code, _, err = run("serve", "--port", "0", "--state", str(kept))
        assert code == 2
        assert "another twin" in err


def test_a_folder_that_cannot_be_written_to_is_refused() -> None:
    code, _, err = run("serve", "--port", "0", "--state", "/proc/state")
    assert code == 2
    assert "no state can be kept there" in err


def test_on_a_full_disk_a_call_is_refused_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    state = tmp_path / "state"
    with served("--site", "tiny", "--speed", "0", "--state", str(state)) as twin:
        done = []
        resource.prlimit(twin.process.pid, resource.RLIMIT_FSIZE, (400_000, 400_000))
        for number in range(1000):
            answer = twin.client.post("/api/v2/sku", json={"id": f"S{number}"})
            if answer.status_code != 200:
                break
            done.append(f"S{number}")
        assert answer.status_code == 503
        assert "cannot be kept" in answer.json()["detail"]
        assert twin.client.get("/_twin/ready").status_code == 503
        assert twin.client.post("/api/v2/sku", json={"id": "later"}).status_code == 503
    with served("--state", str(state)) as twin:
        assert list(rows(twin, "skus", "id")) == done


def test_options_that_contradict_the_kept_world_are_refused(kept: Path) -> None:
    code, _, err = run("serve", "--port", "0", "--state", str(kept), "--seed", "3")
    assert code == 2
    assert "has its own --seed" in err
