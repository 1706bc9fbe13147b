"""Scenarios in a notebook: load, override, run, and have the results as frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from twin.domain.layout import Site
from twin.experiments.report.page import PAGE
from twin.experiments.scenario.reading import (
    Study,
    Variant,
    find_scenario,
    load_study,
    parse_study,
    vary,
)
from twin.experiments.statistics import Interval, paired
from twin.experiments.verdicts import compared
from twin.lab.worlds import World
from twin.records.measures.catalogue import describe
from twin.studies.eventtable import NUMBERS
from twin.studies.folder import Folder
from twin.studies.pool import local
from twin.studies.running import engine_of
from twin.studies.sizing import Size, find_size, question
from twin.studies.study import Executor, Result, carry_out

if TYPE_CHECKING:
    import pandas as pd

Settings = tuple[str, ...]


@dataclass(frozen=True)
class Outcomes:
    """What the variants of a scenario came to."""

    study: Study
    results: tuple[Result, ...]

    def __getitem__(self, variant: str) -> dict[str, Interval]:
        """The figures of a variant by name, with their intervals. Raises KeyError."""
        return {result.variant.name: result for result in self.results}[variant].kpis

    @property
    def names(self) -> list[str]:
        """The variants in order."""
        return [result.variant.name for result in self.results]

    def kpis(self, *names: str) -> pd.DataFrame:
        """Mean, interval and n of all figures, or of some, for every variant (``docs/kpis.md``).

        Shares lie between 0 and 1, as in ``kpis.json``; those of ``World.kpis`` are in percent.
        """
        import pandas as pd

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

        Raises KeyError for a variant or figure that there is not, ValueError for a single replication.
        """
        import pandas as pd

        reference = base or self.names[0]
        samples = {r.variant.name: [outcome.kpis[kpi] for outcome in r.outcomes] for r in self.results}
        rows = []
        for name in self.names:
            if name != reference:
                found = paired(samples[reference], samples[name])
                verdict = compared(reference, name, found, kpi)
                rows.append((name, found.mean, found.low, found.high, verdict))
        return pd.DataFrame(rows, columns=["variant", "difference", "low", "high", "verdict"]).set_index(
            "variant"
        )

    def minutely(self, variant: str | None = None) -> pd.DataFrame:
        """Figures minute by minute of the first replication of a variant (or of the first variant)."""
        import pandas as pd

        name = variant or self.names[0]
        result = next(result for result in self.results if result.variant.name == name)
        return pd.DataFrame(result.outcomes[0].series["minutes"])

    def events(self, *kinds: str) -> pd.DataFrame:
        """All events (or those of some kinds) of the replications that the scenario keeps them of.

        Set ``run.events`` to ``first`` or ``all``. Raises KeyError where none were kept.
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
        changed = (f"{key}={value}" for key, value in changes.items())
        return Scenario(self._read, (*self._settings, *changed))

    def run(self, workers: int = 1) -> Outcomes:
        """Run it as it is, without what it varies."""
        return self._carry_out((self.study.baseline,), workers)

    def sweep(self, workers: int = 1) -> Outcomes:
        """Run all that it varies."""
        return self._carry_out(self.study.compared(), workers)

    def vary(self, key: str, values: Iterable[object], workers: int = 1) -> Outcomes:
        """Run it with each of some values of a key. Raises ScenarioRefused."""
        return self._carry_out(vary(self.study, key, [str(value) for value in values]), workers)

    def size(self, varied: str, targets: Sequence[str] = (), workers: int = 1) -> Size:
        """The smallest value that meets the targets, those of the file unless others are given.

        ``size("fleet.bots_per_level=1..6", ["lines_per_hour>=400"])``. Raises ScenarioRefused.
        """
        with local(workers) as runner:
            return find_size(self.study, question(self.study, varied, targets), Executor(runner))

    def world(self, seed: int | None = None, warm_up: str = "0 min") -> World:
        """One replication to drive by hand."""
        chosen = self.study.scenario.run.seed if seed is None else seed
        return World(partial(engine_of, self.study.baseline, chosen), warm_up)

    def _carry_out(self, variants: Sequence[Variant], workers: int) -> Outcomes:
        with local(workers) as runner:
            return Outcomes(self.study, tuple(carry_out(variants, Executor(runner))))


def events(folder: str | Path, *kinds: str) -> pd.DataFrame:
    """The ``events.parquet`` in a folder of results: all events, or those of some kinds.

    Raises FileNotFoundError where the folder has none.
    """
    return _frame(Path(folder) / "events.parquet", kinds)


def _frame(source: Path | BytesIO, kinds: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    found = pd.read_parquet(source, filters=[("type", "in", list(kinds))] if kinds else None)
    return found.astype(dict.fromkeys(NUMBERS, "Int32"))  # Not every event has a number: none is no 0.


def scenario(name_or_path: str, changes: Mapping[str, object] | None = None) -> Scenario:
    """A shipped scenario by name, or a file, with some keys changed. Raises ScenarioRefused."""
    read = partial(load_study, find_scenario(name_or_path))
    return Scenario(read).override(changes or {})


def scenario_text(text: str) -> Scenario:
    """A scenario written as text. Raises ScenarioRefused, with line and column."""
    return Scenario(partial(parse_study, text, "text", Path()))
