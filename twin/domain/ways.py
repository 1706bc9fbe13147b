"""How far each cell is from the handover places of the balconies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twin.domain.layout import Site


class Ways:
    """Cells along both axes to the nearest handover place, by cell of a level.

    Each list is worked out once, when it is first asked for.

    Policies ask for the way of every box that could serve a request.
    """

    def __init__(self, site: Site, places: Mapping[int, Mapping[int, Sequence[int]]]) -> None:
        self._levels = {level.id: level for level in site.levels}
        self._places = places
        self._to_balcony: dict[tuple[int, int], list[int]] = {}
        self._to_any: dict[int, list[int]] = {}

    def to_balcony(self, level: int, balcony: int) -> Sequence[int]:
        """By cell: to the nearest of a balcony; 0 everywhere where it has none on the level."""
        known = self._to_balcony.get((level, balcony))
        if known is None:
            known = self._distances(level, self._places[level].get(balcony, ()))
            self._to_balcony[level, balcony] = known
        return known

    def to_any(self, level: int) -> Sequence[int]:
        """By cell: to the nearest of any balcony; 0 everywhere where the level has none."""
        known = self._to_any.get(level)
        if known is None:
            known = self._distances(level, [c for cells in self._places[level].values() for c in cells])
            self._to_any[level] = known
        return known

    def _distances(self, level_id: int, places: Sequence[int]) -> list[int]:
        """Row by row: along x to the nearest place of each row that has some, and then along y."""
        level = self._levels[level_id]
        in_row: dict[int, list[int]] = {}
        for place in places:
            in_row.setdefault(place // level.width, []).append(place % level.width)
        along_x = {
            y: [min([abs(px - x) for px in xs]) for x in range(level.width)] for y, xs in in_row.items()
        }
        if not along_x:
            return [0] * (level.width * level.height)
        found: list[int] = []
        for y in range(level.height):
            rows = [[cells + abs(py - y) for cells in row] for py, row in along_x.items()]
            found.extend(rows[0] if len(rows) == 1 else map(min, *rows))
        return found
