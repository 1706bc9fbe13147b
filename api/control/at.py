"""What the endpoints of ``/_twin`` work on: the world that a call is for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.accounts import Forbidden
from api.bridge import Bridge
from api.hosting import Hosted, Worlds


async def get_hosted(request: Request) -> Hosted:
    """The world that the call is for."""
    hosted: Hosted = request.state.hosted
    return hosted


async def get_bridge(request: Request) -> Bridge:
    """Its bridge."""
    hosted: Hosted = request.state.hosted
    return hosted.bridge


async def get_worlds(request: Request) -> Worlds:
    """All worlds, for who may keep them. Raises Forbidden for the key of any but the default one."""
    worlds: Worlds = request.app.state.worlds
    header = request.headers.get("authorization", "")
    if not getattr(request.state, "entitled", False) and worlds.of_header(header) is not worlds.default:
        raise Forbidden("The key of a world does not make, list or end worlds")
    return worlds


AtHosted = Annotated[Hosted, Depends(get_hosted)]
AtBridge = Annotated[Bridge, Depends(get_bridge)]
AtWorlds = Annotated[Worlds, Depends(get_worlds)]
