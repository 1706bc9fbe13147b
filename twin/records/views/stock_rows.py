"""SKUs as rows."""

from __future__ import annotations

from collections.abc import Sequence

from twin.domain.inventory import Sku
from twin.domain.plant import Plant
from twin.records.views.rows import SkuRow


class SkuRows:
    """All SKUs ever created, deleted ones too, in order of their first creation."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._rows: dict[str, SkuRow] = {sku: SkuRow(sku) for sku in plant.state.skus}
        self._stale: dict[str, None] = dict.fromkeys(plant.state.skus)

    def changed(self, sku: str) -> None:
        """Remember that an SKU differs from its row."""
        self._rows.setdefault(sku, SkuRow(sku))
        self._stale[sku] = None

    def of(self, sku: str) -> SkuRow:
        """The row of an SKU, the same object for ever; fresh after the next refresh."""
        return self._rows[sku]

    def refresh(self) -> None:
        """Bring the rows up to date."""
        for key in self._stale:
            self._write(self._rows[key], self._plant.state.skus[key])
        self._stale.clear()

    def rows(self) -> Sequence[SkuRow]:
        """The rows as of the last refresh."""
        return list(self._rows.values())

    def _write(self, row: SkuRow, sku: Sku) -> None:
        row.name = sku.name
        row.measurement_unit, row.on_empty_sku_action = sku.measurement_unit, sku.on_empty_sku_action
        row.created_ms, row.updated_ms, row.deleted_ms = sku.created_ms, sku.updated_ms, sku.deleted_ms
        row.total_quantity, row.max_quantity = sku.total_quantity, sku.max_quantity
        row.booked_in, row.booked_out = sku.booked_in, sku.booked_out
        row.fulfillable, row.replenishable = sku.fulfillable, sku.replenishable
        row.load_count, row.picture = sku.load_count, sku.picture
        boxes = self._plant.state.boxes
        row.carriers = len({boxes[box].carrier for box in self._plant.stock.boxes_of.get(sku.id, ())})
        row.carriers_in_all = len(self._plant.state.carriers)
