"""Bodies about jobs and triggers, and what can be asked of the listing of jobs."""

from __future__ import annotations

from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from api.listing import Listing, Wire, moments, table, text, whole
from api.wire.common import LocalStamp, UtcStamp, null_means
from api.wire.stamps import Calendar
from twin.domain import work
from twin.records.views.rows import JobRow


class JobType(StrEnum):
    """What a job does with its carrier or its bot."""

    FULFILLMENT = work.FULFILLMENT
    REPLENISHMENT = work.REPLENISHMENT
    FETCH = work.FETCH
    RELOCATION = work.RELOCATION
    RETURN = work.RETURN
    BUFFERING = work.BUFFERING
    CHARGING = work.CHARGING
    UNCHARGING = work.UNCHARGING
    ONBOARDING = work.ONBOARDING
    OFFBOARDING = work.OFFBOARDING
    RFID_WRITE = work.RFID_WRITE
    CARRIER_ONBOARDING = work.CARRIER_ONBOARDING


class JobStatus(StrEnum):
    """How far a job is."""

    ACCEPTED = work.ACCEPTED
    STARTED = work.STARTED
    WAITING_FOR_TRIGGER = work.WAITING
    SUCCEEDED = work.SUCCEEDED
    FAILED = work.FAILED


class TriggerStatus(StrEnum):
    """How the person at the balcony has finished a job."""

    SUCCEEDED_TRIGGER = work.SUCCEEDED_TRIGGER
    FAILED_TRIGGER = work.FAILED_TRIGGER


class TriggerRequest(BaseModel):
    """How a waiting job ends."""

    outcome: Annotated[TriggerStatus, null_means(TriggerStatus.SUCCEEDED_TRIGGER, TriggerStatus)] = Field(
        default=TriggerStatus.SUCCEEDED_TRIGGER, alias="TriggerStatus"
    )


class TriggerResponse(TypedDict):
    """Nothing: the trigger has been taken."""


class JobResponse(TypedDict):
    """A job: one thing done with one carrier or one bot."""

    id: str
    type: JobType
    status: JobStatus
    request_id: str
    carrier_id: str | None
    level_id: int
    balcony_id: int | None
    bot_id: int | None
    box_id: int | None
    sku_id: str | None
    sku_name: str | None
    measurement_unit: str | None
    on_empty_sku_action: str | None
    quantity: int | None
    created_at: LocalStamp
    created_at_utc: UtcStamp
    updated_at: LocalStamp
    updated_at_utc: UtcStamp


def _carrier_text(row: JobRow) -> str | None:
    return None if row.carrier is None else str(row.carrier)


def _of_sku(name: str) -> Any:
    return lambda row: None if row.sku is None else getattr(row.sku, name)


JOBS: Listing[JobRow] = Listing(
    table(
        text("id", attrgetter("id")),
        text("type", attrgetter("type_name")),
        text("status", attrgetter("status")),
        text("request_id", attrgetter("request")),
        text("carrier_id", _carrier_text, order=attrgetter("carrier")),
        whole("level_id", attrgetter("level")),
        whole("balcony_id", attrgetter("balcony")),
        whole("bot_id", attrgetter("bot")),
        whole("box_id", attrgetter("box")),
        text("sku_id", _of_sku("id")),
        text("sku_name", _of_sku("name")),
        text("measurement_unit", _of_sku("measurement_unit")),
        text("on_empty_sku_action", _of_sku("on_empty_sku_action")),
        whole("quantity", attrgetter("quantity")),
        moments("created_at", attrgetter("created_ms")),
        moments("updated_at", attrgetter("updated_ms")),
    ),
    {
        "balcony_id__eq": Wire.INTEGER,
        "created_at__gte": Wire.STRING,
        "created_at__lte": Wire.STRING,
        "id__eq": Wire.ANY,
        "level_id__eq": Wire.INTEGER,
        "request_id__eq": Wire.ANY,
        "request_id__in": Wire.ARRAY,
        "status__eq": Wire.STRING,
        "status__in": Wire.ARRAY,
        "type__eq": Wire.STRING,
        "type__in": Wire.ARRAY,
        "updated_at__gte": Wire.STRING,
        "updated_at__lte": Wire.STRING,
    },
    default_sort="-created_at",
    ascending="created_at",
)


def job_body(row: JobRow, calendar: Calendar) -> JobResponse:
    """The body for a job."""
    sku = row.sku
    created, created_utc = calendar.both(row.created_ms)
    updated, updated_utc = calendar.both(row.updated_ms)
    return {
        "id": row.id,
        # Members of the enumerations would be written the same, in twice the time.
        "type": cast(JobType, row.type_name),
        "status": cast(JobStatus, row.status),
        "request_id": row.request,
        "carrier_id": _carrier_text(row),
        "level_id": row.level,
        "balcony_id": row.balcony,
        "bot_id": row.bot,
        "box_id": row.box,
        "sku_id": sku.id if sku else None,
        "sku_name": sku.name if sku else None,
        "measurement_unit": sku.measurement_unit if sku else None,
        "on_empty_sku_action": sku.on_empty_sku_action if sku else None,
        "quantity": row.quantity,
        "created_at": created,
        "created_at_utc": created_utc,
        "updated_at": updated,
        "updated_at_utc": updated_utc,
    }
