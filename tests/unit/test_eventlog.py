"""The canonical log: one JSON object a line, integers for times and places, and its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.assembly import busy_day
from twin.domain import events as past
from twin.experiments.sitegen import LaneShape, lane_site
from twin.records.eventlog import EventLog, encode


def some(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a declared type, with integers as they come in a log: JSON's other readers know no larger."""
    if hint is int:
        return st.integers(-(2**53), 2**53)
    args = [arg for arg in get_args(hint) if arg is not Ellipsis]
    if get_origin(hint) is list:
        return st.lists(some(args[0]), max_size=3)
    if get_origin(hint) is tuple:
        return st.tuples(*map(some, args))
    if get_origin(hint) is dict:
        return st.dictionaries(st.text(max_size=5), some(int), max_size=3)
    return st.one_of(*map(some, args)) if args else st.from_type(hint)


def events(kind: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{f.name: some(hints[f.name]) for f in fields(kind)})


@pytest.mark.parametrize("kind", get_args(past.Event), ids=lambda kind: kind.__name__)
def test_every_event_is_a_line_of_its_number_time_type_and_its_own_fields_in_order(kind: type) -> None:
    """Read with any JSON reader."""

    @settings(max_examples=settings.default.max_examples // 4)
    @given(events(kind), st.integers(1, 2**53), st.integers(0, 2**53))
    def is_written(event: Any, seq: int, t_ms: int) -> None:
        line = encode(seq, t_ms, event)
        assert line.endswith(b"}\n")
        assert line.count(b"\n") == 1
        pairs = json.loads(line, object_pairs_hook=list)
        names = [f.name.rstrip("_") for f in fields(kind)]
        assert [name for name, _ in pairs] == ["seq", "t_ms", "type", *names]
        assert [value for _, value in pairs[:3]] == [seq, t_ms, kind.__name__]

    is_written()


def test_where_a_thing_came_from_is_called_from_in_the_log() -> None:
    """``from`` is a word of Python, so the field has another name inside."""
    event = past.RequestStateChanged("request-1", "FETCH", None, "CREATED")
    assert encode(2, 30, event) == (
        b'{"seq":2,"t_ms":30,"type":"RequestStateChanged",'
        b'"request":"request-1","type_name":"FETCH","from":null,"to":"CREATED"}\n'
    )


def test_places_are_pairs_and_an_open_end_is_null() -> None:
    event = past.LegPlanned(1, 1, False, None, [(0, 0), (0, 1)], [5, 10], [800, None], 900, 11, [(0, 5, 7)])
    assert encode(1, 5, event) == (
        b'{"seq":1,"t_ms":5,"type":"LegPlanned","bot":1,"level":1,"laden":false,"carrier":null,'
        b'"cells":[[0,0],[0,1]],"enter_ms":[5,10],"leave_ms":[800,null],"arrive_ms":900,"energy_mj":11,"waits":[[0,5,7]]}\n'
    )


def test_the_hash_is_that_of_all_bytes_written() -> None:
    lines: list[bytes] = []
    log, silent = EventLog(lines.append), EventLog()
    for seq in range(1, 4):
        for one in (log, silent):
            one.write(seq, 7, past.SkuCreated(f"Schräubchen {seq}"))
    assert log.sha256 == silent.sha256 == hashlib.sha256(b"".join(lines)).hexdigest()
    assert log.lines == silent.lines == 3


def test_the_hash_can_be_asked_for_at_any_time() -> None:
    log = EventLog()
    log.write(1, 0, past.SkuCreated("A"))
    first = log.sha256
    assert log.sha256 == first
    log.write(2, 0, past.SkuCreated("B"))
    assert log.sha256 != first


def test_a_busy_log_counts_from_one_begins_with_the_site_and_has_no_broken_numbers() -> None:
    """Fractions would differ in writing from machine to machine."""
    lines: list[bytes] = []
    site = lane_site("busy", LaneShape(columns=10, blocks=1))
    busy_day(site, 0.2, 300, 1, [EventLog(lines.append).write]).run_until(720_000)

    def whole(text: str) -> int:
        raise AssertionError(f"{text} is no integer")

    events = [json.loads(line, parse_float=whole) for line in lines]
    assert len(events) > 100
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["type"] for event in events].index("SiteLoaded") == 0
    times = [event["t_ms"] for event in events]
    assert times == sorted(times)
