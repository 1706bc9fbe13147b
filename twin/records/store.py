"""What must outlive the process: commands, marks of time, snapshots and documents, in SQLite.

One transaction, on disk for good before ``write`` returns, has all that the answers
given after it rest on. A store that is damaged, newer than this version, or in use by
another process is refused and left as it is.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from twin.domain.errors import Refusal

APPLICATION: Final = 0x7477696E
"""In the header of the file: a store of ours."""
VERSION: Final = 1

_TABLES: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE worlds (
    world TEXT PRIMARY KEY, position INTEGER NOT NULL, about TEXT NOT NULL,
    run INTEGER NOT NULL, beginning BLOB NOT NULL, sha256 TEXT NOT NULL
);
CREATE TABLE marks (world TEXT PRIMARY KEY, t_ms INTEGER NOT NULL, speed TEXT NOT NULL);
CREATE TABLE commands (
    world TEXT NOT NULL, number INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (world, number)
) WITHOUT ROWID;
CREATE TABLE saves (
    world TEXT PRIMARY KEY, commands INTEGER NOT NULL, log_bytes INTEGER NOT NULL,
    log_sha256 TEXT NOT NULL, body BLOB NOT NULL, sha256 TEXT NOT NULL
);
CREATE TABLE documents (
    world TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (world, name)
);
"""
_OF_A_WORLD: Final = ("worlds", "marks", "commands", "saves", "documents")


class StateRefused(Refusal):
    """A folder whose state cannot be taken up: says what, where, and what would help."""


class CannotKeep(Exception):
    """The disk does not take what must be kept. The world must not go on as if it had."""


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


@dataclass(slots=True)
class Changes:
    """What is to be kept of a world, all at once. ``first`` is the number of the first command."""

    first: int = 0
    commands: list[list[Any]] = field(default_factory=list)
    mark: tuple[int, Any] | None = None
    save: Save | None = None
    documents: dict[str, Any] = field(default_factory=dict)


class Store:
    """The store in a folder, which it locks. Raises StateRefused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = _locked(folder)
        try:
            self._db = _opened(folder / "twin.sqlite")
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Let go of the folder."""
        self._db.close()
        os.close(self._lock)

    # -- the server

    def fact(self, name: str) -> Any:
        """A JSON value of the server, or None."""
        row = self._db.execute("SELECT body FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put_fact(self, name: str, value: Any) -> None:
        """Keep a JSON value of the server."""
        self._run([("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, _json(value)))])

    # -- worlds

    def worlds(self) -> list[Kept]:
        """All worlds, in the order in which they were made. Raises StateRefused for a damaged one."""
        try:
            rows = self._db.execute("SELECT * FROM worlds ORDER BY position").fetchall()
            return [self._world(*row) for row in rows]
        except (sqlite3.DatabaseError, ValueError, KeyError, OSError, EOFError) as error:
            raise self._damaged(str(error)) from None

    def _world(
        self, world: str, _position: int, about: str, run: int, beginning: bytes, sha256: str
    ) -> Kept:
        query = self._db.execute
        t_ms, speed = query("SELECT t_ms, speed FROM marks WHERE world = ?", (world,)).fetchone() or (0, "0")
        numbered = query(
            "SELECT number, entry FROM commands WHERE world = ? ORDER BY number", (world,)
        ).fetchall()
        if [number for number, _ in numbered] != list(range(len(numbered))):
            raise ValueError(f"commands of world {world} are missing")
        documents = query("SELECT name, body FROM documents WHERE world = ?", (world,))
        return Kept(
            world,
            json.loads(about),
            run,
            _unpacked(beginning, sha256),
            t_ms,
            json.loads(speed),
            [json.loads(entry) for _, entry in numbered],
            self._save(world),
            {name: json.loads(body) for name, body in documents},
        )

    def _save(self, world: str) -> Save | None:
        row = self._db.execute(
            "SELECT commands, log_bytes, log_sha256, body, sha256 FROM saves WHERE world = ?", (world,)
        ).fetchone()
        return None if row is None else Save(row[0], row[1], row[2], _unpacked(row[3], row[4]))

    def begin(self, world: str, about: dict[str, Any], run: int, beginning: dict[str, Any]) -> None:
        """Keep a new world, or a new beginning of one; what it has done so far is forgotten.

        Its documents stay. Raises CannotKeep.
        """
        body, sha256 = _packed(beginning)
        position = "(SELECT position FROM worlds WHERE world = ?1)"
        last = "(SELECT 1 + COALESCE(MAX(position), 0) FROM worlds)"
        statement = f"INSERT OR REPLACE INTO worlds VALUES (?1, COALESCE({position}, {last}), ?2, ?3, ?4, ?5)"
        done = ("marks", "commands", "saves")
        clear = [(f"DELETE FROM {table} WHERE world = ?", (world,)) for table in done]
        self._run([(statement, (world, _json(about), run, body, sha256)), *clear])

    def write(self, world: str, changes: Changes) -> None:
        """Keep all of it, for good. Raises CannotKeep, with nothing of it kept."""
        work: list[tuple[str, tuple[Any, ...]]] = [
            ("INSERT INTO commands VALUES (?, ?, ?)", (world, number, _json(entry)))
            for number, entry in enumerate(changes.commands, changes.first)
        ]
        if changes.mark is not None:
            t_ms, speed = changes.mark
            work.append(("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (world, t_ms, _json(speed))))
        if (save := changes.save) is not None:
            row = (world, save.commands, save.log_bytes, save.log_sha256, *_packed(save.snapshot))
            work.append(("INSERT OR REPLACE INTO saves VALUES (?, ?, ?, ?, ?, ?)", row))
        for name, value in changes.documents.items():
            work.append(("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (world, name, _json(value))))
        self._run(work)

    def forget(self, world: str) -> None:
        """Forget a world altogether. Raises CannotKeep."""
        self._run([(f"DELETE FROM {table} WHERE world = ?", (world,)) for table in _OF_A_WORLD])

    def _run(self, work: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                for statement, values in work:
                    self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise CannotKeep(f"the state cannot be kept in {self.folder}: {error}") from error

    def _damaged(self, reason: str) -> StateRefused:
        return _damaged(self.folder / "twin.sqlite", reason)


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


def _opened(path: Path) -> sqlite3.Connection:
    if path.exists():
        _examine(path)
    try:
        # A world is made and read in threads, one after the other.
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            numbers = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
            db.executescript(f"BEGIN; {_TABLES} {numbers} COMMIT;")
        path.chmod(0o600)
    except (sqlite3.Error, OSError) as error:
        raise StateRefused(f"{path}: the state cannot be kept there: {error}") from None
    return db


def _examine(path: Path) -> None:
    """Look at a store without changing it. Raises StateRefused."""
    try:
        # Without its journal nothing can change; so said, SQLite puts no files beside it.
        alone = not path.with_name(path.name + "-wal").exists()
        how = "?mode=ro&immutable=1" if alone else "?mode=ro"
        db = sqlite3.connect(f"{path.absolute().as_uri()}{how}", uri=True)
        try:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            application = db.execute("PRAGMA application_id").fetchone()[0]
            tables = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            db.close()
    except sqlite3.Error as error:
        raise _damaged(path, str(error)) from None
    if version == application == tables == 0:
        return  # of a twin that ended while it made it
    if application != APPLICATION:
        raise StateRefused(f"{path}: this is no state of a twin; name another folder. Nothing was changed")
    if version > VERSION:
        raise StateRefused(
            f"{path}: it was written by a newer twin (format {version}, this one reads up to {VERSION}); "
            "use that one. Nothing was changed"
        )
    if found != "ok":
        raise _damaged(path, str(found))


def _damaged(path: Path, reason: str) -> StateRefused:
    return StateRefused(
        f"{path}: the state is damaged ({reason}); bring back a copy, or name another folder. "
        "Nothing was changed"
    )


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _packed(value: Any) -> tuple[bytes, str]:
    text = _json(value).encode()
    return gzip.compress(text, 1, mtime=0), hashlib.sha256(text).hexdigest()


def _unpacked(body: bytes, sha256: str) -> dict[str, Any]:
    text = gzip.decompress(body)
    if hashlib.sha256(text).hexdigest() != sha256:
        raise ValueError("a snapshot has not the content that was written")
    plain: dict[str, Any] = json.loads(text)
    return plain
