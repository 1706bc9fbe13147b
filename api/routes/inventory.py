"""Tag Inventory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Body, Path, Request
from starlette.responses import Response

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
from api.wire.common import Page, PathInt, whole_id
from api.wire.errors import CONFLICT, NOT_FOUND, TOO_LARGE
from api.wire.exact import ExactResponse
from api.wire.inventory import (
    BoxCreate,
    BoxPatch,
    BoxRegionSwapRequest,
    BoxRegionSwapResponse,
    BoxResponse,
    BoxSwapResponse,
    LoadCreate,
    LoadPatch,
    LoadResponse,
    box_body,
    load_body,
    load_removed,
)
from api.wire.inventory_view import INVENTORY, InventoryViewResponse, inventory_body, inventory_json
from twin.domain.commands import ChangeLoad, CreateBox, DeleteBox, DeleteLoad, MoveBox, MoveBoxes, SwapBoxes
from twin.domain.errors import Invalid, NotFound
from twin.domain.events import Event, LoadChanged

router = make_router("Inventory")

BoxId = Annotated[PathInt, Path(description="Id of the box.")]
NO_CODE, NO_MOVE, NO_CHANGE = BoxCreate(), BoxPatch(), LoadPatch()


def _box(bridge: Bridge, box_id: int) -> BoxResponse:
    return box_body(bridge.world.engine.plant.stock.box(box_id))


def _load(bridge: Bridge, box_id: int) -> LoadResponse:
    stock = bridge.world.engine.plant.stock
    load = stock.load(box_id)
    return load_body(load, stock.sku(load.sku))


@contextmanager
def _changes_of(bridge: Bridge, box_id: int) -> Iterator[list[LoadChanged]]:
    """What happens to the load of a box meanwhile."""
    changes: list[LoadChanged] = []

    def note(_seq: int, _t_ms: int, event: Event) -> None:
        if isinstance(event, LoadChanged) and event.box == box_id:
            changes.append(event)

    forget = bridge.world.engine.subscribe(note)
    try:
        yield changes
    finally:
        forget()


@router.post(
    "/box/swap-region",
    operation_id="swap_region",
    summary="Rearrange several boxes at once",
    response_model=BoxRegionSwapResponse,
    responses=described(NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def swap_region(region: BoxRegionSwapRequest, bridge: OnBridge) -> Response:
    """Gives several boxes new sections on their carriers, all of them or none."""
    moves = tuple((update.box_id, update.section_code) for update in region.updates)
    await bridge.submit(MoveBoxes(moves))
    return ExactResponse({"boxes": [_box(bridge, box_id) for box_id, _ in moves]})


@router.post(
    "/box/swap/{source_box_id}/{target_box_id}",
    operation_id="swap_boxes",
    summary="Exchange the sections of two boxes",
    response_model=BoxSwapResponse,
    responses=described(NOT_FOUND, CONFLICT),
)
async def swap_boxes(
    source_box_id: Annotated[PathInt, Path(description="Id of one box.")],
    target_box_id: Annotated[PathInt, Path(description="Id of the other box.")],
    bridge: OnBridge,
) -> Response:
    """Each box takes the sections of the other; each stays on its carrier."""
    await bridge.submit(SwapBoxes(source_box_id, target_box_id))
    both = {"source_box": _box(bridge, source_box_id), "target_box": _box(bridge, target_box_id)}
    return ExactResponse(both)


@router.post(
    "/box/{carrier_id}",
    operation_id="create_box",
    summary="New box on a carrier",
    response_model=BoxResponse,
    responses=described(NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def create_box(
    carrier_id: Annotated[str, Path(description="Id of the carrier.")],
    bridge: OnBridge,
    box: Annotated[BoxCreate, Body()] = NO_CODE,
) -> Response:
    """Puts an empty box on free sections of a carrier."""
    carrier = whole_id(carrier_id)
    if carrier is None:
        raise NotFound("Carrier", carrier_id)
    if box.section_code is None:
        raise Invalid("section_code", "A new box needs a section_code")
    box_id = await bridge.submit(CreateBox(carrier, box.section_code))
    assert isinstance(box_id, int)
    return ExactResponse(_box(bridge, box_id))


@router.patch(
    "/box/{box_id}",
    operation_id="change_box",
    summary="Move a box on its carrier",
    response_model=BoxResponse,
    responses=described(NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def change_box(
    box_id: Annotated[str, Path(description="Id of the box.")],
    bridge: OnBridge,
    changes: Annotated[BoxPatch, Body()] = NO_MOVE,
) -> Response:
    """Gives a box other sections on its carrier; an empty body changes nothing."""
    number = whole_id(box_id)
    if number is None:
        raise NotFound("Box", box_id)
    if changes.section_code is not None:
        await bridge.submit(MoveBox(number, changes.section_code))
    return ExactResponse(_box(bridge, number))


@router.delete(
    "/box/{box_id}",
    operation_id="delete_box",
    summary="Remove an empty box",
    response_model=BoxResponse,
    responses=described(NOT_FOUND, CONFLICT),
)
async def delete_box(box_id: BoxId, bridge: OnBridge) -> Response:
    """Takes a box off its carrier. Refused while it holds a load. Answers what was removed."""
    box = bridge.world.engine.plant.stock.box(box_id)
    await bridge.submit(DeleteBox(box_id))
    return ExactResponse(box_body(box))


@router.post(
    "/load/{box_id}",
    operation_id="create_load",
    summary="Fill an empty box",
    response_model=LoadResponse,
    responses=described(NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def create_load(box_id: BoxId, load: LoadCreate, bridge: OnBridge) -> Response:
    """Assigns an SKU, its pieces and the capacity to a box that has no load."""
    await bridge.submit(load.command(box_id))
    return ExactResponse(_load(bridge, box_id))


@router.patch(
    "/load/{box_id}",
    operation_id="change_load",
    summary="Correct what a box holds",
    response_model=LoadResponse,
    responses=described(NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def change_load(
    box_id: BoxId, bridge: OnBridge, changes: Annotated[LoadPatch, Body()] = NO_CHANGE
) -> Response:
    """Changes the fields that are given, as far as open jobs allow; an empty body changes nothing."""
    command = changes.command(box_id)
    if command != ChangeLoad(box_id):
        await bridge.submit(command)
    return ExactResponse(_load(bridge, box_id))


@router.delete(
    "/load/{box_id}",
    operation_id="delete_load",
    summary="Empty a box",
    response_model=LoadResponse,
    responses=described(NOT_FOUND, CONFLICT),
)
async def delete_load(box_id: BoxId, bridge: OnBridge) -> Response:
    """Takes SKU and pieces out of a box. Refused while jobs need them. Answers what was removed."""
    removed = _load(bridge, box_id)
    # Until the command has its turn, the load may still change; its last events tell what was removed.
    with _changes_of(bridge, box_id) as changes:
        await bridge.submit(DeleteLoad(box_id))
    for change in changes:
        removed = load_removed(change, removed, bridge.world.engine.plant.state.skus)
    return ExactResponse(removed)


@router.get(
    "/inventory_view",
    operation_id="get_inventory_view",
    summary="Boxes, carriers and empty positions",
    response_model=Page[InventoryViewResponse],
    responses=described(),
    openapi_extra=asked_by(INVENTORY),
)
async def get_inventory_view(request: Request, world: InWorld, calendar: InTime) -> Response:
    """One row per box, per carrier without boxes, and per empty storage position, in this order.

    `box_id__eq=none` asks for rows without box, `sku_id__eq=none` for boxes without SKU.
    """
    rows = world.views.live_inventory()
    return answer_page(INVENTORY, request, rows, calendar, inventory_body, write=inventory_json)
