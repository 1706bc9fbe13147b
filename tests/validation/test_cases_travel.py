"""Validation cases 1 to 4 and 7: travel times against figures worked out independently of the code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from tests.validation.acceptance import assert_accepted
from twin.domain.layout import Drive, Motion
from twin.domain.motion import run_profiles, travel_time_s

PITCH_M = 0.6
COLUMNS, ROWS = 15, 30
IO_CELL = (7, 0)
"""Case 7 counts cells from 1: its I/O is column 8 of row 1."""


@pytest.mark.parametrize(("distance", "expected"), [(1, 2.828427), (4.5, 6), (10, 9.666667)])
def test_case_1_travel_below_at_and_above_the_critical_distance(distance: float, expected: float) -> None:
    """Source: validation §1 (v 1.5 m/s, a 0.5 m/s2: critical distance 4.5 m), within 1e-6."""
    assert travel_time_s(distance, 1.5, 0.5, 0.5) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("distance", "expected"), [(10, 7.071068), (20, 10.326613)])
def test_case_2_travel_of_a_published_grid_robot(distance: float, expected: float) -> None:
    """Source: validation §1 with the data of S4 (v 3.1 m/s, a 0.8 m/s2), within 1e-6."""
    assert travel_time_s(distance, 3.1, 0.8, 0.8) == pytest.approx(expected, abs=1e-6)


def test_case_3_acceleration_and_deceleration_may_differ() -> None:
    """Source: validation §1: 12 m at v 2, a 1, b 2 take 12/2 + 2 * (1 + 1/2) / 2 = 7.5 s, within 1e-9."""
    assert travel_time_s(12, 2, 1, 2) == pytest.approx(7.5, abs=1e-9)


def test_case_3_holds_as_a_numeric_integral_and_in_the_mean_of_random_instants() -> None:
    """Case 3 by dt = dx / v(x): by quadrature within 1e-6, by Monte Carlo within its 95 % interval."""

    def slowness(x: float) -> float:
        """1 / v(x) from v**2 = 2ax, v**2 = 2b(d - x) and v <= 2, with a = 1, b = 2, d = 12."""
        return float(1 / min(2.0, (2 * x) ** 0.5, (4 * (12 - x)) ** 0.5))

    integral, _ = quad(slowness, 0, 12, points=[2, 11])
    assert integral == pytest.approx(travel_time_s(12, 2, 1, 2), abs=1e-6)
    # u -> x = 12 (3u**2 - 2u**3) thins out the poles at rest, so that the variance is finite.
    u = np.random.default_rng(1).random(200_000)
    samples = [12 * 6 * v * (1 - v) * slowness(12 * v * v * (3 - 2 * v)) for v in u.tolist()]
    assert_accepted(7.5, samples, 0.002)


def _uniform(random: np.random.Generator, n: int) -> list[float]:
    return [30 * u for u in random.random(n).tolist()]


def _between(random: np.random.Generator, n: int) -> list[float]:
    return [30 * abs(u - v) for u, v in random.random((n, 2)).tolist()]


@pytest.mark.parametrize(
    ("density", "draw", "expected"),
    [(lambda d: 1 / 30, _uniform, 9.455556), (lambda d: 2 * (30 - d) / 30**2, _between, 6.913481)],
    ids=["one way to a random place", "between two random places"],
)
def test_case_4_mean_travel_over_a_random_distance(
    density: Callable[[float], float],
    draw: Callable[[np.random.Generator, int], list[float]],
    expected: float,
) -> None:
    """Source: validation §1 (v 2, a 1, L 30): by quadrature within 1e-6, by Monte Carlo."""
    mean, _ = quad(lambda d: travel_time_s(d, 2, 1, 1) * density(d), 0, 30, points=[4])
    assert mean == pytest.approx(expected, abs=1e-6)
    times = [travel_time_s(d, 2, 1, 1) for d in draw(np.random.default_rng(1), 200_000)]
    assert_accepted(expected, times, 0.003)


def _one_way_s(column: int, row: int) -> float:
    """Straight along both axes with one change of direction between, if both are driven."""
    legs = [PITCH_M * abs(column - IO_CELL[0]), PITCH_M * abs(row - IO_CELL[1])]
    return sum(travel_time_s(leg, 1.5, 1, 1) for leg in legs) + (2 if all(legs) else 0)


def test_case_7_mean_and_longest_way_from_the_handover_place_to_every_other_cell() -> None:
    """Source: validation §1 and §2: 449 cells, v 1.5, a 1, turn 2 s, lift 3 s, within 1e-6.

    The formula level of the case: what an unhindered bot of the simulator must reproduce.
    """
    cells = [(x, y) for x in range(COLUMNS) for y in range(ROWS) if (x, y) != IO_CELL]
    times = [_one_way_s(*cell) for cell in cells]
    assert len(times) == 449
    assert sum(times) / 449 == pytest.approx(11.894771, abs=1e-6)
    assert max(times) == pytest.approx(19.4, abs=1e-6)
    round_trip = 2 * sum(times) / 449 + 2 * 3
    assert round_trip == pytest.approx(29.789543, abs=1e-6)


def test_case_7_the_runs_that_bots_drive_differ_from_it_by_rounding_to_a_millisecond_only() -> None:
    """The integer run times, added up as a bot drives them, keep the mean of case 7 within 1 ms."""
    runs = run_profiles(Drive(1500, 1000, 1000), 600, ROWS)
    assert Motion().unladen == Drive(1500, 1000, 1000)

    def one_way_ms(x: int, y: int) -> int:
        legs = abs(x - IO_CELL[0]), abs(y - IO_CELL[1])
        return sum(runs[n].duration_ms for n in legs) + (Motion().turn_ms if all(legs) else 0)

    cells = [(x, y) for x in range(COLUMNS) for y in range(ROWS) if (x, y) != IO_CELL]
    assert sum(one_way_ms(*cell) for cell in cells) / 449 == pytest.approx(11894.771, abs=1)
