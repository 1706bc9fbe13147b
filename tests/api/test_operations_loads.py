"""Loads: what a box holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.wire.inventory import LoadResponse, load_removed
from tests.api.served import Served, serve
from twin.domain.events import LoadChanged
from twin.domain.inventory import Sku


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


BODY = {"sku_id": "A", "item_count": 5, "item_count_max": 10}


def row(api: Served, box: int) -> dict[str, Any]:
    [found] = api.items("/inventory_view", box_id__eq=box)
    return found


def test_a_load_is_put_into_an_empty_box(api: Served) -> None:
    api.sku(name="apple")
    box = api.box()
    assert api.ok("POST", f"/load/{box}", json=BODY) == {**BODY, "name": "apple"}
    found = row(api, box)
    assert (found["sku_id"], found["sku_name"], found["item_count"]) == ("A", "apple", 5)
    assert (found["item_count_max"], found["system_quantity"]) == (10, 5)
    assert (found["measurement_unit"], found["on_empty_sku_action"]) == ("PIECE", "UNASSIGN")


def test_a_box_has_one_load_only(api: Served) -> None:
    box = api.stocked()
    assert "already exists" in api.refused(409, "POST", f"/load/{box}", json=BODY)


def test_a_load_needs_a_box_and_an_sku_that_are_there(api: Served) -> None:
    box = api.box()
    assert api.refused(404, "POST", "/load/99", json=BODY) == "Box 99 does not exist"
    assert api.refused(404, "POST", f"/load/{box}", json=BODY) == "SKU A does not exist"


BAD_NUMBERS = ["5", 5.0, True, -1, 2**31, 10**40, None, [5]]


@pytest.mark.parametrize("value", [*BAD_NUMBERS, 11])
def test_a_count_may_be_invalid(api: Served, value: object) -> None:
    api.sku()
    box = api.box()
    body = {**BODY, "item_count": value}
    assert api.locations("POST", f"/load/{box}", json=body) == [["body", "item_count"]]


@pytest.mark.parametrize("value", [*BAD_NUMBERS, 0])
def test_a_capacity_may_be_invalid(api: Served, value: object) -> None:
    api.sku()
    box = api.box()
    body = {**BODY, "item_count": 0, "item_count_max": value}
    assert api.locations("POST", f"/load/{box}", json=body) == [["body", "item_count_max"]]


@pytest.mark.parametrize("field", list(BODY))
def test_a_new_load_needs_all_its_fields(api: Served, field: str) -> None:
    body = {name: value for name, value in BODY.items() if name != field}
    assert api.locations("POST", "/load/1", json=body) == [["body", field]]


def test_the_largest_load_is_taken(api: Served) -> None:
    api.sku()
    api.load(api.box(), count=2**31 - 1, most=2**31 - 1)
    assert api.items("/skus")[0]["total_quantity"] == 2**31 - 1


def test_a_correction_keeps_what_it_does_not_name(api: Served) -> None:
    box = api.stocked()
    assert api.ok("PATCH", f"/load/{box}", json={"item_count": 7}) == {**BODY, "item_count": 7, "name": None}
    assert api.ok("PATCH", f"/load/{box}", json={"item_count_max": 7, "sku_id": None})["item_count"] == 7


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"item_count": None}}])
def test_a_correction_of_nothing_changes_nothing(api: Served, options: dict[str, Any]) -> None:
    box = api.stocked()
    before = row(api, box)
    api.advance(1000)
    assert api.ok("PATCH", f"/load/{box}", **options) == {**BODY, "name": None}
    assert row(api, box) == before
    api.refused(404, "PATCH", "/load/99", **options)


def test_a_correction_may_change_the_sku(api: Served) -> None:
    api.sku("B", name="pear")
    box = api.stocked()
    assert api.ok("PATCH", f"/load/{box}", json={"sku_id": "B"}) == {**BODY, "sku_id": "B", "name": "pear"}
    assert (row(api, box)["sku_id"], row(api, box)["system_quantity"]) == ("B", 5)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"item_count": 11}, "item_count"),
        ({"item_count": "7"}, "item_count"),
        ({"item_count": -1}, "item_count"),
        ({"item_count_max": 4}, "item_count"),
        ({"item_count_max": 0}, "item_count_max"),
        ({"sku_id": ""}, "sku_id"),
        ({"sku_id": 5}, "sku_id"),
    ],
)
def test_a_correction_may_be_invalid(api: Served, body: dict[str, object], field: str) -> None:
    box = api.stocked()
    assert api.locations("PATCH", f"/load/{box}", json=body) == [["body", field]]


def test_a_box_without_load_has_nothing_to_correct_or_remove(api: Served) -> None:
    box = api.box()
    assert api.refused(404, "PATCH", f"/load/{box}", json={}) == f"Load of box {box} does not exist"
    assert api.refused(404, "DELETE", f"/load/{box}") == f"Load of box {box} does not exist"


def test_a_removed_load_leaves_an_empty_box(api: Served) -> None:
    box = api.stocked()
    assert api.ok("DELETE", f"/load/{box}") == {**BODY, "name": None}
    found = row(api, box)
    assert {found[name] for name in ("sku_id", "item_count", "item_count_max", "system_quantity")} == {None}


def test_pieces_that_a_job_needs_cannot_be_taken_away(api: Served) -> None:
    api.sku("B")
    box = api.stocked()
    api.order(quantity=3)
    api.refused(409, "DELETE", f"/load/{box}")
    api.refused(409, "PATCH", f"/load/{box}", json={"item_count": 2})
    api.refused(409, "PATCH", f"/load/{box}", json={"sku_id": "B"})
    assert api.ok("PATCH", f"/load/{box}", json={"item_count": 3})["item_count"] == 3


def test_the_answer_of_a_deletion_is_what_was_there_when_it_had_its_turn() -> None:
    changes = [
        LoadChanged(1, "A", 4, 5, 10, "trigger", "job-1"),
        LoadChanged(1, "B", 4, 0, 9, "command", None),
        LoadChanged(1, None, 0, 4, 9, "command", None),
    ]
    known: LoadResponse = {**BODY, "name": "apple"}
    skus = {"A": Sku("A", "apple"), "B": Sku("B", "pear")}
    for change in changes:
        known = load_removed(change, known, skus)
    assert known == {"sku_id": "B", "name": "pear", "item_count": 4, "item_count_max": 9}
