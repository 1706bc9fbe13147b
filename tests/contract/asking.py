"""What it takes to show that a query parameter of a listing does what it is there for.

Each function here is one way to show it, for a listing of the well-travelled twin and the name of a
parameter. Values are taken from the unfiltered listing, and so is what must be answered to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import islice
from typing import Any

from tests.api import naive
from tests.api.naive import Either, Row, Term
from tests.api.served import Served

MOST_VALUES = 3
"""So many values of a field are tried, spread over all that there are."""
NUMBER = re.compile(r"-?\d+(\.\d+)?")
NO_INTEGERS = ("x", "", "1.5", "1_0", "0x1")
NO_NUMBERS = ("x", "", "nan", "1,5")
NO_STAMPS = ("", "soon", "2026-02-30", "2026-01-05T25:00")


@dataclass(frozen=True)
class Asked:
    """One listing of a served twin, and its rows as it has them unfiltered, deleted SKUs too."""

    api: Served
    path: str
    rows: list[Row]

    def shows(self, *pairs: tuple[str, str], tree: Either | None = None) -> list[Row]:
        """What is answered to some parameters; it must be just what the rows say."""
        found = self.api.everything(self.path, pairs)
        assert found == naive.selected(self.path, self.rows, pairs, tree), pairs
        return found

    def selects(self, *pairs: tuple[str, str], tree: Either | None = None) -> list[Row]:
        """The same; it must be some rows and not all."""
        found = self.shows(*pairs, tree=tree)
        assert 0 < len(found) < len(self.base(pairs[0][0])), pairs
        return found

    def refuses(self, name: str, texts: Iterable[str]) -> None:
        """Each of some values must be refused, pointing at the parameter."""
        for text in texts:
            assert self.api.locations("GET", self.path, params={name: text}) == [["query", name]], text

    def base(self, name: str) -> list[Row]:
        """The rows among which a parameter chooses."""
        if self.path == "/skus" and not name.startswith("deleted_at"):
            return [row for row in self.rows if row["deleted_at"] is None]
        return self.rows

    def values(self, name: str) -> list[Any]:
        """The different values of the field of a filter, as rows have them, nothing left out but null."""
        field = name.rpartition("__")[0]
        return list(dict.fromkeys(row[field] for row in self.base(name) if row[field] is not None))

    def type_of(self, name: str) -> str | None:
        """The JSON type that the reference gives a filter."""
        kind: str | None = naive.offer(self.path).filters[name].get("type")
        return kind

    def wrong(self, name: str) -> tuple[str, ...]:
        """Values that a filter of its type cannot have."""
        return {"integer": NO_INTEGERS, "number": NO_NUMBERS}.get(str(self.type_of(name)), ())


Shown = Callable[[Asked, str], None]
"""Shows that a parameter, by its name, has its effect."""


def spread(values: Sequence[Any], most: int = MOST_VALUES) -> list[Any]:
    """Some of many values: the first, the last, and others between them."""
    if len(values) <= most:
        return list(values)
    return [values[at * (len(values) - 1) // (most - 1)] for at in range(most)]


# -- __eq


def exactly(listing: Asked, name: str) -> None:
    """Rows that have just this value; the last of several values counts; others find nothing."""
    values = [str(value) for value in listing.values(name)]
    assert len(values) > 1
    for value in spread(values):
        listing.selects((name, value))
        listing.shows((name, value.swapcase()))
        listing.shows((name, f"{value}0"))
    assert listing.selects((name, values[0]), (name, values[-1])) == listing.shows((name, values[-1]))
    assert listing.shows((name, "987654321")) == []
    listing.refuses(name, listing.wrong(name))
    if not listing.wrong(name):
        assert listing.shows((name, "nobody")) == []


def exactly_or_none(rows_meant: Callable[[Row], bool], listing: Asked, name: str) -> None:
    """As `exactly`; and `none` means certain rows, which are not those with that text."""
    exactly(listing, name)
    assert listing.selects((name, "none")) == [row for row in listing.rows if rows_meant(row)]


# -- __ilike


def containing(listing: Asked, name: str) -> None:
    """Rows whose value contains a text, in any case; at least one of them is longer than it."""
    part = next(part for part in _parts_of(listing, name) if is_partial(listing, name, part))
    listing.selects((name, part))
    _contains_in_any_case(listing, name)


def containing_one_digit(why: str, listing: Asked, name: str) -> None:
    """As `containing`, where ``why`` no value is longer than one digit."""
    assert all(len(str(value)) == 1 for value in listing.values(name)), why
    listing.selects((name, next(_parts_of(listing, name))))
    _contains_in_any_case(listing, name)


def _contains_in_any_case(listing: Asked, name: str) -> None:
    cased = next((part for part in _parts_of(listing, name) if part != part.swapcase()), None)
    if cased is not None:
        assert listing.selects((name, cased)) == listing.shows((name, cased.swapcase()))
    listing.refuses(name, listing.wrong(name))
    if not listing.wrong(name):
        for plain in ("%", "_", "nobody", "none"):
            listing.shows((name, plain))


def _parts_of(listing: Asked, name: str) -> Iterator[str]:
    """Such parts as the type of the parameter has."""
    found = parts(listing.base(name), name.rpartition("__")[0])
    return (part for part in found if NUMBER.fullmatch(part) or not listing.wrong(name))


def parts(rows: Sequence[Row], field: str) -> Iterator[str]:
    """Pieces of the values of a field that some rows contain and not all: the longer ones first."""
    values = list(dict.fromkeys(str(row[field]) for row in rows if row[field] is not None))
    for text in spread(values, 12):
        ends = [(start, start + length) for length in range(6, 0, -1) for start in range(len(text))]
        for piece in dict.fromkeys(text[start:end] for start, end in ends if end <= len(text)):
            if 0 < sum(naive.contains(row[field], piece) for row in rows) < len(rows):
                yield piece


def is_partial(listing: Asked, name: str, part: str) -> bool:
    """Whether a part is in a value and is not all of it."""
    return any(naive.contains(value, part) and str(value) != part for value in listing.values(name))


# -- __in


def one_of(listing: Asked, name: str) -> None:
    """Rows with one of several values: repeated, separated by commas, or both."""
    first, second, *_ = (str(value) for value in listing.values(name))
    alone = listing.selects((name, first))
    both = listing.shows((name, first), (name, second))
    assert len(both) > len(alone)
    assert listing.shows((name, f"{first},{second}")) == both
    assert listing.shows((name, f"nobody,{second}"), (name, first)) == both
    assert listing.shows((name, "nobody")) == []


def the_only_one(why: str, listing: Asked, name: str) -> None:
    """As `one_of`, where ``why`` there is one value only: with it some rows, or all; without it none."""
    [value] = listing.values(name)
    with_value = [row for row in listing.base(name) if row[name.rpartition("__")[0]] is not None]
    assert with_value, why
    for written in ([(name, value)], [(name, f"nobody,{value}")], [(name, "nobody"), (name, value)]):
        assert listing.shows(*written) == with_value
    assert listing.shows((name, "nobody")) == []


# -- __gte, __lte


def from_on(listing: Asked, name: str) -> None:
    """Rows at a bound and above it, and none below."""
    _bounded(listing, name, +1)


def up_to(listing: Asked, name: str) -> None:
    """Rows at a bound and below it, and none above."""
    _bounded(listing, name, -1)


def _bounded(listing: Asked, name: str, inwards: int) -> None:
    field = name.rpartition("__")[0]
    stamps = naive.is_stamp(field)
    values = sorted(listing.values(name))
    assert len(values) > 1
    outermost = values[0] if inwards > 0 else values[-1]
    for value in {*spread(values), values[len(values) // 2]} - {outermost}:
        at = [row for row in listing.base(name) if row[field] == value]
        found = listing.selects((name, str(value)))
        assert all(row in found for row in at)
        beyond = next_to(value, inwards)
        assert len(listing.shows((name, beyond))) == len(found) - len(at)
        if stamps:
            for spelling in spellings(at[0][f"{field}_utc"]):
                assert listing.shows((name, spelling)) == found
    listing.refuses(name, NO_STAMPS if stamps else NO_INTEGERS)


def next_to(value: Any, inwards: int) -> str:
    """What comes just after a value, or just before it."""
    if isinstance(value, int):
        return str(value + inwards)
    return (datetime.fromisoformat(value) + inwards * timedelta(microseconds=1)).isoformat()


def spellings(utc: str) -> tuple[str, ...]:
    """The same moment as other clients write it."""
    elsewhere = datetime.fromisoformat(utc).astimezone(timezone(timedelta(hours=5, minutes=30)))
    return utc, utc.replace("+00:00", "Z"), utc.replace("T", " "), elsewhere.isoformat()


# -- search, sort_by, page, size


def searching(listing: Asked, name: str) -> None:
    """Terms in each field that has values and in all; AND, OR, parentheses, quotes; errors have a place."""
    some: dict[str, list[str]] = {}
    for field in naive.offer(listing.path).searchable:
        pieces = list(islice(parts(listing.base(name), field), 9))
        if pieces:
            some[field] = pieces
        else:
            assert listing.values(f"{field}__ilike") == []
            assert listing.shows((name, f"{field}:1"), tree=Either(((Term(field, "1", False),),))) == []
        for piece in pieces[::4]:
            _finds(listing, Either(((Term(field, piece, quoted=False),),)), narrows=True)
            _finds(listing, Either(((Term("*", piece, quoted=True),),)))
    a, b = (Term(field, some[field][-1], quoted=False) for field in list(some)[:2])
    c, d = Term(b.field, some[b.field][0], quoted=False), Term("*", "no such text", quoted=True)
    for tree in (
        Either(((a, b),)),
        Either(((a,), (c,))),
        Either(((a,), (b, d))),
        Either(((Either(((a,), (b,))), d),)),
        Either(((Either(((d,), (c,))), Either(((a,), (c,)))),)),
    ):
        _finds(listing, tree)
    wrong = ("x", "(*:x", "*:x OR", "nothing:x", "((*:x))", "*:x and *:y", "*:")
    listing.refuses(name, wrong)


def _finds(listing: Asked, tree: Either, narrows: bool = False) -> None:
    ask = listing.selects if narrows else listing.shows
    ask(("search", tree.written()), tree=tree)


def sorting(listing: Asked, name: str) -> None:
    """By every field, up and down, by several; what cannot be sorted by is refused."""
    fields = naive.sortable(listing.rows)
    orders = set()
    for field in fields:
        up, down = listing.shows((name, f"+{field}")), listing.shows((name, f"-{field}"))
        assert up == listing.shows((name, field)) == down[::-1]
        orders |= {json.dumps(up), json.dumps(down)}
    assert len(orders) > len(fields), "sorting changes the order"
    first, second, *_ = reversed(fields)
    for both in (f"{first},-{second}", f"-{first},+{second}"):
        listing.shows((name, both))
    usual = naive.offer(listing.path).default_sort
    assert listing.shows() == (listing.shows((name, usual)) if usual else listing.base(name))
    unsortable = sorted(set(listing.rows[0]) - set(fields))
    listing.refuses(name, ("nothing", f"{first};{second}", f"--{first}", *unsortable))


def paging(listing: Asked, name: str) -> None:
    """All pages together are all rows, each once and in order; there is nothing behind the last."""
    whole, size = listing.shows(), 7
    last = -(-len(whole) // size)
    assert last > 2
    for page in range(1, last + 2):
        body = page_of(listing, {name: page, "size": size})
        assert body["items"] == whole[(page - 1) * size : page * size]
        assert (body["page"], body["pages"], body["total"]) == (page, last, len(whole))
    assert page_of(listing, {"size": size}) == page_of(listing, {name: 1, "size": size})
    listing.refuses(name, ("0", "-1", *NO_INTEGERS))


def sizing(listing: Asked, name: str) -> None:
    """So many rows on a page, at most 1000; 50 where nobody says how many."""
    whole = listing.shows()
    assert len(whole) > 50
    for size in (1, 49, 50, len(whole), 1000):
        body = page_of(listing, {name: size})
        assert body["items"] == whole[:size]
        assert (body["size"], body["pages"]) == (size, -(-len(whole) // size))
    assert page_of(listing, {}) == page_of(listing, {name: 50})
    listing.refuses(name, ("0", "-1", "1001", *NO_INTEGERS))


def page_of(listing: Asked, query: dict[str, int]) -> Any:
    """One page as it is answered."""
    return listing.api.ok("GET", listing.path, params=query)


# -- what cannot select anything


def nothing(why: str, listing: Asked, name: str) -> None:
    """A filter on a field that, ``why``, is null in every row: whatever is asked, nothing is found."""
    assert listing.values(name) == [], why
    for text in ("1", "0", "none", "x"):
        assert listing.shows((name, text)) == []


def because(how: Callable[[Any, Asked, str], None], told: Any) -> Shown:
    """A way of showing with what it has to be told."""
    return partial(how, told)
