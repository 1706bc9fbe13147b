"""Bodies about boxes and loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from api.wire.common import Pieces, SomePieces, Text
from twin.domain.commands import UNSET, ChangeLoad, CreateLoad
from twin.domain.errors import Invalid
from twin.domain.events import LoadChanged
from twin.domain.inventory import Box, Load, Sku
from twin.domain.sections import parse_section_code, to_wire_32, to_wire_legacy

MOST_UPDATES = 10_000

_CODE = (
    "Sections that the box takes: 1 to 8 binary digits (each for 4 sections), exactly 16 (each for 2)"
    " or exactly 32 as a string; as an integer 1 to 8 digits, or 9 to 32 digits for single sections."
)


def _mask(code: Any) -> int | None:
    if code is None:
        return None
    try:
        return parse_section_code(code)
    except Invalid as refusal:
        raise PydanticCustomError("section_code", "{reason}", {"reason": str(refusal)}) from None


_WRITTEN: list[dict[str, Any]] = [
    {"type": "string", "pattern": "^([01]{1,8}|[01]{16}|[01]{32})$"},
    {"type": "integer", "minimum": 1},
]

SectionCode = Annotated[int, BeforeValidator(_mask), WithJsonSchema({"anyOf": _WRITTEN})]
"""A section code as clients write it; the validated value is the mask."""
MaybeSectionCode = Annotated[
    int | None, BeforeValidator(_mask), WithJsonSchema({"anyOf": [*_WRITTEN, {"type": "null"}]})
]
"""The same where it may be left out."""


class BoxCreate(BaseModel):
    """Where a new box stands on its carrier."""

    section_code: Annotated[MaybeSectionCode, Field(description=_CODE)] = None


class BoxPatch(BaseModel):
    """Where a box shall stand on its carrier; without a code it stays where it is."""

    section_code: Annotated[MaybeSectionCode, Field(description=_CODE)] = None


class BoxSectionCodeUpdate(BaseModel):
    """A box and its new sections."""

    box_id: Annotated[int, Strict()]
    section_code: Annotated[SectionCode, Field(description=_CODE)]


class BoxRegionSwapRequest(BaseModel):
    """New sections for several boxes; all of them change, or none."""

    updates: Annotated[list[BoxSectionCodeUpdate], Field(min_length=1, max_length=MOST_UPDATES)]


class LoadCreate(BaseModel):
    """What a box holds."""

    sku_id: Text
    item_count: Pieces
    item_count_max: SomePieces

    def command(self, box_id: int) -> CreateLoad:
        """What it asks for."""
        return CreateLoad(box_id, self.sku_id, self.item_count, self.item_count_max)


class LoadPatch(BaseModel):
    """Corrections of what a box holds; what is left out stays as it is."""

    sku_id: Text | None = None
    item_count: Pieces | None = None
    item_count_max: SomePieces | None = None

    def command(self, box_id: int) -> ChangeLoad:
        """What it asks for."""
        return ChangeLoad(
            box_id,
            UNSET if self.sku_id is None else self.sku_id,
            UNSET if self.item_count is None else self.item_count,
            UNSET if self.item_count_max is None else self.item_count_max,
        )


class BoxResponse(TypedDict):
    """A box and the sections it takes."""

    id: int
    section_code: Annotated[int, Field(description="Eight binary digits, leading zeros lost.")]
    section_code_32: Annotated[int, Field(description="One binary digit per section, leading zeros lost.")]


class BoxSwapResponse(TypedDict):
    """Two boxes after they have changed places."""

    source_box: BoxResponse
    target_box: BoxResponse


class BoxRegionSwapResponse(TypedDict):
    """The boxes after the change, in the order of the request."""

    boxes: list[BoxResponse]


class LoadResponse(TypedDict):
    """What a box holds. ``name`` is that of the SKU."""

    sku_id: str
    name: str | None
    item_count: int
    item_count_max: int


def box_body(box: Box) -> BoxResponse:
    """The body for a box."""
    return {
        "id": box.id,
        "section_code": to_wire_legacy(box.mask),
        "section_code_32": to_wire_32(box.mask),
    }


def load_body(load: Load, sku: Sku) -> LoadResponse:
    """The body for the load of a box."""
    return {
        "sku_id": load.sku,
        "name": sku.name,
        "item_count": load.item_count,
        "item_count_max": load.item_count_max,
    }


def load_removed(change: LoadChanged, known: LoadResponse, skus: Mapping[str, Sku]) -> LoadResponse:
    """``known`` after a change; of one that empties the box, the load as it was before."""
    if change.sku is None:
        return {**known, "item_count": change.item_count_before, "item_count_max": change.item_count_max}
    return {
        "sku_id": change.sku,
        "name": skus[change.sku].name,
        "item_count": change.item_count,
        "item_count_max": change.item_count_max,
    }
