"""Resuming interrupted trips in the order in which they were planned.

A trip that was interrupted is planned anew by itself where that can be (``holding.py``).
Where several bots stand in each other's way, this always finds a way out, as long as nobody
else keeps standing in it: each drives on along its planned way, one move at a time, in the
order in which their moves were planned. A move needs cells that whoever was to leave them
before has left by then, since leaving a cell begins with a move, planned earlier, into
the next. Trips that were planned later go first: they were planned round whoever
stood interrupted then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from twin.domain.bots import HOLD, LEG, LIFT, LOWER, Bot
from twin.policies.routing import Route
from twin.simulation.traffic import NEVER, Traffic
from twin.simulation.trips import FOREVER, Run, Stop, Trip

Move = tuple[int, int, int, int, int]
"""Minus when its trip was interrupted, planned entry into the next cell, bot, leg, index of the cell."""


def stops_of(bot: Bot) -> list[Stop]:
    """What is left to be done of an interrupted trip. A leg that was cut in two is one again."""
    laden = bot.carrier is not None
    stops: list[Stop] = []
    at: int | None = None
    for step in bot.steps:
        if step.kind == LEG:
            at = step.cells[-1]
        elif step.kind != HOLD:
            goal = _last_goal(stops, bot) if at is None else at
            stops.append(Stop(goal, laden, step.kind, step.end_ms - step.begin_ms, step.carrier))
            at = None
            laden = step.kind == LIFT if step.kind in (LIFT, LOWER) else laden
    if at is not None:
        stops.append(Stop(at, laden, None, 0, None))
    return stops


def _last_goal(stops: list[Stop], bot: Bot) -> int:
    return stops[-1].goal if stops else bot.cell


def way_left(bot: Bot) -> Route:
    """The planned way to the next stop of an interrupted trip, as waypoints; empty if the bot is there."""
    cells: list[int] = [bot.cell]
    for step in bot.steps:
        if step.kind == LEG:
            cells += step.cells[1:]
        elif step.kind != HOLD:
            break
    return _waypoints(cells) if len(cells) > 1 else ()


def _waypoints(cells: Sequence[int]) -> Route:
    kept = [cells[0]]
    for (a, b), c in zip(pairwise(cells), [*cells[2:], None], strict=False):
        if c is None or c - b != b - a:
            kept.append(b)
    return tuple(kept)


@dataclass(slots=True)
class _Course:
    """A bot whose trip is put together run by run."""

    bot: Bot
    stops: list[Stop]
    at: int
    axis: int
    rest_ms: int
    holds: list[tuple[int, int, int]]
    legs: list[list[Run]] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def before_ms(self, leg: int) -> int:
        """What the bot does at rest before its next run, which belongs to a leg."""
        done = len(self.legs)
        self.legs.extend([] for _ in range(leg + 1 - done))
        return sum(stop.dwell_ms for stop in self.stops[max(0, done - 1) : leg])


def in_order(traffic: Traffic, bots: Sequence[Bot], now: int) -> dict[int, Trip]:
    """Trips for interrupted bots at rest, by bot; only of those who get to their ends without the others.

    Nothing is held for them yet.
    """
    able = list(bots)
    while able:
        courses = {bot.id: _course(bot, now) for bot in able}
        stuck = _drive(traffic, courses, now)
        for bot in able:
            traffic.follow(bot, now)
        if stuck is None:
            return {b: traffic.trip(c.bot, c.stops, _padded(c), c.times, now) for b, c in courses.items()}
        able = [bot for bot in able if bot.id != stuck]
    return {}


def _course(bot: Bot, now: int) -> _Course:
    return _Course(bot, stops_of(bot), bot.cell, bot.axis, now, [(bot.cell, now, FOREVER)])


def _padded(course: _Course) -> list[list[Run]]:
    return [*course.legs, *([] for _ in range(len(course.stops) - len(course.legs)))]


def _drive(traffic: Traffic, courses: dict[int, _Course], now: int) -> int | None:
    """Drive all moves in order; the bot that cannot get on, or None."""
    moves = sorted(move for course in courses.values() for move in _moves(course.bot))
    cells = {bot: _cells_left(course.bot) for bot, course in courses.items()}
    index = 0
    while index < len(moves):
        _, _, bot, leg, to = moves[index]
        course, ways = courses[bot], cells[bot]
        end = index
        step = ways[leg][to] - course.at
        while end + 1 < len(moves) and moves[end + 1][2:4] == (bot, leg):
            following = moves[end + 1][4]
            if ways[leg][following] - ways[leg][following - 1] != step:
                break
            end += 1
        if not _go(traffic, course, leg, ways[leg][moves[end][4]], now):
            return bot
        index = end + 1
    return None


def _go(traffic: Traffic, course: _Course, leg: int, goal: int, now: int) -> bool:
    """Let a bot drive straight to a cell as soon as it can; whether it ever can."""
    before_ms = course.before_ms(leg)
    run = traffic.run(course.at, goal, course.axis, course.stops[leg].laden, before_ms)
    depart = traffic.earliest(run, course.rest_ms + run.before_ms, course.bot.id, True)
    if depart >= NEVER:
        return False
    track = run.track
    cell, since, _ = course.holds.pop()
    course.holds.append((cell, since, depart + track.first_leave))
    for ahead, enter, leave in zip(run.ahead, track.enter, track.leave_final, strict=True):
        course.holds.append((ahead, depart + enter, FOREVER if leave == FOREVER else depart + leave))
    traffic.replace(course.bot.id, course.holds, now)
    course.legs[leg].append(run)
    course.times.append(depart)
    course.at, course.axis, course.rest_ms = goal, run.axis, depart + track.duration_ms
    return True


def _cells_left(bot: Bot) -> list[list[int]]:
    """The cells of each leg that is left, one for each stop (one where the bot is there already)."""
    legs: list[list[int]] = []
    cells = [bot.cell]
    for step in bot.steps:
        if step.kind == LEG:
            cells += step.cells[1:]
        elif step.kind != HOLD:
            legs.append(cells)
            cells = [cells[-1]]
    if len(cells) > 1:
        legs.append(cells)
    return legs


def _moves(bot: Bot) -> list[Move]:
    """The moves from cell to cell that are left, in the order in which the bot makes them."""
    moves: list[Move] = []
    leg, index, interrupted, latest = 0, 0, 0, 0
    for step in bot.steps:
        if step.kind == HOLD:
            interrupted, latest = step.begin_ms, 0
        elif step.kind == LEG:
            for enter in step.enter_ms[1:]:
                index, latest = index + 1, max(latest, enter)
                moves.append((-interrupted, latest, bot.id, leg, index))
        else:
            leg, index = leg + 1, 0
    return moves
