"""Confidence intervals and the end of the warm-up: properties that hold for any sample."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twin.experiments.statistics import (
    BATCH,
    Growth,
    Interval,
    Truncation,
    growth,
    is_precise,
    mser5,
    paired,
    pooled_growth,
    replications_for,
    t_interval,
    unpaired,
)

FIGURES = st.floats(-1e6, 1e6)
SAMPLES = st.lists(FIGURES, min_size=2, max_size=40)


@given(SAMPLES)
def test_an_interval_lies_around_its_mean(samples: list[float]) -> None:
    interval = t_interval(samples)
    assert interval.n == len(samples)
    assert interval.mean == pytest.approx(np.mean(samples), rel=1e-9, abs=1e-6)
    assert interval.mean in interval
    assert interval.mean - interval.low == pytest.approx(interval.half_width, rel=1e-6, abs=1e-6)


@given(SAMPLES)
def test_more_confidence_is_never_a_narrower_interval(samples: list[float]) -> None:
    assert t_interval(samples, 0.99).half_width >= t_interval(samples, 0.95).half_width


def test_two_samples_and_an_even_chance_give_half_their_distance() -> None:
    # With one degree of freedom (Cauchy) the upper quartile is exactly 1.
    interval = t_interval([1.0, 3.0], 0.5)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((2.0, 1.0, 3.0), abs=1e-12)


def test_equal_samples_have_no_spread() -> None:
    assert t_interval([2.5] * 4) == Interval(2.5, 2.5, 2.5, 4)


def test_95_of_100_intervals_contain_the_truth() -> None:
    random = np.random.default_rng(26)
    hits = sum(7.5 in t_interval(random.normal(7.5, 2.0, 10).tolist()) for _ in range(4000))
    assert abs(hits / 4000 - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 4000)


@pytest.mark.parametrize("samples", [[], [1.0]])
def test_fewer_than_two_samples_have_no_interval(samples: list[float]) -> None:
    with pytest.raises(ValueError, match="at least 2 samples"):
        t_interval(samples)


@pytest.mark.parametrize("confidence", [0, 1, -0.1, 95, math.nan])
def test_a_confidence_outside_zero_and_one_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        t_interval([1.0, 2.0], confidence)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_figure_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        t_interval([1.0, bad, 2.0])
    with pytest.raises(ValueError, match="finite"):
        mser5([1.0] * 30 + [bad])


def _mser5_by_the_book(series: list[float]) -> Truncation:
    """The definition, term by term."""
    z = [sum(series[i : i + 5]) / 5 for i in range(0, len(series) - 4, 5)]
    if not z:
        return Truncation(0, too_short=True)
    figures = [float(np.var(z[d:])) / (len(z) - d) for d in range(len(z) // 2 + 1)]
    best = figures.index(min(figures))
    return Truncation(5 * best, too_short=best == len(z) // 2)


@given(st.lists(st.integers(0, 1000).map(float), max_size=120), st.integers(0, 2**32 - 1))
def test_the_one_pass_recursion_is_the_definition(head: list[float], seed: int) -> None:
    # Drawn noise keeps the figures of different cuts apart, where the definition decides by float noise.
    noise = np.random.default_rng(seed).normal(0, 5, len(head)).tolist()
    series = [a + b for a, b in zip(head, noise, strict=True)]
    assert mser5(series) == _mser5_by_the_book(series)


@given(FIGURES, st.integers(2 * BATCH, 500))
def test_a_constant_series_has_no_warm_up(level: float, n: int) -> None:
    assert mser5([level] * n) == Truncation(0, too_short=False)


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(1, 20), st.integers(2, 40))
def test_a_step_is_cut_where_it_happens(before: int, after: int, batches: int, extra: int) -> None:
    series = [before] * (batches * BATCH) + [after] * ((batches + extra) * BATCH)
    expected = 0 if before == after else batches * BATCH
    assert mser5(series) == Truncation(expected, too_short=False)


@pytest.mark.parametrize("n", [0, 1, 4, 5, 9])
def test_a_series_of_less_than_two_batches_is_too_short(n: int) -> None:
    assert mser5([1.0] * n) == Truncation(0, too_short=True)


def test_a_trend_that_never_ends_is_too_short() -> None:
    assert mser5(range(200)) == Truncation(100, too_short=True)


def test_an_incomplete_last_batch_does_not_count() -> None:
    series = [10.0] * 20 + [0.0, 1.0] * 90
    assert mser5([*series, 1e6, 1e6]) == mser5(series)


@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=2, max_size=30))
def test_pairs_are_compared_by_their_differences(pairs: list[tuple[float, float]]) -> None:
    base, other = zip(*pairs, strict=True)
    assert paired(base, other) == t_interval([b - a for a, b in pairs])


def test_samples_without_partners_are_no_pairs() -> None:
    with pytest.raises(ValueError):
        paired([1.0, 2.0, 3.0], [1.0, 2.0])


@given(SAMPLES, SAMPLES)
def test_welch_is_what_scipy_says(base: list[float], other: list[float]) -> None:
    found = unpaired(base, other)
    if min(np.ptp(base), np.ptp(other)) > 1e-3:
        reference = stats.ttest_ind(other, base, equal_var=False).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((reference.low, reference.high), rel=1e-6, abs=1e-3)


def test_a_mean_is_precise_by_laws_rule_with_what_makes_up_for_its_being_found() -> None:
    """10 % of the true mean: the half-width may be 0.1 / 1.1 of the one that was found."""
    assert is_precise(Interval(110.0, 100.0, 120.0, 5), 0.1)
    assert not is_precise(Interval(110.0, 99.9, 120.1, 5), 0.1)
    assert is_precise(Interval(-110.0, -120.0, -100.0, 5), 0.1)
    with pytest.raises(ValueError):
        is_precise(Interval(1.0, 1.0, 1.0, 2), 0.0)


def test_half_the_width_takes_four_times_the_replications() -> None:
    found = Interval(110.0, 90.0, 130.0, 6)
    assert replications_for(found, 0.1) == 24
    assert replications_for(Interval(110.0, 100.0, 120.0, 6), 0.1) == 6
    assert replications_for(Interval(110.0, 99.99, 120.01, 6), 0.1) == 7
    with pytest.raises(ValueError, match="mean is 0"):
        replications_for(Interval(0.0, -1.0, 1.0, 6), 0.1)


def test_replications_are_added_until_laws_rule_holds_and_then_the_true_mean_is_that_near() -> None:
    """200 seeded experiments on exponential samples; each ends, and nearly all are as near as was asked."""
    near = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        samples = list(rng.exponential(7.0, 10))
        while not is_precise(found := t_interval(samples), 0.15):
            samples += list(rng.exponential(7.0, min(10, replications_for(found, 0.15) - len(samples))))
        near += abs(found.mean - 7.0) <= 0.15 * 7.0
    assert near >= 175


def test_a_queue_that_is_asked_too_much_grows_and_one_that_settles_does_not() -> None:
    """Queue lengths of an M/M/1 every 10 service times, 480 of them: load 0.8 and 1.1."""
    steady = [growth(_queue(0.8, seed)) for seed in range(60)]
    overloaded = [growth(_queue(1.1, seed)) for seed in range(60)]
    assert sum(each.sure for each in steady) <= 2
    assert sum(each.sure for each in overloaded) >= 58
    assert np.mean([each.per_step for each in overloaded]) == pytest.approx(1.0, rel=0.15)


@pytest.mark.parametrize("count", [2, 4])
def test_more_replications_find_more_of_what_grows_and_cry_wolf_less(count: int) -> None:
    """Twelve studies of 2 or 4 replications of an M/M/1, against their first replications alone.

    At load 0.95 a queue that begins empty rises for long and swings widely: the hardest that settles.
    """
    found = {}
    for load in (0.8, 0.95, 1.03):
        queues = [_queue(load, 2000 + seed) for seed in range(12 * count)]
        studies = [queues[at : at + count] for at in range(0, len(queues), count)]
        found[load] = sum(pooled_growth(study).sure for study in studies)
        found[load, "first"] = sum(growth(study[0]).sure for study in studies)
    assert found[0.8] == 0
    assert found[0.95] < found[0.95, "first"]
    assert found[1.03] > found[1.03, "first"] >= 9


@given(st.lists(st.lists(st.integers(0, 50), min_size=24, max_size=48), min_size=1, max_size=1))
def test_of_one_replication_it_is_the_verdict_on_that_one(one: list[list[float]]) -> None:
    alone, pooled = growth(one[0]), pooled_growth(one)
    assert (pooled.per_step, pooled.sure, pooled.alone) == (alone.per_step, alone.sure, alone.sure)


def test_replications_of_other_lengths_are_no_replications() -> None:
    with pytest.raises(ValueError):
        pooled_growth([[1.0] * 30, [1.0] * 31])
    with pytest.raises(ValueError, match="no replication"):
        pooled_growth([])


def _queue(load: float, seed: int) -> list[float]:
    """Jumps of the birth-death chain at rate 1 + load, looked at every 10 time units."""
    rng = np.random.default_rng(seed)
    jumps = rng.poisson((1 + load) * 10, 480)
    length, found = 0, []
    for count in jumps:
        for up in rng.random(count) < load / (1 + load):
            length = length + 1 if up else max(0, length - 1)
        found.append(float(length))
    return found


def test_a_few_observations_say_nothing_of_growth() -> None:
    assert growth(range(23)) == Growth(0.0, sure=False)
    assert growth(range(24)) == Growth(1.0, sure=True)
    assert not growth([5.0] * 100).sure
