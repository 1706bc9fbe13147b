"""Ways: every run is legal, none leads through somebody's endpoint, and one is found wherever there is one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.graph import laden_graph, unladen_graph
from twin.domain.lanes import lanes_of
from twin.domain.layout import AISLE, BALCONY, ENDPOINTS, PARKING, STORAGE, WALL, Level, Motion
from twin.experiments.sitegen import random_site
from twin.policies.routing import Route, Routes


def routes_on(level: Level) -> Routes:
    return Routes(level, lanes_of(level), Motion(), 600)


@cache
def generated(seed: int) -> tuple[Level, Routes]:
    """A well-formed level, as sites have them."""
    (level,) = random_site(random.Random(seed), 1 + seed % 12, 50).levels
    return level, routes_on(level)


@cache
def scribbled(seed: int) -> tuple[Level, Routes]:
    """Any characters anywhere: dead ends, one-way streets, endpoints in the middle, parts cut off."""
    rng = random.Random(seed)
    width, height = rng.randint(3, 12), rng.randint(3, 9)
    weights = [rng.random() for _ in ".s#pb><^v"]
    rows = tuple("".join(rng.choices(".s#pb><^v", weights, k=width)) for _ in range(height))
    level = Level(1, 0, rows)
    return level, routes_on(level)


LEVELS = st.one_of(st.integers(0, 60).map(generated), st.integers(0, 300).map(scribbled))


def cells_of(route: Route, width: int) -> Iterator[int]:
    """Every cell of a route in turn."""
    yield route[0]
    for a, b in pairwise(route):
        step = (1 if b > a else -1) * (1 if a // width == b // width else width)
        yield from range(a + step, b + step, step)


def drivable(level: Level, start: int, goal: int, laden: bool) -> nx.DiGraph[int]:
    """The path graph without the endpoints at which a way neither starts nor ends."""
    graph = laden_graph(level) if laden else unladen_graph(level)
    foreign = [c for c in graph if level.kinds[c] in ENDPOINTS and c not in (start, goal)]
    graph.remove_nodes_from(foreign)
    return graph


def check(level: Level, routes: Routes, start: int, goal: int, laden: bool) -> None:
    graph = drivable(level, start, goal, laden)
    found = routes.direct(start, goal, laden)
    for route in (*found, *routes.detours(start, goal, laden)):
        assert (route[0], route[-1]) == (start, goal)
        cells = list(cells_of(route, level.width))
        assert all(graph.has_edge(a, b) for a, b in pairwise(cells)), (
            "each step is legal and foreign to nobody"
        )
        assert all(level.kinds[c] not in ENDPOINTS for c in cells[1:-1])
        headings = [b - a for a, b in pairwise(cells)]
        turns = 1 + sum(one != other for one, other in pairwise(headings))
        assert len(route) == turns + 1, "a stop at every turn, and nowhere else"
    assert bool(found) == nx.has_path(graph, start, goal)


@settings(max_examples=2 * settings.default.max_examples)
@given(drawn=LEVELS, data=st.data())
def test_ways_of_unladen_bots_are_legal_and_found_wherever_there_are_any(
    drawn: tuple[Level, Routes], data: st.DataObject
) -> None:
    """Against networkx, between any two positions of the floor, under carriers too."""
    level, routes = drawn
    floor = [c for c, kind in enumerate(level.kinds) if kind != WALL]
    if len(floor) > 1:
        start, goal = data.draw(st.lists(st.sampled_from(floor), min_size=2, max_size=2, unique=True))
        check(level, routes, start, goal, laden=False)


@settings(max_examples=2 * settings.default.max_examples)
@given(drawn=LEVELS, data=st.data())
def test_ways_of_laden_bots_are_legal_and_found_wherever_there_are_any(
    drawn: tuple[Level, Routes], data: st.DataObject
) -> None:
    """Against networkx, between storage positions and handover places: the ways that carriers go."""
    level, routes = drawn
    stored = {slot for lane in lanes_of(level) for slot in lane.slots}
    ends = sorted(stored | set(level.cells_of(BALCONY)))
    if len(ends) > 1:
        start, goal = data.draw(st.lists(st.sampled_from(ends), min_size=2, max_size=2, unique=True))
        check(level, routes, start, goal, laden=True)


def test_a_laden_bot_drives_out_of_its_lane_along_the_aisle_and_into_the_other_lane() -> None:
    """It never passes through a lane that is not its own, though an unladen bot would."""
    level = Level(1, 0, ("p..b", "....", "ssss", "ssss"))
    routes, cell = routes_on(level), level.cell
    start, goal = cell(0, 3), cell(3, 3)
    assert routes.direct(start, goal, False)[0] == (start, goal)
    assert routes.direct(start, goal, True)[0] == (start, cell(0, 1), cell(3, 1), goal)


def test_the_way_with_fewer_turns_goes_before_the_shorter_one() -> None:
    """A turn costs more than a few cells."""
    level = Level(1, 0, ("......", ".####.", "......"))
    routes, cell = routes_on(level), level.cell
    assert routes.direct(cell(0, 0), cell(5, 2), False) == [
        (cell(0, 0), cell(5, 0), cell(5, 2)),
        (cell(0, 0), cell(0, 2), cell(5, 2)),
    ]


def test_nobody_drives_through_an_endpoint_even_where_it_is_the_only_way() -> None:
    """Somebody may stand there without end."""
    level = Level(1, 0, (AISLE + PARKING + AISLE, STORAGE * 3))
    routes, cell = routes_on(level), level.cell
    assert routes.direct(cell(0, 0), cell(2, 0), True) == []
    assert routes.direct(cell(0, 0), cell(1, 0), False) == [(cell(0, 0), cell(1, 0))]
    around = routes.direct(cell(0, 0), cell(2, 0), False)
    assert around == [(cell(0, 0), cell(0, 1), cell(2, 1), cell(2, 0))]


@pytest.mark.parametrize(("arrow", "open_way"), [(">", True), ("<", False)])
def test_a_one_way_aisle_is_driven_in_its_direction_only(arrow: str, open_way: bool) -> None:
    level = Level(1, 0, ("." + arrow * 2 + ".",))
    assert bool(routes_on(level).direct(0, 3, False)) is open_way
    assert bool(routes_on(level).direct(3, 0, False)) is not open_way


def test_a_way_with_many_turns_is_found_by_search() -> None:
    """Where three runs do not do."""
    level = Level(1, 0, ("......", "#####.", "......", ".#####", "......"))
    routes, cell = routes_on(level), level.cell
    ways = [(0, 0), (5, 0), (5, 2), (0, 2), (0, 4), (5, 4)]
    assert routes.direct(cell(0, 0), cell(5, 4), False) == [tuple(cell(*way) for way in ways)]
