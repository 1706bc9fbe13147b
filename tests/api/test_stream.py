"""``/_twin/events``: the event log as Server-Sent Events; ``/_twin/metrics``; seed files; the JSON log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer import Typer
from typer.core import TyperOption as Option
from typer.main import get_command

from api.serve import command
from tests.api.server_process import Served, run, served

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
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
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
        ("1.py", "x = 1", "no function seed(client)"),
        ("1.txt", "", "end in .json or .py"),
    ],
)
def test_a_seed_file_that_cannot_be_done_ends_the_server_with_its_place(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    status, _, error = run("serve", "--site", "tiny", "--port", "0", "--init", str(tmp_path))
    assert status == 2, error
    assert says in error
    assert name in error


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
