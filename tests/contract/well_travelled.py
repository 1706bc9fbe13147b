"""A served twin that has met enough for every parameter of every listing to tell rows apart.

Two levels with lanes three deep, two balconies, SKUs that are there and that are gone, boxes of several
sizes, requests of every type in every state, bots that work, wait and charge, events of every severity,
users and keys of several ages. Everything was asked for over the API; the clock is paused.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api.accounts import Accounts
from tests.api.people import QUICK, SECRET, Wall
from tests.api.random_worlds import make_people
from tests.api.served import KEY, Served, serve
from twin.domain.layout import Site
from twin.experiments.sitefile import parse_site

MINUTE = 60_000

# Rows without floor on top, and twelve columns: x and y have two digits, of which a filter can name one.
SITE = """
schema: 1
name: well-travelled
pitch_mm: 600
levels:
  - id: 1
    height_mm: 0
    map: |
      ############
      ############
      ############
      ############
      ############
      ############
      ############
      ############
      #bbpcppcpbb#
      ............
      ssssssssssss
      ssssssssssss
      ssssssssssss
  - {id: 2, height_mm: 400, same_map_as: 1}
balconies:
  - {id: 1, places: [{levels: all, x: 1, y: 8}, {levels: all, x: 2, y: 8}]}
  - {id: 2, places: [{levels: all, x: 9, y: 8}, {levels: all, x: 10, y: 8}]}
bots: {per_level: 3}
carriers: {fill_percent: 75}
"""

SKUS = (
    ("CUP-BLUE", "Blue cup", "UNASSIGN"),
    ("CUP-RED", "Red cup 100%", "DO_NOTHING"),
    ("PLATE", "Größe XL, flat", "UNASSIGN"),
    ("BOWL", "bowl_of_4 (glass)", "DO_NOTHING"),
    ("SPOON", None, "UNASSIGN"),
    ("WASHER", "Washer, in many boxes", "UNASSIGN"),
)
SHELF = (
    # carrier, sections, SKU, pieces, of at most
    (1001, "11110000", "CUP-BLUE", 40, 60),
    (1001, "00001100", "CUP-RED", 12, 30),
    (1002, "11111111", "PLATE", 7, 10),
    (1003, "11000000", "CUP-BLUE", 3, 60),
    (1003, "00111111", None, 0, 0),
    (1004, "1000000000000000", "BOWL", 1, 1),
    (1005, "11110000", "SPOON", 112, 200),
    *((1020 + number % 3, f"{1 << number // 3:b}", "WASHER", number, 12) for number in range(1, 13)),
    (1030, "11110000", "CUP-RED", 20, 30),
    (1031, "00001111", "PLATE", 5, 10),
    (1032, "01000000", None, 0, 0),
)
FILLERS = 48
"""So many SKUs, requests and users besides: more rows than a page has where nobody says how many."""


def site() -> Site:
    """Where it is."""
    return parse_site(SITE, "well-travelled")


@contextmanager
def well_travelled() -> Iterator[Served]:
    """The twin, served until the end of the block."""
    wall = Wall()
    accounts = Accounts(KEY, secret=SECRET, clock=wall, hasher=QUICK)
    with serve(site(), accounts=accounts) as api:
        for chapter in (_stock, _errands, _maintenance, _orders, _left_open):
            chapter(api)
        make_people(api, wall, random.Random(1), more=FILLERS)
        yield api


def _stock(api: Served) -> None:
    for sku, name, on_empty in SKUS:
        api.sku(sku, name=name, on_empty_sku_action=on_empty)
        api.advance(1500)
    for gone in ("GONE", "gone too"):
        api.sku(gone)
        api.ok("DELETE", f"/sku/{gone}")
        api.advance(MINUTE)
    for number in range(FILLERS):
        api.sku(f"FILLER-{number}")
    for carrier, code, sku, count, most in SHELF:
        box = api.box(carrier, code)
        if sku is not None:
            api.load(box, sku, count, most)
        api.advance(7_000)


def _errands(api: Served) -> None:
    """Carriers that are shown: the one after the other, some in vain."""
    for number in range(FILLERS):
        place(api, "FETCH", entities=[{"carrier_id": str(1010 + number % 10)}], priority=number % 3)
    for number in range(FILLERS):
        trigger(api, api.waiting_job(), "FAILED_TRIGGER" if number % 8 == 5 else "SUCCEEDED_TRIGGER")
    api.advance(2 * MINUTE)


def _maintenance(api: Served) -> None:
    """All that is asked of bots and levels, to its end."""
    place(api, "PAUSE")
    api.advance(MINUTE)
    place(api, "RESUME")
    place(api, "CHARGING", bot_id=2, force=True)
    place(api, "CHARGING", level_id=2, force=True)
    api.advance(3 * MINUTE)
    place(api, "UNCHARGING", bot_id=2, force=True)
    place(api, "RFID_WRITE", level_id=2, bot_id=5)
    api.advance(30 * MINUTE)
    for kind, fields in (
        ("OFFBOARDING", {"bot_id": 3}),
        ("ONBOARDING", {}),
        ("CARRIER_ONBOARDING", {"balcony_id": 2}),
    ):
        place(api, kind, **fields)
        trigger(api, api.waiting_job())
        api.advance(3 * MINUTE)


def _orders(api: Served) -> None:
    """Orders that have ended well, in part and not at all."""
    place(api, "FULFILLMENT", id="order-1", entities=lines(("CUP-BLUE", 41), ("PLATE", 2)), priority=5)
    place(api, "REPLENISHMENT", id="delivery-1", entities=lines(("CUP-RED", 3)))
    place(api, "FULFILLMENT", id="order-2", entities=lines(("SPOON", 2)), priority=-1)
    for succeeds in (True, False, True, False, False):
        trigger(api, api.waiting_job(), "SUCCEEDED_TRIGGER" if succeeds else "FAILED_TRIGGER")
        api.advance(MINUTE)


def _left_open(api: Served) -> None:
    """Work in every state that is not the last; bots charge meanwhile, and carriers are under way."""
    place(api, "CHARGING", level_id=2, force=True)
    for carrier in (1006, 1007, 1008, 1009, 1033, 1034):
        place(api, "FETCH", entities=[{"carrier_id": str(carrier)}])
    place(api, "FULFILLMENT", id="order-3", entities=lines(("CUP-BLUE", 1)), priority=2)
    api.waiting_job()
    place(api, "REPLENISHMENT", id="delivery-2", entities=lines(("PLATE", 2)))


def lines(*wanted: tuple[str, int]) -> list[dict[str, Any]]:
    """Entities of a request."""
    return [{"sku_id": sku, "quantity": quantity} for sku, quantity in wanted]


def place(api: Served, kind: str, **fields: Any) -> str:
    """A request; its id."""
    return str(api.ok("POST", "/requests", json={"type": kind, **fields})["id"])


def trigger(api: Served, job: str, outcome: str = "SUCCEEDED_TRIGGER") -> None:
    """End a job that waits."""
    api.ok("POST", f"/trigger/{job}", json={"TriggerStatus": outcome})
