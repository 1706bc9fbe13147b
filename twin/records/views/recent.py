"""The end of the event log, for those who come later."""

from __future__ import annotations

from collections import deque

from twin.domain.events import Event
from twin.records.eventlog import encode

KEPT = 20_000
"""Events that are kept: some hours of a busy site."""


class RecentEvents:
    """The latest events. They are plain frozen data, and written as lines only when asked for."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, int, Event]] = deque(maxlen=KEPT)

    def note(self, seq: int, t_ms: int, event: Event) -> None:
        """Keep an event."""
        self._kept.append((seq, t_ms, event))

    def events(self) -> list[tuple[int, int, Event]]:
        """Number, time in ms and event of all that are kept, oldest first."""
        return list(self._kept)


def lines_of(events: list[tuple[int, int, Event]]) -> bytes:
    """The lines of the event log for some events."""
    return b"".join(encode(seq, t_ms, event) for seq, t_ms, event in events)
