"""The canonical event log: one JSON object a line, and its SHA-256.

Documented for third parties in ``docs/event-log.md``. A line is ``seq``, ``t_ms`` and
``type``, then the event's own fields in their declared order, without spaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import get_args

import orjson

from twin.domain.events import Event
from twin.simulation.codec import from_plain

KINDS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Event)}
"""The types of events, by name."""
_NAMES = {kind: name.encode() for name, kind in KINDS.items()}
_WITH_FROM = frozenset(kind for kind in _NAMES if "from_" in kind.__annotations__)
Sink = Callable[[bytes], object]


class EventLog:
    """Writes events to a sink and hashes what it has written.

    Subscribe ``log.write`` to an engine. Without a sink only the hash is kept.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self.lines = 0

    def write(self, seq: int, t_ms: int, event: Event) -> None:
        """Append one event."""
        line = encode(seq, t_ms, event)
        self._hash.update(line)
        self.lines += 1
        if self._sink is not None:
            self._sink(line)

    def fork(self) -> EventLog:
        """A log without a sink that goes on from what this one has written."""
        other = EventLog()
        other._hash, other.lines = self._hash.copy(), self.lines
        return other

    @property
    def sha256(self) -> str:
        """The hash of all bytes written so far: what ``sha256sum`` says of the file."""
        return self._hash.hexdigest()


def encode(seq: int, t_ms: int, event: Event) -> bytes:
    """The line of an event, with its newline."""
    kind = type(event)
    body = orjson.dumps(event)
    if kind in _WITH_FROM:
        # Quotes within a value are escaped, so that only the key can match.
        body = body.replace(b'"from_":', b'"from":', 1)
    return b'{"seq":%d,"t_ms":%d,"type":"%s",%s\n' % (seq, t_ms, _NAMES[kind], body[1:])


def decode(line: bytes) -> tuple[int, int, Event]:
    """Number, time and event of a line. Raises ValueError where it is none that ``encode`` has written."""
    plain = orjson.loads(line)
    try:
        seq, t_ms, kind = plain.pop("seq"), plain.pop("t_ms"), KINDS[plain.pop("type")]
        if "from" in plain:
            plain["from_"] = plain.pop("from")
        event: Event = from_plain(kind, plain)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no line of an event log: {error}") from None
    return seq, t_ms, event
