"""Breakpoints: events at which time has to stop, and what an advance has met on its way."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Final

from twin.domain.errors import InUse, NotFound
from twin.domain.events import Event, JobStateChanged, RequestStateChanged

JOB: Final = "job"
REQUEST: Final = "request"
MOST_BREAKPOINTS: Final = 100
MOST_CHANGES: Final = 100
"""Changes of status that an advance tells one by one."""


@dataclass(slots=True)
class Breakpoint:
    """Stops time when a job or request (``kind``) enters ``status``. ``key`` None: any of them.

    ``made_ms`` is the simulated time at which it was made; ``hits`` counts how often it has
    stopped time, ``last_ms`` and ``last_key`` are when and by which.
    """

    id: str
    kind: str
    key: str | None
    status: str
    once: bool
    made_ms: int
    hits: int = 0
    last_ms: int | None = None
    last_key: str | None = None


class Breakpoints:
    """The breakpoints of a world. To be told of every event. ``changes`` grows with each change."""

    def __init__(self) -> None:
        self._all: dict[str, Breakpoint] = {}
        self._made = 0
        self.changes = 0
        self.struck: Breakpoint | None = None

    def all(self) -> list[Breakpoint]:
        """All of them, oldest first."""
        return list(self._all.values())

    def add(self, kind: str, key: str | None, status: str, once: bool, now_ms: int) -> Breakpoint:
        """A new one. Raises InUse where there are too many."""
        if len(self._all) >= MOST_BREAKPOINTS:
            raise InUse(f"there are {MOST_BREAKPOINTS} breakpoints; delete one first")
        self._made += 1
        self.changes += 1
        breakpoint_ = Breakpoint(f"b{self._made}", kind, key, status, once, now_ms)
        self._all[breakpoint_.id] = breakpoint_
        return breakpoint_

    def remove(self, breakpoint_id: str) -> None:
        """Forget one. Raises NotFound."""
        if self._all.pop(breakpoint_id, None) is None:
            raise NotFound("Breakpoint", breakpoint_id)
        self.changes += 1

    def plain(self) -> dict[str, Any]:
        """All of them as JSON values."""
        return {"made": self._made, "items": [asdict(one) for one in self._all.values()]}

    def recover(self, plain: dict[str, Any]) -> None:
        """Have those that ``plain`` has written, instead of all there were."""
        self._made = plain["made"]
        self._all = {item["id"]: Breakpoint(**item) for item in plain["items"]}

    def observe_again(self, _seq: int, t_ms: int, event: Event) -> None:
        """Take note of an event that may have stopped time before the process ended, and then counts not."""
        for one in self.all():
            if t_ms > max(one.made_ms, one.last_ms or 0):
                self._strike(one, t_ms, event)

    def observe(self, _seq: int, t_ms: int, event: Event) -> None:
        """Take note of an event."""
        if self._all:
            for one in self.all():
                self._strike(one, t_ms, event)

    def _strike(self, one: Breakpoint, t_ms: int, event: Event) -> None:
        """Let a breakpoint stop time if the event is what it waits for."""
        met = _met(event)
        if met is None or (one.kind, one.status) != met[:2] or one.key not in (None, met[2]):
            return
        one.hits, one.last_ms, one.last_key = one.hits + 1, t_ms, met[2]
        self.changes += 1
        self.struck = self.struck or one
        if one.once:
            del self._all[one.id]

    def take(self) -> Breakpoint | None:
        """The one that has been met since it was asked last, if any."""
        struck, self.struck = self.struck, None
        return struck


def _met(event: Event) -> tuple[str, str, str] | None:
    """Whether a job or request has entered which status, and its id; None for other events."""
    if isinstance(event, JobStateChanged):
        return JOB, event.to, event.job
    if isinstance(event, RequestStateChanged):
        return REQUEST, event.to, event.request
    return None


class Meanwhile:
    """What happens during an advance: how often what, and the first changes of status. Bounded."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.changes: list[dict[str, Any]] = []
        self.left_off = 0
        self.first_seq: int | None = None

    def observe(self, seq: int, t_ms: int, event: Event) -> None:
        """Take note of an event."""
        if self.first_seq is None:
            self.first_seq = seq
        self.counts[type(event).__name__] += 1
        if isinstance(event, JobStateChanged):
            self._note({"t_ms": t_ms, "job": event.job, "request": event.request, "status": event.to})
        elif isinstance(event, RequestStateChanged):
            self._note({"t_ms": t_ms, "job": None, "request": event.request, "status": event.to})

    def _note(self, change: dict[str, Any]) -> None:
        if len(self.changes) < MOST_CHANGES:
            self.changes.append(change)
        else:
            self.left_off += 1
