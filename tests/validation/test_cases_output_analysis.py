"""Validation cases 25 and 26: the warm-up rule and the confidence interval on worked figures."""

from __future__ import annotations

import pytest

from twin.experiments.statistics import Truncation, mser5, t_interval


def test_case_25_mser5_discards_the_twenty_observations_before_the_level_drops() -> None:
    """Source: MSER-5 (Spratt 1998, faculty.virginia.edu/MSER): d* = 4 batches of 40, exact."""
    series = [10.0] * 20 + [0.0, 1.0] * 90
    assert mser5(series) == Truncation(discard=20, too_short=False)


def test_case_26_the_95_percent_interval_of_ten_replications() -> None:
    """Source: Student's t with 9 degrees of freedom: 1.06 ± 0.055103, within 1e-6."""
    interval = t_interval([1.20, 0.98, 1.05, 1.11, 1.02, 0.95, 1.08, 1.15, 1.01, 1.05])
    assert interval.mean == pytest.approx(1.06, abs=1e-6)
    assert interval.half_width == pytest.approx(0.055103, abs=1e-6)
    assert interval.n == 10
