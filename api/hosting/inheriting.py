"""What a server takes over from the one before it in the same folder.

First everything is read, checked and brought back in memory, then the folder is written
to for the first time: a state that is refused is as it was.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from api.accounts.tokens import SECRET_BYTES
from api.hosting.hosted import Hosted
from api.hosting.keeping import Keeper, sweep
from api.hosting.making import take_up
from api.hosting.worlds import DEFAULT, Worlds
from api.world import World, make_world
from twin.recipe import Beginning
from twin.records.examining import FILES, LOGS
from twin.records.logfile import LogFile
from twin.records.store import CannotKeep, Kept, StateRefused, Store
from twin.simulation.codec import from_plain
from twin.simulation.stopping import Breakpoints

SECRET: Final = "token_secret"
SEEDING: Final = "seeding"
"""True from the beginning of a world that has seed files until they are done."""


class Inheritance:
    """A locked store and the worlds that were in it. ``secret`` signs tokens, so that they go on to hold.

    ``default`` is None where the server begins with a new world: there is none yet, or
    its seed files were not done.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._unfinished = bool(store.fact(SEEDING))
        kept = {} if self._unfinished else {one.world: one for one in store.worlds}
        self.default = kept.pop(DEFAULT, None)
        self.others = tuple(kept.values())
        self.keeper = Keeper(store, DEFAULT, 1 if self.default is None else self.default.run)
        self.secret: str = store.fact(SECRET) or secrets.token_urlsafe(SECRET_BYTES)
        self._keepers: dict[str, Keeper] = {DEFAULT: self.keeper}
        self._breakpoints: dict[str, Breakpoints] = {}
        self._worlds: dict[str, World] = {}

    @classmethod
    def of(cls, folder: Path) -> Inheritance:
        """What is in a folder; it is locked from now on. Raises StateRefused."""
        return cls(Store(folder))

    def hand_over(self, worlds: Worlds, *, seeds: bool = False) -> None:
        """Give each world what was kept of it. ``seeds``: a new one has seed files. Raises StateRefused."""
        first = worlds.default
        first.keeper = self.keeper
        try:
            if self.default is None:
                first.bridge.when_built(lambda world: self._begin(first, world, seeds))
            else:
                first.speed = self.default.about["speed"]
                first.first = from_plain(Beginning, self.default.about["first"])
                first.recover(self.default.documents)
                first.accounts.keys.add_first(first.key)
                first.bridge.when_built(lambda _world: _start(worlds))
            for kept in self.others:
                keeper = self._keepers[kept.world] = Keeper(self.store, kept.world, kept.run)
                take_up(worlds, kept, keeper, self._worlds)
            self._breakpoints = {hosted.id: hosted.bridge.breakpoints for hosted in worlds.all()}
        except (ValueError, KeyError, TypeError) as error:
            where = self.store.folder
            raise StateRefused(
                f"{where}: accounts or settings cannot be read: {error}. Nothing was changed"
            ) from error

    def make_default(self, beginning: Beginning) -> World:
        """The default world as it was kept, or a new one; all others are there then. Raises StateRefused."""
        kept = [one for one in (self.default, *self.others) if one is not None]
        for one in kept:
            breakpoints = self._breakpoints[one.world]
            self._worlds[one.world] = self._keepers[one.world].resumed(one, breakpoints)
        try:
            self._open(kept)
            if self.default is None:
                return make_world(beginning, LogFile(self.keeper.log_path))
        except (CannotKeep, OSError) as error:
            raise StateRefused(str(error)) from error
        return self._worlds.pop(DEFAULT)

    def _open(self, kept: list[Kept]) -> None:
        """Write to the folder for the first time."""
        folder = self.store.folder
        self.store.open()
        for name in (LOGS, FILES):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        if self._unfinished:
            for one in self.store.worlds:
                self.store.forget(one.world)
        if self.store.fact(SECRET) is None:
            self.store.put_fact(SECRET, self.secret)
        for one in kept:
            self._keepers[one.world].move_in(one, self._worlds[one.world])
        sweep(folder, {one.world: one.run for one in kept})

    def _begin(self, first: Hosted, world: World, seeds: bool) -> None:
        try:
            if seeds or self._unfinished:
                self.store.put_fact(SEEDING, seeds)
            self.keeper.begin(first, world)
        except CannotKeep as error:
            raise StateRefused(str(error)) from error

    def seeded(self) -> None:
        """Note that the seed files are done. Raises CannotKeep."""
        if self.store.fact(SEEDING):
            self.store.put_fact(SEEDING, False)


def _start(worlds: Worlds) -> None:
    """Start the worlds that were brought back beside the default one."""
    for hosted in worlds.all():
        if hosted is not worlds.default:
            hosted.bridge.start()
