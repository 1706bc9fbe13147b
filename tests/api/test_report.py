"""The support report: what is in the archive, what is not, and how many there are."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from tests.api.served import KEY, Served, serve
from twin.records.eventlog import EventLog
from twin.simulation.engine import restore

NAMES = ["versions.json", "settings.json", "state.json", "events.jsonl"]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    with serve(data=tmp_path / "data") as served:
        yield served


def made(api: Served) -> Path:
    """The archive of a new report."""
    return Path(api.ok("GET", "/report")["report_path"])


def files_in(path: Path) -> dict[str, bytes]:
    """The files of an archive, in their order."""
    found = {}
    with tarfile.open(path, "r:gz") as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            found[entry.name] = file.read()
    return found


def test_a_report_is_an_archive_where_the_answer_says(api: Served, tmp_path: Path) -> None:
    api.advance(3_723_000)
    body = api.ok("GET", "/report")
    assert (body["status"], body["report"]) == ("generated", "generated")
    assert body["tar_filename"] == "report-0001-20260105T060203Z.tar.gz"
    assert Path(body["report_path"]) == tmp_path / "data" / "reports" / body["tar_filename"]
    assert list(files_in(Path(body["report_path"]))) == NAMES


def test_a_twin_goes_on_from_the_state_of_a_report(api: Served) -> None:
    api.stocked()
    api.order()
    api.advance(5_000)
    again = restore(json.loads(files_in(made(api))["state.json"]))
    logs = EventLog(), EventLog()
    for engine, log in zip((api.engine, again), logs, strict=True):
        engine.subscribe(log.write)
        engine.run_until(120_000)
    assert logs[0].lines == logs[1].lines > 0
    assert logs[0].sha256 == logs[1].sha256


def test_the_events_are_lines_of_the_event_log(api: Served) -> None:
    lines: list[bytes] = []
    log = EventLog(lines.append)
    api.engine.subscribe(log.write)
    api.stocked()
    api.order()
    api.waiting_job()
    assert files_in(made(api))["events.jsonl"] == b"".join(lines)


def test_the_settings_are_those_in_force(api: Served) -> None:
    changes = {"updates": {"operator.mode": "both", "report.kept": 4}}
    api.ok("PATCH", "/settings/system", json=changes)
    user = {"username": "Ann", "email": "ann@example.org"}
    ann = api.ok("POST", "/auth/create_account", json=user)["id"]
    api.ok("PATCH", f"/settings/users/{ann}", json={"updates": {"listing.default_page_size": 5}})
    settings = json.loads(files_in(made(api))["settings.json"])
    assert settings["system"] == api.ok("GET", "/settings/system")["settings"]
    assert settings["users"] == {str(ann): {"listing.default_page_size": 5}}


def test_the_versions_say_what_the_twin_runs_on(api: Served) -> None:
    versions = json.loads(files_in(made(api))["versions.json"])
    assert versions["storage-twin"] == version("storage-twin")
    assert versions["packages"]["fastapi"] == version("fastapi")
    assert versions["packages"]["simpy"] == version("simpy")


def test_no_secret_is_in_a_report(api: Served) -> None:
    secret = "a-password-that-a-client-keeps-in-a-setting"
    api.ok("POST", "/settings", json={"key": "mail.password", "value_json": secret})
    api.stocked()
    user = {"username": "Ann", "email": "ann@example.org"}
    api.ok("POST", "/auth/create_account", json=user)
    [ann] = api.items("/auth/users")
    other = api.ok("POST", "/auth/generate_api_key", json={"name": "a program"})["api_key"]
    everything = b"".join(files_in(made(api)).values())
    assert b"mail.password" in everything
    hashes = [hashlib.sha256(key.encode()).hexdigest() for key in (KEY, other)]
    for one in (KEY, other, ann["otp"], ann["email"], secret, *hashes):
        assert one.encode() not in everything


def test_the_same_state_gives_the_same_bytes(api: Served) -> None:
    api.stocked()
    one, other = made(api), made(api)
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as tar:
        assert {entry.mtime for entry in tar} == {1_767_589_200}  # simulated, as everything else
        assert {(entry.uid, entry.gid, entry.uname, entry.gname) for entry in tar} == {(0, 0, "", "")}


def test_the_latest_ten_reports_are_kept_and_numbers_go_on(tmp_path: Path) -> None:
    for _ in range(2):
        with serve(data=tmp_path) as api:
            paths = [made(api) for _ in range(7)]
            assert all(path.exists() for path in paths)
    names = sorted(path.name for path in (tmp_path / "reports").iterdir())
    assert [int(name.split("-")[1]) for name in names] == list(range(5, 15))


def test_reports_at_once_are_different_reports(api: Served) -> None:
    async def all_at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(api.app)
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://twin", headers=headers) as client:
            return await asyncio.gather(*(client.get("/api/v2/report") for _ in range(5)))

    bodies = [answer.json() for answer in api.run(all_at_once())]
    assert len({body["tar_filename"] for body in bodies}) == 5
    assert all(list(files_in(Path(body["report_path"]))) == NAMES for body in bodies)


@pytest.mark.parametrize("base", ["", "/_twin"])
def test_a_report_can_be_fetched_with_the_key(api: Served, base: str) -> None:
    path = made(api)
    url = f"{base}/reports/{path.name}"
    answer = api.send("GET", url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/gzip")
    assert answer.content == path.read_bytes()
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        assert tar.getnames() == NAMES
    assert api.send("GET", url, headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    "name", ["x", "..%2F..%2Fetc%2Fpasswd", "report-0009-20260105T060203Z.tar.gz", "%00"]
)
def test_nothing_but_reports_is_served_as_one(api: Served, name: str) -> None:
    made(api)
    assert api.send("GET", f"/_twin/reports/{name}").status_code == 404


def test_a_folder_that_cannot_be_written_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with serve(data=tmp_path / "data") as api:
        assert "cannot be kept" in api.refused(503, "GET", "/report")
        api.sku()
