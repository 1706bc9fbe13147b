"""A running twin as its commands see it: where it is, what it answers, and how that is printed.

Where it is: ``--url`` or TWIN_URL. Its control token: ``--token`` or TWIN_CONTROL_TOKEN.
Exit status 0: done. 1: the twin is not there, has refused, or what was asked for does not hold.
2: the command was used wrongly.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import httpx
import typer

TIMEOUT_S = 600.0
FAILED = 1

Url = Annotated[str, typer.Option(envvar="TWIN_URL", help="Where the twin is.")]
Token = Annotated[str | None, typer.Option(envvar="TWIN_CONTROL_TOKEN", help="The control token.")]
World = Annotated[str, typer.Option(help="The id of a world.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
HERE = "http://127.0.0.1:8000"
DEFAULT = "default"


class Unreached(Exception):
    """The twin is not there, or has refused."""


class Remote:
    """A running twin; ``world`` is the id of the world that calls are about."""

    def __init__(self, url: str, token: str | None, world: str = DEFAULT) -> None:
        self.headers = {} if token is None else {"Twin-Control": token}
        self.base = f"/_twin/worlds/{world}" if world != DEFAULT else "/_twin"
        self.url, self.world = url.rstrip("/"), world

    def send(self, method: str, path: str, *, accept: int | None = None, **options: Any) -> httpx.Response:
        """An answer below 300, or of the status ``accept``, to a call under the base of the world.

        Raises Unreached for others, and typer.BadParameter where a number is nan or infinite: JSON has none.
        """
        _check_finite(options.get("json"))
        try:
            with httpx.Client(headers=self.headers, timeout=TIMEOUT_S, trust_env=False) as client:
                answer = client.request(method, f"{self.url}{self.base}{path}", **options)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise self.unreached(error) from None
        if answer.status_code >= 300 and answer.status_code != accept:
            raise Unreached(f"{method} {path}: {answer.status_code} {detail_of(answer)}")
        return answer

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of such an answer; None where it has no body."""
        answer = self.send(method, path, **options)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise Unreached(f"{method} {path}: no JSON came from {self.url}; is a twin there?") from None

    def unreached(self, error: Exception) -> Unreached:
        """In one sentence: nothing answers."""
        return Unreached(f"no twin answers at {self.url}: {error}")


def _check_finite(body: Any) -> None:
    try:
        json.dumps(body, allow_nan=False)
    except ValueError:
        raise typer.BadParameter("a number must be finite, not nan or inf") from None


def speed_of(text: str | None) -> float | str | None:
    """A speed as it was typed: a factor, or ``max``; None where none was given. Raises typer.BadParameter."""
    if text is None or text == "max":
        return text
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter('a speed is 0, a factor, or "max"') from None


def detail_of(answer: httpx.Response) -> str:
    """Why a call was refused, in one line."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.text[:500] or answer.reason_phrase
    if isinstance(detail, str):
        return detail
    return "; ".join(_complaint(error["loc"], error["msg"]) for error in detail)


def _complaint(location: Sequence[str | int], message: str) -> str:
    where = ".".join(str(part) for part in location if part not in ("body", "query", "path"))
    return f"{where}: {message}" if where and not message.startswith(where) else message


def end(reason: object) -> typer.Exit:
    """Say why a command cannot be done; raise what it gives."""
    print(f"twin: {reason}", file=sys.stderr)
    return typer.Exit(FAILED)


def carry_out(remote: Remote, as_json: bool, method: str, path: str, **options: Any) -> Any:
    """Make a call and print its answer, which is given back as well."""
    value = fetch(remote, method, path, **options)
    show(value, as_json)
    return value


def fetch(remote: Remote, method: str, path: str, **options: Any) -> Any:
    """The answer of a call; where there is none, the command ends with a sentence."""
    try:
        return remote.ask(method, path, **options)
    except Unreached as reason:
        raise end(reason) from None


def show(value: Any, as_json: bool) -> None:
    """Print an answer: as JSON, or for people."""
    if as_json:
        print(json.dumps(value))
    elif isinstance(value, dict):
        lines = list(_lines("", value))
        width = max(16, *(len(name) for name, _ in lines)) if lines else 0
        for name, cell in lines:
            print(f"{name:<{width}} {cell}")


def _lines(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """What is printed of a value: of a part of a part with the names of both, of rows one each."""
    if isinstance(value, dict):
        for part, item in value.items():
            yield from _lines(f"{name}.{part}" if name else part, item)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for row in value:
            yield name, ", ".join(f"{part} {_cell(item)}" for part, item in row.items())
    else:
        yield name, _cell(value)


def show_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], none: str) -> None:
    """Print rows in columns as wide as they need; ``none`` where there are no rows."""
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    if not cells:
        print(none)
        return
    titles = [column.replace("_", " ") for column in columns]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    for line in (titles, *cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ", ".join(map(str, value)) or "-"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def given(**options: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}
