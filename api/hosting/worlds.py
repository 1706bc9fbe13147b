"""All worlds of a server, and which of them a call is for.

An API key belongs to one world and chooses it; so does an access or refresh token,
which carries the id of its world. Whoever has neither comes to the default world.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.types import Scope

from api.accounts import credential_of
from api.accounts.store import digest
from api.bridge import Bridge
from api.calls.asgi import Desk
from api.hosting.hosted import Hosted
from twin.domain.errors import InUse, NotFound
from twin.records.store import Store

DEFAULT: Final = "default"
LAST: Final = "last_world"
MOST_WORLDS: Final = 200
"""Worlds on one server, the default one among them."""


class Worlds:
    """The worlds by id; the default one is always there.

    ``secret`` signs the tokens of all; ``make_desk`` makes the place where the calls of a
    world are written down. With a ``store`` the worlds outlive the process.
    """

    def __init__(
        self,
        default: Hosted,
        secret: str,
        make_desk: Callable[[Bridge], Desk],
        store: Store | None = None,
    ) -> None:
        self.default, self.secret, self.store = default, secret, store
        self._make_desk = make_desk
        self._desks: dict[str, Desk] = {}
        self._last: int = 0 if store is None else store.fact(LAST) or 0
        self._by_id: dict[str, Hosted] = {default.id: default}
        self.doing: str | None = None
        """What the server still does before it is ready, or None."""

    def all(self) -> list[Hosted]:
        """All worlds, the default one first, then in the order in which they were made."""
        return list(self._by_id.values())

    def get(self, world_id: str) -> Hosted:
        """The world of an id. Raises NotFound."""
        hosted = self._by_id.get(world_id)
        if hosted is None:
            raise NotFound("World", world_id)
        return hosted

    def check_room(self) -> None:
        """Raises InUse where there are as many worlds as a server takes."""
        if len(self._by_id) >= MOST_WORLDS:
            raise InUse(f"there are {MOST_WORLDS} worlds, the most that a server takes; delete one first")

    def check_key(self, key: str) -> None:
        """Raises InUse for a key that some world knows already."""
        if any(hosted.accounts.keys.exists(digest(key.encode())) for hosted in self.all()):
            raise InUse("this API key belongs to a world already")

    def desk_of(self, scope: Scope) -> Desk:
        """Where a call that has been given its world is written down."""
        return self.desk(scope["state"]["hosted"])

    def desk(self, hosted: Hosted) -> Desk:
        """Where the calls of a world are written down."""
        desk = self._desks.get(hosted.id)
        if desk is None:
            desk = self._desks[hosted.id] = self._make_desk(hosted.bridge)
        return desk

    async def reset(self, hosted: Hosted) -> None:
        """Make a world what it was when it was made; its calls and faults are forgotten as well."""
        await hosted.reset()
        self._desks.pop(hosted.id, None)

    def next_id(self) -> str:
        """An id that no world has or ever had."""
        self._last += 1
        if self.store is not None:
            self.store.put_fact(LAST, self._last)
        return f"w{self._last}"

    def add(self, hosted: Hosted) -> None:
        """Let calls find a new world. Raises InUse for one too many, and for a key that is taken."""
        self.check_room()
        self.check_key(hosted.key)
        self._by_id[hosted.id] = hosted

    def drop(self, world_id: str) -> None:
        """Let calls find a world no more, if they do."""
        self._by_id.pop(world_id, None)
        self._desks.pop(world_id, None)

    def remove(self, world_id: str) -> None:
        """End a world; its keys open nothing any more. Raises NotFound, and InUse for the default one."""
        hosted = self.get(world_id)
        if hosted is self.default:
            raise InUse("the default world cannot be deleted; it can be reset")
        hosted.delete()
        self.drop(world_id)

    def of_header(self, authorization: str) -> Hosted:
        """The world of an ``Authorization`` header; the default one where no world knows the credential.

        Whether the credential still holds is for the accounts of that world to say.
        """
        if len(self._by_id) == 1:
            return self.default
        credential = credential_of(authorization)
        return (credential and self._of_credential(credential)) or self.default

    def _of_credential(self, credential: str) -> Hosted | None:
        handle = digest(credential.encode("latin-1"))
        for hosted in self._by_id.values():
            if hosted.accounts.keys.exists(handle):
                return hosted
        return self._by_id.get(self.default.accounts.sessions.world_of(credential) or "")

    def of_token(self, token: str) -> Hosted | None:
        """The world whose refresh token this is, or None."""
        return self._by_id.get(self.default.accounts.sessions.world_of(token) or "")

    def close(self) -> None:
        """End all of them."""
        for hosted in self.all():
            hosted.close()
        if self.store is not None:
            self.store.close()
