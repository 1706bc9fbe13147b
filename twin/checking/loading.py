"""The state at the start: what SiteLoaded says, entry by entry."""

from __future__ import annotations

from typing import Any

from twin.checking.boxes import Boxes
from twin.checking.carriers import Lifting
from twin.checking.driving import Driving
from twin.checking.pieces import Pieces
from twin.checking.reading import At
from twin.checking.shapes import SITE_ENTRIES, Event, fields_fault
from twin.checking.world import MAP_CHARACTERS, Level, World


class Loading:
    """Builds the world from SiteLoaded."""

    def __init__(
        self, world: World, driving: Driving, lifting: Lifting, boxes: Boxes, pieces: Pieces
    ) -> None:
        self._world = world
        self._steps = {
            "levels": self._add_level,
            "bots": driving.add_bot,
            "carriers": lifting.added,
            "boxes": boxes.created,
            "loads": pieces.loaded,
        }

    def load(self, event: Event, at: At) -> bool:
        """Take the state at the start; False, and findings, where an entry is malformed."""
        faults = [self._fault(event, name) for name in self._steps]
        for fault in filter(None, faults):
            message = f"SiteLoaded: {fault}. Nothing that follows can be judged."
            self._world.refute("form.field", message, at)
        if any(faults):
            return False
        for name, step in self._steps.items():
            for entry in event[name]:
                step(entry, at)
        return True

    def _fault(self, event: Event, name: str) -> str | None:
        faults = ((number, _entry_fault(entry, name)) for number, entry in enumerate(event[name]))
        return next((f"in {name}[{number}], {fault}" for number, fault in faults if fault), None)

    def _add_level(self, entry: dict[str, Any], at: At) -> None:
        id_, rows = entry["level"], entry["map"]
        if id_ in self._world.levels:
            self._world.refute("form.id", f"Level {id_} exists already.", at)
            return
        self._world.levels[id_] = Level(id_, len(rows[0]), len(rows), "".join(rows))


def _entry_fault(entry: Any, name: str) -> str | None:
    if type(entry) is not dict:
        return "the entry is not an object"
    fault = fields_fault(entry, SITE_ENTRIES[name])
    return _map_fault(entry["map"]) if fault is None and name == "levels" else fault


def _map_fault(rows: list[Any]) -> str | None:
    if not rows or {type(row) for row in rows} != {str}:
        return "the map is not a list of rows of text"
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        return "the rows of the map are not of one length"
    strange = sorted(set("".join(rows)) - MAP_CHARACTERS)
    return f"the map has the unknown character {strange[0]!r}" if strange else None
