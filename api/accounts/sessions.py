"""Sessions: a login, and the pairs of tokens that come of it one after the other.

A refresh token is good for one pair. Used again, it has been copied by somebody: as
nobody can tell who is who, the whole session ends for both. Access tokens hold until
their end or that of their session, so that a refresh does not cut off what a client
is doing with the old one at that moment.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from api.accounts.records import Session, User
from api.accounts.refusals import Unauthorized
from api.accounts.store import Repository
from api.accounts.tokens import Claims, Signer, Use

ACCESS_S: Final = 15 * 60
REFRESH_S: Final = 7 * 24 * 3600

STALE = "This refresh token does not hold, or no longer; log in again"


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of tokens."""

    access: str
    refresh: str


class Sessions:
    """Opens, refreshes and ends the sessions of a world. ``clock`` tells the wall ms.

    All worlds of a server sign with one secret, so that each can tell which world a token is for.
    """

    def __init__(self, kept: Repository, signer: Signer, clock: Callable[[], int], world: str) -> None:
        self._kept, self._signer, self._clock, self._world = kept, signer, clock, world

    def open(self, user: User) -> Pair:
        """A new session of a user."""
        self._forget_ended()
        return self._go_on(Session(secrets.randbits(62), user.id, "", 0))

    def refresh(self, token: str) -> Pair:
        """A new pair for the refresh token of the last one. Raises Unauthorized."""
        claims = self._read(token, "refresh")
        session = self._session(claims)
        if claims is None or session is None or self._user(session) is None:
            raise Unauthorized(STALE)
        if not hmac.compare_digest(session.serial.encode(), claims.jti.encode()):
            self._kept.sessions.remove(session.id)
            raise Unauthorized(STALE)
        return self._go_on(session)

    def user_of(self, token: str) -> User | None:
        """Whose access token it is, or None where it does not hold."""
        session = self._session(self._read(token, "access"))
        return None if session is None else self._kept.users.get(session.user)

    def world_of(self, token: str) -> str | None:
        """The id of the world that an access or refresh token is for, or None where it is none."""
        claims = self._read(token, "access") or self._read(token, "refresh")
        return None if claims is None else claims.world

    def end_all(self, user_id: int) -> None:
        """End every session of a user."""
        for session in self._kept.sessions.all():
            if session.user == user_id:
                self._kept.sessions.remove(session.id)

    def _user(self, session: Session) -> User | None:
        """The user of a session that may go on: not beyond the life of the password it began with."""
        user = self._kept.users.get(session.user)
        ends = None if user is None else user.password_expires_ms
        return user if ends is not None and self._clock() < ends else None

    def _session(self, claims: Claims | None) -> Session | None:
        session = None if claims is None else self._kept.sessions.get(claims.sid)
        if claims is None or session is None:
            return None
        return session if str(session.user) == claims.sub and claims.world == self._world else None

    def _go_on(self, session: Session) -> Pair:
        now_s = self._clock() // 1000
        refresh = self._claims(session, "refresh", now_s, REFRESH_S)
        self._kept.sessions.put(replace(session, serial=refresh.jti, expires_ms=refresh.exp * 1000))
        access = self._claims(session, "access", now_s, ACCESS_S)
        return Pair(self._signer.write(access), self._signer.write(refresh))

    def _claims(self, session: Session, use: Use, now_s: int, life_s: int) -> Claims:
        return Claims(
            world=self._world,
            use=use,
            sub=str(session.user),
            sid=session.id,
            jti=secrets.token_urlsafe(16),
            iat=now_s,
            exp=now_s + life_s,
        )

    def _read(self, token: str, use: Use) -> Claims | None:
        return self._signer.read(token, use, self._clock() / 1000)

    def _forget_ended(self) -> None:
        now_ms = self._clock()
        for session in self._kept.sessions.all():
            if session.expires_ms <= now_ms:
                self._kept.sessions.remove(session.id)
