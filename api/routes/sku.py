"""Tag SKU."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Body, Path, Request
from starlette.responses import Response

from api.pictures import Pictures
from api.routes.base import (
    Bridge,
    InTime,
    InWorld,
    OnBridge,
    answer_page,
    asked_by,
    described,
    make_router,
)
from api.wire.common import Page
from api.wire.errors import CONFLICT, NOT_FOUND, TOO_LARGE
from api.wire.exact import ExactResponse
from api.wire.sku import SKUS, Sku, SkuPatch, SkuResponse, image_base, sku_answer, sku_body
from api.wire.stamps import Calendar
from twin.domain.commands import ChangeSku, DeleteSku

router = make_router("SKU")

# An id may contain a slash; sent as %2F it arrives as part of the path.
SKU_PATH = "/sku/{id:path}"
SkuId = Annotated[str, Path(alias="id", description="Id of the SKU.")]
NO_CHANGE = SkuPatch()


def _answer(request: Request, bridge: Bridge, sku_id: str, calendar: Calendar) -> Response:
    return ExactResponse(sku_answer(bridge.world.views.sku(sku_id), calendar, request))


@router.post(
    "/sku",
    operation_id="create_sku",
    summary="New SKU",
    response_model=SkuResponse,
    responses=described(CONFLICT, TOO_LARGE),
)
async def create_sku(sku: Sku, request: Request, bridge: OnBridge, calendar: InTime) -> Response:
    """Creates master data. The id of a deleted SKU may be used again."""
    await bridge.submit(sku.command())
    return _answer(request, bridge, sku.id, calendar)


@router.patch(
    SKU_PATH,
    operation_id="change_sku",
    summary="Change an SKU's master data",
    response_model=SkuResponse,
    responses=described(NOT_FOUND, TOO_LARGE),
)
async def change_sku(
    sku_id: SkuId,
    request: Request,
    bridge: OnBridge,
    calendar: InTime,
    changes: Annotated[SkuPatch, Body()] = NO_CHANGE,
) -> Response:
    """Changes the fields that are given; an empty body changes nothing."""
    bridge.world.engine.plant.stock.sku(sku_id)  # even a change of nothing needs it
    command = changes.command(sku_id)
    if command != ChangeSku(sku_id):
        await bridge.submit(command)
    return _answer(request, bridge, sku_id, calendar)


@router.delete(
    SKU_PATH,
    operation_id="delete_sku",
    summary="Remove an SKU",
    response_model=SkuResponse,
    responses=described(NOT_FOUND, CONFLICT),
)
async def delete_sku(sku_id: SkuId, request: Request, bridge: OnBridge, calendar: InTime) -> Response:
    """Marks an SKU as deleted; its picture goes. Refused while a box holds it or open work needs it."""
    pictures: Pictures = request.state.hosted.stores.pictures
    async with pictures.changing:
        plant = bridge.world.engine.plant
        picture = plant.stock.sku(sku_id).picture
        await bridge.submit(DeleteSku(sku_id))
        pictures.drop_unused([picture], plant)
    return _answer(request, bridge, sku_id, calendar)


@router.get(
    "/skus",
    operation_id="get_skus",
    summary="SKUs with their quantities",
    response_model=Page[SkuResponse],
    responses=described(),
    openapi_extra=asked_by(SKUS),
)
async def get_skus(request: Request, world: InWorld, calendar: InTime) -> Response:
    """SKUs in order of creation. Deleted ones are shown only to who filters by `deleted_at`."""
    images = image_base(request)
    body = partial(sku_body, images=images)
    return answer_page(SKUS, request, world.views.live_skus(), calendar, body, images)
