"""The commands of planners: ``twin run``, ``sweep``, ``size``, ``compare``, ``schema``, ``check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.studies.stopping import stoppable

File = Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped scenario.")]
Replications = Annotated[
    int | None, typer.Option(min=1, max=10_000, help="Instead of what the scenario says.")
]
Seed = Annotated[int | None, typer.Option(min=0, max=2**31, help="Instead of what the scenario says.")]
Workers = Annotated[int | None, typer.Option(min=1, max=1024, help="Processes; as many as cores.")]
Scheduler = Annotated[str | None, typer.Option(help="Run on this dask cluster, such as tcp://host:8786.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the results; run again, it goes on from there.", file_okay=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Events = Annotated[
    bool, typer.Option("--events", help="Keep all events too, as events.parquet in the folder of --out.")
]
Set = Annotated[list[str] | None, typer.Option("--set", help="key=value, such as fleet.bots_per_level=8.")]


def run(
    file: File,
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    as_json: AsJson = False,
    events: Events = False,
    settings: Set = None,
) -> None:
    """Run a scenario as it is (without what it varies) and say what came out, with intervals."""
    with stoppable(kept=out is not None):
        from twin.studies import console

        study = console.load(file, replications, seed, settings, events)
        console.run(study, console.Work(workers, scheduler, out, as_json))


def sweep(
    file: File,
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    as_json: AsJson = False,
    events: Events = False,
    settings: Set = None,
) -> None:
    """Run all variants of a scenario with the same random numbers, and compare them."""
    with stoppable(kept=out is not None):
        from twin.studies import console

        study = console.load(file, replications, seed, settings, events)
        console.sweep(study, console.Work(workers, scheduler, out, as_json))


def size(
    file: File,
    vary: Annotated[str, typer.Option(help="key=2..20, key=100..900:50 or key=2,4,8, ascending.")],
    target: Annotated[
        list[str] | None, typer.Option(help='"lines_per_hour>=500"; else the targets of the file.')
    ] = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    as_json: AsJson = False,
    settings: Set = None,
) -> None:
    """Find the smallest value that meets the targets with 95 % confidence, in few runs."""
    with stoppable(kept=out is not None):
        from twin.studies import console

        study = console.load(file, None, seed, settings)
        console.size(study, vary, target or [], console.Work(workers, scheduler, out, as_json))


def compare(
    a: Annotated[str, typer.Argument(help="A scenario, or a folder of results.")],
    b: Annotated[str, typer.Argument(help="What it is compared with.")],
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Run two scenarios with the same random numbers and say how B differs from A."""
    with stoppable(kept=False):
        from twin.studies import console

        console.compare(a, b, replications, seed, console.Work(workers, scheduler, None, as_json))


def cluster(
    workers: Workers = None,
    host: Annotated[str, typer.Option(help="Where the scheduler listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 8786,
) -> None:
    """Start a dask cluster on this machine, for --scheduler; see docs/clusters.md for several machines."""
    from twin.studies import console

    console.cluster(workers, host, port)


def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from json import dumps

    from twin.experiments.scenario.sections import json_schema

    print(dumps(json_schema(), indent=2))


def check(file: File, settings: Set = None) -> None:
    """Read a scenario with all its variants and say what it would run, without running it."""
    from twin.studies import console

    console.check(console.load(file, None, None, settings))


def report(
    folder: Annotated[Path, typer.Argument(help="A folder of results, as --out makes it.", file_okay=False)],
) -> None:
    """Write report.html into a folder of results: the answer, the bottleneck, and pictures, in one page."""
    from twin.experiments.report import write_report

    print(write_report(folder))


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``app``."""
    for command in (run, sweep, size, compare, report, cluster, schema, check):
        app.command()(command)
