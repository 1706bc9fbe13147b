"""The desk of a world: its journal of calls, its coverage of the API, and the faults in its way."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.bridge import Bridge
from api.calls.asgi import Desk
from api.calls.catalogue import Catalogue, Operation
from api.calls.coverage import Coverage
from api.calls.faults import Faults
from api.calls.journal import Calls
from api.routes import all_routers
from twin.domain.work import JOB_STATES, REQUEST_STATES
from twin.records.views.happenings import EVENT_CODES

STATES = {"job": JOB_STATES, "request": REQUEST_STATES, "event": tuple(EVENT_CODES)}


def make_desk(app: FastAPI, bridge: Bridge, seed: int = 1) -> Desk:
    """A desk for the operations of ``app``, on the clock of a world. ``seed`` is that of HTTP faults."""

    def now() -> int | None:
        return bridge.world.engine.now if bridge.built else None

    catalogue = Catalogue(_operations())
    coverage = Coverage(catalogue, lambda: _statuses(app), STATES, EVENT_CODES)
    return Desk(catalogue, Calls(), coverage, Faults(seed), now, lambda ms: bridge.world.written(ms))


def _operations() -> list[Operation]:
    return [
        Operation(route.operation_id or route.name, method, route.path)
        for router in all_routers()
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in sorted(route.methods or ())
    ]


def _statuses(app: FastAPI) -> Mapping[str, tuple[int, ...]]:
    """The statuses that the document names, by operation id."""
    return {
        about["operationId"]: tuple(sorted(int(s) for s in about["responses"] if s.isdecimal()))
        for methods in app.openapi()["paths"].values()
        for about in methods.values()
        if isinstance(about, dict) and "operationId" in about
    }
