"""The operations of the API, one file per tag of the reference."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    auth,
    bot,
    events,
    health,
    inventory,
    pictures,
    report,
    settings,
    sku,
    support,
    system,
    work,
)
from api.routes.base import StrictRoute
from api.routes.direct import Shortcut, by_fixed_path

_MODULES = (auth, system, report, bot, inventory, events, health, work, settings, pictures, sku, support)


def all_routers() -> list[APIRouter]:
    """The routers of all tags, in the order of the reference."""
    return [module.router for module in _MODULES]


def shortcuts() -> dict[tuple[str, str], Shortcut]:
    """The short ways into operations whose path has no parameters, by method and path."""
    found = by_fixed_path(route for router in all_routers() for route in router.routes)
    return {
        call: route.direct
        for call, route in found.items()
        if isinstance(route, StrictRoute) and route.direct is not None
    }
