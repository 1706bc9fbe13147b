"""The search expression.

::

    expression = both {"OR" both}
    both       = part {"AND" part}
    part       = term | "(" expression without parentheses ")"
    term       = field ":" value
    field      = name | "*"
    value      = characters without space, parenthesis or quote | '"' anything '"'

AND binds more tightly than OR. Within quotes, ``\\"`` and ``\\\\`` stand for ``"`` and ``\\``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Generic

from api.listing.complaints import Complaint
from api.listing.fields import Field, Row
from api.listing.table import Condition

LONGEST = 2000
"""Characters of a search expression."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<field>[^\s():"]*):(?P<value>"(?:[^"\\]|\\.)*"|[^\s()"]*)
      | (?P<paren>[()])
      | (?P<word>[^\s()]+)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    """A term, parenthesis, word or the end; ``column`` counts from 1."""

    column: int
    text: str
    field: str | None = None
    value: str = ""


def make_search(
    expression: str, fields: Mapping[str, Field[Row]], supported: Sequence[str]
) -> Condition[Row]:
    """What a search expression asks for. Raises Complaint with the column at fault."""
    if len(expression) > LONGEST:
        raise Complaint("search_syntax", f"A search may have at most {LONGEST} characters")
    parser = _Parser(_tokens(expression), {name: fields[name] for name in supported})
    condition = parser.expression(inside=False)
    parser.expect_end()
    return condition


def _tokens(expression: str) -> list[_Token]:
    tokens, at, end = [], 0, len(expression.rstrip())
    while at < end:
        found = _TOKEN.match(expression, at)
        assert found is not None  # a word takes whatever nothing else takes
        column = len(found[0]) - len(found[0].lstrip()) + at + 1
        tokens.append(_Token(column, found[0].strip(), found["field"], _unquoted(found["value"] or "")))
        at = found.end()
    return [*tokens, _Token(end + 1, "")]


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL) if value.startswith('"') else value


class _Parser(Generic[Row]):
    """Reads tokens from left to right, making conditions."""

    def __init__(self, tokens: list[_Token], fields: Mapping[str, Field[Row]]) -> None:
        self._tokens, self._fields, self._next = tokens, fields, 0

    def expression(self, inside: bool) -> Condition[Row]:
        """Parts joined by OR, each of parts joined by AND."""
        either = [self._all(inside)]
        while self._took("OR"):
            either.append(self._all(inside))
        return lambda table: reduce(or_, [condition(table) for condition in either])

    def _all(self, inside: bool) -> Condition[Row]:
        both = [self._part(inside)]
        while self._took("AND"):
            both.append(self._part(inside))
        return lambda table: reduce(and_, [condition(table) for condition in both])

    def _part(self, inside: bool) -> Condition[Row]:
        token = self._tokens[self._next]
        if token.field is not None:
            self._next += 1
            return self._term(token)
        if token.text == "(" and inside:
            raise _wrong(token, "parentheses cannot be nested")
        if not self._took("("):
            raise _wrong(token, "expected field:value" + ("" if inside else " or ("))
        condition = self.expression(inside=True)
        if not self._took(")"):
            raise _wrong(self._tokens[self._next], "expected AND, OR or )")
        return condition

    def expect_end(self) -> None:
        """Raises Complaint unless everything has been read."""
        token = self._tokens[self._next]
        if token.text:
            raise _wrong(
                token, "expected AND, OR or the end (a value with spaces or parentheses needs double quotes)"
            )

    def _took(self, text: str) -> bool:
        token = self._tokens[self._next]
        taken = token.field is None and token.text == text
        self._next += taken
        return taken

    def _term(self, token: _Token) -> Condition[Row]:
        part = token.value.casefold()
        if not part:
            raise self._no_value(token)
        if token.field == "*":
            every = list(self._fields.values())
            return lambda table: reduce(or_, [table.column(one).containing(part) for one in every])
        field = self._fields.get(token.field or "")
        if field is None:
            raise _wrong(token, f"unknown field; supported are {', '.join(self._fields)} and *")
        return lambda table: table.column(field).containing(part)

    def _no_value(self, term: _Token) -> Complaint:
        """What is wrong with a term whose value is empty: where the value should be."""
        column = term.column + len(term.field or "") + 1
        after = self._tokens[self._next]
        if after.column == column and after.text.startswith('"'):
            return _wrong(after, "expected a second double quote to end this value")
        written = term.text[len(term.field or "") + 1 :] or after.text
        return _wrong(_Token(column, written), f"expected a value right after {term.field}:")


def _wrong(token: _Token, expectation: str) -> Complaint:
    found = repr(token.text) if token.text else "the end"
    if token.text in ("and", "or", "And", "Or"):
        expectation += "; operators are written in upper case"
    return Complaint("search_syntax", f"Column {token.column}: {expectation}, found {found}")
