"""The twin's own endpoints, with an OpenAPI document apart from the vendor's."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from fastapi import FastAPI

from api.control import clock, fidelity, files, readiness
from api.reports import PROJECT
from api.viewer import viewer

TITLE: Final = "Control of the twin"


def control_app() -> FastAPI:
    """The application to be mounted; who mounts it gives it its state."""
    app = FastAPI(title=TITLE, version=version(PROJECT), docs_url=None, redoc_url=None)
    app.include_router(readiness.router)
    app.include_router(clock.router)
    app.include_router(files.router)
    app.include_router(fidelity.router)
    app.include_router(viewer(TITLE, "openapi.json"))
    return app
