"""Named random streams from one seed.

Each purpose draws from its own stream, so that drawing more for one never changes
another. Only integers are drawn; times come from tables of integer milliseconds, so
that every machine sees the same numbers.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np

TABLE_SIZE = 4096
_WORD = 1 << 32
_LONG_WORD = 1 << 64


class _Draw:
    """Integers below a limit, exactly as ``Generator.integers`` draws them, at a quarter of its cost.

    A word of the generator times the limit; its upper half is the answer, unless the lower
    one says that some answers would be likelier than others: then another word is drawn
    (Lemire 2019, "Fast random integer generation in an interval").
    """

    __slots__ = ("_address", "_bits", "_long_word", "_word")

    def __init__(self, generator: np.random.Generator) -> None:
        self._bits = generator.bit_generator  # Its address holds only as long as it lives.
        native = self._bits.ctypes
        self._word, self._long_word, self._address = native.next_uint32, native.next_uint64, native.state

    def __call__(self, limit: int) -> int:
        if limit <= 1:
            if limit == 1:
                return 0
            raise ValueError(f"there is no integer from 0 to {limit} - 1")
        size, draw = (_WORD, self._word) if limit <= _WORD else (_LONG_WORD, self._long_word)
        product: int = draw(self._address) * limit
        low = product % size
        if low < limit:
            unfair = size % limit
            while low < unfair:
                product = draw(self._address) * limit
                low = product % size
        return product // size


class Streams:
    """Random streams by name. The state of each is plain data."""

    def __init__(self, seed: int, states: dict[str, dict[str, Any]] | None = None) -> None:
        self.seed = seed
        self._streams: dict[str, np.random.Generator] = {}
        self._draws: dict[str, _Draw] = {}
        for name, state in (states or {}).items():
            self.get(name).bit_generator.state = state

    def get(self, name: str) -> np.random.Generator:
        """The stream of that name, begun from the seed and the name alone."""
        if name not in self._streams:
            sequence = np.random.SeedSequence(self.seed, spawn_key=tuple(name.encode()))
            self._streams[name] = np.random.Generator(np.random.PCG64(sequence))
        return self._streams[name]

    def below(self, name: str, limit: int) -> int:
        """An integer from 0 to ``limit - 1``, each equally likely."""
        draw = self._draws.get(name)
        if draw is None:
            draw = self._draws[name] = _Draw(self.get(name))
        return draw(limit)

    def exponential_ms(self, name: str, mean_ms: float) -> int:
        """An exponential time in ms (inverse of the distribution function), at least 1."""
        u = (self.below(name, 1 << 52) + 0.5) / (1 << 52)
        return max(1, round(-mean_ms * math.log(u)))

    def log_normal_ms(self, name: str, mean_ms: int, cv_percent: int) -> int:
        """A log-normal time in ms with a coefficient of variation of ``cv_percent`` / 100."""
        if cv_percent == 0:
            return mean_ms
        return _log_normal_table(mean_ms, cv_percent)[self.below(name, TABLE_SIZE)]

    def uniform_ms(self, name: str, mean_ms: int, spread_ms: int) -> int:
        """A time in ms from ``mean_ms - spread_ms`` to ``mean_ms + spread_ms``, each equally likely."""
        return mean_ms - spread_ms + self.below(name, 2 * spread_ms + 1)

    def triangular_ms(self, name: str, mean_ms: int, spread_ms: int) -> int:
        """A time in ms within ``spread_ms`` of the mean, which is likeliest: the sum of two even ones."""
        return mean_ms - spread_ms + sum(self.below(name, spread_ms + 1) for _ in range(2))

    def states(self) -> dict[str, dict[str, Any]]:
        """The state of every stream that was used."""
        return {name: dict(s.bit_generator.state) for name, s in sorted(self._streams.items())}


@lru_cache(maxsize=256)
def _log_normal_table(mean_ms: int, cv_percent: int) -> tuple[int, ...]:
    """Quantiles at the middles of equal shares, scaled so that their mean is the mean."""
    sigma = math.sqrt(math.log(1 + (cv_percent / 100) ** 2))
    normal = NormalDist()
    shape = [math.exp(sigma * normal.inv_cdf((i + 0.5) / TABLE_SIZE)) for i in range(TABLE_SIZE)]
    scale = mean_ms * TABLE_SIZE / math.fsum(shape)
    return tuple(max(1, round(scale * s)) for s in shape)
