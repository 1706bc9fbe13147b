"""``twin events``: the event log of a running twin as it grows."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import httpx
import typer

from api.remote.calling import DEFAULT, HERE, Remote, Token, Unreached, Url, World, detail_of, end, fetch

TRY_AGAIN_S = 1.0
SILENT_S = 60.0
"""A stream says every 15 s that it still lives; one that says nothing for so long is dead."""
ENDED = "event: end"


def events(
    after: Annotated[
        int | None, typer.Option(min=0, help="After this one; 0: all; if not given: what happens next.")
    ] = None,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only of this type; may be repeated.")
    ] = None,
    follow: Annotated[bool, typer.Option(help="Wait for further events, until Ctrl-C.")] = True,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
) -> None:
    """Print the event log, a JSON object a line, as it grows; a lost connection is made again."""
    remote = Remote(url, token, world)
    seen = fetch(remote, "GET", "/log")["last_seq"] or 0 if after is None else after
    with suppress(KeyboardInterrupt):
        while True:
            try:
                for number, line in _stream(remote, seen, type_ or [], follow):
                    seen = number
                    print(line, flush=True)
                return
            except httpx.TransportError as error:
                if not follow:
                    raise end(remote.unreached(error)) from None
                print(f"twin: the connection was lost ({error}); once more", file=sys.stderr)
                time.sleep(TRY_AGAIN_S)
            except (Unreached, httpx.InvalidURL) as reason:
                raise end(reason) from None


def _stream(remote: Remote, after: int, types: list[str], follow: bool) -> Iterator[tuple[int, str]]:
    """Events with their numbers. Raises httpx.TransportError where the line is lost, Unreached at the end
    of the log.
    """
    query: dict[str, Any] = {"type": types, "follow": follow, "after": after}
    with (
        httpx.Client(headers=remote.headers, timeout=SILENT_S, trust_env=False) as client,
        client.stream("GET", f"{remote.url}{remote.base}/events", params=query) as answer,
    ):
        if answer.is_error:
            answer.read()
            raise Unreached(f"GET /events: {answer.status_code} {detail_of(answer)}")
        yield from _parsed(answer.iter_lines())
        if follow:
            raise httpx.ReadError("the twin has closed it")


def _parsed(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    number = 0
    for line in lines:
        if line.startswith("id: "):
            number = int(line[4:])
        elif line == ENDED:
            raise Unreached("the log begins anew: the world was reset or restored")
        elif line.startswith("data: "):
            yield number, line[6:]
