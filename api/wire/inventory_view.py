"""The inventory view: its rows and what can be asked of them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from api.listing import Listing, Wire, fraction, moments, table, text, whole
from api.wire.common import LocalStamp, UtcStamp
from api.wire.exact import LONGEST, digits, written
from api.wire.stamps import Calendar
from twin.domain.sections import SECTIONS, legacy_digits, to_wire_32
from twin.records.views.rows import InventoryRow, Stand

NONE = "none"
"""The value of a filter that asks for rows without box or without SKU."""


class InventoryViewResponse(TypedDict):
    """A box with its load, a carrier without boxes, or an empty storage position."""

    id: str
    level_id: int
    position_x: Annotated[int | None, Field(description="Null while a bot carries the carrier.")]
    position_y: Annotated[int | None, Field(description="Null while a bot carries the carrier.")]
    depth: Annotated[int | None, Field(description="Carriers that must be moved out of the way first.")]
    eta: Annotated[float | None, Field(description="Seconds to a balcony if nothing else moved.")]
    eta_int: Annotated[int | None, Field(description="The same, rounded.")]
    carrier_id: str | None
    content_codes: Annotated[str | None, Field(description="Eight-digit codes of all boxes on the carrier.")]
    box_id: int | None
    box_size: Annotated[int | None, Field(description="Sections that the box takes.")]
    box_size_string: Annotated[str | None, Field(description="Box, or free carrier, as a part of a carrier.")]
    box_height_string_max: Annotated[int | None, Field(description="Always null: heights are not modelled.")]
    section_code: Annotated[str | None, Field(description="Eight binary digits.")]
    section_code_32: Annotated[int | None, Field(description="One binary digit per section.")]
    sku_id: str | None
    sku_name: str | None
    measurement_unit: str | None
    on_empty_sku_action: str | None
    item_count: int | None
    item_count_max: int | None
    system_quantity: Annotated[int | None, Field(description="Pieces of the SKU in all boxes.")]
    updated_at: LocalStamp | None
    updated_at_utc: UtcStamp | None


_PARTS = [
    f"{part.numerator}/{part.denominator}"
    for part in (Fraction(taken, SECTIONS) for taken in range(SECTIONS + 1))
]
"""By sections taken: that part of a carrier."""


def _carrier_id(row: InventoryRow) -> str | None:
    return None if row.stand.carrier is None else str(row.stand.carrier)


def _content_codes(row: InventoryRow) -> str | None:
    return None if row.stand.carrier is None else _codes(row.stand)


def _codes(stand: Stand) -> str:
    return ",".join(map(legacy_digits, stand.masks))


def _eta_int(row: InventoryRow) -> int | None:
    return None if row.stand.eta_s is None else round(row.stand.eta_s)


@lru_cache(maxsize=4096)
def _written_mask(mask: int) -> tuple[int, str, int]:
    """Sections taken, and both section codes."""
    return mask.bit_count(), legacy_digits(mask), to_wire_32(mask)


def _box_size(row: InventoryRow) -> int | None:
    return None if row.mask is None else row.mask.bit_count()


def _box_size_string(row: InventoryRow) -> str | None:
    if row.stand.carrier is None:
        return None
    return _PARTS[SECTIONS if row.mask is None else row.mask.bit_count()]


def _section_code(row: InventoryRow) -> str | None:
    return None if row.mask is None else legacy_digits(row.mask)


def _section_code_32(row: InventoryRow) -> int | None:
    return None if row.mask is None else to_wire_32(row.mask)


def _of_sku(name: str) -> Any:
    return lambda row: None if row.sku is None else getattr(row.sku, name)


INVENTORY: Listing[InventoryRow] = Listing(
    table(
        text("id", attrgetter("id")),
        whole("level_id", attrgetter("stand.level")),
        whole("position_x", attrgetter("stand.x")),
        whole("position_y", attrgetter("stand.y")),
        whole("depth", attrgetter("stand.depth")),
        fraction("eta", attrgetter("stand.eta_s")),
        whole("eta_int", _eta_int),
        text("carrier_id", _carrier_id, order=attrgetter("stand.carrier")),
        text("content_codes", _content_codes),
        whole("box_id", attrgetter("box")),
        whole("box_size", _box_size),
        text("box_size_string", _box_size_string, order=_box_size),
        whole("box_height_string_max", lambda _row: None),
        text("section_code", _section_code),
        whole("section_code_32", _section_code_32),
        text("sku_id", _of_sku("id")),
        text("sku_name", _of_sku("name")),
        text("measurement_unit", _of_sku("measurement_unit")),
        text("on_empty_sku_action", _of_sku("on_empty_sku_action")),
        whole("item_count", attrgetter("item_count")),
        whole("item_count_max", attrgetter("item_count_max")),
        whole("system_quantity", _of_sku("total_quantity")),
        moments("updated_at", attrgetter("updated_ms")),
    ),
    {
        "box_height_string_max__eq": Wire.STRING,
        "box_height_string_max__ilike": Wire.STRING,
        "box_id__eq": Wire.STRING,
        "box_id__ilike": Wire.STRING,
        "box_size_string__eq": Wire.STRING,
        "box_size_string__ilike": Wire.STRING,
        "box_size_string__in": Wire.ARRAY,
        "carrier_id__eq": Wire.STRING,
        "carrier_id__ilike": Wire.STRING,
        "content_codes__ilike": Wire.STRING,
        "depth__eq": Wire.INTEGER,
        "depth__gte": Wire.INTEGER,
        "depth__ilike": Wire.STRING,
        "depth__in": Wire.ARRAY,
        "depth__lte": Wire.INTEGER,
        "eta_int__ilike": Wire.STRING,
        "item_count__eq": Wire.STRING,
        "item_count__ilike": Wire.STRING,
        "item_count_max__eq": Wire.STRING,
        "item_count_max__ilike": Wire.STRING,
        "level_id__in": Wire.ARRAY,
        "measurement_unit__in": Wire.ARRAY,
        "position_x__eq": Wire.INTEGER,
        "position_x__ilike": Wire.STRING,
        "position_y__eq": Wire.INTEGER,
        "position_y__ilike": Wire.STRING,
        "section_code_32__eq": Wire.STRING,
        "section_code__eq": Wire.STRING,
        "sku_id__eq": Wire.STRING,
        "sku_id__ilike": Wire.STRING,
        "sku_name__ilike": Wire.STRING,
        "system_quantity__eq": Wire.STRING,
        "system_quantity__ilike": Wire.STRING,
        "updated_at__gte": Wire.STRING,
        "updated_at__lte": Wire.STRING,
    },
    searchable=(
        "carrier_id",
        "box_size_string",
        "box_height_string_max",
        "section_code",
        "section_code_32",
        "sku_id",
        "sku_name",
    ),
    special={
        ("box_id__eq", NONE): lambda table: table.absent("box_id"),
        ("sku_id__eq", NONE): lambda table: ~table.absent("box_id") & table.absent("sku_id"),
    },
)


def inventory_body(row: InventoryRow, calendar: Calendar) -> InventoryViewResponse:
    """The body for a row of the inventory view."""
    stand, sku, mask, updated = row.stand, row.sku, row.mask, row.updated_ms
    carrier, eta_s = stand.carrier, stand.eta_s
    local, utc = (None, None) if updated is None else calendar.both(updated)
    size, code, code_32 = (None, None, None) if mask is None else _written_mask(mask)
    return {
        "id": row.id,
        "level_id": stand.level,
        "position_x": stand.x,
        "position_y": stand.y,
        "depth": stand.depth,
        "eta": eta_s,
        "eta_int": None if eta_s is None else round(eta_s),
        "carrier_id": None if carrier is None else str(carrier),
        "content_codes": None if carrier is None else _codes(stand),
        "box_id": row.box,
        "box_size": size,
        "box_size_string": None if carrier is None else _PARTS[SECTIONS if size is None else size],
        "box_height_string_max": None,
        "section_code": code,
        "section_code_32": code_32,
        "sku_id": sku.id if sku else None,
        "sku_name": sku.name if sku else None,
        "measurement_unit": sku.measurement_unit if sku else None,
        "on_empty_sku_action": sku.on_empty_sku_action if sku else None,
        "item_count": row.item_count,
        "item_count_max": row.item_count_max,
        "system_quantity": sku.total_quantity if sku else None,
        "updated_at": local,
        "updated_at_utc": utc,
    }


def inventory_json(body: InventoryViewResponse) -> bytes:
    """The same, written. Nearly every row has an integer of 32 digits: it is not left to be found out."""
    code = body["section_code_32"]
    if code is None or code < LONGEST:
        return written(body)
    return written({**body, "section_code_32": digits(code)})
