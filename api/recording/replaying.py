"""Replaying recorded traffic: the same calls at the same simulated times, and what is different then.

Time is moved by the clock of the twin, never waited for unless a speed is asked for: to the
instant of a call, then the call. So the same file and the same world give the same answers.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from api.calls.catalogue import Catalogue, Operation
from api.recording.comparing import MOST, Comparison, Difference
from api.recording.correlating import Correlation
from api.recording.reading import Recorded, Recording

SECRETIVE: Final = frozenset(
    {
        "login",
        "refresh_token",
        "forgot_password",
        "reset_password",
        "generate_api_key",
        "get_api_keys",
        "delete_api_key",
    }
)
"""Operations that live on secrets, which a recording has not."""
ACCOUNTS = "about credentials"
LEASE_MS: Final = 3_600_000
PROLONG_S: Final = 1200.0
TRIGGER: Final = "trigger_job"
WAITING: Final = "WAITING_FOR_TRIGGER"
DROPPED: Final = 0
"""The status of a call that got no whole answer."""

Ask = Callable[..., Any]
"""Makes a call to the control of the world: method, path, and options of httpx; gives its JSON."""


class ReplayStopped(Exception):
    """The replay could not go on; says why."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A call, made again. ``t_ms`` is simulated time since the first call of the recording; ``waited_ms``
    how much later than that it was made, as its job was not waiting yet.
    """

    number: int
    t_ms: int
    method: str
    path: str
    operation: str | None
    recorded: int
    replayed: int
    compared: bool
    differences: list[Difference]
    left_off: int
    waited_ms: int = 0

    @property
    def same_status(self) -> bool:
        """Whether the status is as recorded."""
        return self.recorded == self.replayed

    @property
    def same(self) -> bool:
        """Whether the answer is as recorded, as far as that can be told."""
        return self.same_status and not (self.compared and self.differences)


@dataclass
class Summary:
    """How a replay came out. ``skipped`` are entries of the file by the reason why they were passed over."""

    host: str
    entries: int
    skipped: Counter[str]
    span_ms: int
    calls: int = 0
    same: int = 0
    status_differs: int = 0
    body_differs: int = 0
    not_compared: int = 0
    waited_ms: int = 0
    wall_s: float = 0.0
    ids: dict[str, int] = field(default_factory=dict)

    def count(self, one: Replayed) -> None:
        """Count a call."""
        self.calls += 1
        self.same += one.same
        self.status_differs += not one.same_status
        self.body_differs += one.same_status and not one.same
        self.not_compared += one.same_status and not one.compared

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "skipped": dict(self.skipped), "wall_s": round(self.wall_s, 3)}


class Replay:
    """A recording, to be replayed in one world of a twin.

    ``ask`` reaches its control, ``client`` its API. ``speed`` None: as fast as it goes; else so
    many recorded seconds a wall second. With ``patient`` a trigger that had succeeded waits (in
    simulated time, at most so many ms) until its job waits for it.
    """

    def __init__(
        self,
        recording: Recording,
        ask: Ask,
        client: httpx.Client,
        catalogue: Catalogue,
        *,
        speed: float | None = None,
        ignored: frozenset[str] = frozenset(),
        patient_ms: int | None = None,
    ) -> None:
        self._recording, self._ask, self._client, self._catalogue = recording, ask, client, catalogue
        self._speed, self._patient_ms = speed, patient_ms
        self._first = recording.calls[0].started
        self._correlation = Correlation(catalogue)
        self._comparison = Comparison(self._correlation, ignored)
        self._lease, self._prolong_at = "", 0.0
        span = recording.calls[-1].started - self._first
        self.summary = Summary(recording.host, recording.entries, Counter(recording.skipped), _ms(span))

    def run(self) -> Iterator[Replayed]:
        """The calls one by one, as they are made. The clock of the world stands, but for the replay."""
        self._lease = self._ask("POST", "/clock/leases", json={"ttl": f"PT{LEASE_MS // 1000}S"})["id"]
        began, self._prolong_at = time.monotonic(), time.monotonic() + PROLONG_S
        try:
            start = self._ask("GET", "/clock")
            start_ms = int(start["now_ms"])
            self._correlation.shift = datetime.fromisoformat(start["now"]) - self._first
            for call in self._recording.calls:
                operation = self._catalogue.match(call.method, call.path)
                if operation is not None and operation.id in SECRETIVE:
                    self.summary.skipped[ACCOUNTS] += 1
                    continue
                t_ms = _ms(call.started - self._first)
                self._pace(began, t_ms)
                self._advance_to(start_ms + t_ms)
                replayed = self._made(call, operation, t_ms)
                self.summary.count(replayed)
                yield replayed
        finally:
            self.summary.wall_s = time.monotonic() - began
            self.summary.ids = dict(Counter(kind for kind, _ in self._correlation.ids))
            self._ask("DELETE", f"/clock/leases/{self._lease}")

    def _pace(self, began: float, t_ms: int) -> None:
        if self._speed is not None:
            time.sleep(max(0.0, began + t_ms / 1000 / self._speed - time.monotonic()))
        if time.monotonic() > self._prolong_at:
            self._ask("PUT", f"/clock/leases/{self._lease}", json={"ttl": f"PT{LEASE_MS // 1000}S"})
            self._prolong_at = time.monotonic() + PROLONG_S

    def _advance_to(self, ms: int) -> None:
        ahead = ms - int(self._ask("GET", "/clock")["now_ms"])
        if ahead > 0:
            outcome = self._advance({"by": f"PT{ahead / 1000:.3f}S"})
            if not outcome["reached"]:
                raise ReplayStopped(f"time came no further than {outcome['now']}: {outcome['reason']}")

    def _advance(self, order: dict[str, Any], **options: Any) -> dict[str, Any]:
        order = {**order, "lease": self._lease}
        return dict(self._ask("POST", "/clock/advance", json=order, **options))

    def _made(self, call: Recorded, operation: Operation | None, t_ms: int) -> Replayed:
        now = self._correlation.call(call)
        waited_ms = self._wait_for_job(call, operation, now.path)
        headers = {"Content-Type": now.kind} if now.kind else {}
        # As it was written: a URL that is taken apart and put together again may be another one.
        address = now.path + (f"?{now.query}" if now.query else "")
        try:
            answer = self._client.request(now.method, address, content=now.body or None, headers=headers)
            status, body = answer.status_code, answer.content
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            status, body = DROPPED, b""
        compared = call.answer is not None and status == call.status
        if compared:
            differences = self._comparison.of(operation, call.answer or b"", body)
        else:
            differences = self._comparison.refusals(call.answer or b"", body)
        name = None if operation is None else operation.id
        told, left_off = differences[:MOST], max(0, len(differences) - MOST)
        place = (call.number, t_ms, call.method, call.path, name)
        return Replayed(*place, call.status, status, compared, told, left_off, waited_ms)

    def _wait_for_job(self, call: Recorded, operation: Operation | None, path: str) -> int:
        """Let time pass until the job of a trigger that had succeeded waits for it; how much, in ms."""
        is_trigger = operation is not None and operation.id == TRIGGER
        if self._patient_ms is None or not is_trigger or call.status != httpx.codes.OK:
            return 0
        before = int(self._ask("GET", "/clock")["now_ms"])
        limit = f"PT{self._patient_ms / 1000:.3f}S"
        until = {"job": path.rpartition("/")[2], "status": WAITING}
        outcome = self._advance({"until": until, "limit": limit}, accept=httpx.codes.NOT_FOUND)
        waited_ms = int(outcome.get("now_ms", before)) - before
        self.summary.waited_ms += waited_ms
        return waited_ms


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
