"""The folder of results: every replication as it ends, and in the end all of them together.

``runs/`` holds one file for each replication, named by the hash of everything that went
into it. A study that is run again takes from there what it needs and runs the rest.
"""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from twin.domain.errors import ScenarioRefused
from twin.experiments.report import write_report
from twin.experiments.scenario.reading import BASELINE, Study
from twin.experiments.scenario.writing import written
from twin.studies.running import Outcome, Task, code_hash
from twin.studies.study import Result
from twin.studies.summary import Samples, judge, plain_kpis

READABLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
FILES = (
    *("kpis.json", "runs.parquet", "events.parquet", "series.json", "variants.json", "scenario.yaml"),
    *("manifest.json", "size.json", "report.html", "runs", "events"),
)
"""Names in a folder of results that no file of a scenario may have there."""
VERSIONS = ("storage-twin", "numpy", "scipy", "simpy", "networkx")


@contextmanager
def held(path: Path | None) -> Iterator[None]:
    """Keep a folder of results for this process alone; the files of two runs would get mixed.

    The folder itself is locked: nothing is left in it, and a process that dies gives it back.
    Raises ScenarioRefused where another process has it.
    """
    if path is None:
        yield
        return
    path.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDONLY)
    try:
        _lock(handle, path)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        advice = "wait until it has ended, or name another folder"
        raise ScenarioRefused(f"{path}: another run writes its results there; {advice}") from None


def _check_ours(path: Path) -> None:
    """A scenario or a report beside which no results lie is the user's own.

    ``kpis.json`` is written before them, so that whoever dies in between can go on.
    """
    own = [name for name in ("scenario.yaml", "report.html") if (path / name).exists()]
    if own and not (path / "kpis.json").exists():
        raise ScenarioRefused(
            f"{path}: there is a {' and a '.join(own)} that no run has written;"
            " name an empty folder for the results, or one that has some"
        )


class Folder:
    """A folder of results."""

    def __init__(self, path: Path) -> None:
        """Make it where it is not there. Raises ScenarioRefused where it has such files of somebody else."""
        self.path = path
        _check_ours(path)
        self._runs = path / "runs"
        self._runs.mkdir(parents=True, exist_ok=True)

    def find(self, task: Task) -> Outcome | None:
        """The outcome of a task that was run before."""
        path = self._runs / f"{task.key}.json"
        if not path.is_file() or (task.keeps_events and not self._events(task.key).is_file()):
            return None
        try:
            return Outcome(**orjson.loads(path.read_bytes()))
        except (orjson.JSONDecodeError, TypeError):
            return None  # Half a file, as a disk that was full or lost its power leaves it.

    def keep(self, task: Task, outcome: Outcome) -> Outcome:
        """Write an outcome; it is there as a whole or not at all. What is given back has no events."""
        if outcome.events is not None:
            self._write(self._events(task.key), outcome.events)
        plain = {key: value for key, value in vars(outcome).items() if key != "events"}
        self._write(self._runs / f"{task.key}.json", orjson.dumps(plain))
        return replace(outcome, events=None)

    def _events(self, key: str) -> Path:
        return self._runs / f"{key}.parquet"

    def write(self, results: Sequence[Result], study: Study, wall_s: float) -> None:
        """Everything that is read by people and tools: see ``docs/scenarios.md``."""
        plain = {**plain_results(results, study.scenario.name), "compare": study.scenario.compare}
        self._write(self.path / "kpis.json", orjson.dumps(plain, option=READABLE))
        self._write(self.path / "series.json", orjson.dumps(_series(results)))
        resolved = {result.variant.name: result.variant.resolved() for result in results}
        self._write(self.path / "variants.json", orjson.dumps(resolved, option=READABLE))
        before = self._files_put_here()
        files = self._write_scenario(results, study, before)
        manifest = {**_manifest(results, wall_s), "files": files}
        self._write(self.path / "manifest.json", orjson.dumps(manifest, option=READABLE))
        for name in before:
            if name not in files:
                (self.path / name).unlink(missing_ok=True)
        write_runs(self.path / "runs.parquet", results)
        self._write_events(results)
        (self.path / "size.json").unlink(missing_ok=True)  # The answer to another question.
        write_report(self.path)

    def _files_put_here(self) -> list[str]:
        """The files named by its scenario that the run before has put here.

        None where there is no manifest of ours: it is about to be replaced, whatever it is.
        """
        try:
            manifest = orjson.loads((self.path / "manifest.json").read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return []
        named = manifest.get("files") if isinstance(manifest, dict) else None
        names = named if isinstance(named, list) else []
        inside = self.path.resolve()
        paths = {name: (inside / name).resolve() for name in names if isinstance(name, str)}
        return [name for name, path in paths.items() if path.is_relative_to(inside) and path.is_file()]

    def _write_scenario(self, results: Sequence[Result], study: Study, before: list[str]) -> list[str]:
        """The study as a scenario file, with the files that it names; those of them that were put here.

        One that somebody else has put here stays theirs.
        """
        text, files = written(study, [result.variant for result in results], FILES)
        put = files.keys() & set(before)
        for name, data in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != data:
                self._write(path, data)
                put.add(name)
        self._write(self.path / "scenario.yaml", text.encode())
        return sorted(put)

    def _write_events(self, results: Sequence[Result]) -> None:
        """The events of all replications whose events are to be kept; the file goes where none are."""
        wanted = []
        for result in results:
            for outcome in result.outcomes:
                task = Task(result.variant, outcome.replication, outcome.warm_up_ms)
                wanted += [task] if task.keeps_events else []
                if outcome.events is not None:
                    self.keep(task, outcome)
        path = self.path / "events.parquet"
        if not wanted:
            path.unlink(missing_ok=True)
            return
        from twin.studies.eventtable import join

        half = path.with_suffix(".parquet.part")
        join(((task.variant.name, task.replication, self._events(task.key)) for task in wanted), half)
        os.replace(half, path)

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """A further file."""
        self._write(self.path / name, orjson.dumps(value, option=READABLE))

    def _write(self, path: Path, data: bytes) -> None:
        half = path.with_suffix(path.suffix + ".part")
        half.write_bytes(data)
        os.replace(half, path)


def plain_results(results: Sequence[Result], title: str) -> dict[str, Any]:
    """What a study came to, without anything that another machine would not repeat."""
    return {"scenario": title, "variants": {result.variant.name: _plain(result) for result in results}}


def _plain(result: Result) -> dict[str, Any]:
    kpis = result.kpis
    verdicts = judge(kpis, result.variant.scenario.targets)
    return {
        "changes": result.variant.changes,
        "kpis": plain_kpis(kpis),
        "targets": {verdict.kpi: verdict.as_plain() for verdict in verdicts},
        "replications": len(result.outcomes),
        "warm_up_seconds": result.outcomes[0].warm_up_ms / 1000,
        "horizon_seconds": result.outcomes[0].simulated_ms / 1000,
        "confidence": 0.95,
        "log_sha256": [outcome.log_sha256 for outcome in result.outcomes],
        "orders": sum(outcome.orders for outcome in result.outcomes),
        "lost_lines": sum(outcome.lost_lines for outcome in result.outcomes),
        "warnings": result.warnings,
    }


def _series(results: Sequence[Result]) -> dict[str, Any]:
    return {result.variant.name: result.outcomes[0].series for result in results}


def _manifest(results: Sequence[Result], wall_s: float) -> dict[str, Any]:
    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
        "code_sha256": code_hash(),
        "wall_seconds": wall_s,
        "variants": {
            result.variant.name: {
                "scenario_sha256": result.variant.digest,
                "seeds": [outcome.seed for outcome in result.outcomes],
                "log_sha256": [outcome.log_sha256 for outcome in result.outcomes],
                "wall_seconds": [outcome.wall_s for outcome in result.outcomes],
            }
            for result in results
        },
    }


def write_runs(path: Path, results: Sequence[Result]) -> None:
    """One row per variant, replication and KPI."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = [
        (result.variant.name, outcome.replication, outcome.seed, kpi, value)
        for result in results
        for outcome in result.outcomes
        for kpi, value in outcome.kpis.items()
    ]
    columns = list(zip(*rows, strict=True)) or [()] * 5
    kinds = (pa.string(), pa.int32(), pa.int64(), pa.string(), pa.float64())
    names = ("variant", "replication", "seed", "kpi", "value")
    arrays = [pa.array(list(column), kind) for column, kind in zip(columns, kinds, strict=True)]
    parquet.write_table(pa.table(arrays, names=list(names)), path)


def read_samples(folder: Path) -> tuple[str, Samples]:
    """A variant in a folder of results, and the KPIs of its replications in order. Raises ScenarioRefused.

    Of several variants it is the one that is called baseline.
    """
    from pyarrow import ArrowInvalid, parquet

    try:
        rows = parquet.read_table(folder / "runs.parquet").to_pylist()
    except (OSError, ArrowInvalid):
        raise ScenarioRefused(f"{folder}: no results (runs.parquet); name a folder that --out made") from None
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    if len(variants) > 1 and BASELINE not in variants:
        raise ScenarioRefused(f"{folder}: {len(variants)} variants and none is {BASELINE}; use twin sweep")
    chosen = BASELINE if len(variants) > 1 else variants[0]
    samples: dict[int, dict[str, float]] = {}
    for row in rows:
        if row["variant"] == chosen:
            samples.setdefault(row["seed"], {})[row["kpi"]] = row["value"]
    return chosen, samples
