"""The twin's own endpoints, with an OpenAPI document apart from the vendor's."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI

from api.control import (
    calls,
    capsule,
    clock,
    faults,
    fidelity,
    files,
    incidents,
    info,
    log,
    metrics,
    operators,
    readiness,
    snapshots,
    stream,
    view,
    worlds,
)
from api.routers import routes_of
from api.ui.pages import pages
from api.viewer import viewer
from twin import PROJECT

TITLE: Final = "Control of the twin"


def control_app() -> FastAPI:
    """The application to be mounted; who mounts it gives it its state."""
    routes = routes_of(*control_routers(), pages(), viewer(TITLE, "openapi.json"))
    return FastAPI(title=TITLE, version=version(PROJECT), docs_url=None, redoc_url=None, routes=routes)


def control_routers() -> list[APIRouter]:
    """The routers of the twin's own endpoints."""
    return [
        info.router,
        readiness.router,
        worlds.router,
        clock.router,
        operators.router,
        snapshots.router,
        log.router,
        stream.router,
        view.router,
        metrics.router,
        capsule.router,
        calls.router,
        incidents.router,
        faults.router,
        files.router,
        fidelity.router,
    ]
