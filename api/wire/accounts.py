"""Rows of the listings of users and API keys, and what can be asked of them.

Neither keys nor codes can be sorted by, filtered by or searched for: their order would
tell who reads it something of those they do not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated

from pydantic import EmailStr, Field
from typing_extensions import TypedDict

from api.accounts import onetime
from api.accounts.records import ApiKey, User
from api.listing import Listing, Wire, moments, table, text, whole
from api.wire.auth import RoleEnum
from api.wire.common import LocalStamp, UtcStamp
from api.wire.stamps import Calendar

WALL = Calendar(datetime(1970, 1, 1, tzinfo=UTC))
"""How wall time is written: accounts know nothing of simulated time."""


class ApiKeyInfo(TypedDict):
    """An API key."""

    id: int
    name: str
    api_key: str
    role: RoleEnum
    last_used: LocalStamp | None
    last_used_utc: UtcStamp | None
    expires_at: LocalStamp | None
    expires_at_utc: UtcStamp | None


class UserSchema(TypedDict):
    """A user."""

    id: int
    username: str
    email: EmailStr
    role: RoleEnum
    otp: Annotated[str | None, Field(description="The one-time code, as long as it can be used.")]
    otp_expires_at: LocalStamp | None
    otp_expires_at_utc: UtcStamp | None
    password_expires_at: LocalStamp | None
    password_expires_at_utc: UtcStamp | None


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user with the code that can be used now."""

    user: User
    otp: str | None
    otp_expires_ms: int | None

    @classmethod
    def at(cls, user: User, now_ms: int) -> UserRow:
        """A user at an instant."""
        code = user.one_time
        if code is None or not onetime.live(code, now_ms):
            return cls(user, None, None)
        return cls(user, code.code, code.expires_ms)


API_KEYS: Listing[ApiKey] = Listing(
    table(
        whole("id", attrgetter("id")),
        text("name", attrgetter("name")),
        text("role", attrgetter("role.value")),
        moments("last_used", attrgetter("last_used_ms")),
        moments("expires_at", attrgetter("expires_ms")),
    ),
    {
        "expires_at__gte": Wire.STRING,
        "expires_at__lte": Wire.STRING,
        "id__eq": Wire.STRING,
        "id__ilike": Wire.STRING,
        "last_used__gte": Wire.STRING,
        "last_used__lte": Wire.STRING,
        "name__eq": Wire.STRING,
        "name__ilike": Wire.STRING,
        "role__eq": Wire.STRING,
        "role__in": Wire.ARRAY,
    },
    searchable=("id", "name", "role"),
    ascending="id",
)

USERS: Listing[UserRow] = Listing(
    table(
        whole("id", attrgetter("user.id")),
        text("username", attrgetter("user.username")),
        text("email", attrgetter("user.email")),
        text("role", attrgetter("user.role.value")),
        moments("otp_expires_at", attrgetter("otp_expires_ms")),
        moments("password_expires_at", attrgetter("user.password_expires_ms")),
    ),
    {
        "email__eq": Wire.STRING,
        "email__ilike": Wire.STRING,
        "id__eq": Wire.STRING,
        "id__ilike": Wire.STRING,
        "otp_expires_at__gte": Wire.STRING,
        "otp_expires_at__lte": Wire.STRING,
        "password_expires_at__gte": Wire.STRING,
        "password_expires_at__lte": Wire.STRING,
        "role__eq": Wire.STRING,
        "role__in": Wire.ARRAY,
        "username__eq": Wire.STRING,
        "username__ilike": Wire.STRING,
    },
    searchable=("id", "username", "email", "role"),
    ascending="id",
)


def key_item(key: ApiKey, calendar: Calendar) -> ApiKeyInfo:
    """The row for an API key."""
    used, ends = key.last_used_ms, key.expires_ms
    return {
        "id": key.id,
        "name": key.name,
        "api_key": key.value,
        "role": RoleEnum(key.role),
        "last_used": None if used is None else calendar.local(used),
        "last_used_utc": None if used is None else calendar.utc(used),
        "expires_at": None if ends is None else calendar.local(ends),
        "expires_at_utc": None if ends is None else calendar.utc(ends),
    }


def user_item(row: UserRow, calendar: Calendar) -> UserSchema:
    """The row for a user."""
    user, code_ends, ends = row.user, row.otp_expires_ms, row.user.password_expires_ms
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "role": RoleEnum(user.role),
        "otp": row.otp,
        "otp_expires_at": None if code_ends is None else calendar.local(code_ends),
        "otp_expires_at_utc": None if code_ends is None else calendar.utc(code_ends),
        "password_expires_at": None if ends is None else calendar.local(ends),
        "password_expires_at_utc": None if ends is None else calendar.utc(ends),
    }
