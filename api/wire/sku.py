"""Bodies of the tag SKU, and what can be asked of their listing."""

from __future__ import annotations

from enum import StrEnum
from operator import attrgetter
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from api.listing import Listing, Wire, fraction, moments, table, text, whole
from api.wire.common import LocalStamp, Name, Text, UtcStamp, null_means
from api.wire.stamps import Calendar
from twin.domain import inventory
from twin.domain.commands import UNSET, ChangeSku, CreateSku
from twin.records.views.rows import SkuRow


class MeasurementUnit(StrEnum):
    """What a quantity counts."""

    PIECE = inventory.PIECE


class OnEmptySKUAction(StrEnum):
    """What becomes of a box whose last piece was taken: it loses its SKU, or keeps it."""

    UNASSIGN = inventory.UNASSIGN
    DO_NOTHING = inventory.DO_NOTHING


class Sku(BaseModel):
    """Master data of a new SKU."""

    id: Text
    name: Name | None = None
    measurement_unit: Annotated[MeasurementUnit, null_means(MeasurementUnit.PIECE, MeasurementUnit)] = (
        MeasurementUnit.PIECE
    )
    on_empty_sku_action: Annotated[
        OnEmptySKUAction, null_means(OnEmptySKUAction.UNASSIGN, OnEmptySKUAction)
    ] = OnEmptySKUAction.UNASSIGN

    def command(self) -> CreateSku:
        """What it asks for."""
        return CreateSku(self.id, self.name, self.measurement_unit.value, self.on_empty_sku_action.value)


class SkuPatch(BaseModel):
    """Changes of master data; what is left out stays as it is."""

    name: Annotated[Name | None, Field(description="Null takes the name away.")] = None
    measurement_unit: MeasurementUnit | None = None
    on_empty_sku_action: OnEmptySKUAction | None = None

    def command(self, sku_id: str) -> ChangeSku:
        """What it asks for."""
        return ChangeSku(
            sku_id,
            self.name if "name" in self.model_fields_set else UNSET,
            self.measurement_unit.value if self.measurement_unit else UNSET,
            self.on_empty_sku_action.value if self.on_empty_sku_action else UNSET,
        )


class SkuResponse(TypedDict):
    """An SKU with the sums over all boxes that hold it."""

    id: str
    name: str | None
    measurement_unit: Annotated[MeasurementUnit, Field(json_schema_extra={"default": "PIECE"})]
    on_empty_sku_action: Annotated[OnEmptySKUAction, Field(json_schema_extra={"default": "UNASSIGN"})]
    image_url: Annotated[
        str | None, Field(description="Where the picture can be fetched, without a key; null: it has none.")
    ]
    total_quantity: int
    max_quantity: Annotated[int, Field(description="Pieces that all its boxes can hold.")]
    total_positive_inventory_bookings: Annotated[int, Field(description="Pieces that open jobs will bring.")]
    total_negative_inventory_bookings: Annotated[int, Field(description="Pieces that open jobs will take.")]
    fulfillable: Annotated[int, Field(description="Pieces that can still be ordered.")]
    replenishable: Annotated[int, Field(description="Pieces for which there is still room.")]
    load_count: Annotated[int, Field(description="Boxes that hold it.")]
    carrier_utilization: Annotated[float, Field(description="Share of all carriers that hold it, 0 to 1.")]
    created_at: LocalStamp
    created_at_utc: UtcStamp
    updated_at: LocalStamp
    updated_at_utc: UtcStamp
    deleted_at: LocalStamp | None
    deleted_at_utc: UtcStamp | None


SKUS: Listing[SkuRow] = Listing(
    table(
        text("id", attrgetter("id")),
        text("name", attrgetter("name")),
        text("measurement_unit", attrgetter("measurement_unit")),
        text("on_empty_sku_action", attrgetter("on_empty_sku_action")),
        whole("total_quantity", attrgetter("total_quantity")),
        whole("max_quantity", attrgetter("max_quantity")),
        whole("total_positive_inventory_bookings", attrgetter("booked_in")),
        whole("total_negative_inventory_bookings", attrgetter("booked_out")),
        whole("fulfillable", attrgetter("fulfillable")),
        whole("replenishable", attrgetter("replenishable")),
        whole("load_count", attrgetter("load_count")),
        fraction("carrier_utilization", attrgetter("carrier_share")),
        moments("created_at", attrgetter("created_ms")),
        moments("updated_at", attrgetter("updated_ms")),
        moments("deleted_at", attrgetter("deleted_ms")),
    ),
    {
        "carrier_utilization__ilike": Wire.NUMBER,
        "created_at__gte": Wire.STRING,
        "created_at__lte": Wire.STRING,
        "deleted_at__gte": Wire.STRING,
        "deleted_at__lte": Wire.STRING,
        "fulfillable__ilike": Wire.INTEGER,
        "id__eq": Wire.STRING,
        "id__ilike": Wire.STRING,
        "load_count__eq": Wire.INTEGER,
        "load_count__ilike": Wire.INTEGER,
        "max_quantity__eq": Wire.INTEGER,
        "max_quantity__gte": Wire.INTEGER,
        "max_quantity__ilike": Wire.INTEGER,
        "max_quantity__lte": Wire.INTEGER,
        "measurement_unit__in": Wire.ARRAY,
        "name__ilike": Wire.STRING,
        "on_empty_sku_action__in": Wire.ARRAY,
        "replenishable__ilike": Wire.INTEGER,
        "total_quantity__eq": Wire.INTEGER,
        "total_quantity__gte": Wire.INTEGER,
        "total_quantity__ilike": Wire.INTEGER,
        "total_quantity__lte": Wire.INTEGER,
        "updated_at__gte": Wire.STRING,
        "updated_at__lte": Wire.STRING,
    },
    searchable=("id", "name", "carrier_utilization"),
    hiding="deleted_at",
)


def image_base(request: Request) -> str:
    """What URLs of pictures begin with, as seen by whoever sends the request."""
    return f"{request.base_url}images/"


def sku_answer(row: SkuRow, calendar: Calendar, request: Request) -> SkuResponse:
    """The body for an SKU that answers a request."""
    return sku_body(row, calendar, "" if row.picture is None else image_base(request))


def sku_body(row: SkuRow, calendar: Calendar, images: str) -> SkuResponse:
    """The body for an SKU; ``images``: see `image_base`."""
    deleted = row.deleted_ms
    return {
        "id": row.id,
        "name": row.name,
        "measurement_unit": MeasurementUnit(row.measurement_unit),
        "on_empty_sku_action": OnEmptySKUAction(row.on_empty_sku_action),
        "image_url": None if row.picture is None else images + row.picture,
        "total_quantity": row.total_quantity,
        "max_quantity": row.max_quantity,
        "total_positive_inventory_bookings": row.booked_in,
        "total_negative_inventory_bookings": row.booked_out,
        "fulfillable": row.fulfillable,
        "replenishable": row.replenishable,
        "load_count": row.load_count,
        "carrier_utilization": row.carrier_share,
        "created_at": calendar.local(row.created_ms),
        "created_at_utc": calendar.utc(row.created_ms),
        "updated_at": calendar.local(row.updated_ms),
        "updated_at_utc": calendar.utc(row.updated_ms),
        "deleted_at": None if deleted is None else calendar.local(deleted),
        "deleted_at_utc": None if deleted is None else calendar.utc(deleted),
    }
