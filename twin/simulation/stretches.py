"""Straight runs from cell to cell as they are whenever they are driven, remembered for levels alike."""

from __future__ import annotations

from functools import lru_cache

from twin.domain.bots import X_AXIS, Y_AXIS
from twin.domain.layout import Level, Motion
from twin.domain.motion import run_profiles
from twin.policies.routing import REMEMBERED
from twin.simulation.trips import Track, cells_ahead

Stretch = tuple[range, slice, int, Track]
"""The cells ahead of the first, where they are in a list of all cells, the axis, the times."""


class Stretches:
    """The stretches of levels of one width, for bots with one kind of drive."""

    def __init__(self, width: int, longest: int, motion: Motion, pitch_mm: int) -> None:
        self._width = width
        self.tracks = (
            [Track.of(p) for p in run_profiles(motion.unladen, pitch_mm, longest)],
            [Track.of(p) for p in run_profiles(motion.laden, pitch_mm, longest)],
        )
        """Of an unladen and of a laden bot, by the number of cells ahead."""
        self.between = lru_cache(maxsize=REMEMBERED)(self._between)
        """The stretch from one cell to another in its row or column, for a bot that is laden or not."""

    def _between(self, a: int, b: int, laden: bool) -> Stretch:
        axis = self.axis(a, b)
        ahead = cells_ahead(a, b, 1 if axis == X_AXIS else self._width)
        # A slice that ends at -1 would end at the last cell.
        along = slice(ahead.start, ahead.stop if ahead.stop >= 0 else None, ahead.step)
        return ahead, along, axis, self.tracks[laden][len(ahead)]

    def axis(self, a: int, b: int) -> int:
        """The axis along which a run from cell to cell leads."""
        return X_AXIS if a // self._width == b // self._width else Y_AXIS


def stretches_on(level: Level, motion: Motion, pitch_mm: int) -> Stretches:
    """Those of a level."""
    return _stretches(level.width, max(level.width, level.height), motion, pitch_mm)


@lru_cache(maxsize=8)
def _stretches(width: int, longest: int, motion: Motion, pitch_mm: int) -> Stretches:
    return Stretches(width, longest, motion, pitch_mm)
