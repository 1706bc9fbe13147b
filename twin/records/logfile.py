"""The event log of a running twin, on disk: written as it happens, read from any event on."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from twin.domain.events import Event
from twin.records.eventlog import encode
from twin.records.store import CannotKeep

MARK_EVERY: Final = 1000
"""Events between two remembered places in the file."""
CHUNK: Final = 1 << 16


class LogFile:
    """The canonical event log in a file, and the SHA-256 of its bytes.

    Subscribe ``write`` to an engine. Without a path the file is a temporary one that
    ends with the process. ``id`` names this log among all others. The log of a twin that
    went on from a snapshot begins with the first event after it. ``close()`` closes the
    file, and so does letting go of it. Raises CannotKeep where the file cannot be made.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._broken: str | None = None
        try:
            self._file = _temporary() if path is None else path.open("w+b", buffering=CHUNK)
        except OSError as error:
            raise self._failed(error) from error
        # Whoever lets a world go need not think of its log.
        self.close = weakref.finalize(self, _close, self._file)
        self._hash = hashlib.sha256()
        self._marks: list[int] = []
        self._size = 0
        # Until it moves in, the first bytes of a log that goes on are in the file of the one before.
        self._base = 0
        self._before: IO[bytes] | None = None
        self.lines = 0
        self.first_seq: int | None = None
        self.id = secrets.token_hex(4)

    @classmethod
    def resumed(cls, path: Path, keep_bytes: int) -> LogFile:
        """The log that goes on after the first ``keep_bytes`` of a file.

        The file stays as it is, and what is written is kept elsewhere, until ``move_in``.
        """
        log = cls()
        if keep_bytes:
            before = path.open("rb")
            log._before = before
            weakref.finalize(log, before.close)
            log._recall(before, keep_bytes)
        return log

    def _recall(self, file: IO[bytes], keep_bytes: int) -> None:
        while self._size < keep_bytes and (line := file.readline(keep_bytes - self._size)):
            self.first_seq = self.first_seq or int(json.loads(line)["seq"])
            self._take(line)
        self._base = self._size

    def move_in(self, path: Path, keep_bytes: int) -> None:
        """Write what has come since into the file, after its first ``keep_bytes``. Raises CannotKeep."""
        try:
            file = path.open("r+b" if keep_bytes else "w+b", buffering=CHUNK)
            self.close.detach()
            self.close = weakref.finalize(self, _close, file)
            file.truncate(keep_bytes)
            file.seek(keep_bytes)
            self._file.seek(0)
            shutil.copyfileobj(self._file, file, CHUNK)
        except OSError as error:
            raise self._failed(error) from error
        self._file.close()
        self._file, self._base = file, 0
        if self._before is not None:
            self._before.close()
            self._before = None

    def write(self, seq: int, t_ms: int, event: Event) -> None:
        """Append one event. Raises CannotKeep where the disk is full; nothing may be written then."""
        if self.first_seq is None:
            self.first_seq = seq
        self._append(encode(seq, t_ms, event))

    def _append(self, line: bytes) -> None:
        try:
            self._file.write(line)
        except OSError as error:
            raise self._failed(error) from error
        self._take(line)

    def flush(self) -> None:
        """Give all that was written to the system. Raises CannotKeep."""
        if self._broken is not None:
            raise CannotKeep(self._broken)
        try:
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> CannotKeep:
        self._broken = f"the event log cannot be kept: {error.strerror or error}"
        return CannotKeep(self._broken)

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
        self.flush()
        end = self._size
        while offset < end:
            chunk = self._piece(offset, min(CHUNK, end - offset))
            if not chunk:
                raise OSError("the event log is shorter on disk than it was written")
            offset += len(chunk)
            yield chunk

    def _piece(self, offset: int, size: int) -> bytes:
        if self._before is not None and offset < self._base:
            return os.pread(self._before.fileno(), min(size, self._base - offset), offset)
        return os.pread(self._file.fileno(), size, offset - self._base)

    def settle(self) -> None:
        """Have all that was written on disk for good before this returns. Raises CannotKeep."""
        self.flush()
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from error


def _temporary() -> IO[bytes]:
    return tempfile.TemporaryFile("w+b", buffering=CHUNK)


def _close(file: IO[bytes]) -> None:
    # What a full disk has not taken was told when it was written.
    with suppress(OSError):
        file.close()
