"""``twin incident``: what goes wrong in the warehouse itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from api.control.durations import parse_duration
from api.remote.calling import (
    DEFAULT,
    HERE,
    AsJson,
    Remote,
    Token,
    Url,
    World,
    carry_out,
    fetch,
    given,
    show,
    show_table,
)

SUBJECTS = ("bot", "carrier", "balcony", "level", "x", "y")
COLUMNS = ("id", "kind", "status", "of", "at", "at_ms", "until_ms")


class Kind(StrEnum):
    """What can go wrong."""

    STALL = "stall"
    TAG = "tag"
    CELL = "cell"
    BALCONY = "balcony"
    CHARGER = "charger"
    PERSON = "person"
    EMERGENCY_STOP = "emergency_stop"


def _repair(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


OfKind = Annotated[Kind, typer.Argument(help="What goes wrong.", show_default=False)]
Bot = Annotated[int | None, typer.Option(help="With stall.")]
Carrier = Annotated[int | None, typer.Option(help="With tag.")]
Balcony = Annotated[int | None, typer.Option(help="With balcony and person.")]
Level = Annotated[int | None, typer.Option(help="With cell and charger, like --x and --y.")]
Coordinate = Annotated[int | None, typer.Option(help="With cell and charger.")]
Repair = Annotated[
    str | None, typer.Option(help="Over by itself after so long, like PT90S; else when it is ended.")
]

app = typer.Typer(
    invoke_without_command=True,
    help="Stalled bots, blocked cells, absent people: list, begin, plan, end.",
    epilog="Example: twin incident begin stall --bot 3 --repair PT90S",
)


@app.callback()
def incident(
    context: typer.Context,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Stalled bots, blocked cells, absent people: list, begin, plan, end. Without a word: list."""
    if context.invoked_subcommand is None:
        list_incidents(url, token, world, as_json)


@app.command("list")
def list_incidents(
    url: Url = HERE, token: Token = None, world: World = DEFAULT, as_json: AsJson = False
) -> None:
    """What does not work now, by command or by chance, and what is planned."""
    answer = fetch(Remote(url, token, world), "GET", "/incidents")
    if as_json:
        show(answer, as_json)
    else:
        show_table(COLUMNS, [{**one, "of": _of(one)} for one in answer["items"]], "no incidents")


@app.command(epilog="Example: twin incident begin cell --level 1 --x 4 --y 2 --repair PT5M")
def begin(
    kind: OfKind,
    bot: Bot = None,
    carrier: Carrier = None,
    balcony: Balcony = None,
    level: Level = None,
    x: Coordinate = None,
    y: Coordinate = None,
    repair: Repair = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Let something go wrong now."""
    subject = given(bot=bot, carrier=carrier, balcony=balcony, level=level, x=x, y=y)
    _post(Remote(url, token, world), as_json, kind, subject | given(repair_ms=_repair(repair)))


@app.command(epilog="Example: twin incident plan emergency_stop --at 2026-01-05T06:30:00Z --repair PT1M")
def plan(
    kind: OfKind,
    at: Annotated[str | None, typer.Option(help="An instant with its UTC offset.")] = None,
    at_ms: Annotated[int | None, typer.Option(min=0, help="The same in simulated ms.")] = None,
    bot: Bot = None,
    carrier: Carrier = None,
    balcony: Balcony = None,
    level: Level = None,
    x: Coordinate = None,
    y: Coordinate = None,
    repair: Repair = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Let something go wrong exactly at a simulated time."""
    if (at is None) == (at_ms is None):
        raise typer.BadParameter("needs exactly one of --at and --at-ms")
    subject = given(bot=bot, carrier=carrier, balcony=balcony, level=level, x=x, y=y)
    when = given(at=at, at_ms=at_ms, repair_ms=_repair(repair))
    _post(Remote(url, token, world), as_json, kind, subject | when)


@app.command("end", epilog="Example: twin incident end 7")
def end_incident(
    number: Annotated[int, typer.Argument(help="Its id.", show_default=False)],
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Repair what does not work, or take back what is planned."""
    carry_out(Remote(url, token, world), as_json, "DELETE", f"/incidents/{number}")


def _post(remote: Remote, as_json: bool, kind: Kind, order: dict[str, Any]) -> None:
    carry_out(remote, as_json, "POST", "/incidents", json={"kind": kind.value, **order})


def _of(one: dict[str, Any]) -> str:
    return " ".join(f"{name} {one[name]}" for name in SUBJECTS if one[name] is not None) or "-"
