"""What is stored: carriers, boxes on them, loads in boxes, and the SKUs they are of."""

from __future__ import annotations

from dataclasses import dataclass

PIECE = "PIECE"
UNASSIGN = "UNASSIGN"
DO_NOTHING = "DO_NOTHING"

MEASUREMENT_UNITS = (PIECE,)
ON_EMPTY_ACTIONS = (UNASSIGN, DO_NOTHING)

ALL_SECTIONS = 0xFFFF_FFFF
LARGEST_QUANTITY = 2_147_483_647
"""Quantities are 32-bit on the wire of most clients; a larger one is refused."""


@dataclass(slots=True)
class Carrier:
    """A carrier: it stands on ``cell`` of ``level`` or is on ``bot``; never both, never neither.

    ``presented`` counts how often it has come to stand at a balcony.
    """

    id: int
    level: int
    cell: int | None
    bot: int | None = None
    changed_ms: int = 0
    presented: int = 0


@dataclass(slots=True)
class Box:
    """A box on a carrier. ``mask`` has one bit per section it covers (most significant first)."""

    id: int
    carrier: int
    mask: int
    updated_ms: int = 0


@dataclass(slots=True)
class Load:
    """Pieces of one SKU in one box, with what open jobs will take out and put in.

    ``stocked_ms`` is since when there have been pieces in it.
    """

    box: int
    sku: str
    item_count: int
    item_count_max: int
    booked_out: int = 0
    booked_in: int = 0
    updated_ms: int = 0
    stocked_ms: int = 0

    @property
    def fulfillable(self) -> int:
        """Pieces that no job has booked yet."""
        return self.item_count - self.booked_out

    @property
    def replenishable(self) -> int:
        """Pieces for which there is room that no job has booked yet."""
        return self.item_count_max - self.item_count - self.booked_in


@dataclass(slots=True)
class Sku:
    """Master data of an SKU with the sums over its loads."""

    id: str
    name: str | None
    measurement_unit: str = PIECE
    on_empty_sku_action: str = UNASSIGN
    created_ms: int = 0
    updated_ms: int = 0
    deleted_ms: int | None = None
    total_quantity: int = 0
    max_quantity: int = 0
    booked_in: int = 0
    booked_out: int = 0
    load_count: int = 0
    picture: str | None = None
    """The name of a picture that is kept elsewhere."""

    @property
    def fulfillable(self) -> int:
        """Pieces that can still be ordered."""
        return self.total_quantity - self.booked_out

    @property
    def replenishable(self) -> int:
        """Pieces for which there is still room."""
        return self.max_quantity - self.total_quantity - self.booked_in
