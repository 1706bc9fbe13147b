"""A served twin with accounts on a clock of the test's own, and hashes that cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from argon2 import PasswordHasher

from api.accounts import Accounts, Role
from tests.api.served import KEY, Served, serve

START_S = 1_767_600_000.0
"""2026-01-05 09:00 in Berlin."""
PASSWORD = "Correct-Horse-7"
OTHER = "Battery-Staple-8"
SECRET = "a secret of at least thirty-two bytes"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400

Body = dict[str, Any]


class Wall:
    """A wall clock that only the test moves."""

    def __init__(self) -> None:
        self.now_s = START_S

    def __call__(self) -> float:
        return self.now_s


class People:
    """A served twin, its accounts, and what people do there."""

    def __init__(self, api: Served, accounts: Accounts, wall: Wall) -> None:
        self.api, self.accounts, self._wall = api, accounts, wall

    def wait(self, seconds: float) -> None:
        """Let wall time pass."""
        self._wall.now_s += seconds

    def create(self, email: str = "ann@example.org", role: str = "User", **fields: Any) -> int:
        """A user without a password; the id."""
        body = {"username": email.partition("@")[0], "email": email, "role": role, **fields}
        return int(self.api.ok("POST", "/auth/create_account", json=body)["id"])

    def row(self, email: str = "ann@example.org") -> Body:
        """A user as administrators see them."""
        [row] = self.api.items("/auth/users", email__eq=email)
        return row

    def code(self, email: str = "ann@example.org") -> str:
        """The one-time code that administrators see."""
        code = self.row(email)["otp"]
        assert isinstance(code, str)
        return code

    def reset(self, email: str = "ann@example.org", password: str = PASSWORD, **how: Any) -> httpx.Response:
        """Set a password."""
        return self.api.call(
            "POST",
            "/auth/reset_password",
            json={"email": email, "new_password": password, **how},
            headers=NOBODY,
        )

    def forget(self, email: str = "ann@example.org") -> Any:
        """Ask for a code."""
        return self.api.ok("POST", "/auth/forgot_password", json={"email": email}, headers=NOBODY)

    def user(self, email: str = "ann@example.org", role: str = "User") -> int:
        """A user with a password; the id."""
        user_id = self.create(email, role)
        assert self.reset(email, otp=self.code(email)).status_code == 200
        return user_id

    def try_login(self, email: str = "ann@example.org", password: str = PASSWORD) -> httpx.Response:
        """Log in, or not."""
        body = {"email": email, "password": password}
        return self.api.call("POST", "/auth/login", json=body, headers=NOBODY)

    def login(self, email: str = "ann@example.org", password: str = PASSWORD) -> Body:
        """Log in; the tokens."""
        answer = self.try_login(email, password)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refresh(self, token: str) -> httpx.Response:
        """Use a refresh token."""
        return self.api.call("POST", "/auth/refresh_token", json={"refresh_token": token}, headers=NOBODY)

    def as_(self, credential: str, method: str, path: str, **options: Any) -> httpx.Response:
        """A call with another credential."""
        return self.api.call(method, path, headers={"Authorization": f"Bearer {credential}"}, **options)

    def admits(self, credential: str) -> bool:
        """Whether a credential opens anything."""
        answer = self.as_(credential, "GET", "/auth/authenticate")
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code == 200

    def key(self, credential: str = KEY, name: str = "a program") -> str:
        """A new API key, made with a credential."""
        answer = self.as_(credential, "POST", "/auth/generate_api_key", json={"name": name})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["api_key"])

    def credential(self, kind: str, role: Role) -> str:
        """An access token or an API key with a role."""
        email = f"{role.name.lower()}@example.org"
        if not any(user.email == email for user in self.accounts.users.all()):
            self.user(email, role.value)
        token = str(self.login(email)["access_token"])
        return token if kind == "token" else self.key(token)


NOBODY = {"Authorization": ""}
"""No credential: httpx would send that of the client."""


@contextmanager
def people(hasher: PasswordHasher = QUICK) -> Iterator[People]:
    """A twin served until the end of the block; its key is the only credential."""
    wall = Wall()
    accounts = Accounts(KEY, secret=SECRET, clock=wall, hasher=hasher)
    with serve(accounts=accounts) as api:
        yield People(api, accounts, wall)
