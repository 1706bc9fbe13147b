"""A folder of results read back (``docs/scenarios.md`` says what is in it)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from twin.domain.errors import Refusal
from twin.experiments.statistics import Interval, paired, t_interval

CONFIDENCE = 0.95
LOOK_CONFIDENCE = 1 - 0.05 / 4
"""That of a study of size that does not say it: it looks up to four times at each value, together 95 %."""


class NoResults(Refusal):
    """A folder is no folder of results."""


@dataclass(frozen=True)
class VariantResult:
    """One variant: its figures with intervals, its targets, its series, and the scenario it was run with.

    ``samples`` are the values of its figures by seed; ``seeds`` are those of its replications.
    """

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
    seeds: list[int]

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

    ``sized`` is what ``twin size`` answered, if it made the folder. ``confidence`` is that of every
    interval and verdict.
    """

    title: str
    description: str
    variants: list[VariantResult]
    manifest: dict[str, Any]
    sized: dict[str, Any] | None = None
    confidence: float = CONFIDENCE

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
        return paired([one[seed] for seed in seeds], [two[seed] for seed in seeds], self.confidence)


def read_results(folder: Path) -> Results:
    """The results in a folder. Raises NoResults, naming the file that is missing or cannot be read."""
    try:
        return _read_results(folder)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        reason = f"its files are not what a run writes ({type(error).__name__}: {error})"
        raise _no_results(folder, reason, folder) from error


def _read_results(folder: Path) -> Results:
    kpis = _json(folder / "kpis.json")
    series = _json(folder / "series.json")
    scenarios = _json(folder / "variants.json")
    samples = _samples(folder / "runs.parquet")
    manifest = _json(folder / "manifest.json")
    variants = [
        _variant(
            name,
            plain,
            series.get(name, {}),
            scenarios.get(name, {}),
            samples.get(name, {}),
            manifest["variants"][name]["seeds"],
        )
        for name, plain in kpis["variants"].items()
    ]
    description = variants[0].scenario.get("description") or ""
    size = folder / "size.json"
    if not size.exists():
        variants.sort(key=lambda variant: variant.name != kpis["compare"])
        return Results(kpis["scenario"], description, variants, manifest)
    sized = _json(size)
    said = [target.get("confidence") for point in sized["curve"] for target in point["targets"].values()]
    confidence = next((each for each in said if each is not None), LOOK_CONFIDENCE)
    variants = [_as_sized(each, sized["curve"][n], confidence) for n, each in enumerate(variants)]
    return Results(kpis["scenario"], description, variants, manifest, sized, confidence)


def _as_sized(variant: VariantResult, point: dict[str, Any], confidence: float) -> VariantResult:
    """A value that a study of size has tried, with the targets that it asked for, and as sure as it was."""
    samples = {name: list(variant.samples.get(name, {}).values()) for name in variant.kpis}
    kpis = {
        name: t_interval(values, confidence) if len(values) > 1 else variant.kpis[name]
        for name, values in samples.items()
    }
    return replace(variant, kpis=kpis, targets=point["targets"])


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise _no_results(path, _reason(error), folder=path.parent) from error
    return found


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _no_results(path: Path, reason: str, folder: Path) -> NoResults:
    return NoResults(f"{path}: {reason}. A folder of results is made by: twin run FILE --out {folder}")


def _samples(path: Path) -> dict[str, dict[str, dict[int, float]]]:
    """Values by variant, KPI and seed."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.BufferReader(path.read_bytes()))
    except (OSError, pa.ArrowInvalid) as error:
        raise _no_results(path, _reason(error), folder=path.parent) from error
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
    seeds: list[int],
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
        seeds,
    )


def _interval(plain: dict[str, Any]) -> Interval:
    low, high = (math.nan if plain[end] is None else plain[end] for end in ("low", "high"))
    return Interval(plain["mean"], low, high, plain["n"])
