"""Figures of single runs, kept in a file so that a page that was interrupted goes on where it was.

Seeds are a rule, not a choice: replication r of the n-th figure has the seed 1000 n + r. So no two figures
share their chance, and none can be picked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

Figures = Sequence[float]
"""What one run comes to."""


def seeds(number: int, runs: int) -> range:
    """The seeds of the ``runs`` replications of the n-th figure."""
    return range(1000 * number + 1, 1000 * number + runs + 1)


class Samples:
    """Runs by name and seed, each made once."""

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        self._known: dict[str, list[float]] = {}
        if kept is not None and kept.exists():
            for line in kept.read_text(encoding="utf-8").splitlines():
                name, figures = json.loads(line)
                self._known[name] = figures

    def of(self, name: str, over: Sequence[int], run: Callable[[int], Figures]) -> list[list[float]]:
        """What ``run`` comes to for each of the seeds."""
        return [self._one(f"{name}, seed {seed}", seed, run) for seed in over]

    def _one(self, key: str, seed: int, run: Callable[[int], Figures]) -> list[float]:
        if key not in self._known:
            self._known[key] = [float(figure) for figure in run(seed)]
            if self._kept is not None:
                with self._kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([key, self._known[key]]) + "\n")
        return self._known[key]
