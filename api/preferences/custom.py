"""Settings that clients make: kept, given back, and without effect; and POST, which may mean either kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.accounts import Caller, Forbidden, Role
from api.preferences.catalogue import CATALOGUE, RESERVED
from api.preferences.changes import Changes, Problems, check_value, known, permitted, put_system
from api.preferences.effects import OnBridge
from api.preferences.store import Custom, Preferences
from api.preferences.values import check_custom
from twin.domain.errors import InUse

MOST_CUSTOM: Final = 1000
"""Settings that clients can make."""
PATHS: Final = ("system", "users")
"""Keys that could not be asked for: the API has other operations there."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A setting as a client wants it. ``given`` has only what was said, under the names of the body."""

    key: str
    given: Mapping[str, Any]

    def of(self, name: str, otherwise: Any) -> Any:
        """What was said of ``name``; what was not, and null for the roles, is as ``otherwise``."""
        value = self.given.get(name, otherwise)
        return otherwise if value is None and name == "required_role" else value


async def create_or_update(
    preferences: Preferences, wanted: Wanted, caller: Caller, bridge: OnBridge
) -> None:
    """Change a setting, or make it where there is none. Refused as a whole."""
    async with preferences.writing:
        await bridge.catch_up()
        about = preferences.about(wanted.key)
        if about is not None:
            permitted(caller, about)
        elif caller.role is not Role.SUPER_ADMIN:
            raise Forbidden(f"New settings are for the role {Role.SUPER_ADMIN}")
        _check(wanted).complain()
        if wanted.key not in CATALOGUE:
            _define(preferences, wanted, bridge.world.engine.now)
        if "value_json" in wanted.given:
            await put_system(preferences, Changes({wanted.key: wanted.given["value_json"]}), bridge)


async def remove(preferences: Preferences, key: str, caller: Caller, bridge: OnBridge) -> None:
    """Reset a setting of the catalogue; remove one that a client has made."""
    async with preferences.writing:
        await bridge.catch_up()
        permitted(caller, known(preferences, key))
        if key in CATALOGUE:
            await put_system(preferences, Changes(resets=(key,)), bridge)
        else:
            preferences.remove(key)


def _define(preferences: Preferences, wanted: Wanted, now: int) -> None:
    about = preferences.about(wanted.key)
    if about is None and len(preferences.custom_keys()) >= MOST_CUSTOM:
        raise InUse(f"There are {MOST_CUSTOM} settings of clients already; delete one of them first")
    custom = Custom(
        wanted.of("default_value_json", about.default if about else None),
        tuple(wanted.of("required_role", about.required_role if about else ())),
        wanted.of("restart_required", about.restart_required if about else False),
        about.created_ms if about else now,
    )
    preferences.define(wanted.key, custom)


def _check(wanted: Wanted) -> Problems:
    problems = Problems()
    if "value_json" in wanted.given:
        check_value(problems, ("body", "value_json"), wanted.key, wanted.given["value_json"])
    if wanted.key in CATALOGUE:
        _check_fixed(problems, wanted)
    else:
        check_free(problems, wanted)
    return problems


def _check_fixed(problems: Problems, wanted: Wanted) -> None:
    """What the twin has fixed may be repeated, but not changed."""
    setting = CATALOGUE[wanted.key]
    fixed: dict[str, Any] = {
        "default_value_json": setting.default,
        "required_role": list(setting.required_role),
        "restart_required": setting.restart_required,
    }
    for name, value in fixed.items():
        said = wanted.of(name, value)
        if said != value or type(said) is not type(value):
            problems.add(("body", name), "fixed", f"{wanted.key} has a fixed {name}: {value!r}")


def check_free(problems: Problems, wanted: Wanted) -> None:
    """Note it where a client cannot have such a setting."""
    key = wanted.key
    if not _KEY.fullmatch(key) or key in PATHS:
        message = "A key has 1 to 128 letters, digits and ._:- and is neither system nor users"
        problems.add(("body", "key"), "key", message)
    elif key.startswith(RESERVED):
        kept = ", ".join(RESERVED)
        problems.add(("body", "key"), "reserved", f"Keys that begin with {kept} are the twin's own")
    problems.check(("body", "default_value_json"), check_custom, wanted.of("default_value_json", None))
    roles = [role.value for role in Role]
    for index, role in enumerate(wanted.of("required_role", ())):
        if role not in roles:
            place = ("body", "required_role", index)
            problems.add(place, "enum", f"Input should be one of {', '.join(roles)}")
