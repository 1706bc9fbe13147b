"""``/events``: the event log as it grows, as Server-Sent Events."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, HTTPException, Query
from starlette.responses import StreamingResponse

from api.bridge import Bridge
from api.control.at import AtBridge
from api.routes.base import StrictRoute
from api.security import BEARER
from api.surprise import Unavailable
from twin.records.logfile import LogFile

router = APIRouter(tags=["log"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

KEEP_ALIVE_S: Final = 15.0
"""Wall seconds after which a silent stream says that it still lives."""
BATCH: Final = 500
HEAD: Final = re.compile(rb'\{"seq":(\d+),"t_ms":\d+,"type":"(\w+)"')
ENDED: Final = b"event: end\ndata: the log begins anew: the world was reset or restored\n\n"


@router.get("/events", response_class=StreamingResponse)
async def stream_events(
    bridge: AtBridge,
    last_event_id: Annotated[str | None, Header(description="As a browser sends it to go on")] = None,
    after: Annotated[int | None, Query(ge=0, description="Only events after this one; 0: all")] = None,
    type: Annotated[  # noqa: A002
        list[str] | None, Query(description="Only events of these types, like JobStateChanged")
    ] = None,
    follow: Annotated[bool, Query(description="Whether to wait for further events")] = True,
) -> StreamingResponse:
    """The lines of the event log, with `seq` as id: none lost, none twice, also after a lost connection.

    Without `Last-Event-ID` and `after` it begins with what happens next. Where the world
    is reset or restored, an event `end` comes last: the log begins anew then.
    """
    await bridge.catch_up()
    log = bridge.world.log
    if last_event_id is not None and not last_event_id.isdecimal():
        raise HTTPException(422, "Last-Event-ID must be the seq of an event")
    seen = int(last_event_id) if last_event_id is not None else after
    if seen is None:
        seen = log.last_seq or 0
    wanted = None if type is None else frozenset(name.encode() for name in type)
    body = _events(bridge, log, seen, wanted, follow)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def _events(
    bridge: Bridge, log: LogFile, seen: int, wanted: frozenset[bytes] | None, follow: bool
) -> AsyncIterator[bytes]:
    """Batches of events after ``seen``; each is read from the log, so that a slow reader misses nothing."""
    happened = asyncio.Event()
    forget = _watch(bridge, happened)
    try:
        # At once, so that the client knows that it is connected.
        yield b": the event log\n\n"
        while True:
            happened.clear()
            batch: list[bytes] = []
            for line in log.read(seen + 1):
                seen = _note(line, wanted, batch)
                if len(batch) >= BATCH:
                    yield b"".join(batch)
                    batch.clear()
            if batch:
                yield b"".join(batch)
            if not bridge.built or bridge.world.log is not log:
                yield ENDED
                return
            if not follow:
                return
            if not await _within(happened):
                yield b": still there\n\n"
    except Unavailable:
        return
    finally:
        forget()


def _watch(bridge: Bridge, happened: asyncio.Event) -> Callable[[], None]:
    return bridge.engine.subscribe(lambda _seq, _t_ms, _event: happened.set())


def _note(line: bytes, wanted: frozenset[bytes] | None, batch: list[bytes]) -> int:
    """Append an event if it is wanted; its number."""
    head = HEAD.match(line)
    assert head is not None
    seq, name = head.groups()
    if wanted is None or name in wanted:
        batch.append(b"id: %s\nevent: %s\ndata: %s\n" % (seq, name, line) + b"\n")
    return int(seq)


async def _within(happened: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(happened.wait(), KEEP_ALIVE_S)
    except TimeoutError:
        return False
    return True
