"""``/log``: the event log of a world, and its hash."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from api.control.at import AtBridge
from api.control.bodies import LogAnswer
from api.control.worlds import log_answer
from api.routes.base import StrictRoute
from api.security import BEARER

router = APIRouter(tags=["log"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

LINES = 500
"""Lines sent in one go."""


@router.get("/log")
async def read_log(bridge: AtBridge) -> LogAnswer:
    """How long the event log is, and its SHA-256. The log of a fork begins where it was forked."""
    await bridge.catch_up()
    return log_answer(bridge.world)


@router.get("/log/lines", response_class=StreamingResponse)
async def read_lines(
    bridge: AtBridge, from_seq: Annotated[int, Query(ge=0, description="The first event wanted")] = 0
) -> StreamingResponse:
    """The lines of the event log as they are now, as `docs/event-log.md` tells them."""
    await bridge.catch_up()
    lines = bridge.world.log.read(from_seq)
    return StreamingResponse(_together(lines), media_type="application/x-ndjson")


async def _together(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == LINES:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)
