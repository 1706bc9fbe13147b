"""Tag SKU: its picture."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from api.hosting import Worlds
from api.pictures import LARGEST_PICTURE, MEDIA_TYPES, NoPicture, Pictures
from api.routes.base import Bridge, InTime, OnBridge, described, make_router
from api.uploads import UploadRoute
from api.wire.common import LONGEST_TEXT
from api.wire.errors import CONFLICT, NOT_FOUND, TOO_LARGE
from api.wire.exact import ExactResponse
from api.wire.sku import SkuResponse, sku_answer
from twin.domain.commands import ChangeSku
from twin.domain.errors import InUse

router = make_router("SKU", route_class=UploadRoute)
pages = APIRouter()

SkuId = Annotated[
    str, Form(title="Sku ID", description="Id of the SKU.", min_length=1, max_length=LONGEST_TEXT)
]
Picture = Annotated[UploadFile, File(description="PNG, JPEG, GIF or WebP, at most 5 MiB and 25 megapixels.")]
Overwrite = Annotated[bool, Query(description="Whether a picture that is there already is replaced.")]


@router.post(
    "/sku/image",
    operation_id="upload_image",
    summary="Give an SKU a picture",
    response_model=SkuResponse,
    responses=described(NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def upload_image(
    request: Request,
    sku_id: SkuId,
    picture: Picture,
    bridge: OnBridge,
    calendar: InTime,
    overwrite_existing_image: Overwrite = False,
) -> Response:
    """Checks the picture by its content, keeps it, and answers where it can be fetched: `image_url`."""
    content = await picture.read()
    if len(content) > LARGEST_PICTURE:
        raise HTTPException(413, f"the picture is larger than {LARGEST_PICTURE} bytes")
    await _give(bridge, request.state.hosted.stores.pictures, sku_id, content, overwrite_existing_image)
    return ExactResponse(sku_answer(bridge.world.views.sku(sku_id), calendar, request))


async def _give(bridge: Bridge, pictures: Pictures, sku_id: str, content: bytes, overwrite: bool) -> None:
    async with pictures.changing:
        plant = bridge.world.engine.plant
        before, new = plant.stock.sku(sku_id).picture, None
        if before is not None and not overwrite:
            raise InUse(f"SKU {sku_id} has a picture; overwrite_existing_image=true replaces it")
        try:
            new = await pictures.keep(content)
            await bridge.submit(ChangeSku(sku_id, picture=new))
        except NoPicture as reason:
            raise _unfit(str(reason)) from None
        finally:
            pictures.drop_unused([before, new], plant)


def _unfit(reason: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", "picture"), "msg": reason, "type": "picture"}])


@pages.get("/images/{name}", include_in_schema=False)
async def get_picture(name: str, request: Request) -> Response:
    """The picture of an SKU. Needs no key, so that pages can show it; its name cannot be guessed."""
    # Whoever fetches it has no key that would choose a world; its name is the hash of its content.
    worlds: Worlds = request.app.state.worlds
    found = (hosted.stores.pictures.read(name) for hosted in worlds.all())
    content = next((content for content in found if content is not None), None)
    if content is None:
        raise HTTPException(404, "There is no such picture")
    # Whatever else the bytes might be taken for, a browser shall not take them for a page.
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=MEDIA_TYPES[name.rpartition(".")[2]], headers=headers)
