"""Who could still administer: somebody must, or nobody could ever make a user or a key again."""

from __future__ import annotations

from api.accounts.records import ApiKey, User
from api.accounts.roles import Role
from api.accounts.store import Repository


def somebody_can(
    kept: Repository, now_ms: int, *, but_key: int | None = None, but_user: int | None = None
) -> bool:
    """Whether a Super Admin can get in other than with a key, or as a user and with that user's keys."""
    by_key = any(key.id != but_key and _opens(key, now_ms, but_user) for key in kept.keys.all())
    return by_key or any(user.id != but_user and _logs_in(user) for user in kept.users.all())


def _opens(key: ApiKey, now_ms: int, but_user: int | None) -> bool:
    holds = key.expires_ms is None or now_ms < key.expires_ms
    return key.role is Role.SUPER_ADMIN and holds and (but_user is None or key.owner != but_user)


def _logs_in(user: User) -> bool:
    # A password that has expired still sets a new one; a one-time code needs somebody who reads it out.
    return user.role is Role.SUPER_ADMIN and user.password_hash is not None
