"""The journal of calls: what came in, what went out, and which operation it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from api.calls.catalogue import Operation
from api.calls.secrecy import without_secrets

KEPT: Final = 10_000
"""The latest so many calls are kept,"""
KEPT_BYTES: Final = 32 << 20
"""or fewer, where their bodies are more than so many bytes."""
WHOLE: Final = 1 << 18
"""Bytes of a body that are kept. What is longer is cut there."""
EXCERPT: Final = 4096
"""Bytes of a body that are shown."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body as far as it is kept: its first bytes, how many it had in all, and its content type."""

    kept: bytes = b""
    size: int = 0
    kind: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether all of it is kept."""
        return self.size == len(self.kept)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``t_ms`` is simulated time; ``took_ms`` wall time; ``fault`` the rule that interfered.

    ``status`` is None where the client got no whole answer. ``client`` is who called, such as "key-1" or
    "user-3"; None where that is not known.
    """

    id: int
    t_ms: int | None
    method: str
    path: str
    query: str
    operation: Operation | None
    status: int | None
    took_ms: float
    sent: Body
    answered: Body
    fault: str | None
    client: str | None = None

    @property
    def bytes(self) -> int:
        """What its bodies take up."""
        return len(self.sent.kept) + len(self.answered.kept)

    def matches(self, wanted: Wanted) -> bool:
        """Whether a call is what is asked for."""
        return (
            wanted.method in (None, self.method)
            and wanted.status in (None, self.status)
            and wanted.operation in (None, self.operation.id if self.operation else "unmatched")
            and wanted.fault in (None, self.fault)
            and wanted.client in (None, self.client)
            and (wanted.path is None or wanted.path in self.path)
            and (wanted.since is None or self.id > wanted.since)
            and (wanted.body is None or wanted.body in text_of(self.sent.kept))
            and (wanted.answer is None or wanted.answer in text_of(self.answered.kept))
        )

    def as_json(self) -> dict[str, Any]:
        """As told to whoever asks; secrets are not."""
        return {
            "id": self.id,
            "t_ms": self.t_ms,
            "method": self.method,
            "path": self.path,
            "query": without_secrets(self.query),
            "operation": self.operation.id if self.operation else None,
            "status": self.status,
            "took_ms": round(self.took_ms, 3),
            "fault": self.fault,
            "client": self.client,
            "request_body": excerpt(self.sent),
            "response_body": excerpt(self.answered),
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
    client: str | None = None


class Calls:
    """The latest calls, oldest first."""

    def __init__(self, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        self._calls: deque[Call] = deque()
        self._kept, self._kept_bytes = kept, kept_bytes
        self._bytes = 0
        self.count = 0

    def add(self, call: Call) -> None:
        """Keep a call; forget the oldest ones where there are too many."""
        self._calls.append(call)
        self._bytes += call.bytes
        while len(self._calls) > self._kept or (self._bytes > self._kept_bytes and len(self._calls) > 1):
            self._bytes -= self._calls.popleft().bytes

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
        self._bytes = 0
        return count


def excerpt(body: Body) -> str:
    """The beginning of a body as text, without secrets. What is no text is told by its length."""
    if is_text(body.kept):
        return text_of(body.kept)[:EXCERPT]
    return f"{body.size} bytes that are no text"


def is_text(kept: bytes) -> bool:
    """Whether bytes are text, but for a last character that may have been cut."""
    try:
        kept.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(kept) - 3 and error.reason == "unexpected end of data"
    return True


def text_of(kept: bytes) -> str:
    """Bytes as text, without secrets."""
    return without_secrets(kept.decode(errors="ignore"))
