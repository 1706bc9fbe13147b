"""Which single steps the floor of a level allows, before anybody else's presence counts."""

from __future__ import annotations

from collections.abc import Iterator

from twin.domain.layout import ONE_WAY, WALL, Level

_DIRECTIONS = ((0, -1), (-1, 0), (1, 0), (0, 1))
"""North, west, east, south: the order that makes a cell's neighbours ascend."""


def steps_from(level: Level) -> tuple[tuple[int, ...], ...]:
    """For each cell, the neighbouring cells a bot may drive to, ascending; none for a wall.

    A one-way position is left in its own direction only and never entered head-on;
    entering it from behind or from the side is allowed.
    """
    return tuple(tuple(_steps(level, cell)) for cell in range(len(level.kinds)))


def steps_into(steps: tuple[tuple[int, ...], ...], cells: tuple[int, ...]) -> dict[int, list[int]]:
    """For each of ``cells``, the cells from which a bot may drive onto it, ascending."""
    into: dict[int, list[int]] = {cell: [] for cell in cells}
    for start, goals in enumerate(steps):
        for goal in goals:
            if goal in into:
                into[goal].append(start)
    return into


def _steps(level: Level, cell: int) -> Iterator[int]:
    kinds, width, height = level.kinds, level.width, level.height
    x, y = level.xy[cell]
    for dx, dy in _ways_out(kinds[cell]):
        if 0 <= x + dx < width and 0 <= y + dy < height:
            goal = cell + dy * width + dx
            if _may_enter(kinds[goal], dx, dy):
                yield goal


def _ways_out(kind: str) -> tuple[tuple[int, int], ...]:
    if kind == WALL:
        return ()
    return (ONE_WAY[kind],) if kind in ONE_WAY else _DIRECTIONS


def _may_enter(kind: str, dx: int, dy: int) -> bool:
    return kind != WALL and ONE_WAY.get(kind) != (-dx, -dy)
