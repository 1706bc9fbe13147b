"""SKUs as rows."""

from __future__ import annotations

from collections.abc import Sequence

from twin.domain.inventory import Sku
from twin.domain.plant import Plant
from twin.records.views.live import Live
from twin.records.views.rows import SkuRow


class SkuRows:
    """All SKUs ever created, deleted ones too, in order of their first creation."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self.live: Live[SkuRow] = Live()
        self._rows: dict[str, SkuRow] = {}
        self._slots: dict[str, int] = {}
        for sku in plant.state.skus:
            self._begin(sku)
        self._stale: dict[str, None] = dict.fromkeys(plant.state.skus)

    def changed(self, sku: str) -> None:
        """Remember that an SKU differs from its row."""
        if sku not in self._rows:
            self._begin(sku)
        self._stale[sku] = None

    def all_changed(self) -> None:
        """Remember that every SKU differs from its row."""
        self._stale.update(dict.fromkeys(self._rows))

    def _begin(self, sku: str) -> None:
        row = self._rows[sku] = SkuRow(sku)
        self._slots[sku] = self.live.add(row, len(self._slots))

    def of(self, sku: str) -> SkuRow:
        """The row of an SKU, the same object for ever; fresh after the next refresh."""
        return self._rows[sku]

    def refresh(self) -> tuple[list[str], list[str]]:
        """Bring the rows up to date. Returns the SKUs with another name, unit or action, and those
        with another total.
        """
        renamed, counted = [], []
        for key in self._stale:
            row = self._rows[key]
            names, total = _names(row), row.total_quantity
            self._write(row, self._plant.state.skus[key])
            self.live.touch(self._slots[key])
            if names != _names(row):
                renamed.append(key)
            if total != row.total_quantity:
                counted.append(key)
        self._stale.clear()
        return renamed, counted

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


def _names(row: SkuRow) -> tuple[str | None, str, str]:
    return row.name, row.measurement_unit, row.on_empty_sku_action
