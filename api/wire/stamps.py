"""Instants as clients write them, and simulated time as they read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
        return self._instant(ms).astimezone(BERLIN).replace(tzinfo=None).isoformat(timespec="microseconds")

    def utc(self, ms: int) -> str:
        """The same instant with an explicit offset of zero."""
        return self._instant(ms).isoformat(timespec="microseconds")

    def _instant(self, ms: int) -> datetime:
        return (self.epoch + timedelta(milliseconds=ms)).astimezone(UTC)

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
