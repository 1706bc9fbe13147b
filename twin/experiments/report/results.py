"""A folder of results read back (``docs/scenarios.md`` says what is in it)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from twin.domain.errors import Refusal
from twin.experiments.statistics import Interval, paired

BASELINE = "baseline"


class NoResults(Refusal):
    """A folder is no folder of results."""


@dataclass(frozen=True)
class VariantResult:
    """One variant: its figures with intervals, its targets, its series, and the scenario it was run with."""

    name: str
    changes: dict[str, str]
    kpis: dict[str, Interval]
    targets: dict[str, dict[str, Any]]
    replications: int
    warm_up_s: float
    warnings: list[str]
    lost_lines: int
    series: dict[str, Any]
    scenario: dict[str, Any]
    samples: dict[str, dict[int, float]]

    def mean(self, kpi: str) -> float:
        """The mean of a figure; 0 where the study has none."""
        found = self.kpis.get(kpi)
        return 0.0 if found is None else found.mean

    @property
    def minutes(self) -> dict[str, list[float]]:
        """Figures minute by minute of the first replication; empty where none were recorded."""
        found: dict[str, list[float]] = self.series.get("minutes", {})
        return found

    def value_of(self, key: str) -> Any:
        """What a dotted key of the scenario says for this variant; None where it says nothing."""
        at: Any = self.scenario
        for part in key.split("."):
            at = at.get(part) if isinstance(at, Mapping) else None
        return at if at is not None else self.changes.get(key)


@dataclass(frozen=True)
class Results:
    """A study: its variants in order, the one that the others are compared with first.

    ``sized`` is what ``twin size`` answered, if it made the folder.
    """

    title: str
    description: str
    variants: list[VariantResult]
    manifest: dict[str, Any]
    sized: dict[str, Any] | None = None

    @property
    def base(self) -> VariantResult:
        """What the others are compared with."""
        return self.variants[0]

    @cached_property
    def varied(self) -> list[str]:
        """The keys that differ between variants, in the order in which they are first changed."""
        return list(dict.fromkeys(key for variant in self.variants for key in variant.changes))

    def difference(self, other: VariantResult, kpi: str) -> Interval | None:
        """``other - base`` by pairs of replications with the same seed; None where there is no pair."""
        one, two = self.base.samples.get(kpi, {}), other.samples.get(kpi, {})
        seeds = [seed for seed in one if seed in two]
        if len(seeds) < 2:
            return None
        return paired([one[seed] for seed in seeds], [two[seed] for seed in seeds])


def read_results(folder: Path) -> Results:
    """The results in a folder. Raises NoResults, naming the file that is missing or cannot be read."""
    kpis = _json(folder / "kpis.json")
    series = _json(folder / "series.json")
    scenarios = _json(folder / "variants.json")
    samples = _samples(folder / "runs.parquet")
    variants = [
        _variant(name, plain, series.get(name, {}), scenarios.get(name, {}), samples.get(name, {}))
        for name, plain in kpis["variants"].items()
    ]
    variants.sort(key=lambda variant: variant.name != kpis["compare"])
    description = variants[0].scenario.get("description") or ""
    size = folder / "size.json"
    sized = _json(size) if size.exists() else None
    return Results(kpis["scenario"], description, variants, _json(folder / "manifest.json"), sized)


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise _no_results(path, error) from error
    return found


def _no_results(path: Path, error: Exception) -> NoResults:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return NoResults(f"{path}: {reason}. A folder of results is made by: twin run FILE --out {path.parent}")


def _samples(path: Path) -> dict[str, dict[str, dict[int, float]]]:
    """Values by variant, KPI and seed."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.BufferReader(path.read_bytes()))
    except (OSError, pa.ArrowInvalid) as error:
        raise _no_results(path, error) from error
    found: dict[str, dict[str, dict[int, float]]] = {}
    for row in table.to_pylist():
        found.setdefault(row["variant"], {}).setdefault(row["kpi"], {})[row["seed"]] = row["value"]
    return found


def _variant(
    name: str,
    plain: dict[str, Any],
    series: dict[str, Any],
    scenario: dict[str, Any],
    samples: dict[str, dict[int, float]],
) -> VariantResult:
    kpis = {kpi: _interval(found) for kpi, found in plain["kpis"].items()}
    return VariantResult(
        name,
        plain["changes"],
        kpis,
        plain["targets"],
        plain["replications"],
        plain["warm_up_seconds"],
        plain["warnings"],
        plain["lost_lines"],
        series,
        scenario,
        samples,
    )


def _interval(plain: dict[str, Any]) -> Interval:
    low, high = (math.nan if plain[end] is None else plain[end] for end in ("low", "high"))
    return Interval(plain["mean"], low, high, plain["n"])
