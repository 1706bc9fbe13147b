"""``twin calls`` and ``twin coverage``: what clients have called, and what of the API they have met."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from api.remote.calling import (
    DEFAULT,
    HERE,
    AsJson,
    Remote,
    Token,
    Unreached,
    Url,
    World,
    end,
    fetch,
    given,
    show,
    show_table,
)

COLUMNS = ("id", "t_ms", "method", "path", "query", "operation", "status", "fault")
KINDS = (("states of jobs", "job_states"), ("states of requests", "request_states"))
CONFLICT = 409
EVENTS = ("codes of events", "event_codes")
Client = Annotated[str | None, typer.Option(help="Only of this client, as --clients names them.")]


def calls(
    method: Annotated[str | None, typer.Option(help="GET, POST, ...")] = None,
    path: Annotated[str | None, typer.Option(help="A part of the path.")] = None,
    operation: Annotated[str | None, typer.Option(help="An operation id, or unmatched.")] = None,
    status: Annotated[int | None, typer.Option(help="The status that was answered.")] = None,
    fault: Annotated[str | None, typer.Option(help="The fault that struck.")] = None,
    body: Annotated[str | None, typer.Option(help="A part of what was sent.")] = None,
    answer: Annotated[str | None, typer.Option(help="A part of what was answered.")] = None,
    client: Client = None,
    since: Annotated[int | None, typer.Option(help="Only calls after this one.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    exactly: Annotated[int | None, typer.Option(min=0, help="Check that there are so many.")] = None,
    at_least: Annotated[int | None, typer.Option(min=0, help="Check that there are no fewer.")] = None,
    at_most: Annotated[int | None, typer.Option(min=0, help="Check that there are no more.")] = None,
    unmatched: Annotated[
        bool, typer.Option("--unmatched", help="Calls of no operation, each with the nearest.")
    ] = False,
    clients: Annotated[bool, typer.Option("--clients", help="Who has called, and how often.")] = False,
    har: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write them as HAR, for `twin replay` and browsers.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget all calls and coverage.")] = False,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Calls of the API, the oldest first; with --exactly and the like: whether there are so many.

    Example: twin calls --operation trigger_job --exactly 3
    """
    remote = Remote(url, token, world)
    marks = given(method=method and method.upper(), path=path, operation=operation, status=status)
    marks |= given(fault=fault, body=body, answer=answer, client=client)
    count = given(exactly=exactly, at_least=at_least, at_most=at_most)
    if sum((bool(count), unmatched, clients, har is not None, forget)) > 1:
        raise typer.BadParameter("only one of counts, --unmatched, --clients, --har and --forget")
    if count:
        _verify(remote, as_json, marks | count)
    elif forget:
        show(fetch(remote, "DELETE", "/calls"), as_json)
    elif har is not None:
        _write(remote, "/calls.har", marks | given(since=since), har)
    elif clients:
        _list(fetch(remote, "GET", "/calls/clients"), "clients", ("client", "name", "calls"), as_json)
    elif unmatched:
        columns = ("id", "method", "path", "status", "nearest")
        _list(fetch(remote, "GET", "/calls/unmatched"), "calls", columns, as_json)
    else:
        query = marks | given(since=since, limit=limit)
        _list(fetch(remote, "GET", "/calls", params=query), "calls", COLUMNS, as_json)


def _list(answer: dict[str, Any], name: str, columns: Iterable[str], as_json: bool) -> None:
    if as_json:
        show(answer, as_json)
    else:
        show_table(tuple(columns), answer[name], f"no {name}")


def _verify(remote: Remote, as_json: bool, order: dict[str, Any]) -> None:
    answer = fetch(remote, "POST", "/calls/verify", accept=CONFLICT, json=order)
    show(answer, as_json)
    if not answer["holds"]:
        raise end(answer["detail"])


def coverage(
    client: Client = None,
    junit: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it for a CI: what was never met is skipped.")
    ] = None,
    html: Annotated[Path | None, typer.Option(dir_okay=False, help="Write it as a page.")] = None,
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=100, help="Status 1 below so many percent of the operations.")
    ] = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """What of the API clients of a world have met, and what never: operations, statuses, states, codes.

    Example: twin coverage --junit coverage.xml --html coverage.html --fail-under 60
    """
    remote, query = Remote(url, token, world), given(client=client)
    report = fetch(remote, "GET", "/coverage", params=query)
    if client is not None and not report["operations_met"]:
        _say_who_has_called(remote, client)
    for kind, file in (("junit", junit), ("html", html)):
        if file is not None:
            _write(remote, "/coverage", query | {"format": kind}, file)
    if as_json:
        show(report, as_json)
    elif junit is None and html is None:
        _tell(report)
    percent = 100 * report["operations_met"] / report["operations"]
    if fail_under is not None and percent < fail_under:
        raise end(f"{percent:.1f} % of the operations were called, not {fail_under:g} %")


def _say_who_has_called(remote: Remote, client: str) -> None:
    """A name that is wrong looks like a client that has not begun."""
    names = [one["client"] for one in fetch(remote, "GET", "/calls/clients")["clients"] if one["client"]]
    called = f"those that have: {', '.join(names)}" if names else "nobody has"
    print(f"twin: no client {client!r} has called an operation of this world; {called}", file=sys.stderr)


def _tell(report: dict[str, Any]) -> None:
    rows = [
        {
            "operation": one["operation"],
            "calls": one["calls"],
            "answered": ", ".join(f"{status} x{count}" for status, count in one["statuses"].items()) or "-",
            "never": ", ".join(map(str, one["statuses_never_met"])) or "-",
        }
        for one in report["by_operation"]
    ]
    show_table(("operation", "calls", "answered", "never"), rows, "no operations")
    for title, kind in (*KINDS, EVENTS):
        met, never, meanings = (report[kind].get(name, {}) for name in ("met", "never_met", "meanings"))
        never = [f"{name} {meanings[name]}" if name in meanings else name for name in never]
        print(f"\n{title}, met:   {', '.join(f'{name} x{count}' for name, count in met.items()) or '-'}")
        print(f"{title}, never: {', '.join(never) or '-'}")
    print(f"\n{report['operations_met']} of {report['operations']} operations were called")


def _write(remote: Remote, path: str, query: dict[str, Any], out: Path) -> None:
    try:
        out.write_bytes(remote.send("GET", path, params=query).content)
    except Unreached as reason:
        raise end(reason) from None
    print(out)
