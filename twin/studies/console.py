"""What the planners' commands do: load, carry out with a progress bar, tell."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from twin.assembly import keeping_deadlocks
from twin.domain.errors import ScenarioRefused
from twin.experiments.report import write_report
from twin.experiments.scenario.doubts import doubts
from twin.experiments.scenario.model import ALL_EVENTS, NO_EVENTS, Until
from twin.experiments.scenario.quantities import Bound, counted, duration_text
from twin.experiments.scenario.reading import Study, Variant, find_scenario, load_study
from twin.studies import comparing, telling
from twin.studies.cluster import local_cluster, on_cluster
from twin.studies.folder import Folder, held, plain_results
from twin.studies.pool import cores, local
from twin.studies.sizing import find_size, question
from twin.studies.study import Executor, Memory, Progress, Result, carry_out


@dataclass(frozen=True, slots=True)
class Work:
    """How and where the work is done, and how it is told."""

    workers: int | None
    scheduler: str | None
    out: Path | None
    as_json: bool


def load(
    file: str,
    replications: int | None,
    seed: int | None,
    settings: list[str] | None,
    events: bool = False,
) -> Study:
    """The study in a file, with what the command line says instead. Raises ScenarioRefused."""
    changed = list(settings or ())
    changed += [f"run.replications={replications}"] if replications is not None else []
    changed += [f"run.seed={seed}"] if seed is not None else []
    changed += [f"run.events={ALL_EVENTS}"] if events else []
    return load_study(find_scenario(file), changed)


def run(study: Study, work: Work) -> None:
    """``twin run``."""
    variants = (study.baseline,)
    results, wall_s = _carried_out(study, variants, work)
    (result,) = results
    if work.as_json:
        _print_json(as_object(result, wall_s))
        return
    telling.tell_run(result, wall_s)
    if study.variants:
        print(f"\nThe file varies {counted(len(study.variants), 'variant')}: twin sweep {study.source}")
    _tell_folder(work)


def sweep(study: Study, work: Work) -> None:
    """``twin sweep``."""
    results, wall_s = _carried_out(study, study.compared(), work)
    base = study.scenario.compare
    if work.as_json:
        whole = plain_results(results, study.scenario.name)
        whole["comparison"] = telling.comparisons(results, base)
        _print_json({**whole, "wall_seconds": wall_s, "simulated_seconds": _simulated_s(results)})
        return
    telling.tell_sweep(results, base, wall_s)
    _tell_folder(work)


def size(study: Study, varied: str, targets: list[str], work: Work) -> None:
    """``twin size``."""
    asked = question(study, varied, targets)
    began = time.perf_counter()
    with held(work.out):
        with executor(work, study) as ready:
            found = find_size(study, asked, ready)
        wall_s = time.perf_counter() - began
        results = [point.result for point in found.curve]
        plain = found.as_plain()
        if work.out is not None:
            folder = Folder(work.out)
            folder.write(results, _with_targets(study, asked.targets), wall_s)
            folder.write_json("size.json", plain)
            write_report(work.out)
    if work.as_json:
        best = next((point for point in found.curve if point.value == found.answer), found.curve[-1])
        judged = {"targets": best.targets, "simulated_seconds": _simulated_s(results)}
        _print_json({**as_object(best.result, wall_s), **plain, **judged})
        return
    telling.tell_size(found, wall_s)
    _tell_folder(work)


def _with_targets(study: Study, targets: dict[str, Bound]) -> Study:
    scenario = replace(study.scenario, targets=targets)
    return replace(study, baseline=replace(study.baseline, scenario=scenario))


def compare(one: str, other: str, replications: int | None, seed: int | None, work: Work) -> None:
    """``twin compare``: scenario files are run, folders of results are read."""
    began = time.perf_counter()
    for option, given in (("--replications", replications), ("--seed", seed)):
        if given is not None and Path(one).is_dir() and Path(other).is_dir():
            advice = "remove it, or name a scenario to run"
            raise ScenarioRefused(f"{option} {given}: {one} and {other} are results that are there; {advice}")
    sides = [_side(name, replications, seed, work) for name in (one, other)]
    found = comparing.compare(*sides)
    if work.as_json:
        _print_json({**found.as_plain(), "wall_seconds": time.perf_counter() - began})
        return
    telling.tell_comparison(found)


def _side(name: str, replications: int | None, seed: int | None, work: Work) -> comparing.Side:
    if Path(name).is_dir():
        return comparing.read_side(Path(name))
    study = load(name, replications, seed, None)
    with executor(work, study) as ready:
        (result,) = carry_out([study.baseline], ready)
    return comparing.side_of(name, result)


def check(study: Study) -> None:
    """``twin check``."""
    scenario = study.scenario
    asked = scenario.run.replications
    often = f"{asked.at_least} to {asked.at_most}" if isinstance(asked, Until) else str(asked)
    variants = study.compared()
    print(f"{study.source}: in order")
    print(f"  {scenario.name}: {duration_text(scenario.run.horizon)} on {study.baseline.site.name}")
    print(f"  {counted(len(variants), 'variant')} x {often} replication{'' if often == '1' else 's'}")
    telling.warn([(variant.name, doubts(variant)) for variant in variants], "variant")


def as_object(result: Result, wall_s: float) -> dict[str, Any]:
    """The one object that ``twin run --json`` prints."""
    plain = plain_results([result], result.variant.scenario.name)["variants"][result.variant.name]
    return {
        "scenario": result.variant.scenario.name,
        "kpis": plain["kpis"],
        "wall_seconds": wall_s,
        "simulated_seconds": _simulated_s([result]),
        "log_sha256": plain["log_sha256"],
        "targets": plain["targets"],
        "replications": plain["replications"],
        "seeds": [outcome.seed for outcome in result.outcomes],
        "bots": result.outcomes[0].bots,
        "warm_up_seconds": plain["warm_up_seconds"],
        "horizon_seconds": plain["horizon_seconds"],
        "confidence": plain["confidence"],
        "lost_lines": plain["lost_lines"],
        "bottleneck": result.bottleneck,
        "warnings": plain["warnings"],
    }


def _simulated_s(results: Sequence[Result]) -> float:
    return sum(outcome.simulated_ms for result in results for outcome in result.outcomes) / 1000


def _carried_out(study: Study, variants: Sequence[Variant], work: Work) -> tuple[list[Result], float]:
    began = time.perf_counter()
    with held(work.out):
        with executor(work, study) as ready:
            results = carry_out(variants, ready)
        wall_s = time.perf_counter() - began
        if work.out is not None:
            Folder(work.out).write(results, study, wall_s)
    return results, wall_s


def cluster(workers: int | None, host: str, port: int) -> None:
    """``twin cluster``: until Ctrl-C."""
    started = local_cluster(workers or cores(), host, port)
    print(
        f"{started.scheduler_address} with {counted(workers or cores(), 'worker')}; Ctrl-C ends it",
        flush=True,
    )
    print(f"twin sweep FILE --scheduler {started.scheduler_address}", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # As service managers end it.
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("ended")
    finally:
        started.close()


@contextmanager
def executor(work: Work, study: Study) -> Iterator[Executor]:
    """What runs replications, with a progress bar.

    A deadlock raises Deadlocked, with its snapshot beside the results (without --out in this folder).
    """
    if study.scenario.run.events != NO_EVENTS and work.out is None:
        print("twin: events are kept in the folder of --out; without it there are none", file=sys.stderr)
    keeper = Folder(work.out) if work.out is not None else Memory()
    with (
        _progress(study.scenario.name) as progress,
        keeping_deadlocks((work.out or Path()) / f"{file_name(study.scenario.name)}.deadlock.json"),
        on_cluster(work.scheduler) if work.scheduler else local(work.workers or cores()) as runner,
    ):
        yield Executor(runner, keeper, progress)


def file_name(title: str) -> str:
    """A title as the beginning of a file's name: what would lead elsewhere, or need quotes, is a dash."""
    return re.sub(r"[^\w.-]+", "-", title).strip(".-") or "scenario"


@contextmanager
def _progress(title: str) -> Iterator[Progress | None]:
    """A bar with the time left on a terminal; nothing where standard error is piped."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())


def _tell_folder(work: Work) -> None:
    if work.out is not None:
        print(f"\nResults in {work.out}; look at {work.out / 'report.html'}")
