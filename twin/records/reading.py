"""Event logs read back: the lines that ``eventlog`` writes, as the events they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

import orjson

from twin.domain.events import Event, LegCut, LegPlanned
from twin.records.eventlog import KINDS

_NAMES: dict[type, tuple[tuple[str, str], ...]] = {
    kind: tuple((f.name, f.name.rstrip("_")) for f in fields(kind)) for kind in KINDS.values()
}


def read_events(lines: Iterable[bytes | str]) -> Iterator[tuple[int, int, Event]]:
    """Number, time in ms and event of each line of a twin's log; kinds unknown here are passed over.

    Raises ValueError, naming the line, for what is no JSON object or lacks a field that
    the twin writes.
    """
    for number, line in enumerate(lines, 1):
        try:
            read = _read(orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError, KeyError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"line {number}: {what}") from error
        if read is not None:
            yield read


def _read(entry: dict[str, Any]) -> tuple[int, int, Event] | None:
    kind = KINDS.get(entry["type"])
    if kind is None:
        return None
    event: Event = kind(**{name: entry[key] for name, key in _NAMES[kind]})
    if isinstance(event, LegPlanned | LegCut):
        cells, waits = [(x, y) for x, y in event.cells], [(i, a, b) for i, a, b in event.waits]
        event = replace(event, cells=cells, waits=waits)
    return entry["seq"], entry["t_ms"], event
