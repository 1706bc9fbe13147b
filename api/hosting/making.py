"""New worlds: built beside the others, and known only when they are ready."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.accounts import Accounts
from api.bridge import Bridge
from api.hosting.hosted import Hosted
from api.hosting.keeping import Keeper, files_of
from api.hosting.worlds import Worlds
from api.newkey import new_key
from api.stores import Stores
from api.surprise import Unavailable
from api.world import World, make_world
from twin.domain.errors import Invalid, SiteRefused
from twin.recipe import Beginning
from twin.records.logfile import LogFile
from twin.records.store import Kept, Store
from twin.simulation.codec import from_plain
from twin.simulation.pacing import Speed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A world that is asked for. ``key`` None: a new one; ``settings`` None: the defaults."""

    name: str
    beginning: Beginning
    speed: Speed
    key: str | None = None
    settings: dict[str, Any] | None = None


async def open_world(worlds: Worlds, wanted: Wanted) -> Hosted:
    """A new world, ready to work with.

    Raises InUse for one too many and for a key that is taken, and Invalid for a site
    that cannot work.
    """
    worlds.check_room()
    key = wanted.key or new_key()
    worlds.check_key(key)
    world_id = worlds.next_id()
    keeper = None if worlds.store is None else Keeper(worlds.store, world_id)
    path = None if keeper is None else keeper.log_path
    bridge = Bridge(
        lambda: make_world(wanted.beginning, LogFile(path)), wanted.speed, turns=worlds.default.bridge.turns
    )
    await _built(bridge)
    accounts = Accounts(key, secret=worlds.secret, world=world_id)
    stores = Stores(folder_for(worlds.store, world_id))
    hosted = Hosted(world_id, wanted.name, key, bridge, accounts, stores, keeper)
    try:
        if wanted.settings is not None:
            hosted.settle_preferences(wanted.settings)
        worlds.add(hosted)
        if keeper is not None:
            keeper.begin(hosted, bridge.world)
    except BaseException:
        worlds.drop(world_id)
        bridge.fail("this world could not be made")
        hosted.close()
        raise
    return hosted


def folder_for(store: Store | None, world_id: str) -> Path | None:
    """The folder for the files of a world that is kept; None: a temporary one."""
    return None if store is None else files_of(store.folder, world_id)


def take_up(worlds: Worlds, kept: Kept, keeper: Keeper, brought_back: dict[str, World]) -> Hosted:
    """A world that was kept. When its bridge is started, it is in ``brought_back``."""
    bridge = Bridge(lambda: brought_back.pop(kept.world), kept.speed, turns=worlds.default.bridge.turns)
    accounts = Accounts(kept.about["key"], secret=worlds.secret, world=kept.world)
    stores = Stores(folder_for(worlds.store, kept.world))
    hosted = Hosted(kept.world, kept.about["name"], kept.about["key"], bridge, accounts, stores, keeper)
    hosted.speed = kept.about["speed"]
    hosted.first = from_plain(Beginning, kept.about["first"])
    hosted.recover(kept.documents)
    worlds.add(hosted)
    return hosted


async def _built(bridge: Bridge) -> None:
    bridge.start()
    try:
        await bridge.ready.wait()
    except BaseException:
        bridge.close()
        raise
    if isinstance(bridge.refusal, SiteRefused):
        raise Invalid("site", str(bridge.refusal))
    if bridge.trouble is not None:
        raise Unavailable(bridge.trouble)
