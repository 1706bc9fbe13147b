"""What has been set, as plain data, and what is in force."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from api.preferences.catalogue import CATALOGUE, SYSTEM, USER, Setting
from api.preferences.values import type_name
from twin.simulation.codec import from_plain, to_plain


@dataclass(slots=True)
class Custom:
    """A setting that a client has made: kept and given back, without any effect."""

    default: Any
    required_role: tuple[str, ...]
    restart_required: bool
    created_ms: int


@dataclass(slots=True)
class Kept:
    """All that has been set. ``updated`` has the time of the last change of each system setting."""

    system: dict[str, Any] = field(default_factory=dict)
    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    custom: dict[str, Custom] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a system setting besides its value; ``value_type`` None: any."""

    key: str
    default: Any
    value_type: str | None
    scope: str
    choices: tuple[str, ...] | None
    required_role: tuple[str, ...]
    restart_required: bool
    created_ms: int
    updated_ms: int


class Preferences:
    """The values in force: what was set, else the default. Callers have checked what they set.

    ``writing`` is held by whoever checks and then sets.
    """

    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept or Kept()
        self.changes = 1
        self.writing = asyncio.Lock()

    @classmethod
    def restored(cls, plain: dict[str, Any]) -> Preferences:
        """What ``export`` has written."""
        return cls(from_plain(Kept, plain))

    def export(self) -> dict[str, Any]:
        """All that has been set, as JSON values."""
        plain: dict[str, Any] = to_plain(self._kept)
        return plain

    # -- reading

    def all_keys(self) -> list[str]:
        """All keys of system settings, in alphabetical order."""
        return sorted([*CATALOGUE, *self._kept.custom])

    def custom_keys(self) -> list[str]:
        """The keys that clients have made."""
        return sorted(self._kept.custom)

    def about(self, key: str) -> About | None:
        """What is known of a setting, or None where there is none of this key."""
        updated = self._kept.updated.get(key)
        if (custom := self._kept.custom.get(key)) is not None:
            return _about_custom(key, custom, updated)
        known = CATALOGUE.get(key)
        return None if known is None else _about_known(known, updated or 0)

    def system(self, key: str) -> Any:
        """The system's value. Raises KeyError for a key that is not there."""
        if key in self._kept.system:
            return self._kept.system[key]
        return CATALOGUE[key].default if key in CATALOGUE else self._kept.custom[key].default

    def of_user(self, user_idx: int | None, key: str) -> Any:
        """The value for a user (None: for whoever is none), else the system's."""
        own = {} if user_idx is None else self._kept.users.get(user_idx, {})
        return own[key] if key in own else self.system(key)

    def resolved_for(self, user_idx: int | None) -> dict[str, Any]:
        """All settings that users may have values of their own for, as they are for a user or for nobody."""
        keys = [key for key, setting in CATALOGUE.items() if setting.scope == USER]
        return {key: self.of_user(user_idx, key) for key in sorted(keys)}

    def without_secrets(self) -> dict[str, Any]:
        """What may be shown to anybody: values of the catalogue, but only the types of what clients keep."""
        own = {key: {"value_type": type_name(self.system(key))} for key in self.custom_keys()}
        users = {str(user): dict(values) for user, values in sorted(self._kept.users.items())}
        return {"system": {key: self.system(key) for key in CATALOGUE}, "users": users, "custom": own}

    # -- writing

    def define(self, key: str, custom: Custom) -> None:
        """Make a custom setting, or change what is known of one."""
        self.changes += 1
        self._kept.custom[key] = custom

    def put(self, key: str, value: Any, now: int) -> None:
        """Set a system value."""
        self.changes += 1
        changed = not _same(value, self.system(key))
        self._kept.system[key] = value
        if changed:
            self._kept.updated[key] = now

    def touch(self, key: str, now: int) -> None:
        """Note a change of a value that is kept elsewhere."""
        self.changes += 1
        self._kept.updated[key] = now

    def reset(self, key: str, now: int) -> None:
        """Go back to the default of a system setting; nothing where nothing was set."""
        self.changes += 1
        if key not in self._kept.system:
            return
        before = self._kept.system.pop(key)
        if not _same(before, self.system(key)):
            self._kept.updated[key] = now

    def remove(self, key: str) -> None:
        """Forget a custom setting altogether."""
        self.changes += 1
        self._kept.custom.pop(key, None)
        self._kept.system.pop(key, None)
        self._kept.updated.pop(key, None)

    def change_user(self, user_idx: int, updates: dict[str, Any], resets: Iterable[str]) -> None:
        """Set and reset values of one user."""
        self.changes += 1
        own = {**self._kept.users.get(user_idx, {}), **updates}
        for key in resets:
            own.pop(key, None)
        if own:
            self._kept.users[user_idx] = own
        else:
            self._kept.users.pop(user_idx, None)

    def forget_user(self, user_idx: int) -> None:
        """Drop the values of a user who is gone."""
        self.changes += 1
        self._kept.users.pop(user_idx, None)


def _about_custom(key: str, custom: Custom, updated_ms: int | None) -> About:
    created = custom.created_ms
    updated = created if updated_ms is None else updated_ms
    role, restart = custom.required_role, custom.restart_required
    return About(key, custom.default, None, SYSTEM, None, role, restart, created, updated)


def _about_known(known: Setting, updated_ms: int) -> About:
    return About(
        known.key,
        known.default,
        known.kind.name,
        known.scope,
        known.kind.choices,
        known.required_role,
        known.restart_required,
        0,
        updated_ms,
    )


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; to Python, 1, 1.0 and True are."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
