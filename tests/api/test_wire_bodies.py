"""Answers have exactly the fields and types of their documented models, whatever the row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from api.wire.events import EventsResponse, event_body
from api.wire.exact import written
from api.wire.inventory import BoxResponse, box_body
from api.wire.inventory_view import InventoryViewResponse, inventory_body
from api.wire.jobs import JobResponse, job_body
from api.wire.requests import RequestResponseComposite, request_body
from api.wire.sku import SkuResponse, sku_body
from api.wire.stamps import Calendar
from twin.domain import work
from twin.domain.inventory import Box
from twin.records.views import happenings, rows

CALENDAR = Calendar(datetime(2026, 1, 5, 5, tzinfo=UTC))
times = st.integers(0, 10**12)
ids = st.integers(1, 10**6)
pieces = st.integers(0, 2**31 - 1)
masks = st.integers(1, 2**32 - 1)
texts = st.text(max_size=5)
skus = st.builds(
    rows.SkuRow,
    id=texts,
    name=st.none() | texts,
    on_empty_sku_action=st.sampled_from(["UNASSIGN", "DO_NOTHING"]),
    created_ms=times,
    deleted_ms=st.none() | times,
    total_quantity=pieces,
    carriers=st.integers(0, 3),
    carriers_in_all=st.integers(3, 9),
)
stands = st.builds(
    rows.Stand,
    carrier=st.none() | ids,
    level=ids,
    x=st.none() | ids,
    y=st.none() | ids,
    depth=st.none() | st.integers(0, 9),
    eta_s=st.none() | st.floats(0, 999),
    changed_ms=st.none() | times,
    masks=st.lists(masks, max_size=3).map(tuple),
)
inventory_rows = st.builds(
    rows.InventoryRow,
    id=texts,
    stand=stands,
    box=st.none() | ids,
    mask=st.none() | masks,
    sku=st.none() | skus,
    item_count=st.none() | pieces,
    item_count_max=st.none() | pieces,
    box_updated_ms=st.none() | times,
)
entities = st.builds(
    rows.EntityRow, st.sampled_from(["Sku", "Carrier"]), texts, pieces, pieces, pieces, pieces
)
request_rows = st.builds(
    rows.RequestRow,
    texts,
    ids,
    st.sampled_from(work.REQUEST_TYPES),
    st.sampled_from(work.REQUEST_STATES),
    st.integers(-9, 9),
    st.none() | ids,
    st.lists(entities, max_size=3).map(tuple),
    times,
    times,
)
job_rows = st.builds(
    rows.JobRow,
    id=texts,
    type_name=st.sampled_from(work.JOB_TYPES),
    request=texts,
    carrier=ids,
    level=ids,
    created_ms=times,
    box=st.none() | ids,
    sku=st.none() | skus,
    quantity=st.none() | pieces,
    status=st.sampled_from(work.JOB_STATES),
    balcony=st.none() | ids,
    bot=st.none() | ids,
)
event_rows = st.builds(
    rows.Happening,
    ids,
    times,
    texts,
    st.sampled_from(happenings.COMPONENTS),
    st.sampled_from(list(happenings.SEVERITIES)),
    texts,
    st.none() | ids,
    st.none() | ids,
    st.none() | texts,
)


def check(body: Any, model: Any) -> None:
    """Hold a body, as it is written, against its model: no field more, no field less, every type exact."""
    sent = written(body)
    TypeAdapter(model).validate_json(sent, strict=True)
    assert set(json.loads(sent)) == set(model.__required_keys__)


@given(inventory_rows)
def test_rows_of_the_inventory(row: rows.InventoryRow) -> None:
    check(inventory_body(row, CALENDAR), InventoryViewResponse)


@given(skus)
def test_skus(row: rows.SkuRow) -> None:
    check(sku_body(row, CALENDAR, "http://twin/images/"), SkuResponse)


@given(request_rows)
def test_requests(row: rows.RequestRow) -> None:
    check(request_body(row, CALENDAR), RequestResponseComposite)


@given(job_rows)
def test_jobs(row: rows.JobRow) -> None:
    check(job_body(row, CALENDAR), JobResponse)


@given(event_rows)
def test_events(row: rows.Happening) -> None:
    check(event_body(row, CALENDAR), EventsResponse)


@given(ids, masks)
def test_boxes(box_id: int, mask: int) -> None:
    body = box_body(Box(box_id, 1, mask))
    check(body, BoxResponse)
    assert int(f"{mask:032b}") == body["section_code_32"]


def test_a_box_is_sized_as_a_part_of_its_carrier() -> None:
    stand = rows.Stand(7, 1, masks=(0xFF00_0000, 0x0000_000F))
    body = inventory_body(rows.InventoryRow("box-1", stand, 1, 0xFF00_0000), CALENDAR)
    assert (body["box_size"], body["box_size_string"]) == (8, "1/4")
    assert (body["section_code"], body["section_code_32"]) == ("11000000", 11111111 * 10**24)
    assert body["content_codes"] == "11000000,00000001"


def test_a_carrier_without_boxes_is_free_as_a_whole() -> None:
    body = inventory_body(rows.InventoryRow("carrier-7", rows.Stand(7, 1)), CALENDAR)
    assert (body["carrier_id"], body["box_id"], body["box_size"]) == ("7", None, None)
    assert (body["box_size_string"], body["content_codes"]) == ("1/1", "")


def test_an_empty_position_has_a_place_and_nothing_else() -> None:
    body = inventory_body(rows.InventoryRow("place-1-2-3", rows.Stand(None, 1, 2, 3)), CALENDAR)
    known = {key: value for key, value in body.items() if value is not None}
    assert known == {"id": "place-1-2-3", "level_id": 1, "position_x": 2, "position_y": 3}


def test_every_state_has_a_code_of_its_own() -> None:
    kinds = [*happenings.REQUEST_KINDS.values(), *happenings.JOB_KINDS.values()]
    kinds += [value for value in vars(happenings).values() if isinstance(value, happenings.Kind)]
    assert set(happenings.REQUEST_KINDS) == set(work.REQUEST_STATES)
    assert set(happenings.JOB_KINDS) == set(work.JOB_STATES)
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert {kind.component for kind in kinds} == set(happenings.COMPONENTS)
