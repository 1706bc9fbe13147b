"""Tag System."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Query
from starlette.responses import Response

from api.routes.base import InTime, InWorld, OnBridge, described, make_router
from api.wire.errors import FORBIDDEN, TOO_LARGE
from api.wire.exact import ExactResponse
from api.wire.requests import request_body
from api.wire.system import (
    BalconyResponse,
    ChargeAllBotsRequest,
    LevelResponse,
    StorageResponse,
    StorageStatus,
    StorageStatusResponse,
    balcony_body,
    level_body,
    restart_body,
    status_body,
)
from twin.domain.commands import PlaceCharging, RestartBrain

router = make_router("System")

ALL_BOTS = ChargeAllBotsRequest()


@router.get(
    "/storage_status",
    operation_id="get_storage_status",
    summary="State of the storage system",
    response_model=StorageStatusResponse,
)
async def get_storage_status(world: InWorld) -> Response:
    """What the storage system is doing as a whole. A paused clock does not pause the site."""
    return ExactResponse(status_body(StorageStatus(world.engine.plant.state.mode.status)))


@router.post(
    "/restart_brain",
    operation_id="restart_brain",
    summary="Start the control software again",
    response_model=StorageResponse,
    responses=described(FORBIDDEN),
)
async def restart_brain(
    bridge: OnBridge,
    timeout: Annotated[float, Query(ge=0, le=86_400, description="Seconds the restart may take.")] = 60,
) -> Response:
    """Begins a restart and answers at once.

    Until it is up again nothing new is begun; trips under way go on, and waiting work is
    taken up after it.
    """
    await bridge.submit(RestartBrain())
    return ExactResponse(restart_body(timeout))


@router.post(
    "/system/charge_all_bots",
    operation_id="charge_all_bots",
    summary="Bring all bots to chargers",
    responses=described(TOO_LARGE),
)
async def charge_all_bots(
    bridge: OnBridge, calendar: InTime, wanted: Annotated[ChargeAllBotsRequest, Body()] = ALL_BOTS
) -> Response:
    """Asks for all bots to be charged; answers with the request that this makes."""
    request_id = await bridge.submit(PlaceCharging(force=wanted.force))
    return ExactResponse(request_body(bridge.world.views.request(str(request_id)), calendar))


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
