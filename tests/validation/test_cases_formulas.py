"""Formulas of ``twin.experiments.theory`` on published figures: cases 9, 10, 13, 14, 16 to 22, 31."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.validation.acceptance import assert_accepted, replicated
from twin.domain.motion import travel_time_s
from twin.experiments.theory import cycles, queueing, storing

# -- 9 and 10: machines that drive and lift at once


@pytest.mark.parametrize(("shape", "single", "dual"), [(1, 1.33333, 1.8), (0.5, 1.08333, 1.45417)])
def test_case_9_cycles_of_a_storage_and_retrieval_machine(shape: float, single: float, dual: float) -> None:
    """Source: Bozer & White 1984: the formula to five digits; random positions, sharp to 0.5 %."""
    assert cycles.bozer_white_single(shape) == pytest.approx(single, abs=1e-5)
    assert cycles.bozer_white_dual(shape) == pytest.approx(dual, abs=1e-5)
    points = np.random.default_rng(1).random((100_000, 2, 2)) * (1, shape)
    ways = points.max(axis=2)
    between = np.abs(points[:, 0] - points[:, 1]).max(axis=1)
    for expected, sample in ((single, 2 * ways[:, 0]), (dual, ways.sum(axis=1) + between)):
        assert_accepted(expected, sample.tolist(), 0.005)


@pytest.mark.parametrize(("shape", "single", "dual"), [(1, 1.33333, 1.8), (0.8, 1.2, 1.66667)])
def test_case_10_cycles_by_reference_points(shape: float, single: float, dual: float) -> None:
    """Source: FEM 9.851, exact."""
    assert cycles.fem_points(shape) == pytest.approx((single, dual), abs=1e-5)


def test_case_10_reference_points_are_the_mean_at_shape_1_and_not_elsewhere() -> None:
    at_1 = cycles.bozer_white_single(1), cycles.bozer_white_dual(1)
    assert cycles.fem_points(1) == pytest.approx(at_1, abs=1e-12)
    assert cycles.fem_points(0.5)[0] != pytest.approx(cycles.bozer_white_single(0.5), rel=0.01)


@pytest.mark.parametrize("shape", [-0.1, 1.1])
def test_a_shape_is_the_shorter_side_by_the_longer(shape: float) -> None:
    for formula in (cycles.bozer_white_single, cycles.bozer_white_between, cycles.fem_points):
        with pytest.raises(ValueError, match="shape"):
            formula(shape)


# -- 13 and 14: lanes and puzzles

POPULARITIES = [
    ([1 / rank for rank in range(1, 6)], 1.610358),
    ([0.8] + [0.05] * 4, 0.676471),
    ([1.0] * 5, 2.0),
]


@pytest.mark.parametrize(("popularity", "expected"), POPULARITIES)
def test_case_13_digging_where_carriers_return_to_the_front(popularity: list[float], expected: float) -> None:
    """Source: McCabe 1965, within 1e-6; and a lane that is worked so, 30 replications.

    Not through the twin, whose relocated carriers stay where they were put.
    """
    assert storing.move_to_front_blockers(popularity) == pytest.approx(expected, abs=1e-6)
    shares = np.array(popularity) / sum(popularity)

    def mean_dug(seed: int) -> float:
        lane, dug = list(range(5)), []
        for wanted in np.random.default_rng(seed).choice(5, size=3100, p=shares).tolist():
            dug.append(lane.index(wanted))
            lane.insert(0, lane.pop(dug[-1]))
        return sum(dug[100:]) / 3000

    assert_accepted(expected, replicated(30, mean_dug), 0.02)


def test_the_best_fixed_order_digs_less_than_returning_to_the_front_unless_all_are_alike() -> None:
    """Source: validation §3; the best order is found among all of them."""
    popularity = [1 / rank for rank in range(1, 6)]
    orders = itertools.permutations(popularity)
    best = min(sum(i * p for i, p in enumerate(order)) for order in orders) / sum(popularity)
    assert storing.best_fixed_blockers(popularity) == pytest.approx(best, abs=1e-12)
    assert best < storing.move_to_front_blockers(popularity)
    assert storing.best_fixed_blockers([1] * 5) == storing.move_to_front_blockers([1] * 5) == 2


@pytest.mark.parametrize(
    ("size", "total", "mean", "most"), [(4, 163, 10.866667, 21), (10, None, 38.212121, 69)]
)
def test_case_14_moves_with_one_free_position(size: int, total: int | None, mean: float, most: int) -> None:
    """Source: Gue & Kim 2007, exact, by search and by formula for every item."""
    moves = {item: n for (item, escort), n in storing.escort_moves(size).items() if escort == (0, 0)}
    assert len(moves) == size**2 - 1
    assert {item: storing.escort_moves_from_corner(item) for item in moves} == moves
    assert total in (None, sum(moves.values()))
    assert max(moves.values()) == most
    assert sum(moves.values()) / len(moves) == pytest.approx(mean, abs=1e-6)
    assert storing.mean_escort_moves(size) == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    ("size", "mean"), [(2, 2.778), (3, 6.938), (4, 11.071), (5, 15.25), (6, 19.465), (10, 36.524)]
)
def test_case_14_moves_with_the_free_position_anywhere(size: int, mean: float) -> None:
    """Source: validation §3 (breadth-first search), three digits."""
    moves = storing.escort_moves(size).values()
    assert sum(moves) / len(moves) == pytest.approx(mean, abs=6e-4)


@pytest.mark.parametrize(("depth", "fill", "blockers"), [(4, 1, 1.5), (5, 0.8, 1.6), (8, 0.9, 3.15)])
def test_cases_11_12_and_15_as_formulas(depth: int, fill: float, blockers: float) -> None:
    assert storing.mean_blockers(depth, fill) == pytest.approx(blockers, abs=1e-12)
    assert storing.share_without_digging(5, 0.8) == pytest.approx(0.24992, abs=1e-5)
    assert storing.density_bound(depth) == 2 * depth / (2 * depth + 1)


# -- 16 to 22: lines


def test_case_16_three_persons_at_one_line() -> None:
    """Source: Erlang 1917: C, Wq, Lq and the 95th percentile of the wait at load 0.8 each."""
    wait = queueing.mmc_wait(3, 2.4, 1)
    assert queueing.erlang_c(3, 2.4) == pytest.approx(0.647191, abs=1e-6)
    assert wait == pytest.approx(1.078652, abs=1e-6)
    assert 2.4 * wait == pytest.approx(2.588764, abs=1e-6)
    assert queueing.mmc_wait_quantile(3, 2.4, 1, 0.95) == pytest.approx(4.2677, abs=1e-4)
    assert queueing.mmc_wait_quantile(3, 2.4, 1, 0.3) == 0


def test_case_17_constant_and_even_service() -> None:
    """Source: Pollaczek 1930, Khinchin 1932, Crommelin 1932, within 1e-6."""
    assert queueing.mg1_wait(0.8, 1, 0) == pytest.approx(2, abs=1e-6)
    assert queueing.mg1_wait(0.8, 1, 1 / 12**0.5) == pytest.approx(2.166667, abs=1e-6)
    assert queueing.mdc_wait(3, 2.4, 1) == pytest.approx(0.553900, abs=1e-6)
    assert queueing.mdc_wait(1, 0.8, 1) == pytest.approx(2, abs=1e-6)


@pytest.mark.parametrize("load", [0.05, 0.5, 0.95])
def test_crommelin_with_one_server_is_pollaczek_and_half_of_erlang(load: float) -> None:
    assert queueing.mdc_wait(1, load, 7) == pytest.approx(queueing.mg1_wait(load / 7, 7, 0), rel=1e-8)
    assert queueing.mdc_wait(1, load, 7) == pytest.approx(queueing.mmc_wait(1, load, 7) / 2, rel=1e-8)


def test_a_line_that_would_grow_for_ever_has_no_mean() -> None:
    for hopeless in (
        lambda: queueing.erlang_c(3, 3),
        lambda: queueing.mdc_wait(2, 2.5, 1),
        lambda: queueing.mg1_wait(1, 1, 0),
        lambda: queueing.mmc_wait_quantile(3, 2.4, 1, 1),
    ):
        with pytest.raises(ValueError, match=r"load|share"):
            hopeless()


LOOPS = [
    (4, 40, [8], 270.746),
    (6, 40, [8], 363.669),
    (10, 40, [8], 441.727),
    (8, 30, [10, 6], 342.030),
    (12, 30, [10, 6], 357.666),
    (8, 0, [10] * 4, 261.818),
]


@pytest.mark.parametrize(("bots", "travel", "demands", "per_hour"), LOOPS)
def test_cases_19_to_21_closed_loops(bots: int, travel: float, demands: list[float], per_hour: float) -> None:
    """Source: Reiser & Lavenberg 1980, to three digits; and the bounds of Denning & Buzen 1978 hold."""
    loop = queueing.closed_loop(bots, travel, demands)
    assert 3600 * loop.throughput == pytest.approx(per_hour, abs=6e-4)
    floor, bound = (f(bots, travel, demands) for f in (queueing.loop_floor, queueing.loop_bound))
    assert floor < loop.throughput < bound
    assert sum(loop.present) + loop.throughput * travel == pytest.approx(bots, abs=1e-9)


def test_case_19_the_person_of_ten_bots_is_busy_98_percent() -> None:
    assert queueing.closed_loop(10, 40, [8]).utilisation[0] == pytest.approx(0.98162, abs=1e-5)


def test_a_loop_with_one_station_is_machine_repair_with_one_repairer() -> None:
    """Two ways to the same figure: mean value analysis and birth and death."""
    for bots in (1, 5, 12):
        working, busy = queueing.machine_repair(bots, 40, 8, 1)
        loop = queueing.closed_loop(bots, 40, [8])
        assert loop.utilisation[0] == pytest.approx(busy, rel=1e-12)
        assert loop.throughput * 40 == pytest.approx(working, rel=1e-12)


@pytest.mark.parametrize(("chargers", "working", "busy"), [(2, 6.8341, 0.85427), (3, 7.7407, 0.64506)])
def test_case_22_bots_that_share_chargers(chargers: int, working: float, busy: float) -> None:
    """Source: M/M/c//N (Palm 1947): ten bots, four hours of work, one of charging."""
    assert queueing.machine_repair(10, 4, 1, chargers) == pytest.approx((working, busy), abs=6e-5)


# -- 31


def test_case_31_the_vendor_basket_is_plausible() -> None:
    """Source: S1: six articles in 45 s are 480 an hour, and need five bots before digging and traffic."""
    takt = 45 / 6
    assert 3600 / takt == 480
    cells = [(x, y) for x in range(15) for y in range(30) if (x, y) != (7, 0)]
    legs = [[0.6 * gap for gap in (abs(x - 7), y) if gap] for x, y in cells]
    ways = [sum(travel_time_s(run, 1.5, 1, 1) for run in leg) + 2 * (len(leg) - 1) for leg in legs]
    cycle = 2 * sum(ways) / len(ways) + 2 * 3 + 5
    assert cycle == pytest.approx(34.79, abs=0.005)
    assert cycles.bots_needed(cycle, takt) == pytest.approx(4.64, abs=0.005)
