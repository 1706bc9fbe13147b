"""Routes for applications."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.routing import BaseRoute


def routes_of(*routers: APIRouter) -> list[BaseRoute]:
    """The routes of routers as they are, to make an application of.

    Where a router is included, FastAPI takes every route of it apart once more, for every application.
    """
    return [route for router in routers for route in router.routes]
