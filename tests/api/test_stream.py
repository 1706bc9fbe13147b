"""``/_twin/events``: the event log as Server-Sent Events; ``/_twin/metrics``; seed files; the JSON log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer import Typer
from typer.core import TyperOption as Option
from typer.main import get_command

from api.serve import command
from tests.api.forked import attempt, forked
from tests.api.preloaded import Process
from tests.api.server_process import Served, served

JSON_CALL = {"calls": [{"path": "/api/v2/requests", "json": {"type": "NONSENSE"}}]}


@pytest.fixture(scope="module")
def twin() -> Iterator[Served]:
    with served("--site", "tiny", "--speed", "0") as twin:
        yield twin


def read(answer: httpx.Response, count: int) -> list[tuple[int, str, dict[str, Any]]]:
    """So many events of a stream: id, name, data."""
    found: list[tuple[int, str, dict[str, Any]]] = []
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            place = int(fields["id"].rpartition("-")[2])
            found.append((place, fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(found) == count:
                break
    return found


def test_the_stream_tells_what_happens_as_it_happens(twin: Served) -> None:
    with twin.client.stream("GET", "/_twin/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        twin.ok("POST", "/api/v2/sku", {"id": "LIVE"})
        [(seq, name, data)] = read(answer, 1)
    assert (name, data["type"], data["sku"], data["seq"]) == ("SkuCreated", "SkuCreated", "LIVE", seq)


def test_a_reader_who_comes_back_misses_nothing_and_gets_nothing_twice(twin: Served) -> None:
    with twin.client.stream("GET", "/_twin/events?after=0") as answer:
        first = read(answer, 1)
    for number in range(5):
        twin.ok("POST", "/api/v2/sku", {"id": f"BACK-{number}"})
    header = {"Last-Event-ID": str(first[-1][0])}
    with twin.client.stream("GET", "/_twin/events?follow=false", headers=header) as answer:
        rest = read(answer, 1000)
    seqs = [seq for seq, _, _ in (*first, *rest)]
    assert seqs == list(range(1, len(seqs) + 1))
    lines = twin.client.get("/_twin/log/lines").text.splitlines()
    assert [data for _, _, data in (*first, *rest)] == [json.loads(line) for line in lines]


def test_a_reader_may_ask_for_some_types_only(twin: Served) -> None:
    twin.ok("POST", "/api/v2/sku", {"id": "TYPED"})
    query = "after=0&follow=false&type=SkuCreated"
    with twin.client.stream("GET", f"/_twin/events?{query}") as answer:
        names = {name for _, name, _ in read(answer, 1000)}
    assert names == {"SkuCreated"}


def test_a_last_event_id_that_is_no_number_is_refused(twin: Served) -> None:
    answer = twin.client.get("/_twin/events", headers={"Last-Event-ID": "soon"})
    assert answer.status_code == 422


def test_metrics_can_be_scraped(twin: Served) -> None:
    twin.ok("GET", "/api/v2/bots")
    text = twin.client.get("/_twin/metrics").text
    assert 'twin_simulated_seconds{world="default"} 0.0' in text
    assert 'twin_calls_total{operation="get_bots",status="200",world="default"}' in text
    assert 'twin_bots{state="idle",world="default"}' in text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert all(name.startswith(("twin_", "process_", "python_")) for name in families)
    assert all(family.documentation for family in families.values())
    assert not any(name.endswith(("_ms", "_total_total")) for name in families)


def test_seed_files_are_done_before_the_twin_is_ready(tmp_path: Path) -> None:
    load = {"sku_id": "TEA", "item_count": 5, "item_count_max": 10}
    boxes = [{"carrier": "1001", "section_code": "11111111", "load": load}]
    (tmp_path / "1.json").write_text(json.dumps({"skus": [{"id": "TEA"}], "boxes": boxes}))
    (tmp_path / "2.py").write_text(
        "def seed(client):\n"
        "    assert 'seed file 2.py' in client.get('/_twin/ready').json()['missing'][0]\n"
        "    client.post('/api/v2/sku', json={'id': 'FROM-PYTHON'}).raise_for_status()\n"
    )
    with served("--site", "tiny", "--speed", "0", "--init", str(tmp_path)) as twin:
        assert twin.ok("GET", "/_twin/ready")["missing"] == []
        skus = {row["id"]: row["total_quantity"] for row in twin.ok("GET", "/api/v2/skus")["items"]}
    assert skus == {"TEA": 5, "FROM-PYTHON": 0}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("1.json", "{", "Expecting property name"),
        ("1.json", '{"skuz": []}', "any of skus, boxes, calls"),
        ("1.json", '{"boxes": [{"section_code": "1"}]}', "boxes[0] must be an object with 'carrier'"),
        ("1.json", json.dumps(JSON_CALL), "calls[0]: POST /api/v2/requests was refused (422)"),
        ("1.json", '{"skus": 5}', "skus must be a list"),
        ("1.json", '{"calls": [{"path": "/x", "method": 7}]}', "calls[0]: path and method must be text"),
        ("1.py", "x = 1", "no function seed(client)"),
        ("1.py", "def seed(client):\n    raise KeyError('TEA')\n", "1.py:2: KeyError: 'TEA'"),
        ("1.py", "def seed(client)\n    pass\n", "1.py:1: SyntaxError"),
        ("1.py", "raise SystemExit(3)", "ended itself with the status 3"),
        ("1.txt", "", "end in .json or .py"),
    ],
)
def test_a_seed_file_that_cannot_be_done_ends_the_server_with_its_place(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    status, error = attempt("--site", "tiny", "--init", str(tmp_path))
    assert status == 2, error
    assert says in error
    assert name in error
    assert "Traceback" not in error


def test_a_world_whose_seed_files_were_not_done_is_made_anew(tmp_path: Path) -> None:
    """A server that is killed, or refused something, half way through them leaves no half of a world."""
    init, state = tmp_path / "init", tmp_path / "state"
    init.mkdir()
    (init / "1.json").write_text(json.dumps({"skus": [{"id": "ONCE"}]}))
    user = {"email": "a@example.com", "username": "a", "role": "User"}
    calls = [{"path": "/api/v2/auth/create_account", "json": user}, {"path": "/nowhere"}]
    (init / "2.json").write_text(json.dumps({"calls": calls}))
    options = ("--init", str(init), "--site", "tiny", "--state", str(state))
    status, error = attempt(*options)
    assert status == 2
    assert "2.json: calls[1]" in error
    (init / "2.json").write_text(json.dumps({"calls": calls[:1]}))
    for _ in range(2):
        with forked(*options, key="a-key") as twin:
            assert twin is not None
            assert [row["id"] for row in twin.ok("GET", "/api/v2/skus")["items"]] == ["ONCE"]
            assert len(twin.ok("GET", "/api/v2/auth/users")["items"]) == 1
            twin.ok("GET", "/_twin/ready")
        options = ("--init", str(init), "--state", str(state))


def test_a_key_that_was_made_up_is_told_in_the_json_log_and_a_given_one_is_not() -> None:
    for given in ((), ("--api-key", "given-key")):
        options = ("--port", "0", "--json", "--site", "tiny", "--log-format", "json", *given)
        process = Process("serve", *options)
        try:
            facts = json.loads(process.stdout.readline())
            [ready] = [json.loads(line) for line in process.errors().splitlines()]
            assert ready["message"] == "ready"
            assert ready.get("api_key") == (None if given else facts["api_key"])
        finally:
            process.end()


def test_every_option_of_serve_has_a_variable() -> None:
    options = {
        option.name: option for option in get_command(app_of(command)).params if isinstance(option, Option)
    }
    for name, option in options.items():
        assert option.envvar == f"TWIN_{name.removeprefix('as_').upper()}", name


def app_of(function: object) -> Typer:
    app = Typer(add_completion=False)
    app.command()(function)
    return app
