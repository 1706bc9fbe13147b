"""Worlds: private warehouses on one server, chosen by the key alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from people import PASSWORD
from served import KEY, Served, serve

from api.control.access import Access

Body = dict[str, Any]


@pytest.fixture
def api() -> Iterator[Served]:
    with serve(access=Access("open")) as served:
        yield served


def make(api: Served, **order: Any) -> Body:
    answer = api.send("POST", "/_twin/worlds", json=order)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def as_(world: Body) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {world['api_key']}"}}


def test_a_world_has_its_own_stock_clock_and_settings_at_the_same_addresses(api: Served) -> None:
    world = make(api, name="mine", seed=7)
    api.ok("POST", "/sku", json={"id": "ONLY-HERE"}, **as_(world))
    api.send("POST", "/_twin/clock/advance", json={"by": "PT10S"}, **as_(world))
    api.ok("PATCH", "/settings/listing.default_page_size", json={"value_json": 7}, **as_(world))

    assert [row["id"] for row in api.ok("GET", "/skus", **as_(world))["items"]] == ["ONLY-HERE"]
    assert api.send("GET", "/_twin/clock", **as_(world)).json()["now_ms"] == 10_000
    assert api.ok("GET", "/settings/listing.default_page_size", **as_(world))["value_json"] == 7
    assert api.items("/skus") == []
    assert api.send("GET", "/_twin/clock").json()["now_ms"] == 0
    assert api.ok("GET", "/settings/listing.default_page_size")["value_json"] != 7


def test_what_is_not_said_of_a_world_is_as_in_the_default_one(api: Served) -> None:
    default = api.send("GET", "/_twin/worlds/default").json()
    world = make(api)
    for field in ("site", "seed", "epoch", "speed", "now_ms"):
        assert world[field] == default[field]
    assert world["log"] == default["log"]


def test_a_world_with_random_stock_has_some_and_a_seed_decides_which(api: Served) -> None:
    one, same, other = (make(api, seed=seed, stock={"boxes_per_sku": 3}) for seed in (1, 1, 2))
    stocks = [api.ok("GET", "/skus", **as_(world))["items"] for world in (one, same, other)]
    assert len(stocks[0]) > 1
    assert stocks[0] == stocks[1] != stocks[2]


def test_worlds_are_listed_reset_and_deleted(api: Served) -> None:
    world = make(api, name="short-lived", api_key="a-key-of-its-own")
    listed = api.send("GET", "/_twin/worlds").json()
    assert [item["id"] for item in listed["items"]] == ["default", world["id"]]
    api.ok("POST", "/sku", json={"id": "A"}, **as_(world))
    again = api.send("POST", f"/_twin/worlds/{world['id']}/reset").json()
    assert again["log"] == world["log"]
    assert api.ok("GET", "/skus", **as_(world))["items"] == []
    assert api.send("DELETE", f"/_twin/worlds/{world['id']}").status_code == 204
    assert api.refused(401, "GET", "/skus", **as_(world))
    assert api.send("GET", f"/_twin/worlds/{world['id']}").status_code == 404
    assert api.send("GET", f"/_twin/worlds/{world['id']}/clock").status_code == 404
    assert make(api)["id"] != world["id"], "an id is never given again"


def test_the_default_world_can_be_reset_but_not_deleted(api: Served) -> None:
    first = api.send("GET", "/_twin/log").json()
    api.stocked()
    assert api.send("DELETE", "/_twin/worlds/default").status_code == 409
    assert api.send("POST", "/_twin/reset").json()["log"] == first
    assert api.items("/skus") == []


def test_a_fork_goes_on_from_where_the_world_is_and_leaves_it_alone(api: Served) -> None:
    api.stocked()
    api.order()
    api.advance(5000)
    answer = api.send("POST", "/_twin/fork", json={"name": "what if"})
    fork = answer.json()
    assert (answer.status_code, fork["now_ms"]) == (201, 5000)
    before = api.send("GET", "/_twin/log").json()
    later = {"until": "waiting"}
    ended = api.send("POST", "/_twin/clock/advance", json=later, **as_(fork)).json()
    assert ended["reached"]
    assert api.send("GET", "/_twin/log").json() == before
    assert api.send("POST", "/_twin/clock/advance", json=later).json()["now_ms"] == ended["now_ms"]
    whole = api.send("GET", "/_twin/log/lines").text.splitlines()
    new = api.send("GET", "/_twin/log/lines", **as_(fork)).text.splitlines()
    assert new
    assert whole[-len(new) :] == new
    assert fork["log"]["events"] == 0


def test_users_of_a_fork_have_no_settings_of_those_who_had_their_number(api: Served) -> None:
    email = {"username": "Ann", "email": "ann@example.org"}
    user = api.ok("POST", "/auth/create_account", json=email)["id"]
    own = {"updates": {"listing.default_page_size": 3}}
    api.ok("PATCH", f"/settings/users/{user}", json=own)
    snapshot = api.send("POST", "/_twin/snapshots").json()["id"]
    for order in ({}, {"snapshot": snapshot}):
        fork = api.send("POST", "/_twin/fork", json=order).json()
        other = api.ok("POST", "/auth/create_account", json={**email, "username": "Eve"}, **as_(fork))["id"]
        assert other == user
        values = api.ok("GET", f"/settings/users/{other}", **as_(fork))["settings"]
        assert values == {"listing.default_page_size": 50}
    assert api.ok("GET", f"/settings/users/{user}")["settings"] == {"listing.default_page_size": 3}


def test_below_the_base_of_a_world_everything_is_about_it(api: Served) -> None:
    world = make(api)
    base = world["base"]
    api.send("POST", f"{base}/api/v2/sku", json={"id": "X"}, **as_(world))
    assert api.send("GET", f"{base}/log").json()["events"] == world["log"]["events"] + 1
    other_key = api.send("GET", f"{base}/api/v2/skus")
    assert other_key.status_code == 401, "the key of the default world opens no other one"
    assert api.items("/skus") == []


def test_a_slash_at_the_end_of_a_path_leads_to_no_other_world(api: Served) -> None:
    """Else who resets a world so would reset the default one."""
    world = make(api)
    for path in ("/api/v2/skus", "/api/v2/auth/login", "/clock", "/reset", ""):
        answer = api.send("POST", f"{world['base']}{path}/?size=3&search=%2Fa")
        assert answer.status_code == 307, path
        assert answer.headers["location"] == f"http://twin{world['base']}{path}?size=3&search=%2Fa"
    assert api.send("GET", "/_twin/clock/").headers["location"] == "http://twin/_twin/clock"


def test_people_log_in_to_their_world_by_its_base_and_their_tokens_know_it(api: Served) -> None:
    one, two = make(api), make(api)
    for world in (one, two):
        person = {"email": "ann@example.com", "username": world["id"], "role": "User"}
        api.ok("POST", "/auth/create_account", json=person, **as_(world))
        code = api.ok("GET", "/auth/users", **as_(world))["items"][0]["otp"]
        reset = {"email": "ann@example.com", "otp": code, "new_password": PASSWORD}
        answer = api.send("POST", f"{world['base']}/api/v2/auth/reset_password", json=reset)
        assert answer.status_code == 200, answer.text
    for world in (one, two):
        login = {"email": "ann@example.com", "password": PASSWORD}
        pair = api.send("POST", f"{world['base']}/api/v2/auth/login", json=login).json()
        for _ in range(2):
            bearer = {"Authorization": f"Bearer {pair['access_token']}"}
            who = api.ok("GET", "/auth/authenticate", headers=bearer)
            assert world["id"] in str(who)
            pair = api.ok("POST", "/auth/refresh_token", json={"refresh_token": pair["refresh_token"]})
    assert api.send("POST", "/api/v2/auth/login", json=login).status_code == 401


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"site": "nowhere"}, "site"),
        ({"site": "../../etc/passwd"}, "site"),
        ({"site_yaml": "schema: 1\nname: x\n"}, "site_yaml"),
        ({"site": "tiny", "site_yaml": "x"}, None),
        ({"seed": -1}, "seed"),
        ({"speed": "fast"}, "speed"),
        ({"policies": {"dispatch": "fastest"}}, "policies"),
        ({"api_key": "short"}, "api_key"),
        ({"api_key": "with spaces in it"}, "api_key"),
        ({"stock": {"filled_percent": 101}}, "stock"),
        ({"epoch": "2026-01-05T06:00:00"}, "epoch"),
        ({"epoch": "0001-01-01T00:00:00+14:00"}, "epoch"),
        ({"epoch": "1969-12-31T00:00:00Z"}, "epoch"),
        ({"epoch": "9999-12-31T00:00:00Z"}, "epoch"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_order_makes_no_world(api: Served, order: Body, field: str | None) -> None:
    answer = api.send("POST", "/_twin/worlds", json=order)
    assert answer.status_code == 422
    assert field is None or answer.json()["detail"][0]["loc"][1] == field
    assert api.send("GET", "/_twin/worlds").json()["total"] == 1


def test_a_key_belongs_to_one_world(api: Served) -> None:
    make(api, api_key="the-same-key")
    for key in ("the-same-key", KEY):
        answer = api.send("POST", "/_twin/worlds", json={"api_key": key})
        assert answer.status_code == 409
        assert key not in answer.text
