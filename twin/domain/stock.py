"""Stock: what may be done to SKUs, boxes and loads, and the sums that always hold.

``fulfillable = total - booked out`` and ``replenishable = max - total - booked in``
for every load and every SKU, at every instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain.errors import AlreadyExists, InUse, Invalid, NotFound, Overlap
from twin.domain.inventory import (
    ALL_SECTIONS,
    LARGEST_QUANTITY,
    MEASUREMENT_UNITS,
    ON_EMPTY_ACTIONS,
    UNASSIGN,
    Box,
    Load,
    Sku,
)
from twin.domain.sections import to_text_32
from twin.domain.state import State

T = TypeVar("T")


@dataclass(slots=True)
class Stock:
    """The SKUs, boxes and loads of a state. Each method checks, changes, and notes what happened."""

    state: State
    happened: list[past.Event]
    boxes_on: dict[int, list[int]] = field(default_factory=dict)
    boxes_of: dict[str, dict[int, None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.boxes_on = {carrier: [] for carrier in self.state.carriers}
        for box in self.state.boxes.values():
            self.boxes_on[box.carrier].append(box.id)
        for load in self.state.loads.values():
            self.boxes_of.setdefault(load.sku, {})[load.box] = None

    def sku(self, sku_id: str) -> Sku:
        """The SKU. Raises NotFound where there is none or it was deleted."""
        sku = self.state.skus.get(sku_id)
        if sku is None or sku.deleted_ms is not None:
            raise NotFound("SKU", sku_id)
        return sku

    def box(self, box_id: int) -> Box:
        """The box. Raises NotFound."""
        try:
            return self.state.boxes[box_id]
        except KeyError:
            raise NotFound("Box", box_id) from None

    def load(self, box_id: int) -> Load:
        """The load of a box. Raises NotFound for the box or for its load."""
        self.box(box_id)
        try:
            return self.state.loads[box_id]
        except KeyError:
            raise NotFound("Load of box", box_id) from None

    # -- SKUs

    def create_sku(self, command: ask.CreateSku, now: int) -> str:
        """Create master data; a deleted id comes back to life."""
        known = self.state.skus.get(command.id)
        if known is not None and known.deleted_ms is None:
            raise AlreadyExists("SKU", command.id)
        if not command.id:
            raise Invalid("id", "An SKU needs an id of at least one character")
        _check_choices(command.measurement_unit, command.on_empty_sku_action)
        self.state.skus[command.id] = Sku(
            command.id, command.name, command.measurement_unit, command.on_empty_sku_action, now, now
        )
        self.happened.append(past.SkuCreated(command.id))
        return command.id

    def change_sku(self, command: ask.ChangeSku, now: int) -> str:
        """Change the fields that are set."""
        sku = self.sku(command.id)
        unit = _chosen(command.measurement_unit, sku.measurement_unit)
        action = _chosen(command.on_empty_sku_action, sku.on_empty_sku_action)
        _check_choices(unit, action)
        if not isinstance(command.name, ask.Unset):
            sku.name = command.name
        if not isinstance(command.picture, ask.Unset):
            sku.picture = command.picture
        sku.measurement_unit, sku.on_empty_sku_action, sku.updated_ms = unit, action, now
        self.happened.append(past.SkuChanged(sku.id))
        return sku.id

    def delete_sku(self, command: ask.DeleteSku, now: int) -> str:
        """Delete an SKU without loads and bookings."""
        sku = self.sku(command.id)
        if sku.load_count or sku.booked_in or sku.booked_out:
            raise InUse(f"SKU {sku.id} has {sku.load_count} loads or open work and cannot be deleted")
        sku.deleted_ms = sku.updated_ms = now
        sku.picture = None
        self.happened.append(past.SkuDeleted(sku.id))
        return sku.id

    # -- boxes

    def create_box(self, command: ask.CreateBox, now: int) -> int:
        """Put an empty box on free sections of a carrier."""
        if command.carrier not in self.state.carriers:
            raise NotFound("Carrier", command.carrier)
        self._check_free(command.carrier, [(None, command.mask)])
        box = Box(self.state.next_box, command.carrier, command.mask, now)
        self.state.next_box += 1
        self.state.boxes[box.id] = box
        self.boxes_on[box.carrier].append(box.id)
        self.happened.append(past.BoxCreated(box.id, box.carrier, to_text_32(box.mask)))
        return box.id

    def delete_box(self, command: ask.DeleteBox, now: int) -> int:
        """Take away an empty box."""
        box = self.box(command.box)
        if box.id in self.state.loads:
            raise InUse(f"Box {box.id} still holds a load; delete the load first")
        del self.state.boxes[box.id]
        self.boxes_on[box.carrier].remove(box.id)
        self.happened.append(past.BoxDeleted(box.id, box.carrier))
        return box.id

    def move_box(self, command: ask.MoveBox, now: int) -> int:
        """Give one box other sections."""
        self.move_boxes(ask.MoveBoxes(((command.box, command.mask),)), now)
        return command.box

    def swap_boxes(self, command: ask.SwapBoxes, now: int) -> None:
        """Exchange the sections of two boxes."""
        source, target = self.box(command.source), self.box(command.target)
        if source.id == target.id:
            raise Invalid("target_box_id", f"Box {source.id} cannot be swapped with itself")
        self.move_boxes(ask.MoveBoxes(((source.id, target.mask), (target.id, source.mask))), now)

    def move_boxes(self, command: ask.MoveBoxes, now: int) -> None:
        """Give several boxes other sections at once."""
        if len({box for box, _ in command.moves}) != len(command.moves):
            raise Invalid("updates", "A box is named more than once")
        by_carrier: dict[int, list[tuple[int | None, int]]] = {}
        for box_id, mask in command.moves:
            by_carrier.setdefault(self.box(box_id).carrier, []).append((box_id, mask))
        for carrier, moves in by_carrier.items():
            self._check_free(carrier, moves)
        batch = self.state.next_batch
        self.state.next_batch += 1
        for box_id, mask in command.moves:
            box = self.state.boxes[box_id]
            box.mask, box.updated_ms = mask, now
            self.happened.append(past.BoxSectionChanged(box.id, box.carrier, to_text_32(mask), batch))

    def _check_free(self, carrier: int, moves: Iterable[tuple[int | None, int]]) -> None:
        """Refuse masks that would overlap with the other boxes of the carrier or with each other."""
        placed = dict(moves)
        taken = {b: self.state.boxes[b].mask for b in self.boxes_on[carrier] if b not in placed}
        union = 0
        for mask in taken.values():
            union |= mask
        for mask in placed.values():
            if not 0 < mask <= ALL_SECTIONS:
                raise Invalid("section_code", "A box covers at least one and at most 32 sections")
            if mask & union:
                raise Overlap(
                    f"Sections {to_text_32(mask & union)} of carrier {carrier} are taken by another box"
                )
            union |= mask

    # -- loads

    def create_load(self, command: ask.CreateLoad, now: int) -> int:
        """Assign an SKU and pieces to an empty box."""
        box, sku = self.box(command.box), self.sku(command.sku)
        if box.id in self.state.loads:
            raise AlreadyExists("Load of box", box.id)
        _check_counts(command.item_count, command.item_count_max)
        self._assign(sku, Load(box.id, sku.id, 0, command.item_count_max), now)
        self._note_load(box.id, command.item_count, now, "command", None)
        return box.id

    def change_load(self, command: ask.ChangeLoad, now: int) -> int:
        """Correct SKU, pieces or capacity of a load; bookings must stay covered."""
        load = self.load(command.box)
        sku = self.sku(_chosen(command.sku, load.sku))
        count = _chosen(command.item_count, load.item_count)
        capacity = _chosen(command.item_count_max, load.item_count_max)
        _check_counts(count, capacity)
        if sku.id != load.sku and (load.booked_in or load.booked_out):
            raise InUse(f"Open jobs need SKU {load.sku} in box {load.box}; its SKU cannot be changed now")
        if count < load.booked_out:
            raise InUse(f"Open jobs will take {load.booked_out} pieces out of box {load.box}")
        if capacity < count + load.booked_in:
            raise InUse(f"Open jobs will put {load.booked_in} pieces into box {load.box}")
        if sku.id != load.sku:
            # The pieces change their SKU: the old ones leave, the new ones come.
            self._note_load(load.box, 0, now, "command", None)
            self._unassign(load, now)
            load = Load(load.box, sku.id, 0, capacity)
            self._assign(sku, load, now)
        self._resize(load, capacity)
        self._note_load(load.box, count, now, "command", None)
        return load.box

    def delete_load(self, command: ask.DeleteLoad, now: int) -> int:
        """Take pieces and assignment out of a box."""
        load = self.load(command.box)
        if load.booked_in or load.booked_out:
            raise InUse(f"Open jobs have booked pieces of box {load.box}; its load cannot be deleted now")
        before, capacity = load.item_count, load.item_count_max
        self._recount(load, 0, now)
        self._unassign(load, now)
        self.happened.append(past.LoadChanged(load.box, None, 0, before, capacity, "command", None))
        return load.box

    # -- what work does to stock

    def book(self, box: int, out: int, into: int) -> None:
        """Book pieces out of or into a load (negative values release)."""
        load = self.state.loads[box]
        sku = self.state.skus[load.sku]
        load.booked_out += out
        load.booked_in += into
        sku.booked_out += out
        sku.booked_in += into

    def move_pieces(self, box: int, change: int, now: int, job: str) -> None:
        """Carry out what a job had booked: ``change`` pieces come (or go, where negative)."""
        self.book(box, out=min(change, 0), into=-max(change, 0))
        load = self.state.loads[box]
        before, count, capacity = load.item_count, load.item_count + change, load.item_count_max
        self._recount(load, count, now)
        sku: str | None = load.sku
        if count == 0 and self._empties(load):
            self._unassign(load, now)
            sku = None
        self.happened.append(past.LoadChanged(box, sku, count, before, capacity, "trigger", job))

    def _empties(self, load: Load) -> bool:
        """Whether an emptied box gives up its SKU."""
        action = self.state.skus[load.sku].on_empty_sku_action
        return action == UNASSIGN and not load.booked_in and not load.booked_out

    def _assign(self, sku: Sku, load: Load, now: int) -> None:
        self.state.loads[load.box] = load
        self.boxes_of.setdefault(sku.id, {})[load.box] = None
        sku.load_count += 1
        sku.max_quantity += load.item_count_max
        sku.updated_ms = load.updated_ms = now

    def _unassign(self, load: Load, now: int) -> None:
        sku = self.state.skus[load.sku]
        del self.state.loads[load.box]
        del self.boxes_of[sku.id][load.box]
        sku.load_count -= 1
        sku.max_quantity -= load.item_count_max
        sku.updated_ms = now

    def _resize(self, load: Load, capacity: int) -> None:
        self.state.skus[load.sku].max_quantity += capacity - load.item_count_max
        load.item_count_max = capacity

    def _recount(self, load: Load, count: int, now: int) -> None:
        sku = self.state.skus[load.sku]
        sku.total_quantity += count - load.item_count
        if load.item_count == 0:
            load.stocked_ms = now
        load.item_count = count
        sku.updated_ms = load.updated_ms = now

    def _note_load(self, box: int, count: int, now: int, reason: str, job: str | None) -> None:
        load = self.state.loads[box]
        before = load.item_count
        self._recount(load, count, now)
        self.happened.append(past.LoadChanged(box, load.sku, count, before, load.item_count_max, reason, job))


def _chosen(wanted: T | ask.Unset, present: T) -> T:
    return present if isinstance(wanted, ask.Unset) else wanted


def _check_choices(unit: str, action: str) -> None:
    if unit not in MEASUREMENT_UNITS:
        raise Invalid("measurement_unit", f"{unit!r} is none of {', '.join(MEASUREMENT_UNITS)}")
    if action not in ON_EMPTY_ACTIONS:
        raise Invalid("on_empty_sku_action", f"{action!r} is none of {', '.join(ON_EMPTY_ACTIONS)}")


def _check_counts(count: int, capacity: int) -> None:
    if not 0 <= count <= LARGEST_QUANTITY:
        raise Invalid("item_count", f"item_count must lie between 0 and {LARGEST_QUANTITY}, not {count}")
    if not 1 <= capacity <= LARGEST_QUANTITY:
        raise Invalid("item_count_max", f"item_count_max must lie between 1 and {LARGEST_QUANTITY}")
    if count > capacity:
        raise Invalid("item_count", f"item_count {count} is more than item_count_max {capacity}")
