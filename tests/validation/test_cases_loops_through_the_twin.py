"""Validation cases 18 to 21: closed loops of bots at simulated persons, through the twin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.validation import cases, loops, recursion
from benchmarks.validation.loops import AT_ONCE, Network, Rounds, travelling, travelling_with_a_turn
from tests.validation.acceptance import assert_accepted, replicated, seeds
from twin.assembly import HOUR_MS
from twin.domain.layout import CONSTANT, EXPONENTIAL, PersonTimes
from twin.domain.sitecheck import check_site
from twin.domain.work import PLANNING_MS
from twin.experiments.theory import cycles
from twin.experiments.theory.queueing import closed_loop, loop_bound

EIGHT_SECONDS = PersonTimes(3000, 5000, line_distribution=CONSTANT)


def exponential(mean_ms: int) -> PersonTimes:
    return PersonTimes(0, mean_ms, line_distribution=EXPONENTIAL)


def rates(network: Network, hours: int, replications: int, warm_up: int = 1) -> list[float]:
    """Rounds an hour after ``warm_up`` hours."""
    begin, end = warm_up * HOUR_MS, (warm_up + hours) * HOUR_MS
    return replicated(replications, lambda seed: loops.run(network, end, seed).per_hour(begin, end))


@pytest.mark.parametrize("shares", [(1,), (5, 3), (1, 1, 1, 1)])
def test_the_sites_of_these_cases_are_sound(shares: tuple[int, ...]) -> None:
    assert check_site(loops.site_of(Network(5, EIGHT_SECONDS, travelling(40_000), shares))) == []


# -- case 18


def steady(bots: int) -> Rounds:
    return loops.run(Network(bots, EIGHT_SECONDS, travelling(40_000)), 3 * HOUR_MS, 1)


@pytest.mark.parametrize(("bots", "per_hour"), [(3, 225), (6, 450), (10, 450)])
def test_case_18_constant_times_attain_the_bound_exactly(bots: int, per_hour: int) -> None:
    """Source: operational bounds (Denning & Buzen 1978): Z 40 s, S 8 s, exact after an hour."""
    rounds = steady(bots)
    assert 3600 * loop_bound(bots, 40, [8]) == per_hour
    window = 2 * HOUR_MS - 2 * HOUR_MS % 48_000
    assert rounds.per_hour(HOUR_MS, HOUR_MS + window) == per_hour
    late = [t for t in rounds.ended_ms if t > HOUR_MS]
    if bots >= 6:
        assert {b - a for a, b in pairwise(late)} == {8000}
        assert rounds.utilisation(1, HOUR_MS, 2 * HOUR_MS) == 1
    else:
        assert {b - a for a, b in zip(late, late[bots:], strict=False)} == {48_000}
        assert rounds.utilisation(1, HOUR_MS, HOUR_MS + 48_000) == pytest.approx(0.5, abs=1e-12)


def test_case_18_a_lone_bot_shows_that_travel_is_40_seconds() -> None:
    """What the site's times were chosen for: from the person's last word to the next carrier's coming."""
    ended = steady(1).ended_ms
    assert {b - a for a, b in pairwise(ended)} == {48_000}


# -- case 19


def test_case_19_the_twin_is_the_recursion_of_the_loop_to_the_millisecond() -> None:
    """With the times that the twin's person drew, every end of service is the recursion's."""
    bots = 6
    rounds = loops.run(Network(bots, exponential(8000), travelling(40_000)), 3 * HOUR_MS, 19)
    begins = np.array([begin for _, begin, _ in rounds.served])
    ends = np.array([end for _, _, end in rounds.served])
    assert len(ends) > 900
    services = ends - begins
    computed = recursion.loop_ends(services, bots, 40_000, first_come=begins[:1].repeat(bots))
    assert computed.tolist() == ends.tolist()


@pytest.mark.parametrize("bots", [4, 6, 10])
def test_case_19_exponential_persons(bots: int) -> None:
    """Source: mean value analysis (Reiser & Lavenberg 1980): Z 40 s, S 8 s."""
    expected = {4: 270.746, 6: 363.669, 10: 441.727}[bots]
    assert_accepted(expected, rates(Network(bots, exponential(8000), travelling(40_000)), 5, 5), 0.05)


def test_case_19_utilisation_of_ten_bots_person() -> None:
    """Source: as above, U(10) = 0.98162."""
    network = Network(10, exponential(8000), travelling(40_000))
    runs = [loops.run(network, 4 * HOUR_MS, seed) for seed in seeds(5)]
    assert_accepted(0.98162, [run.utilisation(1, HOUR_MS, 4 * HOUR_MS) for run in runs], 0.02)


# -- cases 20 and 21


@pytest.mark.parametrize(("bots", "expected"), [(8, 342.030), (12, 357.666)])
def test_case_20_two_stations(bots: int, expected: float) -> None:
    """Source: mean value analysis: Z 30 s, demands 10 and 6 s: 16 s, 5 and 3 rounds of 8."""
    network = Network(bots, exponential(16_000), travelling_with_a_turn(30_000), (5, 3))
    assert network.demands_ms == (10_000, 6000)
    assert_accepted(expected, rates(network, 6, 5), 0.05)


def test_case_21_four_balanced_stations() -> None:
    """Source: mean value analysis: no travel, demands of 10 s at each of four stations, 8 bots.

    A twin needs half a second to plan. So the unit of time is a thousand times the case's:
    demands of 10,000 s, beside which it changes the answer by half a part in 100,000.
    """
    network = Network(8, exponential(40_000_000), AT_ONCE, (1, 1, 1, 1))
    theory = closed_loop(8, 0, [10] * 4).throughput * 3600
    assert theory == pytest.approx(261.818, abs=1e-3)
    with_planning = closed_loop(8, PLANNING_MS, network.demands_ms).throughput * HOUR_MS * 1000
    assert with_planning == pytest.approx(theory, rel=1e-5)
    assert_accepted(theory / 1000, rates(network, 5000, 6, warm_up=500), 0.1)


def test_case_21_with_the_cases_own_times_and_the_twins_planning_as_travel() -> None:
    """Source: as above; half a second of planning and the moves are what a lone bot's round takes besides."""
    network = Network(8, exponential(40_000), AT_ONCE, (1, 1, 1, 1))
    delay_ms = loops.delay_ms(network.motion, network.shares)
    assert PLANNING_MS <= delay_ms < 1500
    expected = closed_loop(8, delay_ms, network.demands_ms).throughput * HOUR_MS
    assert 240 < expected < 261.8
    assert_accepted(expected, rates(network, 5, 6), 0.1)


# -- case 31


def test_case_31_five_bots_hold_the_vendors_takt_and_four_do_not() -> None:
    """Source: S1 (Handelsblatt 2022) and Little 1961: 34.79 s a round, 7.5 s an item, 480 items an hour."""
    assert cycles.bots_needed(cases.CYCLE_MS / 1000, cases.TAKT_MS / 1000) == pytest.approx(4.64, abs=0.005)
    four, five, six, basket_s = (row.seen for row in cases.basket())
    assert four == pytest.approx(4 * 3600 / 34.79, rel=1e-9)
    assert (five, six, basket_s) == (480, 480, 45)
