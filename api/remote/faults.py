"""``twin fault``: what goes wrong between the twin and its client."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

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

COLUMNS = ("id", "operation", "when", "effect", "seen", "struck", "spent")
DISTRIBUTIONS = {"constant": (), "uniform": ("to_ms",), "exponential": (), "lognormal": ("sigma",)}
"""Of delays: what each needs besides its first number."""

app = typer.Typer(
    invoke_without_command=True,
    help="Wrong statuses, delays, lost connections: list, add, remove, clear.",
    epilog="Example: twin fault add create_request --status 503 --header 'Retry-After: 1' --next 2",
)


@app.callback()
def fault(
    context: typer.Context,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Wrong statuses, delays, lost connections: list, add, remove, clear. Without a word: list."""
    if context.invoked_subcommand is None:
        list_faults(url, token, world, as_json)


@app.command("list")
def list_faults(
    url: Url = HERE, token: Token = None, world: World = DEFAULT, as_json: AsJson = False
) -> None:
    """The rules in force, in the order in which they are asked."""
    answer = fetch(Remote(url, token, world), "GET", "/faults")
    if as_json:
        show(answer, as_json)
    else:
        show_table(COLUMNS, [{**one, "when": _when(one)} for one in answer["faults"]], "no faults")


@app.command(epilog="Example: twin fault add --delay lognormal:80:0.6 --probability 0.2")
def add(
    operation: Annotated[str, typer.Argument(help="An operation id; * stands for any call.")] = "*",
    status: Annotated[int | None, typer.Option(help="Answer this instead.")] = None,
    body: Annotated[str | None, typer.Option(help="With --status: JSON, or any text.")] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME: VALUE", help="With --status; may be repeated.")
    ] = None,
    delay: Annotated[
        str | None,
        typer.Option(
            help="Wall ms before the answer: 200, uniform:100:300, exponential:80, or lognormal:80:0.6 "
            "(median, sigma)."
        ),
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Drop the connection instead of an answer.")] = False,
    truncate: Annotated[
        int | None, typer.Option(help="Drop the connection after so many bytes of the body.")
    ] = None,
    executed: Annotated[
        bool, typer.Option("--executed", help="With --status or --reset: only the answer is lost.")
    ] = False,
    probability: Annotated[float | None, typer.Option(help="How likely it strikes; 1 if not given.")] = None,
    nth: Annotated[int | None, typer.Option(help="Only every nth such call.")] = None,
    next_: Annotated[int | None, typer.Option("--next", help="Only so many times.")] = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """A new rule: what happens to calls of an operation, and when."""
    order = given(status=status, body=_body(body), headers=_headers(header or []), delay=_delay(delay))
    order |= given(truncate=truncate, probability=probability, nth=nth, next=next_)
    flags = {"reset": reset, "executed": executed}
    order |= {name: True for name, on in flags.items() if on}
    carry_out(Remote(url, token, world), as_json, "POST", "/faults", json={"operation": operation, **order})


@app.command(epilog="Example: twin fault remove fault-1")
def remove(
    rule: Annotated[str, typer.Argument(help="Its id.", show_default=False)],
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Take a rule back."""
    carry_out(Remote(url, token, world), as_json, "DELETE", f"/faults/{rule}")


@app.command()
def clear(url: Url = HERE, token: Token = None, world: World = DEFAULT, as_json: AsJson = False) -> None:
    """Take all rules back; their random stream begins again."""
    carry_out(Remote(url, token, world), as_json, "DELETE", "/faults")


def _body(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def _headers(lines: list[str]) -> dict[str, str] | None:
    pairs = [line.partition(":") for line in lines]
    if not all(colon and name.strip() for name, colon, _ in pairs):
        raise typer.BadParameter('a header is written "Name: value"', param_hint="--header")
    return {name.strip(): value.strip() for name, _, value in pairs} or None


def _delay(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    words = text.split(":")
    name = words.pop(0) if words[0] in DISTRIBUTIONS else "constant"
    fields = ("ms", *DISTRIBUTIONS[name])
    try:
        numbers = {field: float(word) for field, word in zip(fields, words, strict=True)}
    except ValueError:
        right = "200, uniform:100:300, exponential:80, or lognormal:80:0.6"
        raise typer.BadParameter(f"a delay is {right}", param_hint="--delay") from None
    return {"distribution": name, **numbers}


def _when(rule: dict[str, Any]) -> str:
    parts = [f"p={rule['probability']:g}" if rule["probability"] < 1 else ""]
    parts += [f"{name}={rule[name]}" for name in ("nth", "next") if rule[name] is not None]
    return " ".join(filter(None, parts)) or "always"
