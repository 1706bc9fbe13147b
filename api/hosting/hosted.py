"""One world on the server: its simulation, its accounts, its settings and files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from api.accounts import Accounts
from api.bridge import Bridge
from api.hosting.keeping import ACCOUNTS, BREAKPOINTS, SETTINGS, Keeper
from api.preferences import Preferences
from api.preferences.effects import keep_events
from api.stores import Stores
from api.world import World, make_world
from twin.recipe import Beginning
from twin.records.logfile import LogFile
from twin.records.store import CannotKeep
from twin.simulation.pacing import Speed

_log = logging.getLogger(__name__)


class Hosted:
    """A world and all that belongs to it alone. ``key`` is its first API key.

    With a ``keeper`` it outlives the process.
    """

    def __init__(
        self,
        world_id: str,
        name: str,
        key: str,
        bridge: Bridge,
        accounts: Accounts,
        stores: Stores,
        keeper: Keeper | None = None,
    ) -> None:
        self.id, self.name, self.key = world_id, name, key
        self.bridge, self.accounts, self.stores, self.keeper = bridge, accounts, stores, keeper
        self.speed: Speed = bridge.speed
        self.created = datetime.now(UTC)
        self._first: Beginning | None = None
        self._beginning = asyncio.Lock()
        self._first_accounts: dict[str, Any] = accounts.snapshot()

    @property
    def preferences(self) -> Preferences:
        """The settings."""
        return self.stores.preferences

    @property
    def first(self) -> Beginning:
        """What the world began with when it was made, whatever it has gone on from since."""
        return self._first or self.bridge.world.beginning

    @first.setter
    def first(self, beginning: Beginning) -> None:
        self._first = beginning

    async def reset(self) -> None:
        """Make the world what it was when it was made: time, stock, work, settings, accounts, speed.

        Its id and its first key stay. Raises Unavailable where it never was built, and CannotKeep.
        """

        def as_at_first(_world: World) -> None:
            self.accounts.restore(self._first_accounts)

        await self.begin(self.first, {}, self.speed, as_at_first)

    async def begin(
        self,
        beginning: Beginning,
        settings: dict[str, Any],
        speed: Speed | None = None,
        then: Callable[[World], None] = lambda _world: None,
    ) -> None:
        """Let another run take the place of the one so far, with these settings.

        ``speed`` None: the speed stays. One at a time: two would write into one file.
        Raises Unavailable where the world has ended meanwhile, and CannotKeep.
        """

        def begun(world: World) -> None:
            then(world)
            self.settle_preferences(settings)
            if self.keeper is not None:
                self.keeper.begin_again(self, world)

        self.first = self.first
        # Whoever still reads the log of the run before reads on; it goes with its last reader.
        async with self._beginning:
            await self.bridge.replace(lambda: make_world(beginning, self._next_log()), speed, begun)

    def _next_log(self) -> LogFile:
        return LogFile(None if self.keeper is None else self.keeper.next_log_path)

    def recover(self, documents: dict[str, Any]) -> None:
        """Have the accounts, settings and breakpoints that were kept. Raises ValueError for others."""
        if ACCOUNTS in documents:
            self.accounts.restore(documents[ACCOUNTS])
        self._put_preferences(documents.get(SETTINGS, {}))
        if BREAKPOINTS in documents:
            self.bridge.breakpoints.recover(documents[BREAKPOINTS])

    def settle_preferences(self, plain: dict[str, Any]) -> None:
        """Have the settings that ``Preferences.export`` has written, instead of all there were."""
        self._put_preferences(plain)
        keep_events(self.stores.preferences, self.bridge)

    def _put_preferences(self, plain: dict[str, Any]) -> None:
        changes = self.stores.preferences.changes
        self.stores.preferences = Preferences.restored(plain)
        self.stores.preferences.changes = changes + 1

    def vouch(self) -> None:
        """Have on disk all that an answer given now rests on. Raises CannotKeep."""
        if self.keeper is not None:
            self.keeper.vouch(self)

    def close(self) -> None:
        """End it with the server: keep what is to be kept, and remove what was temporary."""
        if self.keeper is not None and not self.bridge.failed:
            try:
                self.keeper.save(self)
            except CannotKeep as error:
                # All that was answered is kept already; only to take it up again takes longer.
                _log.warning("no snapshot at the end: %s", error)
        self.bridge.close()
        self.stores.close()

    def delete(self) -> None:
        """End it for good, with all that was kept of it. Raises CannotKeep."""
        if self.keeper is not None:
            self.keeper.forget()
            self.keeper = None
        self.bridge.close(f"world {self.id} has been deleted")
        self.stores.close()
