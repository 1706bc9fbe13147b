"""What must outlive the process: commands, marks of time, snapshots and documents, in SQLite.

One transaction, on disk for good before ``write`` returns, has all that the answers
given after it rest on. A store that is damaged, newer than this version, or in use by
another process is refused and left as it is.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from twin.records.examining import (
    APPLICATION,
    DATABASE,
    VERSION,
    Found,
    Kept,
    Save,
    StateRefused,
    examined,
    packed,
    sealed,
    written,
)

__all__ = ["CannotKeep", "Changes", "Kept", "Save", "StateRefused", "Store"]

OPEN: Final = b"open"
"""In the file ``lock`` while a twin works with the store, and after one that has not ended in order."""

_TABLES: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, body TEXT NOT NULL, seal INTEGER NOT NULL);
CREATE TABLE worlds (
    world TEXT PRIMARY KEY, position INTEGER NOT NULL, about TEXT NOT NULL,
    run INTEGER NOT NULL, beginning BLOB NOT NULL, sha256 TEXT NOT NULL, seal INTEGER NOT NULL
);
CREATE TABLE marks (
    world TEXT PRIMARY KEY, t_ms INTEGER NOT NULL, speed TEXT NOT NULL, seal INTEGER NOT NULL
);
CREATE TABLE commands (
    world TEXT NOT NULL, number INTEGER NOT NULL, entry TEXT NOT NULL, seal INTEGER NOT NULL,
    PRIMARY KEY (world, number)
) WITHOUT ROWID;
CREATE TABLE saves (
    world TEXT PRIMARY KEY, commands INTEGER NOT NULL, log_bytes INTEGER NOT NULL,
    log_sha256 TEXT NOT NULL, body BLOB NOT NULL, sha256 TEXT NOT NULL, seal INTEGER NOT NULL
);
CREATE TABLE documents (
    world TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, seal INTEGER NOT NULL,
    PRIMARY KEY (world, name)
);
"""
_OF_A_WORLD: Final = ("worlds", "marks", "commands", "saves", "documents")
Work = tuple[str, tuple[Any, ...]]


class CannotKeep(Exception):
    """The disk does not take what must be kept. The world must not go on as if it had."""


@dataclass(slots=True)
class Changes:
    """What is to be kept of a world, all at once. ``first`` is the number of the first command."""

    first: int = 0
    commands: list[list[Any]] = field(default_factory=list)
    mark: tuple[int, Any] | None = None
    save: Save | None = None
    documents: dict[str, Any] = field(default_factory=dict)


class Store:
    """The store in a folder, which it locks and looks at. Raises StateRefused.

    ``worlds`` are those that were in it, in the order in which they were made. Nothing in
    the folder changes before ``open()``. ``close()`` lets go of it; the end of the process
    does so too.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = _locked(folder)
        try:
            self._found = examined(folder, left_open=os.pread(self._lock, len(OPEN), 0) == OPEN)
        except BaseException:
            os.close(self._lock)
            raise
        self.worlds = self._found.worlds
        self._facts = dict(self._found.facts or {})
        self._connection: sqlite3.Connection | None = None
        self._locked = weakref.finalize(self, os.close, self._lock)
        self.close: Callable[[], object] = self._locked

    def open(self) -> None:
        """Be ready to be written to. Raises StateRefused."""
        path = self.folder / DATABASE
        self._connection = _opened(path, self._found)
        self._locked.detach()
        wal = path.with_name(path.name + "-wal")
        self.close = weakref.finalize(self, _closed, self._connection, self._lock, wal)
        try:
            _say(self._lock, OPEN)
        except OSError as error:
            raise StateRefused(f"{path}: the state cannot be kept there: {error.strerror}") from None

    @property
    def _db(self) -> sqlite3.Connection:
        assert self._connection is not None, "the store is not open"
        return self._connection

    # -- the server

    def fact(self, name: str) -> Any:
        """A JSON value of the server, or None."""
        return self._facts.get(name)

    def put_fact(self, name: str, value: Any) -> None:
        """Keep a JSON value of the server. Raises CannotKeep."""
        self._run([("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", sealed(name, written(value)))])
        self._facts[name] = value

    # -- worlds

    def begin(
        self, world: str, about: dict[str, Any], run: int, beginning: dict[str, Any], changes: Changes
    ) -> None:
        """Keep a new world, or a new beginning of one, with the first changes; what it has done is forgotten.

        Documents that are not among the changes stay. Raises CannotKeep, with nothing of it kept.
        """
        row = sealed(world, self._position(world), written(about), run, *packed(beginning))
        done = ("marks", "commands", "saves")
        clear = [(f"DELETE FROM {table} WHERE world = ?", (world,)) for table in done]
        insert = "INSERT OR REPLACE INTO worlds VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._run([(insert, row), *clear, *_work(world, changes)])

    def _position(self, world: str) -> int:
        """Its place among the worlds: where it is, or the last."""
        known = self._db.execute("SELECT position FROM worlds WHERE world = ?", (world,)).fetchone()
        last = self._db.execute("SELECT 1 + COALESCE(MAX(position), 0) FROM worlds").fetchone()
        return int((known or last)[0])

    def write(self, world: str, changes: Changes) -> None:
        """Keep all of it, for good. Raises CannotKeep, with nothing of it kept."""
        self._run(_work(world, changes))

    def forget(self, world: str) -> None:
        """Forget a world altogether. Raises CannotKeep."""
        self._run([(f"DELETE FROM {table} WHERE world = ?", (world,)) for table in _OF_A_WORLD])

    def _run(self, work: Iterable[Work]) -> None:
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                for statement, values in work:
                    self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise CannotKeep(f"the state cannot be kept in {self.folder}: {error}") from error


def _work(world: str, changes: Changes) -> list[Work]:
    """The statements that keep changes of a world."""
    work: list[Work] = [
        ("INSERT INTO commands VALUES (?, ?, ?, ?)", sealed(world, number, written(entry)))
        for number, entry in enumerate(changes.commands, changes.first)
    ]
    if changes.mark is not None:
        t_ms, speed = changes.mark
        mark = sealed(world, t_ms, written(speed))
        work.append(("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)", mark))
    if (save := changes.save) is not None:
        row = sealed(world, save.commands, save.log_bytes, save.log_sha256, *packed(save.snapshot))
        work.append(("INSERT OR REPLACE INTO saves VALUES (?, ?, ?, ?, ?, ?, ?)", row))
    for name, value in changes.documents.items():
        document = sealed(world, name, written(value))
        work.append(("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", document))
    return work


def _locked(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # keys and password hashes are in it
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateRefused(
            f"{folder}: no state can be kept there: {error.strerror}; name a folder that can be written to"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise StateRefused(
            f"{folder}: another twin works with this state; stop it, or name another folder"
        ) from None
    return lock


def _opened(path: Path, found: Found) -> sqlite3.Connection:
    try:
        # Its write-ahead log has secrets as well, and gets the same rights.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        # A world is made and read in threads, one after the other.
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if found.facts is None:
            numbers = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
            db.executescript(f"BEGIN; {_TABLES} {numbers} COMMIT;")
        # Whoever reads has a write-ahead log; it is there before it may be said to be missing.
        db.execute("SELECT COUNT(*) FROM facts").fetchone()
    except (sqlite3.Error, OSError) as error:
        raise StateRefused(f"{path}: the state cannot be kept there: {error}") from None
    return db


def _say(lock: int, state: bytes) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, state, 0)


def _closed(db: sqlite3.Connection, lock: int, wal: Path) -> None:
    """All into the database, then say so, then let go: wherever this is cut off, nothing is missing."""
    try:
        in_order = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    except sqlite3.Error:
        in_order = False  # the disk is full: the log stays, or goes when it is in the database after all
    if in_order:
        _say(lock, b"")
    db.close()
    if not wal.exists():
        _say(lock, b"")
    os.close(lock)
