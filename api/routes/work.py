"""Tag Requests And Jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Path, Request
from starlette.responses import Response

from api.routes.base import InTime, InWorld, OnBridge, answer_page, asked_by, described, make_router
from api.wire.common import Page
from api.wire.errors import ABORTED, CONFLICT, NOT_FOUND, TOO_LARGE
from api.wire.exact import ExactResponse
from api.wire.jobs import JOBS, JobResponse, TriggerRequest, TriggerResponse, job_body
from api.wire.requests import REQUESTS, RequestCreateInput, RequestResponseComposite, request_body
from twin.domain.commands import TriggerJob

router = make_router("Requests And Jobs")

SUCCEEDED = TriggerRequest()


@router.get(
    "/jobs",
    operation_id="get_jobs",
    summary="Jobs",
    response_model=Page[JobResponse],
    responses=described(),
    openapi_extra=asked_by(JOBS),
)
async def get_jobs(request: Request, world: InWorld, calendar: InTime) -> Response:
    """What is, or was, done with single carriers; newest first unless sorted otherwise."""
    return answer_page(JOBS, request, world.views.live_jobs(), calendar, job_body)


@router.get(
    "/requests",
    operation_id="get_requests",
    summary="Requests",
    response_model=Page[RequestResponseComposite],
    responses=described(),
    openapi_extra=asked_by(REQUESTS),
)
async def get_requests(request: Request, world: InWorld, calendar: InTime) -> Response:
    """All work that was asked for, with what became of it; newest first unless sorted otherwise."""
    return answer_page(REQUESTS, request, world.views.live_requests(), calendar, request_body)


@router.post(
    "/requests",
    operation_id="create_request",
    summary="New request",
    response_model=RequestResponseComposite,
    responses=described(ABORTED, NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def create_request(
    wanted: Annotated[RequestCreateInput, Body()], bridge: OnBridge, calendar: InTime
) -> Response:
    """Asks for pieces to be picked or filled in, or for carriers to be shown.

    Either all entities can be served and are booked, or the request is aborted, says
    why for each, and leaves nothing behind.
    """
    request_id = await bridge.submit(wanted.command())
    return ExactResponse(request_body(bridge.world.views.request(str(request_id)), calendar))


@router.post(
    "/trigger/{job_id}",
    operation_id="trigger_job",
    summary="Finish a waiting job",
    response_model=TriggerResponse,
    responses=described(NOT_FOUND, CONFLICT, TOO_LARGE),
)
async def trigger_job(
    job_id: Annotated[str, Path(description="Id of a job in WAITING_FOR_TRIGGER.")],
    bridge: OnBridge,
    trigger: Annotated[TriggerRequest, Body()] = SUCCEEDED,
) -> Response:
    """Says that the person at the balcony is done with a job; without a body: successfully."""
    await bridge.submit(TriggerJob(job_id, trigger.outcome.value))
    return ExactResponse({})
