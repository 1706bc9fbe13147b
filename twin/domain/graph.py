"""The path graphs of a level, and whether bots can always get out of each other's way on them.

Nodes are cells, an edge is one step and weighs 1 position.

A level is *well-formed* if every endpoint (a place where a bot may stand without
end) can be reached from every other without crossing a third one. Then a standing
bot never cuts anybody off, and planning one bot after the other always succeeds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import NamedTuple

import networkx as nx

from twin.domain.lanes import Lane, depths_of, lanes_of, mouths_of
from twin.domain.layout import BALCONY, CHARGER, ENDPOINTS, LANE_WAYS, PARKING, STORAGE, WALL, Level
from twin.domain.steps import steps_from, steps_into

MAX_DEPTH = 50
"""Deeper lanes are refused: no real one is so deep, and their ways would fill the memory."""

_KIND_NAMES = {BALCONY: "handover place", CHARGER: "charger", PARKING: "parking place"}
_Steps = tuple[tuple[int, ...], ...]


class MapFault(NamedTuple):
    """A position that keeps a map from working: what is wrong there and what would be right."""

    cell: int
    reason: str
    advice: str


def unladen_graph(level: Level) -> nx.DiGraph[int]:
    """Where a bot without a carrier may drive: the whole floor, under stored carriers too."""
    floor = [cell for cell, kind in enumerate(level.kinds) if kind != WALL]
    return _graph(floor, _edges_within(steps_from(level), frozenset(floor)))


def laden_graph(level: Level, lanes: tuple[Lane, ...] | None = None) -> nx.DiGraph[int]:
    """Where a bot with a carrier may drive: aisles, endpoints, and each lane to its own mouth only.

    ``lanes``: those of this level if the caller has them already.
    """
    lanes = lanes_of(level) if lanes is None else lanes
    driven = level.cells_of(LANE_WAYS | ENDPOINTS)
    stored = chain.from_iterable(lane.slots for lane in lanes)
    along = chain.from_iterable(_lane_edges(lane) for lane in lanes)
    aisles = _edges_within(steps_from(level), frozenset(driven))
    return _graph(sorted((*driven, *stored)), chain(aisles, along))


def find_map_faults(level: Level) -> tuple[MapFault, ...]:
    """Why a level is not well-formed, by cell; nothing if it is. Takes linear time."""
    steps = steps_from(level)
    faults = _floor_faults(level, steps)
    known = frozenset(fault.cell for fault in faults)
    for fault in (*_lane_faults(level), *_laden_faults(level, steps)):
        if fault.cell not in known:
            faults.append(fault)
    return tuple(sorted(faults))


def _graph(cells: Iterable[int], edges: Iterable[tuple[int, int]]) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(cells)
    graph.add_edges_from(edges, weight=1)
    return graph


def _edges_within(steps: _Steps, cells: frozenset[int]) -> Iterable[tuple[int, int]]:
    return ((a, b) for a, goals in enumerate(steps) if a in cells for b in goals if b in cells)


def _lane_edges(lane: Lane) -> Iterable[tuple[int, int]]:
    for slot, way in zip(lane.slots, lane.ways, strict=True):
        nearer = way[-1] if way else lane.mouth
        yield from ((nearer, slot), (slot, nearer))


def _main_network(steps: _Steps, cells: tuple[int, ...], needed: Collection[int]) -> Collection[int]:
    """Of the parts of ``cells`` that bots can drive all over, the one that serves most of ``needed``."""
    graph = _graph(cells, _edges_within(steps, frozenset(cells)))
    wanted = frozenset(needed)
    parts = nx.strongly_connected_components(graph)
    return max(parts, key=lambda part: (len(part & wanted), len(part), -min(part)), default=frozenset())


def _floor_faults(level: Level, steps: _Steps) -> list[MapFault]:
    """What an unladen bot cannot reach without crossing an endpoint."""
    core = tuple(c for c, kind in enumerate(level.kinds) if kind != WALL and kind not in ENDPOINTS)
    storage = level.cells_of(STORAGE)
    network = _main_network(steps, core, storage)
    faults = [_cut_off_storage(cell) for cell in storage if cell not in network]
    pockets = _detached(level.cells_of(ENDPOINTS), network, steps)
    return faults + [_cut_off_pocket(level, cell) for cell in pockets]


def _lane_faults(level: Level) -> list[MapFault]:
    depths = depths_of(level)
    storage = level.cells_of(STORAGE)
    faults = [_no_lane(cell) for cell in storage if cell not in depths]
    return faults + [_too_deep(cell) for cell in storage if depths.get(cell) == MAX_DEPTH + 1]


def _laden_faults(level: Level, steps: _Steps) -> list[MapFault]:
    """What a laden bot cannot reach by aisles alone; storage never counts as a way through."""
    mouths = mouths_of(level)
    balconies = level.cells_of(BALCONY)
    into = steps_into(steps, balconies)
    landings = {near for cell in balconies for near in into[cell]}
    network = _main_network(steps, level.cells_of(LANE_WAYS), {*mouths, *landings})
    faults = [_cut_off_mouth(cell) for cell in mouths if cell not in network]
    return faults + [_cut_off_balcony(cell) for cell in _detached(balconies, network, steps)]


def _detached(endpoints: tuple[int, ...], network: Collection[int], steps: _Steps) -> list[int]:
    """The endpoints that lack a step into the network or a step out of it."""
    into = steps_into(steps, endpoints)
    return [
        cell
        for cell in endpoints
        if not any(near in network for near in steps[cell]) or not any(near in network for near in into[cell])
    ]


def _cut_off_storage(cell: int) -> MapFault:
    reason = "a bot cannot drive between this storage position and the others without crossing an endpoint"
    return MapFault(cell, reason, "connect it through '.' or 's' positions")


def _cut_off_pocket(level: Level, cell: int) -> MapFault:
    name = _KIND_NAMES[level.kinds[cell]]
    reason = f"a bot cannot drive to this {name} and away again without crossing another endpoint"
    return MapFault(cell, reason, "put an aisle '.' beside it that is connected to the other aisles")


def _no_lane(cell: int) -> MapFault:
    reason = "no carrier can be brought out of this storage position: no lane leads from it to an aisle"
    return MapFault(cell, reason, "put a two-way aisle '.' beside it or beside storage that touches it")


def _too_deep(cell: int) -> MapFault:
    reason = f"this storage position lies deeper than {MAX_DEPTH} in its lane"
    return MapFault(cell, reason, "put an aisle nearer to it")


def _cut_off_mouth(cell: int) -> MapFault:
    reason = "carriers stand between this position, which is the mouth of a lane, and the other aisles"
    return MapFault(cell, reason, "connect it to them through aisle positions, both ways")


def _cut_off_balcony(cell: int) -> MapFault:
    reason = "a laden bot cannot drive to this handover place and away again by aisles alone"
    return MapFault(cell, reason, "put an aisle '.' beside it that is connected to the other aisles")
