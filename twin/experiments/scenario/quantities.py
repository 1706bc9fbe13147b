"""Values with units, as people write them: ``4 min``, ``85 %``, ``>= 500``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction

UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = rf"\d+(\.\d+)?\s*({'|'.join(UNITS_MS)})"
"""A time with its unit, as a regular expression."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z%/]*)")
_PERCENT = r"(100(\.0{1,15})?|\d{1,2}(\.\d{1,15})?)\s*%"
_COMMA = re.compile(r"\d+,\d+\s*[A-Za-z]")
MOST_DIGITS = 30
_BOUND = re.compile(r"(>=|<=)\s*(.+)")
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
LONGEST_MS = 10 * 365 * UNITS_MS["d"]


class Unclear(ValueError):
    """A text that does not say what it should; the message ends with what would be right."""


class OutOfRange(Unclear):
    """A time that is one, but too long or too fine."""


def duration_ms(text: str) -> int:
    """Milliseconds of ``30 s`` or ``1.5 h``. Raises Unclear, also for fractions of a ms."""
    found = _DURATION.fullmatch(text.strip())
    if not found and _COMMA.match(text.strip()):
        raise Unclear("not a time; write the decimal point as '.', such as 1.5 h")
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
    value = Fraction(number) * UNITS_MS[unit] if len(number) <= MOST_DIGITS else LONGEST_MS + 1
    if value > LONGEST_MS:
        raise OutOfRange("longer than ten years; write a shorter time")
    if value != int(value):
        raise OutOfRange("finer than a millisecond; round it")
    return int(value)


def number_text(value: float, times: int = 1) -> str:
    """A number (``times`` as large) as people write it, exactly: without exponent and needless zeros."""
    text = format(Decimal(repr(value)) * times, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(number: int, thing: str) -> str:
    """``1 line``, ``2 lines``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def duration_text(ms: int) -> str:
    """The shortest exact way to write a duration: 90000 is ``90 s``."""
    for unit, size in reversed(UNITS_MS.items()):
        if ms % size == 0 and ms >= size:
            return f"{ms // size} {unit}"
    return f"{ms} ms"


TIME, SHARE = "s", "%"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a KPI shall reach: at least or at most a value, in the KPI's own unit; shares from 0 to 1."""

    at_least: bool
    value: float
    unit: str = ""

    @property
    def sign(self) -> str:
        """Which way it binds."""
        return ">=" if self.at_least else "<="

    @property
    def text(self) -> str:
        """Without a unit."""
        return f"{self.sign} {number_text(self.value)}"

    @property
    def written(self) -> str:
        """As it is written in a file: a time with its unit, a share in percent."""
        if self.unit == TIME:
            return f"{self.sign} {duration_text(round(self.value * 1000))}"
        if self.unit == SHARE:
            return f"{self.sign} {number_text(self.value, 100)} %"
        return self.text

    def met_by(self, value: float) -> bool:
        """Whether one value reaches it."""
        return value >= self.value if self.at_least else value <= self.value


def bound(text: str, unit: str) -> Bound:
    """What a figure of some unit shall reach. Raises Unclear.

    ``<= 4 min`` (in seconds) for a time, ``<= 5 %`` (a share from 0 to 1) for a share, else ``>= 500``.
    """
    example = {TIME: "<= 4 min", SHARE: ">= 95 %"}.get(unit, ">= 500")
    found = _BOUND.fullmatch(text.strip())
    if not found:
        raise Unclear(f'not a bound; write "{example}" or the like, in quotes')
    return Bound(found.group(1) == ">=", _value(found.group(2).strip(), unit, example), unit)


def bound_pattern(unit: str) -> str:
    """The texts that ``bound`` takes for a unit, as a regular expression of JSON Schema."""
    value = {TIME: DURATION, SHARE: _PERCENT}.get(unit, _NUMBER.pattern)
    return rf"^\s*(>=|<=)\s*({value})\s*$"


def _value(text: str, unit: str, example: str) -> float:
    if unit == TIME:
        return duration_ms(text) / 1000
    if unit == SHARE:
        found = re.fullmatch(_PERCENT, text)
        if found is None:
            raise Unclear(f'not a bound of a share; write a percentage, such as "{example}"')
        return float(Decimal(text.rstrip("% ")) / 100)
    if _NUMBER.fullmatch(text):
        return float(text)
    raise Unclear(f'not a bound of this figure{f", which is in {unit}" if unit else ""}; write "{example}"')
