"""Formulas within their bounds: what they refuse, and that they answer soon and rightly up to there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from twin.experiments.theory import cycles, queueing, storing

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("formula", "arguments", "says"),
    [
        (queueing.erlang_c, (2, -1), "a load of -1 does not suit 2 servers"),
        (queueing.erlang_c, (2, NAN), "a load of nan does not suit 2 servers"),
        (queueing.erlang_c, (2, "1"), "a load of 1 does not suit 2 servers"),
        (queueing.erlang_c, (2.5, 1), "servers is 2.5; give a whole number from 1 to 1000000"),
        (queueing.erlang_c, (0, 0), "servers is 0"),
        (queueing.erlang_c, (True, 0.5), "servers is True"),
        (queueing.erlang_c, (10**9, 1), "servers is 1000000000; give a whole number from 1 to"),
        (queueing.mmc_wait, (2, 1, -1), "service is -1; give a finite number of at least 0"),
        (queueing.mmc_wait, (2, 1, INF), "service is inf"),
        (queueing.mmc_wait_quantile, (2, 1, NAN, 0.5), "service is nan"),
        (queueing.mmc_wait_quantile, (2, 1, 1, NAN), "share must be"),
        (queueing.mg1_wait, (-0.5, 1, 0), "rate is -0.5"),
        (queueing.mg1_wait, (0.5, -1, 0), "service is -1"),
        (queueing.mg1_wait, (-0.5, -1, 0), "rate is -0.5"),
        (queueing.mg1_wait, (0.5, 1, -0.1), "service_cv is -0.1"),
        (queueing.mg1_wait, (NAN, 1, 0), "rate is nan"),
        (queueing.mg1_wait, ("a", 1, 0), "rate is 'a'; give a finite number"),
        (queueing.mdc_wait, (10_001, 1, 1), "servers is 10001; give a whole number from 1 to 10000"),
        (queueing.mdc_wait, (3, 3, 1), "a load of 3 does not suit 3 servers"),
        (queueing.mdc_wait, (3, NAN, 1), "a load of nan"),
        (queueing.mdc_wait, (3, 1, -1), "service is -1"),
        (queueing.closed_loop, (-1, 1, [1]), "customers is -1"),
        (queueing.closed_loop, (2.5, 1, [1]), "customers is 2.5"),
        (queueing.closed_loop, (2, NAN, [1]), "think is nan"),
        (queueing.closed_loop, (2, 1, [1, -1]), r"demands\[1\] is -1"),
        (queueing.closed_loop, (2, 0, [0]), "a round takes no time"),
        (queueing.closed_loop, (10**9, 1, [1]), "customers is 1000000000"),
        (queueing.loop_bound, (2, -1, [1]), "think is -1"),
        (queueing.loop_bound, (2, 0, []), "a round takes no time"),
        (queueing.loop_floor, (2, 0, [NAN]), r"demands\[0\] is nan"),
        (queueing.machine_repair, (2, 0, 1, 1), "work is 0; give a finite number above 0"),
        (queueing.machine_repair, (2, 1, -1, 1), "repair is -1"),
        (queueing.machine_repair, (2, 1, 1, 0), "repairers is 0"),
        (queueing.machine_repair, (-2, 1, 1, 1), "machines is -2"),
        (cycles.bozer_white_single, (NAN,), "the shape factor"),
        (cycles.bozer_white_single, (1, -1), "longest is -1"),
        (cycles.bots_needed, (10, 0), "takt is 0; give a finite number above 0"),
        (cycles.bots_needed, (-10, 1), "cycle is -10"),
        (storing.mean_blockers, (0, 0.5), "depth is 0"),
        (storing.mean_blockers, (3, 1.5), "fill is 1.5; give a share from 0 to 1"),
        (storing.share_without_digging, (3, 0), "fill is 0"),
        (storing.density_bound, (-1,), "depth is -1"),
        (storing.move_to_front_blockers, ([1, -1],), r"popularity\[1\] is -1"),
        (storing.move_to_front_blockers, ([0, 0],), "one of them at least must be above 0"),
        (storing.best_fixed_blockers, ([],), "one of them at least must be above 0"),
        (storing.escort_moves, (200,), "size is 200; give a whole number from 1 to 30"),
        (storing.escort_moves_from_corner, ((-1, 2),), r"item\[0\] is -1"),
        (storing.mean_escort_moves, (1,), "size is 1; give a whole number from 2 to"),
    ],
)
def test_what_a_formula_is_not_made_for_is_refused_at_once(
    formula: Callable[..., Any], arguments: tuple[Any, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        formula(*arguments)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: queueing.mg1_wait(0, 1, 1), 0),
        (lambda: queueing.mmc_wait(3, 0, 1), 0),
        (lambda: queueing.mdc_wait(3, 0, 1), 0),
        (lambda: queueing.mdc_wait(3, 2, 0), 0),
        (lambda: queueing.closed_loop(0, 1, [1]).throughput, 0),
        (lambda: queueing.loop_bound(4, 2, []), 2),
        (lambda: queueing.loop_bound(4, 2, [0]), 2),
        (lambda: queueing.loop_floor(0, 0, [1]), 0),
        (lambda: queueing.machine_repair(7, 1, 0, 2)[0], 7),
        (lambda: storing.move_to_front_blockers([1, 0, 0]), 0),
        (lambda: storing.move_to_front_blockers(np.array([1, 1])), 0.5),
        (lambda: queueing.erlang_c(np.int64(1), np.float64(0.5)), 0.5),
    ],
)
def test_the_edges_of_what_can_be_have_their_values(found: Callable[[], float], expected: float) -> None:
    assert found() == pytest.approx(expected, abs=1e-12)


# -- M/D/c at any load


def crommelin_1932(servers: int, load: float, size: int) -> float:
    """The mean wait by the chain itself: looked at one service time apart, by its stationary distribution."""
    arrivals = poisson.pmf(np.arange(size), load)
    step = np.zeros((size, size))
    for there in range(size):
        left = max(0, there - servers)
        step[there, left:] = arrivals[: size - left]
    step[:, -1] += 1 - step.sum(axis=1)
    system = np.vstack([step.T - np.eye(size), np.ones(size)])
    shares = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    return float((shares @ np.arange(size) - load) / load)


@pytest.mark.parametrize(
    ("servers", "load", "size"), [(2, 0.5, 60), (3, 2.4, 300), (5, 4.5, 500), (20, 15, 250), (50, 45, 600)]
)
def test_constant_service_is_as_the_chain_of_crommelin_says(servers: int, load: float, size: int) -> None:
    found = queueing.mdc_wait(servers, load, 1)
    assert found == pytest.approx(crommelin_1932(servers, load, size), rel=1e-7)


@given(st.floats(1e-9, 1, exclude_max=True), st.floats(0.1, 100))
def test_one_constant_server_is_pollaczek_at_any_load(load: float, service: float) -> None:
    expected = load * service / (2 * (1 - load))
    assert queueing.mdc_wait(1, load, service) == pytest.approx(expected, rel=1e-10)


@given(st.integers(1, queueing.MOST_CONSTANT), st.floats(2, 4))
def test_the_two_ways_to_the_wait_agree_where_they_meet(servers: int, decay: float) -> None:
    """Spitzer's sum and Bailey's zeros have nothing in common but the answer."""
    low, high = 1e-9, 1.0
    for _ in range(80):  # the load with that decay
        share = (low + high) / 2
        low, high = (share, high) if servers * (share - 1 - math.log(share)) > decay else (low, share)
    load = servers * high
    exact = servers * (high - 1 - math.log(high))
    one = queueing._excess_of_spitzer(servers, load, exact)
    two = queueing._present_of_bailey(servers, load) - load
    assert one == pytest.approx(two, rel=1e-8)


@given(st.integers(1, queueing.MOST_CONSTANT), st.floats(0, 12))
def test_any_load_is_answered_soon_between_half_of_erlang_and_all_of_it(servers: int, nines: float) -> None:
    """Towards the full load it comes to half: Kingman 1962."""
    load = servers * (1 - 10**-nines)
    began = time.process_time()
    found = queueing.mdc_wait(servers, load, 1)
    assert time.process_time() - began < 2
    whole = queueing.mmc_wait(servers, load, 1)
    assert whole / 2 * (1 - 1e-7) <= found <= whole * (1 + 1e-9)
    if servers * 10**-nines < 1e-4:
        assert found == pytest.approx(whole / 2, rel=1e-3)


# -- machines and loops that are large


def by_fractions(machines: int, work: int, repair: int, repairers: int) -> float:
    """Machines at work, by birth and death without rounding."""
    weights = [Fraction(1)]
    for broken in range(1, machines + 1):
        rate = Fraction((machines - broken + 1) * repair, work * min(broken, repairers))
        weights.append(weights[-1] * rate)
    return float(sum((machines - k) * w for k, w in enumerate(weights)) / sum(weights))


@given(st.integers(0, 60), st.integers(1, 50), st.integers(1, 50), st.integers(1, 20))
def test_machines_at_work_are_those_of_exact_fractions(
    machines: int, work: int, repair: int, repairers: int
) -> None:
    working, busy = queueing.machine_repair(machines, work, repair, repairers)
    assert working == pytest.approx(by_fractions(machines, work, repair, repairers), rel=1e-10)
    assert busy * repairers * work == pytest.approx(
        working * repair, rel=1e-9
    )  # as many break as are repaired


def test_many_machines_do_not_overflow() -> None:
    """As products the weights of 2,000 machines are beyond any number."""
    working, busy = queueing.machine_repair(2000, 1, 100, 3)
    assert (working, busy) == pytest.approx((0.03, 1))
