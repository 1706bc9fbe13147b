"""events.parquet: all that happened, as a table that others read."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pandas as pd
import pytest
from small import TEXT, Counted, executor, study

from twin import lab
from twin.records.eventlog import EventLog
from twin.studies import eventtable
from twin.studies.folder import Folder
from twin.studies.pool import local
from twin.studies.running import Task, engine_of
from twin.studies.study import Executor, carry_out

VARIED = TEXT + "vary: {fleet.bots_per_level: [1, 2]}\n"
ASKED = study(VARIED, "run.replications=2", "run.events=all", "run.horizon=20 min")


def log_of(task: Task) -> list[bytes]:
    """The lines of a replication's event log."""
    lines: list[bytes] = []
    engine_of(task.variant, task.seed, [EventLog(lines.append).write]).run_until(
        task.variant.scenario.run.horizon
    )
    return lines


def line_of(row: dict[str, object]) -> bytes:
    """The line of the event log that a row of the table stands for."""
    head = f'{{"seq":{row["seq"]},"t_ms":{row["t_ms"]},"type":"{row["type"]}",'
    return head.encode() + str(row["fields"]).removeprefix("{").encode() + b"\n"


def made(folder: Path, workers: int) -> bytes:
    """The table of all replications of ``ASKED``."""
    with local(workers) as runner:
        results = carry_out(ASKED.compared(), Executor(runner, Folder(folder)))
    Folder(folder).write(results, ASKED, 1.0)
    return (folder / "events.parquet").read_bytes()


def test_the_table_is_the_same_to_the_byte_for_any_number_of_workers(tmp_path):
    assert made(tmp_path / "one", 1) == made(tmp_path / "many", 2)


def test_the_table_holds_the_event_log_to_the_byte_in_pieces_of_any_size(tmp_path, monkeypatch):
    monkeypatch.setattr(eventtable, "PIECE", 100)
    made(tmp_path, 1)
    asked, frame = ASKED, pd.read_parquet(tmp_path / "events.parquet")
    assert list(frame.columns[:5]) == ["variant", "replication", "seq", "t_ms", "type"]
    groups = frame.groupby(["variant", "replication"], observed=True)
    assert list(groups.groups) == [(v.name, r) for v in asked.variants for r in (0, 1)]
    for (variant, replication), rows in groups:
        task = Task(next(v for v in asked.variants if v.name == variant), replication, 0)
        assert [line_of(row) for row in rows.to_dict("records")] == log_of(task)


def test_columns_say_what_the_fields_say(tmp_path):
    asked = study(TEXT, "run.replications=2", "run.events=first", "run.horizon=20 min")
    with executor(Folder(tmp_path)) as ready:
        Folder(tmp_path).write(carry_out([asked.baseline], ready), asked, 1.0)
    frame = lab.events(tmp_path)
    assert set(frame["replication"]) == {0}
    for row in frame.to_dict("records"):
        said = orjson.loads(row["fields"])
        for name in (*eventtable.NUMBERS, *eventtable.TEXTS):
            found = None if pd.isna(row[name]) else row[name]
            assert found == said.get(name)
    legs = lab.events(tmp_path, "LegPlanned")
    assert 0 < len(legs) < len(frame)
    assert set(legs["type"]) == {"LegPlanned"}
    assert legs["bot"].dtype == "Int32"


def test_events_asked_for_later_are_made_then_and_go_when_nobody_wants_them(tmp_path):
    plain = study(TEXT, "run.replications=2")
    with_events, runs = study(TEXT, "run.replications=2", "run.events=all"), []
    for asked in (plain, with_events, with_events, plain):
        counted = Counted()
        with executor(Folder(tmp_path), counted) as ready:
            Folder(tmp_path).write(carry_out([asked.baseline], ready), asked, 1.0)
        runs.append((counted.run, (tmp_path / "events.parquet").exists()))
    assert runs == [(2, False), (2, True), (0, True), (0, False)]
    hashes = json.loads((tmp_path / "kpis.json").read_text())["variants"]["baseline"]["log_sha256"]
    assert len(hashes) == 2


def test_a_notebook_has_them_as_a_frame(tmp_path):
    small = lab.scenario_text(TEXT).override({"run.replications": 2, "run.horizon": "20 min"})
    with pytest.raises(KeyError, match="no events were kept"):
        small.run().events()
    outcomes = small.override({"run.events": "all"}).run()
    frame = outcomes.events("RequestStateChanged")
    assert set(frame["variant"]) == {"baseline"}
    assert set(frame["replication"]) == {0, 1}
    outcomes.report(tmp_path)
    again = lab.events(tmp_path, "RequestStateChanged")
    assert again.to_json(orient="records") == frame.to_json(orient="records")
