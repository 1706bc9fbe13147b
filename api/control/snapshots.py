"""``/snapshots``: the state of a world at an instant, to come back to."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.control.at import AtHosted
from api.control.bodies import Label, Strict, WorldAnswer
from api.control.worlds import answer
from api.hosting import Hosted
from api.routes.base import StrictRoute
from api.security import BEARER
from api.snapshots import Snapshot, differences, plain
from twin.domain.errors import Invalid
from twin.recipe import Beginning

router = APIRouter(tags=["snapshots"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

NOW = "now"


class SnapshotOrder(Strict):
    """A snapshot to be taken."""

    name: Label = ""


class SnapshotAnswer(BaseModel):
    """A snapshot. ``now_ms`` is the simulated time at which it was taken."""

    id: str
    name: str
    now_ms: int
    created_utc: str
    site: str
    seed: int
    bytes: int


class SnapshotsAnswer(BaseModel):
    """All snapshots of a world, oldest first."""

    items: list[SnapshotAnswer]
    total: int


class Differences(BaseModel):
    """What is added, removed and changed (before, after); ``total`` counts also what is left off."""

    added: list[str]
    removed: list[str]
    changed: dict[str, dict[str, list[Any]]]
    total: int


class DiffAnswer(BaseModel):
    """Two snapshots compared, by kind of thing; kinds without a difference are left out."""

    same: bool
    now_ms: Annotated[list[int], Field(min_length=2, max_length=2)]
    kinds: dict[str, Differences]


def _told(snapshot: Snapshot) -> SnapshotAnswer:
    return SnapshotAnswer(**plain(snapshot))


@router.post("/snapshots", status_code=201)
async def take_snapshot(hosted: AtHosted, order: SnapshotOrder | None = None) -> SnapshotAnswer:
    """Keep the state as it is now, with the settings; accounts, pictures and reports are not in it."""
    await hosted.bridge.catch_up()
    engine, settings = hosted.bridge.world.engine.snapshot(), hosted.preferences.export()
    name = "" if order is None else order.name
    return _told(await asyncio.to_thread(hosted.stores.snapshots.keep, name, engine, settings))


@router.get("/snapshots")
async def list_snapshots(hosted: AtHosted) -> SnapshotsAnswer:
    """All snapshots of the world, oldest first."""
    items = [_told(snapshot) for snapshot in hosted.stores.snapshots.all()]
    return SnapshotsAnswer(items=items, total=len(items))


@router.post("/snapshots/upload", status_code=201)
async def upload_snapshot(request: Request, hosted: AtHosted) -> SnapshotAnswer:
    """Keep a snapshot that was downloaded, here or elsewhere: its bytes are the body, at most 32 MiB.

    It is restored on trial; one that cannot be is refused.
    """
    data = await request.body()
    return _told(await asyncio.to_thread(hosted.stores.snapshots.take_in, data))


@router.get("/snapshots/{snapshot}", response_class=Response)
async def download_snapshot(snapshot: str, hosted: AtHosted) -> Response:
    """The snapshot as a file of gzipped JSON."""
    data = await asyncio.to_thread(hosted.stores.snapshots.data, snapshot)
    headers = {"Content-Disposition": f'attachment; filename="{snapshot}.json.gz"'}
    return Response(data, media_type="application/gzip", headers=headers)


@router.delete("/snapshots/{snapshot}", status_code=204)
async def delete_snapshot(snapshot: str, hosted: AtHosted) -> None:
    """Delete a snapshot."""
    hosted.stores.snapshots.remove(snapshot)


@router.post("/snapshots/{snapshot}/restore")
async def restore_snapshot(snapshot: str, hosted: AtHosted) -> WorldAnswer:
    """Let the world go on from a snapshot: time, stock, work, bots and settings are as they were then.

    Users, keys and the speed stay. The event log begins anew with the first event after it.
    """
    content = await asyncio.to_thread(hosted.stores.snapshots.content, snapshot)
    try:
        beginning = Beginning(snapshot=content["engine"])
        await hosted.begin(beginning, content["settings"])
    except ValueError as error:
        raise Invalid("snapshot", str(error)) from None
    return answer(hosted)


@router.get("/snapshots/{snapshot}/diff/{other}")
async def compare_snapshots(snapshot: str, other: str, hosted: AtHosted) -> DiffAnswer:
    """What differs between two snapshots: bots, carriers, boxes, loads, SKUs, requests, jobs, visits.

    `now` stands for the world as it is. At most 200 things of a kind are told.
    """
    one, two = await _engine(snapshot, hosted), await _engine(other, hosted)
    compared = await asyncio.to_thread(differences, one, two)
    kinds = {kind: Differences(**found) for kind, found in compared.items()}
    times = [side["memory"]["now_ms"] for side in (one, two)]
    return DiffAnswer(same=not kinds, now_ms=times, kinds=kinds)


async def _engine(name: str, hosted: Hosted) -> dict[str, Any]:
    if name != NOW:
        content = await asyncio.to_thread(hosted.stores.snapshots.content, name)
        engine: dict[str, Any] = content["engine"]
        return engine
    await hosted.bridge.catch_up()
    return await asyncio.to_thread(_through_json, hosted.bridge.world.engine.snapshot())


def _through_json(snapshot: dict[str, Any]) -> dict[str, Any]:
    """As it is in a file: tuples become lists there."""
    plain: dict[str, Any] = json.loads(json.dumps(snapshot))
    return plain
