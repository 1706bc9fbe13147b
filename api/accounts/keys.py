"""API keys. Their values are kept, as the API shows them to administrators; they are found by digest."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from api.accounts.administration import somebody_can
from api.accounts.callers import Caller
from api.accounts.records import ApiKey
from api.accounts.roles import Role, lower_of
from api.accounts.store import Repository, digest
from twin.domain.errors import InUse, NotFound

LIFE_DAYS: Final = 365
DAY_MS: Final = 86_400_000
PREFIX: Final = "twin_"
"""So that a scanner for leaked secrets can tell them."""
FIRST_NAME: Final = "twin serve"
LAST: Final = (
    "This is the last credential of a Super Admin: nobody could make users or keys any more."
    " Make another key, or set the password of a user who is Super Admin, first"
)


class ApiKeys:
    """The API keys. ``clock`` tells the wall ms."""

    def __init__(self, kept: Repository, clock: Callable[[], int]) -> None:
        self._kept, self._clock = kept, clock

    def all(self) -> list[ApiKey]:
        """All keys, the oldest first."""
        return self._kept.keys.all()

    def add_first(self, value: str) -> None:
        """Let in the key that the twin was started with: it may do everything and does not end."""
        if self._kept.keys.find(digest(value.encode())) is None:
            self._kept.keys.put(ApiKey(self._kept.keys.next_id(), FIRST_NAME, value, Role.SUPER_ADMIN))

    def exists(self, handle: str) -> bool:
        """Whether there is a key of that `digest`, ended or not."""
        return self._kept.keys.find(handle) is not None

    def make(self, name: str, caller: Caller, days: int = LIFE_DAYS) -> ApiKey:
        """A new key with the role of who makes it, for so many days."""
        value = PREFIX + secrets.token_urlsafe(32)
        expires_ms = self._clock() + days * DAY_MS
        key = ApiKey(self._kept.keys.next_id(), name, value, caller.role, caller.owner, expires_ms)
        self._kept.keys.put(key)
        return key

    def use(self, value: bytes) -> ApiKey | None:
        """The key of that value, marked as used now; None where there is none or it has ended."""
        key, now_ms = self._kept.keys.find(digest(value)), self._clock()
        if key is None or not hmac.compare_digest(key.value.encode(), value):
            return None
        if key.expires_ms is not None and now_ms >= key.expires_ms:
            return None
        used = replace(key, last_used_ms=now_ms)
        self._kept.keys.touch(used)
        return used

    def delete(self, key_id: int) -> ApiKey:
        """Take a key away; what it was. Raises NotFound, and InUse for the last that can administer."""
        key = self._kept.keys.get(key_id)
        if key is None:
            raise NotFound("API key", key_id)
        now_ms = self._clock()
        # A key of no use for that may go also where nobody is left, as after the last one has ended.
        if somebody_can(self._kept, now_ms) and not somebody_can(self._kept, now_ms, but_key=key_id):
            raise InUse(LAST)
        self._kept.keys.remove(key_id)
        return key

    def limit(self, user_id: int, role: Role) -> None:
        """Let no key that comes from a user do more than ``role``."""
        for key in self.all():
            if key.owner == user_id:
                self._kept.keys.put(replace(key, role=lower_of(key.role, role)))
