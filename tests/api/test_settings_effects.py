"""Every setting of the catalogue changes what the twin does, at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from people import DAY_S, people

from api.preferences import CATALOGUE
from tests.api.served import Served, serve


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def put(api: Served, key: str, value: Any) -> None:
    """Change one setting of the system."""
    api.ok("PATCH", f"/settings/{key}", json={"value_json": value})


def test_every_setting_has_a_test_of_its_effect() -> None:
    tested = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', Path(__file__).read_text()))
    assert tested >= set(CATALOGUE)


def test_simulated_people_take_over_where_the_mode_says_so(api: Served) -> None:
    api.stocked()
    job = api.order()["id"]
    api.waiting_job()
    api.advance(600_000)
    assert api.items("/requests", id__eq=job)[0]["status"] != "SUCCEEDED"
    put(api, "operator.mode", "simulated")
    api.advance(600_000)
    assert api.items("/requests", id__eq=job)[0]["status"] == "SUCCEEDED"


def test_the_mode_goes_back_to_clients_on_a_reset(api: Served) -> None:
    put(api, "operator.mode", "simulated")
    assert {person.mode for person in api.engine.plant.state.persons.values()} == {"simulated"}
    api.ok("DELETE", "/settings/operator.mode")
    assert {person.mode for person in api.engine.plant.state.persons.values()} == {"api"}


def test_the_mode_is_read_from_the_plant_whoever_has_changed_it() -> None:
    with serve("demo") as api:
        people = list(api.engine.plant.state.persons.values())
        for person in people:
            person.mode = "both"
        assert api.ok("GET", "/settings/operator.mode")["value_json"] == "both"
        people[0].mode = "api"
        assert api.ok("GET", "/settings/operator.mode")["value_json"] is None


def test_the_usual_page_has_as_many_rows_as_is_set(api: Served) -> None:
    for number in range(8):
        api.sku(f"S{number}")
    put(api, "listing.default_page_size", 3)
    page = api.ok("GET", "/skus")
    assert (len(page["items"]), page["size"], page["pages"]) == (3, 3, 3)
    assert len(api.ok("GET", "/skus", params={"size": 5})["items"]) == 5
    for path in ("/jobs", "/requests", "/events", "/inventory_view"):
        assert api.ok("GET", path)["size"] == 3
    api.ok("DELETE", "/settings/listing.default_page_size")
    assert api.ok("GET", "/skus")["size"] == 50


def test_a_user_has_pages_of_their_own_size() -> None:
    with people() as door:
        put(door.api, "listing.default_page_size", 30)
        path, token = f"/settings/users/{door.user()}", door.login()["access_token"]
        values = door.as_(token, "PATCH", path, json={"updates": {"listing.default_page_size": 4}}).json()
        assert values["settings"] == {"listing.default_page_size": 4}
        assert door.as_(token, "GET", "/skus").json()["size"] == 4
        assert door.api.ok("GET", "/skus")["size"] == 30
        door.as_(token, "PATCH", path, json={"resets": ["listing.default_page_size"]})
        assert door.as_(token, "GET", "/skus").json()["size"] == 30


def test_a_new_key_lives_as_long_as_is_set() -> None:
    with people() as door:
        long = door.key()
        put(door.api, "api_key.lifetime_days", 2)
        short = door.key()
        door.wait(2 * DAY_S - 1)
        assert door.admits(short)
        door.wait(1)
        assert not door.admits(short)
        assert door.admits(long)


def test_only_as_many_events_are_listed_as_are_to_be_kept(api: Served) -> None:
    for number in range(20):
        api.sku(f"S{number}")
    put(api, "events.retention", 5)
    kept = [row["description"] for row in api.items("/events")]
    assert kept == [f"SKU S{number} was created" for number in range(15, 20)]
    api.sku("T")
    assert api.ok("GET", "/events")["total"] == 5
    put(api, "events.retention", 100)
    assert api.ok("GET", "/events")["total"] == 5, "what is dropped is gone"
    api.sku("U")
    assert api.ok("GET", "/events")["total"] == 6


def test_only_as_many_reports_stay_as_are_to_be_kept(api: Served) -> None:
    put(api, "report.kept", 2)
    paths = [Path(api.ok("GET", "/report")["report_path"]) for _ in range(4)]
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_a_setting_of_a_client_changes_nothing(api: Served) -> None:
    before = api.engine.snapshot()
    api.ok("POST", "/settings", json={"key": "pace", "value_json": 5})
    assert api.engine.snapshot() == before
