"""Bodies of the tag Events, and what can be asked of their listing."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from api.listing import Listing, Wire, moments, table, text, whole
from api.wire.common import LocalStamp, UtcStamp
from api.wire.stamps import Calendar
from twin.records.views.rows import Happening


class EventsResponse(TypedDict):
    """Something that has happened."""

    created_at: LocalStamp
    created_at_utc: UtcStamp
    hex_value: Annotated[str, Field(description="Code of the kind of event.")]
    component: Annotated[str, Field(description="REQUESTS, JOBS, INVENTORY, BOTS or SYSTEM.")]
    severity: Annotated[int, Field(description="1 information, 2 warning, 3 error.")]
    description: str
    bot_id: str | None
    level_id: int | None
    request_id: str | None


def _bot_id(row: Happening) -> str | None:
    return None if row.bot is None else str(row.bot)


EVENTS: Listing[Happening] = Listing(
    table(
        moments("created_at", attrgetter("t_ms")),
        text("hex_value", attrgetter("code")),
        text("component", attrgetter("component")),
        whole("severity", attrgetter("severity")),
        text("description", attrgetter("text")),
        text("bot_id", _bot_id, order=attrgetter("bot")),
        whole("level_id", attrgetter("level")),
        text("request_id", attrgetter("request")),
    ),
    {
        "bot_id__eq": Wire.STRING,
        "component__eq": Wire.STRING,
        "component__ilike": Wire.STRING,
        "component__in": Wire.ARRAY,
        "created_at__gte": Wire.STRING,
        "created_at__lte": Wire.STRING,
        "hex_value__eq": Wire.STRING,
        "hex_value__ilike": Wire.STRING,
        "level_id__eq": Wire.ANY,
        "request_id__eq": Wire.STRING,
        "request_id__ilike": Wire.STRING,
        "severity__eq": Wire.INTEGER,
        "severity__gte": Wire.INTEGER,
        "severity__in": Wire.ARRAY,
        "severity__lte": Wire.INTEGER,
    },
    searchable=("description", "component"),
    ascending="created_at",
)


def event_body(row: Happening, calendar: Calendar) -> EventsResponse:
    """The body for an event."""
    return {
        "created_at": calendar.local(row.t_ms),
        "created_at_utc": calendar.utc(row.t_ms),
        "hex_value": row.code,
        "component": row.component,
        "severity": row.severity,
        "description": row.text,
        "bot_id": _bot_id(row),
        "level_id": row.level,
        "request_id": row.request,
    }
