"""Validation cases 16, 17 and 22: open lines and shared chargers; and whether intervals keep their word.

One person with one line is through the twin, and so are bots with constant rounds. Several
persons with one line, and random charging times, are no part of a site: those cases run
on the twin's kernel, its agenda and its random streams.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.validation import cases, kernel, open_lines, recursion
from tests.validation.acceptance import assert_accepted, replicated, seeds
from twin.domain.layout import CONSTANT, UNIFORM, PersonTimes
from twin.experiments.statistics import t_interval
from twin.experiments.theory import queueing

WARM_UP = 200


def after_warm_up(waits: list[int], unit_ms: int) -> float:
    rest = waits[WARM_UP:]
    return sum(rest) / len(rest) / unit_ms


# -- case 17


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (PersonTimes(0, 8000, line_distribution=CONSTANT), 2),
        (PersonTimes(0, 8000, line_distribution=UNIFORM, line_spread_ms=4000), 2.166667),
    ],
    ids=["M/D/1", "M/U/1"],
)
def test_case_17_one_person_through_the_twin(person: PersonTimes, expected: float) -> None:
    """Source: Pollaczek 1930, Khinchin 1932: load 0.8, in units of the mean service.

    1,700 orders a replication are sharp to a third only; Lindley's waits and the long runs below are sharper.
    """
    means = replicated(8, lambda s: after_warm_up(open_lines.at_a_person(person, 360, 1700, s), 8000))
    assert_accepted(expected, means, 0.4)


def test_case_17_the_gaps_that_streams_draw_give_the_mean_wait_without_bias() -> None:
    """Source: as above, M/D/1: a million orders, where those of the twin above are some thousand."""
    assert_accepted(2.0, replicated(10, cases.drawn_wait), 0.05)


def test_case_17_three_bots_through_the_twin() -> None:
    """Source: Crommelin 1932: three bots, constant rounds, load 0.8, in units of a round."""
    took = 1_728_000
    means = replicated(8, lambda s: after_warm_up(open_lines.among_bots(3, took, 5, 1700, s), took))
    assert_accepted(0.553900, means, 0.4)


def test_case_17_waits_at_the_person_are_lindleys_to_the_millisecond() -> None:
    """With the times at which the twin's carriers came and its person began."""
    person = PersonTimes(0, 8000, line_distribution=UNIFORM, line_spread_ms=4000)
    line = open_lines.line_at_a_person(person, 360, 1500, 5)
    came, began, ended = (np.array(column) for column in zip(*line, strict=True))
    assert len(came) > 1300
    computed = recursion.waits(np.diff(came), ended - began)
    assert computed.tolist() == (began - came).tolist()
    assert recursion.waits_at_one(np.diff(came), ended - began).tolist() == computed.tolist()
    assert (began > came).mean() > 0.6


# -- cases 16 and 22


def test_case_16_three_persons_at_one_line_on_the_kernel() -> None:
    """Source: Erlang 1917: mean wait, share that waits, and 95th percentile of it."""
    runs = [np.array(kernel.waits(3, 2.4, 8000, 12_000, seed)[1000:]) / 8000 for seed in seeds(10)]
    for expected, figures in (
        (1.078652, [run.mean() for run in runs]),
        (0.647191, [(run > 0).mean() for run in runs]),
        (4.2677, [float(np.quantile(run, 0.95)) for run in runs]),
    ):
        assert_accepted(expected, figures, 0.15)


@pytest.mark.parametrize(("chargers", "working", "busy"), [(2, 6.8341, 0.85427), (3, 7.7407, 0.64506)])
def test_case_22_ten_bots_and_few_chargers_on_the_kernel(chargers: int, working: float, busy: float) -> None:
    """Source: M/M/c//N (Palm 1947): four hours of work, one of charging."""
    hour_ms = 3_600_000
    runs = [kernel.shares(10, 4 * hour_ms, hour_ms, chargers, 5000, seed) for seed in seeds(10)]
    for expected, figures in zip((working, busy), zip(*runs, strict=True), strict=True):
        assert_accepted(expected, figures, 0.02)


# -- intervals

EXPERIMENTS, REPLICATIONS = 400, 10


def covered(means: np.ndarray, truth: float) -> float:
    """Share of experiments whose 95 % interval contains the true value."""
    experiments = means.reshape(EXPERIMENTS, REPLICATIONS).astype(float)
    return sum(truth in t_interval(row.tolist()) for row in experiments) / EXPERIMENTS


def test_intervals_of_waits_at_three_persons_cover_the_truth_in_93_to_97_percent() -> None:
    """M/M/3 at load 0.8: 400 experiments of 10 replications of 8,000 customers, the first 1,500 cut off."""
    random = np.random.default_rng(1)
    shape = 8000, EXPERIMENTS * REPLICATIONS
    gaps = random.standard_exponential(shape, dtype=np.float32) / np.float32(2.4)
    waits = recursion.waits(gaps, random.standard_exponential(shape, dtype=np.float32), servers=3)
    means = waits[1500:].mean(axis=0, dtype=float)
    assert 0.93 <= covered(means, queueing.mmc_wait(3, 2.4, 1)) <= 0.97


def test_intervals_of_a_closed_loops_throughput_cover_the_truth_in_93_to_97_percent() -> None:
    """Six bots, exponential persons (case 19): 400 experiments of 10 replications of 1,500 rounds."""
    random = np.random.default_rng(1)
    services = 8 * random.standard_exponential((1500, EXPERIMENTS * REPLICATIONS))
    ends = recursion.loop_ends(services, 6, 40.0)
    rates = (1500 - 200) / (ends[-1] - ends[199])
    assert 0.93 <= covered(rates, queueing.closed_loop(6, 40, [8]).throughput) <= 0.97


def test_intervals_that_are_too_narrow_would_be_found_out() -> None:
    """The same check refuses intervals of correlated observations of one run, which look too sure."""
    random = np.random.default_rng(1)
    services = random.standard_exponential((1000, EXPERIMENTS))
    waits = recursion.waits(random.standard_exponential((1000, EXPERIMENTS)) / 0.8, services)
    hits = sum(4.0 in t_interval(run[200:].tolist()) for run in waits.T) / EXPERIMENTS
    assert hits < 0.6
