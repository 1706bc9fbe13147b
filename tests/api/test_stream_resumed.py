"""``/_twin/events`` by a client that loses its connection again and again: no event lost, none twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.api.forked import forked
from tests.api.server_process import Served


class Listener:
    """Reads a stream, goes on from the last id that it had, and keeps what it was told."""

    def __init__(self) -> None:
        self.last_id: str | None = None
        self.lines: list[bytes] = []
        self.words: list[str] = []

    def listen(self, twin: Served, most: int, follow: bool = True) -> None:
        """Up to so many events, or until the stream ends."""
        headers = {} if self.last_id is None else {"Last-Event-ID": self.last_id}
        query = {"after": 0, "follow": str(follow).lower()}
        with twin.client.stream("GET", "/_twin/events", params=query, headers=headers) as answer:
            assert answer.status_code == 200
            for fields in events(answer):
                self._take(fields)
                most -= 1
                if most <= 0:
                    return  # in the middle of whatever else has been sent

    def _take(self, fields: dict[str, str]) -> None:
        if "id" not in fields:
            self.words.append(fields["event"])
            return
        self.last_id = fields["id"]
        self.lines.append(fields["data"].encode() + b"\n")


def events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield fields
            fields = {}


def at_work(twin: Served) -> None:
    """Flat out, with simulated people."""
    twin.ok("PUT", "/_twin/operators", {"mode": "simulated"})
    twin.ok("PUT", "/_twin/clock", {"speed": "max"})


def log_of(twin: Served) -> bytes:
    twin.ok("PUT", "/_twin/clock", {"speed": 0})
    return twin.client.get("/_twin/log/lines").content


@pytest.fixture(scope="module")
def twin() -> Iterator[Served]:
    with forked("--site", "tiny", "--speed", "0") as twin:
        assert twin is not None
        twin.stock("COFFEE", 1000)
        yield twin


def test_connections_cut_anywhere_while_the_twin_runs_flat_out_lose_and_double_nothing(twin: Served) -> None:
    listener, chance = Listener(), random.Random(1)
    at_work(twin)
    for _ in range(25):
        twin.order("COFFEE")
        listener.listen(twin, 1 + chance.randrange(60), follow=False)
    log = log_of(twin)
    listener.listen(twin, 10**9, follow=False)
    assert b"".join(listener.lines) == log
    assert len(listener.lines) > 200
    assert listener.words == []


def test_a_client_slower_than_the_twin_misses_nothing(twin: Served) -> None:
    listener = Listener()
    with twin.client.stream("GET", "/_twin/events", params={"after": 0}) as answer:
        at_work(twin)
        for _ in range(20):
            twin.order("COFFEE")
        log = log_of(twin)  # all of it happened before the first line was read
        wanted = log.count(b"\n")
        for fields in events(answer):
            listener._take(fields)
            if len(listener.lines) == wanted:
                break
    assert b"".join(listener.lines) == log


@pytest.mark.parametrize("how", ["reset", "restore"])
def test_after_a_reset_or_a_restore_a_listener_is_told_and_gets_the_new_log_whole(
    twin: Served, how: str
) -> None:
    listener = Listener()
    snapshot = twin.client.post("/_twin/snapshots", json={}).json()["id"]
    twin.order("COFFEE")
    listener.listen(twin, 10**9, follow=False)
    headers = {"Last-Event-ID": str(listener.last_id)}
    with twin.client.stream("GET", "/_twin/events", headers=headers) as answer:
        path = "/_twin/reset" if how == "reset" else f"/_twin/snapshots/{snapshot}/restore"
        assert twin.client.post(path).status_code == 200
        [fields] = list(events(answer))
    assert fields["event"] == "end"
    twin.stock("TEA") if how == "reset" else twin.order("COFFEE")
    listener.lines.clear()
    listener.listen(twin, 10**9, follow=False)
    assert listener.words == ["begin"]
    assert b"".join(listener.lines) == log_of(twin)
    if how == "reset":
        twin.stock("COFFEE", 1000)


@pytest.mark.parametrize("wrong", ["soon", "-1", "1-2-3", "zzzzzzzz-1", "1e3"])
def test_what_is_no_id_of_an_event_is_refused(twin: Served, wrong: str) -> None:
    headers = {"Last-Event-ID": wrong}
    assert twin.client.get("/_twin/events", params={"follow": "false"}, headers=headers).status_code == 422


def test_an_id_of_another_twin_begins_anew(twin: Served) -> None:
    for strange in ("00000000-3", "999999999"):
        listener = Listener()
        listener.last_id = strange
        listener.listen(twin, 10**9, follow=False)
        assert listener.words == ["begin"]
        assert b"".join(listener.lines) == log_of(twin)


def test_a_listener_goes_on_over_the_kill_of_a_twin_that_is_kept(tmp_path: Path) -> None:
    """What was told is in the log of the twin that comes after, at the same place."""
    listener, chance = Listener(), random.Random(2)
    state = ("--state", str(tmp_path / "state"))
    with forked("--site", "tiny", "--speed", "0", *state) as twin:
        assert twin is not None
        twin.stock("COFFEE", 1000)
    for number in range(6):
        with forked(*state, lives_s=None) as twin:
            assert twin is not None
            at_work(twin)
            for _ in range(5):
                twin.order("COFFEE")
            if number < 5:
                with suppress(httpx.TransportError):
                    listener.listen(twin, 1 + chance.randrange(150))
            else:
                log = log_of(twin)
                listener.listen(twin, 10**9, follow=False)
    assert listener.words == []
    assert b"".join(listener.lines) == log
    assert len(listener.lines) > 200
