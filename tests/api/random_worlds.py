"""Served twins with a past: a random site, random stock, random work, people and keys."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from api.accounts import Accounts
from api.world import World
from tests.api.people import PASSWORD, QUICK, SECRET, Wall
from tests.api.served import KEY, Served, serve
from tests.laws.clients import drive_by_api
from tests.laws.worlds import World as Run
from twin.domain.commands import CreateSku, DeleteSku
from twin.domain.work import OPERATOR_BOTH
from twin.recipe import Beginning
from twin.records.logfile import LogFile
from twin.records.views import Views

EPOCHS = (
    datetime(2026, 1, 5, 5, tzinfo=UTC),
    # Two minutes later Berlin's clocks are put back from three to two.
    datetime(2026, 10, 25, 0, 58, tzinfo=UTC),
)
NAMES = ("Größe XL", "STRASSE", "straße", "ÖL (5 l)", 'quote " and \\', "a,b", "none", "100%_", "*", "AND")
LONG_S, HOUR_S = 40 * 86_400.0, 3600.0


class Worlds:
    """Served worlds by number, each made when it is first asked for."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._made: dict[int, Served] = {}

    def __getitem__(self, number: int) -> Served:
        if number not in self._made:
            self._made[number] = self._stack.enter_context(random_world(number))
        return self._made[number]


@contextmanager
def random_world(number: int) -> Iterator[Served]:
    """A paused twin whose past and people are given by a number."""
    wall = Wall()
    accounts = Accounts(KEY, secret=SECRET, clock=wall, hasher=QUICK)
    with serve(accounts=accounts, made=lambda: _past(number)) as api:
        make_people(api, wall, random.Random(number))
        yield api


def _past(number: int) -> World:
    """A world in which a client and simulated people have done all sorts of things."""
    run = Run(
        site_seed=number,
        bots=2 + number % 3,
        fill_percent=50 + 9 * (number % 5),
        seed=number,
        minutes=3,
        operator=OPERATOR_BOTH,
        haste=4,
        capacity_wh=480 if number % 2 else 2,
    )
    engine = run.build()
    views = Views.following(engine)
    for name in NAMES:
        engine.apply(CreateSku(f"id of {name}", name, "PIECE", "DO_NOTHING"))
    drive_by_api(engine, number, run.until_ms, mean_gap_ms=800)
    for sku in ("Gone", "gone too"):
        engine.apply(CreateSku(sku, None, "PIECE", "UNASSIGN"))
        engine.run_until(engine.now + 500)
        engine.apply(DeleteSku(sku))
    epoch = EPOCHS[number % len(EPOCHS)]
    return World(engine, views, LogFile(), epoch, Beginning(snapshot=engine.snapshot()))


def make_people(api: Served, wall: Wall, rng: random.Random, more: int = 0) -> None:
    """Some users, some with codes that have ended and some with passwords, and their keys.

    ``more`` users without a password, and as many keys, besides.
    """
    for number, name in enumerate(rng.sample(NAMES, 8)):
        wall.now_s += rng.choice((1, HOUR_S, LONG_S))
        email, role = f"P{number}.{'xyz'[number % 3]}@Example.org", rng.choice(("User", "Super Admin"))
        body = {"username": name, "email": email, "role": role}
        user = api.ok("POST", "/auth/create_account", json=body)["id"]
        if rng.random() < 0.5:
            _log_in(api, email, user)
    for number in range(more):
        wall.now_s += 1
        body = {"username": f"more {number}", "email": f"more-{number}@example.com"}
        api.ok("POST", "/auth/create_account", json=body)
        api.ok("POST", "/auth/generate_api_key", json={"name": f"program {number}"})
    wall.now_s += 1
    # The key of the test shows when it was last used: from now on always the same.
    for name in rng.sample(NAMES, 5):
        api.ok("POST", "/auth/generate_api_key", json={"name": name})


def _log_in(api: Served, email: str, user: int) -> None:
    [row] = api.items("/auth/users", id__eq=user)
    api.ok("POST", "/auth/reset_password", json={"email": email, "otp": row["otp"], "new_password": PASSWORD})
    token = api.ok("POST", "/auth/login", json={"email": email, "password": PASSWORD})["access_token"]
    own = {"Authorization": f"Bearer {token}"}
    key = api.ok("POST", "/auth/generate_api_key", json={"name": email}, headers=own)["api_key"]
    if user % 2:
        api.ok("GET", "/health", headers={"Authorization": f"Bearer {key}"})
