"""Changes of several settings: checked as a whole, then put in force as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi.exceptions import RequestValidationError

from api.accounts import Caller, Forbidden
from api.preferences.access import may
from api.preferences.catalogue import CATALOGUE, USER
from api.preferences.effects import OnBridge, change_plant, keep_events, kept_by_plant
from api.preferences.store import About, Preferences
from api.preferences.values import Wrong, check_custom
from twin.domain.errors import NotFound

Place = tuple[str | int, ...]
"""Where in a request something is, as validation errors say it."""


class Problems:
    """Collects what is wrong with a request, to tell all of it at once."""

    def __init__(self) -> None:
        self._found: list[dict[str, Any]] = []

    def add(self, place: Place, kind: str, message: str) -> None:
        """Note that something is wrong."""
        self._found.append({"loc": place, "msg": message, "type": kind})

    def check(self, place: Place, check: Callable[[Any], None], value: Any) -> None:
        """Note it where a value does not pass."""
        try:
            check(value)
        except Wrong as wrong:
            self.add(place, wrong.kind, wrong.message)

    def told(self) -> list[str]:
        """All that is wrong, in words."""
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in self._found]

    def complain(self) -> None:
        """Raises RequestValidationError where anything is wrong."""
        if self._found:
            raise RequestValidationError(self._found)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a request wants: values to set, keys to reset, and where in it each value is."""

    updates: Mapping[str, Any] = field(default_factory=dict)
    resets: tuple[str, ...] = ()
    place: Callable[[str], Place] = lambda key: ("body", "updates", key)

    @property
    def keys(self) -> list[str]:
        """Every key that is named."""
        return [*self.updates, *self.resets]


def known(preferences: Preferences, key: str) -> About:
    """What is known of a setting. Raises NotFound."""
    about = preferences.about(key)
    if about is None:
        raise NotFound("Setting", key)
    return about


def permitted(caller: Caller, about: About) -> About:
    """The same, where the caller may read and change it. Raises Forbidden."""
    if not may(caller, about.required_role):
        raise Forbidden(f"Setting {about.key} is for the roles {', '.join(about.required_role)}")
    return about


async def change_system(preferences: Preferences, changes: Changes, caller: Caller, bridge: OnBridge) -> None:
    """Change system settings: all of them or, with a refusal, none."""
    async with preferences.writing:
        await bridge.catch_up()
        for key in changes.keys:
            permitted(caller, known(preferences, key))
        _check(changes).complain()
        await put_system(preferences, changes, bridge)


async def put_system(preferences: Preferences, changes: Changes, bridge: OnBridge) -> None:
    """Put checked changes in force. The plant comes first: it is the only one that can fail."""
    wanted = {**changes.updates, **{key: known(preferences, key).default for key in changes.resets}}
    changed = await change_plant(wanted, bridge)
    now = bridge.world.engine.now
    for key in changed:
        preferences.touch(key, now)
    for key, value in changes.updates.items():
        if not kept_by_plant(key):
            preferences.put(key, value, now)
    for key in changes.resets:
        preferences.reset(key, now)
    keep_events(preferences, bridge)


def change_user(preferences: Preferences, user_idx: int, changes: Changes) -> None:
    """Change the settings of a user: all of them or, with a refusal, none."""
    for key in changes.keys:
        known(preferences, key)
    problems = _check(changes)
    _only_for_users(problems, changes.updates, ("body", "updates"))
    _only_for_users(problems, changes.resets, ("body", "resets"))
    problems.complain()
    preferences.change_user(user_idx, dict(changes.updates), changes.resets)


def check_value(problems: Problems, place: Place, key: str, value: Any) -> None:
    """Note it where a setting cannot have this value."""
    setting = CATALOGUE.get(key)
    problems.check(place, check_custom if setting is None else setting.kind.check, value)


def _check(changes: Changes) -> Problems:
    problems = Problems()
    for key, value in changes.updates.items():
        check_value(problems, changes.place(key), key, value)
    for index, key in enumerate(changes.resets):
        if key in changes.updates:
            problems.add(("body", "resets", index), "contradiction", f"{key} cannot be both set and reset")
    return problems


def _only_for_users(problems: Problems, keys: Iterable[str], place: Place) -> None:
    for index, key in enumerate(keys):
        if key not in CATALOGUE or CATALOGUE[key].scope != USER:
            at = key if place[-1] == "updates" else index
            message = f"{key} can be set for the whole system only"
            problems.add((*place, at), "scope", message)
