"""Filters, sorting and pages of the listing layer, also against a naive oracle on random rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from api.listing import Listing, Wire, fraction, moments, table, text, whole
from api.wire.stamps import Calendar

EPOCH = datetime(2026, 1, 5, 5, tzinfo=UTC)
CALENDAR = Calendar(EPOCH)


@dataclass(frozen=True)
class Row:
    id: int
    name: str | None
    count: int | None
    share: float
    at: int | None


LISTING: Listing[Row] = Listing(
    table(
        whole("id", attrgetter("id")),
        text("name", attrgetter("name")),
        whole("count", attrgetter("count")),
        fraction("share", attrgetter("share")),
        moments("seen_at", attrgetter("at")),
    ),
    {
        "count__eq": Wire.INTEGER,
        "count__gte": Wire.INTEGER,
        "count__ilike": Wire.INTEGER,
        "count__in": Wire.ARRAY,
        "count__lte": Wire.INTEGER,
        "id__eq": Wire.STRING,
        "name__eq": Wire.STRING,
        "name__ilike": Wire.STRING,
        "name__in": Wire.ARRAY,
        "seen_at__gte": Wire.STRING,
        "seen_at__lte": Wire.STRING,
        "share__ilike": Wire.NUMBER,
    },
    searchable=("name", "count"),
    ascending="id",
    special={("name__eq", "none"): lambda table: table.absent("name")},
)

names = st.text("abAB%_,: ", max_size=3)
counts = st.integers(-2, 12)
cases = st.lists(
    st.builds(
        Row,
        id=st.just(0),
        name=st.none() | names,
        count=st.none() | counts,
        share=st.sampled_from([0.0, 0.25, 0.5]),
        at=st.none() | st.integers(0, 5),
    ),
    max_size=25,
).map(lambda rows: [Row(i, r.name, r.count, r.share, r.at) for i, r in enumerate(rows)])


def select(query: Any, rows: list[Row]) -> tuple[list[Row], int]:
    part = LISTING.select(QueryParams(urlencode(query)), rows, CALENDAR)
    assert part.pages == -(-part.total // part.size)
    return list(part.rows), part.total


def ids(query: Any, rows: list[Row]) -> list[int]:
    return [row.id for row in select(query, rows)[0]]


def complaints(query: Any) -> list[tuple[Any, str]]:
    with pytest.raises(RequestValidationError) as caught:
        select(query, [])
    return [(error["loc"], error["msg"]) for error in caught.value.errors()]


def instant(ms: int) -> str:
    return (EPOCH + timedelta(milliseconds=ms)).isoformat()


# -- against the oracle


@given(cases, names, names)
def test_text_filters_do_what_they_say(rows: list[Row], exact: str, part: str) -> None:
    assert ids({"name__eq": exact}, rows) == [r.id for r in rows if r.name == exact]
    wanted = [r.id for r in rows if r.name is not None and part.lower() in r.name.lower()]
    assert ids({"name__ilike": part}, rows) == wanted


@given(cases, counts)
def test_number_filters_do_what_they_say(rows: list[Row], n: int) -> None:
    known = [r for r in rows if r.count is not None]
    assert ids({"count__eq": n}, rows) == [r.id for r in known if r.count == n]
    assert ids({"count__gte": n}, rows) == [r.id for r in known if r.count >= n]
    assert ids({"count__lte": n}, rows) == [r.id for r in known if r.count <= n]
    assert ids({"count__ilike": n}, rows) == [r.id for r in known if str(n) in str(r.count)]


@given(cases, st.lists(counts, min_size=1, max_size=4))
def test_in_takes_repeated_values_and_lists_with_commas(rows: list[Row], wanted: list[int]) -> None:
    expected = [r.id for r in rows if r.count in wanted]
    assert ids([("count__in", n) for n in wanted], rows) == expected
    assert ids({"count__in": ",".join(map(str, wanted))}, rows) == expected


@given(cases, st.integers(0, 5))
def test_date_filters_compare_instants(rows: list[Row], ms: int) -> None:
    known = [r for r in rows if r.at is not None]
    assert ids({"seen_at__gte": instant(ms)}, rows) == [r.id for r in known if r.at >= ms]
    assert ids({"seen_at__lte": instant(ms)}, rows) == [r.id for r in known if r.at <= ms]


sort_fields = st.sampled_from(["id", "name", "count", "share", "seen_at", "seen_at_utc"])
signs = st.sampled_from(["", "+", "-", " "])


@given(cases, st.lists(st.tuples(signs, sort_fields), min_size=1, max_size=4))
def test_sorting_agrees_with_a_comparison_row_by_row(rows: list[Row], order: list[tuple[str, str]]) -> None:
    got, _ = select({"sort_by": ",".join(sign + name for sign, name in order), "size": 1000}, rows)
    assert sorted(r.id for r in got) == [r.id for r in rows]
    for before, after in pairwise(got):
        assert comes_first(before, after, order)


def comes_first(a: Row, b: Row, order: list[tuple[str, str]]) -> bool:
    for sign, name in [*order, (order[-1][0], "id")]:
        x, y = (getattr(row, "at" if name.startswith("seen") else name) for row in (a, b))
        if x != y:
            smaller = y is None or (x is not None and x < y)
            return smaller != (sign == "-")
    return False


@given(cases, st.sampled_from(["", "name", "-name", "-count,name", "-id"]), st.integers(1, 7))
def test_pages_neither_lose_nor_repeat_a_row(rows: list[Row], order: str, size: int) -> None:
    whole_list, total = select({"sort_by": order, "size": 1000}, rows)
    paged: list[Row] = []
    for page in range(1, -(-total // size) + 2):
        part, counted = select({"sort_by": order, "size": size, "page": page}, rows)
        assert counted == total == len(rows)
        paged += part
    assert paged == whole_list


@given(cases, names, counts, counts)
def test_filters_and_search_all_apply_together(rows: list[Row], part: str, low: int, digit: int) -> None:
    query = {"name__ilike": part, "count__gte": low, "search": f"count:{digit} OR name:a"}
    expected = [
        r.id
        for r in rows
        if r.name is not None
        and part.lower() in r.name.lower()
        and r.count is not None
        and r.count >= low
        and (str(digit) in str(r.count) or "a" in r.name.lower())
    ]
    assert ids(query, rows) == expected


# -- one by one

ROWS = [
    Row(1, "Apple", 10, 0.5, 0),
    Row(2, "100%", None, 0.25, 1500),
    Row(3, None, 2, 0.333333, None),
    Row(4, "a_b", 2, 0.0, 1500),
]


def test_percent_and_underscore_are_plain_characters() -> None:
    assert ids({"name__ilike": "%"}, ROWS) == [2]
    assert ids({"name__ilike": "_"}, ROWS) == [4]


def test_rows_without_a_value_come_last_and_first_when_turned_round() -> None:
    assert ids({"sort_by": "name"}, ROWS) == [2, 1, 4, 3]
    assert ids({"sort_by": "-name"}, ROWS) == [3, 4, 1, 2]


def test_ties_are_ordered_by_id_in_the_direction_of_the_last_field() -> None:
    assert ids({"sort_by": "count"}, ROWS) == [3, 4, 1, 2]
    assert ids({"sort_by": "-count"}, ROWS) == [2, 1, 4, 3]


def test_without_sorting_rows_come_as_they_are() -> None:
    assert ids({}, ROWS) == [1, 2, 3, 4]
    assert ids({"sort_by": ""}, ROWS) == [1, 2, 3, 4]


def test_numbers_are_matched_as_they_are_written() -> None:
    assert ids({"share__ilike": "0.3"}, ROWS) == [3]
    assert ids({"count__ilike": "0"}, ROWS) == [1]


def test_a_value_that_no_row_can_have_finds_nothing() -> None:
    assert ids({"id__eq": "abc"}, ROWS) == []
    assert ids({"id__eq": "1_0"}, ROWS) == []
    assert ids({"count__in": "abc"}, ROWS) == []


def test_a_value_with_a_comma_can_be_one_of_several() -> None:
    rows = [Row(1, "a,b", 0, 0.0, None), Row(2, "b", 0, 0.0, None), Row(3, "c", 0, 0.0, None)]
    assert ids({"name__in": "a,b"}, rows) == [1, 2]


def test_a_special_value_means_something_else() -> None:
    assert ids({"name__eq": "none"}, ROWS) == [3]


def test_the_last_of_repeated_values_counts() -> None:
    assert ids([("id__eq", "1"), ("id__eq", "4")], ROWS) == [4]


def test_unknown_parameters_are_passed_over() -> None:
    assert ids({"colour__eq": "red", "name": "x", "name__gte": "x"}, ROWS) == [1, 2, 3, 4]


def test_dates_without_an_offset_are_berlin_time() -> None:
    assert ids({"seen_at__gte": "2026-01-05T06:00:01"}, ROWS) == [2, 4]
    assert ids({"seen_at__gte": "2026-01-05T05:00:01+00:00"}, ROWS) == [2, 4]
    assert ids({"seen_at__gte": "2026-01-05T05:00:01Z"}, ROWS) == [2, 4]


def test_a_plus_that_arrives_as_a_space_still_is_an_offset() -> None:
    rows, _ = select({"seen_at__gte": "2026-01-05T06:00:01 01:00"}, ROWS)
    assert [row.id for row in rows] == [2, 4]


def test_a_bound_between_two_milliseconds_lets_nobody_outside_in() -> None:
    assert ids({"seen_at__gte": "2026-01-05T05:00:01.500001Z"}, ROWS) == []
    assert ids({"seen_at__lte": "2026-01-05T05:00:01.499999Z"}, ROWS) == [1]
    assert ids({"seen_at__lte": "2026-01-05T05:00:01.500Z"}, ROWS) == [1, 2, 4]


def test_a_page_behind_the_last_is_empty() -> None:
    assert select({"page": 3, "size": 2}, ROWS) == ([], 4)
    assert select({"page": 10**30}, ROWS) == ([], 4)


def test_an_empty_listing_has_no_pages() -> None:
    part = LISTING.select(QueryParams(""), [], CALENDAR)
    assert (part.rows, part.total, part.pages) == ([], 0, 0)


@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.0", "1e3", "１", "9" * 50])
@pytest.mark.parametrize("name", ["page", "size"])
def test_page_and_size_are_positive_integers(name: str, value: str) -> None:
    [(location, _)] = complaints({name: value})
    assert location == ("query", name)


def test_a_page_has_at_most_a_thousand_rows() -> None:
    assert complaints({"size": 1001}) == [(("query", "size"), "Input should be less than or equal to 1000")]


def test_an_unknown_sort_field_is_refused_with_the_known_ones() -> None:
    [(location, message)] = complaints({"sort_by": "name,-colour"})
    assert location == ("query", "sort_by")
    assert message == "Cannot sort by 'colour'; fields are id, name, count, share, seen_at, seen_at_utc"


@pytest.mark.parametrize("order", ["name,", ",name", "--name", "-", "name;id", "+-name"])
def test_a_sort_order_with_gaps_or_odd_signs_is_refused(order: str) -> None:
    assert complaints({"sort_by": order})[0][0] == ("query", "sort_by")


@pytest.mark.parametrize("name", ["count__eq", "count__gte", "count__lte", "count__ilike"])
@pytest.mark.parametrize("value", ["x", "", "1.5", " 1", "1_0"])
def test_an_integer_parameter_takes_integers_only(name: str, value: str) -> None:
    assert complaints({name: value}) == [(("query", name), "Input should be a valid integer")]


@pytest.mark.parametrize("value", ["x", "", "nan", "inf", "1e999", "0x1", "1e", "e1", "1e+"])
def test_a_number_parameter_takes_numbers_only(value: str) -> None:
    assert complaints({"share__ilike": value}) == [
        (("query", "share__ilike"), "Input should be a valid number")
    ]


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-01", "2026-02-30", "05.01.2026", "0001-01-01T00:00+23:00x"]
)
def test_a_malformed_date_is_refused(value: str) -> None:
    [(location, message)] = complaints({"seen_at__gte": value})
    assert location == ("query", "seen_at__gte")
    assert "ISO 8601" in message


@pytest.mark.parametrize("value", ["0001-01-01T00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_date_that_utc_cannot_express_is_refused(value: str) -> None:
    assert complaints({"seen_at__lte": value})[0][0] == ("query", "seen_at__lte")


def test_the_ends_of_time_are_dates() -> None:
    assert ids({"seen_at__lte": "0002-01-01"}, ROWS) == []
    assert ids({"seen_at__gte": "9999-12-31"}, ROWS) == []


def test_all_bad_parameters_are_reported_at_once() -> None:
    query = {"page": 0, "size": "x", "sort_by": "q", "count__eq": "x", "search": "("}
    assert {location[1] for location, _ in complaints(query)} == set(query)


def test_parameters_are_documented_with_their_types_and_defaults() -> None:
    by_name = {p["name"]: p for p in LISTING.parameters}
    assert list(by_name) == sorted([*LISTING.filters, "page", "search", "size", "sort_by"])
    assert by_name["count__in"]["schema"] == {"type": "array", "items": {"type": "string"}}
    assert by_name["share__ilike"]["schema"] == {"type": "number"}
    assert by_name["size"]["schema"] == {"type": "integer", "default": 50, "minimum": 1, "maximum": 1000}
    assert all(p["description"] and p["in"] == "query" and not p["required"] for p in by_name.values())
