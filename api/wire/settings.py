"""Bodies of the tag Settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import BaseModel, Field, Strict
from typing_extensions import TypedDict

from api.preferences.store import About
from api.preferences.values import type_name
from api.wire.common import LocalStamp, Text, UtcStamp
from api.wire.stamps import Calendar

IDS = UUID("6f9f1c4e-3f0b-5d0c-9a53-5b8f6a0e7d21")
"""The namespace of the ids of settings: one key has one id in every twin."""

Flag = Annotated[bool, Strict()]
Roles = list[Annotated[str, Strict()]]


class SettingCreate(BaseModel):
    """A system setting to be created, or to be changed where it exists."""

    key: Annotated[Text, Field(description="Letters, digits and `._:-`, at most 128 of them.")]
    value_json: Annotated[Any, Field(description="The value; what is left out stays, or is the default.")] = (
        None
    )
    default_value_json: Annotated[Any, Field(description="For keys of the client's own.")] = None
    required_role: Annotated[Roles | None, Field(description="Roles that may read and change it.")] = None
    restart_required: Annotated[Flag, Field(description="Kept for the client; nothing here needs one.")] = (
        False
    )


class SettingUpdate(BaseModel):
    """A new value of one setting."""

    value_json: Any = None


class SettingsPatchRequest(BaseModel):
    """Changes of several settings, all carried out or none."""

    updates: Annotated[dict[str, Any] | None, Field(description="New values by key.")] = None
    resets: Annotated[
        list[Annotated[str, Strict()]] | None, Field(description="Keys that go back to their defaults.")
    ] = None


class SettingListItemResponse(TypedDict):
    """A setting in a list."""

    key: str
    value_json: Annotated[Any, Field(description="The value in force.")]
    default_value_json: Any
    value_type: Annotated[str, Field(description="The JSON type of its values.")]
    scope: Annotated[str, Field(description="`user` where users may have values of their own, or `system`.")]
    user_idx: Annotated[int | None, Field(description="Always null: these are the values of the system.")]
    enum_values: Annotated[list[str] | None, Field(description="All that it can be, where that is a list.")]
    required_role: Annotated[list[str], Field(description="Roles that may read and change it; none: all.")]
    restart_required: bool


class SettingsListResponse(TypedDict):
    """The settings that a caller may see."""

    items: list[SettingListItemResponse]
    total: int


class SettingResponse(TypedDict):
    """A system setting."""

    id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    key: str
    value_json: Annotated[Any, Field(description="The value in force.")]
    default_value_json: Any
    user_idx: Annotated[int | None, Field(description="Always null: this is the value of the system.")]
    required_role: Annotated[list[str], Field(description="Roles that may read and change it; none: all.")]
    restart_required: Annotated[bool, Field(json_schema_extra={"default": False})]
    created_at: LocalStamp
    created_at_utc: UtcStamp
    updated_at: Annotated[
        str,
        Field(
            json_schema_extra={"format": "date-time"},
            description="When the value in force last became another; Berlin wall time.",
        ),
    ]
    updated_at_utc: UtcStamp


class ResolvedSettingsResponse(TypedDict):
    """Settings by key, with the values in force."""

    settings: dict[str, Any]


def item_body(about: About, value: Any) -> SettingListItemResponse:
    """The body for a setting in a list."""
    return {
        "key": about.key,
        "value_json": value,
        "default_value_json": about.default,
        "value_type": about.value_type or type_name(value),
        "scope": about.scope,
        "user_idx": None,
        "enum_values": None if about.choices is None else list(about.choices),
        "required_role": list(about.required_role),
        "restart_required": about.restart_required,
    }


def setting_body(about: About, value: Any, calendar: Calendar) -> SettingResponse:
    """The body for one setting."""
    return {
        "id": str(uuid5(IDS, f"system/{about.key}")),
        "key": about.key,
        "value_json": value,
        "default_value_json": about.default,
        "user_idx": None,
        "required_role": list(about.required_role),
        "restart_required": about.restart_required,
        "created_at": calendar.local(about.created_ms),
        "created_at_utc": calendar.utc(about.created_ms),
        "updated_at": calendar.local(about.updated_ms),
        "updated_at_utc": calendar.utc(about.updated_ms),
    }


def resolved_body(settings: Mapping[str, Any]) -> ResolvedSettingsResponse:
    """The body for the values in force."""
    return {"settings": dict(settings)}
