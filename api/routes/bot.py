"""Tag Bot."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import HTTPException, Query
from starlette.responses import Response

from api.routes.base import InWorld, OnBridge, described, make_router
from api.wire.bot import BotRemoveResponse, BotResponse, bot_body
from api.wire.errors import CONFLICT, FORBIDDEN, NOT_FOUND
from api.wire.exact import ExactResponse
from twin.domain.commands import RemoveBots

router = make_router("Bot")


@router.get("/bots", operation_id="get_bots", summary="Bots", response_model=list[BotResponse])
async def get_bots(world: InWorld) -> Response:
    """All bots, lowest id first."""
    return ExactResponse([bot_body(row) for row in world.views.bots(world.engine.now)])


@router.delete(
    "/bot",
    operation_id="remove_bots",
    summary="Take bots out by hand",
    response_model=BotRemoveResponse,
    responses=described(FORBIDDEN, NOT_FOUND, CONFLICT),
)
async def remove_bots(
    bridge: OnBridge,
    bot_idxs: Annotated[
        list[str] | None, Query(description="Ids, repeated or separated by commas; `*` for all bots.")
    ] = None,
) -> Response:
    """Takes bots off the floor at once, all of those named or none.

    Somebody has to be there to lift them out: a bot that moves, carries or serves is refused.
    """
    bots = _named(bot_idxs or [], list(bridge.world.engine.plant.state.bots))
    await bridge.submit(RemoveBots(tuple(bots)))
    names = ", ".join(map(str, bots)) or "none"
    return ExactResponse({"success": True, "message": f"Bots removed: {names}"})


def _named(given: list[str], known: list[int]) -> list[int]:
    words = [word.strip() for one in given for word in one.split(",")]
    for place, word in enumerate(words):
        if not re.fullmatch(r"\*|0|[1-9][0-9]{0,8}", word):
            error = {"loc": ["query", "bot_idxs", place], "msg": "a bot id, or *", "type": "value_error"}
            raise HTTPException(422, [error])
    everywhere = known if "*" in words else []
    return list(dict.fromkeys([*everywhere, *(int(word) for word in words if word != "*")]))
