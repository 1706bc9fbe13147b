"""``/ready``: whether work can begin."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.control.bodies import ReadyAnswer

router = APIRouter(tags=["ready"])


@router.get("/ready", responses={503: {"model": ReadyAnswer}})
async def ready(request: Request, response: Response) -> ReadyAnswer:
    """Whether the twin takes work; 503 with what is missing where it does not. Needs no key."""
    trouble = request.state.hosted.bridge.trouble
    if trouble is None:
        return ReadyAnswer(ready=True, missing=[])
    response.status_code = 503
    return ReadyAnswer(ready=False, missing=[trouble])
