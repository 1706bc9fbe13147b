"""Tag System."""

from __future__ import annotations

from starlette.responses import Response

from api.routes.base import InWorld, make_router
from api.wire.exact import ExactResponse
from api.wire.system import (
    BalconyResponse,
    LevelResponse,
    StorageStatus,
    StorageStatusResponse,
    balcony_body,
    level_body,
    status_body,
)

router = make_router("System")


@router.get(
    "/storage_status",
    operation_id="get_storage_status",
    summary="State of the storage system",
    response_model=StorageStatusResponse,
)
async def get_storage_status(world: InWorld) -> Response:
    """What the storage system is doing as a whole.

    A paused clock does not pause the site, so this version always answers RUNNING.
    """
    return ExactResponse(status_body(StorageStatus.RUNNING))


@router.get(
    "/levels", operation_id="get_levels", summary="Storage levels", response_model=list[LevelResponse]
)
async def get_levels(world: InWorld) -> Response:
    """All levels of the site, lowest id first, with their heights in millimetres."""
    levels = sorted(world.engine.plant.site.levels, key=lambda level: level.id)
    return ExactResponse([level_body(level) for level in levels])


@router.get(
    "/balconies", operation_id="get_balconies", summary="Balconies", response_model=list[BalconyResponse]
)
async def get_balconies(world: InWorld) -> Response:
    """All places where people pick and fill, lowest id first."""
    balconies = sorted(world.engine.plant.site.balconies, key=lambda balcony: balcony.id)
    return ExactResponse([balcony_body(balcony) for balcony in balconies])
