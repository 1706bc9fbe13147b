"""Signed tokens (JWT). Signature, form and end are judged here; whether a session still holds is not."""

from __future__ import annotations

from typing import Final, Literal

import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

ALGORITHM: Final = "HS256"
ISSUER: Final = "storage-twin"
SECRET_BYTES: Final = 32
LONGEST: Final = 1024
"""Characters of a token that is looked at; ours have a third of that."""

Use = Literal["access", "refresh"]


class Claims(BaseModel):
    """What a token says.

    ``world`` is the id of the world it is for, ``sub`` the user, ``sid`` the session,
    ``jti`` the serial of the token.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    iss: Literal["storage-twin"] = ISSUER
    world: str
    use: Use
    sub: str
    sid: int
    jti: str
    iat: int
    exp: int


class Signer:
    """Makes and reads tokens under one secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the secret that signs tokens needs at least {SECRET_BYTES} bytes")
        self._secret = secret

    def write(self, claims: Claims) -> str:
        """The token of some claims."""
        return jwt.encode(claims.model_dump(), self._secret, ALGORITHM)

    def read(self, token: str, use: Use, now_s: float) -> Claims | None:
        """What a token for that use says, or None where it is none, was changed, or has ended."""
        if len(token) > LONGEST:
            return None
        try:
            claims = Claims.model_validate(self._payload(token))
        # Of a header nested to the end of the stack; not every version of the library catches that.
        except (jwt.InvalidTokenError, ValidationError, RecursionError):
            return None
        return claims if claims.use == use and now_s < claims.exp else None

    def _payload(self, token: str) -> object:
        # Our clock, not the library's, says what time it is.
        return jwt.decode(
            token,
            self._secret,
            [ALGORITHM],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
