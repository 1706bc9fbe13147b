"""The journal of calls: what came in, what went out, and which operation it was."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from api.calls.catalogue import Operation

KEPT = 10_000
"""The latest so many calls are kept."""
EXCERPT = 4096
"""Bytes of a body that are kept."""
HIDDEN = "***"
SECRETS = re.compile(
    r'("(?:[a-z_]*password|[a-z_]*token|api_key|key|otp|one_time_password|secret)"\s*:\s*)"(?:[^"\\]|\\.)*"?',
    re.IGNORECASE,
)
"""Members of JSON bodies that are not shown."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``t_ms`` is simulated time; ``took_ms`` wall time; ``fault`` the rule that interfered.

    ``status`` is None where the client got no whole answer.
    """

    id: int
    t_ms: int | None
    method: str
    path: str
    query: str
    operation: Operation | None
    status: int | None
    took_ms: float
    sent: bytes
    answered: bytes
    fault: str | None

    def matches(self, wanted: Wanted) -> bool:
        """Whether a call is what is asked for."""
        return (
            wanted.method in (None, self.method)
            and wanted.status in (None, self.status)
            and wanted.operation in (None, self.operation.id if self.operation else "unmatched")
            and wanted.fault in (None, self.fault)
            and (wanted.path is None or wanted.path in self.path)
            and (wanted.since is None or self.id > wanted.since)
            and (wanted.body is None or wanted.body in shown(self.sent))
            and (wanted.answer is None or wanted.answer in shown(self.answered))
        )

    def as_json(self) -> dict[str, Any]:
        """As told to whoever asks; secrets are not."""
        return {
            "id": self.id,
            "t_ms": self.t_ms,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "operation": self.operation.id if self.operation else None,
            "status": self.status,
            "took_ms": round(self.took_ms, 3),
            "fault": self.fault,
            "request_body": shown(self.sent),
            "response_body": shown(self.answered),
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; what is None is not looked at.

    ``path``, ``body`` and ``answer`` are parts of the text; ``since`` is the id after
    which to begin; ``operation`` may be "unmatched".
    """

    method: str | None = None
    path: str | None = None
    operation: str | None = None
    status: int | None = None
    fault: str | None = None
    body: str | None = None
    answer: str | None = None
    since: int | None = None


class Calls:
    """The latest calls, oldest first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._calls: deque[Call] = deque(maxlen=kept)
        self.count = 0

    def add(self, call: Call) -> None:
        """Keep a call."""
        self._calls.append(call)

    def next_id(self) -> int:
        """The id of the next call; they count from 1."""
        self.count += 1
        return self.count

    def find(self, wanted: Wanted) -> Iterator[Call]:
        """The calls that are kept and asked for."""
        return (call for call in self._calls if call.matches(wanted))

    def unmatched(self) -> Iterable[Call]:
        """Those that were no operation of the API."""
        return (call for call in self._calls if call.operation is None)

    def clear(self) -> int:
        """Forget all, and tell how many; ids go on."""
        count = len(self._calls)
        self._calls.clear()
        return count


def shown(body: bytes) -> str:
    """A body as text, without secrets. What is no text is told by its length."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        if error.start < EXCERPT - 4 or len(body) < EXCERPT:
            return f"{len(body)} bytes or more that are no text"
        text = body[: error.start].decode()
    return SECRETS.sub(rf'\1"{HIDDEN}"', text)


def parsed(body: bytes) -> Any:
    """The JSON value of a body, or None where it is none or was cut."""
    try:
        return json.loads(body)
    except ValueError:
        return None
