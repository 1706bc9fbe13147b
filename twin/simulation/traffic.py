"""Traffic: who holds which cell when, and trips that never meet anybody.

Bots are planned one after the other, in the order of their dispatch. A *trip* is
everything a bot does from one endpoint to the next: legs, liftings and lowerings,
each leg a chain of straight stop-to-stop runs. A trip is only accepted as a whole,
with exact times for every cell, and its last cell can be held without end. Since no
route leads through an endpoint, the worst case is that a bot waits where it stands
until everybody else has come to rest: a trip from an endpoint always exists, and
nothing ever locks (Čáp, Vokřínek and Kleiner 2015, validation.md section 5).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from twin.domain.bots import WRITE, Bot, Step
from twin.domain.layout import Level, Site
from twin.domain.motion import brake_times
from twin.policies.routing import Route, Routes
from twin.simulation.stretches import stretches_on
from twin.simulation.trips import (
    FOREVER,
    Held,
    Run,
    Stop,
    Trip,
    arrival_ms,
    delays_ms,
    free_flow_ms,
    holds_of,
    latest_departures,
    leg_of,
    waits_of,
)

NEVER = FOREVER >> 1
"""Departures this late mean that somebody stands in the way without end."""

PATIENCE_MS = 4000
"""A leg delayed by more than this is worth looking for a way round."""
WAYS_ROUND = 3
"""Other ways tried for a delayed leg; more gain nothing that can be measured."""

Hold = tuple[int, int, int]
"""In the table of a cell: held from (ms) until before (ms), by a bot."""


class Traffic:
    """The holds on one level, and the planner of trips on it."""

    def __init__(self, level: Level, routes: Routes, site: Site) -> None:
        motion, pitch_mm = site.motion, site.pitch_mm
        self._battery = site.battery
        self._routes = routes
        self._turn_ms = motion.turn_ms
        stretches = stretches_on(level, motion, pitch_mm)
        self._stretch, self.axis, self.tracks = stretches.between, stretches.axis, stretches.tracks
        longest = max(level.width, level.height)
        self.brakes = (
            brake_times(motion.unladen, pitch_mm, longest),
            brake_times(motion.laden, pitch_mm, longest),
        )
        self._into_rest_ms = min(
            track.duration_ms - track.enter[-1] for tracks in self.tracks for track in tracks if track.enter
        )
        self.closed: dict[int, None] = {}
        self._table: list[list[Hold]] = [[] for _ in level.kinds]
        self._until = [0] * len(level.kinds)
        """No hold of a cell ends later than this, in ms."""
        self._held: dict[int, list[Held]] = {}
        self._known: dict[tuple[int, int, int, int, bool], int] = {}

    # -- holds

    def stand(self, bot: Bot, now: int) -> None:
        """Let a bot hold the cell it stands on without end."""
        self._hold(bot.id, [(bot.cell, now, FOREVER)], now)

    def commit(self, bot: Bot, trip: Trip, now: int) -> None:
        """Replace what a bot holds from now on by its trip."""
        self._release(bot.id, now)
        self._hold(bot.id, trip.holds, now)

    def resume(self, bot: Bot, now: int) -> None:
        """Hold again what a bot was committed to (after a restore)."""
        if not bot.steps:
            self.stand(bot, now)
            return
        holds = holds_of(bot.steps, bot.cell, now)
        self._hold(bot.id, [h for h in holds if h[2] > now], now)

    def follow(self, bot: Bot, now: int) -> None:
        """Let a bot hold what its steps say, after they were changed."""
        self._release(bot.id, now)
        self.resume(bot, now)

    def block(self, cell: int, from_ms: int, now: int) -> None:
        """Keep everybody out of a cell from an instant on."""
        self._hold(_blocker(cell), [(cell, from_ms, FOREVER)], now)

    def unblock(self, cell: int, now: int) -> None:
        """Let everybody into a cell again."""
        self._release(_blocker(cell), now)

    def replace(self, bot: int, holds: list[Held], now: int) -> None:
        """Replace what a bot holds from now on."""
        self._release(bot, now)
        self._hold(bot, holds, now)

    def holders(self, cell: int) -> list[int]:
        """Who holds a cell without end: bots, or the negative of a blocked cell's number less one."""
        return [who for _, until, who in self._table[cell] if until == FOREVER]

    def _hold(self, bot: int, holds: list[Held], now: int) -> None:
        mine = self._held.get(bot)
        self._held[bot] = sorted([*mine, *holds], key=_ending) if mine else holds
        table, latest = self._table, self._until
        for cell, begin, end in holds:
            if end > latest[cell]:
                latest[cell] = end
            entries = table[cell]
            while entries and entries[0][1] <= now:
                del entries[0]
            if not entries or entries[-1][0] < begin:
                entries.append((begin, end, bot))
            else:
                insort(entries, (begin, end, bot))

    def _release(self, bot: int, now: int) -> None:
        # Along a way one cell after the other is given up: those still held are the last ones.
        for cell, _, end in reversed(self._held.pop(bot, [])):
            if end <= now:
                break
            entries = self._table[cell]
            entries[:] = [e for e in entries if e[2] != bot]
            self._until[cell] = max([until for _, until, _ in entries], default=0)

    def remove(self, bot: Bot, now: int) -> None:
        """Forget a bot that was taken off the floor."""
        self._release(bot.id, now)

    def vacant(self, cell: int, now: int) -> bool:
        """Whether nobody holds a cell now or will."""
        return all(until <= now for _, until, _ in self._table[cell])

    # -- planning

    def plan(self, bot: Bot, stops: Sequence[Stop], now: int, along: Route = ()) -> Trip | None:
        """The trip over all stops that ends earliest among the ways tried; None if there is none.

        From an endpoint there always is one, unless a bot is held somewhere or a cell is
        blocked. A bot elsewhere (one that has just put a carrier down) may be refused
        because somebody is due where it stands. ``along`` is tried first for the first leg.
        """
        chosen = self._direct(bot, stops)
        if chosen is None:
            return None
        if along:
            chosen[0] = along
        runs = self._runs(bot, stops, chosen)
        self._known.clear()
        times = self._schedule(bot, runs, now)
        if times is None or arrival_ms(runs, times) - now - free_flow_ms(runs) > PATIENCE_MS:
            chosen, runs, times = self._go_round(bot, stops, chosen, runs, times, now)
        if times is None:
            return None
        return self.trip(bot, stops, runs, times, now)

    def alone_mj(self, bot: Bot, stops: Sequence[Stop]) -> int:
        """What the direct way over all stops would draw with nobody else on the level, in mJ.

        0 where there is no direct way.
        """
        chosen = self._direct(bot, stops)
        legs = [] if chosen is None else self._runs(bot, stops, chosen)
        times, clock = [], 0
        for run in (run for leg in legs for run in leg):
            times.append(clock + run.before_ms)
            clock = times[-1] + run.track.duration_ms
        return self.trip(bot, stops, legs, times, 0).energy_mj if legs else 0

    def _direct(self, bot: Bot, stops: Sequence[Stop]) -> list[Route] | None:
        """The direct way of each leg; of two equal ones that which starts along the wheels' axis."""
        chosen: list[Route] = []
        at, axis = bot.cell, bot.axis
        for stop in stops:
            if at == stop.goal:
                chosen.append((at,))
                continue
            routes = self._routes.direct(at, stop.goal, stop.laden)
            if not routes:
                return None
            route = routes[0]
            if len(routes) > 1 and len(routes[1]) == len(route) and self.axis(route[0], route[1]) != axis:
                route = routes[1]
            chosen.append(route)
            at, axis = stop.goal, self.axis(route[-2], route[-1])
        return chosen

    def _go_round(
        self,
        bot: Bot,
        stops: Sequence[Stop],
        chosen: list[Route],
        runs: list[list[Run]],
        times: list[int] | None,
        now: int,
    ) -> tuple[list[Route], list[list[Run]], list[int] | None]:
        """Try other ways leg by leg and keep each that brings the bot home earlier."""
        best = NEVER if times is None else arrival_ms(runs, times)
        if best <= self._soonest_end(bot.id, stops[-1].goal):
            return chosen, runs, times
        at = bot.cell
        for i, stop in enumerate(stops):
            late = times is None or delays_ms(runs, times, now)[i] > PATIENCE_MS
            for route in self._others(at, stop, chosen[i]) if late else ():
                trial = [*chosen[:i], route, *chosen[i + 1 :]]
                trial_runs = self._with_leg(bot, stops, runs, i, route)
                if now + free_flow_ms(trial_runs) >= best:
                    continue
                trial_times = self._schedule(bot, trial_runs, now, best)
                if trial_times is not None and arrival_ms(trial_runs, trial_times) < best:
                    chosen, runs, times = trial, trial_runs, trial_times
                    best = arrival_ms(runs, times)
            at = stop.goal
        return chosen, runs, times

    def _soonest_end(self, me: int, goal: int) -> int:
        """Sooner nobody can come to rest for good at a cell that others still need, whatever the way."""
        ends = [held_until for _, held_until, who in self._table[goal] if who != me]
        return max(ends) + self._into_rest_ms if ends else 0

    def _others(self, at: int, stop: Stop, chosen: Route) -> list[Route]:
        if at == stop.goal:
            return []
        direct = self._routes.direct(at, stop.goal, stop.laden)
        others = [r for r in direct if r != chosen]
        if len(others) < WAYS_ROUND:
            others += [r for r in self._routes.detours(at, stop.goal, stop.laden) if r != chosen]
        if self.closed:
            round_about = self._routes.avoiding(at, stop.goal, stop.laden, frozenset(self.closed))
            return [*round_about, *others[:WAYS_ROUND]]
        return others[:WAYS_ROUND]

    def _runs(self, bot: Bot, stops: Sequence[Stop], chosen: Sequence[Route]) -> list[list[Run]]:
        """The runs of each leg. What happens at a stop comes before the next run, turns included."""
        legs: list[list[Run]] = []
        axis, before = bot.axis, 0
        for stop, route in zip(stops, chosen, strict=True):
            leg = self._leg_runs(route, axis, stop.laden, before)
            if leg:
                axis, before = leg[-1].axis, 0
            legs.append(leg)
            before += stop.dwell_ms
        return legs

    def _leg_runs(self, route: Route, axis: int, laden: bool, before: int) -> list[Run]:
        """The runs along a route, for a bot whose wheels stand along ``axis`` and which waits ``before``."""
        runs: list[Run] = []
        for a, b in pairwise(route):
            runs.append(self.run(a, b, axis, laden, before))
            axis, before = runs[-1].axis, 0
        return runs

    def _with_leg(
        self, bot: Bot, stops: Sequence[Stop], legs: list[list[Run]], i: int, route: Route
    ) -> list[list[Run]]:
        """The same runs with another route for leg ``i``, which ends along another axis perhaps."""
        axis = next((leg[-1].axis for leg in reversed(legs[:i]) if leg), bot.axis)
        before = legs[i][0].before_ms - (self._turn_ms if legs[i][0].axis != axis else 0)
        changed = [*legs[:i], self._leg_runs(route, axis, stops[i].laden, before), *legs[i + 1 :]]
        was, axis = legs[i][-1].axis, changed[i][-1].axis
        follower = next((j for j in range(i + 1, len(legs)) if legs[j]), None)
        if follower is not None and was != axis:
            first, *others = legs[follower]
            turn = self._turn_ms if first.axis == was else -self._turn_ms
            changed[follower] = [replace(first, before_ms=first.before_ms + turn), *others]
        return changed

    def _schedule(self, bot: Bot, legs: list[list[Run]], now: int, before: int = NEVER) -> list[int] | None:
        """Departure times of all runs, each as early as can be, or None.

        A bot waits only at rest. If somebody needs the cell where it waits before it
        can go on, it comes there later instead, after them: one run back, with a
        later departure. Times only grow, so this ends. None as soon as it is certain that
        the trip would not end ``before`` an instant, or where the very first cell must
        be given up.
        """
        runs = [run for leg in legs for run in leg]
        latest = latest_departures(runs, before) if before < NEVER else [NEVER] * len(runs)
        last = len(runs) - 1
        departures = [0] * len(runs)
        not_before = [0] * len(runs)
        i, at_rest = 0, now
        me, known = bot.id, self._known
        while i <= last:
            run = runs[i]
            wanted = max(at_rest + run.before_ms, not_before[i])
            key = (run.start, run.ahead[-1], run.track.duration_ms, wanted, i == last)
            depart = known.get(key, 0)
            if not depart:
                depart = self.earliest(run, wanted, me, i == last, latest[i])
            if depart >= latest[i]:
                return None
            known[key] = depart
            left = depart + run.track.first_leave
            blocked_until = self._needed_before(run.start, at_rest, left, me)
            if blocked_until:
                if i == 0:
                    return None
                not_before[i] = 0
                i -= 1
                not_before[i] = blocked_until - runs[i].track.enter[-1]
                at_rest = now if i == 0 else departures[i - 1] + runs[i - 1].track.duration_ms
                continue
            departures[i] = depart
            at_rest = depart + run.track.duration_ms
            i += 1
        return departures

    def earliest(self, run: Run, depart: int, me: int, final: bool, before: int = NEVER) -> int:
        """The first departure at or after ``depart`` at which every cell of a run is free in its window.

        Where that is not ``before`` an instant, it is only certain that it is not.
        """
        track, along = run.track, run.along
        latest = self._until[along]
        if max(latest) <= depart + track.enter[0]:
            return depart
        leaves = track.leave_final if final else track.leave
        for holds, until, enter, leave in zip(self._table[along], latest, track.enter, leaves, strict=True):
            entered = depart + enter
            if until > entered:
                left = depart + leave
                for held_from, held_until, who in holds:
                    if held_from >= left:
                        break  # they are in order
                    if held_until > entered and who != me:
                        return self._later(run, leaves, held_until - enter, me, final, before)
        return depart

    def _later(self, run: Run, leaves: Sequence[int], depart: int, me: int, final: bool, before: int) -> int:
        """The first free departure at or after ``depart``: past every hold that stands in its way.

        A hold of a cell forbids the departures between two instants. Swept in order,
        they give the answer in one pass however crowded the way is.
        """
        table, enters = self._table, run.track.enter
        if final:
            # Where a bot stays without end nobody may be due any more.
            ends = [held_until for _, held_until, who in table[run.ahead[-1]] if who != me]
            depart = max([depart, *(end - enters[-1] for end in ends)])
        if depart >= before:
            return depart
        forbidden = [
            (held_from - leave, held_until - enter)
            for cell, enter, leave in zip(run.ahead, enters, leaves, strict=True)
            for entered, left in ((depart + enter, before + leave),)
            for held_from, held_until, who in table[cell]
            if held_until > entered and held_from < left and who != me
        ]
        forbidden.sort()
        for after, until in forbidden:
            if after >= depart:
                break
            if until > depart:
                depart = until
        return depart

    def _needed_before(self, cell: int, since: int, left: int, me: int) -> int:
        """When the cell where a bot rests is free again after the first who needs it meanwhile; 0: nobody."""
        for held_from, held_until, who in self._table[cell]:
            if who != me and held_until > since and held_from < left:
                return held_until
        return 0

    # -- the accepted plan

    def trip(
        self, bot: Bot, stops: Sequence[Stop], legs: list[list[Run]], times: list[int], now: int
    ) -> Trip:
        """The steps of runs that depart at ``times``."""
        steps: list[Step] = []
        clock, index, dwelt = now, 0, 0
        for stop, leg in zip(stops, legs, strict=True):
            if leg:
                departures = times[index : index + len(leg)]
                index += len(leg)
                steps.append(leg_of(leg, departures, clock))
                steps[-1].energy_mj = self._leg_energy(leg, steps[-1], stop.laden)
                steps[-1].waits = waits_of(leg, departures, clock - dwelt)
                clock, dwelt = steps[-1].end_ms, 0
            if stop.kind is not None:
                power = self._battery.idle_w if stop.kind == WRITE else self._battery.lift_w
                energy = power * stop.dwell_ms
                steps.append(Step(stop.kind, clock, clock + stop.dwell_ms, stop.carrier, energy))
                clock += stop.dwell_ms
                dwelt += stop.dwell_ms
        return Trip(steps, holds_of(steps, bot.cell, now))

    def energy_of(self, leg: Step, laden: bool) -> int:
        """What a leg draws, in mJ, worked out from its runs."""
        battery = self._battery
        moving = sum(self.tracks[laden][cells].duration_ms for cells in leg.runs)
        drive = battery.drive_laden_w if laden else battery.drive_unladen_w
        return drive * moving + battery.idle_w * (leg.end_ms - leg.begin_ms - moving)

    def run(self, a: int, b: int, axis: int, laden: bool, before_ms: int) -> Run:
        """A run from one cell to another, for a bot whose wheels stand along ``axis``."""
        ahead, along, run_axis, track = self._stretch(a, b, laden)
        turn = self._turn_ms if run_axis != axis else 0
        return Run(a, ahead, along, run_axis, track, before_ms + turn)

    def _leg_energy(self, runs: list[Run], step: Step, laden: bool) -> int:
        """What a leg draws, in mJ: driving power while it moves, idle power while it waits or turns."""
        battery = self._battery
        moving = sum(run.track.duration_ms for run in runs)
        drive = battery.drive_laden_w if laden else battery.drive_unladen_w
        return drive * moving + battery.idle_w * (step.end_ms - step.begin_ms - moving)


def _ending(hold: Held) -> int:
    return hold[2]


def _blocker(cell: int) -> int:
    """Who holds a blocked cell: nobody's number."""
    return -cell - 1
