"""Boxes: where they stand on their carrier, and moves that are all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.served import JSON, Served, serve


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def codes(api: Served, *boxes: int) -> list[str]:
    """Where boxes are, as the inventory view tells it."""
    return [api.items("/inventory_view", box_id__eq=box)[0]["section_code"] for box in boxes]


def test_a_box_takes_the_sections_of_its_code(api: Served) -> None:
    body = api.ok("POST", "/box/1001", json={"section_code": "11110000"})
    assert body == {"id": 1, "section_code": 11110000, "section_code_32": 11111111111111110000000000000000}


@pytest.mark.parametrize(
    ("code", "exact", "legacy"),
    [
        ("1", "00000000000000000000000000001111", 1),
        (1, "00000000000000000000000000001111", 1),
        (10000000, "11110000000000000000000000000000", 10000000),
        ("1000000000000001", "11000000000000000000000000000011", 10000001),
        ("10000000000000000000000000000001", "10000000000000000000000000000001", 10000001),
        (10000000000000000000000000000001, "10000000000000000000000000000001", 10000001),
    ],
)
def test_a_code_has_many_spellings(api: Served, code: str | int, exact: str, legacy: int) -> None:
    answer = api.call("POST", "/box/1001", json={"section_code": code})
    assert answer.text == f'{{"id":1,"section_code":{legacy},"section_code_32":{int(exact)}}}'
    assert api.engine.plant.state.boxes[1].mask == int(exact, 2)


BAD_CODES = [
    "",
    "0",
    "00000000",
    0,
    -1,
    "2",
    "1x",
    " 1",
    "111111111",
    "1" * 33,
    10**32,
    12,
    1.0,
    True,
    [1],
    {},
]


@pytest.mark.parametrize("code", [*BAD_CODES, None])
def test_a_new_box_needs_a_good_code(api: Served, code: object) -> None:
    assert api.locations("POST", "/box/1001", json={"section_code": code}) == [["body", "section_code"]]
    assert api.engine.plant.state.boxes == {}


@pytest.mark.parametrize("options", [{}, {"json": {}}])
def test_a_new_box_needs_a_code_at_all(api: Served, options: dict[str, Any]) -> None:
    assert api.locations("POST", "/box/1001", **options) == [["body", "section_code"]]


@pytest.mark.parametrize("carrier", ["1", "x", "-1001", "1001.0", "9" * 40, "%00", "１００１"])
def test_a_box_needs_a_carrier_that_is_there(api: Served, carrier: str) -> None:
    assert "does not exist" in api.refused(404, "POST", f"/box/{carrier}", json={"section_code": "1"})


def test_boxes_on_one_carrier_never_overlap(api: Served) -> None:
    first, second = api.box(code="11110000"), api.box(code="00001111")
    assert "taken" in api.refused(409, "POST", "/box/1001", json={"section_code": "00011000"})
    assert "taken" in api.refused(409, "PATCH", f"/box/{first}", json={"section_code": "1"})
    assert codes(api, first, second) == ["11110000", "00001111"]


def test_a_box_may_be_moved_onto_its_own_place(api: Served) -> None:
    box = api.box(code="11110000")
    assert api.ok("PATCH", f"/box/{box}", json={"section_code": "00111100"})["section_code"] == 111100


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"section_code": None}}])
def test_a_move_to_nowhere_moves_nothing(api: Served, options: dict[str, Any]) -> None:
    box = api.box(code="1")
    before = api.items("/inventory_view", box_id__eq=box)
    api.advance(1000)
    assert api.ok("PATCH", f"/box/{box}", **options)["section_code"] == 1
    assert api.items("/inventory_view", box_id__eq=box) == before


@pytest.mark.parametrize("code", BAD_CODES)
def test_a_move_needs_a_good_code(api: Served, code: object) -> None:
    box = api.box()
    locations = api.locations("PATCH", f"/box/{box}", json={"section_code": code})
    assert locations == [["body", "section_code"]]


@pytest.mark.parametrize("box", ["1", "x", "-1", "9" * 30])
@pytest.mark.parametrize("body", [{}, {"section_code": "1"}])
def test_an_unknown_box_cannot_be_moved(api: Served, box: str, body: dict[str, str]) -> None:
    assert api.refused(404, "PATCH", f"/box/{box}", json=body) == f"Box {box} does not exist"


def test_an_empty_box_can_be_removed(api: Served) -> None:
    box = api.box(code="1")
    assert api.ok("DELETE", f"/box/{box}") == {"id": box, "section_code": 1, "section_code_32": 1111}
    assert api.items("/inventory_view", box_id__eq=box) == []
    api.refused(404, "DELETE", f"/box/{box}")


def test_a_box_with_a_load_cannot_be_removed(api: Served) -> None:
    box = api.stocked()
    assert "holds a load" in api.refused(409, "DELETE", f"/box/{box}")


@pytest.mark.parametrize("box", ["x", "1.0", "1_0", "+1", "%201", "１"])
def test_an_id_in_a_path_is_a_plain_integer(api: Served, box: str) -> None:
    api.box()
    assert api.locations("DELETE", f"/box/{box}") == [["path", "box_id"]]


def test_an_id_that_nothing_has_is_not_found(api: Served) -> None:
    for box in (0, -1, 7, 10**17):
        api.refused(404, "DELETE", f"/box/{box}")


def test_two_boxes_exchange_their_sections(api: Served) -> None:
    first, second = api.box(code="11000000"), api.box(code="00000001")
    assert api.ok("POST", f"/box/swap/{first}/{second}") == {
        "source_box": {"id": first, "section_code": 1, "section_code_32": 1111},
        "target_box": {"id": second, "section_code": 11000000, "section_code_32": 11111111 * 10**24},
    }


def test_boxes_on_different_carriers_stay_on_them_when_swapped(api: Served) -> None:
    first, second = api.box(1001, "11000000"), api.box(1002, "00000011")
    api.ok("POST", f"/box/swap/{first}/{second}")
    rows = [api.items("/inventory_view", box_id__eq=box)[0] for box in (first, second)]
    assert [(row["carrier_id"], row["section_code"]) for row in rows] == [
        ("1001", "00000011"),
        ("1002", "11000000"),
    ]


def test_a_swap_that_would_overlap_is_refused_whole(api: Served) -> None:
    first, second = api.box(1001, "11000000"), api.box(1002, "00000011")
    third = api.box(1001, "00000001")
    api.refused(409, "POST", f"/box/swap/{first}/{second}")
    assert codes(api, first, second, third) == ["11000000", "00000011", "00000001"]


def test_a_swap_needs_two_boxes_that_are_there(api: Served) -> None:
    box = api.box()
    assert api.locations("POST", f"/box/swap/{box}/{box}") == [["path", "target_box_id"]]
    assert api.locations("POST", "/box/swap/x/y") == [["path", "source_box_id"], ["path", "target_box_id"]]
    assert api.refused(404, "POST", f"/box/swap/{box}/9") == "Box 9 does not exist"
    assert api.refused(404, "POST", f"/box/swap/9/{box}") == "Box 9 does not exist"


def region(*updates: tuple[object, object]) -> dict[str, Any]:
    return {"updates": [{"box_id": box, "section_code": code} for box, code in updates]}


def test_a_region_is_rearranged_at_once(api: Served) -> None:
    first, second, third = (api.box(code=code) for code in ("11000000", "00110000", "00001000"))
    moves = region((first, "00110000"), (second, 1000), (third, "11000000"))
    body = api.ok("POST", "/box/swap-region", json=moves)
    assert [(box["id"], box["section_code"]) for box in body["boxes"]] == [
        (first, 110000),
        (second, 1000),
        (third, 11000000),
    ]
    assert codes(api, first, second, third) == ["00110000", "00001000", "11000000"]


def test_a_region_with_one_bad_move_is_refused_whole(api: Served) -> None:
    first, second = api.box(code="11000000"), api.box(code="00110000")
    good = (first, "00000011")
    api.refused(409, "POST", "/box/swap-region", json=region(good, (second, "00000001")))
    api.refused(404, "POST", "/box/swap-region", json=region(good, (99, "00001000")))
    assert api.locations("POST", "/box/swap-region", json=region(good, (second, "3"))) == [
        ["body", "updates", 1, "section_code"]
    ]
    assert api.locations("POST", "/box/swap-region", json=region(good, good)) == [["body", "updates"]]
    assert codes(api, first, second) == ["11000000", "00110000"]


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({}, ["updates"]),
        ({"updates": []}, ["updates"]),
        ({"updates": None}, ["updates"]),
        ({"updates": [{}]}, ["updates", 0, "box_id"]),
        ({"updates": [{"box_id": "1", "section_code": "1"}]}, ["updates", 0, "box_id"]),
        ({"updates": [{"box_id": 1.0, "section_code": "1"}]}, ["updates", 0, "box_id"]),
        ({"updates": [{"box_id": True, "section_code": "1"}]}, ["updates", 0, "box_id"]),
        ({"updates": [{"box_id": 1}]}, ["updates", 0, "section_code"]),
        ({"updates": [{"box_id": 1, "section_code": None}]}, ["updates", 0, "section_code"]),
    ],
)
def test_a_region_may_be_invalid(api: Served, body: dict[str, Any], location: list[str | int]) -> None:
    assert ["body", *location] in api.locations("POST", "/box/swap-region", json=body)


def test_an_exact_code_survives_the_way_there_and_back(api: Served) -> None:
    code = 10101010101010101010101010101011
    answer = api.call("POST", "/box/1001", content=f'{{"section_code": {code}}}'.encode(), headers=JSON)
    assert f'"section_code_32":{code}}}' in answer.text


@pytest.mark.parametrize("written", ["1e7", "1.0", "1e+31", "1.1111111111111111e+31", "1e400"])
def test_a_section_code_with_exponent_or_point_is_refused_since_digits_may_be_lost(
    api: Served, written: str
) -> None:
    body, headers = f'{{"section_code": {written}}}', {"Content-Type": "application/json"}
    [error] = api.refused(422, "POST", "/box/1001", content=body, headers=headers)
    assert error["loc"] == ["body", "section_code"]
    assert "may lack digits" in error["msg"]


@pytest.mark.parametrize("carrier", ["01001", "+1001", "1001.0", "0", "x"])
def test_a_carrier_has_one_spelling_only(api: Served, carrier: str) -> None:
    api.refused(404, "POST", f"/box/{carrier}", json={"section_code": "1"})
    wanted = {"type": "FETCH", "entities": [{"carrier_id": carrier}]}
    aborted = api.call("POST", "/requests", json=wanted)
    assert aborted.status_code == 400
    assert [one["error_code"] for one in aborted.json()["entity_feedback"]] == ["0x5083"]
