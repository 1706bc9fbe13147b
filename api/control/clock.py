"""``/clock``: the pace of the twin, and moving its time forward."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends, Request

from api.bridge import Bridge, Clock, Outcome
from api.control.at import AtBridge
from api.control.bodies import (
    AdvanceAnswer,
    AdvanceOrder,
    BreakpointAnswer,
    BreakpointIn,
    BreakpointsAnswer,
    ChangeAnswer,
    ClockAnswer,
    JobUntil,
    LeaseAnswer,
    LeaseIn,
    MeanwhileAnswer,
    RequestUntil,
    SpeedChange,
    Until,
)
from api.routes.base import StrictRoute
from api.security import BEARER
from api.world import World
from twin.simulation.advancing import REACHED, Goal, Idle, Waiting, job_enters, request_enters
from twin.simulation.engine import Engine
from twin.simulation.stopping import JOB, REQUEST, Meanwhile

DEFAULT_LIMIT_MS = 86_400_000

router = APIRouter(tags=["clock"], route_class=StrictRoute, dependencies=[Depends(BEARER)])


@router.get("/clock")
async def read_clock(bridge: AtBridge) -> ClockAnswer:
    """Speed, simulated time, lag, and when the next event is due."""
    return clock_answer(await bridge.clock(), bridge.world)


@router.put("/clock")
async def set_clock(change: SpeedChange, bridge: AtBridge) -> ClockAnswer:
    """Change the speed from now on."""
    await bridge.set_speed(change.speed)
    return clock_answer(await bridge.clock(), bridge.world)


@router.post("/clock/advance")
async def advance(order: AdvanceOrder, request: Request, bridge: AtBridge) -> AdvanceAnswer:
    """Move time forward as fast as possible; answers when that is done.

    One advance at a time: a second one waits. Where the client goes away, the
    advance ends where it is.
    """
    outcome = await _advance(order, bridge, request)
    how: dict[str, Any] = {"reason": outcome.reason, "events": outcome.events, "status": outcome.status}
    how["meanwhile"] = _meanwhile(outcome.meanwhile)
    lasting = bridge.engine.plant.state.faults.values()
    how["unrepaired"] = [fault.id for fault in lasting if fault.until_ms is None]
    return AdvanceAnswer(**_clock(outcome.clock, bridge.world), **how, reached=outcome.reason == REACHED)


def _meanwhile(what: Meanwhile) -> MeanwhileAnswer:
    return MeanwhileAnswer(
        first_seq=what.first_seq,
        counts=dict(what.counts),
        changes=[ChangeAnswer(**change) for change in what.changes],
        left_off=what.left_off,
    )


@router.post("/clock/leases", status_code=201)
async def take_lease(order: LeaseIn, bridge: AtBridge) -> LeaseAnswer:
    """Let time stand while the lease is held. It ends in wall time, so that none is forgotten.

    Commands are taken at the instant at which time stands; who holds a lease may advance.
    """
    return LeaseAnswer(id=await bridge.take_lease(order.ttl / 1000), ttl_ms=order.ttl)


@router.put("/clock/leases/{lease}")
async def prolong_lease(lease: str, order: LeaseIn, bridge: AtBridge) -> LeaseAnswer:
    """Let a lease that is held end so much later than now."""
    await bridge.prolong_lease(lease, order.ttl / 1000)
    return LeaseAnswer(id=lease, ttl_ms=order.ttl)


@router.delete("/clock/leases/{lease}", status_code=204)
async def give_back_lease(lease: str, bridge: AtBridge) -> None:
    """Give a lease back; time goes on from where it stood if it was the last one."""
    await bridge.give_back_lease(lease)


@router.post("/breakpoints", status_code=201)
async def add_breakpoint(order: BreakpointIn, bridge: AtBridge) -> BreakpointAnswer:
    """Stop the clock (speed 0) exactly at the event with which a job or request enters a status."""
    kind, key = (JOB, order.job) if order.request is None else (REQUEST, order.request)
    await bridge.catch_up()
    now_ms = bridge.engine.now
    added = bridge.breakpoints.add(kind, None if key == "*" else key, order.status, order.once, now_ms)
    return BreakpointAnswer(**asdict(added))


@router.get("/breakpoints")
async def list_breakpoints(bridge: AtBridge) -> BreakpointsAnswer:
    """All breakpoints of the world."""
    items = [BreakpointAnswer(**asdict(one)) for one in bridge.breakpoints.all()]
    return BreakpointsAnswer(items=items, total=len(items))


@router.delete("/breakpoints/{breakpoint_id}", status_code=204)
async def remove_breakpoint(breakpoint_id: str, bridge: AtBridge) -> None:
    """Forget a breakpoint."""
    bridge.breakpoints.remove(breakpoint_id)


async def _advance(order: AdvanceOrder, bridge: Bridge, request: Request) -> Outcome:
    gone = request.is_disconnected
    if order.by is not None:
        return await bridge.advance_by(order.by, gone, order.lease)
    if order.to is not None:
        return await bridge.advance_to(bridge.world.to_ms(order.to), gone, order.lease)
    if order.events is not None:
        return await bridge.advance_events(order.events, gone, order.lease)
    until = order.until
    assert until is not None
    limit = order.limit or DEFAULT_LIMIT_MS
    return await bridge.advance_until(lambda engine: _goal(engine, until), limit, gone, order.lease)


def _goal(engine: Engine, until: Until) -> Goal:
    if isinstance(until, JobUntil):
        return job_enters(engine.plant.state, until.job, until.status)
    if isinstance(until, RequestUntil):
        return request_enters(engine.plant.state, until.request, until.status)
    return Waiting(engine.plant.state) if until == "waiting" else Idle(engine)


def clock_answer(clock: Clock, world: World) -> ClockAnswer:
    """How a clock is told."""
    return ClockAnswer(**_clock(clock, world))


def _clock(clock: Clock, world: World) -> dict[str, Any]:
    due = clock.next_event_ms
    return {
        "speed": clock.speed,
        "now_ms": clock.now_ms,
        "now": world.written(clock.now_ms),
        "lag_ms": clock.lag_ms,
        "next_event_ms": due,
        "next_event": None if due is None or due > world.last_ms else world.written(due),
        "next_of": clock.next_of,
        "advancing": clock.advancing,
        "leases": clock.leases,
        "stopped_by": clock.stopped_by,
    }
