"""Validation cases 11, 12 and 15: digging and density, with the lanes by which carriers are stored."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest

from tests.validation.acceptance import assert_accepted
from twin.domain.graph import find_map_faults
from twin.domain.lanes import Lane, depths_of, lanes_of
from twin.domain.layout import AISLE, STORAGE, WALL, Level
from twin.experiments.sitegen import LaneShape, lane_level

DRAWS = 60_000
BLOCKERS = [(4, 1.0, 1.5), (5, 0.8, 1.6), (8, 0.9, 3.15)]
"""Case 11: depth, fill, expected number of carriers that stand in the way."""


def _block(depth: int, width: int) -> Level:
    """An aisle, two rows of lanes back to back, an aisle."""
    aisle, storage = AISLE * width, STORAGE * width
    return Level(1, 0, (aisle, *(storage,) * (2 * depth), aisle))


def _lanes(depth: int, width: int = 12) -> tuple[Lane, ...]:
    lanes = lanes_of(_block(depth, width))
    assert [len(lane.slots) for lane in lanes] == [depth] * (2 * width)
    return lanes


def _blockers_of_random_carriers(depth: int, fill: float, seed: int) -> list[int]:
    """How many carriers stand in the way of a random stored one, each time on a level filled anew.

    A random *position* is drawn and passed over if it is empty: this is what makes each
    stored carrier equally likely, whatever the number that was stored.
    """
    random = np.random.default_rng(seed)
    lanes = _lanes(depth)
    ways = [(slot, way) for lane in lanes for slot, way in zip(lane.slots, lane.ways, strict=True)]
    occupied = random.random((DRAWS, max(slot for slot, _ in ways) + 1)) < fill
    picks = [ways[i] for i in random.integers(len(ways), size=DRAWS).tolist()]
    return [
        int(level[list(way)].sum()) for level, (slot, way) in zip(occupied, picks, strict=True) if level[slot]
    ]


def _expected_blockers(depth: int, fill: float) -> tuple[float, float]:
    """E[R] and P(R = 0) over all 2**k fillings of one lane, each with its probability."""
    lane = _lanes(depth)[0]
    carriers = blockers = free = 0.0
    for filling in product((True, False), repeat=depth):
        chance = prod(fill if full else 1 - fill for full in filling)
        stored = {slot for slot, full in zip(lane.slots, filling, strict=True) if full}
        ahead = [len(stored & set(w)) for s, w in zip(lane.slots, lane.ways, strict=True) if s in stored]
        carriers += chance * len(ahead)
        blockers += chance * sum(ahead)
        free += chance * ahead.count(0)
    return blockers / carriers, free / carriers


@pytest.mark.parametrize(("depth", "fill", "expected"), BLOCKERS)
def test_case_11_a_random_carrier_has_half_the_others_of_its_lane_before_it(
    depth: int, fill: float, expected: float
) -> None:
    """Source: validation §3: E[R] = (k - 1) f / 2, Monte Carlo."""
    assert_accepted(expected, _blockers_of_random_carriers(depth, fill, seed=1), 0.02)


@pytest.mark.parametrize(("depth", "fill", "expected"), BLOCKERS)
def test_case_11_holds_exactly_over_all_fillings_of_a_lane(depth: int, fill: float, expected: float) -> None:
    """Source: validation §3, by enumeration, within 1e-12."""
    assert _expected_blockers(depth, fill)[0] == pytest.approx(expected, abs=1e-12)


def test_case_12_share_of_carriers_that_need_no_digging() -> None:
    """Source: validation §3: P(R = 0) = (1 - (1 - f)^k) / (k f) = .24992 at k 5, f .8; Monte Carlo."""
    blockers = _blockers_of_random_carriers(5, 0.8, seed=1)
    assert_accepted(0.24992, [float(count == 0) for count in blockers], 0.02)


def test_case_12_holds_exactly_over_all_fillings_of_a_lane() -> None:
    """Source: validation §3, by enumeration, within 1e-12."""
    assert _expected_blockers(5, 0.8)[1] == pytest.approx(0.24992, abs=1e-12)


def _dense_level(depth: int, aisles: int, width: int) -> Level:
    """Lanes ``depth`` deep on both sides of each aisle, and one cross aisle that connects all aisles."""
    storage = (AISLE + STORAGE * (width - 1),) * depth
    return Level(1, 0, (*storage, AISLE * width, *storage) * aisles)


def _density(level: Level) -> float:
    """Storage positions per position that has a floor."""
    return len(level.cells_of(STORAGE)) / sum(kind != WALL for kind in level.kinds)


@pytest.mark.parametrize(("depth", "bound"), [(1, 2 / 3), (2, 4 / 5), (3, 6 / 7)])
def test_case_15_lanes_of_a_depth_cannot_be_denser_than_their_bound(depth: int, bound: float) -> None:
    """Source: S12 (Gue 2006): 2k / (2k + 1); a working level stays below and comes as near as one likes."""
    for width in (10, 100, 400):
        level = _dense_level(depth, 3, width)
        assert find_map_faults(level) == ()
        depths = depths_of(level)
        assert len(depths) == len(level.cells_of(STORAGE))
        assert max(depths.values()) == depth
        # The cross aisle is one column of all: the bound times what is left is what there must be.
        assert _density(level) < bound
        assert _density(level) == pytest.approx(bound * (1 - 1 / width), rel=1e-12)


@pytest.mark.parametrize(("depth", "bound"), [(1, 2 / 3), (2, 4 / 5), (3, 6 / 7)])
def test_case_15_generated_levels_keep_the_bound_and_near_it_as_they_grow(depth: int, bound: float) -> None:
    """Source: S12 (Gue 2006): 2k / (2k + 1), on the levels that scenarios ask the generator for."""
    sizes = [(10, 1), (40, 4), (200, 20)]
    levels = [
        lane_level(1, 0, LaneShape(depth, columns, blocks, cross_every=columns)) for columns, blocks in sizes
    ]
    assert [max(depths_of(level).values()) for level in levels] == [depth] * len(sizes)
    small, medium, large = map(_density, levels)
    assert 0.9 * bound < large < bound
    assert small < medium < large


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_case_15_a_level_denser_than_the_bound_has_deeper_lanes_or_does_not_work(depth: int) -> None:
    """Source: S12, from the other side: taking an aisle away makes lanes deeper or cuts them off."""
    rows = list(_dense_level(depth, 2, 100).rows)
    rows[depth] = AISLE + STORAGE * 99
    level = Level(1, 0, tuple(rows))
    assert _density(level) > 2 * depth / (2 * depth + 1)
    assert find_map_faults(level) or max(depths_of(level).values()) > depth
