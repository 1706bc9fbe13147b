"""What a listing knows of one field of its rows: how to read, show, compare and sort it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
Value = str | int | float | None

_WHOLE = re.compile(r"-?[0-9]{1,40}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
"""As JSON has numbers, but with leading zeros."""


class Kind(Enum):
    """What the values of a field are. A moment is given in simulated milliseconds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Field(Generic[Row]):
    """A field that can be sorted and filtered by. ``order`` replaces the value as sort key."""

    name: str
    kind: Kind
    get: Callable[[Row], Any]
    order: Callable[[Row], Any] | None = None

    def meant(self, raw: str) -> Value:
        """The value that a client means by ``raw``; None where no value of this field is written so."""
        if self.kind is Kind.WHOLE:
            return whole_number(raw)
        if self.kind is Kind.NUMBER:
            return number(raw)
        return raw


def text(name: str, get: Callable[[Row], Any], order: Callable[[Row], Any] | None = None) -> Field[Row]:
    """A field of strings."""
    return Field(name, Kind.TEXT, get, order)


def whole(name: str, get: Callable[[Row], Any]) -> Field[Row]:
    """A field of integers."""
    return Field(name, Kind.WHOLE, get)


def fraction(name: str, get: Callable[[Row], Any]) -> Field[Row]:
    """A field of numbers."""
    return Field(name, Kind.NUMBER, get)


def moments(name: str, get: Callable[[Row], Any]) -> tuple[Field[Row], Field[Row]]:
    """A pair of stamps of one moment: the local one and the ``_utc`` one."""
    return Field(name, Kind.MOMENT, get), Field(f"{name}_utc", Kind.MOMENT, get)


def whole_number(raw: str) -> int | None:
    """The integer written as ``raw`` in plain digits, or None."""
    return int(raw) if _WHOLE.fullmatch(raw) else None


def number(raw: str) -> float | None:
    """The finite number written as ``raw``, or None."""
    if not _NUMBER.fullmatch(raw):
        return None
    value = float(raw)
    return value if isfinite(value) else None
