"""``/view``: what is where now, for whoever draws it; the page ``/ui`` does."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, HTTPException, Query
from starlette.responses import Response

from api.control.at import AtBridge
from api.control.clock import clock_answer
from api.control.pictured import SitePicture, ViewAnswer
from api.routes.base import StrictRoute
from api.security import BEARER
from api.ui.picture import live_picture, site_picture

router = APIRouter(tags=["view"], route_class=StrictRoute, dependencies=[Depends(BEARER)])


@router.get("/view/site")
async def view_site(bridge: AtBridge) -> SitePicture:
    """The maps of the levels as `docs/sites.md` draws them, and the handover places of the balconies."""
    return SitePicture(**site_picture(bridge.engine.origin.site))


@router.get("/view", response_class=Response, responses={200: {"model": ViewAnswer}})
async def view(
    bridge: AtBridge,
    level: Annotated[list[int] | None, Query(description="Bots and carriers of these levels only")] = None,
) -> Response:
    """The clock, every bot with its way, every carrier, and what waits at the balconies, at one instant."""
    clock = await bridge.clock()
    world = bridge.world
    there = world.engine.plant.floor.decks
    unknown = [one for one in level or () if one not in there]
    if unknown:
        known = ", ".join(map(str, there))
        raise HTTPException(422, f"level: there is no level {unknown[0]}; levels: {known}")
    picture = live_picture(world.engine.plant, world.views, clock.now_ms, there if level is None else level)
    body = {"clock": clock_answer(clock, world).model_dump(), **picture}
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-store"})
