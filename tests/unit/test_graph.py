"""The path graphs, and whether bots can always get out of each other's way on them."""

from __future__ import annotations

import random

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.graph import MAX_DEPTH, find_map_faults, laden_graph, unladen_graph
from twin.domain.lanes import lanes_of
from twin.domain.layout import BALCONY, ENDPOINTS, STORAGE, Level
from twin.experiments.sitegen import LaneShape, lane_level, random_site

SOUND = "#bpc. ..... .sss. .sss. ....."


def _level(drawing: str) -> Level:
    return Level(1, 0, tuple(drawing.split()))


def _faults(drawing: str) -> list[tuple[int, int]]:
    level = _level(drawing)
    return [level.xy[fault.cell] for fault in find_map_faults(level)]


def _reasons(drawing: str) -> dict[tuple[int, int], str]:
    level = _level(drawing)
    return {level.xy[fault.cell]: fault.reason for fault in find_map_faults(level)}


def _edges(drawing: str) -> list[tuple[int, int]]:
    return sorted(unladen_graph(_level(drawing)).edges)


def test_an_unladen_bot_drives_everywhere_but_through_walls() -> None:
    assert _edges("s#b c.p") == [(0, 3), (2, 5), (3, 0), (3, 4), (4, 3), (4, 5), (5, 2), (5, 4)]


def test_a_one_way_aisle_is_left_in_its_direction_only_and_never_entered_head_on() -> None:
    assert _edges(".>.") == [(0, 1), (1, 2)]
    assert _edges(".<.") == [(1, 0), (2, 1)]
    assert _edges(". v .") == [(0, 1), (1, 2)]
    assert _edges(". ^ .") == [(1, 0), (2, 1)]


def test_a_one_way_aisle_may_be_entered_from_the_side() -> None:
    assert _edges("... >>> ...") == sorted(
        [
            *[(0, 1), (1, 0), (1, 2), (2, 1), (6, 7), (7, 6), (7, 8), (8, 7)],
            *[(0, 3), (1, 4), (2, 5), (6, 3), (7, 4), (8, 5), (3, 4), (4, 5)],
        ]
    )


def test_opposite_one_way_positions_do_not_let_anybody_through() -> None:
    assert _edges("><") == []


def test_a_laden_bot_leaves_the_aisle_only_along_lanes() -> None:
    level = _level("... sss sss ...")
    graph = laden_graph(level)
    assert graph.has_edge(3, 0)
    assert graph.has_edge(0, 3)
    assert not graph.has_edge(3, 4)
    assert not graph.has_edge(3, 6)


def test_a_laden_bot_drives_between_aisles_and_endpoints_but_not_from_storage_to_a_balcony() -> None:
    graph = laden_graph(_level("bs. ..."))
    assert sorted(graph.successors(0)) == [3]
    assert sorted(graph.successors(1)) == [2]


def test_every_step_weighs_one_position() -> None:
    for graph in (unladen_graph(_level(SOUND)), laden_graph(_level(SOUND))):
        assert all(graph.edges[edge]["weight"] == 1 for edge in graph.edges)


def test_lanes_that_the_caller_has_give_the_same_laden_graph() -> None:
    level = _level(SOUND)
    assert sorted(laden_graph(level, lanes_of(level)).edges) == sorted(laden_graph(level).edges)


def test_a_sound_map_has_no_fault() -> None:
    assert _faults(SOUND) == []


def test_an_endpoint_behind_another_endpoint_is_a_fault() -> None:
    assert _faults("p#### pbc.. ..... .sss. .....") == [(0, 0)]


def test_what_only_an_endpoint_connects_is_a_fault_in_its_smaller_part() -> None:
    # The mouth at (0, 2) and the storage position at (0, 3) are cut off from the right side.
    assert _faults("..p.s ..#.. ..#.. s.#.s") == [(0, 2), (0, 3)]


def test_storage_beside_one_way_aisles_only_is_a_fault_although_unladen_bots_pass_under_it() -> None:
    assert _reasons("b.< .>s ###") == {
        (2, 1): "no carrier can be brought out of this storage position: no lane leads from it to an aisle"
    }


def test_a_balcony_that_a_laden_bot_can_only_leave_through_storage_is_a_fault() -> None:
    assert _faults("..... .sss. .sbs. .sss. .....") == [(2, 2)]


def test_a_parking_place_amid_storage_is_none() -> None:
    assert _faults("..... .sss. .sps. .sss. .....") == []


def test_aisles_that_only_storage_connects_are_a_fault_at_the_mouths_of_the_smaller_part() -> None:
    assert _faults("b... .... ssss ssss ....") == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_a_one_way_trap_is_a_fault() -> None:
    assert _faults("b.... .sss. ..... #v### #p###") == [(1, 4)]


def test_a_lane_may_be_deep_but_not_endless() -> None:
    column = " ".join("s" for _ in range(MAX_DEPTH))
    assert _faults(f". {column}") == []
    assert _faults(f". {column} s s") == [(0, MAX_DEPTH + 1)]


def test_a_map_of_walls_is_no_fault_because_nobody_has_to_get_anywhere() -> None:
    assert _faults("## ##") == []


def test_a_level_of_many_thousand_positions_is_found_well_formed() -> None:
    level = lane_level(1, 0, LaneShape(columns=165, blocks=21, cross_every=20, parking=60))
    assert len(level.kinds) > 25_000
    assert find_map_faults(level) == ()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_in_a_sound_level_no_standing_bot_cuts_anybody_off(seed: int, bots: int) -> None:
    (level,) = random_site(random.Random(seed), bots, 50).levels
    unladen, laden = unladen_graph(level), laden_graph(level)
    endpoints = level.cells_of(ENDPOINTS)
    for start in endpoints:
        assert _reached(unladen, start, endpoints) >= {*endpoints, *level.cells_of(STORAGE)}
    for start in level.cells_of(BALCONY):
        assert _reached(laden, start, endpoints) >= {*level.cells_of(BALCONY), *level.cells_of(STORAGE)}


def _reached(graph: nx.DiGraph[int], start: int, endpoints: tuple[int, ...]) -> set[int]:
    """Where a bot gets to from ``start`` without driving over another endpoint on the way."""
    open_, seen = [start], {start}
    while open_:
        cell = open_.pop()
        for near in graph.successors(cell):
            if near not in seen:
                seen.add(near)
                if near not in endpoints:
                    open_.append(near)
    return seen
