"""What is served: an engine, its projections, its event log, and the calendar of its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from twin.recipe import Beginning
from twin.records.logfile import LogFile
from twin.records.views import Views
from twin.simulation.engine import Engine

LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Simulated time ends here: the last instants that every time zone can still write are left free."""


@dataclass(frozen=True, slots=True)
class World:
    """An engine with its views and its log. ``epoch`` is the instant of simulated ms 0 and has an offset."""

    engine: Engine
    views: Views
    log: LogFile
    epoch: datetime
    beginning: Beginning

    @classmethod
    def of(cls, engine: Engine, views: Views, log: LogFile, beginning: Beginning) -> World:
        """A world on the calendar that its engine names."""
        return cls(engine, views, log, datetime.fromisoformat(engine.origin.epoch), beginning)

    @property
    def last_ms(self) -> int:
        """The last simulated ms that can be reached."""
        return last_ms_of(self.epoch)

    def to_ms(self, instant: datetime) -> int:
        """Simulated ms of an instant with an offset; parts of a ms are dropped."""
        return _ms_between(self.epoch, instant)

    def written(self, ms: int) -> str:
        """The instant of a simulated ms up to the last one, ISO 8601 in UTC."""
        instant = self.epoch + timedelta(milliseconds=ms)
        return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def last_ms_of(epoch: datetime) -> int:
    """The last simulated ms that a world which begins at ``epoch`` can reach."""
    return _ms_between(epoch, LATEST)


def _ms_between(epoch: datetime, instant: datetime) -> int:
    return (instant - epoch) // timedelta(milliseconds=1)


def make_world(beginning: Beginning, log: LogFile | None = None) -> World:
    """A world from its beginning; ``log`` is for its events, in a temporary file if not given.

    Raises SiteRefused, and ValueError for a snapshot of another format.
    """
    log = log or LogFile()
    engine = beginning.make([log.write])
    views = Views.following(engine)
    return World.of(engine, views, log, beginning)
