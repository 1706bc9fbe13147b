"""New worlds: built beside the others, and known only when they are ready."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from api.accounts import Accounts
from api.bridge import Bridge
from api.hosting.hosted import Hosted
from api.hosting.worlds import Worlds
from api.stores import Stores
from api.surprise import Unavailable
from api.world import make_world
from twin.domain.errors import Invalid, SiteRefused
from twin.recipe import Beginning
from twin.simulation.pacing import Speed

KEY_BYTES = 24


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
    key = wanted.key or secrets.token_urlsafe(KEY_BYTES)
    worlds.check_key(key)
    bridge = Bridge(lambda: make_world(wanted.beginning), wanted.speed, turns=worlds.default.bridge.turns)
    await _built(bridge)
    world_id = worlds.next_id()
    accounts = Accounts(key, secret=worlds.secret, world=world_id)
    hosted = Hosted(world_id, wanted.name, key, bridge, accounts, Stores(None))
    if wanted.settings is not None:
        hosted.settle_preferences(wanted.settings)
    try:
        worlds.add(hosted)
    except BaseException:
        hosted.close()
        raise
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
