"""What formulas are given: refused by name where a formula would answer with nonsense, or never."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real


def at_least_0(**given: float) -> None:
    """Raises ValueError for what is no number, not finite, or negative."""
    for name, value in given.items():
        if not isinstance(value, Real) or not 0 <= value < math.inf:
            raise ValueError(f"{name} is {value!r}; give a finite number of at least 0")


def above_0(**given: float) -> None:
    """Raises ValueError for what is no number, not finite, or not above 0."""
    for name, value in given.items():
        if not isinstance(value, Real) or not 0 < value < math.inf:
            raise ValueError(f"{name} is {value!r}; give a finite number above 0")


def count(name: str, value: int, least: int, most: int) -> None:
    """Raises ValueError for what is no whole number from ``least`` to ``most``."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} is {value!r}; give a whole number from {least} to {most}")


def weights(name: str, values: Sequence[float]) -> None:
    """Raises ValueError unless there are some values, none negative, and one above 0."""
    at_least_0(**{f"{name}[{i}]": value for i, value in enumerate(values)})
    if not sum(values) > 0:
        raise ValueError(f"{name} is {list(values)!r}; one of them at least must be above 0")
