"""Travel and cycle times by formula."""

from __future__ import annotations

from numbers import Real

from twin.experiments.theory.arguments import above_0, at_least_0


def bozer_white_single(shape: float, longest: float = 1.0) -> float:
    """Mean single-command travel of a machine that drives and lifts at once (Chebyshev), I/O in the corner.

    ``longest`` is the time along the longer side, ``shape`` that of the shorter side as a
    share of it. Travel only. Source: Bozer & White 1984, ``T (1 + Q**2 / 3)``. A bot that
    stops to turn is slower: compare it with ``twin.domain.motion`` instead.
    """
    _check(shape, longest)
    return longest * (1 + shape**2 / 3)


def bozer_white_between(shape: float, longest: float = 1.0) -> float:
    """Mean travel between two random positions of such a machine.

    Source: Bozer & White 1984, ``T (1/3 + Q**2/6 - Q**3/30)``.
    """
    _check(shape, longest)
    return longest * (1 / 3 + shape**2 / 6 - shape**3 / 30)


def bozer_white_dual(shape: float, longest: float = 1.0) -> float:
    """Mean dual-command travel: to one position, on to another, and home. Source: Bozer & White 1984."""
    return bozer_white_single(shape, longest) + bozer_white_between(shape, longest)


def fem_points(shape: float, longest: float = 1.0) -> tuple[float, float]:
    """Single- and dual-command travel by the two reference points of FEM 9.851.

    ``P1 = (L/5, 2H/3)`` and ``P2 = (2L/3, H/5)``: the mean of the two round trips, and the
    round over both. Equals Bozer & White at shape 1. FEM 9.860 calls it unsuitable for
    vehicles that cannot move diagonally.
    """
    _check(shape, longest)
    first, second = (1 / 5, shape * 2 / 3), (2 / 3, shape / 5)
    between = max(abs(first[0] - second[0]), abs(first[1] - second[1]))
    return longest * (max(first) + max(second)), longest * (max(first) + between + max(second))


def _check(shape: float, longest: float) -> None:
    at_least_0(longest=longest)
    if not isinstance(shape, Real) or not 0 <= shape <= 1:
        raise ValueError(f"the shape factor is the shorter side's time over the longer side's, not {shape}")


def bots_needed(cycle: float, takt: float) -> float:
    """Bots that keep a balcony busy: as many as rounds are under way at once, ``cycle / takt``.

    Source: Little 1961. A lower bound: traffic, digging and charging come on top. Raises ValueError for a
    negative cycle, and for a takt that is not above 0.
    """
    at_least_0(cycle=cycle)
    above_0(takt=takt)
    return cycle / takt
