"""Output analysis: how sure a mean is, how many runs it takes, where the warm-up of a run ends.

All from the books and named there: Student's t over independent replications, over
differences of pairs, and Welch's for samples that are no pairs; Law's sequential rule; and
MSER-5 within one run (White; Spratt 1998; judged the one robust automatable rule of 44 by
AutoSimOA, Warwick). Sources: validation, section 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
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


def paired(base: Iterable[float], other: Iterable[float], confidence: float = 0.95) -> Interval:
    """The interval of the mean difference ``other - base`` of pairs, as common random numbers make them.

    The i-th samples of both belong together. Raises ValueError where the numbers of samples
    differ, and as ``t_interval`` does.
    """
    return t_interval([b - a for a, b in zip(base, other, strict=True)], confidence)


def unpaired(base: Iterable[float], other: Iterable[float], confidence: float = 0.95) -> Interval:
    """The interval of the difference of means of two independent sets of samples (Welch 1947).

    ``n`` is the smaller number of samples. Raises ValueError as ``t_interval`` does.
    """
    one, two = t_interval(base, confidence), t_interval(other, confidence)
    spread = [(_half_to_error(each, confidence)) ** 2 for each in (one, two)]
    whole = sum(spread)
    mean, n = two.mean - one.mean, min(one.n, two.n)
    if whole == 0:
        return Interval(mean, mean, mean, n)
    freedom = 1 / sum((v / whole) ** 2 / (each.n - 1) for v, each in zip(spread, (one, two), strict=True))
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(whole)
    return Interval(mean, mean - half, mean + half, n)


def _half_to_error(found: Interval, confidence: float) -> float:
    """The standard error of a mean, back from its interval."""
    return found.half_width / float(stdtrit(found.n - 1, (1 + confidence) / 2))


def is_precise(found: Interval, relative: float) -> bool:
    """Whether the mean is off by at most the share ``relative`` of the *true* mean, at its confidence.

    The half-width may be ``g / (1 + g)`` of the mean that was found: that much makes up for
    its being found, not known (Law, Simulation Modeling and Analysis, section 9.4.1).
    Raises ValueError where ``relative`` is not positive.
    """
    return found.half_width <= _allowed(found, relative)


def replications_for(found: Interval, relative: float) -> int:
    """How many replications ``is_precise`` may be expected to take, from those there are.

    The half-width falls with the root of their number. Raises ValueError where the mean is 0
    (no share of it is a width), or ``relative`` is not positive.
    """
    allowed = _allowed(found, relative)
    if found.half_width <= allowed:
        return found.n
    if allowed == 0:
        raise ValueError("the mean is 0: no number of replications makes a share of it a width")
    return max(found.n + 1, math.ceil(found.n * (found.half_width / allowed) ** 2))


def _allowed(found: Interval, relative: float) -> float:
    if not relative > 0:
        raise ValueError(f"a relative half-width must be positive, not {relative}")
    return relative / (1 + relative) * abs(found.mean)


@dataclass(frozen=True, slots=True)
class Growth:
    """Whether a series rises, and by how much per observation."""

    per_step: float
    sure: bool


BATCHES_OF_GROWTH = 12


def growth(series: Iterable[float]) -> Growth:
    """Whether a queue grows: the slope of a series of queue lengths, and whether it is one for sure.

    The least-squares slope over 12 batch means (which are nearly independent where the
    queue settles) must exceed 0 at 99 % confidence, and the last third must be at least half
    as high again as the first and by at least one: a queue that settles swings, too.
    A series of fewer than 24 observations says nothing. Raises ValueError for an observation that
    is not finite.
    """
    values = _finite(series)
    size = len(values) // BATCHES_OF_GROWTH
    if size < 2:
        return Growth(0.0, sure=False)
    n = BATCHES_OF_GROWTH
    means = [math.fsum(values[i * size : (i + 1) * size]) / size for i in range(n)]
    middle, average = (n - 1) / 2, math.fsum(means) / n
    spread = math.fsum((i - middle) ** 2 for i in range(n))
    slope = math.fsum((i - middle) * mean for i, mean in enumerate(means)) / spread
    rest = math.fsum((mean - average - slope * (i - middle)) ** 2 for i, mean in enumerate(means))
    error = math.sqrt(rest / (n - 2) / spread)
    first, last = math.fsum(means[: n // 3]) / (n // 3), math.fsum(means[-(n // 3) :]) / (n // 3)
    rises = slope > float(stdtrit(n - 2, 0.99)) * error
    return Growth(slope / size, sure=rises and last >= 1.5 * first and last >= first + 1)


@dataclass(frozen=True, slots=True)
class PooledGrowth:
    """Whether a series rises in the mean of several runs, and in how many of them it does so alone."""

    per_step: float
    sure: bool
    alone: int


def pooled_growth(replications: Sequence[Sequence[float]]) -> PooledGrowth:
    """Whether a queue grows, by all replications of one system: series of queue lengths, equally long.

    Their mean, observation by observation, must grow by the rule of ``growth``, and so must at least
    half of them by themselves. The mean sees what chance hides in a single run; without the second
    condition it would see too much: a queue near its limit that begins empty rises for long, and
    settles after all. Raises ValueError where there is none, where they are not equally long, and for an
    observation that is not finite.
    """
    alone = sum(growth(series).sure for series in replications)
    found = growth(averaged(replications))
    return PooledGrowth(found.per_step, found.sure and 2 * alone >= len(replications), alone)


def averaged(replications: Sequence[Sequence[float]]) -> list[float]:
    """The mean of equally long series, observation by observation (Welch's average over replications).

    Raises ValueError where there is none, and where they are not equally long.
    """
    if not replications:
        raise ValueError("there is no replication to take the mean of")
    return [math.fsum(values) / len(replications) for values in zip(*replications, strict=True)]


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
