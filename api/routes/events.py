"""Tag Events."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.routes.base import InTime, InWorld, answer_page, asked_by, described, make_router
from api.wire.common import Page
from api.wire.events import EVENTS, EventsResponse, event_body

router = make_router("Events")


@router.get(
    "/events",
    operation_id="get_events",
    summary="What has happened",
    response_model=Page[EventsResponse],
    responses=described(),
    openapi_extra=asked_by(EVENTS),
)
async def get_events(request: Request, world: InWorld, calendar: InTime) -> Response:
    """The latest 100,000 events worth an operator's attention, oldest first.

    Single drives are left out; the twin's event log has them.
    """
    return answer_page(EVENTS, request, world.views.live_happenings(), calendar, event_body)
