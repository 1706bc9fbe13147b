"""``/capsule``: the run of a world in one file, to be run again elsewhere with ``twin replay``."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.control.at import AtHosted
from api.routes.base import StrictRoute
from api.security import BEARER
from twin import PROJECT
from twin.replaying import write_capsule

router = APIRouter(tags=["capsule"], route_class=StrictRoute, dependencies=[Depends(BEARER)])


@router.get("/capsule", response_class=Response)
async def make_capsule(hosted: AtHosted) -> Response:
    """Version, site, seed, settings, all commands with their times, and the event log, as a zip.

    `twin replay FILE` runs it again and compares the logs. It has no users and no keys in it.
    """
    await hosted.bridge.catch_up()
    world, settings = hosted.bridge.world, hosted.preferences.export()
    data = write_capsule(world.engine, world.beginning, world.log.read(), version(PROJECT), settings)
    headers = {"Content-Disposition": f'attachment; filename="{hosted.id}.capsule.zip"'}
    return Response(data, media_type="application/zip", headers=headers)
