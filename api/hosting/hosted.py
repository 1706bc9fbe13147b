"""One world on the server: its simulation, its accounts, its settings and files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api.accounts import Accounts
from api.bridge import Bridge
from api.preferences import Preferences
from api.preferences.effects import keep_events
from api.stores import Stores
from api.world import make_world
from twin.simulation.pacing import Speed


class Hosted:
    """A world and all that belongs to it alone. ``key`` is its first API key."""

    def __init__(
        self, world_id: str, name: str, key: str, bridge: Bridge, accounts: Accounts, stores: Stores
    ) -> None:
        self.id, self.name, self.key = world_id, name, key
        self.bridge, self.accounts, self.stores = bridge, accounts, stores
        self.speed: Speed = bridge.speed
        self.created = datetime.now(UTC)
        self._first_accounts: dict[str, Any] = accounts.snapshot()

    @property
    def preferences(self) -> Preferences:
        """The settings."""
        return self.stores.preferences

    async def reset(self) -> None:
        """Make the world what it was when it was made: time, stock, work, settings, accounts, speed.

        Its id and its first key stay. Raises Unavailable where it never was built.
        """
        beginning = self.bridge.world.beginning
        await self.bridge.replace(lambda: make_world(beginning), self.speed)
        self.accounts.restore(self._first_accounts)
        self.settle_preferences({})

    def settle_preferences(self, plain: dict[str, Any]) -> None:
        """Have the settings that ``Preferences.export`` has written, instead of all there were."""
        self.stores.preferences = Preferences.restored(plain)
        keep_events(self.stores.preferences, self.bridge)

    def close(self) -> None:
        """End it, and remove what was temporary."""
        self.bridge.close()
        self.stores.close()
