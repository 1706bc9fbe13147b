"""Tag Bot."""

from __future__ import annotations

from starlette.responses import Response

from api.routes.base import InWorld, make_router
from api.wire.bot import BotResponse, bot_body
from api.wire.exact import ExactResponse

router = make_router("Bot")


@router.get("/bots", operation_id="get_bots", summary="Bots", response_model=list[BotResponse])
async def get_bots(world: InWorld) -> Response:
    """All bots, lowest id first."""
    return ExactResponse([bot_body(row) for row in world.views.bots()])
