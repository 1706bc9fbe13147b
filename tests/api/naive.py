"""What listings must answer, worked out row by row from the rows themselves: the oracle.

It knows the reference's parameters and `docs/assumptions.md`, and nothing of `api.listing`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache, cmp_to_key
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.served import Served
from tests.reference import reference

Row = dict[str, Any]
Pairs = Sequence[tuple[str, str]]
"""Query parameters as they are sent."""

PATHS = ("/inventory_view", "/events", "/jobs", "/requests", "/skus", "/auth/users", "/auth/api_keys")
NEVER_SORTED = frozenset({"otp", "api_key", "image_url"})
AS_NUMBERS = frozenset({"carrier_id", "bot_id"})
BOX, CARRIER, POSITION = range(3)


@dataclass(frozen=True)
class Offer:
    """What the reference lets one ask of a listing."""

    path: str
    filters: dict[str, dict[str, Any]]
    searchable: tuple[str, ...]
    default_sort: str


@cache
def offer(path: str) -> Offer:
    """What the reference says of a listing."""
    get = json.loads(reference("openapi.json").read_text())["paths"][f"/api/v2{path}"]["get"]
    asked = {p["name"]: p for p in get["parameters"] if p["in"] == "query"}
    searchable = tuple(asked.get("search", {}).get("x-supported-fields", ()))
    filters = {name: p["schema"] for name, p in asked.items() if "__" in name}
    return Offer(path, filters, searchable, asked["sort_by"]["schema"].get("default", ""))


def sortable(rows: Sequence[Row]) -> list[str]:
    """The fields that hold text, numbers or stamps."""
    return [
        name
        for name in rows[0]
        if name not in NEVER_SORTED and not any(isinstance(row[name], list | dict) for row in rows)
    ]


# -- one value


def is_stamp(name: str) -> bool:
    """Whether a field is one of a pair of stamps."""
    return name.removesuffix("_utc").endswith(("_at", "last_used"))


def instant(row: Row, name: str) -> datetime | None:
    """The moment of a stamp: from its unambiguous twin."""
    written = row[name.removesuffix("_utc") + "_utc"]
    return None if written is None else datetime.fromisoformat(written)


def contains(value: Any, part: str) -> bool:
    """Whether a value, as text, contains ``part`` in any case."""
    return value is not None and part.casefold() in str(value).casefold()


def equals(value: Any, raw: str) -> bool:
    """Whether ``raw`` is how a client writes a value."""
    if isinstance(value, int):
        return re.fullmatch("-?[0-9]+", raw) is not None and int(raw) == value
    return value is not None and str(value) == raw


def bound(raw: str, last: bool) -> datetime:
    """The moment a client means; of two in Berlin's long night the first or the ``last``."""
    moment = datetime.fromisoformat(raw)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=int(last))
    return moment.astimezone(UTC)


# -- filters and search


def passes(row: Row, path: str, name: str, values: Sequence[str]) -> bool:
    """Whether a row passes the filter ``name`` with these values."""
    field, _, operator = name.rpartition("__")
    raw = values[-1]
    if path == "/inventory_view" and raw == "none" and operator == "eq":
        if field == "box_id":
            return row["box_id"] is None
        if field == "sku_id":
            return row["box_id"] is not None and row["sku_id"] is None
    if operator == "in":
        return any(equals(row[field], one) for text in values for one in [text, *text.split(",")])
    if operator == "ilike":
        return contains(row[field], raw)
    if operator == "eq":
        return equals(row[field], raw)
    return within(row, field, operator, raw)


def within(row: Row, field: str, operator: str, raw: str) -> bool:
    """Whether a row is on the right side of a bound."""
    value: Any
    limit: Any
    if is_stamp(field):
        value, limit = instant(row, field), bound(raw, operator == "lte")
    else:
        value, limit = row[field], int(raw)
    if value is None:
        return False
    return bool(value >= limit if operator == "gte" else value <= limit)


@dataclass(frozen=True)
class Term:
    """``field:value``."""

    field: str
    value: str
    quoted: bool

    def holds(self, row: Row, searchable: Iterable[str]) -> bool:
        """Whether it is true of a row."""
        fields = searchable if self.field == "*" else (self.field,)
        return any(contains(row[field], self.value) for field in fields)

    def written(self) -> str:
        """As a client writes it."""
        if self.quoted or re.search(r'[\s()"]', self.value):
            return self.field + ':"' + re.sub(r'(["\\])', r"\\\1", self.value) + '"'
        return f"{self.field}:{self.value}"


@dataclass(frozen=True)
class Either:
    """Parts of parts: joined by AND, and these by OR."""

    parts: tuple[tuple[Term | Either, ...], ...]

    def holds(self, row: Row, searchable: Iterable[str]) -> bool:
        """Whether it is true of a row."""
        return any(all(part.holds(row, searchable) for part in both) for both in self.parts)

    def written(self) -> str:
        """As a client writes it."""
        return " OR ".join(
            " AND ".join(f"({p.written()})" if isinstance(p, Either) else p.written() for p in both)
            for both in self.parts
        )


# -- order


def own_order(path: str) -> Callable[[Row], Any]:
    """What orders rows of a listing where nothing else does: their id, as the twin counts them."""
    return {
        "/inventory_view": _inventory_order,
        "/jobs": lambda row: int(row["id"].removeprefix("job-")),
        "/requests": lambda row: row["counter"],
        "/auth/users": lambda row: row["id"],
        "/auth/api_keys": lambda row: row["id"],
    }.get(path, lambda row: row["created_at_utc"])


def _inventory_order(row: Row) -> tuple[int, Any]:
    if row["box_id"] is not None:
        return BOX, row["box_id"]
    if row["carrier_id"] is not None:
        return CARRIER, int(row["carrier_id"])
    return POSITION, (row["level_id"], row["position_y"], row["position_x"])


def comparable(row: Row, name: str) -> Any:
    """What a row is sorted by; None where it has no such value."""
    value = row[name]
    if value is None:
        return None
    if is_stamp(name):
        return instant(row, name)
    if name == "box_size_string":
        return Fraction(value)
    return int(value) if name in AS_NUMBERS else value


def ordered(rows: Sequence[Row], sort_by: str) -> list[Row]:
    """Rows that come in their own order, sorted; compared two by two."""
    fields = [(part[:1] == "-", part.strip().lstrip("+-")) for part in sort_by.split(",") if part]
    if not fields:
        return list(rows)
    last_turned = fields[-1][0]

    def compare(a: tuple[int, Row], b: tuple[int, Row]) -> int:
        for turned, name in fields:
            x, y = comparable(a[1], name), comparable(b[1], name)
            if x != y:
                first = y is None or (x is not None and x < y)
                return -1 if first != turned else 1
        return (a[0] - b[0]) * (-1 if last_turned else 1)

    return [row for _, row in sorted(enumerate(rows), key=cmp_to_key(compare))]


# -- a whole query


def unfiltered(api: Served, path: str) -> list[Row]:
    """Every row of a listing, in its own order; deleted SKUs too."""
    rows = api.everything(path)
    if path == "/skus":
        rows += api.everything(path, [("deleted_at__gte", "2000-01-01")])
        rows.sort(key=own_order(path))
    return rows[::-1] if offer(path).default_sort.startswith("-") else rows


def selected(path: str, rows: Sequence[Row], query: Pairs, tree: Either | None) -> list[Row]:
    """All rows that a query asks for, in order. ``tree`` is what its ``search`` says."""
    asked: dict[str, list[str]] = {}
    for name, value in query:
        asked.setdefault(name, []).append(value)
    filters = {name: values for name, values in asked.items() if "__" in name}
    if path == "/skus" and not any(name.startswith("deleted_at") for name in filters):
        rows = [row for row in rows if row["deleted_at"] is None]
    kept = [
        row
        for row in rows
        if all(passes(row, path, name, values) for name, values in filters.items())
        and (tree is None or tree.holds(row, offer(path).searchable))
    ]
    return ordered(kept, asked.get("sort_by", [""])[-1].strip() or offer(path).default_sort)
