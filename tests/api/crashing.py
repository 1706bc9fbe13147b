"""A client that does all there is to do until its twin is killed, and what must be there afterwards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from tests.api.server_process import Served

SPEEDS = (0, 1, 50, 300, "max")
SETTING = "report.kept"
MODES = ("api", "simulated", "both")
REFUSED = (400, 409)


@dataclass
class Acknowledged:
    """What the server has said that it has done.

    Where something was asked for and not answered, either state may be found: such a thing
    is in no set, and of ``setting`` and ``mode`` all values are there that may be.
    """

    skus: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    triggered: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    worlds: dict[str, bytes] = field(default_factory=dict)
    """The event log of each that was seen."""
    ended: set[str] = field(default_factory=set)
    snapshots: dict[str, bytes] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    pictures: dict[str, bytes] = field(default_factory=dict)
    incidents: set[int] = field(default_factory=set)
    breakpoints: set[str] = field(default_factory=set)
    setting: set[int] = field(default_factory=lambda: {10})
    mode: set[str] = field(default_factory=lambda: {"api"})
    now_ms: int = 0
    log: bytes = b""


class Client:
    """Does something after the other until the server is gone, and notes what was answered."""

    def __init__(self, twin: Served, seen: Acknowledged, chance: random.Random) -> None:
        self._twin, self._seen, self._chance = twin, seen, chance
        self._acts = [self.order, self.order, self.trigger, self.advance, self.clock, self.speed, self.speed]
        self._acts += [self.sku, self.user, self.key, self.set, self.picture, self.operators, self.incident]
        self._acts += [self.breakpoint, self.fork, self.elsewhere, self.elsewhere, self.reset, self.end]
        self._acts += [self.snapshot, self.download, self.delete, self.read_log]
        self.done = 0

    def go_on(self) -> None:
        """Until the server is gone."""
        with suppress(httpx.TransportError):
            while True:
                self._chance.choice(self._acts)()
                self.done += 1

    def _call(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        answer = self._twin.client.request(method, path, json=body, **options)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    def _name(self) -> str:
        return f"n{self._chance.randrange(10**12)}"

    # -- in the warehouse

    def sku(self) -> None:
        name = self._name()
        self._call("POST", "/api/v2/sku", {"id": name})
        self._seen.skus.add(name)

    def order(self) -> None:
        wanted = {"sku_id": "COFFEE", "quantity": 1}
        made = self._call("POST", "/api/v2/requests", {"type": "FULFILLMENT", "entities": [wanted]})
        self._seen.requests.add(made["id"])

    def trigger(self) -> None:
        for job in self._call("GET", "/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")["items"]:
            answer = self._twin.client.post(f"/api/v2/trigger/{job['id']}", json={})
            # A simulated person may have been there first.
            assert answer.status_code in (200, *REFUSED), answer.text
            if answer.status_code == 200:
                self._seen.triggered.add(job["id"])

    def user(self) -> None:
        mail = f"{self._name()}@example.com"
        self._call("POST", "/api/v2/auth/create_account", {"email": mail, "username": "u", "role": "User"})
        self._seen.users.add(mail)

    def key(self) -> None:
        key = self._call("POST", "/api/v2/auth/generate_api_key", {"name": self._name()})["api_key"]
        self._seen.keys.add(key)

    def set(self) -> None:
        value = self._chance.randrange(1, 100)
        self._seen.setting.add(value)
        self._call("PATCH", f"/api/v2/settings/{SETTING}", {"value_json": value})
        self._seen.setting = {value}

    def picture(self) -> None:
        name, content = self._name(), painted(self._chance.randrange(256))
        self._call("POST", "/api/v2/sku", {"id": name})
        self._seen.skus.add(name)
        files = {"picture": ("a.png", content, "image/png")}
        answer = self._twin.client.post("/api/v2/sku/image", data={"sku_id": name}, files=files)
        assert answer.status_code == 200, answer.text
        path = answer.json()["image_url"].removeprefix(self._twin.url)
        self._seen.pictures[path] = content

    # -- in the control

    def clock(self) -> None:
        self._seen.now_ms = self._call("GET", "/_twin/clock")["now_ms"]

    def advance(self) -> None:
        order = {"by": f"PT{self._chance.randrange(1, 30)}S"}
        self._seen.now_ms = self._call("POST", "/_twin/clock/advance", order)["now_ms"]

    def speed(self) -> None:
        self._call("PUT", "/_twin/clock", {"speed": self._chance.choice(SPEEDS)})

    def operators(self) -> None:
        mode = self._chance.choice(MODES)
        self._seen.mode.add(mode)
        self._call("PUT", "/_twin/operators", {"mode": mode})
        self._seen.mode = {mode}

    def incident(self) -> None:
        if len(self._seen.incidents) < 50:
            late = {"kind": "stall", "bot": 1, "at_ms": 10**12 + self._chance.randrange(10**9)}
            self._seen.incidents.add(self._call("POST", "/_twin/incidents", late)["id"])

    def breakpoint(self) -> None:
        if len(self._seen.breakpoints) < 50:
            made = self._call("POST", "/_twin/breakpoints", {"job": self._name(), "status": "FAILED"})
            self._seen.breakpoints.add(made["id"])

    def read_log(self) -> None:
        self._seen.log = self._twin.client.get("/_twin/log/lines").content

    # -- worlds and snapshots

    def fork(self) -> None:
        if len(self._seen.worlds) < 3:
            self._seen.worlds[self._call("POST", "/_twin/fork", {"speed": 0})["id"]] = b""

    def _some_world(self) -> str | None:
        return self._chance.choice(sorted(self._seen.worlds)) if self._seen.worlds else None

    def elsewhere(self) -> None:
        if (world := self._some_world()) is not None:
            base = f"/_twin/worlds/{world}"
            self._call("POST", f"{base}/clock/advance", {"by": "PT20S"})
            self._call("PUT", f"{base}/clock", {"speed": self._chance.choice(SPEEDS)})
            self._seen.worlds[world] = self._twin.client.get(f"{base}/log/lines").content

    def reset(self) -> None:
        if (world := self._some_world()) is not None:
            self._seen.worlds[world] = b""  # the log of now or a new one
            self._call("POST", f"/_twin/worlds/{world}/reset")

    def end(self) -> None:
        if (world := self._some_world()) is not None:
            del self._seen.worlds[world]
            self._call("DELETE", f"/_twin/worlds/{world}")
            self._seen.ended.add(world)

    def snapshot(self) -> None:
        if len(self._seen.snapshots) < 20:
            self._seen.snapshots[self._call("POST", "/_twin/snapshots", {"name": "kept"})["id"]] = b""

    def download(self) -> None:
        for snapshot in self._seen.snapshots:
            self._seen.snapshots[snapshot] = self._twin.client.get(f"/_twin/snapshots/{snapshot}").content

    def delete(self) -> None:
        if self._seen.snapshots:
            snapshot = self._chance.choice(sorted(self._seen.snapshots))
            del self._seen.snapshots[snapshot]
            self._call("DELETE", f"/_twin/snapshots/{snapshot}")
            self._seen.deleted.add(snapshot)


def painted(colour: int) -> bytes:
    """A small picture."""
    out = BytesIO()
    Image.new("RGB", (8, 8), (colour, colour, colour)).save(out, "PNG")
    return out.getvalue()


def rows(twin: Served, path: str, key: str) -> Iterator[Any]:
    """A column of all rows of a listing."""
    page = 1
    while True:
        items = twin.ok("GET", f"/api/v2/{path}{'&' if '?' in path else '?'}page={page}&size=100")["items"]
        yield from (item[key] for item in items)
        if len(items) < 100:
            return
        page += 1


def check(twin: Served, seen: Acknowledged) -> None:
    """Everything that was acknowledged is there; what is not certain is settled."""
    assert twin.clock()["now_ms"] >= seen.now_ms
    assert seen.skus <= set(rows(twin, "skus", "id"))
    assert seen.requests <= set(rows(twin, "requests", "id"))
    assert seen.triggered <= set(rows(twin, "jobs?status__eq=SUCCEEDED", "id"))
    assert seen.users <= set(rows(twin, "auth/users", "email"))
    incidents = twin.ok("GET", "/_twin/incidents")["items"]
    assert seen.incidents <= {one["id"] for one in incidents}
    assert seen.breakpoints <= {one["id"] for one in twin.ok("GET", "/_twin/breakpoints")["items"]}
    for path, content in seen.pictures.items():
        assert twin.client.get(path).content == content
    value = twin.ok("GET", f"/api/v2/settings/{SETTING}")["value_json"]
    modes = {one["mode"] for one in twin.ok("GET", "/_twin/operators")["operators"]}
    assert value in seen.setting
    assert len(modes) == 1
    assert modes <= seen.mode
    seen.setting, seen.mode = {value}, modes
    log = twin.client.get("/_twin/log/lines").content
    assert log.startswith(seen.log), "the log goes on from what was shown"
    seen.log = log
    check_keys(twin, seen)
    check_worlds(twin, seen)
    check_snapshots(twin, seen)


def check_keys(twin: Served, seen: Acknowledged) -> None:
    for key in sorted(seen.keys)[:5]:
        answer = twin.client.get("/api/v2/bots", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200


def check_worlds(twin: Served, seen: Acknowledged) -> None:
    there = {world["id"] for world in twin.ok("GET", "/_twin/worlds")["items"]}
    assert seen.worlds.keys() <= there
    assert not seen.ended & there
    for world in there - {"default"}:
        log = twin.client.get(f"/_twin/worlds/{world}/log/lines").content
        assert log.startswith(seen.worlds.get(world, b"")), "the log of a world goes on as well"
        seen.worlds[world] = log


def check_snapshots(twin: Served, seen: Acknowledged) -> None:
    there = {one["id"] for one in twin.ok("GET", "/_twin/snapshots")["items"]}
    assert seen.snapshots.keys() <= there
    assert not seen.deleted & there
    for snapshot, content in seen.snapshots.items():
        data = twin.client.get(f"/_twin/snapshots/{snapshot}").content
        assert data.startswith(content) if content else data
    seen.snapshots.update(dict.fromkeys(there - seen.snapshots.keys(), b""))
