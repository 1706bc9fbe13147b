"""Scenarios in a notebook: load, override, run, and have the results as frames."""

from __future__ import annotations

import multiprocessing
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from twin.domain.errors import ScenarioRefused
from twin.domain.layout import Site
from twin.experiments import yamlnodes
from twin.experiments.fields import Problems
from twin.experiments.report.page import PAGE
from twin.experiments.scenario.quantities import duration_text
from twin.experiments.scenario.reading import (
    Study,
    Variant,
    find_scenario,
    load_study,
    parse_study,
    setting_mark,
    vary,
)
from twin.experiments.scenario.varying import Vary
from twin.experiments.statistics import Interval, paired
from twin.experiments.verdicts import compared
from twin.experiments.yamlnodes import Scalar
from twin.lab.door import known, known_kinds, whole
from twin.lab.worlds import LARGEST_SEED, World, by_minute
from twin.records.measures import Promises
from twin.records.measures.catalogue import describe
from twin.studies.eventtable import NUMBERS
from twin.studies.folder import Folder
from twin.studies.pool import Runner, WorkersLost, local
from twin.studies.running import engine_of
from twin.studies.sizing import Size, find_size, question
from twin.studies.study import Executor, Result, carry_out

if TYPE_CHECKING:
    import pandas as pd

Settings = tuple[str, ...]
_GUARD = re.compile(r"__name__\s*[!=]=|[!=]=\s*__name__")


@dataclass(frozen=True)
class Outcomes:
    """What the variants of a scenario came to."""

    study: Study
    results: tuple[Result, ...]

    def __getitem__(self, variant: str) -> dict[str, Interval]:
        """The figures of a variant by name, with their intervals. Raises KeyError."""
        return self._of(variant).kpis

    def bottleneck(self, variant: str) -> str:
        """What holds a variant back, in a sentence. Raises KeyError."""
        return self._of(variant).bottleneck

    @property
    def names(self) -> list[str]:
        """The variants in order."""
        return [result.variant.name for result in self.results]

    def kpis(self, *names: str) -> pd.DataFrame:
        """Mean, interval and n of all figures, or of some, for every variant (``docs/kpis.md``).

        Shares lie between 0 and 1, as in ``kpis.json``; those of ``World.kpis`` are in percent.
        Raises KeyError for a figure that there is not.
        """
        import pandas as pd

        for name in names:
            self._check_figure(name)
        rows = [
            (result.variant.name, name, each.mean, each.low, each.high, each.n, describe(name).plain_unit)
            for result in self.results
            for name, each in result.kpis.items()
            if not names or name in names
        ]
        columns = ["variant", "kpi", "mean", "low", "high", "n", "unit"]
        return pd.DataFrame(rows, columns=columns).set_index(["variant", "kpi"])

    def runs(self) -> pd.DataFrame:
        """One row for each variant, replication and figure."""
        import pandas as pd

        rows = [
            (result.variant.name, outcome.replication, outcome.seed, name, value)
            for result in self.results
            for outcome in result.outcomes
            for name, value in outcome.kpis.items()
        ]
        return pd.DataFrame(rows, columns=["variant", "replication", "seed", "kpi", "value"])

    def compare(self, kpi: str, base: str | None = None) -> pd.DataFrame:
        """Every variant against ``base`` (or the first), by pairs with the same seed, in words.

        ``n`` is the number of pairs: a replication in which nothing happened for the figure has none.
        Raises KeyError for a variant or figure that there is not, ValueError for fewer than two pairs.
        """
        import pandas as pd

        reference = self.names[0] if base is None else base
        self._of(reference)
        self._check_figure(kpi)
        rows = []
        for name in self.names:
            if name != reference:
                found = paired(*self._pairs(kpi, reference, name))
                verdict = compared(reference, name, found, kpi)
                rows.append((name, found.mean, found.low, found.high, found.n, verdict))
        columns = ["variant", "difference", "low", "high", "n", "verdict"]
        return pd.DataFrame(rows, columns=columns).set_index("variant")

    def _pairs(self, kpi: str, base: str, other: str) -> tuple[list[float], list[float]]:
        """The values of a figure in the replications in which two variants both have one."""
        values = [
            {
                outcome.replication: outcome.kpis[kpi]
                for outcome in self._of(name).outcomes
                if kpi in outcome.kpis
            }
            for name in (base, other)
        ]
        both = sorted(values[0].keys() & values[1].keys())
        if len(both) < 2:
            whole = max(len(self._of(name).outcomes) for name in (base, other))
            told = f"{kpi} has a value in {len(both)} of {whole} replications of both '{base}' and '{other}'"
            raise ValueError(f"{told}; a comparison needs two")
        return [values[0][number] for number in both], [values[1][number] for number in both]

    def _of(self, variant: str) -> Result:
        results = {result.variant.name: result for result in self.results}
        known("variant", variant, results)
        return results[variant]

    def _check_figure(self, name: str) -> None:
        if not any(name in outcome.kpis for result in self.results for outcome in result.outcomes):
            known("figure", name, list(dict.fromkeys(kpi for each in self.results for kpi in each.kpis)))

    def minutely(self, variant: str | None = None) -> pd.DataFrame:
        """Figures minute by minute of the first replication of a variant (or of the first variant).

        As ``World.minutely``. Raises KeyError for a variant that there is not.
        """
        return by_minute(
            self._of(self.names[0] if variant is None else variant).outcomes[0].series["minutes"]
        )

    def events(self, *kinds: str) -> pd.DataFrame:
        """All events (or those of some kinds) of the replications that the scenario keeps them of.

        Set ``run.events`` to ``first`` or ``all``. Raises KeyError where none were kept, and for a kind
        that there is not.
        """
        import pandas as pd

        frames = []
        for result in self.results:
            for outcome in result.outcomes:
                if outcome.events is not None:
                    frame = _frame(BytesIO(outcome.events), kinds)
                    frame.insert(0, "variant", result.variant.name)
                    frame.insert(1, "replication", outcome.replication)
                    frames.append(frame)
        if not frames:
            raise KeyError("no events were kept; override({'run.events': 'first'}) keeps some")
        return pd.concat(frames, ignore_index=True)

    def warnings(self) -> list[str]:
        """What makes the figures doubtful, by variant."""
        return [f"{r.variant.name}: {text}" for r in self.results for text in r.warnings]

    def report(self, folder: str | Path) -> Path:
        """Write the folder of results with its ``report.html``, and give the path of that."""
        path = Path(folder)
        Folder(path).write(self.results, self.study, 0.0)
        return path / PAGE


class Scenario:
    """A scenario file, read, with what is to be different about it."""

    def __init__(self, read: Callable[[Settings], Study], settings: Settings = ()) -> None:
        self._read = read
        self._settings = settings
        self.study = read(settings)

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.study.scenario.name

    @property
    def site(self) -> Site:
        """The site it is run on."""
        return self.study.baseline.site

    def override(self, changes: Mapping[str, object]) -> Scenario:
        """The scenario with some keys changed, such as ``{"fleet.bots_per_level": 6}``.

        Raises ScenarioRefused.
        """
        if not isinstance(changes, Mapping):
            raise TypeError(f"changes is {changes!r}; give values by key, such as {{'run.seed': 2}}")
        changed = (f"{key}={value}" for key, value in changes.items())
        return Scenario(self._read, (*self._settings, *changed))

    def run(self, workers: int = 1) -> Outcomes:
        """Run it as it is, without what it varies."""
        return self._carry_out((self.study.baseline,), workers)

    def sweep(self, workers: int = 1) -> Outcomes:
        """Run all that it varies."""
        return self._carry_out(self.study.compared(), workers)

    def vary(self, key: str, values: Iterable[object], workers: int = 1) -> Outcomes:
        """Run it with each of some values of a key, which are what ``vary`` of a file takes.

        Raises ScenarioRefused.
        """
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise TypeError(f"values is {values!r}; give a list, such as [2, 4]")
        key, texts = str(key).strip(), [str(value) for value in values]
        self._check_varied(key, texts)
        return self._carry_out(vary(self.study, key, texts), workers)

    def _check_varied(self, key: str, texts: Sequence[str]) -> None:
        """As a file that says ``vary: {key: [...]}`` is."""
        mark = setting_mark(0)
        problems = Problems(self.study.source, ScenarioRefused, self.study.folder)
        problems.elsewhere = {mark: f"vary({key!r}, [{', '.join(texts)}])"}
        nodes = tuple(Scalar(mark, text, "") for text in texts)
        grid = ((Scalar(mark, key, ""), yamlnodes.Sequence(mark, nodes)),)
        Vary().read(yamlnodes.Mapping(mark, grid), "vary", problems)
        if problems:
            raise problems.refusal()

    def size(self, varied: str, targets: Sequence[str] = (), workers: int = 1) -> Size:
        """The smallest value that meets the targets, those of the file unless others are given.

        ``size("fleet.bots_per_level=1..6", ["lines_per_hour>=400"])``. Raises ScenarioRefused.
        """
        if not isinstance(varied, str):
            raise TypeError(f"varied is {varied!r}; give a text, such as 'fleet.bots_per_level=1..6'")
        if isinstance(targets, str):
            raise TypeError(f"targets is {targets!r}; give a list, such as [{targets!r}]")
        with workers_of(workers) as runner:
            return find_size(self.study, question(self.study, varied, targets), Executor(runner))

    def world(self, seed: int | None = None, warm_up: str | None = None) -> World:
        """One replication to drive by hand.

        It has the warm-up of the scenario and its promised times, so that after ``run.horizon`` its
        figures are those of the replication. Where the warm-up is by ``mser5`` it has none, as nobody
        has found it yet, unless ``warm_up`` says otherwise. Raises ValueError for what is no seed or time.
        """
        scenario = self.study.scenario
        chosen = scenario.run.seed if seed is None else whole("seed", seed, 0, LARGEST_SEED)
        return World(
            partial(engine_of, self.study.baseline, chosen),
            duration_text(scenario.run.warm_up_ms) if warm_up is None else warm_up,
            promises=Promises(scenario.due, scenario.promises),
        )

    def _carry_out(self, variants: Sequence[Variant], workers: int) -> Outcomes:
        with workers_of(workers) as runner:
            return Outcomes(self.study, tuple(carry_out(variants, Executor(runner))))


@contextmanager
def workers_of(workers: int) -> Iterator[Runner]:
    """A runner with some processes. Raises ValueError; WorkersLost, with the likely cause if there is one."""
    count = whole("workers", workers, 1)
    if count > 1 and getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(1)  # A worker that runs its script anew: the process that started it says so.
    try:
        with local(count) as runner:
            yield runner
    except WorkersLost:
        script = unguarded_script()
        if script is None:
            raise
        told = f"the worker processes died: each runs {script} from its top when it starts"
        raise WorkersLost(
            f"{told}; put what it does below if __name__ == '__main__':, or use workers=1"
        ) from None


def unguarded_script() -> str | None:
    """The file that Python was started with, if it never asks whether it is imported; else None."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    try:
        text = "" if file is None else Path(file).read_text("utf-8")
    except (OSError, ValueError):
        return None
    return str(file) if text and not _GUARD.search(text) else None


def events(folder: str | Path, *kinds: str) -> pd.DataFrame:
    """The ``events.parquet`` in a folder of results: all events, or those of some kinds.

    Raises FileNotFoundError where the folder has none, KeyError for a kind that there is not.
    """
    return _frame(Path(folder) / "events.parquet", kinds)


def _frame(source: Path | BytesIO, kinds: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    known_kinds(kinds)
    found = pd.read_parquet(source, filters=[("type", "in", list(kinds))] if kinds else None)
    return found.astype(dict.fromkeys(NUMBERS, "Int32"))  # Not every event has a number: none is no 0.


def scenario(name_or_path: str | Path, changes: Mapping[str, object] | None = None) -> Scenario:
    """A shipped scenario by name, or a file, with some keys changed. Raises ScenarioRefused."""
    if not isinstance(name_or_path, str | Path):
        raise TypeError(f"name_or_path is {name_or_path!r}; give the name or file of a scenario")
    read = partial(load_study, find_scenario(str(name_or_path)))
    return Scenario(read).override(changes or {})


def scenario_text(text: str) -> Scenario:
    """A scenario written as text. Raises ScenarioRefused, with line and column."""
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r}; give the text of a scenario")
    return Scenario(partial(parse_study, text, "text", Path()))
