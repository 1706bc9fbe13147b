"""Instants as clients write them, and simulated time as they read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
MICROSECOND = timedelta(microseconds=1)

# In a query string an unescaped + arrives as a space: "...T08:00:00 01:00".
_LOST_PLUS = re.compile(r"(.+[T ]\d\d:\d\d\S*) (\d\d:?\d\d)")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Ties simulated milliseconds to instants. ``epoch`` is simulated 0 and has an offset."""

    epoch: datetime

    def local(self, ms: int) -> str:
        """Berlin wall time without an offset."""
        return _written(self.epoch, ms)[0]

    def utc(self, ms: int) -> str:
        """The same instant with an explicit offset of zero."""
        return _written(self.epoch, ms)[1]

    def both(self, ms: int) -> tuple[str, str]:
        """`local` and `utc`."""
        return _written(self.epoch, ms)

    def micros(self, raw: str, latest: bool) -> int | None:
        """Simulated microseconds of a written instant, or None where it is not one.

        Without an offset it is Berlin wall time. Where that occurs twice (the hour
        that summer time gives back), ``latest`` says which of the two is meant; where it
        does not occur (the hour that is skipped), the last microsecond before the skip
        is meant, or else the first after it.
        """
        found = _LOST_PLUS.fullmatch(raw)
        try:
            moment = datetime.fromisoformat("+".join(found.groups()) if found else raw)
            if moment.utcoffset() is None:
                moment = _in_berlin(moment, latest)
            # Through UTC: differences within one zone would ignore its changes of offset.
            return (moment.astimezone(UTC) - self.epoch.astimezone(UTC)) // MICROSECOND
        except (ValueError, OverflowError):
            return None


def _in_berlin(wall: datetime, latest: bool) -> datetime:
    """The instant at which clocks in Berlin show ``wall``, or the edge of the hour that holds it."""
    moment = wall.replace(tzinfo=BERLIN, fold=int(latest)).astimezone(UTC)
    if moment.astimezone(BERLIN).replace(tzinfo=None) == wall.replace(fold=0):
        return moment
    # With the offset before the skip it is read as later than with the one after it.
    after = wall.replace(tzinfo=BERLIN, fold=0).astimezone(UTC)
    before = wall.replace(tzinfo=BERLIN, fold=1).astimezone(UTC)
    old = before.astimezone(BERLIN).utcoffset()
    while after - before > MICROSECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(BERLIN).utcoffset() == old:
            before = middle
        else:
            after = middle
    return before if latest else after


@lru_cache(maxsize=4096)
def _written(epoch: datetime, ms: int) -> tuple[str, str]:
    """An instant in Berlin wall time and in UTC; the rows of a page share many."""
    seconds, ms = divmod(ms, 1000)
    (local, utc), micros = _second(epoch, seconds), epoch.microsecond + 1000 * ms
    if micros >= 1_000_000:
        (local, utc), micros = _second(epoch, seconds + 1), micros - 1_000_000
    return f"{local}.{micros:06d}", f"{utc}.{micros:06d}+00:00"


@lru_cache(maxsize=4096)
def _second(epoch: datetime, seconds: int) -> tuple[str, str]:
    """The whole second in which an instant lies, in Berlin wall time and in UTC."""
    instant = (epoch.replace(microsecond=0) + timedelta(seconds=seconds)).astimezone(UTC)
    local = instant.astimezone(BERLIN).replace(tzinfo=None)
    return local.isoformat(), instant.replace(tzinfo=None).isoformat()
