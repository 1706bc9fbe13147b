"""What a served twin is told once, at its start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Simulated time ends here: the last instants that any time zone can still write are left free."""


@dataclass(frozen=True)
class Settings:
    """The settings of one served world.

    ``epoch`` is the instant of simulated ms 0 and has an offset. ``body_limit`` is the
    size in bytes of the largest request body that is read.
    """

    site: str
    api_key: str
    epoch: datetime
    body_limit: int = 1 << 20

    def __post_init__(self) -> None:
        if self.epoch.utcoffset() is None:
            raise ValueError("the epoch needs a UTC offset")

    @cached_property
    def last_ms(self) -> int:
        """The last simulated ms that can be reached."""
        return self.to_ms(LATEST)

    def to_ms(self, instant: datetime) -> int:
        """Simulated ms of an instant with an offset; parts of a ms are dropped."""
        return (instant - self.epoch) // timedelta(milliseconds=1)

    def to_instant(self, ms: int) -> datetime:
        """The instant of a simulated ms, in UTC."""
        return (self.epoch + timedelta(milliseconds=ms)).astimezone(UTC)
