"""``/clock``: the pace of the twin, and moving its time forward."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from api.bridge import Bridge, Clock, Outcome
from api.control.at import AtBridge
from api.control.bodies import (
    AdvanceAnswer,
    AdvanceOrder,
    ClockAnswer,
    JobUntil,
    RequestUntil,
    SpeedChange,
    Until,
)
from api.routes.base import StrictRoute
from api.security import BEARER
from api.world import World
from twin.simulation.advancing import REACHED, Goal, Idle, Waiting, job_enters, request_enters
from twin.simulation.engine import Engine

DEFAULT_LIMIT_MS = 86_400_000

router = APIRouter(tags=["clock"], route_class=StrictRoute, dependencies=[Depends(BEARER)])


@router.get("/clock")
async def read_clock(bridge: AtBridge) -> ClockAnswer:
    """Speed, simulated time, lag, and when the next event is due."""
    return ClockAnswer(**_clock(await bridge.clock(), bridge.world))


@router.put("/clock")
async def set_clock(change: SpeedChange, bridge: AtBridge) -> ClockAnswer:
    """Change the speed from now on."""
    await bridge.set_speed(change.speed)
    return ClockAnswer(**_clock(await bridge.clock(), bridge.world))


@router.post("/clock/advance")
async def advance(order: AdvanceOrder, request: Request, bridge: AtBridge) -> AdvanceAnswer:
    """Move time forward as fast as possible; answers when that is done.

    One advance at a time: a second one waits. Where the client goes away, the
    advance ends where it is.
    """
    outcome = await _advance(order, bridge, request)
    how: dict[str, Any] = {"reason": outcome.reason, "events": outcome.events, "status": outcome.status}
    return AdvanceAnswer(**_clock(outcome.clock, bridge.world), **how, reached=outcome.reason == REACHED)


async def _advance(order: AdvanceOrder, bridge: Bridge, request: Request) -> Outcome:
    gone = request.is_disconnected
    if order.by is not None:
        return await bridge.advance_by(order.by, gone)
    if order.to is not None:
        return await bridge.advance_to(bridge.world.to_ms(order.to), gone)
    if order.events is not None:
        return await bridge.advance_events(order.events, gone)
    until = order.until
    assert until is not None
    limit = order.limit or DEFAULT_LIMIT_MS
    return await bridge.advance_until(lambda engine: _goal(engine, until), limit, gone)


def _goal(engine: Engine, until: Until) -> Goal:
    if isinstance(until, JobUntil):
        return job_enters(engine.plant.state, until.job, until.status)
    if isinstance(until, RequestUntil):
        return request_enters(engine.plant.state, until.request, until.status)
    return Waiting(engine.plant.state) if until == "waiting" else Idle(engine)


def _clock(clock: Clock, world: World) -> dict[str, Any]:
    due = clock.next_event_ms
    return {
        "speed": clock.speed,
        "now_ms": clock.now_ms,
        "now": world.written(clock.now_ms),
        "lag_ms": clock.lag_ms,
        "next_event_ms": due,
        "next_event": None if due is None or due > world.last_ms else world.written(due),
        "advancing": clock.advancing,
    }
