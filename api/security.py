"""Who may call: an API key in the header ``Authorization: Bearer KEY``.

Keys are kept as SHA-256 digests only. They are long and random, so that a slow
password hash would protect nothing; digests are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from fastapi import HTTPException, Request
from fastapi.security import HTTPBearer

BEARER = HTTPBearer(scheme_name="BearerAuth", description="An API key of this twin.", auto_error=False)
"""Puts the scheme into the OpenAPI document; `authenticate` does the checking, before any body is read."""


class KeyRing:
    """The keys that open the API. The app holds one as ``app.state.keys``."""

    def __init__(self, digests: Iterable[bytes]) -> None:
        self._digests = tuple(digests)

    @classmethod
    def of(cls, *keys: str) -> KeyRing:
        """A ring of the given keys."""
        return cls(digest(key.encode()) for key in keys)

    def opens(self, key: bytes) -> bool:
        """Whether the key is on the ring; takes the same time whichever key it is like."""
        presented = digest(key)
        found = False
        for known in self._digests:
            found |= hmac.compare_digest(presented, known)
        return found


def digest(key: bytes) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key).digest()


def authenticate(request: Request) -> None:
    """Let a request with a known key pass. Raises HTTPException 401 for any other."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise _unknown("An API key is needed: Authorization: Bearer KEY")
    keys: KeyRing = request.app.state.keys
    # Header bytes arrive decoded as Latin-1.
    if not keys.opens(key.strip().encode("latin-1")):
        raise _unknown("This API key is not known")


def _unknown(reason: str) -> HTTPException:
    return HTTPException(401, reason, headers={"WWW-Authenticate": "Bearer"})
