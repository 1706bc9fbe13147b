"""Bodies of the tag System."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from twin.domain.layout import Balcony, Level


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


def status_body(status: StorageStatus) -> StorageStatusResponse:
    """The body for a status."""
    return {"storage_status": status}


def level_body(level: Level) -> LevelResponse:
    """The body for a level."""
    return {"id": level.id, "height": level.height_mm}


def balcony_body(balcony: Balcony) -> BalconyResponse:
    """The body for a balcony."""
    return {"id": balcony.id}
