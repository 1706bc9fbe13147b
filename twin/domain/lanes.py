"""Lanes: how a laden bot gets from an aisle to each storage position.

A carrier can only be taken out through storage positions that hold no carrier.
Each storage position therefore belongs to exactly one lane: the shortest way
through storage positions to an aisle. Positions further back in a lane are
*deeper*; what stands in front of a carrier on its way must be moved first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from twin.domain.layout import LANE_WAYS, STORAGE, Level
from twin.domain.steps import steps_from

_Steps = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """The storage positions that share one opening to an aisle. All positions are cells.

    ``mouth``: the aisle position in front. ``slots``: the storage positions, front
    first, equal depths by cell. ``ways[i]``: the storage positions between the mouth
    and ``slots[i]``, front first, without ``slots[i]`` itself.
    """

    index: int
    mouth: int
    slots: tuple[int, ...]
    ways: tuple[tuple[int, ...], ...]

    @property
    def depth(self) -> int:
        """Positions on the longest way in: 1 if nothing can stand in front of anything."""
        return len(self.ways[-1]) + 1


@lru_cache(maxsize=16)
def lanes_of(level: Level) -> tuple[Lane, ...]:
    """All lanes of a level, ordered by their front position. Kept for the levels asked about last."""
    parents = _parents(level, steps_from(level))
    ways: dict[int, tuple[int, ...]] = {}
    members: dict[int, list[int]] = {}
    for cell, parent in parents.items():
        ways[cell] = (*ways[parent], parent) if parent in ways else ()
        root = ways[cell][0] if ways[cell] else cell
        members.setdefault(root, []).append(cell)
    return tuple(
        Lane(index, parents[root], tuple(members[root]), tuple(ways[slot] for slot in members[root]))
        for index, root in enumerate(sorted(members))
    )


def depths_of(level: Level) -> dict[int, int]:
    """For each storage position with a way to an aisle, how deep it lies: 1 beside the aisle.

    Takes linear time and room even where ``lanes_of`` would not (a lane of thousands).
    """
    return {cell: depth for depth, layer in enumerate(_layers(level, steps_from(level)), 1) for cell in layer}


def mouths_of(level: Level) -> tuple[int, ...]:
    """The aisle positions in front of lanes, ascending. Never a one-way position: no way leads back."""
    steps = steps_from(level)
    roots = _layers(level, steps)[:1]
    return tuple(sorted({_mouths(level, steps, root)[0] for layer in roots for root in layer}))


def reachable_free(lane: Lane, occupied: Collection[int]) -> tuple[int, ...]:
    """The slots without a carrier to which a laden bot can drive now, front first.

    ``occupied``: the cells that hold a carrier; a set or dict, as it is asked often.
    """
    return tuple(
        slot
        for slot, way in zip(lane.slots, lane.ways, strict=True)
        if slot not in occupied and not any(cell in occupied for cell in way)
    )


def _parents(level: Level, steps: _Steps) -> dict[int, int]:
    """For each storage position the next one towards the aisle; front first, equal depths by cell."""
    layers = _layers(level, steps)
    parents = {root: _mouths(level, steps, root)[0] for root in (layers[0] if layers else ())}
    for nearer, layer in pairwise(layers):
        front = frozenset(nearer)
        parents.update({cell: _parent(cell, front, steps, parents) for cell in layer})
    return parents


def _parent(cell: int, front: frozenset[int], steps: _Steps, parents: dict[int, int]) -> int:
    """Straight on if that leads out; a lane that bends costs every carrier two turns."""
    candidates = [near for near in steps[cell] if near in front]
    straight = [near for near in candidates if near - cell == parents[near] - near]
    return (straight or candidates)[0]


def _layers(level: Level, steps: _Steps) -> list[list[int]]:
    """Storage positions by depth, each layer in ascending order."""
    layer = [cell for cell in level.cells_of(STORAGE) if _mouths(level, steps, cell)]
    seen = set(layer)
    layers = []
    while layer:
        layers.append(layer)
        further = {near for cell in layer for near in steps[cell] if level.kinds[near] == STORAGE} - seen
        seen |= further
        layer = sorted(further)
    return layers


def _mouths(level: Level, steps: _Steps, cell: int) -> list[int]:
    """Aisle positions beside a storage position between which a bot may drive both ways."""
    return [near for near in steps[cell] if level.kinds[near] in LANE_WAYS and cell in steps[near]]
