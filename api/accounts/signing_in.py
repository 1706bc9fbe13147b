"""How people prove who they are: by password, or by one-time code.

Whatever is wrong, the answer and the work are the same: an e-mail without an account, a
wrong password, an account that is locked. One attempt is judged at a time: a hash takes
64 MiB, and a password that is being changed must not open a session meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from api.accounts import onetime, policy
from api.accounts.hashing import Hashing
from api.accounts.records import Failures, User
from api.accounts.refusals import Busy, Forbidden, Unauthorized
from api.accounts.sessions import Pair, Sessions
from api.accounts.store import Repository
from api.accounts.throttle import after_another, locked
from twin.domain.errors import Invalid

NO_LOGIN = "E-mail or password is wrong, or the account is locked after too many attempts"
NO_RESET = "E-mail, code or old password is wrong, or there were too many attempts"
MOST_WAITING = 32
"""Attempts that wait for their turn; some two seconds of work."""
RETRY_S = 2
TOO_MANY = "Too many logins are waiting; try again in a moment"
EXPIRED = "The password has expired; set a new one with reset_password"


@dataclass(frozen=True, slots=True)
class Reset:
    """A new password, and what entitles to it; where both are given the code counts."""

    email: str
    new_password: str
    old_password: str | None
    otp: str | None


class SigningIn:
    """Logs in and sets passwords. ``clock`` tells the wall ms."""

    def __init__(
        self, kept: Repository, sessions: Sessions, hashing: Hashing, clock: Callable[[], int]
    ) -> None:
        self._kept, self._sessions, self._hashing, self._clock = kept, sessions, hashing, clock
        self._one = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One attempt at a time. Raises Busy where too many wait: each costs a hash."""
        if self._waiting > MOST_WAITING:
            raise Busy(TOO_MANY, RETRY_S)
        self._waiting += 1
        try:
            async with self._one:
                yield
        finally:
            self._waiting -= 1

    async def log_in(self, email: str, password: str) -> Pair:
        """A new session. Raises Unauthorized, Busy, and Forbidden where the password is right and too old."""
        async with self._turn():
            user = await self._by_password(email, password)
            if user is None:
                raise Unauthorized(NO_LOGIN)
            if user.password_expires_ms is None or self._clock() >= user.password_expires_ms:
                raise Forbidden(EXPIRED)
            return self._sessions.open(user)

    def forget(self, email: str) -> None:
        """Make a one-time code, where the e-mail has an account."""
        user = self._kept.users.find(email)
        code = onetime.next_code(user.one_time if user else None, self._clock())
        if user is not None:
            self._kept.users.put(replace(user, one_time=code))

    async def reset(self, wish: Reset) -> None:
        """Set a new password, and end all sessions. Raises Invalid, Unauthorized and Busy."""
        _check(wish)
        async with self._turn():
            hashed = await self._hashing.hashed(wish.new_password)
            user = await self._entitled(wish)
            if user is None:
                raise Unauthorized(NO_RESET)
            self._set(user, hashed)

    def _set(self, user: User, hashed: str) -> None:
        """Give a user a password; whatever was open with the old one ends."""
        expires_ms = self._clock() + policy.LIFE_MS
        fresh = replace(user, password_hash=hashed, password_expires_ms=expires_ms)
        self._kept.users.put(replace(fresh, one_time=None, failures=Failures()))
        self._sessions.end_all(user.id)

    async def _entitled(self, wish: Reset) -> User | None:
        """The user who may have a new password, or None."""
        if wish.otp is not None:
            return self._by_code(wish.email, wish.otp)
        return await self._by_password(wish.email, wish.old_password or "")

    async def _by_password(self, email: str, password: str) -> User | None:
        """The user of e-mail and password, or None. What is wrong counts, unless the account is locked."""
        before = self._kept.users.find(email)
        known = before.password_hash if before else None
        right = await self._hashing.fits(password, known)
        user, now_ms = self._kept.users.find(email), self._clock()  # as it is after the wait
        if user is None or known is None or locked(user.failures, now_ms):
            return None
        user = replace(user, failures=Failures() if right else after_another(user.failures, now_ms))
        self._kept.users.put(user)
        return user if right else None

    def _by_code(self, email: str, guess: str) -> User | None:
        """The user of e-mail and code, or None. What is wrong counts."""
        user, now_ms = self._kept.users.find(email), self._clock()
        right = onetime.fits(user.one_time if user else None, guess, now_ms)
        if user is not None and not right:
            self._kept.users.put(replace(user, one_time=onetime.after_wrong_guess(user.one_time, now_ms)))
        return user if right else None


def _check(wish: Reset) -> None:
    """Raises Invalid for what is wrong whoever asks."""
    if wish.otp is None and wish.old_password is None:
        raise Invalid("otp", "A new password needs the one-time code or the old password")
    policy.check(wish.new_password, "new_password")
    if wish.old_password is not None and policy.normal(wish.new_password) == policy.normal(wish.old_password):
        raise Invalid("new_password", "The new password must not be the old one")
