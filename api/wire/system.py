"""Bodies of the tag System."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from api.wire.common import Flag
from twin.domain.layout import Balcony, Level
from twin.domain.modes import RESTART_MS


class StorageStatus(StrEnum):
    """What the storage system as a whole is doing."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STARTING_UP = "STARTING_UP"
    MAINTENANCE = "MAINTENANCE"
    ERROR = "ERROR"
    OFF = "OFF"
    SHUTTING_DOWN = "SHUTTING_DOWN"


class StorageStatusResponse(TypedDict):
    """The state of the storage system."""

    storage_status: StorageStatus


class LevelResponse(TypedDict):
    """A storage level."""

    id: int
    height: Annotated[int, Field(description="Millimetres above the floor.")]


class BalconyResponse(TypedDict):
    """A place where a person picks and fills."""

    id: int


class ChargeAllBotsRequest(BaseModel):
    """Which bots are meant."""

    force: Annotated[Flag, Field(description="Also bots that have charge enough.")] = True


class StorageResponse(TypedDict):
    """How a maintenance operation went."""

    status: str
    details: str
    brain_status: Annotated[str | None, Field(description="The same as `status`, for old clients.")]
    testing_script: Annotated[str | None, Field(description="Null: there are no test scripts here.")]


def restart_body(timeout_s: float) -> StorageResponse:
    """The answer to a restart that may take ``timeout_s`` seconds."""
    needed = RESTART_MS // 1000
    in_time = timeout_s >= needed
    status = StorageStatus.STARTING_UP.value if in_time else "TIMEOUT"
    late = "" if in_time else f", later than the {timeout_s:g} s allowed"
    details = f"The brain is starting; it takes {needed} s of simulated time{late}"
    return {"status": status, "details": details, "brain_status": status, "testing_script": None}


def status_body(status: StorageStatus) -> StorageStatusResponse:
    """The body for a status."""
    return {"storage_status": status}


def level_body(level: Level) -> LevelResponse:
    """The body for a level."""
    return {"id": level.id, "height": level.height_mm}


def balcony_body(balcony: Balcony) -> BalconyResponse:
    """The body for a balcony."""
    return {"id": balcony.id}
