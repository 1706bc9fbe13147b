"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass

from api.accounts.records import ApiKey, User
from api.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """A user with an access token, or a program with an API key: ``user`` is None then.

    ``owner`` is the id of the user that the right to call comes from, where there is one.
    """

    id: int
    name: str
    role: Role
    owner: int | None = None
    user: User | None = None

    @classmethod
    def of_user(cls, user: User) -> Caller:
        """A user as caller, with the role that they have now."""
        return cls(user.id, user.username, user.role, user.id, user)

    @classmethod
    def of_key(cls, key: ApiKey) -> Caller:
        """A program as caller."""
        return cls(key.id, key.name, key.role, key.owner)
