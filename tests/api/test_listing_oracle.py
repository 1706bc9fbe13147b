"""Every listing, asked over HTTP on random worlds, against an oracle that goes through all rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api import naive
from tests.api.naive import Either, Pairs, Row, Term
from tests.api.random_worlds import Worlds

WORLDS = 6
EXAMPLES = settings().max_examples


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    with ExitStack() as stack:
        yield Worlds(stack)


_ROWS: dict[tuple[int, str], list[Row]] = {}


def all_rows(worlds: Worlds, number: int, path: str) -> list[Row]:
    """Every row of a listing, in its own order; deleted SKUs too."""
    if (number, path) not in _ROWS:
        _ROWS[number, path] = naive.unfiltered(worlds[number], path)
    return _ROWS[number, path]


# -- what is asked


@dataclass(frozen=True)
class Query:
    """A random question, and what its search says."""

    pairs: Pairs
    tree: Either | None


@st.composite
def queries(draw: st.DrawFn, path: str, rows: Sequence[Row]) -> Query:
    """Up to three filters, a search where there is one, and an order."""
    offer = naive.offer(path)
    pairs: list[tuple[str, str]] = []
    names = st.lists(st.sampled_from(sorted(offer.filters)), max_size=3, unique=True)
    for name in draw(names):
        pairs += draw(filter_pairs(name, offer.filters[name], rows))
    tree = draw(st.none() | searches(offer.searchable, rows)) if offer.searchable else None
    if tree is not None:
        pairs.append(("search", tree.written()))
    signs, fields = st.sampled_from(["", "+", "-", " "]), st.sampled_from(naive.sortable(rows))
    order = draw(st.lists(st.tuples(signs, fields).map("".join), max_size=3))
    if order:
        pairs.append(("sort_by", ",".join(order)))
    return Query(draw(st.permutations(pairs)) if len({n for n, _ in pairs}) == len(pairs) else pairs, tree)


@st.composite
def filter_pairs(draw: st.DrawFn, name: str, schema: dict[str, Any], rows: Sequence[Row]) -> Pairs:
    """One filter: mostly with what occurs in rows, so that some rows pass."""
    field, _, operator = name.rpartition("__")
    values = written_values(field, operator, schema.get("type"), rows)
    if operator != "in":
        before = draw(st.lists(values, max_size=1)) if draw(st.integers(0, 9)) == 0 else []
        return [(name, value) for value in [*before, draw(values)]]
    wanted = draw(st.lists(values, min_size=1, max_size=3))
    return [(name, ",".join(wanted))] if draw(st.booleans()) else [(name, value) for value in wanted]


def written_values(
    field: str, operator: str, kind: str | None, rows: Sequence[Row]
) -> st.SearchStrategy[str]:
    """Values of a filter as a client of this reference writes them."""
    if naive.is_stamp(field):
        return written_stamps(field, rows)
    if kind == "integer":
        known = [row[field] for row in rows if row[field] is not None] or [0]
        return st.one_of(st.sampled_from(known), st.integers(-2, 30), st.integers()).map(str)
    if kind == "number":
        return st.sampled_from([str(row[field]) for row in rows]) | st.integers(0, 9).map(str)
    texts = [str(row[field]) for row in rows if row[field] is not None] or ["x"]
    some = st.sampled_from(texts)
    if operator == "ilike":
        some = some.flatmap(parts_of)
    return some | some | st.sampled_from(["", "none", "0", "-1", "007", "nobody", "%", "_", "ß"])


@st.composite
def parts_of(draw: st.DrawFn, text: str) -> str:
    """A piece of a text, perhaps in another case."""
    start = draw(st.integers(0, max(0, len(text) - 1)))
    part = text[start : start + draw(st.integers(1, 6))]
    return draw(st.sampled_from([part, part.upper(), part.lower(), part.swapcase()]))


def written_stamps(field: str, rows: Sequence[Row]) -> st.SearchStrategy[str]:
    """Stamps of rows, in both spellings and beside them, and a few others."""
    base = field.removesuffix("_utc")
    known = [row for row in rows if row[base] is not None]
    local, utc = ([row[base + end] for row in known] for end in ("", "_utc"))
    others = ["2026-10-25T02:30:00", "2026-01-05", "1999-12-31T23:59:59Z", "2030-01-01 00:00+01:00"]
    # A moment between two milliseconds.
    beside = [f"{stamp[:-4]}1" for stamp in local[:20]]
    return st.sampled_from([*local, *utc, *beside, *others])


def searches(fields: Sequence[str], rows: Sequence[Row]) -> st.SearchStrategy[Either]:
    """Expressions: parts joined by AND and OR, some of them parentheses."""
    values = st.sampled_from(rows).flatmap(
        lambda row: st.sampled_from([str(row[f]) for f in fields if row[f] not in (None, "")] or ["x"])
    )
    plain = st.sampled_from(["0", "a:b", 'say "x"', "\\", "AND", "(", "é"])
    terms = st.builds(
        Term, st.sampled_from([*fields, "*"]), (values.flatmap(parts_of) | plain).filter(bool), st.booleans()
    )
    both = st.lists(terms, min_size=1, max_size=2).map(tuple)
    inner = st.lists(both, min_size=1, max_size=2).map(lambda parts: Either(tuple(parts)))
    outer = st.lists(terms | inner, min_size=1, max_size=2).map(tuple)
    return st.lists(outer, min_size=1, max_size=2).map(lambda parts: Either(tuple(parts)))


world_numbers = st.integers(0, WORLDS - 1)


# -- what is answered


@pytest.mark.parametrize("path", naive.PATHS)
@given(data=st.data(), number=world_numbers)
@settings(max_examples=EXAMPLES * 3 // 2)
def test_a_page_is_what_the_oracle_says(worlds: Worlds, path: str, data: st.DataObject, number: int) -> None:
    rows = all_rows(worlds, number, path)
    query = data.draw(queries(path, rows))
    size = data.draw(st.integers(1, 9) | st.sampled_from([50, 1000]))
    expected = naive.selected(path, rows, query.pairs, query.tree)
    page = data.draw(st.integers(1, -(-len(expected) // size) + 1))
    params = [*query.pairs, ("page", str(page)), ("size", str(size))]
    assert worlds[number].ok("GET", path, params=params) == {
        "items": expected[(page - 1) * size : page * size],
        "total": len(expected),
        "page": page,
        "size": size,
        "pages": -(-len(expected) // size),
    }


@pytest.mark.parametrize("path", naive.PATHS)
@given(data=st.data(), number=world_numbers)
@settings(max_examples=EXAMPLES // 5)
def test_the_pages_of_a_query_neither_lose_nor_repeat_a_row(
    worlds: Worlds, path: str, data: st.DataObject, number: int
) -> None:
    rows = all_rows(worlds, number, path)
    query = data.draw(queries(path, rows))
    expected = naive.selected(path, rows, query.pairs, query.tree)
    size = max(1, len(expected) // data.draw(st.integers(2, 7)))
    paged: list[Row] = []
    for page in range(1, -(-len(expected) // size) + 2):
        params = [*query.pairs, ("size", str(size)), ("page", str(page))]
        paged += worlds[number].ok("GET", path, params=params)["items"]
    assert paged == expected


@pytest.mark.parametrize("path", naive.PATHS)
def test_rows_come_in_their_own_order_where_nothing_is_asked(worlds: Worlds, path: str) -> None:
    for number in range(WORLDS):
        rows = all_rows(worlds, number, path)
        assert len(rows) >= 5
        keys = list(map(naive.own_order(path), rows))
        assert all(before <= after for before, after in pairwise(keys))


WRONG = {
    "integer": ("x", "", "1.5", "1_0", "٣", "5.0"),
    "number": ("x", "", "nan", "1e999"),
    "stamp": ("", "soon", "2026-02-30", "2026-01-05T25:00"),
    "sort_by": ("nothing", "id;id", "--id", "otp,api_key"),
    "search": ("x", "(*:x", "*:x OR", "nothing:x", "((*:x))", "*:x and *:y"),
    "page": ("0", "x", "-1"),
    "size": ("0", "1001", "1.0"),
}


@pytest.mark.parametrize("path", naive.PATHS)
@given(data=st.data())
@settings(max_examples=EXAMPLES // 5)
def test_every_parameter_that_makes_no_sense_is_named(worlds: Worlds, path: str, data: st.DataObject) -> None:
    offer = naive.offer(path)
    kinds = {name: _kind(name, schema) for name, schema in offer.filters.items()}
    kinds |= {name: name for name in ("sort_by", "page", "size", *(["search"] if offer.searchable else []))}
    names = sorted(name for name, kind in kinds.items() if kind in WRONG)
    wrong = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    params = {name: data.draw(st.sampled_from(WRONG[kinds[name]])) for name in wrong}
    assert sorted(worlds[0].locations("GET", path, params=params)) == sorted(["query", n] for n in wrong)


def _kind(name: str, schema: dict[str, Any]) -> str:
    if name.endswith(("__gte", "__lte")) and naive.is_stamp(name.rpartition("__")[0]):
        return "stamp"
    return str(schema.get("type"))
