"""How long it would take to bring a carrier to a balcony if nothing else moved."""

from __future__ import annotations

from functools import lru_cache

from twin.domain.layout import Site
from twin.domain.motion import travel_time_s

RELOCATION_CELLS = 5
"""Assumed way of a blocking carrier to the position where it is put instead."""


class Reach:
    """Estimates for the carriers of one site. Legs run along both axes with one turn between them."""

    def __init__(self, site: Site) -> None:
        self._motion, self._pitch_m = site.motion, site.pitch_mm / 1000
        self._levels = site.level_by_id
        self._places: dict[int, list[tuple[int, int]]] = {level.id: [] for level in site.levels}
        for balcony in site.balconies:
            for place in balcony.places:
                self._places[place.level].append((place.x, place.y))
        self._drive_s = lru_cache(maxsize=None)(self._nearest_s)

    def eta_s(self, level: int, cell: int, depth: int) -> float | None:
        """Seconds until a stored carrier could be at a balcony; None where its level has none."""
        drive_s = self._drive_s(level, cell)
        if drive_s is None:
            return None
        motion = self._motion
        dig_s = (motion.lift_ms + motion.lower_ms) / 1000 + self._run_s(RELOCATION_CELLS)
        return round(depth * dig_s + motion.lift_ms / 1000 + drive_s, 3)

    def _nearest_s(self, level: int, cell: int) -> float | None:
        x, y = self._levels[level].xy[cell]
        ways = ((abs(x - px), abs(y - py)) for px, py in self._places[level])
        return min((self._way_s(*way) for way in ways), default=None)

    def _way_s(self, dx: int, dy: int) -> float:
        turn_s = self._motion.turn_ms / 1000 if dx and dy else 0.0
        return self._run_s(dx) + turn_s + self._run_s(dy)

    def _run_s(self, cells: int) -> float:
        drive = self._motion.laden
        limits = (drive.speed_mm_s, drive.acceleration_mm_s2, drive.deceleration_mm_s2)
        return travel_time_s(cells * self._pitch_m, *(limit / 1000 for limit in limits))
