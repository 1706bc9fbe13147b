"""Moving an engine forward until something is so, in slices that others can come between.

Events are handled as fast as they can be. An advance ends *exactly* at the event
that fulfils its condition. It has no clock of its own: the caller passes one in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from twin.domain.errors import Invalid, NotFound
from twin.domain.events import Event, JobStateChanged, RequestStateChanged
from twin.domain.state import State
from twin.domain.work import JOB_NEXT, REQUEST_NEXT, WAITING

REACHED: Final = "reached"
LIMIT: Final = "limit"
NOTHING_LEFT: Final = "nothing_left"
OUT_OF_REACH: Final = "out_of_reach"
STOPPED: Final = "breakpoint"

Following = Mapping[str | None, tuple[str, ...]]


class Advanced(Protocol):
    """What an advance needs of an engine."""

    @property
    def now(self) -> int:
        """Simulated ms."""

    @property
    def idle(self) -> bool:
        """Whether no work is open and every bot is parked."""

    @property
    def quiet(self) -> bool:
        """Whether nothing but the keeping of idle batteries will happen without a command."""

    def peek(self) -> int | None:
        """When the next event is due, in simulated ms; None where nothing is pending."""

    def step(self) -> None:
        """Handle one event."""

    def run_until(self, t_ms: int) -> None:
        """Handle everything due at or before ``t_ms`` and stand there."""


class Goal(Protocol):
    """What an advance waits for. It is told of every event."""

    @property
    def current(self) -> str | None:
        """The status of the job or request it watches, if it watches one."""

    def observe(self, seq: int, t_ms: int, event: Event) -> None:
        """Take note of an event."""

    def verdict(self) -> str | None:
        """REACHED, OUT_OF_REACH, or None as long as it may still come."""


class Idle:
    """No work is open and every bot is parked."""

    current = None

    def __init__(self, engine: Advanced) -> None:
        self._engine = engine

    def observe(self, _seq: int, _t_ms: int, _event: Event) -> None:
        """Nothing: the engine itself knows."""

    def verdict(self) -> str | None:
        """Whether it is so."""
        return REACHED if self._engine.idle else None


class Waiting:
    """Some job waits for its trigger; true at once where one does."""

    current = None

    def __init__(self, state: State) -> None:
        self._reached = any(job.status == WAITING for job in state.jobs.values())

    def observe(self, _seq: int, _t_ms: int, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, JobStateChanged) and event.to == WAITING:
            self._reached = True

    def verdict(self) -> str | None:
        """Whether one has begun to wait."""
        return REACHED if self._reached else None


class Entering:
    """A job or request enters a status; true at once where it is already in it.

    Watches the event log, so that a status left again within the same instant counts.
    """

    def __init__(self, key: str, wanted: str, current: str, following: Following) -> None:
        self._key, self._wanted, self._following = key, wanted, following
        self._reached = current == wanted
        self._current = current

    @property
    def current(self) -> str:
        """The status it is in."""
        return self._current

    def observe(self, _seq: int, _t_ms: int, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, JobStateChanged):
            self._enter(event.job, event.to, JOB_NEXT)
        elif isinstance(event, RequestStateChanged):
            self._enter(event.request, event.to, REQUEST_NEXT)

    def _enter(self, key: str, status: str, table: Following) -> None:
        if key == self._key and table is self._following:
            self._current = status
            self._reached = self._reached or status == self._wanted

    def verdict(self) -> str | None:
        """Whether it has entered the status, or no longer can."""
        if self._reached:
            return REACHED
        return None if self._wanted in reachable(self._following, self._current) else OUT_OF_REACH


def job_enters(state: State, job: str, status: str) -> Entering:
    """The goal that a job enters ``status``. Raises NotFound or Invalid."""
    if job not in state.jobs:
        raise NotFound("Job", job)
    return Entering(job, _known(status, JOB_NEXT), state.jobs[job].status, JOB_NEXT)


def request_enters(state: State, request: str, status: str) -> Entering:
    """The goal that a request enters ``status``. Raises NotFound or Invalid."""
    if request not in state.requests:
        raise NotFound("Request", request)
    return Entering(request, _known(status, REQUEST_NEXT), state.requests[request].status, REQUEST_NEXT)


def _known(status: str, following: Following) -> str:
    if status not in following:
        raise Invalid("status", f"{status!r} is none of {', '.join(s for s in following if s)}")
    return status


def reachable(following: Following, status: str) -> frozenset[str]:
    """Every status that can still come after ``status``."""
    seen: set[str] = set()
    todo = list(following[status])
    while todo:
        then = todo.pop()
        if then not in seen:
            seen.add(then)
            todo += following[then]
    return frozenset(seen)


def _never() -> bool:
    return False


@dataclass(slots=True)
class Advance:
    """One advance under way: to ``until_ms``, by ``events``, or until ``goal`` (at most to ``until_ms``).

    ``stopped`` tells whether a breakpoint has been met. ``handled`` counts the events so far.
    """

    engine: Advanced
    until_ms: int | None = None
    events: int | None = None
    goal: Goal | None = None
    stopped: Callable[[], bool] = _never
    handled: int = 0

    def go_on(self, clock: Callable[[], float], budget_s: float) -> str | None:
        """Handle events for about ``budget_s`` wall seconds; the reason to stop, or None to go on."""
        end = clock() + budget_s
        while (reason := self._over()) is None:
            self.engine.step()
            self.handled += 1
            if clock() >= end:
                return self._over()
        return reason

    def _over(self) -> str | None:
        verdict = self.goal.verdict() if self.goal else None
        if verdict is not None:
            return verdict
        if self.stopped():
            return STOPPED
        if self.handled == self.events:
            return REACHED
        return self._at_the_end()

    def _at_the_end(self) -> str | None:
        """Why no further event may be handled; None where one may."""
        due = self.engine.peek()
        if self.engine.quiet and (self.goal is not None or self.until_ms is None):
            return NOTHING_LEFT
        if self.until_ms is None or (due is not None and due <= self.until_ms):
            return None
        self.engine.run_until(self.until_ms)
        return REACHED if self.goal is None else LIMIT
