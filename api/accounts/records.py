"""What is kept of users, keys and sessions: plain data, times in wall ms since 1970.

Secrets are left out of what is printed, so that no log or traceback tells them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from api.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row, and when the last of them was."""

    count: int = 0
    last_ms: int = 0


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A code that stands in for a password once. Void, it has no ``code`` and bars new ones until its end."""

    code: str | None = field(repr=False)
    expires_ms: int
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """A person who logs in. ``email`` is in lower case and names one user only."""

    id: int
    email: str
    username: str
    role: Role
    locale: str
    password_hash: str | None = field(default=None, repr=False)
    password_expires_ms: int | None = None
    one_time: OneTimeCode | None = None
    failures: Failures = Failures()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a program.

    ``owner`` is the id of the user it comes from, by whatever keys in between; None
    where it comes from the key that the twin was started with.
    """

    id: int
    name: str
    value: str = field(repr=False)
    role: Role
    owner: int | None = None
    expires_ms: int | None = None
    last_used_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A login and all tokens that came of it; ``serial`` is that of the only refresh token that holds."""

    id: int
    user: int
    serial: str = field(repr=False)
    expires_ms: int


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept. Ids up to the last ones are taken for ever."""

    version: int
    last_user_id: int
    last_key_id: int
    users: list[User]
    keys: list[ApiKey]
    sessions: list[Session]
