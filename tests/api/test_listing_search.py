"""The grammar of search expressions, also against an oracle that evaluates random trees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.listing import Complaint, table, text, whole
from api.listing.search import LONGEST, make_search
from api.listing.table import Table
from twin.records.views.live import Live

Row = dict[str, Any]

FIELDS = table(
    text("id", lambda row: row["id"]),
    text("name", lambda row: row["name"]),
    whole("count", lambda row: row["count"]),
    text("hidden", lambda row: "secret"),
)
SUPPORTED = ("id", "name", "count")


def holds(expression: str, **row: Any) -> bool:
    condition = make_search(expression, FIELDS, SUPPORTED)
    rows = Live([{"id": "", "name": None, "count": None, **row}])
    return bool(condition(Table.over(rows, FIELDS))[0])


def refusal(expression: str) -> str:
    with pytest.raises(Complaint) as caught:
        make_search(expression, FIELDS, SUPPORTED)
    assert caught.value.kind == "search_syntax"
    return caught.value.message


# -- against the oracle

letters = st.text('aB:*\\"() é', min_size=1, max_size=3).filter(lambda t: t.strip() == t)
rows = st.fixed_dictionaries(
    {"id": letters, "name": st.none() | letters, "count": st.none() | st.integers(0, 99)}
)
terms = st.tuples(st.sampled_from([*SUPPORTED, "*"]), letters | st.integers(0, 9).map(str))
conjunctions = st.lists(terms, min_size=1, max_size=3)
disjunctions = st.lists(conjunctions, min_size=1, max_size=3)
# A part is a term or, in parentheses, a disjunction of conjunctions of terms.
expressions = st.lists(st.lists(terms | disjunctions, min_size=1, max_size=3), min_size=1, max_size=3)


def written(part: Any) -> str:
    if isinstance(part, tuple):
        field, value = part
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{field}:"{escaped}"'
    return "(" + " OR ".join(" AND ".join(map(written, both)) for both in part) + ")"


def true_of(part: Any, row: Row) -> bool:
    if isinstance(part, tuple):
        field, value = part
        fields = SUPPORTED if field == "*" else (field,)
        return any(row[f] is not None and value.lower() in str(row[f]).lower() for f in fields)
    return any(all(true_of(one, row) for one in both) for both in part)


@given(expressions, rows)
def test_an_expression_means_what_its_tree_means(tree: Any, row: Row) -> None:
    expression = " OR ".join(" AND ".join(map(written, both)) for both in tree)
    assert holds(expression, **row) == true_of(tree, row)


@given(st.text('aid:()"\\ANDOR* ', max_size=25))
def test_any_text_is_an_expression_or_refused_with_a_column_in_it(expression: str) -> None:
    try:
        make_search(expression, FIELDS, SUPPORTED)
    except Complaint as complaint:
        column = int(complaint.message.split()[1].rstrip(":"))
        assert 1 <= column <= len(expression) + 1


# -- one by one


def test_a_term_holds_where_the_value_occurs_in_any_case() -> None:
    assert holds("name:PPL", name="Apple")
    assert not holds("name:pear", name="Apple")
    assert not holds("name:None", name=None)


def test_a_star_looks_into_all_supported_fields_and_no_other() -> None:
    assert holds("*:7", count=17)
    assert not holds("*:secret", name="x")


def test_and_binds_more_tightly_than_or() -> None:
    assert holds("id:a OR id:b AND name:x", id="a", name="y")
    assert not holds("(id:a OR id:b) AND name:x", id="a", name="y")
    assert holds("name:x AND id:a OR id:b", id="b", name="y")


def test_quotes_take_values_with_spaces_parentheses_and_quotes() -> None:
    assert holds('name:"red (large)"', name="Red (large) box")
    assert holds(r'name:"5\" wide"', name='5" WIDE')
    assert holds('name:"AND"', name="band")


def test_a_value_may_hold_colons_and_stars() -> None:
    assert holds("id:a:b", id="xa:b")
    assert holds("id:*", id="2*3")
    assert not holds("id:*", id="23")


def test_a_value_may_look_like_an_operator() -> None:
    assert holds("name:AND AND name:OR", name="band or not")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("apple", "Column 1: expected field:value or (, found 'apple'"),
        ("AND", "Column 1: expected field:value or (, found 'AND'"),
        ("id:a AND", "Column 9: expected field:value or (, found the end"),
        ("id:a OR OR id:b", "Column 9: expected field:value or (, found 'OR'"),
        ("(id:a", "Column 6: expected AND, OR or ), found the end"),
        ("(id:a b", "Column 7: expected AND, OR or ), found 'b'"),
        ("()", "Column 2: expected field:value, found ')'"),
        ("((id:a))", "Column 2: parentheses cannot be nested, found '('"),
        ("id:", "Column 4: expected a value right after id:, found the end"),
        ('id:""', "Column 4: expected a value right after id:, found '\"\"'"),
        ("id: a", "Column 4: expected a value right after id:, found 'a'"),
        ("*: AND id:a", "Column 3: expected a value right after *:, found 'AND'"),
        ('id:a AND name:"b c', "Column 15: expected a second double quote to end this value, found '\"b'"),
        (
            "id:a and id:b",
            "Column 6: expected AND, OR or the end (a value with spaces or parentheses needs double"
            " quotes); operators are written in upper case, found 'and'",
        ),
        ("size:3", "Column 1: unknown field; supported are id, name, count and *, found 'size:3'"),
        ("hidden:s", "Column 1: unknown field; supported are id, name, count and *, found 'hidden:s'"),
        (":x", "Column 1: unknown field; supported are id, name, count and *, found ':x'"),
    ],
)
def test_a_mistake_is_named_with_its_column(expression: str, expected: str) -> None:
    assert refusal(expression) == expected


@pytest.mark.parametrize(
    "expression", ["id:a and id:b", "id:a id:b", "id:a)", "name:red(large)", 'id:"a', "id:a()"]
)
def test_what_follows_a_term_must_be_an_operator_or_the_end(expression: str) -> None:
    assert "expected" in refusal(expression)


def test_an_expression_has_a_largest_length() -> None:
    assert "2000" in refusal("id:" + "x" * LONGEST)
