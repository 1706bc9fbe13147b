"""Filters: the operators of the API, each made into a question to the columns."""

from __future__ import annotations

from enum import Enum
from typing import Any

from api.listing.complaints import Complaint
from api.listing.fields import Field, Kind, Row, number, whole_number
from api.listing.table import Condition
from api.wire.stamps import Calendar


class Wire(Enum):
    """The type that the reference gives a query parameter, as its JSON schema."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    ARRAY = "array"
    ANY = "any"

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of such a parameter."""
        if self is Wire.ARRAY:
            return {"type": "array", "items": {"type": "string"}}
        return {} if self is Wire.ANY else {"type": self.value}

    def check(self, raw: str) -> None:
        """Raises Complaint where ``raw`` is not of this type."""
        if self is Wire.INTEGER and whole_number(raw) is None:
            raise Complaint("int_parsing", "Input should be a valid integer")
        if self is Wire.NUMBER and number(raw) is None:
            raise Complaint("float_parsing", "Input should be a valid number")


def make_condition(
    field: Field[Row], operator: str, wire: Wire, raw: list[str], calendar: Calendar
) -> Condition[Row]:
    """What ``field__operator=raw`` asks for. Raises Complaint."""
    if operator == "in":
        wanted = _listed(field, raw)
        return lambda table: table.column(field).equal(wanted)
    # As everywhere on the web, the last of several values counts.
    wire.check(raw[-1])
    if operator == "ilike":
        part = raw[-1].casefold()
        return lambda table: table.column(field).containing(part)
    if operator == "eq":
        one = _meant(field, raw[-1:])
        return lambda table: table.column(field).equal(one)
    bound = _bound(field, operator, raw[-1], calendar)
    if operator == "gte":
        return lambda table: table.column(field).at_least(bound)
    return lambda table: table.column(field).at_most(bound)


def _listed(field: Field[Row], raw: list[str]) -> set[Any]:
    """One of several values: the parameter repeated, or its values separated by commas, or both."""
    return _meant(field, [*raw, *(part for text in raw for part in text.split(","))])


def _meant(field: Field[Row], written: list[str]) -> set[Any]:
    return {value for value in map(field.meant, written) if value is not None}


def _bound(field: Field[Row], operator: str, raw: str, calendar: Calendar) -> int:
    if field.kind is not Kind.MOMENT:
        return int(raw)
    micros = calendar.micros(raw, latest=operator == "lte")
    if micros is None:
        raise Complaint(
            "datetime_parsing",
            "Input should be an ISO 8601 date and time, with an offset or in Berlin local time,"
            " for example 2026-01-05T08:00:00+01:00",
        )
    # Whole milliseconds, so that no row outside the bound gets in.
    return -(-micros // 1000) if operator == "gte" else micros // 1000
