"""How each parameter that belongs to no listing is shown to do what it is there for: one entry for each.

Parameters in a path name the right thing and touch no other; what names nothing is 404. What cannot name
anything is 422 where the reference gives the type integer; where it gives string, it is 404 as well:
every text could be a name. Nothing changes by what is refused. Each begins with a tiny twin as it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from tests.api.people import People
from tests.api.served import Served
from tests.api.test_images import picture, upload

UNKNOWN_NUMBERS = ("0", "99", "-1", "9" * 30)
NO_NUMBERS = ("x", "1.0", "+1", "1_0", "1e0", "01", "-0", "1 ", "٣")
PAGE_SIZE = "listing.default_page_size"
CODES = ("11110000", "00001100", "00000010")
LATER = 60_000

Body = dict[str, Any]


def begin_again(api: Served) -> None:
    """Make the twin what it was when it was made."""
    assert api.send("POST", "/_twin/reset").status_code == 200


@contextmanager
def unchanged(api: Served) -> Iterator[None]:
    """Nothing that can be seen changes until the end of the block."""
    before = seen(api)
    yield
    assert seen(api) == before


def seen(api: Served) -> list[Any]:
    """What can be changed by the parameters here."""
    listings = ("/inventory_view", "/skus", "/jobs", "/auth/api_keys", "/auth/users")
    others = ("/bots", "/settings", "/storage_status")
    return [[api.everything(path) for path in listings], [api.ok("GET", path) for path in others]]


class Place:
    """A parameter in a path: everything else of the call is right."""

    def __init__(self, api: Served, method: str, template: str, name: str, body: Any = None) -> None:
        self._api, self._method, self._template, self._name, self._body = api, method, template, name, body

    def _call(self, status: int, value: str) -> Any:
        url = self._template.replace(f"{{{self._name}}}", quote(value, safe=""))
        return self._api.refused(status, self._method, url, json=self._body)

    def takes_numbers_that_there_are(self) -> None:
        """Of the type integer: 404 for others, 422 for what is none."""
        with unchanged(self._api):
            for value in UNKNOWN_NUMBERS:
                self._call(404, value)
            for value in NO_NUMBERS:
                [error] = self._call(422, value)
                assert error["loc"] == ["path", self._name], value

    def takes_names_that_there_are(self, *others: str) -> None:
        """Of the type string: 404 for whatever names nothing."""
        with unchanged(self._api):
            for value in (*UNKNOWN_NUMBERS, *NO_NUMBERS, *others):
                self._call(404, value)


# -- accounts


def delete_api_key(door: People) -> None:
    """The key of that id opens nothing any more, all others do."""
    keep, drop = door.key(name="keep"), door.key(name="drop")
    ids = {row["name"]: row["id"] for row in door.api.items("/auth/api_keys")}
    Place(door.api, "DELETE", "/auth/api_keys/{api_key_id}", "api_key_id").takes_numbers_that_there_are()
    gone = door.api.ok("DELETE", f"/auth/api_keys/{ids['drop']}")
    assert (gone["deleted_key_id"], gone["deleted_key_name"]) == (ids["drop"], "drop")
    assert (door.admits(keep), door.admits(drop)) == (True, False)
    assert {row["name"] for row in door.api.items("/auth/api_keys")} == set(ids) - {"drop"}
    door.api.refused(404, "DELETE", f"/auth/api_keys/{ids['drop']}")


def get_user_settings(door: People) -> None:
    """Each user has the values of that user."""
    ann, bob = door.create("ann@example.org"), door.create("bob@example.org")
    for user, size in ((ann, 3), (bob, 4)):
        door.api.ok("PATCH", f"/settings/users/{user}", json={"updates": {PAGE_SIZE: size}})
    for user, size in ((ann, 3), (bob, 4)):
        assert door.api.ok("GET", f"/settings/users/{user}") == {"settings": {PAGE_SIZE: size}}
    Place(door.api, "GET", "/settings/users/{user_idx}", "user_idx").takes_numbers_that_there_are()


def change_user_settings(door: People) -> None:
    """The pages of that user are of another size, those of nobody else."""
    ann, _bob = door.user("ann@example.org"), door.user("bob@example.org")
    tokens = [door.login(email)["access_token"] for email in ("ann@example.org", "bob@example.org")]
    wanted: Body = {"updates": {PAGE_SIZE: 1}}
    door.api.ok("PATCH", f"/settings/users/{ann}", json=wanted)
    assert [door.as_(token, "GET", "/inventory_view").json()["size"] for token in tokens] == [1, 50]
    place = Place(door.api, "PATCH", "/settings/users/{user_idx}", "user_idx", wanted)
    place.takes_numbers_that_there_are()


# -- settings


def get_setting(door: People) -> None:
    """The setting of that key."""
    api = door.api
    own_keys(api)
    for key, value in (("shop.a", 1), ("shop.b", 2), (PAGE_SIZE, 50)):
        found = api.ok("GET", f"/settings/{key}")
        assert (found["key"], found["value_json"]) == (key, value)
    Place(api, "GET", "/settings/{key}", "key").takes_names_that_there_are("shop.c", "Shop.a", "users")


def change_setting(door: People) -> None:
    """The setting of that key has another value, which counts; the others have theirs."""
    api = door.api
    own_keys(api)
    api.ok("PATCH", f"/settings/{PAGE_SIZE}", json={"value_json": 2})
    assert len(api.items("/inventory_view")) == 2
    api.ok("PATCH", "/settings/shop.a", json={"value_json": "new"})
    assert [own_values(api)[key] for key in ("shop.a", "shop.b")] == ["new", 2]
    place = Place(api, "PATCH", "/settings/{key}", "key", {"value_json": 3})
    place.takes_names_that_there_are("shop.c", "users")


def reset_setting(door: People) -> None:
    """A setting of the twin has its default again, one of a client is gone; the others stay."""
    api = door.api
    own_keys(api)
    api.ok("PATCH", f"/settings/{PAGE_SIZE}", json={"value_json": 2})
    api.ok("DELETE", f"/settings/{PAGE_SIZE}")
    assert len(api.items("/inventory_view")) == 12
    api.ok("DELETE", "/settings/shop.a")
    assert [own_values(api).get(key) for key in ("shop.a", "shop.b")] == [None, 2]
    place = Place(api, "DELETE", "/settings/{key}", "key")
    place.takes_names_that_there_are("shop.a", "shop.c", "users")


def own_keys(api: Served) -> None:
    """Two settings of a client."""
    for key, value in (("shop.a", 1), ("shop.b", 2)):
        api.ok("POST", "/settings", json={"key": key, "value_json": value})


def own_values(api: Served) -> Body:
    """The values in force by key."""
    values: Body = api.ok("GET", "/settings/system")["settings"]
    return values


# -- system, bots


def timeout(door: People) -> None:
    """A restart that takes longer says so; 60 seconds are enough, and meant where nothing is said."""
    api = door.api
    for given, status in (
        ({"timeout": "19.9"}, "TIMEOUT"),
        ({"timeout": "20"}, "STARTING_UP"),
        ({}, None),
    ):
        answer = api.ok("POST", "/restart_brain", params=given)
        assert answer["status"] == (status or "STARTING_UP")
        assert api.ok("GET", "/storage_status") == {"storage_status": "STARTING_UP"}
        api.advance(19_999)
        assert api.ok("GET", "/storage_status") == {"storage_status": "STARTING_UP"}
        api.advance(1)
        assert api.ok("GET", "/storage_status") == {"storage_status": "RUNNING"}
    with unchanged(api):
        for wrong in ("-1", "86401", "soon", "", "nan", "inf"):
            found = api.locations("POST", "/restart_brain", params={"timeout": wrong})
            assert found == [["query", "timeout"]], wrong


def bot_idxs(door: People) -> None:
    """The bots of these ids are gone, all or none: repeated, with commas, or `*` for all."""
    api = door.api
    with unchanged(api):
        assert api.ok("DELETE", "/bot")["message"] == "Bots removed: none"
        for unknown in (["1", "99"], ["*", "99"]):
            api.refused(404, "DELETE", "/bot", params={"bot_idxs": unknown})
        for place, wrong in (
            (1, "1,two"),
            (0, "-1"),
            (0, "01"),
            (0, "1.0,2"),
            (1, "*,two"),
            (1, "1,"),
            (0, ""),
        ):
            found = api.locations("DELETE", "/bot", params={"bot_idxs": wrong})
            assert found == [["query", "bot_idxs", place]], wrong
    for given, left in (
        (["2"], [1]),
        (["1,1"], [2]),
        (["1", "2"], []),
        (["2,1"], []),
        (["1", "2,1"], []),
        (["*"], []),
        (["1", "*"], []),
    ):
        begin_again(api)
        api.ok("DELETE", "/bot", params={"bot_idxs": given})
        assert [bot["id"] for bot in api.ok("GET", "/bots")] == left, given


# -- boxes and loads


def shelf(door: People) -> Served:
    """Boxes 1 and 2 on carrier 1001, 3 on carrier 1002; all hold pieces of A, as many as their number."""
    api = door.api
    api.sku()
    for carrier, code in ((1001, CODES[0]), (1001, CODES[1]), (1002, CODES[2])):
        box = api.box(carrier, code)
        api.load(box, count=box)
    return api


def sections(api: Served) -> dict[int, str]:
    """The section codes of all boxes."""
    return {row["box_id"]: row["section_code"] for row in boxes(api)}


def pieces(api: Served) -> dict[int, int | None]:
    """What all boxes hold."""
    return {row["box_id"]: row["item_count"] for row in boxes(api)}


def boxes(api: Served) -> list[Body]:
    """The rows of the inventory that are boxes."""
    return [row for row in api.items("/inventory_view") if row["box_id"] is not None]


def source_box(door: People) -> None:
    """That box takes the sections of the other, and the other its; no third."""
    api = shelf(door)
    api.ok("POST", "/box/swap/1/2")
    assert sections(api) == {1: CODES[1], 2: CODES[0], 3: CODES[2]}
    answer = api.ok("POST", "/box/swap/3/2")
    assert answer["source_box"]["id"] == 3
    assert sections(api) == {1: CODES[1], 2: CODES[2], 3: CODES[0]}
    Place(api, "POST", "/box/swap/{source_box_id}/1", "source_box_id").takes_numbers_that_there_are()


def target_box(door: People) -> None:
    """The box whose sections the first one takes."""
    api = shelf(door)
    answer = api.ok("POST", "/box/swap/1/2")
    assert answer["target_box"]["id"] == 2
    assert sections(api) == {1: CODES[1], 2: CODES[0], 3: CODES[2]}
    api.ok("POST", "/box/swap/1/3")
    assert sections(api) == {1: CODES[2], 2: CODES[0], 3: CODES[1]}
    Place(api, "POST", "/box/swap/1/{target_box_id}", "target_box_id").takes_numbers_that_there_are()


def delete_box(door: People) -> None:
    """That box is gone, no other."""
    api = shelf(door)
    api.ok("DELETE", "/load/2")
    Place(api, "DELETE", "/box/{box_id}", "box_id").takes_numbers_that_there_are()
    assert api.ok("DELETE", "/box/2")["id"] == 2
    assert sections(api) == {1: CODES[0], 3: CODES[2]}
    api.refused(404, "DELETE", "/box/2")


def change_box(door: People) -> None:
    """That box has other sections, no other box."""
    api = shelf(door)
    api.ok("PATCH", "/box/2", json={"section_code": "00000011"})
    assert sections(api) == {1: CODES[0], 2: "00000011", 3: CODES[2]}
    place = Place(api, "PATCH", "/box/{box_id}", "box_id", {"section_code": "00001000"})
    place.takes_names_that_there_are()
    Place(api, "PATCH", "/box/{box_id}", "box_id", {}).takes_names_that_there_are()


def carrier_id(door: People) -> None:
    """The box stands on that carrier."""
    api = shelf(door)
    for carrier in ("1002", "1009"):
        made = api.ok("POST", f"/box/{carrier}", json={"section_code": "11000000"})
        [row] = api.items("/inventory_view", box_id__eq=made["id"])
        assert (row["carrier_id"], row["section_code"]) == (carrier, "11000000")
    place = Place(api, "POST", "/box/{carrier_id}", "carrier_id", {"section_code": "1"})
    place.takes_names_that_there_are("01001", "1001.0")


def create_load(door: People) -> None:
    """That box is filled, no other."""
    api = shelf(door)
    for box in (1, 2):
        api.ok("DELETE", f"/load/{box}")
    full = {"sku_id": "A", "item_count": 7, "item_count_max": 9}
    api.ok("POST", "/load/2", json=full)
    assert pieces(api) == {1: None, 2: 7, 3: 3}
    Place(api, "POST", "/load/{box_id}", "box_id", full).takes_numbers_that_there_are()


def change_load(door: People) -> None:
    """The pieces of that box are others, those of no other box."""
    api = shelf(door)
    api.ok("PATCH", "/load/2", json={"item_count": 8})
    assert pieces(api) == {1: 1, 2: 8, 3: 3}
    place = Place(api, "PATCH", "/load/{box_id}", "box_id", {"item_count": 4})
    place.takes_numbers_that_there_are()
    Place(api, "PATCH", "/load/{box_id}", "box_id", {}).takes_numbers_that_there_are()


def delete_load(door: People) -> None:
    """That box is empty, no other."""
    api = shelf(door)
    Place(api, "DELETE", "/load/{box_id}", "box_id").takes_numbers_that_there_are()
    assert api.ok("DELETE", "/load/2")["item_count"] == 2
    assert pieces(api) == {1: 1, 2: None, 3: 3}
    api.refused(404, "DELETE", "/load/2")


# -- jobs


def trigger(door: People) -> None:
    """That job ends, and with it its request; another that waits goes on waiting."""
    api = shelf(door)
    for carrier in ("1003", "1009"):
        api.ok("POST", "/requests", json={"type": "FETCH", "entities": [{"carrier_id": carrier}]})
    for _ in range(10):
        api.advance(LATER // 10)
    waiting = {row["id"]: row["request_id"] for row in api.items("/jobs", status__eq="WAITING_FOR_TRIGGER")}
    [first, second] = waiting
    place = Place(api, "POST", "/trigger/{job_id}", "job_id", {})
    place.takes_names_that_there_are("job-0", first.upper(), f"{first} ", waiting[first])
    api.ok("POST", f"/trigger/{first}", json={})
    status = {row["id"]: row["status"] for row in api.items("/jobs")}
    assert (status[first], status[second]) == ("SUCCEEDED", "WAITING_FOR_TRIGGER")
    assert [row["id"] for row in api.items("/requests", status__eq="SUCCEEDED")] == [waiting[first]]


# -- SKUs


def overwrite_existing_image(door: People) -> None:
    """A picture that is there stays, unless this says that it is to be replaced."""
    api = shelf(door)
    old, new = picture(colour=1), picture(colour=2)
    assert shown(api, upload(api, old).json()["image_url"]) == old
    for given in ({}, {"overwrite_existing_image": "false"}):
        assert upload(api, new, **given).status_code == 409
        assert shown(api, api.items("/skus")[0]["image_url"]) == old
    for wrong in ("2", "maybe", ""):
        refused = upload(api, new, overwrite_existing_image=wrong)
        assert refused.status_code == 422
        assert [e["loc"] for e in refused.json()["detail"]] == [["query", "overwrite_existing_image"]]
    assert shown(api, api.items("/skus")[0]["image_url"]) == old
    assert upload(api, new, overwrite_existing_image="true").status_code == 200
    assert shown(api, api.items("/skus")[0]["image_url"]) == new


def shown(api: Served, url: str) -> bytes:
    """The picture at a URL."""
    answer = api.send("GET", url)
    assert answer.status_code == 200
    return answer.content


def change_sku(door: People) -> None:
    """That SKU has another name, no other."""
    api = shelf(door)
    for sku in ("B", "a", "A/B", "ä ?#%"):
        api.sku(sku)
    for sku in ("B", "A/B", "ä ?#%"):
        assert api.ok("PATCH", f"/sku/{quote(sku, safe='')}", json={"name": f"new {sku}"})["id"] == sku
    names = {row["id"]: row["name"] for row in api.items("/skus")}
    assert names == {"A": None, "B": "new B", "a": None, "A/B": "new A/B", "ä ?#%": "new ä ?#%"}
    place = Place(api, "PATCH", "/sku/{id}", "id", {"name": "x"})
    place.takes_names_that_there_are("b", "A/", "A B")


def delete_sku(door: People) -> None:
    """That SKU is gone, no other."""
    api = shelf(door)
    for sku in ("B", "b", "A/B"):
        api.sku(sku)
    Place(api, "DELETE", "/sku/{id}", "id").takes_names_that_there_are("a", "A/", "A B")
    for sku in ("B", "A/B"):
        assert api.ok("DELETE", f"/sku/{quote(sku, safe='')}")["id"] == sku
        api.refused(404, "DELETE", f"/sku/{quote(sku, safe='')}")
    assert [row["id"] for row in api.items("/skus")] == ["A", "b"]


Shown = Callable[[People], None]

OTHERS: Mapping[tuple[str, str, str], Shown] = {
    ("DELETE", "/auth/api_keys/{api_key_id}", "api_key_id"): delete_api_key,
    ("POST", "/restart_brain", "timeout"): timeout,
    ("DELETE", "/bot", "bot_idxs"): bot_idxs,
    ("POST", "/box/swap/{source_box_id}/{target_box_id}", "source_box_id"): source_box,
    ("POST", "/box/swap/{source_box_id}/{target_box_id}", "target_box_id"): target_box,
    ("DELETE", "/box/{box_id}", "box_id"): delete_box,
    ("PATCH", "/box/{box_id}", "box_id"): change_box,
    ("POST", "/box/{carrier_id}", "carrier_id"): carrier_id,
    ("DELETE", "/load/{box_id}", "box_id"): delete_load,
    ("PATCH", "/load/{box_id}", "box_id"): change_load,
    ("POST", "/load/{box_id}", "box_id"): create_load,
    ("POST", "/trigger/{job_id}", "job_id"): trigger,
    ("GET", "/settings/users/{user_idx}", "user_idx"): get_user_settings,
    ("PATCH", "/settings/users/{user_idx}", "user_idx"): change_user_settings,
    ("DELETE", "/settings/{key}", "key"): reset_setting,
    ("GET", "/settings/{key}", "key"): get_setting,
    ("PATCH", "/settings/{key}", "key"): change_setting,
    ("POST", "/sku/image", "overwrite_existing_image"): overwrite_existing_image,
    ("DELETE", "/sku/{id}", "id"): delete_sku,
    ("PATCH", "/sku/{id}", "id"): change_sku,
}
