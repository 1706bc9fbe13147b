"""Boxes, carriers without boxes and empty storage positions as rows."""

from __future__ import annotations

from collections.abc import Sequence

from twin.domain import work
from twin.domain.floor import NO_LANE
from twin.domain.inventory import Carrier
from twin.domain.layout import STORAGE
from twin.domain.plant import Plant
from twin.records.views.live import Live
from twin.records.views.reach import Reach
from twin.records.views.rows import InventoryRow, Stand
from twin.records.views.stock_rows import SkuRows

Spot = tuple[int, int]
"""Level and cell."""
CARRIERS_FROM, PLACES_FROM = 1 << 60, 1 << 61
"""Ranks: boxes have their ids, then come carriers, then places."""


class InventoryRows:
    """The inventory: boxes by id, then carriers without boxes, then empty positions by level and cell."""

    def __init__(self, plant: Plant, skus: SkuRows) -> None:
        self._plant, self._state, self._skus = plant, plant.state, skus
        self._reach = Reach(plant.site)
        self._boxes: dict[int, InventoryRow] = {}
        self._carriers: dict[int, InventoryRow] = {}
        self._places: dict[Spot, InventoryRow] = {}
        self._taken: set[Spot] = set()
        self.live: Live[InventoryRow] = Live()
        self._box_slots: dict[int, int] = {}
        self._carrier_slots: dict[int, int] = {}
        self._place_slots: dict[Spot, int] = {}
        self._stale_boxes: dict[int, None] = dict.fromkeys(self._state.boxes)
        self._stale_carriers: dict[int, None] = dict.fromkeys(self._state.carriers)
        self._stale_lanes: dict[tuple[int, int], None] = {
            (level, lane.index): None for level, deck in plant.decks.items() for lane in deck.lanes
        }
        for carrier in self._state.carriers.values():
            self._begin_carrier(carrier.id, carrier.level)
        for level in plant.site.levels:
            for cell in level.cells_of(STORAGE):
                x, y = level.xy[cell]
                stand = Stand(None, level.id, x, y)
                row = InventoryRow(f"place-{level.id}-{x}-{y}", stand)
                self._place_slots[level.id, cell] = self.live.add(row, PLACES_FROM + len(self._places))
                self._places[level.id, cell] = row

    def _begin_carrier(self, carrier: int, level: int) -> None:
        row = InventoryRow(f"carrier-{carrier}", Stand(carrier, level))
        self._carrier_slots[carrier] = self.live.add(row, CARRIERS_FROM + len(self._carriers))
        self._carriers[carrier] = row

    def box_changed(self, box: int) -> None:
        """Remember that a box or its load differs from its row."""
        self._stale_boxes[box] = None

    def carrier_changed(self, carrier: int) -> None:
        """Remember that a carrier differs from its row."""
        self._stale_carriers[carrier] = None

    def carrier_added(self, carrier: int, level: int) -> None:
        """Begin a row for a new carrier."""
        self._begin_carrier(carrier, level)
        self._stale_carriers[carrier] = None

    def lane_changed(self, level: int, x: int, y: int) -> None:
        """Remember that a carrier came to or left a lane: how deep the others in it lie has changed."""
        deck = self._plant.decks[level]
        lane = deck.lane_of[deck.level.cell(x, y)]
        if lane != NO_LANE:
            self._stale_lanes[level, lane] = None

    def refresh(self) -> None:
        """Bring the rows up to date."""
        for level, lane in self._stale_lanes:
            self._look_into(level, lane)
        for carrier in self._stale_carriers:
            self._write_stand(self._carriers[carrier].stand, self._state.carriers[carrier])
            self._show_carrier(carrier)
        for box in self._stale_boxes:
            self._write_box(box)
        self._stale_lanes.clear()
        self._stale_carriers.clear()
        self._stale_boxes.clear()

    def sku_changed(self, sku: str) -> None:
        """Tell that what the boxes of an SKU show of it has changed."""
        for box in self._plant.stock.boxes_of.get(sku, ()):
            self.live.touch(self._box_slots[box])

    def rows(self) -> Sequence[InventoryRow]:
        """The rows as of the last refresh."""
        return [
            *self._boxes.values(),
            *(row for row in self._carriers.values() if not row.stand.masks),
            *(row for spot, row in self._places.items() if spot not in self._taken),
        ]

    def _look_into(self, level: int, lane: int) -> None:
        deck = self._plant.decks[level]
        for cell in deck.lanes[lane].slots:
            carrier = deck.carrier_at[cell]
            if carrier:
                self._take((level, cell))
                self._stale_carriers[carrier] = None
            else:
                self._leave((level, cell))

    def _take(self, spot: Spot) -> None:
        if spot not in self._taken:
            self._taken.add(spot)
            self.live.put(self._place_slots[spot], None)

    def _leave(self, spot: Spot) -> None:
        if spot in self._taken:
            self._taken.remove(spot)
            self.live.put(self._place_slots[spot], self._places[spot])

    def _show_carrier(self, carrier: int) -> None:
        row = self._carriers[carrier]
        self.live.put(self._carrier_slots[carrier], None if row.stand.masks else row)
        for box in self._plant.boxes_on[carrier]:
            if box in self._box_slots:  # else it is about to be written
                self.live.touch(self._box_slots[box])

    def _write_stand(self, stand: Stand, carrier: Carrier) -> None:
        stand.depth = self._plant.depth(carrier.id)
        stand.changed_ms = carrier.changed_ms
        stand.masks = tuple(self._state.boxes[box].mask for box in self._plant.boxes_on[carrier.id])
        if carrier.cell is None:
            stand.x = stand.y = None
            stand.eta_s = 0.0 if self._presented(carrier) else None
        else:
            stand.x, stand.y = self._plant.site.level_by_id[carrier.level].xy[carrier.cell]
            stand.eta_s = self._reach.eta_s(carrier.level, carrier.cell, stand.depth)

    def _presented(self, carrier: Carrier) -> bool:
        visit = self._state.visits.get(self._state.bots[carrier.bot].visit or 0) if carrier.bot else None
        return visit is not None and visit.carrier == carrier.id and visit.state == work.PRESENTED

    def _write_box(self, box_id: int) -> None:
        box, load = self._state.boxes.get(box_id), self._state.loads.get(box_id)
        row = self._boxes.get(box_id)
        if row is not None and row.sku is not None:
            self._skus.changed(row.sku.id)
        if box is None:
            if self._boxes.pop(box_id, None) is not None:
                self.live.remove(self._box_slots.pop(box_id))
            return
        if row is None:
            row = InventoryRow(f"box-{box_id}", self._carriers[box.carrier].stand, box_id)
            self._boxes[box_id] = row
            self._box_slots[box_id] = self.live.add(row, box_id)
        self.live.touch(self._box_slots[box_id])
        row.mask, row.box_updated_ms = box.mask, box.updated_ms
        row.sku = row.item_count = row.item_count_max = None
        if load is not None:
            row.sku = self._skus.of(load.sku)
            row.item_count, row.item_count_max = load.item_count, load.item_count_max
            row.box_updated_ms = max(box.updated_ms, load.updated_ms)
