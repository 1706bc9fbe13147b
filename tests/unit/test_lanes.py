"""Lanes: which storage positions share an opening to an aisle, and how deep each one lies."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.lanes import Lane, depths_of, lanes_of, mouths_of, reachable_free
from twin.domain.layout import STORAGE, Level
from twin.experiments.sitegen import LaneShape, lane_level, random_site

Position = tuple[int, int]


def _level(drawing: str) -> Level:
    return Level(1, 0, tuple(drawing.split()))


def _slots(level: Level, lane: Lane) -> list[Position]:
    return [level.xy[slot] for slot in lane.slots]


def _drawn_lanes(drawing: str) -> dict[Position, list[list[Position]]]:
    """The slots of each lane, front first, by mouth."""
    level = _level(drawing)
    found: dict[Position, list[list[Position]]] = {}
    for lane in lanes_of(level):
        found.setdefault(level.xy[lane.mouth], []).append(_slots(level, lane))
    return found


def test_a_block_between_two_aisles_falls_into_straight_columns_to_the_nearer_one() -> None:
    assert _drawn_lanes("... sss sss sss sss sss sss ...") == {
        (x, y): [[(x, y + step) for step in steps]]
        for y, steps in ((0, (1, 2, 3)), (7, (-1, -2, -3)))
        for x in range(3)
    }


def test_a_column_of_odd_depth_gives_its_middle_to_the_smaller_cell() -> None:
    assert _drawn_lanes("... .s. .s. .s. ... #s#".replace(".s.", "#s#")) == {
        (1, 0): [[(1, 1), (1, 2)]],
        (1, 4): [[(1, 3)], [(1, 5)]],
    }


def test_a_lane_goes_round_a_pillar() -> None:
    assert _drawn_lanes(".#. s#s sss") == {(0, 0): [[(0, 1), (0, 2), (1, 2)]], (2, 0): [[(2, 1), (2, 2)]]}


def test_a_way_keeps_straight_where_it_can() -> None:
    # (2, 2) could go on by (1, 2), the smaller cell, but its carrier would have to turn.
    level = _level("#...# ##ss# #ss## ##### #####".replace("#ss##", "##ss#"))
    lanes = {tuple(_slots(level, lane)) for lane in lanes_of(level)}
    assert lanes == {((2, 1), (2, 2)), ((3, 1), (3, 2))}


def test_a_position_with_two_aisles_beside_it_opens_to_the_smaller_cell() -> None:
    assert _drawn_lanes("... .s. ...") == {(1, 0): [[(1, 1)]]}


def test_branches_of_one_lane_are_ordered_by_depth_then_cell() -> None:
    level = _level("#.# #s# sss s#s")
    (lane,) = lanes_of(level)
    assert _slots(level, lane) == [(1, 1), (1, 2), (0, 2), (2, 2), (0, 3), (2, 3)]
    assert [len(way) for way in lane.ways] == [0, 1, 2, 2, 3, 3]
    assert lane.depth == 4


def test_the_ways_run_from_the_mouth_to_the_slot() -> None:
    (lane,) = lanes_of(_level(". s s s"))
    assert (lane.mouth, lane.slots, lane.ways) == (0, (1, 2, 3), ((), (1,), (1, 2)))


def test_a_one_way_aisle_is_no_mouth_because_no_way_leads_back_into_the_lane() -> None:
    assert lanes_of(_level(">>> sss")) == ()
    assert _drawn_lanes(">.> sss") == {(1, 0): [[(1, 1), (0, 1), (2, 1)]]}


def test_walls_and_endpoints_are_no_mouths() -> None:
    assert lanes_of(_level("#bpc ssss")) == ()


def test_storage_without_an_aisle_has_no_lane_and_no_depth() -> None:
    level = _level("..#s s.#s")
    assert [_slots(level, lane) for lane in lanes_of(level)] == [[(0, 1)]]
    assert depths_of(level) == {4: 1}


def test_a_generated_level_has_lanes_of_the_depth_asked_for() -> None:
    for deep in (1, 2, 3, 5):
        level = lane_level(1, 0, LaneShape(deep=deep, columns=24, cross_every=24))
        assert max(lane.depth for lane in lanes_of(level)) == deep


def test_free_positions_behind_a_carrier_cannot_be_reached() -> None:
    (lane,) = lanes_of(_level(". s s s"))
    assert reachable_free(lane, set()) == (1, 2, 3)
    assert reachable_free(lane, {3}) == (1, 2)
    assert reachable_free(lane, {2}) == (1,)
    assert reachable_free(lane, {1}) == ()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_every_storage_position_of_a_sound_site_lies_in_exactly_one_lane(seed: int, bots: int) -> None:
    (level,) = random_site(random.Random(seed), bots, 50).levels
    lanes = lanes_of(level)
    slots = [slot for lane in lanes for slot in lane.slots]
    assert sorted(slots) == list(level.cells_of(STORAGE))
    assert [lane.index for lane in lanes] == list(range(len(lanes)))
    assert mouths_of(level) == tuple(sorted({lane.mouth for lane in lanes}))


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_every_way_leads_step_by_step_through_its_own_lane(seed: int) -> None:
    (level,) = random_site(random.Random(seed), 4, 50).levels
    depths = depths_of(level)
    for lane in lanes_of(level):
        for slot, way in zip(lane.slots, lane.ways, strict=True):
            cells = [lane.mouth, *way, slot]
            assert all(_touch(level, near, far) for near, far in pairwise(cells))
            assert all(cell in lane.slots for cell in way)
            assert depths[slot] == len(way) + 1


def _touch(level: Level, one: int, other: int) -> bool:
    (x, y), (u, v) = level.xy[one], level.xy[other]
    return abs(x - u) + abs(y - v) == 1
