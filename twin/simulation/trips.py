"""Trips as data: stops, runs with their times, and what an accepted plan holds."""

from __future__ import annotations

from dataclasses import dataclass

from twin.domain.bots import HOLD, LEG, Step
from twin.domain.motion import RunProfile

FOREVER = 1 << 62
"""End of a hold that has no end yet, in ms."""

Held = tuple[int, int, int]
"""A cell that is held, from (ms) until before (ms)."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a leg of a trip ends and what is done there, for ``dwell_ms``.

    ``kind`` is LIFT, LOWER or None; ``laden`` says how the bot drives there.
    """

    goal: int
    laden: bool
    kind: str | None
    dwell_ms: int
    carrier: int | None


@dataclass(frozen=True, slots=True)
class Track:
    """The times of a stop-to-stop run of a given length, in ms from its departure.

    ``enter`` and ``leave`` are those of the cells ahead of the first; the last one is
    left when the bot is at rest there, in ``leave_final`` never. ``leaving`` is when the
    first one is left and each ahead but the last.
    """

    duration_ms: int
    first_leave: int
    leaving: tuple[int, ...]
    enter: tuple[int, ...]
    leave: tuple[int, ...]
    leave_final: tuple[int, ...]

    @classmethod
    def of(cls, profile: RunProfile) -> Track:
        """The track of a run profile."""
        enter, leave = profile.enter_ms[1:], profile.leave_ms[1:]
        leaving = profile.leave_ms[:-1]
        return cls(profile.duration_ms, profile.leave_ms[0], leaving, enter, leave, (*leave[:-1], FOREVER))


@dataclass(slots=True)
class Run:
    """A straight stretch: its first cell, the cells ahead, and what the bot does before it, in ms.

    ``along`` takes what belongs to the cells ahead out of a list that has an entry for each cell.
    """

    start: int
    ahead: range
    along: slice
    axis: int
    track: Track
    before_ms: int


@dataclass(frozen=True, slots=True)
class Trip:
    """An accepted plan: its steps, and the cells it holds as (cell, from, until)."""

    steps: list[Step]
    holds: list[Held]

    @property
    def end_ms(self) -> int:
        """When the bot comes to rest for good."""
        return self.steps[-1].end_ms

    @property
    def energy_mj(self) -> int:
        """What the trip draws from the battery."""
        return sum(step.energy_mj for step in self.steps)


def cells_ahead(a: int, b: int, stride: int) -> range:
    """The cells of a straight run beyond its first, in order."""
    return range(a + stride, b + 1, stride) if b > a else range(a - stride, b - 1, -stride)


def latest_departures(runs: list[Run], before: int) -> list[int]:
    """For each run the departure from which on a trip cannot end before an instant, even unhindered."""
    latest: list[int] = []
    for run in reversed(runs):
        before -= run.track.duration_ms
        latest.append(before)
        before -= run.before_ms
    return latest[::-1]


def free_flow_ms(legs: list[list[Run]]) -> int:
    """How long runs take with nobody in the way, what comes before each included."""
    return sum(run.before_ms + run.track.duration_ms for leg in legs for run in leg)


def arrival_ms(legs: list[list[Run]], times: list[int]) -> int:
    """When the last run that departs at ``times`` ends; 0 where nothing is driven."""
    last = next((leg[-1] for leg in reversed(legs) if leg), None)
    return times[-1] + last.track.duration_ms if last is not None else 0


def delays_ms(legs: list[list[Run]], times: list[int], now: int) -> list[int]:
    """By how much each leg takes longer than on an empty level, in ms."""
    delays, clock, index = [], now, 0
    for leg in legs:
        free = clock + free_flow_ms([leg])
        if leg:
            index += len(leg)
            clock = times[index - 1] + leg[-1].track.duration_ms
        delays.append(clock - free)
    return delays


def leg_of(runs: list[Run], departures: list[int], begin: int) -> Step:
    """One leg with the time each cell is entered and left; it begins where the bot rests."""
    cells, enter, leave = [runs[0].start], [begin], list[int]()
    for run, depart in zip(runs, departures, strict=True):
        cells += run.ahead
        enter += [depart + t for t in run.track.enter]
        leave += [depart + t for t in run.track.leaving]
    end = departures[-1] + runs[-1].track.duration_ms
    leave.append(FOREVER)
    lengths = [len(run.ahead) for run in runs]
    return Step(LEG, begin, end, None, 0, cells, enter, leave, runs[-1].axis, [], lengths, departures)


def waits_of(runs: list[Run], departures: list[int], at_rest: int) -> list[tuple[int, int, int]]:
    """Where and when a leg stands still for others: the index of its cell, from, until."""
    waits: list[tuple[int, int, int]] = []
    index = 0
    for run, depart in zip(runs, departures, strict=True):
        ready = at_rest + run.before_ms
        if depart > ready:
            waits.append((index, ready, depart))
        index += len(run.ahead)
        at_rest = depart + run.track.duration_ms
    return waits


def holds_of(steps: list[Step], start: int, now: int) -> list[Held]:
    """What steps hold: the cell of rest from arrival until the next leg leaves it."""
    holds: list[Held] = []
    cell, since = start, now
    for step in steps:
        if step.kind == HOLD:
            break
        if step.kind != LEG or len(step.cells) == 1:
            continue
        holds.append((cell, since, step.leave_ms[0]))
        holds.extend(zip(step.cells[1:-1], step.enter_ms[1:-1], step.leave_ms[1:-1], strict=True))
        cell, since = step.cells[-1], step.enter_ms[-1]
    holds.append((cell, since, FOREVER))
    return holds
