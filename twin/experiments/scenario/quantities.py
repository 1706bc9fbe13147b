"""Values with units, as people write them: ``4 min``, ``85 %``, ``>= 500``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z%/]*)")
_BOUND = re.compile(r"(>=|<=)\s*(.+)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
LONGEST_MS = 10 * 365 * UNITS_MS["d"]


class Unclear(ValueError):
    """A text that does not say what it should; the message ends with what would be right."""


def duration_ms(text: str) -> int:
    """Milliseconds of ``30 s`` or ``1.5 h``. Raises Unclear, also for fractions of a ms."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise Unclear("not a time; write a number and a unit, such as 30 min")
    number, unit = found.groups()
    if unit not in UNITS_MS:
        if not unit:
            raise Unclear(f"a number without a unit; write {number} s, {number} min or {number} h")
        near = get_close_matches(unit.lower(), ("sec", "seconds", "minutes", "hours", "days", *UNITS_MS), 1)
        meant = {"sec": "s", "seconds": "s", "minutes": "min", "hours": "h", "days": "d"}
        guess = f"did you mean {number} {meant.get(near[0], near[0])}? " if near else ""
        raise Unclear(f"not a time: '{unit}' is no unit of time; {guess}the units are {', '.join(UNITS_MS)}")
    value = float(number) * UNITS_MS[unit]
    if value != int(value):
        raise Unclear("finer than a millisecond; round it")
    if value > LONGEST_MS:
        raise Unclear("longer than ten years; write a shorter time")
    return int(value)


def number_text(value: float) -> str:
    """A number as people write it, exactly: without an exponent, without needless zeros."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration_text(ms: int) -> str:
    """The shortest exact way to write a duration: 90000 is ``90 s``."""
    for unit, size in reversed(UNITS_MS.items()):
        if ms % size == 0 and ms >= size:
            return f"{ms // size} {unit}"
    return f"{ms} ms"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a KPI shall reach: at least or at most a value, in the KPI's own unit."""

    at_least: bool
    value: float

    @property
    def text(self) -> str:
        """As it is written, without a unit."""
        return f"{'>=' if self.at_least else '<='} {number_text(self.value)}"

    def met_by(self, value: float) -> bool:
        """Whether one value reaches it."""
        return value >= self.value if self.at_least else value <= self.value


def bound(text: str) -> Bound:
    """``>= 500``, ``<= 4 min`` (in seconds) or ``<= 5 %`` (a share from 0 to 1). Raises Unclear."""
    found = _BOUND.fullmatch(text.strip())
    if not found:
        raise Unclear('not a bound; write ">= 500" or "<= 4 min", in quotes')
    return Bound(found.group(1) == ">=", _plain_number(found.group(2).strip()))


def _plain_number(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    share = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text)
    return float(share.group(1)) / 100 if share else duration_ms(text) / 1000
