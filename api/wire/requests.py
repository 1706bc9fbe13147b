"""Bodies about requests, and what can be asked of their listing."""

from __future__ import annotations

from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from api.listing import Listing, Wire, moments, table, text, whole
from api.wire.common import Flag, LocalStamp, SomePieces, Text, UtcStamp, Whole, null_means
from api.wire.stamps import Calendar
from twin.domain import work
from twin.domain.commands import (
    PlaceCarrierOnboarding,
    PlaceCharging,
    PlaceFetch,
    PlaceFulfillment,
    PlaceOffboarding,
    PlaceOnboarding,
    PlacePause,
    PlaceReplenishment,
    PlaceResume,
    PlaceRfidWrite,
    PlaceUncharging,
    SkuLine,
)
from twin.records.views.rows import EntityRow, RequestRow

MOST_ENTITIES = 10_000


class RequestType(StrEnum):
    """What a request is for."""

    FULFILLMENT = work.FULFILLMENT
    REPLENISHMENT = work.REPLENISHMENT
    FETCH = work.FETCH
    ONBOARDING = work.ONBOARDING
    OFFBOARDING = work.OFFBOARDING
    RFID_WRITE = work.RFID_WRITE
    PAUSE = work.PAUSE
    RESUME = work.RESUME
    CHARGING = work.CHARGING
    UNCHARGING = work.UNCHARGING
    CARRIER_ONBOARDING = work.CARRIER_ONBOARDING


class RequestStatus(StrEnum):
    """How far a request is."""

    CREATED = work.CREATED
    IN_PROGRESS = work.IN_PROGRESS
    SUCCEEDED = work.SUCCEEDED
    PARTIALLY_SUCCEEDED = work.PARTIALLY_SUCCEEDED
    FAILED = work.FAILED


class EntityType(StrEnum):
    """What a request names."""

    SKU = work.SKU_ENTITY
    CARRIER = work.CARRIER_ENTITY


class SkuEntityInput(BaseModel):
    """Pieces of an SKU."""

    sku_id: Text
    quantity: SomePieces

    def line(self) -> SkuLine:
        """The line of a command."""
        return SkuLine(self.sku_id, self.quantity)


class CarrierEntityInput(BaseModel):
    """A carrier."""

    carrier_id: Text


Id = Annotated[Text | None, Field(description="Id of your own choice; one is made up where it is missing.")]
Priority = Annotated[Whole, null_means(0, Whole), Field(description="Larger is more urgent.")]
Force = Annotated[Flag, null_means(False, Flag)]
SkuEntities = Annotated[list[SkuEntityInput], Field(min_length=1, max_length=MOST_ENTITIES)]
CarrierEntities = Annotated[list[CarrierEntityInput], Field(min_length=1, max_length=MOST_ENTITIES)]


class FulfillmentRequestCreateInput(BaseModel):
    """Pieces to be picked."""

    type: Literal["FULFILLMENT"]
    entities: SkuEntities
    id: Id = None
    priority: Priority = 0

    def command(self) -> PlaceFulfillment:
        """What it asks for."""
        return PlaceFulfillment(tuple(one.line() for one in self.entities), self.priority, self.id)


class ReplenishmentRequestCreateInput(BaseModel):
    """Pieces to be filled into boxes that hold their SKU."""

    type: Literal["REPLENISHMENT"]
    entities: SkuEntities
    id: Id = None
    priority: Priority = 0

    def command(self) -> PlaceReplenishment:
        """What it asks for."""
        return PlaceReplenishment(tuple(one.line() for one in self.entities), self.priority, self.id)


class FetchRequestCreateInput(BaseModel):
    """Carriers to be shown at a balcony."""

    type: Literal["FETCH"]
    entities: CarrierEntities
    id: Id = None
    priority: Priority = 0

    def command(self) -> PlaceFetch:
        """What it asks for."""
        return PlaceFetch(tuple(one.carrier_id for one in self.entities), self.priority, self.id)


class OnboardingRequestCreateInput(BaseModel):
    """A new bot to be put on the floor at a handover place."""

    type: Literal["ONBOARDING"]
    id: Id = None

    def command(self) -> PlaceOnboarding:
        """What it asks for."""
        return PlaceOnboarding(self.id)


class OffboardingRequestCreateInput(BaseModel):
    """A bot to be taken off the floor at a handover place."""

    type: Literal["OFFBOARDING"]
    bot_id: Whole
    id: Id = None

    def command(self) -> PlaceOffboarding:
        """What it asks for."""
        return PlaceOffboarding(self.bot_id, self.id)


class RFIDWriteRequestCreateInput(BaseModel):
    """The tags of a level's storage positions to be written by one bot; the level is closed meanwhile."""

    type: Literal["RFID_WRITE"]
    level_id: Whole
    bot_id: Whole
    action_type: Annotated[Text | None, Field(description="Taken as it is; writing is what is done.")] = None
    start_from_scratch: Annotated[
        Flag,
        null_means(True, Flag),
        Field(description="False goes on where an earlier writing has ended."),
    ] = True
    id: Id = None

    def command(self) -> PlaceRfidWrite:
        """What it asks for."""
        return PlaceRfidWrite(self.level_id, self.bot_id, self.start_from_scratch, self.id)


class PauseRequestCreateInput(BaseModel):
    """No new work to be begun; done when every bot has come to rest."""

    type: Literal["PAUSE"]
    id: Id = None

    def command(self) -> PlacePause:
        """What it asks for."""
        return PlacePause(self.id)


class ResumeRequestCreateInput(BaseModel):
    """Work to be begun again after a pause."""

    type: Literal["RESUME"]
    id: Id = None

    def command(self) -> PlaceResume:
        """What it asks for."""
        return PlaceResume(self.id)


OneBot = Annotated[Whole | None, Field(description="One bot only.")]
OneLevel = Annotated[Whole | None, Field(description="The bots of one level only.")]


class ChargingRequestCreateInput(BaseModel):
    """Bots to be brought to chargers."""

    type: Literal["CHARGING"]
    bot_id: OneBot = None
    level_id: OneLevel = None
    force: Annotated[Force, Field(description="Also bots that have charge enough.")] = False
    id: Id = None

    def command(self) -> PlaceCharging:
        """What it asks for."""
        return PlaceCharging(self.bot_id, self.level_id, self.force, self.id)


class UnchargingRequestCreateInput(BaseModel):
    """Bots to be taken off chargers."""

    type: Literal["UNCHARGING"]
    bot_id: OneBot = None
    level_id: OneLevel = None
    force: Annotated[Force, Field(description="Also bots that have little charge.")] = False
    id: Id = None

    def command(self) -> PlaceUncharging:
        """What it asks for."""
        return PlaceUncharging(self.bot_id, self.level_id, self.force, self.id)


class CarrierOnboardingRequestCreateInput(BaseModel):
    """A new carrier to be brought into store from a balcony."""

    type: Literal["CARRIER_ONBOARDING"]
    balcony_id: Whole
    id: Id = None

    def command(self) -> PlaceCarrierOnboarding:
        """What it asks for."""
        return PlaceCarrierOnboarding(self.balcony_id, self.id)


RequestCreateInput = Annotated[
    FetchRequestCreateInput
    | FulfillmentRequestCreateInput
    | ReplenishmentRequestCreateInput
    | OnboardingRequestCreateInput
    | OffboardingRequestCreateInput
    | RFIDWriteRequestCreateInput
    | PauseRequestCreateInput
    | ResumeRequestCreateInput
    | ChargingRequestCreateInput
    | UnchargingRequestCreateInput
    | CarrierOnboardingRequestCreateInput,
    Field(discriminator="type", title="Request Data"),
]


class EntityResponse(TypedDict):
    """What became of one entity of a request. Quantities are pieces; a carrier counts one."""

    id: str
    entity_type: EntityType
    job_type: str
    total_quantity: int
    succeeded_quantity: int
    completed_quantity: Annotated[int, Field(description="Succeeded and cancelled together.")]
    cancelled_quantity: int


class RequestResponseComposite(TypedDict):
    """A request with its entities."""

    id: str
    type: RequestType
    status: RequestStatus
    priority: int
    counter: Annotated[int | None, Field(description="Running number, in order of acceptance.")]
    placing_pos: Annotated[int | None, Field(description="Balcony of its first job.")]
    bot_id: Annotated[int | None, Field(description="The bot it is for, where it is for one.")]
    level_id: Annotated[int | None, Field(description="The level it is for, where it is for one.")]
    entities: list[EntityResponse]
    warnings: list[dict[str, Any]]
    created_at: LocalStamp
    created_at_utc: UtcStamp
    updated_at: LocalStamp
    updated_at_utc: UtcStamp


REQUESTS: Listing[RequestRow] = Listing(
    table(
        text("id", attrgetter("id")),
        text("type", attrgetter("type_name")),
        text("status", attrgetter("status")),
        whole("priority", attrgetter("priority")),
        whole("counter", attrgetter("counter")),
        whole("placing_pos", attrgetter("balcony")),
        whole("bot_id", attrgetter("bot")),
        whole("level_id", attrgetter("level")),
        moments("created_at", attrgetter("created_ms")),
        moments("updated_at", attrgetter("updated_ms")),
    ),
    {
        "counter__eq": Wire.INTEGER,
        "created_at__gte": Wire.STRING,
        "created_at__lte": Wire.STRING,
        "id__eq": Wire.ANY,
        "id__in": Wire.ARRAY,
        "placing_pos__eq": Wire.INTEGER,
        "priority__eq": Wire.INTEGER,
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


def request_body(row: RequestRow, calendar: Calendar) -> RequestResponseComposite:
    """The body for a request."""
    return {
        "id": row.id,
        "type": RequestType(row.type_name),
        "status": RequestStatus(row.status),
        "priority": row.priority,
        "counter": row.counter,
        "placing_pos": row.balcony,
        "bot_id": row.bot,
        "level_id": row.level,
        "entities": [_entity_body(entity, row.type_name) for entity in row.entities],
        "warnings": [],
        "created_at": calendar.local(row.created_ms),
        "created_at_utc": calendar.utc(row.created_ms),
        "updated_at": calendar.local(row.updated_ms),
        "updated_at_utc": calendar.utc(row.updated_ms),
    }


def _entity_body(entity: EntityRow, job_type: str) -> EntityResponse:
    return {
        "id": entity.id,
        "entity_type": EntityType(entity.kind),
        "job_type": job_type,
        "total_quantity": entity.total,
        "succeeded_quantity": entity.succeeded,
        "completed_quantity": entity.completed,
        "cancelled_quantity": entity.cancelled,
    }
