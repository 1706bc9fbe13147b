"""What the storage as a whole is doing."""

from __future__ import annotations

from dataclasses import dataclass, field

RUNNING = "RUNNING"
PAUSED = "PAUSED"
STARTING_UP = "STARTING_UP"
MAINTENANCE = "MAINTENANCE"
ERROR = "ERROR"

RESTART_MS = 20_000
"""How long the control software takes to start again."""
TAG_WRITE_MS = 3_000
"""How long a bot stands under a position to write its tag."""
RESCUE_MS = 600_000
"""How long it takes until a person has come to a bot that cannot move, and has charged it."""
RESCUE_PERCENT = 50
"""What a person charges a battery to by hand."""


@dataclass(slots=True)
class Mode:
    """Who keeps work from being begun.

    ``stopped`` says that the emergency stop is pressed. ``pausing`` is the request that
    waits for all bots to come to rest, ``paused`` holds from then until it is resumed.
    ``starting_until_ms`` is set while the control software starts. ``maintenance`` are
    the levels closed for work on them, each with the job it is closed for.
    """

    stopped: bool = False
    pausing: str | None = None
    paused: bool = False
    starting_until_ms: int | None = None
    maintenance: dict[int, str] = field(default_factory=dict)

    @property
    def halted(self) -> bool:
        """Whether nothing new may be begun on any level."""
        waits = self.pausing is not None or self.starting_until_ms is not None
        return self.stopped or self.paused or waits

    @property
    def status(self) -> str:
        """The storage status a client sees."""
        if self.stopped:
            return ERROR
        if self.starting_until_ms is not None:
            return STARTING_UP
        if self.paused:
            return PAUSED
        return MAINTENANCE if self.maintenance else RUNNING
