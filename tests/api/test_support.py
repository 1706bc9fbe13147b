"""Support issues: what is kept, under which names, and where it can be read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.control.access import Access, Way
from tests.api.served import Served, serve

MEGABYTE = 1 << 20
PAYLOAD = json.dumps({"summary": "Bot 2 stands still", "größe": [1, None]})


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    with serve(data=tmp_path / "data") as served:
        yield served


def create(api: Served, payload: str = PAYLOAD, *files: tuple[str, bytes, str]) -> httpx.Response:
    """Send an issue."""
    parts: Any = [("files", file) for file in files] or None
    if parts is None:
        parts = [("payload", (None, payload))]
        return api.call("POST", "/support/create_issue", files=parts)
    return api.call("POST", "/support/create_issue", data={"payload": payload}, files=parts)


def test_an_issue_can_be_read_where_the_answer_says(api: Served) -> None:
    api.advance(60_000)
    answer = create(api).json()
    assert answer == {"key": "TWIN-1", "url": "http://twin/issues/TWIN-1"}
    assert api.send("GET", answer["url"]).json() == {
        "key": "TWIN-1",
        "created_at_utc": "2026-01-05T05:01:00.000000+00:00",
        "payload": json.loads(PAYLOAD),
        "attachments": [],
    }


def test_attachments_are_kept_byte_for_byte(api: Served) -> None:
    files = [("a.log", b"", "text/plain"), ("b.bin", bytes(range(256)) * 9, "image/png")]
    url = create(api, PAYLOAD, *files).json()["url"]
    stored = api.send("GET", url).json()["attachments"]
    for number, ((name, content, kind), about) in enumerate(zip(files, stored, strict=True), 1):
        digest = hashlib.sha256(content).hexdigest()
        assert about == {"filename": name, "content_type": kind, "size": len(content), "sha256": digest}
        answer = api.send("GET", f"{url}/attachments/{number}")
        assert answer.content == content
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_issues_are_numbered_also_after_a_restart(tmp_path: Path) -> None:
    (tmp_path / "issues" / "TWIN-old").mkdir(parents=True)
    for first in (1, 3):
        with serve(data=tmp_path) as api:
            assert [create(api).json()["key"] for _ in range(2)] == [f"TWIN-{first}", f"TWIN-{first + 1}"]


def test_an_issue_is_for_those_with_a_key(api: Served) -> None:
    url = create(api, PAYLOAD, ("a", b"x", "")).json()["url"]
    for path in (url, f"{url}/attachments/1"):
        assert api.send("GET", path, headers={"Authorization": ""}).status_code == 401
    assert api.call("POST", "/support/create_issue", headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "TWIN-2",
        "TWIN-01",
        "TWIN-0",
        "twin-1",
        "..%2F..%2Fetc",
        "%00",
        "TWIN-1/attachments/0",
        "TWIN-1/attachments/2",
        "TWIN-1/attachments/-1",
    ],
)
@pytest.mark.parametrize("base", ["", "/_twin"])
def test_nothing_else_can_be_read_there(api: Served, path: str, base: str) -> None:
    create(api, PAYLOAD, ("a", b"x", ""))
    assert api.send("GET", f"{base}/issues/{path}").status_code == 404


@pytest.mark.parametrize("way", ["key", "off"])
def test_an_issue_and_a_report_open_also_where_the_control_of_the_twin_does_not(way: Way) -> None:
    with serve(access=Access(way)) as api:
        url = create(api, PAYLOAD, ("a", b"x", "")).json()["url"]
        assert api.send("GET", f"{url}/attachments/1").content == b"x"
        name = api.ok("GET", "/report")["tar_filename"]
        assert api.send("GET", f"/reports/{name}").headers["Content-Type"] == "application/gzip"
        for path in (url, f"{url}/attachments/1", f"/reports/{name}"):
            assert api.send("GET", path, headers={"Authorization": ""}).status_code == 401
            assert api.send("GET", path).headers["Cache-Control"] == "no-store"
        if way == "off":
            assert api.send("GET", "/_twin/issues/TWIN-1").status_code == 403


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "plain text",
        "[1]",
        '"text"',
        "null",
        "{",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        "[" * 9000,
        '{"a":' * 40 + "1" + "}" * 40,
        '{"a": "' + "x" * 33_000 + '"}',
    ],
)
def test_a_payload_must_be_the_text_of_a_json_object(api: Served, tmp_path: Path, payload: str) -> None:
    answer = create(api, payload)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "payload"])
    assert not (tmp_path / "data").exists()


def test_a_payload_must_be_there(api: Served) -> None:
    assert api.locations("POST", "/support/create_issue", files={"files": b"x"}) == [["body", "payload"]]
    assert api.locations("POST", "/support/create_issue", json={"payload": "{}"}) == [["body"]]
    assert api.locations("POST", "/support/create_issue") == [["body"]]


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/evil",
        "/etc/passwd",
        "C:\\evil.exe",
        "a\x1b[31m.txt",
        ".",
        "..",
        "issue.json",
        "x" * 2000,
    ],
)
def test_the_name_of_a_file_is_a_label_and_no_path(api: Served, tmp_path: Path, name: str) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="payload"\r\n\r\n{}\r\n'
    file = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + name.encode() + b'"\r\n\r\nx\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    body = api.ok("POST", "/support/create_issue", content=head + file + b"--b--\r\n", headers=headers)
    [about] = api.send("GET", body["url"]).json()["attachments"]
    assert not set(about["filename"]) & set("/\\\x1b\r\n\0")
    assert len(about["filename"]) <= 255
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["data/issues/TWIN-1/attachment-1", "data/issues/TWIN-1/issue.json"]


def test_ten_files_are_taken_and_eleven_or_a_thousand_are_not(api: Served) -> None:
    assert create(api, PAYLOAD, *[("a", b"x", "")] * 10).status_code == 200
    for count in (11, 1000):
        answer = create(api, PAYLOAD, *[("a", b"x", "")] * count)
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body"])


def test_the_files_of_an_issue_are_bounded_in_size(api: Served) -> None:
    half = b"\0" * (5 * MEGABYTE)
    assert create(api, PAYLOAD, ("a", half, ""), ("b", half, "")).status_code == 200
    assert create(api, PAYLOAD, ("a", half, ""), ("b", half + b"\0", "")).status_code == 413
    assert create(api, PAYLOAD, ("a", half * 10, "")).status_code == 413
    assert create(api).json()["key"] == "TWIN-2"


def test_issues_do_not_fill_the_disk(api: Served, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "issues"
    for number in range(1, 1001):
        (folder / f"TWIN-{number}").mkdir(parents=True)
    answer = create(api)
    assert answer.status_code == 409
    (folder / "TWIN-500").rmdir()
    assert create(api).json()["key"] == "TWIN-1001"


def test_files_that_do_not_fit_leave_nothing_behind(api: Served, tmp_path: Path) -> None:
    create(api)
    folder = tmp_path / "data" / "issues"
    (folder / ".TWIN-2.new").write_text("left over from a crash")
    (folder / "TWIN-1" / "issue.json").rename(folder / "TWIN-1" / "moved")
    assert api.send("GET", "/_twin/issues/TWIN-1").status_code == 404
    answer = create(api)
    assert answer.status_code == 503
    assert "cannot be kept" in answer.json()["detail"]
    assert not (folder / "TWIN-2").exists()
