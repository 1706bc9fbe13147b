"""The command ``twin``.

Here are the commands that need the twin alone. Those of other rooms (``serve``) are
found by the entry point group ``twin.commands``, so that ``twin`` never imports them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Annotated, Any

import typer

from twin import PROJECT
from twin.domain.errors import BrokenPolicy, Deadlocked, Refusal
from twin.studies.commands import add_to

COMMANDS = "twin.commands"
"""The entry point group of further commands: a name, and a function or a group for typer."""

USAGE_ERROR = 2
DEADLOCKED = 3
BROKEN_POLICY = 4
INTERRUPTED = 130
"""What shells say of a program that was ended with Ctrl-C."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


add_to(app)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(version(PROJECT))
        raise typer.Exit


@app.callback()
def common(
    show: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """A digital twin of a dense robotic storage system."""


def main() -> None:
    """Run the command line. A refusal is printed as such, and the exit status is 2."""
    try:
        for command in _asked_for(sys.argv[1:]):
            add_command(command.name, command.load())
        app()
    except KeyboardInterrupt:  # While commands are loaded; from then on click takes it.
        sys.exit(INTERRUPTED)
    except (Refusal, OSError) as error:
        print(f"twin: {_said(error)}", file=sys.stderr)
        sys.exit(USAGE_ERROR)
    except Deadlocked as error:
        print(f"twin: {error}", file=sys.stderr)
        sys.exit(DEADLOCKED)
    except BrokenPolicy as error:
        print(f"twin: {error}", file=sys.stderr)
        sys.exit(BROKEN_POLICY)


def _asked_for(arguments: Sequence[str]) -> list[EntryPoint]:
    """Further commands that these arguments may need, by name; all for help and for a word that is none.

    Loading what nobody has asked for would take a good part of the time in which a short command is done.
    """
    word = next((argument for argument in arguments if not argument.startswith("-")), None)
    further = sorted(entry_points(group=COMMANDS), key=lambda command: command.name)
    own = {command.callback.__name__ for command in app.registered_commands if command.callback}
    return [] if word in own else [command for command in further if command.name == word] or further


def add_command(name: str, command: Any) -> None:
    """Have a further command: a function, or commands of its own below a noun."""
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


def _said(error: Exception) -> str:
    """An error in words; one of the system without its number."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _in_a_folder(path: Path) -> Path:
    if not path.parent.is_dir():
        raise typer.BadParameter(f"the folder {path.parent} does not exist")
    return path


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise typer.BadParameter("must be a number of hours")
    return value


def _finite_s(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("must be a number of seconds")
    return value


@app.command()
def log(
    out: Annotated[
        Path,
        typer.Option(
            help="The file to write, one JSON object a line.", dir_okay=False, callback=_in_a_folder
        ),
    ],
    site: Annotated[str, typer.Option(help="A shipped site or a site file.")] = "demo",
    hours: Annotated[float, typer.Option(min=0.001, max=100_000, callback=_finite)] = 1.0,
    lines_per_hour: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    faults_every: Annotated[
        float | None,
        typer.Option(help="Mean seconds between two faults of any kind.", min=0.001, callback=_finite_s),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="DECISION=NAME", help="A policy, like dispatch=nearest; may be repeated."),
    ] = None,
) -> None:
    """Run a busy day headless (random stock and orders, simulated people) and write its event log."""
    from twin.assembly import write_log
    from twin.experiments.sitefile import find_site, load_site
    from twin.policies.chosen import Choice, Policies

    policies = Policies.of(Choice.parse(policy or ()))
    loaded = load_site(find_site(site))
    with _progress(f"{hours:g} h on {loaded.name}") as progress:
        done = write_log(loaded, hours, lines_per_hour, seed, out, progress, faults_every, policies)
    print(f"{out}: {done.events} events, {done.orders} orders, to {done.ended_ms / 3_600_000:.2f} h")
    print(f"sha256 {done.sha256}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="An event log.", exists=True, dir_okay=False)],
    complete: Annotated[bool, typer.Option(help="Also demand that all accepted work has ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as one JSON object.")] = False,
) -> None:
    """Check an event log against the laws: no shared cell, no lost piece, no stuck job."""
    from twin.checking import verify_command

    raise typer.Exit(verify_command(str(file), complete, as_json))


@app.command()
def demo() -> None:
    """Start a twin and drive it over HTTP as a warehouse management system would; every step is checked."""
    from twin.demonstration import run_demo

    raise typer.Exit(run_demo())


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal; nothing where standard error is piped."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
