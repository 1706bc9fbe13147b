"""Tag Health."""

from __future__ import annotations

from starlette.responses import Response

from api.routes.base import InWorld, make_router
from api.wire.exact import ExactResponse
from api.wire.health import OK

router = make_router("Health")


@router.get("/health", operation_id="check_health", summary="Is the API there", response_model=str)
async def check_health(world: InWorld) -> Response:
    """Answers `"OK"` as long as the simulation behind the API works."""
    return ExactResponse(OK)
