"""Where bots come to rest when something gets into their way.

What happens at an instant may keep a bot from carrying on as planned. It and everybody
who comes after it, at any cell, brake and stand; what is left of their trips is kept, to
be planned anew. Two things are exact:

* A bot stops where it can. A run over fewer cells is, up to the moment at which it
  begins to brake, the beginning of the longer one; so a bot may stop after as many cells
  as that moment is still to come, or where it rests by plan.
* Nobody enters a cell that somebody before him, in the order of the plan, has yet to leave.
  Each stops as early as it can; where that would be in the way of one who cannot
  stop in time, it goes on to its next possible stop. Stops only move on, and nobody stopping
  at all is the plan itself, so this ends. Since the order of the plan is kept, it
  can be resumed in that order (``sequencing.py``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from twin.domain.bots import HOLD, LEG, LIFT, LOWER, Bot, Step
from twin.simulation.traffic import Traffic
from twin.simulation.trips import FOREVER, holds_of

Held = tuple[int, int, int]
"""A cell, held from and until, in ms."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a bot still does before it stands, and what is then left of its trip."""

    steps: list[Step]
    rest: list[Step]

    @property
    def is_whole(self) -> bool:
        """Whether the bot goes on as it would anyway."""
        return not self.rest or self.rest[0].kind == HOLD


def cuts(traffic: Traffic, bot: Bot, now: int) -> Iterator[Cut]:
    """Every way in which a moving bot can come to rest, the earliest first; the last is its plan."""
    laden, axis = bot.carrier is not None, bot.axis
    for index, step in enumerate(bot.steps):
        if step.kind == HOLD:
            return
        if step.kind == LEG:
            for short, left in _short_legs(traffic, step, laden, axis, now):
                if index == 0 or len(short.cells) > 1:
                    yield Cut([*bot.steps[:index], short], [left, *bot.steps[index + 1 :]])
            axis = step.axis
        elif step.kind in (LIFT, LOWER):
            laden = step.kind == LIFT
        yield Cut(bot.steps[: index + 1], bot.steps[index + 1 :])


def _short_legs(traffic: Traffic, leg: Step, laden: bool, axis: int, now: int) -> Iterator[tuple[Step, Step]]:
    """A leg that ends early, in every way it can, and what is left of it."""
    start, arrived = 0, leg.begin_ms
    brakes = traffic.brakes[laden]
    for number, (cells, depart) in enumerate(zip(leg.runs, leg.departs, strict=True)):
        if now <= depart:
            yield _ended(traffic, leg, (number, 0, start), max(now, arrived), laden, axis)
        for done in range(1, cells):
            if now <= depart + brakes[done]:
                end = depart + traffic.tracks[laden][done].duration_ms
                yield _ended(traffic, leg, (number, done, start), end, laden, axis)
        start += cells
        arrived = depart + traffic.tracks[laden][cells].duration_ms


def _ended(
    traffic: Traffic, leg: Step, at: tuple[int, int, int], end_ms: int, laden: bool, axis: int
) -> tuple[Step, Step]:
    """A leg that ends ``done`` cells into a run that starts at a cell, and what is left of it."""
    number, done, start = at
    stop = start + done
    runs, departs = leg.runs[:number], leg.departs[:number]
    enter, leave = leg.enter_ms[: start + 1], leg.leave_ms[:start]
    if done:
        depart, track = leg.departs[number], traffic.tracks[laden][done]
        runs, departs = [*runs, done], [*departs, depart]
        leave.append(depart + track.first_leave)
        enter += [depart + ms for ms in track.enter]
        leave += [depart + ms for ms in track.leave[:-1]]
    cells = leg.cells[: stop + 1]
    short = Step(LEG, leg.begin_ms, end_ms, None, 0, cells, enter, [*leave, FOREVER])
    short.runs, short.departs = runs, departs
    short.axis = traffic.axis(cells[-2], cells[-1]) if stop else axis
    stood = (wait for wait in leg.waits if wait[0] < stop or (wait[0] == stop and not done))
    short.waits = [(i, since, min(until, end_ms)) for i, since, until in stood if since < end_ms]
    short.energy_mj = traffic.energy_of(short, laden)
    left = Step(LEG, leg.begin_ms, leg.end_ms, None, 0)
    left.cells, left.enter_ms, left.leave_ms = leg.cells[stop:], leg.enter_ms[stop:], leg.leave_ms[stop:]
    left.axis = leg.axis
    return short, left


@dataclass(slots=True)
class _Course:
    """A bot, what it holds by plan, and what it would hold if it stopped at the cut looked at now."""

    bot: Bot
    planned: list[Held]
    options: Iterator[Cut]
    cut: Cut = field(init=False)
    held: list[Held] = field(init=False)
    same: int = 0
    """So many entries of ``held`` are as planned, at the first cut already."""

    def go_on(self, now: int) -> None:
        """Look at the next cut."""
        self.cut = next(self.options)
        self.held = holds_of(self.cut.steps, self.bot.cell, now)


class Stops:
    """Finds where the moving bots of one level stop when some of them must, at one instant."""

    def __init__(self, traffic: Traffic, bots: Sequence[Bot], now: int) -> None:
        self._now = now
        self._courses: dict[int, _Course] = {}
        self._users: dict[int, list[tuple[int, int, int]]] = {}
        for bot in bots:
            if bot.moving:
                planned = holds_of(bot.steps, bot.cell, now)
                self._courses[bot.id] = _Course(bot, planned, cuts(traffic, bot, now))
                for index, (cell, since, until) in enumerate(planned):
                    if until > now:
                        self._users.setdefault(cell, []).append((since, bot.id, index))
        for users in self._users.values():
            users.sort()

    def users(self, cell: int) -> list[int]:
        """The bots that are on a cell or will come there."""
        return [bot for _, bot, _ in self._users.get(cell, ())]

    def find(self, disturbed: Sequence[int], closed: int | None = None) -> dict[int, Cut]:
        """The cuts of all who must stop because the ``disturbed`` do; nobody rests on the cell ``closed``."""
        affected = self._affected([b for b in disturbed if b in self._courses])
        while any(self._moved_on(affected[bot], affected, closed) for bot in sorted(affected)):
            pass
        return {bot: affected[bot].cut for bot in sorted(affected)}

    def _affected(self, disturbed: list[int]) -> dict[int, _Course]:
        """The disturbed, and whoever comes after them where they do not hold as planned any more."""
        found: dict[int, _Course] = {}
        waiting = deque(disturbed)
        while waiting:
            bot = waiting.popleft()
            if bot in found:
                continue
            course = found[bot] = self._courses[bot]
            course.go_on(self._now)
            same = zip(course.planned, course.held, strict=False)
            course.same = next((i for i, (a, b) in enumerate(same) if a != b), len(course.held))
            for index in range(course.same, len(course.planned)):
                cell = course.planned[index][0]
                users = self._users.get(cell, [])
                after = bisect_left(users, (course.planned[index][1] + 1, 0, 0))
                waiting.extend(user for _, user, _ in users[after:] if user != bot)
        return found

    def _moved_on(self, course: _Course, affected: dict[int, _Course], closed: int | None) -> bool:
        """Let all who would be in the way of a bot stop later; whether anybody does."""
        moved = False
        while course.held[-1][0] == closed and not course.cut.is_whole:
            course.go_on(self._now)
            moved = True
        for index, (cell, since, until) in enumerate(course.held):
            if until <= self._now:
                continue
            planned_since = course.planned[index][1]
            for before_since, before, at in self._users.get(cell, ()):
                if before_since >= planned_since:
                    break
                other = affected.get(before)
                if other is None or other is course:
                    continue
                while at >= len(other.held) - 1 or other.held[at][2] > since:
                    other.go_on(self._now)
                    moved = True
        return moved
