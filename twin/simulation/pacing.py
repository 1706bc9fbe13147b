"""How simulated time follows wall time: paused, times a factor, or flat out.

Pure arithmetic. Wall time is passed in as seconds of a monotonic clock; simulated
time is milliseconds since the epoch. Nothing here sleeps or looks at a clock by
itself, so whoever drives an engine decides how to wait and what may wake it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from twin.domain.commands import Command
from twin.domain.errors import Invalid, Refusal

MAX: Final = "max"
Speed = float | Literal["max"]

FASTEST = 1_000_000
"""The largest factor: 11.6 simulated days a wall second. Beyond it, say ``max``."""

_ADVICE = f'must be 0 (paused), a number up to {FASTEST:,} (1 is real time) or "max"'


def parse_speed(value: object) -> Speed:
    """``value`` as a speed. Raises Invalid (field ``speed``) with what would be right."""
    if value == MAX:
        return MAX
    # A bool is an int to Python; JSON's true is no factor. NaN fails every comparison.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= FASTEST:
        raise Invalid("speed", f"speed {_ADVICE}")
    return int(value) if value == int(value) else value


@dataclass(frozen=True, slots=True)
class Pace:
    """A speed and where it was set: at ``wall_s`` the simulated time was ``sim_ms``."""

    speed: Speed
    wall_s: float
    sim_ms: int

    @property
    def paused(self) -> bool:
        """Whether simulated time stands still."""
        return self.speed == 0

    def changed(self, speed: Speed, wall_s: float, now_ms: int) -> Pace:
        """The pace from here on; time goes on from ``now_ms``, and any lag is forgiven."""
        return Pace(speed, wall_s, now_ms)

    def target(self, wall_s: float) -> int | None:
        """The simulated ms that should be reached at ``wall_s``; None where flat out."""
        if self.speed == MAX:
            return None
        return self.sim_ms + int(max(0.0, wall_s - self.wall_s) * self.speed * 1000)

    def lag_ms(self, wall_s: float, now_ms: int) -> int:
        """How far ``now_ms`` is behind the target, in simulated ms; 0 where flat out."""
        target = self.target(wall_s)
        return 0 if target is None else max(0, target - now_ms)

    def wall_until(self, sim_ms: int) -> float:
        """The wall second at which ``sim_ms`` is due: infinity where it never will be.

        What lies at or before the anchor, and everything where flat out, is due at once.
        """
        if self.speed == MAX or sim_ms <= self.sim_ms:
            return self.wall_s
        if self.speed == 0:
            return math.inf
        return self.wall_s + (sim_ms - self.sim_ms) / (self.speed * 1000)


class Runs(Protocol):
    """What a script needs of an engine."""

    @property
    def now(self) -> int:
        """Simulated ms."""

    def peek(self) -> int | None:
        """When the next event is due, in simulated ms; None where nothing is pending."""

    def step(self) -> None:
        """Handle one event."""

    def run_until(self, t_ms: int) -> None:
        """Handle everything due at or before ``t_ms`` and stand there."""

    def apply(self, command: Command) -> object:
        """Carry out a command now. Raises Refusal."""


def run_script(
    engine: Runs,
    script: Iterable[tuple[int, Command]],
    until_ms: int,
    speed: Speed,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], object] = time.sleep,
) -> list[object]:
    """Run ``engine`` to ``until_ms``, applying each command at its simulated ms.

    The speed decides only how long that takes: a command is applied at exactly its
    time, whatever the factor. Returns what each command gave: its result, or the
    refusal. Raises ValueError for a script that goes back in time or is paused.
    """
    if speed == 0:
        raise ValueError("a paused script would never end")
    follower = _Follower(engine, Pace(speed, clock(), engine.now), clock, wait)
    results = [follower.apply(t_ms, command) for t_ms, command in script]
    follower.go_to(until_ms)
    return results


@dataclass(frozen=True, slots=True)
class _Follower:
    """Keeps an engine at a pace, waiting before each event until it is due."""

    engine: Runs
    pace: Pace
    clock: Callable[[], float]
    wait: Callable[[float], object]

    def apply(self, t_ms: int, command: Command) -> object:
        self.go_to(t_ms)
        try:
            return self.engine.apply(command)
        except Refusal as refusal:
            return refusal

    def go_to(self, t_ms: int) -> None:
        if t_ms < self.engine.now:
            raise ValueError(f"{t_ms} ms lies before {self.engine.now} ms")
        while (due := self.engine.peek()) is not None and due <= t_ms:
            self._wait_for(due)
            self.engine.step()
        self._wait_for(t_ms)
        self.engine.run_until(t_ms)

    def _wait_for(self, t_ms: int) -> None:
        ahead = self.pace.wall_until(t_ms) - self.clock()
        if ahead > 0:
            self.wait(ahead)
