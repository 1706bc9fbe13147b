"""A recorded answer beside the replayed one: which fields differ that should not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.calls.catalogue import Operation
from api.calls.secrecy import HIDDEN
from api.recording.correlating import Correlation, is_stamp, kind_of, pairs_of

ABSENT: Final = "(not there)"
MOST: Final = 20
"""Differences of a call that are told; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of an answer, like ``items[0].status``, and both its values."""

    field: str
    recorded: Any
    replayed: Any


class Comparison:
    """Compares answers, and learns from them which ids took the place of which.

    Instants, secrets, ids that the server gives and the fields ``ignored`` do not count.
    """

    def __init__(self, correlation: Correlation, ignored: frozenset[str] = frozenset()) -> None:
        self._correlation, self._ignored = correlation, ignored

    def of(self, operation: Operation | None, recorded: bytes, replayed: bytes) -> list[Difference]:
        """What differs between two bodies."""
        try:
            before, now = json.loads(recorded), json.loads(replayed)
        except ValueError:
            same = recorded == replayed
            return [] if same else [Difference("body", _size(recorded), _size(replayed))]
        return list(self._differ("", before, now, operation))

    def refusals(self, recorded: bytes, replayed: bytes) -> list[Difference]:
        """What two answers of other statuses say for it."""
        before, now = _detail(recorded), _detail(replayed)
        return [] if before == now else [Difference("detail", before, now)]

    def _differ(self, where: str, before: Any, now: Any, operation: Operation | None) -> Iterator[Difference]:
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            yield from self._members(where, before, now, operation)
        elif isinstance(before, list) and isinstance(now, list):
            yield from self._rows(where, before, now, operation)
        elif not self._alike(where, before, now, operation):
            yield Difference(where or "body", before, now)

    def _members(
        self, where: str, before: Mapping[str, Any], now: Mapping[str, Any], operation: Operation | None
    ) -> Iterator[Difference]:
        for name in dict.fromkeys((*before, *now)):
            here = f"{where}.{name}" if where else name
            if name in before and name in now:
                differences = self._differ(here, before[name], now[name], operation)
                # What does not count may still have ids to be learned.
                yield from (one for one in list(differences) if name not in self._ignored)
            elif name not in self._ignored:
                yield Difference(here, _cut(before.get(name, ABSENT)), _cut(now.get(name, ABSENT)))

    def _rows(
        self, where: str, before: list[Any], now: list[Any], operation: Operation | None
    ) -> Iterator[Difference]:
        kind, ids = kind_of("id", operation), self._correlation
        if len(before) != len(now):
            yield Difference(f"{where or 'body'} (rows)", len(before), len(now))
        places = {id(row): place for place, row in enumerate(before)}
        for row, other in pairs_of(before, now, lambda one: ids.known(one, kind), ids.mark):
            yield from self._differ(f"{where}[{places[id(row)]}]", row, other, operation)

    def _alike(self, where: str, before: Any, now: Any, operation: Operation | None) -> bool:
        if HIDDEN in (before, now) or (is_stamp(before) and is_stamp(now)):
            return True
        kind = kind_of(where.rpartition(".")[2].partition("[")[0], operation)
        if kind is None or type(before) is not type(now) or not isinstance(before, str | int):
            same = self._correlation.text(before) if isinstance(before, str) else before
            return bool(same == now and type(before) is type(now))
        self._correlation.learn(kind, before, now)
        return bool(self._correlation.of(kind, before) == now)


def _detail(body: bytes) -> Any:
    """Why a call was refused; ABSENT where it was not."""
    try:
        value = json.loads(body)
    except ValueError:
        return ABSENT
    return value.get("detail", ABSENT) if isinstance(value, dict) else ABSENT


def _size(body: bytes) -> str:
    return f"{len(body)} bytes"


def _cut(value: Any) -> Any:
    return value if not isinstance(value, dict | list) else f"({len(value)} members)"
