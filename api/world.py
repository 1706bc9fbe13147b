"""What is served: an engine, its projections, and the calendar that its time stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from twin.records.views import Views
from twin.simulation.engine import Engine

LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Simulated time ends here: the last instants that every time zone can still write are left free."""


@dataclass(frozen=True, slots=True)
class World:
    """An engine with its views. ``epoch`` is the instant of simulated ms 0 and has an offset."""

    engine: Engine
    views: Views
    epoch: datetime

    @property
    def last_ms(self) -> int:
        """The last simulated ms that can be reached."""
        return self.to_ms(LATEST)

    def to_ms(self, instant: datetime) -> int:
        """Simulated ms of an instant with an offset; parts of a ms are dropped."""
        return (instant - self.epoch) // timedelta(milliseconds=1)

    def written(self, ms: int) -> str:
        """The instant of a simulated ms up to the last one, ISO 8601 in UTC."""
        instant = self.epoch + timedelta(milliseconds=ms)
        return instant.astimezone(UTC).isoformat(timespec="milliseconds")
