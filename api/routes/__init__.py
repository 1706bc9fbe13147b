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

_MODULES = (auth, system, report, bot, inventory, events, health, work, settings, pictures, sku, support)


def all_routers() -> list[APIRouter]:
    """The routers of all tags, in the order of the reference."""
    return [module.router for module in _MODULES]
