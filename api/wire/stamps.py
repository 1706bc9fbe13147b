"""Instants as clients write them, and simulated time as they read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")

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
        that summer time gives back), ``latest`` says which of the two is meant.
        """
        found = _LOST_PLUS.fullmatch(raw)
        try:
            moment = datetime.fromisoformat("+".join(found.groups()) if found else raw)
            if moment.utcoffset() is None:
                moment = moment.replace(tzinfo=BERLIN, fold=int(latest))
            # Through UTC: differences within one zone would ignore its changes of offset.
            return (moment.astimezone(UTC) - self.epoch.astimezone(UTC)) // timedelta(microseconds=1)
        except (ValueError, OverflowError):
            return None


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
