"""Filters: the operators of the API, each made into a test of a row."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from api.listing.complaints import Complaint
from api.listing.fields import Field, Kind, Row, number, whole_number
from api.wire.stamps import Calendar

Test = Callable[[Row], bool]


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


def make_test(field: Field[Row], operator: str, wire: Wire, raw: list[str], calendar: Calendar) -> Test[Row]:
    """The test that ``field__operator=raw`` stands for. Raises Complaint."""
    if operator == "in":
        return _is_in(field, raw)
    # As everywhere on the web, the last of several values counts.
    wire.check(raw[-1])
    if operator == "ilike":
        return _contains(field, raw[-1])
    if operator == "eq":
        return _equals(field, raw[-1])
    return _bounded(field, operator, _bound(field, operator, raw[-1], calendar))


def _equals(field: Field[Row], raw: str) -> Test[Row]:
    get, wanted = field.get, field.meant(raw)
    return lambda row: wanted is not None and get(row) == wanted


def _is_in(field: Field[Row], raw: list[str]) -> Test[Row]:
    """One of several values: the parameter repeated, or its values separated by commas, or both."""
    written = [*raw, *(part for text in raw for part in text.split(","))]
    wanted = {value for value in map(field.meant, written) if value is not None}
    get = field.get
    return lambda row: get(row) in wanted


def _contains(field: Field[Row], raw: str) -> Test[Row]:
    shown, part = field.shown, raw.casefold()
    return lambda row: (value := shown(row)) is not None and part in value


def _bounded(field: Field[Row], operator: str, bound: int) -> Test[Row]:
    get = field.get
    if operator == "gte":
        return lambda row: (value := get(row)) is not None and value >= bound
    return lambda row: (value := get(row)) is not None and value <= bound


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
