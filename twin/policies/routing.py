"""Ways from one cell to another on one level, as straight runs.

A *route* is a tuple of waypoints: the cells where a bot starts, stops to turn, and
ends. No route leads through an endpoint other than its own start and goal: a bot
that stands there without end is never in anybody's way, and so a schedule along a
route always exists. Routes say nothing about time; ``simulation/traffic.py`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from twin.domain.graph import laden_graph, unladen_graph
from twin.domain.lanes import Lane
from twin.domain.layout import ENDPOINTS, STORAGE, Level, Motion

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Route = tuple[int, ...]

ALTERNATIVES = 6
"""Detours kept per pair of cells, cheapest first."""
LINES_TRIED = 12
"""Columns and rows tried as the middle run of a way with two turns."""


class Network:
    """The straight stretches and shortest ways of one path graph."""

    def __init__(
        self, level: Level, graph: nx.DiGraph[int], closed: frozenset[str], motion: Motion, pitch_mm: int
    ) -> None:
        self.width = level.width
        self._cells = len(level.kinds)
        self._endpoint = [kind in ENDPOINTS for kind in level.kinds]
        self._through = [kind not in closed for kind in level.kinds]
        self._steps = (1, -1, level.width, -level.width)
        self._edge = {d: _edges(graph, d, self._cells) for d in self._steps}
        self._reach = {d: self._reaches(d) for d in self._steps}
        drive = motion.laden
        self._cell_ms = pitch_mm * 1000 / drive.speed_mm_s
        self._stop_ms = motion.turn_ms + drive.speed_mm_s * 1000 / drive.acceleration_mm_s2
        self._cross = _cross_lines(self._reach[level.width], self._reach[1], level.width, level.height)

    def _reaches(self, step: int) -> list[int]:
        """For each cell, how many steps lead straight on through cells that may be driven through."""
        reach = [0] * self._cells
        order = range(self._cells - 1, -1, -1) if step > 0 else range(self._cells)
        edge, through = self._edge[step], self._through
        for cell in order:
            if edge[cell] and through[cell + step]:
                reach[cell] = reach[cell + step] + 1
        return reach

    def straight(self, start: int, goal: int) -> bool:
        """Whether a bot can drive straight from start to goal (start and goal in one row or column)."""
        gap, width = goal - start, self.width
        # In one row they are less than a row apart, in one column whole rows.
        if gap > 0:
            step, length = (1, gap) if gap < width else (width, gap // width)
        else:
            step, length = (-1, -gap) if -gap < width else (-width, -gap // width)
        reach: int = self._reach[step][start]
        return reach >= length or (reach == length - 1 and self._edge[step][goal - step])

    def routes(self, start: int, goal: int) -> list[Route]:
        """The ways with the fewest turns, cheapest first; empty only if there is none at all."""
        found = list(self._with_few_turns(start, goal)) or list(self._with_two_turns(start, goal))
        found = found or self._from_pocket_to_pocket(start, goal)
        if not found:
            way = self.shortest(start, goal)
            return [way] if way else []
        return self._cheapest(found)

    def detours(self, start: int, goal: int) -> list[Route]:
        """Further ways with two turns, cheapest first, for when the direct ones are taken."""
        found = list(self._with_two_turns(start, goal)) or self._from_pocket_to_pocket(start, goal)
        return self._cheapest(found)[:ALTERNATIVES]

    def _cheapest(self, routes: list[Route]) -> list[Route]:
        if len(routes) < 2:
            return routes
        return sorted(routes, key=lambda r: (self.cost(r), r))

    def _from_pocket_to_pocket(self, start: int, goal: int) -> list[Route]:
        """Ways whose first or last cell is a pocket beside an aisle: ways between the aisles, lengthened."""
        found: list[Route] = []
        for first in self._exits(start):
            for last in self._entries(goal):
                if (first, last) != (start, goal):
                    found.extend((start, *way, goal) for way in self._between(first, last))
        return [self.straightened(way) for way in found]

    def _between(self, first: int, last: int) -> list[Route]:
        if first == last:
            return [(first,)]
        return [*self._with_few_turns(first, last), *self._with_two_turns(first, last)]

    def _exits(self, cell: int) -> list[int]:
        if not self._endpoint[cell]:
            return [cell]
        return [cell + d for d in self._steps if self._edge[d][cell] and self._through[cell + d]]

    def _entries(self, cell: int) -> list[int]:
        if not self._endpoint[cell]:
            return [cell]
        inside = ((cell - d, d) for d in self._steps if 0 <= cell - d < self._cells)
        return [c for c, d in inside if self._edge[d][c] and self._through[c]]

    def straightened(self, route: Route) -> Route:
        """The same way without stops between runs in one direction, and without empty runs."""
        width = self.width
        before, heading = route[0], 0
        kept = [before]
        for cell in route:
            if cell == before:
                continue
            step = 1 if cell // width == before // width else width
            if cell < before:
                step = -step
            if step == heading:
                kept[-1] = cell
            else:
                kept.append(cell)
            before, heading = cell, step
        return tuple(kept)

    def cost(self, route: Route) -> float:
        """Rough time in ms along a route: what a cell and what a stop takes."""
        gaps = [abs(b - a) for a, b in pairwise(route)]
        cells = sum([gap if gap < self.width else gap // self.width for gap in gaps])
        return cells * self._cell_ms + (len(route) - 1) * self._stop_ms

    def _with_few_turns(self, start: int, goal: int) -> Iterator[Route]:
        sx, sy = start % self.width, start // self.width
        gx, gy = goal % self.width, goal // self.width
        if (sx == gx or sy == gy) and self.straight(start, goal):
            yield (start, goal)
        if sx != gx and sy != gy:
            for corner in (sy * self.width + gx, gy * self.width + sx):
                if self._stops(start, corner, goal):
                    yield (start, corner, goal)

    def _stops(self, *route: int) -> bool:
        """Whether the corners may be stopped at and the runs between are free to drive."""
        through = self._through
        for corner in route[1:-1]:
            if not through[corner]:
                return False
        before = route[0]
        for cell in route[1:]:
            if not self.straight(before, cell):
                return False
            before = cell
        return True

    def _with_two_turns(self, start: int, goal: int) -> Iterator[Route]:
        columns, rows = self._cross
        width = self.width
        sx, sy = start % width, start // width
        gx, gy = goal % width, goal // width
        if sy != gy:
            for x in _nearest(columns, sx, gx):
                route = (start, sy * width + x, gy * width + x, goal)
                if x not in (sx, gx) and self._stops(*route):
                    yield route
        if sx != gx:
            for y in _nearest(rows, sy, gy):
                route = (start, y * width + sx, y * width + gx, goal)
                if y not in (sy, gy) and self._stops(*route):
                    yield route

    # -- the general case, for maps where three runs do not suffice

    def shortest(self, start: int, goal: int, closed: frozenset[int] = frozenset()) -> Route | None:
        """The cheapest way there is that keeps off the cells ``closed``; None if there is none."""
        before = self._tree(start, closed)
        node = min(
            (axis * self._cells + goal for axis in (0, 1)),
            key=lambda n: before[1][n],
        )
        if np.isinf(before[1][node]):
            return None
        cells = [goal]
        while node >= 0 and node % self._cells != start:
            node = int(before[0][node])
            if node >= 0 and node % self._cells != cells[-1]:
                cells.append(node % self._cells)
        return self.straightened(tuple(cells[::-1]))

    def _tree(self, start: int, closed: frozenset[int]) -> tuple[np.ndarray, np.ndarray]:
        """Predecessors and costs from a cell over (cell, axis) nodes; a change of axis costs a stop."""
        from scipy.sparse.csgraph import dijkstra  # It is slow to load, and seldom needed.

        distances, before = dijkstra(
            self._matrix(start, closed),
            indices=[start, start + self._cells],
            return_predecessors=True,
            min_only=True,
        )[:2]
        return before, distances

    def _matrix(self, start: int, closed: frozenset[int]) -> csr_matrix:
        from scipy.sparse import csr_matrix

        rows, columns, weights = self._general_edges()
        # Nobody drives through an endpoint: it may be left only where the way starts.
        keep = np.array(self._endpoint * 2)[rows] == 0
        keep |= rows % self._cells == start
        if closed:
            keep &= ~np.isin(columns % self._cells, list(closed))
        size = 2 * self._cells
        return csr_matrix((weights[keep], (rows[keep], columns[keep])), shape=(size, size))

    @lru_cache(maxsize=1)  # noqa: B019  one network lives as long as its site
    def _general_edges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows, columns, weights = [], [], []
        for step in self._steps:
            axis = 0 if abs(step) == 1 else 1
            for cell in (c for c in range(self._cells) if self._edge[step][c]):
                rows.append(axis * self._cells + cell)
                columns.append(axis * self._cells + cell + step)
                weights.append(self._cell_ms)
        for cell in range(self._cells):
            for a, b in ((0, 1), (1, 0)):
                rows.append(a * self._cells + cell)
                columns.append(b * self._cells + cell)
                weights.append(self._stop_ms)
        return np.array(rows), np.array(columns), np.array(weights)


def _edges(graph: nx.DiGraph[int], step: int, cells: int) -> list[bool]:
    return [graph.has_edge(cell, cell + step) for cell in range(cells)]


def _cross_lines(
    down: list[int], right: list[int], width: int, height: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Columns and rows with a stretch of at least two steps: those worth trying as a middle run."""
    columns = {cell % width for cell, reach in enumerate(down) if reach >= 2}
    rows = {cell // width for cell, reach in enumerate(right) if reach >= 2}
    return tuple(sorted(columns)), tuple(sorted(rows))


@lru_cache(maxsize=65536)
def _nearest(lines: tuple[int, ...], a: int, b: int) -> tuple[int, ...]:
    """The lines that make the smallest detour between a and b first, a bounded number of them."""
    low, high = min(a, b), max(a, b)
    return tuple(sorted(lines, key=lambda v: (max(low - v, v - high, 0), v))[:LINES_TRIED])


REMEMBERED = 16384
"""Pairs of cells whose ways are remembered, per level."""


class Routes:
    """Ways for unladen and laden bots on one level; those used last are remembered."""

    def __init__(self, level: Level, lanes: tuple[Lane, ...], motion: Motion, pitch_mm: int) -> None:
        laden = laden_graph(level, lanes)
        self._floor = Network(level, unladen_graph(level), ENDPOINTS, motion, pitch_mm)
        self._aisles = Network(level, laden, ENDPOINTS | {STORAGE}, motion, pitch_mm)
        self._way_out = {
            slot: (slot, *reversed(way), lane.mouth)
            for lane in lanes
            for slot, way in zip(lane.slots, lane.ways, strict=True)
        }
        self._straightest = lru_cache(maxsize=REMEMBERED)(self._found_direct)
        self._along = lru_cache(maxsize=REMEMBERED)(self._aisles.routes)
        self._round = lru_cache(maxsize=REMEMBERED)(self._aisles.detours)

    @property
    def direct(self) -> Callable[[int, int, bool], list[Route]]:
        """The ways from a start to a goal, laden or not, with the fewest turns.

        An unladen bot drives under stored carriers; a laden one drives out of its lane, along
        aisles, and into a lane or to a balcony. Empty only if there is no way at all.
        """
        return self._straightest

    def _found_direct(self, start: int, goal: int, laden: bool) -> list[Route]:
        if not laden:
            return self._floor.routes(start, goal)
        out, into = self._ends(start, goal)
        if out[-1] == into[0]:
            return [self._joined(out, (out[-1],), into)]
        return [self._joined(out, way, into) for way in self._along(out[-1], into[0])]

    def detours(self, start: int, goal: int, laden: bool) -> list[Route]:
        """Further ways for when the direct ones are taken."""
        if not laden:
            return self._floor.detours(start, goal)
        out, into = self._ends(start, goal)
        return [self._joined(out, way, into) for way in self._round(out[-1], into[0])]

    def avoiding(self, start: int, goal: int, laden: bool, closed: frozenset[int]) -> list[Route]:
        """The cheapest way that keeps off the cells ``closed`` (but for its start), if there is one."""
        out, into = self._ends(start, goal) if laden else ((start,), (goal,))
        if closed.intersection((*out[1:], *into)):
            return []
        network = self._aisles if laden else self._floor
        way = (out[-1],) if out[-1] == into[0] else network.shortest(out[-1], into[0], closed)
        return [self._joined(out, way, into)] if way else []

    def _ends(self, start: int, goal: int) -> tuple[Route, Route]:
        out = self._way_out.get(start, (start,))
        into = self._way_out.get(goal, (goal,))
        return out, into[::-1]

    def _joined(self, out: Route, way: Route, into: Route) -> Route:
        return self._aisles.straightened((*out[:-1], *way, *into[1:]))
