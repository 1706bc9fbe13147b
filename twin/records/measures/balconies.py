"""What the people at the balconies do, to the millisecond."""

from __future__ import annotations

from dataclasses import dataclass, field

STATES = ("utilisation", "starved", "blocked", "unattended", "idle")
"""Working; nothing there though something is asked for; a finished carrier cannot leave; a carrier
stands there and nobody works on it; nothing asked for."""

WORKING, STARVED, BLOCKED, UNATTENDED, IDLE = range(5)


@dataclass(slots=True)
class BalconyMeter:
    """One balcony: what is asked for there, what stands there, and what its person does.

    ``asked`` are the open jobs, ``standing`` the carriers that wait to be worked on or are,
    ``finished`` those that are done with and still there.
    """

    since: int = 0
    state: int = IDLE
    asked: int = 0
    standing: int = 0
    finished: int = 0
    job: str | None = None
    job_since: int = 0
    ms: list[int] = field(default_factory=lambda: [0] * len(STATES))
    handed_over_ms: int | None = None
    worked_ms: int = 0
    takt_ms: int = 0
    takts: int = 0

    def settle(self, now: int) -> None:
        """Enter the time up to now, and see what the person does from now on."""
        self.ms[self.state] += now - self.since
        self.since = now
        if self.job is not None:
            self.state = WORKING
        elif self.standing:
            self.state = UNATTENDED
        elif self.finished:
            self.state = BLOCKED
        else:
            self.state = STARVED if self.asked else IDLE

    def hand_over(self, now: int) -> None:
        """A line was handed over. The time since the last one counts if the person worked throughout."""
        worked = self.ms[WORKING]
        if self.handed_over_ms is not None and worked - self.worked_ms == now - self.handed_over_ms:
            self.takt_ms += now - self.handed_over_ms
            self.takts += 1
        self.handed_over_ms, self.worked_ms = now, worked

    def open_window(self) -> None:
        """Forget what was counted so far."""
        self.ms = [0] * len(STATES)
        self.handed_over_ms, self.worked_ms = None, 0
        self.takt_ms = self.takts = 0
