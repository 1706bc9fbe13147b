"""The twin's own endpoints, with an OpenAPI document apart from the vendor's."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from api.control import clock, readiness


def control_app() -> FastAPI:
    """The application to be mounted; who mounts it gives it its state."""
    app = FastAPI(title="Control of the twin", docs_url=None, redoc_url=None)
    for router in control_routers():
        app.include_router(router)
    return app


def control_routers() -> list[APIRouter]:
    """The routers of the twin's own endpoints."""
    return [readiness.router, clock.router]
