"""``/events``: the event log as it grows, as Server-Sent Events."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from difflib import get_close_matches
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, HTTPException, Query
from starlette.responses import StreamingResponse

from api.bridge import Bridge
from api.control.at import AtBridge
from api.routes.base import StrictRoute
from api.security import BEARER
from api.surprise import Unavailable
from twin.records.eventlog import KINDS
from twin.records.logfile import LogFile

router = APIRouter(tags=["log"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

KEEP_ALIVE_S: Final = 15.0
"""Wall seconds after which a silent stream says that it still lives."""
BATCH: Final = 500
"""Lines that are looked at before others have their turn."""
HEAD: Final = re.compile(rb'\{"seq":(\d+),"t_ms":\d+,"type":"(\w+)"')
ID: Final = re.compile(r"(?:([0-9a-f]{8})-)?([0-9]{1,15})", re.ASCII)
ENDED: Final = b"event: end\ndata: the log begins anew: the world was reset or restored\n\n"
BEGUN: Final = (
    b"event: begin\ndata: the log has begun anew since: the world was reset or restored, "
    b"or the twin began without its state\n\n"
)


@router.get("/events", response_class=StreamingResponse)
async def stream_events(
    bridge: AtBridge,
    last_event_id: Annotated[str | None, Header(description="As a browser sends it to go on")] = None,
    after: Annotated[int | None, Query(ge=0, description="Only events after this seq; 0: all")] = None,
    type: Annotated[  # noqa: A002
        list[str] | None, Query(description="Only events of these types, like JobStateChanged")
    ] = None,
    follow: Annotated[bool, Query(description="Whether to wait for further events")] = True,
) -> StreamingResponse:
    """The lines of the event log: none lost, none twice, also after a lost connection.

    The id of an event is `LOG-SEQ`: which log it is of, and its place there. Without
    `Last-Event-ID` and `after` the stream begins with what happens next. A `type` that no event
    has is refused. Where the world is reset or restored, an event `end` comes last. Whoever comes
    back with an id of a log that is no more gets an event `begin` and then the present log from
    its first event.
    """
    await bridge.catch_up()
    log = bridge.world.log
    seen, first = _place(log, last_event_id, after)
    wanted = None if type is None else frozenset(_known(name).encode() for name in type)
    body = _events(bridge, log, seen, first, wanted, follow)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


def _known(name: str) -> str:
    """A type of events. Raises 422 with the nearest where there is none of that name."""
    if name in KINDS:
        return name
    near = get_close_matches(name, KINDS, 1)
    advice = f"did you mean {near[0]}?" if near else "docs/event-log.md lists them"
    raise HTTPException(422, f"there are no events of type {name[:60]!r}; {advice}")


def _place(log: LogFile, last_event_id: str | None, after: int | None) -> tuple[int, bytes]:
    """After which event to begin, and what to say first."""
    # At once, so that the client knows that it is connected.
    hello = b": the event log\n\n"
    if not last_event_id:
        return (log.last_seq or 0) if after is None else after, hello
    match = ID.fullmatch(last_event_id)
    if match is None:
        raise HTTPException(422, "Last-Event-ID must be the id of an event, or its seq")
    name, seq = match[1], int(match[2])
    if (name is None or name == log.id) and seq <= _last(log):
        return seq, hello
    return 0, hello + BEGUN


def _last(log: LogFile) -> int:
    """The place of the latest event; where there is none yet, any may be the one before the first."""
    return log.last_seq if log.last_seq is not None else 10**15


async def _events(
    bridge: Bridge, log: LogFile, seen: int, first: bytes, wanted: frozenset[bytes] | None, follow: bool
) -> AsyncIterator[bytes]:
    """Batches of events after ``seen``; each is read from the log, so that a slow reader misses nothing."""
    happened = asyncio.Event()
    forget = bridge.watch(happened.set)
    try:
        yield first
        while True:
            happened.clear()
            # Looked at before reading: what came to the log until it ended is told before the end.
            over = bridge.world.log is not log
            reached = seen
            async for place, batch in _batches(log, seen, wanted):
                reached = place
                if batch:
                    yield batch
            seen = reached
            if over or not follow:
                if over:
                    yield ENDED
                return
            if not await _within(happened):
                yield b": still there\n\n"
    except Unavailable:
        return
    finally:
        forget()


async def _batches(
    log: LogFile, seen: int, wanted: frozenset[bytes] | None
) -> AsyncIterator[tuple[int, bytes]]:
    """What there is after ``seen`` in parts, each with the place of the last line that was looked at."""
    found: list[bytes] = []
    for number, line in enumerate(log.read(seen + 1), 1):
        seen = _note(log.id.encode(), line, wanted, found)
        if number % BATCH == 0:
            yield seen, b"".join(found)
            found.clear()
            await asyncio.sleep(0)
    yield seen, b"".join(found)


def _note(log: bytes, line: bytes, wanted: frozenset[bytes] | None, found: list[bytes]) -> int:
    """Append an event if it is wanted; its number."""
    head = HEAD.match(line)
    assert head is not None
    seq, name = head.groups()
    if wanted is None or name in wanted:
        found.append(b"id: %s-%s\nevent: %s\ndata: %s\n" % (log, seq, name, line) + b"\n")
    return int(seq)


async def _within(happened: asyncio.Event) -> bool:
    """Whether something has happened before the stream has to say that it still lives."""
    try:
        await asyncio.wait_for(happened.wait(), KEEP_ALIVE_S)
    except TimeoutError:
        return False
    return True
