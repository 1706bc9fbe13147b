"""When a sampled figure is accepted: one rule for all cases, so that no seed and no interval is picked.

Replications have the seeds 1, 2, ...; the figure must lie in their 99.9 % interval, so that a sound twin
is refused by one figure in a thousand (there are some forty in this folder: by one of them with
every twenty-fifth set of seeds). What the test can find is said by how narrow the 95 % interval must be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twin.experiments.statistics import t_interval

CONFIDENCE = 0.999


def seeds(replications: int) -> range:
    """The seeds of a case."""
    return range(1, replications + 1)


def replicated(replications: int, run: Callable[[int], float]) -> list[float]:
    """What ``run`` comes to for the seeds of a case."""
    return [run(seed) for seed in seeds(replications)]


def assert_accepted(expected: float, sample: Iterable[float], sharp: float) -> None:
    """The figure lies within, and the 95 % interval is narrower than ``sharp`` of it to each side."""
    values = list(sample)
    assert t_interval(values).half_width < sharp * expected
    accepted = t_interval(values, CONFIDENCE)
    assert expected in accepted, f"{expected} is not in {accepted.low:.6g} to {accepted.high:.6g}"
