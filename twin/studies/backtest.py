"""The recorded results of the shipped scenarios, and whether the twin still comes to them.

    python -m twin.studies.backtest record [NAME ...]   run in full and write scenarios/results
    python -m twin.studies.backtest check [NAME ...]    run in full and compare

A recorded result has a short version, too: one replication of the file as it is with a
short horizon, which the tests compare.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from twin.experiments.finding import shipped
from twin.experiments.scenario.reading import FOLDER, Study, load_study
from twin.experiments.statistics import unpaired
from twin.records.measures.catalogue import SHARE, describe
from twin.studies.pool import cores, local
from twin.studies.running import Task, replicate
from twin.studies.study import Executor, Result, carry_out
from twin.studies.summary import judge, plain_kpis
from twin.studies.telling import HEADLINES

SHORT = ("run.horizon=75 min", "run.warm_up=15 min")
WITHIN = 0.05
"""Share of a recorded mean by which a full run may differ, even if it differs for sure."""
SHORT_WITHIN = {"order_lead_time_mean": 0.3, "order_lead_time_p95": 0.4}
"""Shares by which single figures of a short run may differ; the others by 10 %."""
POINTS = 0.05
"""Difference of shares that counts for nothing."""


def results_file(name: str) -> Path:
    """Where the recorded result of a shipped scenario is."""
    return shipped(FOLDER)[name].parent / "results" / f"{name}.json"


def recorded(name: str) -> dict[str, Any]:
    """The recorded result of a shipped scenario."""
    found: dict[str, Any] = orjson.loads(results_file(name).read_bytes())
    return found


def short_run(name: str) -> dict[str, float]:
    """The headline figures of one short replication of the file as it is."""
    study = load_study(shipped(FOLDER)[name], SHORT)
    kpis = replicate(Task(study.baseline, 0, study.baseline.scenario.run.warm_up_ms)).kpis
    return {kpi: kpis[kpi] for kpi in HEADLINES if kpi in kpis}


def short_differences(was: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """What a short run comes to that is not what was recorded, in words."""
    found = [f"{kpi} is gone" for kpi in was if kpi not in now]
    for kpi, value in now.items():
        if kpi not in was:
            found.append(f"{kpi} is new")
        elif describe(kpi).unit == SHARE:
            found += [f"{kpi} was {was[kpi]:.3f}, is {value:.3f}"] if abs(value - was[kpi]) > POINTS else []
        elif abs(value - was[kpi]) > SHORT_WITHIN.get(kpi, 0.1) * abs(was[kpi]):
            found.append(f"{kpi} was {was[kpi]:.1f}, is {value:.1f}")
    return found


def full_differences(was: Mapping[str, Any], results: Sequence[Result]) -> Iterator[str]:
    """What variants come to that is for sure not what was recorded, and by more than it may."""
    for result in results:
        name, samples = result.variant.name, _samples(result)
        if name not in was["variants"]:
            yield f"{name}: not recorded"
            continue
        for kpi, before in was["variants"][name]["samples"].items():
            if kpi not in samples:
                yield f"{name}: {kpi} is gone"
                continue
            change, mean = unpaired(before, samples[kpi]), sum(before) / len(before)
            allowed = POINTS if describe(kpi).unit == SHARE else WITHIN * abs(mean)
            if 0 not in change and abs(change.mean) > allowed:
                yield f"{name}: {kpi} was {mean:.4g}, and differs by {change.low:.4g} to {change.high:.4g}"


def _samples(result: Result) -> dict[str, list[float]]:
    return {
        kpi: [outcome.kpis[kpi] for outcome in result.outcomes]
        for kpi in HEADLINES
        if all(kpi in outcome.kpis for outcome in result.outcomes)
    }


def _full(study: Study) -> list[Result]:
    with local(cores()) as runner:
        return carry_out(study.compared(), Executor(runner))


def record(name: str) -> None:
    """Run a shipped scenario in full and in short, and write down what it comes to."""
    results = _full(load_study(shipped(FOLDER)[name]))
    found = {
        "scenario": name,
        "variants": {
            result.variant.name: {
                "kpis": {kpi: each for kpi, each in plain_kpis(result.kpis).items() if "." not in kpi},
                "targets": {
                    verdict.kpi: verdict.as_plain()
                    for verdict in judge(result.kpis, result.variant.scenario.targets)
                },
                "samples": _samples(result),
            }
            for result in results
        },
        "short": {"settings": list(SHORT), "kpis": short_run(name)},
    }
    results_file(name).parent.mkdir(exist_ok=True)
    results_file(name).write_bytes(
        orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )


def main(arguments: Sequence[str]) -> int:
    """The command line; 1 where something differs."""
    what, *names = arguments or ("",)
    if what not in ("record", "check"):
        print(__doc__)
        return 2
    failed = 0
    for name in names or [name for name in shipped(FOLDER) if results_file(name).exists()]:
        if what == "record":
            record(name)
            print(f"{name}: recorded", flush=True)
            continue
        found = list(full_differences(recorded(name), _full(load_study(shipped(FOLDER)[name]))))
        failed += bool(found)
        print(f"{name}: " + ("; ".join(found) or "as recorded"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
