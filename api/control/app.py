"""The twin's own endpoints, with an OpenAPI document apart from the vendor's."""

from __future__ import annotations

from fastapi import FastAPI

from api.control import clock, files, readiness


def control_app() -> FastAPI:
    """The application to be mounted; who mounts it gives it its state."""
    app = FastAPI(title="Control of the twin", docs_url=None, redoc_url=None)
    app.include_router(readiness.router)
    app.include_router(clock.router)
    app.include_router(files.router)
    return app
