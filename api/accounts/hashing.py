"""Passwords as argon2id hashes, made and checked beside the event loop.

One hash takes 64 MiB and some 50 ms of several cores; in the loop it would stop the
simulation and every other answer for as long.
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from api.accounts.policy import normal


class Hashing:
    """Makes and checks hashes, each in a thread. Who calls it does so one at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._decoy = _decoy(self._hasher)

    async def hashed(self, password: str) -> str:
        """The hash of a password."""
        return await asyncio.to_thread(self._hasher.hash, normal(password))

    async def fits(self, password: str, known: str | None) -> bool:
        """Whether a password is that of a hash. Without a hash it is not, after the same work."""
        return await asyncio.to_thread(self._fits, normal(password), known or self._decoy)

    def _fits(self, password: str, known: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except VerifyMismatchError:
            return False


def _decoy(hasher: PasswordHasher) -> str:
    """What looks like a hash of this hasher and is that of no password."""
    salt, key = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${key}"
