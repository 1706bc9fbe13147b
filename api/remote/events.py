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
BEGIN, END = "begin", "end"
"""What the stream says of the log itself: another one than that of before; it is no more."""


def events(
    after: Annotated[
        int | None,
        typer.Option(min=0, help="After this one; 0: all. Else: what happens next (--no-follow: all)."),
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
    start = after or 0
    if after is None and follow:
        start = fetch(remote, "GET", "/log")["last_seq"] or 0
    seen, said = "", ""
    with suppress(KeyboardInterrupt):
        while True:
            try:
                query = {"type": type_ or [], "follow": follow, "after": start}
                for place, line in _stream(remote, query, seen):
                    seen, said = place, ""
                    print(line, flush=True)
                if not follow:
                    return
                raise httpx.ReadError("the twin has closed it")
            except httpx.TransportError as error:
                if not follow:
                    raise end(remote.unreached(error)) from None
                if str(error) != said:
                    said = str(error)
                    print(f"twin: not connected ({said}); once more", file=sys.stderr)
                time.sleep(TRY_AGAIN_S)
            except (Unreached, httpx.InvalidURL) as reason:
                raise end(reason) from None


def _stream(remote: Remote, query: dict[str, Any], seen: str) -> Iterator[tuple[str, str]]:
    """Events with their ids, those after the id ``seen`` where it is given. Raises httpx.TransportError
    where the line is lost, Unreached at the end of the log.
    """
    headers = remote.headers | ({"Last-Event-ID": seen} if seen else {})
    with (
        httpx.Client(headers=headers, timeout=SILENT_S, trust_env=False) as client,
        client.stream("GET", f"{remote.url}{remote.base}/events", params=query) as answer,
    ):
        if answer.is_error:
            answer.read()
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                raise httpx.ReadError(detail_of(answer))
            raise Unreached(f"GET /events: {answer.status_code} {detail_of(answer)}")
        yield from _parsed(answer.iter_lines())


def _parsed(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        fields[name] = value
        if name != "data":
            continue
        if fields["event"] == END:
            raise Unreached(value)
        if fields["event"] == BEGIN:
            print(f"twin: {value}", file=sys.stderr)
        else:
            yield fields["id"], value
