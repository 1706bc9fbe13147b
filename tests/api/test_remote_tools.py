"""The command line beside the clock and the worlds: incidents, faults, people, calls, events, recordings."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from command_line import CommandLine, whole_app
from preloaded import Process
from server_process import Served, run, served, start


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served("--site", "tiny", "--speed", "0") as twin:
        yield twin


@pytest.fixture
def twin(server: Served) -> Served:
    """The server, as if it had just begun."""
    server.client.delete("/_twin/faults")
    assert server.client.post("/_twin/worlds/default/reset").status_code == 200
    return server


@pytest.fixture
def line(server: Served) -> CommandLine:
    return CommandLine(server.url)


def test_incidents_are_begun_planned_listed_and_ended(twin: Served, line: CommandLine) -> None:
    assert line.ok("incident") == "no incidents\n"
    begun = line.json("incident", "begin", "stall", "--bot", "1", "--repair", "PT90S")
    assert (begun["status"], begun["bot"], begun["until_ms"]) == ("active", 1, 90_000)
    planned = line.json("incident", "plan", "emergency_stop", "--at-ms", "5000")
    assert (planned["status"], planned["at_ms"]) == ("planned", 5_000)
    table = line.ok("incident", "list").splitlines()
    assert table[0].split()[:4] == ["id", "kind", "status", "of"]
    assert "bot 1" in table[1]
    line.ok("incident", "end", str(begun["id"]))
    assert [one["id"] for one in line.json("incident")["items"]] == [planned["id"]]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("incident", "begin", "stall"), 1, "stall needs bot"),
        (("incident", "begin", "stall", "--bot", "99"), 1, "99"),
        (("incident", "begin", "flood"), 2, "emergency_stop"),
        (("incident", "begin", "stall", "--bot", "1", "--repair", "90"), 2, "PT90S"),
        (("incident", "plan", "stall", "--bot", "1"), 2, "exactly one of --at and --at-ms"),
        (("incident", "plan", "stall", "--bot", "1", "--at", "noon"), 1, "ISO 8601"),
        (("incident", "end", "77"), 1, "Incident 77 does not exist"),
        (("incident", "mend"), 2, "mend"),
        (("fault", "add"), 1, "at least one of status, delay, reset and truncate"),
        (("fault", "add", "create_everything", "--status", "503"), 1, "create_everything"),
        (("fault", "add", "--status", "200"), 1, "status"),
        (("fault", "add", "--delay", "soon"), 2, "lognormal:80:0.6"),
        (("fault", "add", "--delay", "uniform:100"), 2, "uniform:100:300"),
        (("fault", "add", "--status", "503", "--header", "Retry-After"), 2, "Name: value"),
        (("fault", "remove", "fault-99"), 1, "fault-99"),
        (("calls", "--operation", "nothing"), 1, "nothing"),
        (("calls", "--exactly", "1", "--unmatched"), 2, "only one of"),
        (("calls", "--operation", "get_bots", "--exactly", "3"), 1, "0 such calls, not exactly 3"),
        (("coverage", "--fail-under", "1"), 1, "0.0 % of the operations were called, not 1 %"),
        (("operators", "robot"), 2, "simulated"),
        (("operators", "--balcony", "9", "api"), 1, "9"),
        (("events", "--world", "w99"), 1, "w99"),
        (("record", "--target", "site", "--out", "x.har"), 2, "http://127.0.0.1:8000"),
        (("record", "--target", "http://h", "--out", "/no/x.har"), 2, "does not exist"),
        (("replay", "/no/x.har"), 2, "does not exist"),
        (("clock", "nan"), 2, "a number must be finite, not nan or inf"),
        (("clock", "fast"), 2, 'a speed is 0, a factor, or "max"'),
        (("world", "make", "--speed", "inf"), 2, "a number must be finite"),
        (("world", "fork", "w9", "--speed", "fast"), 2, 'a speed is 0, a factor, or "max"'),
        (("fault", "add", "--delay", "nan"), 2, "a number must be finite"),
        (("fault", "add", "--status", "503", "--probability", "nan"), 2, "a number must be finite"),
        (("advance",), 2, "exactly one of --by, --to, --events and --until"),
        (("advance", "--by", "PT9S", "--events", "2"), 2, "exactly one of --by, --to, --events and --until"),
    ],
)
def test_wrong_input_is_told_in_a_sentence(
    twin: Served, line: CommandLine, words: tuple[str, ...], status: int, said: str
) -> None:
    done = line.run(*words)
    assert done.exit_code == status, done.output
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.output


def test_where_no_twin_is_every_command_says_so() -> None:
    nobody = CommandLine("http://127.0.0.1:9")
    for words in (("incident",), ("fault",), ("fault", "clear"), ("calls",), ("coverage",), ("operators",)):
        assert nobody.refused(1, *words).startswith("twin: no twin answers at http://127.0.0.1:9")
    assert "no twin answers" in nobody.refused(1, "events")


def test_faults_are_added_struck_listed_and_removed(twin: Served, line: CommandLine) -> None:
    added = line.json(
        "fault", "add", "get_skus", "--status", "503", "--body", '{"a": 1}', "--header", "Retry-After: 1",
        "--next", "1",
    )  # fmt: skip
    answer = twin.client.get("/api/v2/skus")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, {"a": 1}, "1")
    delayed = line.json("fault", "add", "--delay", "lognormal:80:0.6", "--probability", "0.5", "--nth", "9")
    assert delayed["effect"] == {"delay": {"distribution": "lognormal", "a": 80, "b": 0.6}}
    table = line.ok("fault")
    assert "next=1" in table
    assert "p=0.5 nth=9" in table
    line.ok("fault", "remove", added["id"])
    assert [one["id"] for one in line.json("fault", "list")["faults"]] == [delayed["id"]]
    line.ok("fault", "clear")
    assert line.ok("fault") == "no faults\n"


def test_people_are_shown_and_changed(twin: Served, line: CommandLine) -> None:
    assert "api" in line.ok("operators")
    changed = line.json("operators", "simulated", "--balcony", "1", "--failed-pick-percent", "7")
    assert (changed["operators"][0]["mode"], changed["operators"][0]["mistakes"]["failed_pick_percent"]) == (
        "simulated",
        7,
    )
    assert "failed_pick_percent 7" in line.ok("operators")


def test_calls_are_listed_verified_forgotten_and_told_by_client(
    twin: Served, line: CommandLine, tmp_path: Path
) -> None:
    twin.stock("A")
    key = twin.ok("POST", "/api/v2/auth/generate_api_key", {"name": "second"})["api_key"]
    with httpx.Client(base_url=twin.url, headers={"Authorization": f"Bearer {key}"}) as second:
        second.get("/api/v2/bots")
        second.get("/api/v2/bot")
    clients = {one["name"]: one for one in line.json("calls", "--clients")["clients"]}
    assert clients["second"]["calls"] == 1
    who = clients["second"]["client"]
    assert [one["path"] for one in line.json("calls", "--client", who)["calls"]] == [
        "/api/v2/bots",
        "/api/v2/bot",
    ]
    assert line.json("calls", "--operation", "create_box", "--exactly", "1")["holds"]
    assert "DELETE /api/v2/bot" in line.ok("calls", "--unmatched")
    assert "create_load" in line.ok("calls")
    har = tmp_path / "calls.har"
    assert line.ok("calls", "--har", str(har), "--client", who) == f"{har}\n"
    assert len(json.loads(har.read_text())["log"]["entries"]) == 2
    line.ok("calls", "--forget")
    assert line.ok("calls") == "no calls\n"


def test_coverage_is_told_and_written_for_one_client_or_all(
    twin: Served, line: CommandLine, tmp_path: Path
) -> None:
    twin.stock("A")
    report = line.json("coverage")
    assert report["operations_met"] == 4
    assert line.json("coverage", "--client", "key-77")["operations_met"] == 0
    said = line.run("coverage", "--client", "key-77").stderr
    assert said == "twin: no client 'key-77' has called an operation of this world; those that have: key-1\n"
    assert line.run("coverage", "--client", "key-1").stderr == ""
    table = line.ok("coverage")
    assert "GET /api/v2/inventory_view" in table
    assert table.endswith("4 of 50 operations were called\n")
    junit, page = tmp_path / "c.xml", tmp_path / "c.html"
    line.ok("coverage", "--junit", str(junit), "--html", str(page), "--fail-under", "8")
    assert ElementTree.parse(junit).getroot()[0].get("skipped") == "46"
    assert "<!doctype html>" in page.read_text()


def test_events_are_printed_from_where_one_asks_for(twin: Served, line: CommandLine) -> None:
    twin.stock("A")
    twin.order("A")
    twin.advance(by="PT20S")
    every = [json.loads(text) for text in line.ok("events", "--after", "0", "--no-follow").splitlines()]
    assert [one["seq"] for one in every] == list(range(1, len(every) + 1))
    some = line.ok("events", "--after", "0", "--no-follow", "--type", "JobStateChanged").splitlines()
    assert {json.loads(text)["type"] for text in some} == {"JobStateChanged"}
    assert len(line.ok("events", "--no-follow").splitlines()) == len(every)
    wrong = line.run("events", "--no-follow", "--type", "JobStateChange")
    assert wrong.exit_code == 1
    assert "no events of type 'JobStateChange'; did you mean JobStateChanged?" in wrong.output


def test_traffic_is_recorded_by_a_proxy_and_replayed_in_a_fresh_world(
    twin: Served, line: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "traffic.har"
    process = start("record", "--target", twin.url, "--port", "0", "--out", str(out), "--json")
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, headers=twin.client.headers, timeout=60) as client:
            assert client.post("/api/v2/sku", json={"id": "A"}).status_code == 200
            twin.advance(by="PT30S")
            assert client.get("/api/v2/skus").json()["total"] == 1
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    finally:
        process.end()
    assert (process.returncode, said.splitlines()[-1]) == (0, f"twin: 2 calls are in {out}")
    again = CommandLine(twin.url).run("record", "--target", twin.url, "--port", "0", "--out", str(out))
    assert "--force replaces it" in str(again.exception or again.output)

    answer = line.json("replay", str(out), "--fresh", "--speed", "100000")
    assert (answer["summary"]["calls"], answer["summary"]["same"]) == (2, 2)
    assert answer["summary"]["span_ms"] == 30_000
    assert answer["summary"]["wall_s"] < 30
    assert line.json("world")["total"] == 1, "the fresh world is gone"
    here = line.run("replay", str(out))
    assert here.exit_code == 1
    assert "#1 POST /api/v2/sku: 200 recorded, 409 replayed" in here.stdout
    assert "1 same, 1 other status" in here.stdout
    assert line.run("replay", str(out), "--speed", "0").exit_code == 2
    assert "there is no world w99" in line.run("replay", str(out), "--world", "w99").stderr


@contextmanager
def proxy(twin: Served, out: Path) -> Iterator[tuple[Process, str]]:
    process = start("record", "--target", twin.url, "--port", "0", "--out", str(out), "--json")
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.end()


def test_who_takes_the_recorder_for_an_http_proxy_is_told_what_to_do(twin: Served, tmp_path: Path) -> None:
    with (
        proxy(twin, tmp_path / "traffic.har") as (process, url),
        httpx.Client(proxy=url, headers=twin.client.headers) as client,
    ):
        for _ in range(2):
            answer = client.get("http://site.example/api/v2/skus")
            assert answer.status_code == 400, answer.text
            assert "not as its HTTP proxy" in answer.text
        assert "Traceback" not in process.errors()


def test_an_advance_ends_where_its_client_goes_away_also_behind_the_recorder(
    twin: Served, tmp_path: Path
) -> None:
    out = tmp_path / "traffic.har"
    twin.ok("PUT", "/_twin/operators", {"mode": "simulated"})
    with proxy(twin, out) as (process, url), httpx.Client(base_url=url, timeout=1) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/_twin/clock/advance", json={"by": "P300000D"})
        client.close()
        while twin.clock()["advancing"]:
            pass
        assert twin.clock()["now_ms"] < 300_000 * 86_400_000
        assert "Traceback" not in process.errors()


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_text("no")
    status, out, said = run("replay", str(path))
    assert (status, out) == (2, "")
    assert "capsule" in said


@pytest.mark.parametrize(
    "words",
    ["incident", "incident begin", "incident plan", "fault", "fault add", "record", "replay", "coverage"],
)
def test_help_tells_how(words: str) -> None:
    done = CommandLine("").run(*words.split(), "--help")
    assert done.exit_code == 0
    assert whole_app() is not None
    assert "Usage" in done.stdout
