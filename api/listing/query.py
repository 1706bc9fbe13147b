"""One way to filter, search, sort and page for every listing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Generic

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams

from api.listing.complaints import Complaint
from api.listing.fields import Field, Row, whole_number
from api.listing.filters import Wire, make_condition
from api.listing.search import make_search
from api.listing.table import Condition, Slots, Table
from api.wire.stamps import Calendar
from twin.records.views.live import Live

LARGEST_PAGE = 1000
USUAL_PAGE = 50


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """One page of rows and how many there are in all."""

    rows: Sequence[Row]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)


@dataclass(frozen=True, slots=True)
class Order(Generic[Row]):
    """Sort by one field."""

    field: Field[Row]
    descending: bool


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """What can be asked of one listing, declared as data.

    ``filters``: the reference's parameter names, ``field__operator``, with their types.
    ``searchable``: the fields of search expressions; none where there is no search.
    ``ascending``: the field by which the rows come ascending, ties by their id.
    ``special``: what a certain value of a filter means instead of itself.
    ``hiding``: the field whose rows with a value are shown only to who filters by it.
    """

    fields: Mapping[str, Field[Row]]
    filters: Mapping[str, Wire]
    searchable: tuple[str, ...] = ()
    default_sort: str = ""
    ascending: str = ""
    special: Mapping[tuple[str, str], Condition[Row]] = field(default_factory=dict)
    hiding: str = ""

    def select(
        self,
        query: QueryParams,
        rows: Live[Row] | Sequence[Row],
        calendar: Calendar,
        usual: int = USUAL_PAGE,
    ) -> Slice[Row]:
        """The page that ``query`` asks for, of ``usual`` rows where it does not say how many.

        What is worked out about live rows stays with them for the next question. Raises
        RequestValidationError naming every bad parameter.
        """
        table, slots, part = self._select(query, rows, calendar, usual)
        return replace(part, rows=table.rows(slots))

    def written(
        self,
        query: QueryParams,
        rows: Live[Row] | Sequence[Row],
        calendar: Calendar,
        write: Callable[[Row], bytes],
        usual: int = USUAL_PAGE,
        variant: Hashable = None,
    ) -> bytes:
        """The same page as the JSON of a `Page`. Raises RequestValidationError.

        What ``write`` has made of live rows is used again until they change, for one ``variant``
        at a time.
        """
        table, slots, part = self._select(query, rows, calendar, usual)
        items = b",".join(table.written(slots, write, variant))
        rest = f'],"total":{part.total},"page":{part.page},"size":{part.size},"pages":{part.pages}}}'
        return b'{"items":[' + items + rest.encode()

    def _select(
        self, query: QueryParams, rows: Live[Row] | Sequence[Row], calendar: Calendar, usual: int
    ) -> tuple[Table[Row], Sequence[int], Slice[Row]]:
        """The table, the slots of the page, and the page still without its rows."""
        wrong: list[dict[str, Any]] = []

        def read(parameter: str, how: Callable[[], Any]) -> Any:
            try:
                return how()
            except Complaint as complaint:
                wrong.append(complaint.about(parameter))
                return None

        page = read("page", lambda: _count(query, "page", 1))
        size = read("size", lambda: _count(query, "size", usual, LARGEST_PAGE))
        order = read("sort_by", lambda: self._order(query.get("sort_by", "")))
        asked = self._asked(query)
        conditions = [read(name, partial(self._condition, name, query, calendar)) for name in asked]
        if wrong:
            raise RequestValidationError(wrong)
        table = Table.over(rows if isinstance(rows, Live) else Live(rows), self.fields)
        slots = table.matching([*conditions, *self._hidden(query)])
        start = (page - 1) * size
        part: Slice[Row] = Slice([], len(slots), page, size)
        if start >= part.total:
            return table, [], part
        in_order = self._sorted(table, slots, order, start + size)
        return table, in_order[start : start + size].tolist(), part

    def warm(self, rows: Live[Row]) -> None:
        """Work out now what questions about rows will need, so that no reader has to wait for it."""
        Table.over(rows, self.fields).warm()

    def _hidden(self, query: QueryParams) -> list[Condition[Row]]:
        if not self.hiding or any(name.startswith(f"{self.hiding}__") for name in query):
            return []
        return [lambda table: table.absent(self.hiding)]

    def _asked(self, query: QueryParams) -> list[str]:
        """The filters of a query; what the listing does not know is passed over, as FastAPI does."""
        asked = [name for name in query if name in self.filters]
        return [*asked, "search"] if self.searchable and query.get("search", "").strip() else asked

    def _condition(self, name: str, query: QueryParams, calendar: Calendar) -> Condition[Row]:
        if name == "search":
            return make_search(query["search"], self.fields, self.searchable)
        special = self.special.get((name, query[name]))
        if special is not None:
            return special
        field_name, _, operator = name.rpartition("__")
        written = query.getlist(name)
        return make_condition(self.fields[field_name], operator, self.filters[name], written, calendar)

    def _order(self, raw: str) -> list[Order[Row]]:
        written = raw if raw.strip() else self.default_sort
        return [self._one_order(part) for part in written.split(",")] if written else []

    def _one_order(self, part: str) -> Order[Row]:
        # An unescaped + arrives as a space.
        part = part.strip()
        name = part[1:] if part[:1] in ("+", "-") else part
        found = self.fields.get(name)
        if found is None:
            known = ", ".join(self.fields)
            raise Complaint("sort_field", f"Cannot sort by {name!r}; fields are {known}")
        return Order(found, part.startswith("-"))

    def _sorted(self, table: Table[Row], slots: Slots, order: Sequence[Order[Row]], most: int) -> Slots:
        """The first ``most`` in order; ties by id, in the direction of the last field, so that no page
        repeats or loses a row and ``-field`` is the exact reverse of ``field``.
        """
        if order and order[-1].descending:
            slots = slots[::-1]
        if not order or (len(order) == 1 and order[0].field.name == self.ascending):
            return slots
        return table.sorted(slots, [(one.field, one.descending) for one in order], most)

    @cached_property
    def parameters(self) -> list[dict[str, Any]]:
        """The query parameters as OpenAPI has them, in alphabetical order."""
        own = [_parameter(name, wire.schema, _explained(name)) for name, wire in self.filters.items()]
        sort: dict[str, Any] = {"type": "string", "pattern": self._sort_pattern()}
        if self.default_sort:
            sort["default"] = self.default_sort
        own.append(_parameter("sort_by", sort, _SORTING.format(fields=", ".join(self.fields))))
        own.append(_parameter("page", {"type": "integer", "default": 1, "minimum": 1}, "Number of the page."))
        sizes = {"type": "integer", "default": USUAL_PAGE, "minimum": 1, "maximum": LARGEST_PAGE}
        own.append(_parameter("size", sizes, "Rows per page."))
        if self.searchable:
            about = _SEARCHING.format(fields=", ".join(self.searchable))
            own.append(_parameter("search", {"type": "string"}, about))
        return sorted(own, key=lambda parameter: str(parameter["name"]))

    def _sort_pattern(self) -> str:
        one = f"[+ -]?({'|'.join(self.fields)})"
        return f"^({one}(,{one})*)?$"


def table(*fields: Field[Row] | tuple[Field[Row], Field[Row]]) -> dict[str, Field[Row]]:
    """Fields keyed by name; pairs of stamps count as two."""
    flat = [one for entry in fields for one in (entry if isinstance(entry, tuple) else (entry,))]
    return {one.name: one for one in flat}


_SORTING = (
    "Fields to sort by, separated by commas; a minus in front turns the order round."
    " Rows without a value come last (with a minus: first), ties are ordered by id. Fields: {fields}."
)
_SEARCHING = (
    "Terms `field:value`, joined by AND and OR in upper case (AND binds more tightly), with parentheses"
    " one level deep. A term holds where the value occurs anywhere in the field, in any case; `*:value`"
    " looks into all fields. Values with spaces or parentheses go into double quotes. Fields: {fields}."
)
_OPERATORS = {
    "eq": "Rows whose {field} is exactly this.",
    "ilike": "Rows whose {field}, written as text, contains this, in any case.",
    "in": "Rows whose {field} is one of these: repeat the parameter or separate values by commas.",
    "gte": "Rows whose {field} is this or more.",
    "lte": "Rows whose {field} is this or less.",
}
_TIMES = " ISO 8601; without an offset it is Berlin local time."


def _explained(name: str) -> str:
    field_name, _, operator = name.rpartition("__")
    text = _OPERATORS[operator].format(field=field_name)
    return text + _TIMES if field_name.endswith(("_at", "_at_utc", "_used")) else text


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _count(query: QueryParams, name: str, usual: int, largest: int | None = None) -> int:
    raw = query.get(name)
    if raw is None:
        return usual
    value = whole_number(raw)
    if value is None:
        raise Complaint("int_parsing", "Input should be a valid integer")
    if value < 1:
        raise Complaint("greater_than_equal", "Input should be greater than or equal to 1")
    if largest is not None and value > largest:
        raise Complaint("less_than_equal", f"Input should be less than or equal to {largest}")
    return value
