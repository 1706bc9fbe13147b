"""The rows that listings read: plain data in storage words, kept fresh in place.

A row is one object for as long as what it describes exists. Rows that share facts
share an object (every box of a carrier its `Stand`, every load of an SKU its
`SkuRow`), so that a change is written once. Times are simulated milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.domain.inventory import PIECE, UNASSIGN


@dataclass(slots=True)
class SkuRow:
    """Master data and sums of an SKU. ``carriers``: how many carriers hold a load of it."""

    id: str
    name: str | None = None
    measurement_unit: str = PIECE
    on_empty_sku_action: str = UNASSIGN
    created_ms: int = 0
    updated_ms: int = 0
    deleted_ms: int | None = None
    total_quantity: int = 0
    max_quantity: int = 0
    booked_in: int = 0
    booked_out: int = 0
    fulfillable: int = 0
    replenishable: int = 0
    load_count: int = 0
    picture: str | None = None
    carriers: int = 0
    carriers_in_all: int = 0

    @property
    def carrier_share(self) -> float:
        """Share of all carriers that hold a load of this SKU, 0 to 1."""
        return round(self.carriers / self.carriers_in_all, 6) if self.carriers_in_all else 0.0


@dataclass(slots=True)
class Stand:
    """A storage position or a carrier: where it is and how it is reached.

    ``carrier`` is None for an empty position. ``x`` and ``y`` are None while a bot
    carries the carrier; ``eta_s`` is then None too, or 0 where it is at a balcony.
    ``masks``: the sections of the boxes on the carrier, in order of their ids.
    """

    carrier: int | None
    level: int
    x: int | None = None
    y: int | None = None
    depth: int | None = None
    eta_s: float | None = None
    changed_ms: int | None = None
    masks: tuple[int, ...] = ()


@dataclass(slots=True)
class InventoryRow:
    """A box with its load, or a carrier without boxes, or a storage position without carrier."""

    id: str
    stand: Stand
    box: int | None = None
    mask: int | None = None
    sku: SkuRow | None = None
    item_count: int | None = None
    item_count_max: int | None = None
    box_updated_ms: int | None = None

    @property
    def updated_ms(self) -> int | None:
        """When box, load or carrier last changed; None for an empty position."""
        of_carrier, of_box = self.stand.changed_ms, self.box_updated_ms
        if of_carrier is None or of_box is None:
            return of_box if of_carrier is None else of_carrier
        return max(of_carrier, of_box)


@dataclass(slots=True)
class EntityRow:
    """One line of a request with its quantities."""

    kind: str
    id: str
    total: int
    succeeded: int
    completed: int
    cancelled: int


@dataclass(slots=True)
class RequestRow:
    """A request. ``balcony`` is None as long as no job of it has one."""

    id: str
    counter: int
    type_name: str
    status: str
    priority: int
    balcony: int | None
    entities: tuple[EntityRow, ...]
    created_ms: int
    updated_ms: int
    bot: int | None = None
    level: int | None = None


@dataclass(slots=True)
class JobRow:
    """A job."""

    id: str
    type_name: str
    request: str
    carrier: int | None
    level: int
    created_ms: int
    box: int | None = None
    sku: SkuRow | None = None
    quantity: int | None = None
    status: str = ""
    updated_ms: int = 0
    balcony: int | None = None
    bot: int | None = None


@dataclass(slots=True)
class BotRow:
    """A bot. ``charging``: a charger feeds it."""

    id: int
    level: int
    carrier: int | None
    soc_percent: int
    charging: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """Something worth telling an operator. ``seq`` is its position in the event log."""

    seq: int
    t_ms: int
    code: str
    component: str
    severity: int
    text: str
    bot: int | None = None
    level: int | None = None
    request: str | None = None
