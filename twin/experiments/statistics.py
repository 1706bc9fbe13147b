"""Output analysis: how sure a mean is, and where the warm-up of a run ends.

Both are from the books and named there: Student's t over independent
replications, and MSER-5 within one run (White; Spratt 1998; judged the one robust
automatable rule of 44 by AutoSimOA, Warwick). Sources: validation, section 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from scipy.special import stdtrit

BATCH = 5
"""Observations per batch in MSER-5."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over ``n`` samples and its confidence interval, in the unit of the samples."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """Distance from the mean to either end."""
        return (self.high - self.low) / 2

    def __contains__(self, value: float) -> bool:
        """Whether ``value`` lies within the interval, its ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Truncation:
    """How many leading observations to discard, and whether the run is too short to say.

    ``too_short`` means that the best cut lies at the end of the searched half (or
    that there is no whole batch): the run never left its warm-up, and neither the
    cut nor a mean after it is to be trusted.
    """

    discard: int
    too_short: bool


def t_interval(samples: Iterable[float], confidence: float = 0.95) -> Interval:
    """Student's interval for the mean of independent samples: ``mean ± t * s / sqrt(n)``.

    Samples are one figure per *replication*, not the correlated observations of one
    run. Raises ValueError for fewer than two samples, for one that is not finite,
    and for a confidence outside (0, 1).
    """
    values = _finite(samples)
    n = len(values)
    if n < 2:
        raise ValueError(f"an interval needs at least 2 samples, not {n}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * math.sqrt(variance / n)
    return Interval(mean, mean - half, mean + half, n)


def mser5(series: Iterable[float]) -> Truncation:
    """Where to cut the warm-up off a run's series of observations, in order of time.

    With batch means ``Z`` of 5 observations (an incomplete last batch is left out)
    the cut is after the ``d`` batches, at most half of them, that minimise
    ``sum((Z[i] - mean)**2 for i > d) / (n - d)**2``, the squared standard error of
    what is left. Of equal cuts the earliest counts: it keeps the most data.
    Raises ValueError for an observation that is not finite.
    """
    batches = _batch_means(_finite(series))
    latest = len(batches) // 2
    scores = _scores(batches)[: latest + 1]
    if not scores:
        return Truncation(0, too_short=True)
    best = min(range(len(scores)), key=scores.__getitem__)
    return Truncation(best * BATCH, too_short=best == latest)


def _finite(values: Iterable[float]) -> list[float]:
    numbers = [float(value) for value in values]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a sample is not a finite number")
    return numbers


def _batch_means(values: list[float]) -> list[float]:
    return [math.fsum(values[i : i + BATCH]) / BATCH for i in range(0, len(values) - BATCH + 1, BATCH)]


def _scores(batches: list[float]) -> list[float]:
    """MSER's figure of each tail ``batches[d:]``.

    Built from the end by Welford's recursion: one pass, and exactly 0 for a constant
    tail, where a difference of sums would leave noise that decides the cut.
    """
    tails = accumulate(reversed(batches), _with_one_more, initial=(0, 0.0, 0.0))
    return [squares / count**2 for count, _, squares in tails if count][::-1]


def _with_one_more(tail: tuple[int, float, float], value: float) -> tuple[int, float, float]:
    """Count, mean and sum of squared deviations of a tail that grows by ``value``."""
    count, mean, squares = tail[0] + 1, tail[1], tail[2]
    ahead = value - mean
    mean += ahead / count
    return count, mean, squares + ahead * (value - mean)
