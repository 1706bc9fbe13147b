"""What every route needs: authentication first, strict bodies, the bridge, exact answers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar, cast

from fastapi import APIRouter, Depends, Request, params
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.accounts import Accounts, Caller
from api.accounts.roles import right_to
from api.listing import Listing
from api.preferences import PAGE_SIZE, Preferences
from api.routes.direct import Provider, Shortcut, shortcut
from api.security import BEARER, get_accounts, get_caller, guard
from api.wire.errors import ALWAYS, INVALID, Documented
from api.wire.exact import ExactResponse, parse_json, written
from api.wire.stamps import Calendar
from twin.domain.commands import Command
from twin.domain.plant import Plant
from twin.records.views import Observer, Views

Row = TypeVar("Row")

MOST_FILES, MOST_FIELDS, LARGEST_FIELD = 10, 10, 64 * 1024
"""Of a body in parts; a field is at most so many bytes."""


class Running(Protocol):
    """What routes need of an engine."""

    @property
    def plant(self) -> Plant:
        """The plant as it is now."""

    @property
    def now(self) -> int:
        """Simulated ms."""

    def snapshot(self) -> dict[str, Any]:
        """All that the twin knows now, as JSON values."""

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Have ``observer`` told of every event from now on. Returns how to end that."""


class World(Protocol):
    """What routes read."""

    @property
    def engine(self) -> Running:
        """The engine."""

    @property
    def views(self) -> Views:
        """Its projections."""

    @property
    def epoch(self) -> datetime:
        """The instant of simulated time 0, with an offset."""


class Bridge(Protocol):
    """What routes need of the bridge to the engine."""

    @property
    def world(self) -> World:
        """The world that is served."""

    async def catch_up(self) -> None:
        """Let everything happen that is due by now."""

    async def submit(self, command: Command) -> object:
        """Apply a command now. Raises a Refusal with nothing changed."""


# Not a coroutine, a dependency would run in a thread of its own, beside the simulation.


async def get_bridge(request: Request) -> Bridge:
    """The bridge of the app."""
    return cast(Bridge, request.state.hosted.bridge)


async def get_world(bridge: Annotated[Bridge, Depends(get_bridge)]) -> World:
    """The world that is served, as it is now. Fails where the simulation has."""
    await bridge.catch_up()
    return bridge.world


async def get_calendar(bridge: Annotated[Bridge, Depends(get_bridge)]) -> Calendar:
    """How the world's time is written."""
    return Calendar(bridge.world.epoch)


async def get_preferences(request: Request) -> Preferences:
    """The settings of the app."""
    preferences: Preferences = request.state.hosted.preferences
    return preferences


InWorld = Annotated[World, Depends(get_world)]
OnBridge = Annotated[Bridge, Depends(get_bridge)]
InTime = Annotated[Calendar, Depends(get_calendar)]
OnPreferences = Annotated[Preferences, Depends(get_preferences)]
OnAccounts = Annotated[Accounts, Depends(get_accounts)]
CalledBy = Annotated[Caller, Depends(get_caller)]


async def _world_of(request: Request) -> World:
    return await get_world(await get_bridge(request))


async def _calendar_of(request: Request) -> Calendar:
    return await get_calendar(await get_bridge(request))


PROVIDERS: Mapping[Callable[..., Any], Provider | None] = {
    BEARER: None,
    get_bridge: get_bridge,
    get_world: _world_of,
    get_calendar: _calendar_of,
    get_preferences: get_preferences,
    get_accounts: get_accounts,
    get_caller: get_caller,
}
"""What dependencies stand for where FastAPI is not asked; see `api.routes.direct`."""


class StrictRequest(Request):
    """A request whose body must be plain JSON."""

    async def json(self) -> Any:
        """The body. Raises JSONDecodeError."""
        return parse_json(await self.body())

    def form(self, **_limits: Any) -> Any:
        """The parts of the body. Raises HTTPException 400 where they are too many or no parts at all."""
        return super().form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)


class StrictRoute(APIRoute):
    """Asks who calls and whether they may, before it looks at anything else; then reads the body strictly.

    ``direct`` is the short way into it, which asks the same; None where there is none.
    """

    direct: Shortcut | None = None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with both put in front."""
        handle = super().get_route_handler()
        right = right_to(self.operation_id or self.name)
        short = shortcut(self, PROVIDERS)

        async def guarded(request: Request) -> Response:
            guard(request, right)
            return await handle(StrictRequest(request.scope, request.receive))

        async def direct(request: Request) -> Response | None:
            guard(request, right)
            return await short(request) if short is not None else None

        self.direct = None if short is None else direct
        return guarded


def make_router(
    tag: str, *dependencies: params.Depends, route_class: type[StrictRoute] = StrictRoute
) -> APIRouter:
    """A router for the operations of one tag of the reference."""
    return APIRouter(
        prefix="/api/v2",
        tags=[tag],
        route_class=route_class,
        dependencies=[Depends(BEARER), *dependencies],
        responses=ALWAYS,
        default_response_class=ExactResponse,
    )


def described(*refusals: Documented) -> Documented:
    """The refusals that an operation with input can answer."""
    return {status: about for documented in (INVALID, *refusals) for status, about in documented.items()}


def asked_by(listing: Listing[Any]) -> dict[str, Any]:
    """The query parameters of a listing, for the OpenAPI document."""
    return {"parameters": listing.parameters}


def answer_page(
    listing: Listing[Row],
    request: Request,
    rows: Any,
    calendar: Calendar,
    body: Callable[[Row, Calendar], Any],
    variant: Hashable = None,
    write: Callable[[Any], bytes] = written,
) -> Response:
    """The page of a listing that a request asks for.

    ``variant`` is what bodies depend on besides row and calendar. ``write`` makes JSON of one.
    """
    query, usual = request.query_params, _usual_page(request)
    content = listing.written(query, rows, calendar, lambda row: write(body(row, calendar)), usual, variant)
    return Response(content, media_type="application/json")


def _usual_page(request: Request) -> int:
    """Rows on a page for whoever asks."""
    preferences: Preferences = request.state.hosted.preferences
    caller: Caller = request.state.caller
    size: int = preferences.of_user(caller.owner, PAGE_SIZE)
    return size
