"""ISO 8601 durations and instants, as the clock takes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9000
"""Simulated time begins in one of these years; it ends on 9999-12-30."""

LONGEST = 40
"""Characters of a duration or an instant that are looked at."""

_NUMBER = r"(?:(\d+(?:[.,]\d+)?){})?"
_DURATION = re.compile(
    "P" + _NUMBER.format("D") + "(?:T" + "".join(_NUMBER.format(unit) for unit in "HMS") + ")?", re.ASCII
)
_UNITS_MS = (86_400_000, 3_600_000, 60_000, 1000)
_ADVICE = 'must be an ISO 8601 duration of days, hours, minutes and seconds, like "PT90S" or "P1DT2H30M"'


def parse_duration(text: str) -> int:
    """The ms of a duration of at least 1 ms, rounded to whole ms. Raises ValueError.

    Years, months and weeks are not taken. Only the last number may have a fraction.
    """
    match = _DURATION.fullmatch(text) if len(text) <= LONGEST else None
    if match is None or text.endswith(("P", "T")):
        raise ValueError(_ADVICE)
    numbers = [number.replace(",", ".") for number in match.groups(default="0")]
    given = [number for number in match.groups() if number is not None]
    if any("." in number or "," in number for number in given[:-1]):
        raise ValueError(f"{_ADVICE}; only its last number may have a fraction")
    ms = sum(Decimal(number) * unit for number, unit in zip(numbers, _UNITS_MS, strict=True))
    whole = int(Decimal(ms).to_integral_value(ROUND_HALF_UP))
    if whole < 1:
        raise ValueError(f"{_ADVICE}, and at least a millisecond long")
    return whole


def parse_instant(text: str) -> datetime:
    """An instant with a UTC offset or Z. Raises ValueError."""
    advice = 'must be an ISO 8601 instant with its UTC offset, like "2026-01-05T06:30:00+01:00" or "...Z"'
    try:
        instant = datetime.fromisoformat(text[:LONGEST])
    except ValueError:
        raise ValueError(advice) from None
    if instant.utcoffset() is None or len(text) > LONGEST:
        raise ValueError(advice)
    return instant


def parse_epoch(text: str) -> datetime:
    """The instant of simulated time 0, in UTC. Raises ValueError."""
    epoch = parse_instant(text)
    if not FIRST_YEAR <= epoch.year <= LAST_YEAR:
        raise ValueError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}, not in {epoch.year}")
    return epoch.astimezone(UTC)
