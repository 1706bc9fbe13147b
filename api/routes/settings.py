"""Tag Settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Body, Depends, Path
from starlette.responses import Response

from api.accounts import Caller, Forbidden
from api.preferences.access import may, may_see
from api.preferences.changes import Changes, change_system, change_user, known, permitted
from api.preferences.custom import Wanted, create_or_update, remove
from api.preferences.effects import read_from_plant
from api.preferences.store import Preferences
from api.routes.base import (
    Bridge,
    CalledBy,
    InTime,
    InWorld,
    OnAccounts,
    OnBridge,
    OnPreferences,
    World,
    described,
    make_router,
)
from api.wire.common import PathInt
from api.wire.errors import CONFLICT, FORBIDDEN, NOT_FOUND, TOO_LARGE
from api.wire.exact import ExactResponse
from api.wire.settings import (
    ResolvedSettingsResponse,
    SettingCreate,
    SettingResponse,
    SettingsListResponse,
    SettingsPatchRequest,
    SettingUpdate,
    item_body,
    resolved_body,
    setting_body,
)
from api.wire.stamps import Calendar
from twin.domain.errors import NotFound

router = make_router("Settings")


async def _user(
    accounts: OnAccounts,
    user_idx: Annotated[PathInt, Path(description="Number of the user.")],
    caller: CalledBy,
) -> int:
    """The user of the path, who exists and concerns the caller."""
    if not may_see(caller, user_idx):
        raise Forbidden("The settings of other users are for the role Super Admin")
    if not accounts.users.exists(user_idx):
        raise NotFound("User", user_idx)
    return user_idx


OfUser = Annotated[int, Depends(_user)]
Key = Annotated[str, Path(description="Key of the setting.")]
Wishes = Annotated[SettingsPatchRequest, Body()]
NO_CHANGES, NO_VALUE = SettingsPatchRequest(), SettingUpdate()


def _values(preferences: Preferences, keys: Sequence[str], world: World) -> dict[str, Any]:
    """The values in force."""
    held = read_from_plant(world.engine.plant)
    return {key: held[key] if key in held else preferences.system(key) for key in keys}


def _visible(preferences: Preferences, caller: Caller) -> list[str]:
    keys = preferences.all_keys()
    return [key for key in keys if may(caller, known(preferences, key).required_role)]


def _answer(preferences: Preferences, key: str, bridge: Bridge, calendar: Calendar) -> Response:
    about = known(preferences, key)
    return ExactResponse(setting_body(about, _values(preferences, [key], bridge.world)[key], calendar))


def _changes(body: SettingsPatchRequest) -> Changes:
    return Changes(body.updates or {}, tuple(body.resets or ()))


@router.get(
    "/settings",
    operation_id="get_settings",
    summary="Settings of the system",
    response_model=SettingsListResponse,
)
async def get_settings(world: InWorld, the: OnPreferences, caller: CalledBy) -> Response:
    """All that the caller's role may see, by key: what the twin knows and what clients have added."""
    values = _values(the, _visible(the, caller), world)
    items = [item_body(known(the, key), value) for key, value in values.items()]
    return ExactResponse({"items": items, "total": len(items)})


@router.post(
    "/settings",
    operation_id="save_setting",
    summary="Set a system setting, new or not",
    response_model=SettingResponse,
    responses=described(FORBIDDEN, CONFLICT, TOO_LARGE),
)
async def save_setting(
    wanted: SettingCreate, the: OnPreferences, caller: CalledBy, bridge: OnBridge, calendar: InTime
) -> Response:
    """Changes a setting of the twin, which does something, or keeps one of the client's own, which does not.

    A key that begins like those of the twin (`operator.`, `listing.`, ...) must be one of them.
    """
    given = wanted.model_dump(include=wanted.model_fields_set)
    await create_or_update(the, Wanted(given.pop("key"), given), caller, bridge)
    return _answer(the, wanted.key, bridge, calendar)


@router.get(
    "/settings/system",
    operation_id="get_system_settings",
    summary="Values in force",
    response_model=ResolvedSettingsResponse,
)
async def get_system_settings(world: InWorld, the: OnPreferences, caller: CalledBy) -> Response:
    """The value in force of every setting that the caller's role may see."""
    return ExactResponse(resolved_body(_values(the, _visible(the, caller), world)))


@router.patch(
    "/settings/system",
    operation_id="change_system_settings",
    summary="Change several system settings",
    response_model=ResolvedSettingsResponse,
    responses=described(FORBIDDEN, NOT_FOUND, TOO_LARGE),
)
async def change_system_settings(
    the: OnPreferences,
    caller: CalledBy,
    bridge: OnBridge,
    changes: Wishes = NO_CHANGES,
) -> Response:
    """Sets and resets, all of it or nothing; answers the values then in force."""
    await change_system(the, _changes(changes), caller, bridge)
    return ExactResponse(resolved_body(_values(the, _visible(the, caller), bridge.world)))


@router.get(
    "/settings/users/{user_idx}",
    operation_id="get_user_settings",
    summary="Values in force for a user",
    response_model=ResolvedSettingsResponse,
    responses=described(FORBIDDEN, NOT_FOUND),
)
async def get_user_settings(user: OfUser, world: InWorld, the: OnPreferences) -> Response:
    """For each setting that users may have a value of their own for: that value, or else the system's."""
    return ExactResponse(resolved_body(the.resolved_for(user)))


@router.patch(
    "/settings/users/{user_idx}",
    operation_id="change_user_settings",
    summary="Change settings of a user",
    response_model=ResolvedSettingsResponse,
    responses=described(FORBIDDEN, NOT_FOUND, TOO_LARGE),
)
async def change_user_settings(
    user: OfUser,
    world: InWorld,
    the: OnPreferences,
    changes: Wishes = NO_CHANGES,
) -> Response:
    """Sets and resets values of one user, all or none; answers the values then in force for that user."""
    change_user(the, user, _changes(changes))
    return ExactResponse(resolved_body(the.resolved_for(user)))


@router.delete(
    "/settings/{key}",
    operation_id="reset_setting",
    summary="Forget the value of a setting",
    responses=described(FORBIDDEN, NOT_FOUND),
)
async def reset_setting(key: Key, the: OnPreferences, caller: CalledBy, bridge: OnBridge) -> Response:
    """A setting of the twin has its default again; one that a client made is gone. Answers `null`."""
    await remove(the, key, caller, bridge)
    return ExactResponse(None)


@router.get(
    "/settings/{key}",
    operation_id="get_setting",
    summary="One system setting",
    response_model=SettingResponse,
    responses=described(FORBIDDEN, NOT_FOUND),
)
async def get_setting(
    key: Key, world: InWorld, the: OnPreferences, caller: CalledBy, bridge: OnBridge, calendar: InTime
) -> Response:
    """Its value in force, its default, and when the value last became another."""
    permitted(caller, known(the, key))
    return _answer(the, key, bridge, calendar)


@router.patch(
    "/settings/{key}",
    operation_id="change_setting",
    summary="Change one system setting",
    response_model=SettingResponse,
    responses=described(FORBIDDEN, NOT_FOUND, TOO_LARGE),
)
async def change_setting(
    key: Key,
    the: OnPreferences,
    caller: CalledBy,
    bridge: OnBridge,
    calendar: InTime,
    change: Annotated[SettingUpdate, Body()] = NO_VALUE,
) -> Response:
    """Sets the value, which counts at once; an empty body changes nothing."""
    updates = {key: change.value_json} if "value_json" in change.model_fields_set else {}
    permitted(caller, known(the, key))
    await change_system(the, Changes(updates, place=lambda _key: ("body", "value_json")), caller, bridge)
    return _answer(the, key, bridge, calendar)
