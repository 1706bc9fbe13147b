"""Times of simulated persons: each distribution has the mean and the spread that were asked for."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.assembly import build
from twin.domain.layout import CONSTANT, EXPONENTIAL, LOG_NORMAL, TRIANGULAR, UNIFORM, PersonTimes, Site
from twin.domain.sitecheck import check_site
from twin.experiments.statistics import t_interval
from twin.simulation.engine import restore
from twin.simulation.randomness import Streams
from twin.simulation.serving import time_per_line_ms

MEAN_MS = 8000
CASES = [
    (PersonTimes(line_ms=MEAN_MS, line_distribution=LOG_NORMAL, line_cv_percent=60), 0.6),
    (PersonTimes(line_ms=MEAN_MS, line_distribution=EXPONENTIAL), 1.0),
    (PersonTimes(line_ms=MEAN_MS, line_distribution=UNIFORM, line_spread_ms=4000), 0.5 / math.sqrt(3)),
    (PersonTimes(line_ms=MEAN_MS, line_distribution=TRIANGULAR, line_spread_ms=4000), 0.5 / math.sqrt(6)),
]


def drawn(times: PersonTimes, number: int) -> list[int]:
    streams = Streams(11)
    return [time_per_line_ms(streams, "person/1", times) for _ in range(number)]


@pytest.mark.parametrize(("times", "cv"), CASES, ids=lambda c: getattr(c, "line_distribution", ""))
def test_times_have_the_mean_and_the_coefficient_of_variation_of_their_distribution(
    times: PersonTimes, cv: float
) -> None:
    """99.9 % intervals of the mean and of the mean square deviation."""
    sample = drawn(times, 40_000)
    assert MEAN_MS in t_interval(sample, 0.999)
    assert (cv * MEAN_MS) ** 2 in t_interval(((t - MEAN_MS) ** 2 for t in sample), 0.999)


def test_a_constant_time_draws_nothing() -> None:
    streams = Streams(1)
    times = PersonTimes(line_ms=7500, line_distribution=CONSTANT)
    assert [time_per_line_ms(streams, "person/1", times) for _ in range(3)] == [7500] * 3
    assert streams.states() == {}


@given(st.integers(1, 50), st.data(), st.sampled_from([UNIFORM, TRIANGULAR]))
def test_even_and_triangular_times_keep_within_their_spread(
    mean: int, data: st.DataObject, kind: str
) -> None:
    spread = data.draw(st.integers(0, mean - 1))
    sample = drawn(PersonTimes(0, mean, line_distribution=kind, line_spread_ms=spread), 30)
    assert mean - spread <= min(sample) <= max(sample) <= mean + spread


def test_small_spreads_reach_both_ends_and_a_triangle_has_its_peak_in_the_middle() -> None:
    even = drawn(PersonTimes(0, 10, line_distribution=UNIFORM, line_spread_ms=1), 3000)
    peaked = drawn(PersonTimes(0, 10, line_distribution=TRIANGULAR, line_spread_ms=1), 4000)
    assert [even.count(t) / 3000 for t in (9, 10, 11)] == pytest.approx([1 / 3] * 3, abs=0.03)
    assert [peaked.count(t) / 4000 for t in (9, 10, 11)] == pytest.approx([0.25, 0.5, 0.25], abs=0.03)


def test_a_site_with_a_distribution_that_is_unknown_or_reaches_zero_is_not_sound(small_site: Site) -> None:
    wrong = (
        PersonTimes(line_distribution="normal"),
        PersonTimes(line_ms=10, line_distribution=UNIFORM, line_spread_ms=10),
    )
    faults = [str(fault) for person in wrong for fault in check_site(replace(small_site, person=person))]
    assert faults == [
        "line_distribution is 'normal'; use one of lognormal, constant, exponential, uniform, triangular",
        "line_spread_ms 10 is not below line_ms 10, but times are above zero; give at most 9",
    ]


def test_the_distribution_survives_a_snapshot(small_site: Site) -> None:
    person = PersonTimes(line_distribution=TRIANGULAR, line_spread_ms=1234)
    engine = build(replace(small_site, person=person))
    assert restore(engine.snapshot()).plant.site.person == person
