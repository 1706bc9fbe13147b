"""Boxes: which sections of which carrier each takes, and that no two take the same."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from twin.checking.reading import At
from twin.checking.report import Id
from twin.checking.shapes import Event
from twin.checking.world import World

SECTIONS = 32


@dataclass(slots=True, eq=False)
class Box:
    """A box on a carrier, one bit of ``mask`` per section, with ``item_count`` pieces of ``sku``."""

    id: Id
    carrier: Id
    mask: int
    line: int
    sku: Id | None = None
    item_count: int = 0


class Boxes:
    """All boxes by id and by carrier.

    Events of one batch count as one change: between them boxes may overlap, after
    them they may not. An event without a batch is a batch of its own.
    """

    def __init__(self, world: World) -> None:
        self.by_id: dict[Id, Box] = {}
        self._world = world
        self._on: dict[Id, dict[Id, Box]] = {}
        self._used: set[Id] = set()
        self._batch: tuple[int, int] | None = None
        self._changed: dict[Id, At] = {}

    @property
    def seen(self) -> int:
        """How many boxes there have been."""
        return len(self._used)

    def turn(self, event: Event, at: At) -> None:
        """Another event is read: if it does not belong to the batch before it, that one is judged."""
        batch = event.get("batch")
        current = None if batch is None else (at.t_ms, batch)
        if current is None or current != self._batch:
            self.settle()
            self._batch = current

    def settle(self) -> None:
        """The batch is over: no boxes may overlap on the carriers that it changed."""
        for carrier, at in self._changed.items():
            self._check_overlap(carrier, at)
        self._changed.clear()

    def finish(self, over: bool) -> None:
        """No more comes. A batch may have been cut off in the middle, unless its moment is ``over``."""
        if over or self._batch is None:
            self.settle()

    def created(self, event: dict[str, Any], at: At) -> None:
        """A new box is on a carrier."""
        id_, carrier = event["box"], event["carrier"]
        if id_ in self._used:
            self._world.refute("form.id", f"Box {id_} is not new.", at, boxes=(id_,))
            return
        if self._world.carrier(carrier, at) is None:
            return
        self._used.add(id_)
        self._place(Box(id_, carrier, self._mask(event, at), at.line), at)

    def deleted(self, event: Event, at: At) -> None:
        """A box is gone."""
        box = self.box(event["box"], at)
        if box is None:
            return
        self._check_carrier(box, event, at)
        if box.item_count:
            message = f"Box {box.id} is deleted while it holds {box.item_count} pieces of {box.sku}."
            self._world.refute("box.full", message, at, other_line=box.line, boxes=(box.id,))
        del self.by_id[box.id]
        del self._on[box.carrier][box.id]

    def section_changed(self, event: Event, at: At) -> None:
        """A box takes other sections of its carrier."""
        box = self.box(event["box"], at)
        if box is None:
            return
        self._check_carrier(box, event, at)
        box.mask, box.line = self._mask(event, at), at.line
        self._changed[box.carrier] = at

    def carrier_removed(self, carrier: Id, at: At) -> None:
        """A carrier is gone: its boxes had to go before it."""
        boxes = tuple(self._on.get(carrier, ()))
        if boxes:
            message = f"Carrier {carrier} is removed with {len(boxes)} boxes on it."
            self._world.refute("box.carrier", message, at, carriers=(carrier,), boxes=boxes)

    def box(self, id_: Id, at: At) -> Box | None:
        """The box of an id; None, and a finding, where it is not known."""
        found = self.by_id.get(id_)
        if found is None:
            self._world.refute("form.id", f"Box {id_} is not known.", at, boxes=(id_,))
        return found

    def _place(self, box: Box, at: At) -> None:
        self.by_id[box.id] = box
        self._on.setdefault(box.carrier, {})[box.id] = box
        self._changed[box.carrier] = at

    def _mask(self, event: dict[str, Any], at: At) -> int:
        code = event["section_code_32"]
        if len(code) == SECTIONS and set(code) <= {"0", "1"} and "1" in code:
            return int(code, 2)
        message = f"Box {event['box']} has the section code {code[:40]!r}."
        self._world.refute("box.mask", message, at, boxes=(event["box"],))
        return 0

    def _check_carrier(self, box: Box, event: Event, at: At) -> None:
        named = event.get("carrier", box.carrier)
        if named != box.carrier:
            message = f"Box {box.id} is said to be on carrier {named}, but is on carrier {box.carrier}."
            self._world.refute("box.carrier", message, at, carriers=(named, box.carrier), boxes=(box.id,))

    def _check_overlap(self, carrier: Id, at: At) -> None:
        boxes = self._on.get(carrier, {}).values()
        union = 0
        for box in boxes:
            if union & box.mask:
                self._refute_overlap(carrier, at)
                return
            union |= box.mask

    def _refute_overlap(self, carrier: Id, at: At) -> None:
        for one, two in combinations(self._on[carrier].values(), 2):
            if one.mask & two.mask:
                shared = format(one.mask & two.mask, f"0{SECTIONS}b")
                message = f"Boxes {one.id} and {two.id} on carrier {carrier} both take sections {shared}."
                ids = (one.id, two.id)
                other = min(one.line, two.line)
                self._world.refute(
                    "box.overlap", message, at, other_line=other, carriers=(carrier,), boxes=ids
                )
