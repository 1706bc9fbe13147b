"""Users: made, found, changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from api.accounts import onetime
from api.accounts.administration import somebody_can
from api.accounts.callers import Caller
from api.accounts.keys import ApiKeys
from api.accounts.records import User
from api.accounts.refusals import Forbidden
from api.accounts.roles import Role
from api.accounts.store import Repository
from twin.domain.errors import AlreadyExists, InUse, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Wish:
    """A change of a user, who is named by id, by e-mail, or by both. None leaves a thing as it is."""

    user_id: int | None
    email: str | None
    username: str | None
    role: Role | None


class Users:
    """The users. ``clock`` tells the wall ms."""

    def __init__(self, kept: Repository, keys: ApiKeys, clock: Callable[[], int]) -> None:
        self._kept, self._keys, self._clock = kept, keys, clock

    def all(self) -> list[User]:
        """All users, the oldest first."""
        return self._kept.users.all()

    def exists(self, user_id: int) -> bool:
        """Whether there is a user of that id."""
        return self._kept.users.get(user_id) is not None

    def create(self, email: str, username: str, role: Role, locale: str) -> User:
        """A new user without a password, with a code to set one. Raises AlreadyExists."""
        if self._kept.users.find(email) is not None:
            raise AlreadyExists("User", email)
        code = onetime.new_code(self._clock(), onetime.FIRST_LIFE_MS)
        user = User(self._kept.users.next_id(), email, username, role, locale, one_time=code)
        self._kept.users.put(user)
        return user

    def change(self, wish: Wish, caller: Caller) -> User:
        """Change a user; what they are then.

        Raises Invalid where nobody is named, Forbidden, NotFound, and InUse for the
        last Super Admin.
        """
        if wish.user_id is None and wish.email is None:
            raise Invalid("user_id", "Who is to be changed? Give user_id, email, or both")
        user = self._named(wish)
        if caller.role is not Role.SUPER_ADMIN:
            user = _own(user, wish, caller)
        if user is None:
            raise NotFound("User", wish.email if wish.user_id is None else wish.user_id)
        return self._changed(user, wish.username or user.username, wish.role or user.role)

    def _named(self, wish: Wish) -> User | None:
        """The user that a wish is about: by id and by e-mail the same, where it gives both."""
        named = []
        if wish.user_id is not None:
            named.append(self._kept.users.get(wish.user_id))
        if wish.email is not None:
            named.append(self._kept.users.find(wish.email))
        return named[0] if named[0] == named[-1] else None

    def _changed(self, user: User, username: str, role: Role) -> User:
        if user.role is Role.SUPER_ADMIN and role is not Role.SUPER_ADMIN and self._is_last(user):
            raise InUse("The last user who is Super Admin, or the last who can log in, cannot become less")
        changed = replace(user, username=username, role=role)
        self._kept.users.put(changed)
        self._keys.limit(user.id, role)
        return changed

    def _is_last(self, admin: User) -> bool:
        others = any(user.role is Role.SUPER_ADMIN for user in self.all() if user.id != admin.id)
        return not others or not somebody_can(self._kept, self._clock(), but_user=admin.id)


def _own(user: User | None, wish: Wish, caller: Caller) -> User:
    """The user where it is the caller, who changes no more than the own name. Raises Forbidden."""
    # The same answer for others' users and for none: who may not ask must not find out.
    if user is None or caller.user is None or user.id != caller.user.id:
        raise Forbidden("Only a Super Admin may change other users")
    if wish.role not in (None, user.role):
        raise Forbidden("Only a Super Admin may change roles")
    return user
