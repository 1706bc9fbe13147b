"""``/worlds``: private warehouses for tests that run side by side."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends

from api.control.at import AtHosted, AtWorlds
from api.control.bodies import ForkOrder, LogAnswer, WorldAnswer, WorldOrder, WorldsAnswer
from api.hosting import Hosted
from api.hosting.making import Wanted, open_world
from api.routes.base import StrictRoute
from api.security import BEARER
from api.world import World
from twin.domain.errors import Invalid, SiteRefused, UnknownPolicy
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_API
from twin.experiments.sitefile import parse_site, shipped_sites
from twin.experiments.stocking import RandomStock
from twin.policies.chosen import Choice
from twin.recipe import Beginning, Recipe

router = APIRouter(tags=["worlds"], route_class=StrictRoute, dependencies=[Depends(BEARER)])


@router.post("/worlds", status_code=201)
async def make_world(order: WorldOrder, worlds: AtWorlds) -> WorldAnswer:
    """Make a world of its own: own stock, work, clock, users, settings, files, and own API key.

    The key alone chooses the world, at the same addresses. Answers when the world is ready.
    """
    recipe = _recipe(order, worlds.default)
    speed = worlds.default.speed if order.speed is None else order.speed
    wanted = Wanted(order.name, Beginning(recipe), speed, order.api_key)
    return answer(await open_world(worlds, wanted))


@router.get("/worlds")
async def list_worlds(worlds: AtWorlds) -> WorldsAnswer:
    """All worlds that are ready, the default one first."""
    items = [answer(hosted) for hosted in worlds.all() if hosted.bridge.built]
    return WorldsAnswer(items=items, total=len(items))


@router.get("/worlds/{world}")
async def read_world(world: str, worlds: AtWorlds) -> WorldAnswer:
    """One world."""
    return answer(worlds.get(world))


@router.delete("/worlds/{world}", status_code=204)
async def delete_world(world: str, worlds: AtWorlds) -> None:
    """End a world. Its keys and tokens open nothing from now on."""
    worlds.remove(world)


@router.post("/reset")
async def reset_world(hosted: AtHosted, worlds: AtWorlds) -> WorldAnswer:
    """Make the world what it was when it was made: time, stock, work, settings, users, keys, speed, faults.

    Pictures, reports and issues stay. An advance that is under way ends first.
    """
    await worlds.reset(hosted)
    return answer(hosted)


@router.post("/fork", status_code=201)
async def fork_world(order: ForkOrder, hosted: AtHosted, worlds: AtWorlds) -> WorldAnswer:
    """Make a new world that goes on from this one, as it is now or as a snapshot of it says.

    It has the settings of this one, and none of its users and theirs.
    """
    if order.snapshot is None:
        await hosted.bridge.catch_up()
        engine, settings = hosted.bridge.world.engine.snapshot(), hosted.preferences.export()
    else:
        content = await asyncio.to_thread(hosted.stores.snapshots.content, order.snapshot)
        engine, settings = content["engine"], content["settings"]
    speed = hosted.bridge.speed if order.speed is None else order.speed
    # What users have set is theirs: the numbers of the old ones are given to others in the new world.
    settings = {**settings, "users": {}}
    wanted = Wanted(order.name, Beginning(snapshot=engine), speed, order.api_key, settings)
    return answer(await open_world(worlds, wanted))


def _recipe(order: WorldOrder, default: Hosted) -> Recipe:
    world = default.bridge.world
    origin = world.engine.origin
    first = world.beginning.recipe
    stock = RandomStock(**order.stock.model_dump()) if order.stock is not None else None
    try:
        policies = origin.policies if order.policies is None else Choice.of(order.policies)
    except UnknownPolicy as refusal:
        raise Invalid("policies", str(refusal)) from None
    return Recipe(
        _site(order, origin.site),
        origin.seed if order.seed is None else order.seed,
        order.operator or (OPERATOR_API if first is None else first.operator),
        origin.epoch if order.epoch is None else order.epoch.isoformat(),
        stock,
        policies=policies,
    )


def _site(order: WorldOrder, usual: Site) -> Site:
    try:
        if order.site_yaml is not None:
            return parse_site(order.site_yaml, "site_yaml")
        if order.site is None or order.site == usual.name:
            return usual
        shipped = shipped_sites()
        if order.site not in shipped:
            raise Invalid("site", f"there is no shipped site {order.site!r}; shipped: {', '.join(shipped)}")
        return parse_site(shipped[order.site].read_text(encoding="utf-8"), order.site)
    except SiteRefused as refusal:
        raise Invalid("site_yaml" if order.site_yaml else "site", str(refusal)) from None


def answer(hosted: Hosted) -> WorldAnswer:
    """How a world is told. Raises Unavailable until it is built."""
    world = hosted.bridge.world
    engine = world.engine
    return WorldAnswer(
        id=hosted.id,
        name=hosted.name,
        api_key=hosted.key,
        base=f"/_twin/worlds/{hosted.id}",
        site=engine.origin.site.name,
        seed=engine.origin.seed,
        epoch=engine.origin.epoch,
        speed=hosted.bridge.speed,
        now_ms=engine.now,
        now=world.written(engine.now),
        created_utc=hosted.created.isoformat(timespec="seconds"),
        log=log_answer(world),
    )


def log_answer(world: World) -> LogAnswer:
    """How the event log is told."""
    log = world.log
    return LogAnswer(
        first_seq=log.first_seq, last_seq=log.last_seq, events=log.lines, bytes=log.size, sha256=log.sha256
    )
