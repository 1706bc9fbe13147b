"""Whose business a setting is."""

from __future__ import annotations

from collections.abc import Sequence

from api.accounts import Caller, Role


def may(caller: Caller, required: Sequence[str]) -> bool:
    """Whether the caller has one of the roles; none required: anybody may."""
    return not required or caller.role is Role.SUPER_ADMIN or caller.role.value in required


def may_see(caller: Caller, user_idx: int) -> bool:
    """Whether the settings of a user are the caller's business."""
    return caller.role is Role.SUPER_ADMIN or caller.owner == user_idx
