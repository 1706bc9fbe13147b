"""All of accounts put together."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from argon2 import PasswordHasher
from pydantic import TypeAdapter

from api.accounts.callers import Caller
from api.accounts.hashing import Hashing
from api.accounts.keys import ApiKeys
from api.accounts.records import State
from api.accounts.refusals import Unauthorized
from api.accounts.sessions import Sessions
from api.accounts.signing_in import SigningIn
from api.accounts.store import VERSION, MemoryRepository, Repository
from api.accounts.tokens import SECRET_BYTES, Signer
from api.accounts.users import Users

LONGEST_CREDENTIAL: Final = 4096
_STATE: Final = TypeAdapter(State)

NO_CREDENTIAL = "An API key or access token is needed: Authorization: Bearer CREDENTIAL"
UNKNOWN = "This API key or access token is not known, or no longer holds"


class Accounts:
    """Users, API keys and sessions over a store.

    ``first_key`` may do everything. ``clock`` tells the wall seconds since 1970.
    ``secret`` signs the tokens; without one, tokens end with the process. ``hasher``
    says what a password hash costs. ``world`` is the id of the world they belong to.
    """

    def __init__(
        self,
        first_key: str | None = None,
        *,
        secret: str | None = None,
        clock: Callable[[], float] = time.time,
        hasher: PasswordHasher | None = None,
        kept: Repository | None = None,
        world: str = "default",
    ) -> None:
        def now_ms() -> int:
            return int(clock() * 1000)

        self._kept = kept or MemoryRepository()
        signer = Signer(secret.encode() if secret is not None else secrets.token_bytes(SECRET_BYTES))
        self.sessions = Sessions(self._kept, signer, now_ms, world)
        self.keys = ApiKeys(self._kept, now_ms)
        self.users = Users(self._kept, self.keys, now_ms)
        self.signing_in = SigningIn(self._kept, self.sessions, Hashing(hasher), now_ms)
        self.now_ms = now_ms
        if first_key is not None:
            self.keys.add_first(first_key)

    def identify(self, header: str) -> Caller:
        """Who calls with that Authorization header. Raises Unauthorized."""
        credential = credential_of(header)
        if credential is None:
            raise Unauthorized(NO_CREDENTIAL)
        caller = self._caller(credential) if len(credential) <= LONGEST_CREDENTIAL else None
        if caller is None:
            raise Unauthorized(UNKNOWN)
        return caller

    def _caller(self, credential: str) -> Caller | None:
        # Header bytes arrive decoded as Latin-1.
        key = self.keys.use(credential.encode("latin-1"))
        if key is not None:
            return Caller.of_key(key)
        user = self.sessions.user_of(credential)
        return None if user is None else Caller.of_user(user)

    @property
    def changes(self) -> int:
        """Grows with every change that must not be lost; when a key was used last is not such a one."""
        return self._kept.changes

    def snapshot(self) -> dict[str, Any]:
        """All that is kept, as JSON values. It holds secrets: API keys, codes, password hashes."""
        plain: dict[str, Any] = _STATE.dump_python(self._kept.state(), mode="json")
        return plain

    def restore(self, plain: dict[str, Any]) -> None:
        """Keep what `snapshot` has written instead of all there was.

        Raises ValueError, with nothing changed, where it is of another version or damaged.
        """
        if plain.get("version") != VERSION:
            raise ValueError(f"accounts of version {plain.get('version')}; this version reads {VERSION}")
        self._kept.replace(_STATE.validate_python(plain))


def credential_of(header: str) -> str | None:
    """The credential in an Authorization header, or None where there is none."""
    scheme, _, credential = header.partition(" ")
    credential = credential.strip()
    return credential if scheme.lower() == "bearer" and credential else None
