"""``/health`` and ``/info``: that the server lives, and what it serves. They need no key."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from api.control.at import AtHosted
from api.control.bodies import HealthAnswer, InfoAnswer
from twin import PROJECT

router = APIRouter(tags=["life"])

CONTRACT = "NoyesStorage API v2"


@router.get("/health")
async def health() -> HealthAnswer:
    """Answers as soon as the server does, whether or not the twin is ready. Needs no key."""
    return HealthAnswer(status="alive")


@router.get("/info")
async def info(request: Request, hosted: AtHosted) -> InfoAnswer:
    """Version, contract, and of the world its site, seed, epoch and a hash of its settings. Needs no key.

    What depends on the site is null until the twin is ready.
    """
    origin = hosted.bridge.world.engine.origin if hosted.bridge.built else None
    settings = json.dumps(hosted.preferences.export(), sort_keys=True, separators=(",", ":"))
    return InfoAnswer(
        version=version(PROJECT),
        contract=CONTRACT,
        contract_sha256=_hash_of_document(request.app.state.vendor),
        world=hosted.id,
        site=None if origin is None else origin.site.name,
        seed=None if origin is None else origin.seed,
        epoch=None if origin is None else origin.epoch,
        settings_sha256=hashlib.sha256(settings.encode()).hexdigest(),
        worlds=len(request.app.state.worlds.all()),
    )


@cache
def _hash_of_document(app: FastAPI) -> str:
    """SHA-256 of the vendor's document as it is served."""
    document: dict[str, Any] = app.openapi()
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
