"""Two scenarios against each other: by pairs where they have seeds in common, else as independent samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from twin.domain.errors import ScenarioRefused
from twin.experiments.scenario.quantities import counted, duration_text
from twin.experiments.statistics import Interval, unpaired
from twin.experiments.verdicts import compared
from twin.studies.folder import read_samples
from twin.studies.study import Result
from twin.studies.summary import Samples, difference, plain_interval, samples_of

PAIRED, INDEPENDENT = "paired", "independent"


@dataclass(frozen=True)
class Side:
    """What is compared: the figures and logs of each replication by its seed, and the window they are of."""

    name: str
    samples: Samples
    logs: Mapping[int, str]
    warm_up_ms: int
    horizon_ms: int

    @property
    def window(self) -> str:
        """Which time its figures are of."""
        return f"{duration_text(self.warm_up_ms)} to {duration_text(self.horizon_ms)}"


@dataclass(frozen=True)
class Comparison:
    """How ``b`` differs from ``a``: every figure that both have, and what to know about that."""

    a: Side
    b: Side
    method: str
    pairs: int
    differences: dict[str, dict[str, Any]]
    notes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether the very same happened in both, replication by replication."""
        return self.a.logs == self.b.logs

    @property
    def headline(self) -> str:
        """What was compared with what, and how."""
        both = f"{self.b.name} against {self.a.name}"
        if self.method == PAIRED:
            return f"{both}, {counted(self.pairs, 'pair')} of replications"
        return f"{both}, {len(self.a.samples)} and {len(self.b.samples)} independent replications"

    def as_plain(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "a": self.a.name,
            "b": self.b.name,
            "method": self.method,
            "pairs": self.pairs,
            "replications": [len(self.a.samples), len(self.b.samples)],
            "identical": self.identical,
            "differences": self.differences,
            "notes": list(self.notes),
        }


def side_of(name: str, result: Result) -> Side:
    """A scenario that was just run."""
    outcomes = result.outcomes
    logs = {outcome.seed: outcome.log_sha256 for outcome in outcomes}
    return Side(name, samples_of(outcomes), logs, outcomes[0].warm_up_ms, outcomes[0].simulated_ms)


def read_side(folder: Path) -> Side:
    """A folder of results. Raises ScenarioRefused."""
    variant, samples = read_samples(folder)
    try:
        plain = orjson.loads((folder / "kpis.json").read_bytes())["variants"][variant]
        window = [round(plain[key] * 1000) for key in ("warm_up_seconds", "horizon_seconds")]
        logs = dict(zip(samples, plain["log_sha256"], strict=True))
    except (OSError, ValueError, KeyError, TypeError):
        advice = "run it again with --out"
        raise ScenarioRefused(f"{folder}: kpis.json is not that of runs.parquet; {advice}") from None
    return Side(str(folder), samples, logs, *window)


def compare(a: Side, b: Side) -> Comparison:
    """How ``b`` differs. Raises ScenarioRefused where nothing can be said.

    Two seeds in common make pairs, and what has no partner is left out. With fewer the two are
    independent samples; a single replication each is a pair, if of one seed.
    """
    pairs = len(a.samples.keys() & b.samples.keys())
    fewest, most = sorted((len(a.samples), len(b.samples)))
    independent = pairs < 2 <= fewest
    if not pairs and not independent:
        advice = "run both with the same --seed, or each with 2 replications or more"
        raise ScenarioRefused(f"{a.name} and {b.name} have no seed in common, and one has one run; {advice}")
    notes = []
    if independent:
        notes.append(
            "they have no two seeds in common, so they are compared as independent samples (Welch), which"
            " shows less; with the same seeds, replications are compared by pairs"
        )
    elif pairs < most:
        of = f"{len(a.samples)} and {len(b.samples)}"
        notes.append(f"of {of} replications {pairs} have the same seeds; the others are left out")
    if a.window != b.window:
        notes.append(f"they measure other times: {a.name} {a.window}, {b.name} {b.window}")
    method = INDEPENDENT if independent else PAIRED
    return Comparison(a, b, method, pairs, differences(a, b, independent), tuple(notes))


def differences(a: Side, b: Side, independent: bool = False) -> dict[str, dict[str, Any]]:
    """``b - a`` for every figure that both have, with a verdict in words."""
    how = _welch if independent else difference
    names = dict.fromkeys(kpi for kpis in a.samples.values() for kpi in kpis)
    found = {kpi: how(a.samples, b.samples, kpi) for kpi in names}
    return {
        kpi: {**plain_interval(change), "verdict": compared(a.name, b.name, change, kpi)}
        for kpi, change in found.items()
        if change is not None
    }


def _welch(one: Samples, other: Samples, kpi: str) -> Interval | None:
    base, changed = _values(one.values(), kpi), _values(other.values(), kpi)
    return unpaired(base, changed) if min(len(base), len(changed)) >= 2 else None


def _values(runs: Iterable[Mapping[str, float]], kpi: str) -> list[float]:
    return [kpis[kpi] for kpis in runs if kpi in kpis]
