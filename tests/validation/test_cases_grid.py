"""Validation cases 5, 6 and 8: mean distances, in cells, on the path graph on which bots are routed.

The distances come from shortest paths on the twin's own graph of an open level, never
from a formula; the expected values are the closed forms of validation §2.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import permutations, product

import networkx as nx

from twin.domain.graph import unladen_graph
from twin.domain.layout import AISLE, Level

CORNER = 0


def _open_level(columns: int, rows: int) -> Level:
    return Level(1, 0, (AISLE * columns,) * rows)


def _distances_from(level: Level, cell: int) -> dict[int, int]:
    return dict(nx.single_source_shortest_path_length(unladen_graph(level), cell))


def _all_distances(level: Level) -> dict[int, dict[int, int]]:
    return dict(nx.all_pairs_shortest_path_length(unladen_graph(level)))


def _mean(distances: Iterable[int]) -> Fraction:
    """Exact, so that "exact" is the tolerance."""
    values = list(distances)
    return Fraction(sum(values), len(values))


def test_case_5_mean_distance_from_the_corner_to_a_random_cell() -> None:
    """Source: validation §2: (m + n - 2) / 2 = 14 cells on 10 x 20, exact."""
    distances = _distances_from(_open_level(10, 20), CORNER)
    assert len(distances) == 200
    assert _mean(distances.values()) == 14


def test_case_5_mean_distance_between_two_independent_cells() -> None:
    """Source: validation §2: (m^2 - 1) / 3m + (n^2 - 1) / 3n = 9.95 cells on 10 x 20, exact."""
    distances = _all_distances(_open_level(10, 20))
    assert _mean(distances[a][b] for a, b in product(distances, repeat=2)) == Fraction("9.95")


def test_case_5_mean_distance_between_two_distinct_cells() -> None:
    """Source: validation §2: exactly (m + n) / 3 = 10 cells on 10 x 20."""
    distances = _all_distances(_open_level(10, 20))
    assert _mean(distances[a][b] for a, b in permutations(distances, 2)) == 10


def test_case_6_mean_distance_from_a_handover_place_in_the_middle_of_the_short_side() -> None:
    """Source: validation §2: 15 x 30, I/O at column 8 of row 1 (from 1), itself included: 18.23333."""
    level = _open_level(15, 30)
    distances = _distances_from(level, level.cell(7, 0))
    assert len(distances) == 450
    assert _mean(distances.values()) == Fraction(15**2 - 1, 4 * 15) + Fraction(29, 2)
    assert round(float(_mean(distances.values())), 5) == 18.23333


def test_case_8_a_double_command_saves_a_third_of_two_single_ones() -> None:
    """Source: validation §2 (interleaving): 10 x 20, I/O in the corner, two distinct cells: 38/56, exact."""
    distances = _all_distances(_open_level(10, 20))
    out = distances[CORNER]
    single = 2 * _mean(out.values())
    double = _mean(out[a] + distances[a][b] + distances[b][CORNER] for a, b in permutations(distances, 2))
    assert double == 38
    assert 2 * single == 56
    assert round(float(double / (2 * single)), 6) == 0.678571
