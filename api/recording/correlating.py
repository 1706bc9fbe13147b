"""What differs by nature between a recorded site and the one where its traffic is replayed: ids that the
server gives, and instants.

An id is known by its kind (that of a box, a job, a request, a user, a key, ...) and learned by laying a
recorded answer beside the replayed one.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, unquote

from api.calls.catalogue import Catalogue, Operation
from api.recording.reading import Recorded, shifted
from api.wire.stamps import BERLIN

Scalar = str | int
KIND_OF_NAME: Final = {
    "box_id": "box",
    "source_box_id": "box",
    "target_box_id": "box",
    "source_box": "box",
    "target_box": "box",
    "job_id": "job",
    "request_id": "request",
    "user_id": "user",
    "user_idx": "user",
    "api_key_id": "key",
    "deleted_key_id": "key",
}
KIND_OF_ANSWER: Final = {
    "create_box": "box",
    "change_box": "box",
    "delete_box": "box",
    "get_jobs": "job",
    "trigger_job": "job",
    "get_requests": "request",
    "create_request": "request",
    "charge_all_bots": "request",
    "remove_bots": "request",
    "get_users": "user",
    "create_account": "user",
    "update_user": "user",
    "get_api_keys": "key",
    "generate_api_key": "key",
    "get_events": "event",
    "create_issue": "issue",
    "get_inventory_view": "row",
}
"""Of what kind an ``id`` in the answer of an operation, or in its filters, is."""
STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+ -]\d\d:?\d\d|Z)?")
WORD: Final = re.compile(r"[\w-]+")
FILTER: Final = re.compile(r"__(eq|in|ilike|gte?|lte?)$")


def kind_of(name: str, operation: Operation | None) -> str | None:
    """Of what kind the id of a field or filter is; None for one that is no id which a server gives."""
    name = FILTER.sub("", name)
    if name in ("id", "key") and operation is not None:
        own = KIND_OF_ANSWER.get(operation.id)
        return own if name == "id" or own == "issue" else None
    return KIND_OF_NAME.get(name)


@dataclass
class Correlation:
    """Recorded ids and those that took their place, by kind; ``shift`` is what to add to an instant."""

    catalogue: Catalogue
    shift: timedelta = timedelta()
    ids: dict[tuple[str, Scalar], Scalar] = field(default_factory=dict)

    def learn(self, kind: str, recorded: Scalar, replayed: Scalar) -> None:
        """An id has been given where another was; the first time counts."""
        self.ids.setdefault((kind, recorded), replayed)

    def of(self, kind: str | None, recorded: Any) -> Any:
        """The id that took the place of a recorded one; itself where none is known."""
        if kind is None or not isinstance(recorded, str | int):
            return recorded
        return self.ids.get((kind, recorded), recorded)

    def text(self, recorded: str) -> str:
        """A sentence with the ids in it replaced, where they are words such as "job-7"."""
        words = {old: str(new) for (_, old), new in self.ids.items() if isinstance(old, str)}
        return WORD.sub(lambda word: words.get(word[0], word[0]), recorded)

    def known(self, row: Any, kind: str | None) -> Any:
        """The id that a recorded row must have now; None where that is not known."""
        number = _id(row)
        return number if kind is None else self.ids.get((kind, number))

    def mark(self, row: Any) -> Any:
        """What a recorded row is about, in the ids of the replay."""
        if not isinstance(row, Mapping):
            return None
        return _mark({name: self.of(KIND_OF_NAME.get(name), value) for name, value in row.items()})

    def call(self, recorded: Recorded) -> Recorded:
        """The call to make in the place of a recorded one."""
        operation = self.catalogue.match(recorded.method, recorded.path)
        moved = shifted(recorded, lambda name, value: self._value(name, value, operation))
        if operation is not None:
            moved = replace(moved, path=self._path(operation, moved.path))
        return replace(moved, body=self._body(moved.body, operation))

    def _path(self, operation: Operation, path: str) -> str:
        for name, text in self.catalogue.parameters(operation, path).items():
            # Only the parameters of a box, job, user and key are ids that the server gave.
            now = self._text(kind_of(name, None), unquote(text))
            if now != unquote(text):
                path = _replaced(operation, path, name, quote(now, safe=""))
        return path

    def _value(self, name: str, value: str, operation: Operation | None) -> str:
        kind = kind_of(name, operation)
        if kind is not None:
            return ",".join(self._text(kind, one) for one in value.split(","))
        return self.stamp(value) if STAMP.fullmatch(value) else value

    def _text(self, kind: str | None, text: str) -> str:
        if kind is None:
            return text
        plain = self.of(kind, text)
        if plain == text and text.isdecimal():
            plain = self.of(kind, int(text))
        return str(plain)

    def stamp(self, text: str) -> str:
        """An instant, as much later as the replay is than the recording. Without an offset it is Berlin's."""
        try:
            moment = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
        except ValueError:
            return text
        if moment.tzinfo is not None:
            return (moment + self.shift).isoformat()
        there = moment.replace(tzinfo=BERLIN).astimezone(UTC) + self.shift
        return there.astimezone(BERLIN).replace(tzinfo=None).isoformat()

    def _body(self, body: bytes, operation: Operation | None) -> bytes:
        try:
            value = json.loads(body) if body else None
        except ValueError:
            return body
        if not isinstance(value, dict | list):
            return body
        # The ``id`` in a body is one that the client gives.
        moved = _mapped(value, lambda name, one: self.of(KIND_OF_NAME.get(name), one))
        return body if moved == value else json.dumps(moved, ensure_ascii=False).encode()


def _replaced(operation: Operation, path: str, name: str, text: str) -> str:
    """A path with one of its parameters replaced."""
    parts = operation.path.split("/")
    here = path.split("/")
    where = next(i for i, part in enumerate(parts) if part == f"{{{name}}}")
    return "/".join([*here[:where], text, *here[where + 1 :]])


def _mapped(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """A JSON value with each plain value changed by the name of the member that holds it."""
    if isinstance(value, Mapping):
        return {key: _mapped(one, change, key) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_mapped(one, change, name) for one in value]
    return change(name, value)


def is_stamp(value: Any) -> bool:
    """Whether a value is an instant."""
    return isinstance(value, str) and STAMP.fullmatch(value) is not None


NATURAL: Final = ("request_id", "box_id", "job_id", "sku_id", "carrier_id", "type", "hex_value", "name")
"""Members by which a row is known again before its id is."""


def pairs_of(
    recorded: list[Any], replayed: list[Any], known: Callable[[Any], Any], mark: Callable[[Any], Any]
) -> Iterator[tuple[Any, Any]]:
    """Rows of two lists that belong together.

    By an id that is ``known`` already, else by the ``mark`` of what a row is about, else by
    place. A row without its like is left out.
    """
    left = dict(enumerate(replayed))
    waiting = [row for row in recorded if row is not None]
    for key_of, key_of_other in ((known, _id), (mark, _mark)):
        places: dict[Any, deque[int]] = {}
        for place, row in left.items():
            places.setdefault(key_of_other(row), deque()).append(place)
        later = []
        for row in waiting:
            key = key_of(row)
            found = places.get(key) if key is not None else None
            if found:
                yield row, left.pop(found.popleft())
            else:
                later.append(row)
        waiting = later
    yield from zip(waiting, left.values(), strict=False)


def _id(row: Any) -> Any:
    found = row.get("id") if isinstance(row, Mapping) else None
    return found if isinstance(found, str | int) else None


def _mark(row: Any) -> Any:
    if not isinstance(row, Mapping):
        return None
    return tuple(repr(row[name]) if name in row else None for name in NATURAL)
