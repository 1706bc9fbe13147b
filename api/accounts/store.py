"""Where records are kept: what is needed of a store, and the one in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from api.accounts.records import ApiKey, Session, State, User

VERSION = 1


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> int:
        """The id."""


Record = TypeVar("Record", bound=Identified)


class Table(Protocol[Record]):
    """Records by id, and by a second name of their own."""

    def get(self, record_id: int) -> Record | None:
        """The record of that id."""

    def find(self, handle: str) -> Record | None:
        """The record of that second name."""

    def all(self) -> list[Record]:
        """All records, in the order in which they were made."""

    def put(self, record: Record) -> None:
        """Keep a record, instead of what there was of its id."""

    def touch(self, record: Record) -> None:
        """The same as ``put`` for what may be lost with the process."""

    def remove(self, record_id: int) -> None:
        """Forget a record."""

    def next_id(self) -> int:
        """An id that no record has or ever had."""


class Repository(Protocol):
    """All tables. Users are also found by e-mail, keys by `digest`."""

    @property
    def users(self) -> Table[User]:
        """The users."""

    @property
    def keys(self) -> Table[ApiKey]:
        """The API keys."""

    @property
    def sessions(self) -> Table[Session]:
        """The sessions."""

    @property
    def changes(self) -> int:
        """Grows with every change that must not be lost."""

    def state(self) -> State:
        """All that is kept."""

    def replace(self, state: State) -> None:
        """Keep this instead of all there was."""


def digest(key: bytes) -> str:
    """By what a key is found. Keys are long and random, so a slow password hash would protect nothing."""
    return hashlib.sha256(key).hexdigest()


class MemoryTable(Generic[Record]):
    """A `Table` that ends with its process."""

    def __init__(self, handle: Callable[[Record], str]) -> None:
        self._handle = handle
        self._by_id: dict[int, Record] = {}
        self._by_handle: dict[str, int] = {}
        self.last_id = 0
        self.changes = 1

    def get(self, record_id: int) -> Record | None:
        """The record of that id."""
        return self._by_id.get(record_id)

    def find(self, handle: str) -> Record | None:
        """The record of that second name."""
        found = self._by_handle.get(handle)
        return None if found is None else self._by_id[found]

    def all(self) -> list[Record]:
        """All records, in the order in which they were made."""
        return list(self._by_id.values())

    def put(self, record: Record) -> None:
        """Keep a record, instead of what there was of its id. Its second name never changes."""
        self.changes += 1
        self.touch(record)

    def touch(self, record: Record) -> None:
        """The same as ``put`` for what may be lost with the process."""
        if record.id not in self._by_id:
            self._by_handle[self._handle(record)] = record.id
        self._by_id[record.id] = record

    def remove(self, record_id: int) -> None:
        """Forget a record."""
        self.changes += 1
        del self._by_handle[self._handle(self._by_id.pop(record_id))]

    def next_id(self) -> int:
        """An id that no record has or ever had."""
        self.changes += 1
        self.last_id += 1
        return self.last_id

    def replace(self, records: Iterable[Record], last_id: int) -> None:
        """Keep these instead of all there was."""
        self.changes += 1
        self._by_id.clear()
        self._by_handle.clear()
        self.last_id = last_id
        for record in records:
            self.put(record)


class MemoryRepository:
    """A `Repository` that ends with its process."""

    def __init__(self) -> None:
        self.users: MemoryTable[User] = MemoryTable(lambda user: user.email)
        self.keys: MemoryTable[ApiKey] = MemoryTable(lambda key: digest(key.value.encode()))
        self.sessions: MemoryTable[Session] = MemoryTable(lambda session: str(session.id))

    @property
    def changes(self) -> int:
        """Grows with every change that must not be lost."""
        return self.users.changes + self.keys.changes + self.sessions.changes

    def state(self) -> State:
        """All that is kept."""
        users, keys, sessions = self.users, self.keys, self.sessions
        return State(VERSION, users.last_id, keys.last_id, users.all(), keys.all(), sessions.all())

    def replace(self, state: State) -> None:
        """Keep this instead of all there was."""
        self.users.replace(state.users, state.last_user_id)
        self.keys.replace(state.keys, state.last_key_id)
        self.sessions.replace(state.sessions, 0)
