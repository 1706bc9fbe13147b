"""What can be said of a leg by itself: its form, its way over the map, its times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from operator import le
from typing import Any

from twin.checking.reading import At
from twin.checking.report import Id
from twin.checking.shapes import Event
from twin.checking.world import OPEN, WALL, WAYS, Level, World


@dataclass(slots=True, eq=False)
class Leg:
    """A leg: cell i is held during ``[enter_ms[i], leave_ms[i])``, the last one until OPEN.

    The bot stands still at its end from ``ready_ms`` on.
    """

    at: At
    bot: Id
    level: Level
    cells: list[int]
    enter_ms: list[int]
    leave_ms: list[int]
    ready_ms: int
    laden: bool
    carrier: Id | None

    @property
    def start(self) -> At:
        """Its line, and the time in ms at which it begins."""
        return At(self.at.line, self.enter_ms[0])

    def holdings(self) -> Iterator[tuple[int, int, int]]:
        """Cell, start and end in ms of what is held after the first cell, the last without end."""
        for holding in zip(self.cells[1:], self.enter_ms[1:], self.leave_ms[1:], strict=True):
            if holding[1] < holding[2]:
                yield holding


def read_leg(world: World, event: Event, at: At, begun: bool = False) -> Leg | None:
    """The leg of an event; None, and a finding, where it cannot be followed.

    It may be written while it is under way only where it has ``begun``.
    """
    fault = _form_fault(event)
    if fault:
        world.refute("form.field", f"{event['type']}: {fault}.", at, bots=(event["bot"],))
        return None
    level = world.levels.get(event["level"])
    if level is None:
        world.refute("form.id", f"Level {event['level']} is not known.", at, bots=(event["bot"],))
        return None
    if not _inside(world, level, event, at):
        return None
    leg = _leg(level, event, at)
    _check_way(world, leg)
    _check_times(world, leg, begun)
    return leg


def _form_fault(event: Event) -> str | None:
    cells, enter, leave = event["cells"], event["enter_ms"], event["leave_ms"]
    if not cells or not len(cells) == len(enter) == len(leave):
        return f"{len(cells)} cells, {len(enter)} enter_ms and {len(leave)} leave_ms do not make a leg"
    if not _are(cells, list) or set(map(len, cells)) != {2} or not _are(chain.from_iterable(cells), int):
        return "cells are not all pairs of integers"
    if not _are(enter, int):
        return "enter_ms are not all integers"
    if leave[-1] is not None or not _are(leave[:-1], int):
        return "leave_ms are not integers with a null at the end"
    return None


def _are(values: Iterable[Any], kind: type) -> bool:
    return set(map(type, values)) <= {kind}


def _inside(world: World, level: Level, event: Event, at: At) -> bool:
    xs, ys = zip(*event["cells"], strict=True)
    if min(xs) >= 0 and min(ys) >= 0 and max(xs) < level.width and max(ys) < level.height:
        return True
    x, y = next((x, y) for x, y in event["cells"] if level.cell(x, y) is None)
    message = f"The way of bot {event['bot']} leads to ({x}, {y}), outside the map of level {level.id}."
    world.refute("leg.floor", message, at, bots=(event["bot"],))
    return False


def _leg(level: Level, event: Event, at: At) -> Leg:
    width = level.width
    enter = event["enter_ms"]
    return Leg(
        at=at,
        bot=event["bot"],
        level=level,
        cells=[y * width + x for x, y in event["cells"]],
        enter_ms=enter,
        leave_ms=[*event["leave_ms"][:-1], OPEN],
        ready_ms=event.get("arrive_ms", enter[-1]),
        laden=event["laden"],
        carrier=event["carrier"],
    )


def _check_way(world: World, leg: Leg) -> None:
    level = leg.level
    if len(leg.cells) == 1 and level.kinds[leg.cells[0]] == WALL:
        _refute_step(world, leg, ("leg.floor", f"{level.named(leg.cells[0])} has no floor"), leg.cells[:1])
    # Most steps have been made before: one look-up for the whole leg settles them.
    if level.legal.issuperset(pairwise(leg.cells)):
        return
    for step in pairwise(leg.cells):
        fault = step_fault(level, *step)
        if fault:
            _refute_step(world, leg, fault, list(step))
        else:
            level.legal.add(step)


def step_fault(level: Level, source: int, target: int) -> tuple[str, str] | None:
    """The rule that a step from cell to cell breaks and why, or None."""
    for cell in (source, target):
        if level.kinds[cell] == WALL:
            return "leg.floor", f"{level.named(cell)} has no floor"
    (_, x, y), (_, to_x, to_y) = level.spot(source), level.spot(target)
    way = (to_x - x, to_y - y)
    if abs(way[0]) + abs(way[1]) != 1:
        return "leg.step", f"{level.named(target)} is no neighbour of {level.named(source)}"
    if WAYS.get(level.kinds[source], way) != way:
        return "leg.oneway", f"{level.named(source)} may not be left in that direction"
    if WAYS.get(level.kinds[target]) == (-way[0], -way[1]):
        return "leg.oneway", f"{level.named(target)} is entered against its direction"
    return None


def _refute_step(world: World, leg: Leg, fault: tuple[str, str], cells: list[int]) -> None:
    rule, why = fault
    spots = tuple(map(leg.level.spot, cells))
    message = f"On the way of bot {leg.bot}, {why}."
    world.refute(rule, message, leg.at, bots=(leg.bot,), cells=spots)


def _check_times(world: World, leg: Leg, begun: bool) -> None:
    enter, leave, following = leg.enter_ms, leg.leave_ms, leg.enter_ms[1:]
    if leg.at.t_ms > enter[0] and not begun:
        message = f"The leg of bot {leg.bot} begins at {enter[0]} ms, before it is written."
        world.refute("leg.late", message, leg.at, bots=(leg.bot,))
    if not (all(map(le, enter, following)) and all(map(le, following, leave)) and all(map(le, enter, leave))):
        _refute_times(world, leg)
    if leg.ready_ms < enter[-1]:
        message = f"Bot {leg.bot} arrives at {leg.ready_ms} ms, before it enters its last cell."
        world.refute("leg.times", message, leg.at, bots=(leg.bot,))


def _refute_times(world: World, leg: Leg) -> None:
    for i, cell in enumerate(leg.cells):
        why = _time_fault(leg, i)
        if why:
            message = f"Bot {leg.bot} {why} {leg.level.named(cell)}."
            spots = (leg.level.spot(cell),)
            world.refute("leg.times", message, leg.at, bots=(leg.bot,), cells=spots)
            return


def _time_fault(leg: Leg, i: int) -> str | None:
    enter, leave = leg.enter_ms, leg.leave_ms
    if leave[i] < enter[i]:
        return f"leaves at {leave[i]} ms, before it enters at {enter[i]} ms,"
    if i and enter[i] < enter[i - 1]:
        return f"enters at {enter[i]} ms, before the cell that comes first,"
    if i and enter[i] > leave[i - 1]:
        return f"is nowhere from {leave[i - 1]} to {enter[i]} ms, before it enters"
    return None
