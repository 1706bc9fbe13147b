"""What a server takes over from the one before it in the same folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.accounts.tokens import SECRET_BYTES
from api.hosting.keeping import Keeper
from api.hosting.making import take_up
from api.hosting.worlds import DEFAULT, Worlds
from api.world import World, make_world
from twin.recipe import Beginning
from twin.records.store import Kept, StateRefused, Store
from twin.simulation.codec import from_plain

SECRET: Final = "token_secret"


@dataclass(frozen=True, slots=True)
class Inheritance:
    """An open store and the worlds that were in it. ``secret`` signs tokens, so that they go on to hold."""

    store: Store
    default: Kept | None
    others: tuple[Kept, ...]
    keeper: Keeper
    secret: str

    @classmethod
    def of(cls, folder: Path) -> Inheritance:
        """What is in a folder; it is locked from now on. Raises StateRefused."""
        store = Store(folder)
        try:
            worlds = store.worlds()
            secret = store.fact(SECRET)
            if secret is None:
                secret = secrets.token_urlsafe(SECRET_BYTES)
                store.put_fact(SECRET, secret)
        except BaseException:
            store.close()
            raise
        default = next((kept for kept in worlds if kept.world == DEFAULT), None)
        others = tuple(kept for kept in worlds if kept.world != DEFAULT)
        keeper = Keeper(store, DEFAULT, 1 if default is None else default.run)
        return cls(store, default, others, keeper, secret)

    def make_default(self, beginning: Beginning) -> World:
        """The default world as it was kept, or a new one. Raises StateRefused."""
        if self.default is not None:
            return self.keeper.resumed(self.default)
        return make_world(beginning, self.keeper.log_path)

    def hand_over(self, worlds: Worlds) -> None:
        """Give each world what was kept of it. Raises StateRefused."""
        first = worlds.default
        first.keeper = self.keeper
        try:
            if self.default is None:
                first.bridge.when_built(lambda world: self.keeper.begin(first, world))
            else:
                first.speed = self.default.about["speed"]
                first.first = from_plain(Beginning, self.default.about["first"])
                first.recover(self.default.documents)
                first.accounts.keys.add_first(first.key)
            for kept in self.others:
                take_up(worlds, kept)
        except (ValueError, KeyError) as error:
            where = self.store.folder
            raise StateRefused(f"{where}: accounts or settings cannot be read: {error}") from error
