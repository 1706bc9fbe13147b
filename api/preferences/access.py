"""Who calls, and whom there are settings for.

Accounts plug in at ``app.state.who_calls`` and ``app.state.users``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from fastapi import Request

SUPER_ADMIN: Final = "Super Admin"
USER: Final = "User"
ROLES: Final = (SUPER_ADMIN, USER)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: a role and, where it is a person, the number of the account."""

    role: str
    user_idx: int | None = None

    def may(self, required: Sequence[str]) -> bool:
        """Whether one of the required roles is enough; none required: anybody may."""
        return not required or self.role == SUPER_ADMIN or self.role in required

    def may_see(self, user_idx: int) -> bool:
        """Whether the settings of this user are the caller's business."""
        return self.role == SUPER_ADMIN or self.user_idx == user_idx


WhoCalls = Callable[[Request], Caller]


def key_holder(_request: Request) -> Caller:
    """The caller where there are no accounts: whoever has the key may do everything."""
    return Caller(SUPER_ADMIN)


def caller_of(request: Request) -> Caller:
    """Who sends this request. It has been authenticated before."""
    who_calls: WhoCalls = request.app.state.who_calls
    return who_calls(request)


def role_of(request: Request) -> str:
    """The role of whoever sends this request."""
    return caller_of(request).role


class UserDirectory(Protocol):
    """The accounts, as far as settings need them."""

    def exists(self, user_idx: int) -> bool:
        """Whether there is a user of this number."""


class Everybody:
    """The directory where there are no accounts: every positive number may be a user."""

    def exists(self, user_idx: int) -> bool:
        """Whether the number is positive."""
        return user_idx >= 1
