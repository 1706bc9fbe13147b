"""The event log of a running twin, on disk: written as it happens, read from any event on."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from twin.domain.events import Event
from twin.records.eventlog import encode

MARK_EVERY: Final = 1000
"""Events between two remembered places in the file."""
CHUNK: Final = 1 << 16


class LogFile:
    """The canonical event log in a file, and the SHA-256 of its bytes.

    Subscribe ``write`` to an engine. Without a path the file is a temporary one that
    ends with the process. Of a file that is there, the first ``keep_bytes`` are kept. The
    log of a twin that went on from a snapshot begins with the first event after it.
    ``close()`` closes the file, and so does letting go of it.
    """

    def __init__(self, path: Path | None = None, keep_bytes: int = 0) -> None:
        self._file = _opened(path, keep_bytes)
        # Whoever lets a world go need not think of its log.
        self.close = weakref.finalize(self, self._file.close)
        self._hash = hashlib.sha256()
        self._marks: list[int] = []
        self._size = 0
        self.lines = 0
        self.first_seq: int | None = None
        for line in self._file if keep_bytes else ():
            self.first_seq = self.first_seq or int(json.loads(line)["seq"])
            self._take(line)

    def write(self, seq: int, t_ms: int, event: Event) -> None:
        """Append one event. Raises OSError where the disk is full."""
        if self.first_seq is None:
            self.first_seq = seq
        self._append(encode(seq, t_ms, event))

    def _append(self, line: bytes) -> None:
        self._file.write(line)
        self._take(line)

    def _take(self, line: bytes) -> None:
        self._hash.update(line)
        if self.lines % MARK_EVERY == 0:
            self._marks.append(self._size)
        self._size += len(line)
        self.lines += 1

    @property
    def sha256(self) -> str:
        """The hash of all bytes written so far."""
        return self._hash.hexdigest()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._size

    @property
    def last_seq(self) -> int | None:
        """The number of the latest event, or None where there is none yet."""
        return None if self.first_seq is None else self.first_seq + self.lines - 1

    def read(self, from_seq: int = 0) -> Iterator[bytes]:
        """The lines from event ``from_seq`` on, as many as there are when the reading begins."""
        if self.first_seq is None:
            return
        skip = max(0, from_seq - self.first_seq)
        if skip >= self.lines:
            return
        offset = self._marks[skip // MARK_EVERY]
        for number, line in enumerate(self._lines(offset)):
            if number >= skip % MARK_EVERY:
                yield line

    def _lines(self, offset: int) -> Iterator[bytes]:
        rest = b""
        for chunk in self.chunks(offset):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in whole)

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """The bytes from ``offset`` on, as many as there are when the reading begins."""
        self._file.flush()
        end = self._size
        while offset < end:
            chunk = os.pread(self._file.fileno(), min(CHUNK, end - offset), offset)
            if not chunk:
                raise OSError("the event log is shorter on disk than it was written")
            offset += len(chunk)
            yield chunk

    def settle(self) -> None:
        """Have all that was written on disk for good before this returns. Raises OSError."""
        self._file.flush()
        os.fsync(self._file.fileno())


def _opened(path: Path | None, keep_bytes: int) -> IO[bytes]:
    if path is None:
        return tempfile.TemporaryFile("w+b", buffering=CHUNK)
    if not keep_bytes:
        return path.open("w+b", buffering=CHUNK)
    file = path.open("r+b", buffering=CHUNK)
    file.truncate(keep_bytes)
    return file
