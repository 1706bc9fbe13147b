"""``/ready``: whether work can begin."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.bridge import Bridge
from api.control.bodies import ReadyAnswer
from api.hosting import Worlds
from api.surprise import Unavailable
from twin.domain.modes import STARTING_UP

STARTING = "the control software is starting up; that takes simulated time"

router = APIRouter(tags=["ready"])


@router.get("/ready", responses={503: {"model": ReadyAnswer}})
async def ready(request: Request, response: Response) -> ReadyAnswer:
    """Whether the twin takes work; 503 with what is missing where it does not. Needs no key."""
    worlds: Worlds = request.app.state.worlds
    missing = await _missing(request.state.hosted.bridge)
    others = [one for one in worlds.all() if one is not request.state.hosted]
    missing += [f"world {one.id} is being brought back" for one in others if not one.bridge.built]
    if worlds.doing is not None:
        missing.append(worlds.doing)
    if missing:
        response.status_code = 503
    return ReadyAnswer(ready=not missing, missing=missing)


async def _missing(bridge: Bridge) -> list[str]:
    """What keeps the twin from taking work."""
    try:
        await bridge.catch_up()
    except Unavailable as trouble:
        return [str(trouble)]
    starting = bridge.world.engine.plant.state.mode.status == STARTING_UP
    return [STARTING] if starting else []
