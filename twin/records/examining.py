"""A store looked at before anybody writes to it: whole, of this version, and as it was written.

All of it is read from a copy: SQLite changes the files of a store that it opens, and one
that is refused is left as it is, to the byte.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from twin.domain.errors import Refusal
from twin.records import walfile

APPLICATION: Final = 0x7477696E
"""In the header of the file: a store of ours."""
VERSION: Final = 2
DATABASE: Final = "twin.sqlite"
LOGS, FILES = "logs", "files"
"""Folders beside it."""


class StateRefused(Refusal):
    """A folder whose state cannot be taken up: says what, where, and what would help."""


@dataclass(frozen=True, slots=True)
class Save:
    """A snapshot with its place: after so many commands, with a log of so many bytes and that hash."""

    commands: int
    log_bytes: int
    log_sha256: str
    snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is known of a world. ``run`` counts its beginnings; ``documents`` are JSON values by name."""

    world: str
    about: dict[str, Any]
    run: int
    beginning: dict[str, Any]
    t_ms: int
    speed: Any
    commands: list[Any]
    save: Save | None
    documents: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a store: its worlds, in the order in which they were made, and facts of the server."""

    worlds: tuple[Kept, ...] = ()
    facts: dict[str, Any] | None = None
    """None: there is no store yet."""


def sealed(*values: Any) -> tuple[Any, ...]:
    """The values of a row with their checksum; of bytes only the length counts, they have hashes."""
    text = json.dumps([len(value) if isinstance(value, bytes) else value for value in values])
    return (*values, zlib.crc32(text.encode()))


def packed(value: Any) -> tuple[bytes, str]:
    """A JSON value as bytes, and the SHA-256 of its text."""
    text = written(value).encode()
    return gzip.compress(text, 1, mtime=0), hashlib.sha256(text).hexdigest()


def written(value: Any) -> str:
    """A JSON value as text."""
    return json.dumps(value, separators=(",", ":"))


def examined(folder: Path, *, left_open: bool) -> Found:
    """What is in the store of a folder, of which nothing changes. Raises StateRefused.

    ``left_open``: whoever had it last has not ended in order, so it has a write-ahead log.
    """
    path = folder / DATABASE
    wal = path.with_name(path.name + "-wal")
    if not path.exists():
        if _has_more(folder) or wal.exists():
            raise damaged(path, "the file is missing")
        return Found()
    if left_open and not wal.exists():
        raise damaged(path, f"its write-ahead log {wal.name} is missing, and with it what was written last")
    try:
        reason = walfile.damage(wal, path.with_name(path.name + "-shm")) if wal.exists() else None
        if reason is not None:
            raise damaged(path, reason)
        with _copy(path, wal) as db:
            if _is_new(path, db):
                if _has_more(folder):
                    raise damaged(path, "it is empty")
                return Found()
            return _Reader(db).all()
    except (sqlite3.Error, ValueError, KeyError, TypeError, OSError, EOFError, zlib.error) as error:
        raise damaged(path, str(error)) from None


def damaged(path: Path, reason: str) -> StateRefused:
    """What is said of a store that cannot be trusted."""
    return StateRefused(
        f"{path}: the state is damaged ({reason}); bring back a copy, or name another folder. "
        "Nothing was changed"
    )


def _has_more(folder: Path) -> bool:
    """Whether the folder has something of a store besides its database."""
    return any((folder / name).is_dir() and any((folder / name).iterdir()) for name in (LOGS, FILES))


@contextmanager
def _copy(path: Path, wal: Path) -> Iterator[sqlite3.Connection]:
    with TemporaryDirectory(prefix="twin-") as there:
        shutil.copyfile(path, Path(there) / path.name)
        if wal.exists():
            shutil.copyfile(wal, Path(there) / wal.name)
        db = sqlite3.connect(Path(there) / path.name)
        try:
            yield db
        finally:
            db.close()


def _is_new(path: Path, db: sqlite3.Connection) -> bool:
    """Whether there is nothing in it: of a twin that ended while it made it. Raises StateRefused."""
    version, application = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in _NUMBERS)
    if version == application == db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0:
        return True
    if application != APPLICATION:
        raise StateRefused(f"{path}: this is no state of a twin; name another folder. Nothing was changed")
    if version != VERSION:
        age = "a newer" if version > VERSION else "an older"
        raise StateRefused(
            f"{path}: it was written by {age} twin (format {version}, this one reads {VERSION}); "
            "use that one, or name another folder. Nothing was changed"
        )
    found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, str(found))
    return False


_NUMBERS: Final = ("user_version", "application_id")


class _Reader:
    """Reads what a store has, and compares it with its checksums. Raises ValueError."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self) -> Found:
        """All of it."""
        worlds = [self._world(*row) for row in self._rows("worlds", order="position")]
        return Found(tuple(worlds), {name: json.loads(body) for name, body in self._rows("facts")})

    def _rows(self, table: str, world: str | None = None, order: str = "1") -> list[tuple[Any, ...]]:
        """The rows of a table, all or those of a world, without their checksums."""
        where, values = ("", ()) if world is None else ("WHERE world = ?", (world,))
        rows = self._db.execute(f"SELECT * FROM {table} {where} ORDER BY {order}", values).fetchall()
        for number, row in enumerate(rows, 1):
            if sealed(*row[:-1]) != row:
                raise ValueError(f"row {number} of {table} is not as it was written")
        return [row[:-1] for row in rows]

    def _world(self, world: str, _position: int, about: str, run: int, beginning: bytes, sha256: str) -> Kept:
        [(_, t_ms, speed)] = self._rows("marks", world) or [(world, 0, "0")]
        commands = self._rows("commands", world, "number")
        if [number for _, number, _ in commands] != list(range(len(commands))):
            raise ValueError(f"commands of world {world} are missing")
        return Kept(
            world,
            json.loads(about),
            run,
            _unpacked(beginning, sha256),
            t_ms,
            json.loads(speed),
            [json.loads(entry) for _, _, entry in commands],
            self._save(world),
            {name: json.loads(body) for _, name, body in self._rows("documents", world)},
        )

    def _save(self, world: str) -> Save | None:
        rows = self._rows("saves", world)
        if not rows:
            return None
        _, commands, log_bytes, log_sha256, body, sha256 = rows[0]
        return Save(commands, log_bytes, log_sha256, _unpacked(body, sha256))


def _unpacked(body: bytes, sha256: str) -> dict[str, Any]:
    text = gzip.decompress(body)
    if hashlib.sha256(text).hexdigest() != sha256:
        raise ValueError("a snapshot has not the content that was written")
    plain: dict[str, Any] = json.loads(text)
    return plain
