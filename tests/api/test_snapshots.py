"""Snapshots of a world under names, and capsules of its run."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from served import Served, serve

from api import snapshots
from api.hosting.inheriting import Inheritance
from twin.domain.bots import LEG, LIFT
from twin.replaying import CapsuleRefused, replay


def control(api: Served, method: str, path: str, status: int = 200, **body: Any) -> Any:
    answer = api.send(method, f"/_twin{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def busy(api: Served) -> None:
    """A world with a bot under way."""
    api.stocked()
    api.order()
    api.advance(5000)


def test_a_world_goes_on_from_a_snapshot_as_it_did_before() -> None:
    with serve() as api:
        busy(api)
        api.ok("PATCH", "/settings/report.kept", json={"value_json": 3})
        taken = control(api, "POST", "/snapshots", 201, name="on its way")
        assert taken["now_ms"] == 5000
        seq = control(api, "GET", "/log")["last_seq"]

        def rest() -> str:
            control(api, "POST", "/clock/advance", until="waiting")
            return api.send("GET", f"/_twin/log/lines?from_seq={seq + 1}").text

        first = rest()
        api.ok("PATCH", "/settings/report.kept", json={"value_json": 4})
        api.ok("POST", "/sku", json={"id": "LATER"})
        again = control(api, "POST", f"/snapshots/{taken['id']}/restore")
        assert again["now_ms"] == 5000
        assert [row["id"] for row in api.items("/skus")] == ["A"]
        assert api.ok("GET", "/settings/report.kept")["value_json"] == 3
        assert first
        assert rest() == first


def test_snapshots_are_listed_downloaded_uploaded_elsewhere_and_deleted() -> None:
    with serve() as api, serve() as other:
        busy(api)
        taken = control(api, "POST", "/snapshots", 201, name="one")
        assert control(api, "GET", "/snapshots")["items"] == [taken]
        data = api.send("GET", f"/_twin/snapshots/{taken['id']}").content
        there = other.send("POST", "/_twin/snapshots/upload", content=data)
        assert there.status_code == 201, there.text
        assert there.json()["now_ms"] == 5000
        control(other, "POST", f"/snapshots/{there.json()['id']}/restore")
        assert control(other, "GET", "/clock")["now_ms"] == 5000
        assert other.items("/requests")[0]["id"] == api.items("/requests")[0]["id"]
        control(api, "DELETE", f"/snapshots/{taken['id']}", 204)
        control(api, "POST", f"/snapshots/{taken['id']}/restore", 404)
        assert control(api, "GET", "/snapshots")["total"] == 0


def test_a_fork_begins_with_a_snapshot() -> None:
    with serve() as api:
        busy(api)
        taken = control(api, "POST", "/snapshots", 201, name="one")
        control(api, "POST", "/clock/advance", until="waiting")
        assert control(api, "POST", "/fork", 201, snapshot=taken["id"])["now_ms"] == 5000
        control(api, "POST", "/fork", 404, snapshot="s99")


def test_a_comparison_says_what_differs() -> None:
    with serve() as api:
        busy(api)
        one = control(api, "POST", "/snapshots", 201)["id"]
        assert control(api, "GET", f"/snapshots/{one}/diff/now")["same"]
        api.ok("POST", "/sku", json={"id": "B"})
        control(api, "POST", "/clock/advance", until="waiting")
        found = control(api, "GET", f"/snapshots/{one}/diff/now")
        assert found["kinds"]["skus"]["added"] == ["B"]
        assert found["kinds"]["jobs"]["changed"]["job-1"]["status"] == ["STARTED", "WAITING_FOR_TRIGGER"]
        assert found["kinds"]["bots"]["total"] >= 1
        control(api, "GET", f"/snapshots/{one}/diff/s9", 404)


def bad_uploads(good: bytes) -> dict[str, bytes]:
    plain = json.loads(gzip.decompress(good))

    def changed(**fields: Any) -> bytes:
        return gzip.compress(json.dumps({**plain, **fields}).encode())

    engine, settings, me = plain["engine"], plain["settings"], plain["settings"]["custom"]["my.own"]

    def set_(**parts: Any) -> bytes:
        return changed(settings={**settings, **parts})

    def mine(**fields: Any) -> bytes:
        return set_(custom={"my.own": {**me, **fields}})

    def at(now_ms: int, **origin: Any) -> bytes:
        memory = {**engine["memory"], "now_ms": now_ms}
        return changed(engine={**engine, "origin": {**engine["origin"], **origin}, "memory": memory})

    return {
        "no gzip": b"{}",
        "cut off": good[:-20],
        "no JSON": gzip.compress(b"{"),
        "deep": gzip.compress(b"[" * 100_000),
        "another format": changed(format="other"),
        "newer": changed(version=2),
        "more": changed(extra=1),
        "no engine": changed(engine={}),
        "engine of another format": changed(engine={**engine, "format": 99}),
        "state of nothing": changed(engine={**engine, "state": {"bots": 3}}),
        "a field too many": changed(engine={**engine, "colour": "red"}),
        "an epoch that is none": at(5000, epoch="yesterday"),
        "an epoch without offset": at(5000, epoch="2026-01-05T06:00:00"),
        "an epoch out of reach": at(5000, epoch="9999-12-29T00:00:00+00:00"),
        "a name of two lines": changed(name="one\ntwo"),
        "a long name": changed(name="x" * 101),
        "made on no day": changed(created_utc="yesterday"),
        "made by nothing": changed(twin=None),
        "no settings": changed(settings=None),
        "a list of settings": changed(settings=[]),
        "settings of another kind": changed(settings={"colour": "red"}),
        "values that are none": set_(system=5),
        "a value of another type": set_(system={"events.retention": "many"}),
        "a value out of range": set_(system={"events.retention": -5}),
        "a value of no setting": set_(system={"colour": "red"}),
        "a change of no setting": set_(updated={"colour": 1}),
        "a change to come": set_(updated={"my.own": 10**18}),
        "a change at no time": set_(updated={"my.own": "now"}),
        "a user's value of the system": set_(users={"1": {"report.kept": 3}}),
        "a user's value out of range": set_(users={"1": {"listing.default_page_size": 0}}),
        "a key that none can have": set_(custom={"../x": me}, system={}, updated={}),
        "a role that is none": mine(required_role=["King"]),
        "a restart that is no truth": mine(restart_required="no"),
        "made in time to come": mine(created_ms=10**18),
        "a default that is too deep": mine(default=json.loads("[" * 40 + "]" * 40)),
    }


def test_an_upload_that_is_no_snapshot_is_refused_and_changes_nothing() -> None:
    with serve() as api:
        busy(api)
        api.ok("POST", "/settings", json={"key": "my.own", "value_json": {"a": 1}})
        taken = control(api, "POST", "/snapshots", 201)["id"]
        good = api.send("GET", f"/_twin/snapshots/{taken}").content
        before = control(api, "GET", "/log")
        for what, data in bad_uploads(good).items():
            answer = api.send("POST", "/_twin/snapshots/upload", content=data)
            assert answer.status_code == 422, what
            assert answer.json()["detail"][0]["loc"] == ["body", "snapshot"], what
        assert control(api, "GET", "/snapshots")["total"] == 1
        assert control(api, "GET", "/log") == before
        assert api.send("POST", "/_twin/snapshots/upload", content=good).status_code == 201
        too_large = api.send("POST", "/_twin/snapshots/upload", content=bytes(33 << 20))
        assert too_large.status_code == 413


def test_an_upload_that_grows_too_large_when_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "LARGEST_CONTENT", 1 << 20)
    with serve() as api:
        bomb = b'{"format": "' + b"x" * (2 << 20)
        answer = api.send("POST", "/_twin/snapshots/upload", content=gzip.compress(bomb))
        assert answer.status_code == 422
        assert "larger than 1 MiB" in answer.text


def test_snapshots_outlive_the_process_and_their_ids_are_never_given_again(tmp_path: Path) -> None:
    with serve(data=tmp_path) as api:
        busy(api)
        kept, deleted = (control(api, "POST", "/snapshots", 201, name="n") for _ in range(2))
        control(api, "DELETE", f"/snapshots/{deleted['id']}", 204)
    with serve(data=tmp_path) as api:
        assert control(api, "GET", "/snapshots")["items"] == [kept]
        busy(api)
        assert control(api, "POST", "/snapshots", 201)["id"] == "s3"


@pytest.mark.parametrize("name", ["s1.json", "s1.json.gz"])
def test_a_snapshot_that_was_damaged_on_disk_is_named_and_never_restored(tmp_path: Path, name: str) -> None:
    with serve(data=tmp_path) as api:
        busy(api)
        control(api, "POST", "/snapshots", 201, name="n")
    path = tmp_path / "snapshots" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 128
    path.write_bytes(data)
    with serve(data=tmp_path) as api:
        before = control(api, "GET", "/log")
        answer = api.send("POST", "/_twin/snapshots/s1/restore")
        assert (answer.status_code, f"{name} is damaged" in answer.text) == (503, True)
        assert control(api, "GET", "/log") == before


@pytest.mark.parametrize("way", ["mid-leg", "mid-lift", "planned"])
def test_a_world_goes_on_from_a_snapshot_of_any_moment(way: str) -> None:
    """Whatever is under way at that instant: the rest of the log has the same bytes, and so has a fork's."""
    with serve("demo") as api:
        api.stocked()
        api.order()
        if way == "planned":
            control(api, "POST", "/incidents", 201, kind="emergency_stop", at_ms=9000, repair_ms=5000)
        step_to(api, way)
        taken = control(api, "POST", "/snapshots", 201)["id"]
        seq = control(api, "GET", "/log")["last_seq"]
        fork = control(api, "POST", "/fork", 201, speed=0)
        rests = []
        for base in ("", f"/worlds/{fork['id']}"):
            control(api, "POST", f"{base}/clock/advance", by="PT120S")
            rests.append(api.send("GET", f"/_twin{base}/log/lines?from_seq={seq + 1}").text)
        control(api, "POST", f"/snapshots/{taken}/restore")
        control(api, "POST", "/clock/advance", by="PT120S")
        rests.append(api.send("GET", f"/_twin/log/lines?from_seq={seq + 1}").text)
        assert rests[0]
        assert rests == [rests[0]] * 3


def step_to(api: Served, way: str) -> None:
    """Go on until something of that kind is under way."""
    for _ in range(300):
        bots = api.engine.plant.state.bots.values()
        doing = [bot.steps[0].kind for bot in bots if bot.steps]
        if {"mid-leg": LEG in doing, "mid-lift": LIFT in doing, "planned": True}[way]:
            return
        control(api, "POST", "/clock/advance", by="PT0.5S")
    raise AssertionError(f"nothing is {way}")


# -- capsules


def capsule(api: Served, path: Path) -> Path:
    answer = api.send("GET", "/_twin/capsule")
    assert answer.status_code == 200
    path.write_bytes(answer.content)
    return path


def test_a_capsule_runs_again_to_the_same_hash_also_from_a_snapshot(tmp_path: Path) -> None:
    with serve() as api:
        busy(api)
        taken = control(api, "POST", "/snapshots", 201)["id"]
        control(api, "POST", "/clock/advance", until="waiting")
        api.ok("POST", "/trigger/job-1")
        control(api, "POST", "/clock/advance", events=3)
        whole, log = capsule(api, tmp_path / "whole.zip"), control(api, "GET", "/log")
        control(api, "POST", f"/snapshots/{taken}/restore")
        control(api, "POST", "/clock/advance", until="waiting")
        later = capsule(api, tmp_path / "later.zip")
    proof = replay(whole)
    assert (proof.same, proof.sha256_now, proof.events) == (True, log["sha256"], log["events"])
    assert proof.commands == 5
    assert replay(later).same


def tampered(path: Path, name: str, before: str, after: str) -> Path:
    """A copy of a capsule with something in it changed."""
    out = path.with_name("tampered.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            text = old.read(entry).decode()
            if entry == name:
                assert before in text
                text = text.replace(before, after)
            new.writestr(entry, text)
    return out


def test_a_capsule_whose_commands_were_changed_names_the_first_event_that_differs(tmp_path: Path) -> None:
    with serve() as api:
        busy(api)
        path = capsule(api, tmp_path / "one.zip")
    proof = replay(tampered(path, "capsule.json", '"CreateSku",{"id":"A"', '"CreateSku",{"id":"B"'))
    assert not proof.same
    assert proof.difference is not None
    assert proof.difference.line == 2
    assert "SkuCreated" in (proof.difference.now or "")


@pytest.mark.parametrize(
    ("name", "before", "after", "reason"),
    [
        ("log.jsonl", '"SkuCreated"', '"SkuCreatee"', "damaged"),
        ("capsule.json", '"version":1', '"version":2', "version"),
        ("capsule.json", '"CreateSku"', '"CreateSkv"', "cannot be run"),
        ("capsule.json", '"format":"storage-twin capsule"', '"format":"x"', "format"),
    ],
)
def test_a_capsule_that_cannot_be_trusted_is_refused(
    tmp_path: Path, name: str, before: str, after: str, reason: str
) -> None:
    with serve() as api:
        busy(api)
        path = capsule(api, tmp_path / "one.zip")
    with pytest.raises(CapsuleRefused, match=reason):
        replay(tampered(path, name, before, after))


def test_what_is_no_zip_is_no_capsule(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"nothing")
    with pytest.raises(CapsuleRefused, match="no capsule"):
        replay(path)


def test_an_empty_folder_has_nothing_to_take_over(tmp_path: Path) -> None:
    inheritance = Inheritance.of(tmp_path / "new")
    assert inheritance.default is None
    inheritance.store.close()
