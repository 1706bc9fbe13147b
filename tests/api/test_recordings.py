"""HAR files: written from the journal and on the way to a site, read from wherever, and replayed."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from served import EPOCH, KEY, Served, serve

from api.calls.catalogue import Catalogue, from_document
from api.calls.journal import Body
from api.recording.comparing import Comparison
from api.recording.correlating import Correlation
from api.recording.har import Exchange, HarFile, RecordingRefused, entry_of
from api.recording.proxy import Proxy, Target
from api.recording.reading import (
    CUT_BODY,
    HIDDEN_BODY,
    NO_REQUEST,
    NO_TIME,
    OTHER_HOST,
    OTHER_PATH,
    PREFLIGHT,
    read_recording,
)
from api.recording.replaying import Replay, Replayed, Summary

STAMP = "2026-03-02T10:00:00.000Z"


class Through(httpx.BaseTransport):
    """A twin in this process for a client that knows nothing of loops."""

    def __init__(self, twin: Served) -> None:
        self._twin = twin

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Have the application answer."""
        answer = self._twin.send(
            request.method, str(request.url), content=request.read(), headers=list(request.headers.items())
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def replayed(twin: Served, path: Path, **options: Any) -> tuple[list[Replayed], Summary]:
    """A recording replayed in a twin."""

    def ask(method: str, at: str, accept: int | None = None, **how: Any) -> Any:
        answer = twin.send(method, f"/_twin{at}", **how)
        assert answer.is_success or answer.status_code == accept, answer.text
        return answer.json() if answer.content else None

    with httpx.Client(
        transport=Through(twin), base_url="http://twin", headers={"Authorization": f"Bearer {KEY}"}
    ) as client:
        worlds = twin.app.state.worlds
        run = Replay(read_recording(path), ask, client, worlds.desk(worlds.default).catalogue, **options)
        return list(run.run()), run.summary


def saved(twin: Served, folder: Path, **query: Any) -> Path:
    """The journal of a twin as a file."""
    path = folder / "calls.har"
    path.write_bytes(twin.send("GET", "/_twin/calls.har", params=query).content)
    return path


def story(twin: Served) -> None:
    """Stock, an order, what a WMS asks meanwhile, and some refusals."""
    twin.stocked()
    twin.advance(5_000)
    order = twin.order()["id"]
    job = twin.waiting_job()
    twin.items("/jobs", request_id__eq=order)
    twin.ok("POST", f"/trigger/{job}")
    twin.refused(409, "POST", f"/trigger/{job}")
    twin.items("/events", size=100)
    twin.items("/inventory_view")
    twin.call("GET", "/nowhere")
    twin.call("POST", "/auth/login", json={"email": "a@example.com", "password": "Sehr-Geheim-1!"})
    twin.advance(60_000)
    twin.ok("GET", "/bots")


def entry(path: str = "/api/v2/skus", **changes: Any) -> dict[str, Any]:
    """An entry as a browser writes it."""
    request = {"method": "GET", "url": f"https://site.example{path}", "headers": [], "bodySize": 0}
    content = {"size": 2, "mimeType": "application/json", "text": "{}"}
    return {
        "startedDateTime": STAMP,
        "time": 3.5,
        "request": request,
        "response": {"status": 200, "content": content},
        **changes,
    }


def file_of(folder: Path, *entries: Any) -> Path:
    path = folder / "x.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}))
    return path


# -- the journal as a file


def test_a_journal_replayed_in_a_like_warehouse_gives_the_same_answers(tmp_path: Path) -> None:
    with serve() as twin:
        story(twin)
        path = saved(twin, tmp_path)
        count = twin.send("GET", "/_twin/calls").json()["found"]
    with serve() as other:
        calls, summary = replayed(other, path)
        assert [one for one in calls if not one.same] == []
        assert summary.calls == count - 1, "but for the login"
        assert summary.skipped == {HIDDEN_BODY: 1}
        assert other.engine.now == 5_000 + summary.span_ms - 5_000


def test_ids_that_the_server_gives_take_the_place_of_the_recorded_ones(tmp_path: Path) -> None:
    with serve() as twin:
        story(twin)
        path = saved(twin, tmp_path)
    with serve(epoch=EPOCH + timedelta(days=90)) as other:
        other.sku("OTHER")
        other.load(other.box(1002), "OTHER")
        other.order("OTHER", 1)
        other.ok("POST", f"/trigger/{other.waiting_job()}")
        other.advance(600_000)
        calls, _ = replayed(other, path, ignored=frozenset({"counter", "items", "total", "pages"}))
        assert [one for one in calls if not one.same] == []
        sent = other.send("GET", "/_twin/calls").json()["calls"]
        assert "/api/v2/load/2" in [call["path"] for call in sent]
        assert any("request-2" in call["query"] for call in sent)


def test_what_differs_is_told_field_by_field(tmp_path: Path) -> None:
    with serve() as twin:
        story(twin)
        path = saved(twin, tmp_path)
    text = path.read_text()
    path.write_text(text.replace('\\"quantity\\":2', '\\"quantity\\":3', 1))
    with serve() as other:
        calls, summary = replayed(other, path)
    first = next(one for one in calls if not one.same)
    assert (first.operation, first.recorded, first.replayed) == ("create_request", 200, 200)
    (difference,) = first.differences
    assert difference.field == "entities[0].total_quantity"
    assert (difference.recorded, difference.replayed) == (2, 3)
    assert (summary.status_differs, summary.body_differs > 1) == (0, True)


def test_a_status_that_differs_comes_with_what_was_said_for_it(tmp_path: Path) -> None:
    with serve() as twin:
        twin.sku("A")
        path = saved(twin, tmp_path)
    with serve() as other:
        other.sku("A")
        (one,), summary = replayed(other, path)
    assert (one.recorded, one.replayed, one.same) == (200, 409, False)
    assert "already" in one.differences[0].replayed
    assert (summary.status_differs, summary.body_differs) == (1, 0)


def test_a_patient_replay_lets_a_trigger_wait_for_its_job(tmp_path: Path) -> None:
    with serve() as twin:
        story(twin)
        path = saved(twin, tmp_path)
    record = json.loads(path.read_text())
    for one in record["log"]["entries"]:
        one["startedDateTime"] = STAMP
    path.write_text(json.dumps(record))

    def trigger(patient_ms: int | None) -> Replayed:
        with serve() as other:
            calls, _ = replayed(other, path, patient_ms=patient_ms)
        return next(one for one in calls if one.operation == "trigger_job")

    assert trigger(None).replayed == 409
    patient = trigger(600_000)
    assert (patient.replayed, patient.waited_ms > 10_000) == (200, True)


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[Served, Served]]:
    with serve() as one, serve(epoch=EPOCH + timedelta(days=200)) as other:
        yield one, other


@settings(max_examples=15)
@given(data=st.data())
def test_whatever_was_called_is_replayed_with_the_same_answers(
    two: tuple[Served, Served], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Random traffic, good and bad; replayed among other boxes and at other times, ids take their places."""
    twin, other = two
    for one in two:
        one.send("POST", "/_twin/worlds/default/reset")
    boxes: list[int] = [99]
    for _ in range(data.draw(st.integers(3, 14))):
        match data.draw(st.sampled_from(("sku", "box", "load", "order", "trigger", "time", "drop"))):
            case "sku":
                twin.call("POST", "/sku", json={"id": data.draw(st.sampled_from("AB"))})
            case "box":
                answer = twin.call("POST", "/box/1001", json={"section_code": "11000000"})
                boxes += [answer.json()["id"]] if answer.is_success else []
            case "load":
                load = {"sku_id": "A", "item_count": 3, "item_count_max": 4}
                twin.call("POST", f"/load/{data.draw(st.sampled_from(boxes))}", json=load)
            case "order":
                twin.call("POST", "/requests", json={"type": "FULFILLMENT", "entities": [line(data)]})
            case "trigger":
                rows = twin.call("GET", "/jobs?size=1000").json()["items"]
                jobs = [row["id"] for row in rows] or ["job-77"]
                twin.call("POST", f"/trigger/{data.draw(st.sampled_from(jobs))}", json={})
            case "drop":
                twin.call("DELETE", f"/box/{data.draw(st.sampled_from(boxes))}")
            case _:
                twin.advance(data.draw(st.integers(1, 40_000)))
    twin.items("/requests")
    path = saved(twin, tmp_path_factory.mktemp("replay"))
    other.box(1002)
    calls, _ = replayed(other, path, ignored=frozenset({"detail", "items", "total"}))
    assert [one for one in calls if not one.same] == []


def line(data: st.DataObject) -> dict[str, Any]:
    return {"sku_id": data.draw(st.sampled_from("AB")), "quantity": data.draw(st.integers(1, 3))}


def test_a_file_has_no_secrets_and_is_found_by_the_same_marks_as_the_journal(tmp_path: Path) -> None:
    with serve() as twin:
        story(twin)
        text = saved(twin, tmp_path).read_text()
        assert "Geheim" not in text
        assert KEY not in text
        some = json.loads(saved(twin, tmp_path, operation="trigger_job").read_text())["log"]["entries"]
    assert [one["response"]["status"] for one in some] == [200, 409]


# -- files from wherever


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (entry("/static/app.js"), OTHER_PATH),
        (entry() | {"request": {"method": "GET", "url": "wss://site.example/api/v2/x"}}, OTHER_PATH),
        (entry() | {"request": {"method": "GET", "url": "https://cdn.example/api/v2/x"}}, OTHER_HOST),
        (entry() | {"request": {"method": "OPTIONS", "url": "https://site.example/api/v2/skus"}}, PREFLIGHT),
        (entry(startedDateTime="yesterday"), NO_TIME),
        (entry(startedDateTime=None), NO_TIME),
        (entry() | {"request": {}}, NO_REQUEST),
        (entry() | {"request": {"method": "GET", "url": "https://[::1/api/"}}, NO_REQUEST),
        ({}, NO_REQUEST),
        (17, NO_REQUEST),
        (
            entry()
            | {
                "request": {"method": "POST", "url": "https://site.example/api/v2/sku/image", "bodySize": 900}
            },
            CUT_BODY,
        ),
        (
            entry()
            | {
                "request": {
                    "method": "POST",
                    "url": "https://site.example/api/v2/auth/login",
                    "postData": {"mimeType": "application/json", "text": '{"password":"***"}'},
                }
            },
            HIDDEN_BODY,
        ),
        (
            entry()
            | {
                "request": {
                    "method": "POST",
                    "url": "https://site.example/api/v2/sku/image",
                    "postData": {"text": "no base64!", "_encoding": "base64"},
                }
            },
            CUT_BODY,
        ),
    ],
)
def test_what_cannot_be_replayed_is_passed_over_and_counted(odd: Any, why: str, tmp_path: Path) -> None:
    recording = read_recording(file_of(tmp_path, entry(), odd, entry()))
    assert (len(recording.calls), recording.entries, recording.skipped) == (2, 3, {why: 1})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither a capsule nor a whole HAR file"),
        (b'{"log": {"entries": [{"a"', "neither a capsule nor a whole HAR file"),
        (b"[" * 100_000, "neither a capsule nor a whole HAR file"),
        (b"\xff\xfe", "neither a capsule nor a whole HAR file"),
        (b"[]", "no log.entries"),
        (b'{"log": {"entries": 5}}', "no log.entries"),
        (b'{"log": {"entries": []}}', "none of 0 entries"),
        (json.dumps({"log": {"entries": [entry("/x")]}}).encode(), "1 not below /api/"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_the_reason(
    content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(content)
    with pytest.raises(RecordingRefused, match=said):
        read_recording(path)


def test_a_recording_of_several_sites_is_that_of_the_busiest_or_the_one_that_is_named(tmp_path: Path) -> None:
    other = entry() | {"request": {"method": "GET", "url": "https://OTHER.example:8443/api/v2/bots"}}
    path = file_of(tmp_path, entry(), other, entry())
    assert read_recording(path).host == "site.example"
    assert [one.path for one in read_recording(path, "other.example:8443").calls] == ["/api/v2/bots"]
    with pytest.raises(RecordingRefused, match=r"there are other.example:8443, site.example"):
        read_recording(path, "nobody")


def test_calls_are_in_the_order_of_their_times_and_bodies_are_unpacked(tmp_path: Path) -> None:
    post = {
        "method": "post",
        "url": "https://site.example/api/v2/sku",
        "postData": {
            "mimeType": "application/x-www-form-urlencoded",
            "params": [{"name": "a", "value": "b c"}],
        },
    }
    late = entry(startedDateTime="2026-03-02T11:00:01+01:00", request=post)
    early = entry(startedDateTime="2026-03-02T10:00:00.5Z")
    early["response"]["content"] = {"text": "e30=", "encoding": "base64"}
    first, second = read_recording(file_of(tmp_path, late, early)).calls
    assert (first.number, first.answer, second.number) == (2, b"{}", 1)
    assert (second.method, second.body) == ("POST", b"a=b+c")


@settings(max_examples=200)
@given(
    st.recursive(
        st.sampled_from([None, True, 3, "GET", STAMP, "https://h/api/v2/x", "é"]),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["log", "entries", "request", "response", "url", "method", "postData", "text", "params",
                 "startedDateTime", "_twin", "now", "content", "status", "bodySize", "mimeType", "comment"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=25,
    )
)  # fmt: skip
def test_no_file_is_odd_enough_to_surprise_the_reader(
    tmp_path_factory: pytest.TempPathFactory, odd: Any
) -> None:
    path = tmp_path_factory.mktemp("odd") / "x.har"
    for document in (odd, {"log": {"entries": [odd, {"startedDateTime": STAMP, "request": odd}]}}):
        path.write_text(json.dumps(document))
        try:
            recording = read_recording(path)
        except RecordingRefused:
            continue
        assert len(recording.calls) + sum(recording.skipped.values()) == recording.entries


# -- ids and instants


def correlation(**ids: Any) -> Correlation:
    known = Correlation(Catalogue([]), timedelta(days=1))
    for kind, (old, new) in ids.items():
        known.learn(kind, old, new)
    return known


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("2026-03-02T10:00:00", "2026-03-03T10:00:00"),
        ("2026-03-02T10:00:00.250000+00:00", "2026-03-03T10:00:00.250000+00:00"),
        ("2026-03-02T10:00:00Z", "2026-03-03T10:00:00+00:00"),
        ("2026-03-28T10:00:00", "2026-03-29T11:00:00"),
    ],
)
def test_instants_move_with_the_replay_also_through_a_change_to_summer_time(
    recorded: str, expected: str
) -> None:
    assert correlation().stamp(recorded) == expected


def test_an_id_is_replaced_by_its_kind_alone() -> None:
    ids = correlation(box=(7, 9))
    assert (ids.of("box", 7), ids.of("job", 7), ids.of(None, 7), ids.of("box", 8)) == (9, 7, 7, 8)


def test_rows_are_known_again_by_what_they_are_about(tmp_path: Path) -> None:
    with serve() as twin:
        catalogue = from_document(twin.send("GET", "/openapi.json").json())
        assert len(catalogue.operations) == 50
    jobs = catalogue.by_id["get_jobs"]
    before = [{"id": "a", "sku_id": "X", "status": "S"}, {"id": "b", "sku_id": "Y", "status": "T"}]
    now = [{"id": "1", "sku_id": "Y", "status": "T"}, {"id": "2", "sku_id": "X", "status": "S"}]
    known = Correlation(catalogue)
    body, other = (json.dumps({"items": rows}).encode() for rows in (before, now))
    assert Comparison(known).of(jobs, body, other) == []
    assert known.ids == {("job", "a"): "2", ("job", "b"): "1"}


# -- the proxy


@contextmanager
def recorded_by(
    twin: Served, folder: Path, secrets: bool = False
) -> Iterator[tuple[httpx.AsyncClient, Path]]:
    """A client of a proxy in front of a twin, and the file that is written."""
    file = HarFile(folder / "proxy.har", "0")
    upstream = httpx.AsyncClient(transport=httpx.ASGITransport(twin.app))
    target = Target(httpx.URL("http://twin"), upstream)
    assert twin.run(target.look()) == "a twin"
    proxy = Proxy(target, lambda one: file.add(entry_of(one, secrets=secrets)))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(proxy), base_url="http://here")
    client.headers["Authorization"] = f"Bearer {KEY}"
    yield client, file.path
    twin.run(client.aclose())
    twin.run(upstream.aclose())
    file.close()


def test_a_proxy_changes_nothing_and_what_it_wrote_is_replayed_the_same(tmp_path: Path) -> None:
    with serve() as twin, recorded_by(twin, tmp_path) as (client, path):
        body = {"id": "A", "name": "Tee mit Ü"}
        through = twin.run(client.post("/api/v2/sku", json=body))
        assert through.json()["name"] == "Tee mit Ü"
        twin.advance(7_000)
        direct = twin.call("GET", "/skus?size=5&sort_by=id")
        through = twin.run(client.get("/api/v2/skus?size=5&sort_by=id"))
        assert (through.status_code, through.content) == (direct.status_code, direct.content)
        assert dict(through.headers) == dict(direct.headers)
        assert twin.run(client.get("/_twin/clock")).json()["now_ms"] == 7_000
        login = {"email": "a@example.com", "password": "Sehr-Geheim-1!"}
        twin.run(client.post("/api/v2/auth/login", json=login))
        text = path.read_text()
        assert "Geheim" not in text
        assert KEY not in text
        assert [one["_twin"]["t_ms"] for one in json.loads(text)["log"]["entries"]] == [0, 7000, 7000]
    with serve() as other:
        calls, summary = replayed(other, path)
        assert [(one.t_ms, one.same) for one in calls] == [(0, True), (7_000, True)]
        assert summary.skipped == {HIDDEN_BODY: 1}


def test_who_is_led_to_a_path_without_its_slash_still_passes_by_the_proxy(tmp_path: Path) -> None:
    with serve() as twin, recorded_by(twin, tmp_path) as (client, path):
        led = twin.run(client.get("/api/v2/skus/?size=5"))
        assert (led.status_code, led.headers["location"]) == (307, "http://here/api/v2/skus?size=5")
        followed = twin.run(client.get("/api/v2/skus/?size=5", follow_redirects=True))
        assert followed.json()["size"] == 5
        entries = json.loads(path.read_text())["log"]["entries"]
        assert [one["response"]["status"] for one in entries] == [307, 307, 200]
        said = {header["name"]: header["value"] for header in entries[0]["response"]["headers"]}
        assert said["location"] == "http://twin/api/v2/skus?size=5", "what was said is what is written"


def test_secrets_are_kept_only_on_purpose(tmp_path: Path) -> None:
    with serve() as twin, recorded_by(twin, tmp_path, secrets=True) as (client, path):
        twin.run(client.get("/api/v2/skus?token=t0ken"))
        text = path.read_text()
    assert f"Bearer {KEY}" in text
    assert "t0ken" in text


def test_a_target_that_is_not_there_is_answered_for_and_written_down(tmp_path: Path) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody")

    kept: list[Exchange] = []

    async def call() -> httpx.Response:
        target = Target(httpx.URL("http://gone"), httpx.AsyncClient(transport=httpx.MockTransport(refuse)))
        assert (await target.look()).startswith("nothing yet")
        transport = httpx.ASGITransport(Proxy(target, kept.append))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/api/v2/skus")

    answer = asyncio.run(call())
    assert answer.status_code == 502
    assert "nothing answers at http://gone: nobody" in answer.text
    assert [one.status for one in kept] == [502]


class Parts(httpx.AsyncByteStream):
    """A body that comes in parts."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


def test_packed_answers_pass_as_they_are_and_are_written_down_unpacked() -> None:
    packed = zlib.compress(b'{"items":[]}')
    headers = {"content-encoding": "deflate", "content-type": "application/json"}
    kept: list[Exchange] = []

    async def call() -> list[bytes]:
        stream = Parts(packed[:5], packed[5:])
        answer = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=stream))
        target = Target(httpx.URL("http://site/base"), httpx.AsyncClient(transport=answer))
        transport = httpx.ASGITransport(Proxy(target, kept.append))
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://here") as client,
            client.stream("GET", "/api/v2/skus?a=%2F") as got,
        ):
            return [part async for part in got.aiter_raw()]

    assert b"".join(asyncio.run(call())) == packed
    assert kept[0].answered.kept == b'{"items":[]}'
    assert kept[0].url == "http://site/base/api/v2/skus?a=%2F"


def test_a_file_is_whole_after_every_call_and_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    file = HarFile(path, "1.0")
    for count in range(3):
        assert len(json.loads(path.read_bytes())["log"]["entries"]) == count
        file.add(entry_of(Exchange(STAMP, 1.0, "GET", "http://s/api/v2/skus", Body(), 200, Body(b"{}", 2))))
    file.close()
    with pytest.raises(RecordingRefused, match="--force"):
        HarFile(path, "1.0")
    HarFile(path, "1.0", replace=True).close()
    assert json.loads(path.read_bytes())["log"]["entries"] == []
