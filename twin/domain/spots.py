"""Positions of one kind on all levels, each to be taken at most once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from twin.domain.layout import Level, Place

_AROUND = sorted(
    ((dx, dy) for dx in range(-3, 4) for dy in range(-3, 4)),
    key=lambda step: (abs(step[0]) + abs(step[1]), step[1], step[0]),
)
"""Offsets up to three positions away, nearest first: as far as a miscounted map is usually off."""

Trouble = tuple[str, str, Place | None]
"""What is wrong, what would be right, and where, if that is on the map at all."""


class Spots:
    """Who stands where. ``kinds``: the map characters that count; ``wanted`` names them."""

    def __init__(self, levels: Iterable[Level], kinds: str, wanted: str) -> None:
        self._levels = {level.id: level for level in levels}
        self._kinds, self._wanted = kinds, wanted
        self._takers: dict[Place, str] = {}

    def take(self, place: Place, taker: str) -> Trouble | None:
        """Note who takes a place, or say why it cannot."""
        trouble = self._off_map(place, taker) or self._wrong(place, taker)
        if trouble is None:
            self._takers[place] = taker
        return trouble

    def left(self) -> Iterator[Place]:
        """The places that nobody took, by level and cell."""
        for level in self._levels.values():
            places = (Place(level.id, *level.xy[cell]) for cell in level.cells_of(self._kinds))
            yield from (place for place in places if place not in self._takers)

    def _off_map(self, place: Place, taker: str) -> Trouble | None:
        level = self._levels.get(place.level)
        if level is None:
            known = ", ".join(str(id_) for id_ in self._levels)
            return f"{taker} is on level {place.level}, which does not exist", f"the levels are {known}", None
        if place.x in range(level.width) and place.y in range(level.height):
            return None
        reason = f"{taker} is at x {place.x}, y {place.y}, outside the map of level {level.id}"
        return reason, f"x goes from 0 to {level.width - 1}, y from 0 to {level.height - 1}", None

    def _wrong(self, place: Place, taker: str) -> Trouble | None:
        level = self._levels[place.level]
        kind = level.kinds[level.cell(place.x, place.y)]
        if kind not in self._kinds:
            return f"{taker} is on '{kind}', not on {self._wanted}", self._advice(level, place), place
        if place in self._takers:
            return f"{taker} is where {self._takers[place]} is already", self._advice(level, place), place
        return None

    def _advice(self, level: Level, place: Place) -> str:
        for dx, dy in _AROUND:
            near = Place(level.id, place.x + dx, place.y + dy)
            if self._is_free(level, near):
                return f"the nearest free one is x {near.x}, y {near.y}"
        return f"choose {self._wanted} that is free"

    def _is_free(self, level: Level, place: Place) -> bool:
        if place.x not in range(level.width) or place.y not in range(level.height):
            return False
        return level.kinds[level.cell(place.x, place.y)] in self._kinds and place not in self._takers
