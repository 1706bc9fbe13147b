"""``twin serve``: the command that puts the twin on a port."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.newkey import new_key
from twin.domain.errors import Invalid
from twin.domain.work import OPERATOR_API, OPERATOR_BOTH, OPERATOR_SIMULATED
from twin.simulation.pacing import Speed, parse_speed

if TYPE_CHECKING:
    from datetime import datetime

    from api.control.access import Access


_KEPT = ("site", "seed", "epoch", "operator", "policy", "speed", "api_key")
"""Options that a kept world has its own values of."""


class Operator(StrEnum):
    """Who gives the triggers at the balconies."""

    API = OPERATOR_API
    SIMULATED = OPERATOR_SIMULATED
    BOTH = OPERATOR_BOTH


class LogFormat(StrEnum):
    """How the log of the server is written."""

    TEXT = "text"
    JSON = "json"


class Control(StrEnum):
    """Who may use ``/_twin``."""

    OPEN = "open"
    TOKEN = "token"
    KEY = "key"
    OFF = "off"


def command(
    context: typer.Context,
    site: Annotated[str, typer.Option(help="A shipped site or a site file.", envvar="TWIN_SITE")] = "demo",
    seed: Annotated[int, typer.Option(min=0, help="Of all chance.", envvar="TWIN_SEED")] = 1,
    speed: Annotated[
        str, typer.Option(help="0 (paused), 1 (real time), a factor, or max.", envvar="TWIN_SPEED")
    ] = "1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 takes a free one.", envvar="TWIN_PORT")
    ] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on.", envvar="TWIN_HOST")] = "127.0.0.1",
    epoch: Annotated[
        str | None,
        typer.Option(
            help="The instant of simulated time 0, ISO 8601 with its UTC offset.", envvar="TWIN_EPOCH"
        ),
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(help="The Bearer key; a new one where not given.", envvar="TWIN_API_KEY")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Folder for pictures, reports, issues; a temporary one if not given.",
            envvar="TWIN_DATA",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Folder in which all worlds outlive the process; in memory if not given.",
            envvar="TWIN_STATE",
        ),
    ] = None,
    control: Annotated[
        Control | None,
        typer.Option(
            help="Who may use /_twin: open to this machine (usual on loopback), who has the token, "
            "a Super Admin's API key, or off (usual elsewhere).",
            envvar="TWIN_CONTROL",
        ),
    ] = None,
    control_token: Annotated[
        str | None, typer.Option(help="The token that opens /_twin.", envvar="TWIN_CONTROL_TOKEN")
    ] = None,
    control_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Serve /_twin on this port only; 0 takes a free one.",
            envvar="TWIN_CONTROL_PORT",
        ),
    ] = None,
    operator: Annotated[
        Operator, typer.Option(help="Who gives the triggers.", envvar="TWIN_OPERATOR")
    ] = Operator.API,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DECISION=NAME",
            help="A policy, like dispatch=nearest; may be repeated.",
            envvar="TWIN_POLICY",
        ),
    ] = None,
    init: Annotated[
        Path | None,
        typer.Option(
            help="Folder of seed files (.json, .py) for a new world; ready when they are done.",
            envvar="TWIN_INIT",
        ),
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option(help="How the server writes its own log.", envvar="TWIN_LOG_FORMAT")
    ] = LogFormat.TEXT,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="When ready, print a JSON line with url and api_key.", envvar="TWIN_JSON"
        ),
    ] = False,
) -> None:
    """Serve the API of a site until Ctrl-C."""
    pace, start, key = _speed(speed), _epoch(epoch), _key(api_key)
    access = _access(control, control_token, host)
    if state is not None and data is not None:
        raise _wrong("--data", "left out with --state, which keeps the files as well")
    said = {name for name in _KEPT if _is_said(context, name)}
    folder = _usable(data)
    seeds = [] if init is None else _seeds(init)
    # Slow to import, and not needed for --help.
    from api.server import Order, serve
    from twin.policies.chosen import Choice

    policies = Choice.parse(policy or ())
    order = Order(
        site,
        seed,
        pace,
        port,
        host,
        start,
        key,
        operator.value,
        as_json,
        folder,
        policies,
        access,
        control_port,
        state,
        frozenset(said),
        tuple(seeds),
        log_format.value,
        made_key=api_key is None,
    )
    raise typer.Exit(serve(order))


def _speed(text: str) -> Speed:
    try:
        return parse_speed(text if text == "max" else float(text))
    except (ValueError, Invalid):
        raise _wrong("--speed", '0 (paused), a factor up to 1000000 (1 is real time) or "max"') from None


def _epoch(text: str | None) -> datetime:
    from datetime import UTC, datetime

    from api.control.durations import FIRST_YEAR, LAST_YEAR
    from twin.assembly import DEFAULT_EPOCH

    try:
        instant = datetime.fromisoformat(DEFAULT_EPOCH if text is None else text)
    except ValueError:
        instant = None
    if instant is None or instant.utcoffset() is None:
        raise _wrong("--epoch", "an instant with its UTC offset, like 2026-01-05T06:00:00+01:00")
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        years = f"in the years {FIRST_YEAR} to {LAST_YEAR}"
        raise _wrong("--epoch", f"{years}; {text} is in the year {instant.year}")
    return instant.astimezone(UTC)


def _is_said(context: typer.Context, name: str) -> bool:
    """Whether an option was given on the command line.

    Variables are of the place (a container that starts again and again): they count for a
    new world, and one that is kept has its own.
    """
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _seeds(folder: Path) -> list[Path]:
    from api.seeding import seed_files

    return seed_files(folder)


def _usable(folder: Path | None) -> Path | None:
    """The folder, made where it is not there. Raises BadParameter where files cannot be kept in it."""
    if folder is None:
        return None
    from tempfile import TemporaryFile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        reason = error.strerror or str(error)
        raise _wrong("--data", f"a folder that can be made and written; {folder}: {reason}") from None


def _access(way: Control | None, token: str | None, host: str) -> Access:
    from api.control.access import LOOPBACK, Access

    here = host in LOOPBACK
    if token is not None and (way or Control.TOKEN) is not Control.TOKEN:
        raise _wrong("--control-token", "left out unless --control is token")
    if way is Control.TOKEN and token is None:
        raise _wrong("--control", "given with --control-token TOKEN where it is token")
    if way is Control.OPEN and not here:
        raise _wrong("--control", "token, key or off on an address that other machines can reach")
    if token is not None:
        return Access("token", token=_printable("--control-token", token))
    usual = Control.OPEN if here else Control.OFF
    return Access((way or usual).value, hosts=LOOPBACK)


def _key(given: str | None) -> str:
    return new_key() if given is None else _printable("--api-key", given)


def _printable(option: str, given: str) -> str:
    if not given.isascii() or not given.isprintable() or not given or " " in given:
        raise _wrong(option, "printable ASCII characters without spaces")
    return given


def _wrong(option: str, right: str) -> typer.BadParameter:
    return typer.BadParameter(f"it must be {right}", param_hint=option)
