"""``/calls`` and ``/coverage``: what clients have called, and what of the API they have met."""

from __future__ import annotations

from importlib.metadata import version
from itertools import islice
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from api.accounts import Accounts
from api.calls.asgi import Desk
from api.calls.coverage import as_html, as_junit
from api.calls.journal import Wanted
from api.control.bodies import Strict
from api.recording.journal import journal_as_har
from api.routes.base import StrictRoute
from api.security import BEARER
from twin import PROJECT

MOST_CALLS = 1000
UNMATCHED = "unmatched"

router = APIRouter(tags=["calls"], route_class=StrictRoute, dependencies=[Depends(BEARER)])


class CallAnswer(BaseModel):
    """A call as it was. ``status`` is null where the client got no whole answer; ``t_ms`` is simulated.

    ``client`` is who called, such as "key-1" or "user-3"; null where no credential that holds came with it.
    """

    id: int
    t_ms: int | None
    method: str
    path: str
    query: str
    operation: str | None
    status: int | None
    took_ms: float
    fault: str | None
    client: str | None
    request_body: str
    response_body: str


class CallsAnswer(BaseModel):
    """Calls, the oldest first. ``found`` counts all that match."""

    calls: list[CallAnswer]
    found: int


class Unmatched(CallAnswer):
    """A call that was no operation, and the one it looks most like."""

    nearest: str


class UnmatchedAnswer(BaseModel):
    """Calls of no operation."""

    calls: list[Unmatched]


class Verification(Strict):
    """How often a call must have been made. Without a number: at least once."""

    method: str | None = None
    path: str | None = Field(None, description="A part of the path")
    operation: str | None = Field(None, description='An operation id, or "unmatched"')
    status: int | None = None
    fault: str | None = None
    body: str | None = Field(None, description="A part of what was sent")
    answer: str | None = Field(None, description="A part of what was answered")
    client: str | None = Field(None, description='Who called, such as "key-1"')
    exactly: int | None = Field(None, ge=0)
    at_least: int | None = Field(None, ge=0)
    at_most: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.exactly is not None and (self.at_least is not None or self.at_most is not None):
            raise PydanticCustomError("count", "exactly goes with neither at_least nor at_most")
        return self

    def wanted(self) -> Wanted:
        """What to look for."""
        method = self.method and self.method.upper()
        marks = (self.path, self.operation, self.status, self.fault, self.body, self.answer)
        return Wanted(method, *marks, client=self.client)

    def wrong(self, count: int) -> str | None:
        """Why a count is not as it must be."""
        if self.exactly is not None:
            return None if count == self.exactly else f"{count} such calls, not exactly {self.exactly}"
        least = 1 if self.at_least is None and self.at_most is None else self.at_least
        if least is not None and count < least:
            return f"{count} such calls, not at least {least}"
        if self.at_most is not None and count > self.at_most:
            return f"{count} such calls, not at most {self.at_most}"
        return None


class VerifiedAnswer(BaseModel):
    """Whether it holds, and how many calls there were."""

    holds: bool
    count: int
    detail: str | None


class Removed(BaseModel):
    """How many there were."""

    removed: int


class ClientAnswer(BaseModel):
    """Who called: by an API key or as a user, null for calls without a credential that holds.

    ``calls`` are those that were answered whole.
    """

    client: str | None
    name: str | None
    calls: int


class ClientsAnswer(BaseModel):
    """All clients of a world that have called."""

    clients: list[ClientAnswer]


async def get_desk(request: Request) -> Desk:
    """Where calls are written down."""
    desk: Desk = request.app.state.worlds.desk_of(request.scope)
    return desk


AtDesk = Annotated[Desk, Depends(get_desk)]
Client = Annotated[str | None, Query(description='Who called, such as "key-1"')]


async def wanted_calls(
    desk: AtDesk,
    method: str | None = None,
    path: Annotated[str | None, Query(description="A part of the path")] = None,
    operation: Annotated[str | None, Query(description='An operation id, or "unmatched"')] = None,
    status: int | None = None,
    fault: str | None = None,
    body: Annotated[str | None, Query(description="A part of what was sent")] = None,
    answer: Annotated[str | None, Query(description="A part of what was answered")] = None,
    client: Client = None,
    since: Annotated[int | None, Query(description="The id of a call: only those after it")] = None,
) -> Wanted:
    """What calls are looked for. Refuses an operation that there is not."""
    _known(desk, operation)
    return Wanted(method and method.upper(), path, operation, status, fault, body, answer, since, client)


WantedCalls = Annotated[Wanted, Depends(wanted_calls)]


def _known(desk: Desk, operation: str | None) -> None:
    if operation is not None and operation != UNMATCHED and operation not in desk.catalogue.by_id:
        raise HTTPException(422, f"There is no operation {operation!r}; ids are in the vendor's document")


@router.get("/calls")
async def read_calls(
    desk: AtDesk, wanted: WantedCalls, limit: Annotated[int, Query(ge=1, le=MOST_CALLS)] = 100
) -> CallsAnswer:
    """The calls of the vendor's API that match, the oldest first, without passwords, tokens and keys."""
    found = list(desk.calls.find(wanted))
    shown = [CallAnswer(**call.as_json()) for call in islice(found, limit)]
    return CallsAnswer(calls=shown, found=len(found))


@router.get("/calls.har", response_class=Response)
async def read_calls_as_har(desk: AtDesk, wanted: WantedCalls, request: Request) -> Response:
    """The same as HAR 1.2, with the simulated times of the calls, for `twin replay` and for browsers.

    Of each body the first 256 KiB; without passwords, tokens and keys.
    """
    data = journal_as_har(desk.calls.find(wanted), str(request.base_url), desk.written, version(PROJECT))
    headers = {"Content-Disposition": 'attachment; filename="calls.har"'}
    return Response(data, media_type="application/json", headers=headers)


@router.get("/calls/clients")
async def read_clients(desk: AtDesk, request: Request) -> ClientsAnswer:
    """Who has called the vendor's API of this world, and how often."""
    accounts: Accounts = request.state.hosted.accounts
    names = {f"key-{key.id}": key.name for key in accounts.keys.all()}
    names |= {f"user-{user.id}": user.username for user in accounts.users.all()}
    counts = sorted(desk.coverage.clients.items(), key=lambda one: (one[0] is None, one[0]))
    clients = [ClientAnswer(client=c, name=names.get(c or ""), calls=count) for c, count in counts]
    return ClientsAnswer(clients=clients)


@router.delete("/calls")
async def forget_calls(desk: AtDesk) -> Removed:
    """Forget all calls and what was met of the API; ids go on."""
    count = desk.calls.clear()
    desk.coverage.clear()
    return Removed(removed=count)


@router.post("/calls/verify", responses={409: {"model": VerifiedAnswer}})
async def verify_calls(order: Verification, desk: AtDesk) -> Response:
    """Whether as many calls match as should; 409 where not."""
    _known(desk, order.operation)
    count = sum(1 for _ in desk.calls.find(order.wanted()))
    wrong = order.wrong(count)
    answer = VerifiedAnswer(holds=wrong is None, count=count, detail=wrong)
    return JSONResponse(answer.model_dump(), 200 if wrong is None else 409)


@router.get("/calls/unmatched")
async def read_unmatched(desk: AtDesk) -> UnmatchedAnswer:
    """Calls below /api/ that are no operation of the API, each with the operation nearest to it."""
    calls = [
        Unmatched(**call.as_json(), nearest=str(desk.catalogue.nearest(call.method, call.path)))
        for call in islice(desk.calls.unmatched(), MOST_CALLS)
    ]
    return UnmatchedAnswer(calls=calls)


@router.get("/coverage", responses={200: {"content": {"text/html": {}, "application/xml": {}}}})
async def read_coverage(
    desk: AtDesk,
    client: Client = None,
    format: Literal["json", "junit", "html"] = "json",  # noqa: A002
) -> Any:
    """Operations, statuses, states of jobs and requests, and event codes met, and never met.

    By one client, or by all of the world.
    """
    report = desk.coverage.report(client)
    if format == "junit":
        return Response(as_junit(report), media_type="application/xml")
    return HTMLResponse(as_html(report)) if format == "html" else report
