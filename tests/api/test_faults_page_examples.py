"""The examples of docs/faults.md, word by word: over HTTP, on the command line of a twin and in Python."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from server_process import Served, served

from twin.assembly import build
from twin.checking import check_lines
from twin.domain.commands import FailTag, RepairFault, SendPersonAway
from twin.experiments.sitefile import find_site, load_site

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
HALF_PAST_SIX_MS = 90 * 60_000  # UTC; a served twin begins at five


def chapter(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def commands(title: str) -> list[list[str]]:
    """The words behind ``twin`` of each command line in a chapter."""
    return [shlex.split(line) for line in re.findall(r"^    twin (.*)$", chapter(title), re.MULTILINE)]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served("--site", "demo", "--speed", "0") as twin:
        yield twin


@pytest.fixture
def twin(server: Served) -> Served:
    """The server, as if it had just begun."""
    assert server.client.post("/_twin/worlds/default/reset").status_code == 200
    return server


def test_the_calls_of_the_page_do_what_it_says(twin: Served) -> None:
    lines = re.findall(r"^([A-Z]+) +(/_twin/\S+)(?: +(\{.*\}))?$", chapter("Over HTTP"), re.MULTILINE)
    assert [method for method, *_ in lines] == ["POST", "POST", "POST", "GET", "DELETE"]
    answers = []
    for method, path, body in lines:
        answer = twin.client.request(method, path, json=json.loads(body) if body else None)
        assert answer.is_success, answer.text
        answers.append(answer.json() if answer.content else {})
    stall, cell, stop, listed, _ = answers
    assert (stall["status"], stall["bot"], stall["until_ms"]) == ("active", 3, 90_000)
    assert (cell["status"], cell["at_ms"], cell["until_ms"]) == ("planned", HALF_PAST_SIX_MS, None)
    assert (stop["status"], stop["at_ms"], stop["until_ms"]) == ("planned", 3_600_000, 3_660_000)
    assert listed["items"] == [stall, stop, cell]
    assert twin.ok("GET", "/_twin/incidents")["items"] == [stall, stop]


def test_the_command_lines_of_the_page_do_what_it_says(twin: Served) -> None:
    line, (begin, plan, list_, end) = CommandLine(twin.url), commands("Over HTTP")
    line.ok(*begin)
    line.ok(*plan)
    first, second = line.json(*list_)["items"]
    assert (first["kind"], first["bot"], first["until_ms"]) == ("stall", 3, 90_000)
    where = {name: second[name] for name in ("kind", "level", "x", "y", "at_ms")}
    assert where == {"kind": "cell", "level": 1, "x": 4, "y": 2, "at_ms": HALF_PAST_SIX_MS}
    assert len(line.ok(*list_).splitlines()) == 3
    line.ok(*end)
    assert line.json(*list_)["items"] == [first]


def test_the_lines_of_python_on_the_page_run() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", chapter("In Python"), re.DOTALL)
    engine = build(load_site(find_site("demo")))
    names: dict[str, Any] = {"engine": engine}
    exec(code, {kind.__name__: kind for kind in (FailTag, RepairFault, SendPersonAway)}, names)
    (away,) = engine.plant.state.faults.values()
    assert (away.kind, away.until_ms) == ("PERSON_AWAY", 300_000)
    assert names["fault"] == 2, "the tag's, which is repaired"


def test_the_log_of_faults_by_chance_is_written_as_the_page_says(tmp_path: Path) -> None:
    """Of a shorter day."""
    (words,) = commands("By chance")
    assert words[words.index("--hours") + 1] == "24"
    words[words.index("--hours") + 1] = "0.5"
    path = tmp_path / words[words.index("--out") + 1]
    words[words.index("--out") + 1] = str(path)
    CommandLine("http://127.0.0.1:9").ok(*words)
    lines = path.read_bytes().splitlines()
    assert any(b'"FaultBegan"' in line for line in lines)
    report = check_lines(lines, complete=True)
    assert report.ok, report.as_text()
