"""Validation cases 7, 28 and 29, driven by the twin itself: planner, engine and event log."""

from __future__ import annotations

import heapq
import math
import random
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby, pairwise

import pytest

from twin.assembly import busy_day
from twin.domain import events as past
from twin.domain.bots import LEG, LIFT, LOWER, X_AXIS, Y_AXIS, Bot
from twin.domain.lanes import lanes_of
from twin.domain.layout import ENDPOINTS, STORAGE, Drive, Level, Motion, Site
from twin.domain.motion import travel_time_s
from twin.experiments.sitegen import LaneShape, lane_level, lane_site
from twin.policies.chosen import Policies
from twin.policies.routing import Routes
from twin.simulation.traffic import Traffic
from twin.simulation.trips import FOREVER, Stop, Trip

PITCH_MM = 600
Cell = tuple[int, int]


def traffic_on(level: Level, motion: Motion, pitch_mm: int = PITCH_MM) -> Traffic:
    site = Site("empty", pitch_mm, motion, (level,), (), (), ())
    return Traffic(level, Routes(level, lanes_of(level), motion, pitch_mm), site)


def legs_of(trip: Trip) -> list[int]:
    """How long each leg of a trip takes, in ms."""
    return [step.end_ms - step.begin_ms for step in trip.steps if step.kind == LEG]


# -- case 7

COLUMNS, ROWS = 15, 30
IO_CELL = (7, 0)
"""(8, 1) counted from one."""
CASE_7 = Motion(Drive(1500, 1000, 1000), Drive(1500, 1000, 1000), turn_ms=2000, lift_ms=3000, lower_ms=3000)


def case_7_level() -> Level:
    """Nothing but aisle, with one handover place in the middle of the first row."""
    top = "." * IO_CELL[0] + "b" + "." * (COLUMNS - IO_CELL[0] - 1)
    return Level(1, 0, (top, *["." * COLUMNS] * (ROWS - 1)))


def case_7_trips() -> dict[Cell, Trip]:
    """For every other cell: there, lift, back, lower, on an empty floor.

    The case counts the turn between two runs only, so the wheels stand along the first one.
    """
    level = case_7_level()
    traffic, io_cell = traffic_on(level, CASE_7), level.cell(*IO_CELL)
    trips = {}
    for cell in (c for c in range(COLUMNS * ROWS) if c != io_cell):
        x, y = level.xy[cell]
        bot = Bot(1, 1, io_cell, axis=Y_AXIS if x == IO_CELL[0] else X_AXIS)
        out = Stop(cell, False, LIFT, CASE_7.lift_ms, 1001)
        home = Stop(io_cell, True, LOWER, CASE_7.lower_ms, 1001)
        trip = traffic.plan(bot, [out, home], 0)
        assert trip is not None
        trips[x, y] = trip
    return trips


def one_way_s(cell: Cell) -> tuple[float, int]:
    """The case's formula for one way, and the number of runs: straight along both axes, a turn between."""
    runs = [0.6 * gap for gap in (abs(cell[0] - IO_CELL[0]), abs(cell[1] - IO_CELL[1])) if gap]
    return sum(travel_time_s(run, 1.5, 1, 1) for run in runs) + 2 * (len(runs) - 1), len(runs)


def test_case_7_every_leg_to_and_from_the_handover_place_is_the_formula_rounded_per_run() -> None:
    """449 cells, there and back: half a millisecond per run is all that integer times may cost."""
    trips = case_7_trips()
    assert len(trips) == 449
    for cell, trip in trips.items():
        seconds, runs = one_way_s(cell)
        there, back = legs_of(trip)
        assert abs(there - 1000 * seconds) <= 0.5 * runs
        assert back == there


def test_case_7_mean_and_longest_leg_and_mean_round_trip() -> None:
    """Source: validation §1 and §2: 11.894771 s, 19.4 s, and 29.789543 s with two liftings of 3 s."""
    trips = case_7_trips().values()
    one_way = [legs_of(trip)[0] for trip in trips]
    assert sum(one_way) / 449 == pytest.approx(11_894.771, abs=1)
    assert max(one_way) == 19_400
    round_trips = [trip.steps[-1].end_ms - trip.steps[0].begin_ms for trip in trips]
    assert sum(round_trips) / 449 == pytest.approx(29_789.543, abs=2)


# -- case 29


@pytest.mark.parametrize(
    ("metres", "seconds"), [(1, 2.828427), (4.5, 6), (10, 9.666667)], ids=lambda value: f"{value}"
)
def test_case_29_a_lone_bot_takes_exactly_the_time_of_case_1(metres: float, seconds: float) -> None:
    """v 1.5, a 0.5, on half a metre of pitch: the formula to half a millisecond, and no delay."""
    drive = Drive(1500, 500, 500)
    level = Level(1, 0, ("p" + "." * 30,))
    traffic = traffic_on(level, Motion(drive, drive), pitch_mm=500)
    bot = Bot(1, 1, 0)
    for now in (0, 12_345):
        trip = traffic.plan(bot, [Stop(int(metres * 2), False, None, 0, None)], now)
        assert trip is not None
        (leg,) = trip.steps
        assert leg.begin_ms == leg.enter_ms[0] == now
        assert abs(leg.end_ms - now - 1000 * seconds) <= 0.5
        assert leg.end_ms - now == round(1000 * travel_time_s(metres, 1.5, 0.5, 0.5))


def runs_of(cells: list[Cell]) -> list[tuple[int, int]]:
    """The straight runs of a leg, as driving axis and number of positions."""
    headings = [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(cells)]
    return [(X_AXIS if dx else Y_AXIS, len(list(same))) for (dx, _), same in groupby(headings)]


def test_case_29_every_leg_of_a_lone_bot_at_work_takes_what_its_runs_and_turns_take() -> None:
    """Unladen and laden, digging and returning: from the event log alone, no leg has any delay."""
    site = lane_site("lone", LaneShape(columns=14, blocks=1), bots_per_level=1, fill_percent=92)
    legs: list[tuple[int, past.LegPlanned]] = []
    axis = X_AXIS

    def note(_seq: int, t_ms: int, event: past.Event) -> None:
        if isinstance(event, past.LegPlanned):
            legs.append((t_ms, event))

    digging = Policies.named({"allocation": "fewest_carriers"})
    busy_day(site, 1, 60, 3, [note], policies=digging).run_until(4_000_000)
    assert len(legs) > 150
    assert sum(leg.laden for _, leg in legs) > 50
    for t_ms, leg in legs:
        drive = site.motion.laden if leg.laden else site.motion.unladen
        limits = drive.speed_mm_s, drive.acceleration_mm_s2, drive.deceleration_mm_s2
        expected = 0
        for run_axis, positions in runs_of(leg.cells):
            turn = site.motion.turn_ms if run_axis != axis else 0
            expected += turn + math.floor(1000 * travel_time_s(positions * PITCH_MM, *limits) + 0.5)
            axis = run_axis
        assert leg.arrive_ms - t_ms == expected


# -- case 28


def assert_exclusive(windows: dict[int, list[tuple[int, int, int]]]) -> int:
    """Assert that no two bots hold a cell at one moment; windows are (from, until, bot) by cell."""
    for cell, entries in windows.items():
        busy_until, holder = 0, 0
        for begin, until, bot in sorted(entries):
            assert bot == holder or begin >= busy_until, f"bots {holder} and {bot} overlap on cell {cell}"
            if until > busy_until:
                busy_until, holder = until, bot
    return sum(map(len, windows.values()))


def held_by(trip: Trip, bot: Bot) -> Iterable[tuple[int, int, int]]:
    """What a trip holds by its steps, as (cell, from, until): worked out apart from ``trip.holds``."""
    cell, since = bot.cell, trip.steps[0].begin_ms
    for step in trip.steps:
        if step.kind != LEG:
            continue
        yield cell, since, step.leave_ms[0]
        yield from zip(step.cells[1:-1], step.enter_ms[1:-1], step.leave_ms[1:-1], strict=True)
        cell, since = step.cells[-1], step.enter_ms[-1]
    yield cell, since, FOREVER


class Ground:
    """A level on which bots are sent about at random; remembers everything they ever held.

    Half of the trips go by way of a random storage position. A bot that sets out frees its
    endpoint at once, so that others may be sent there behind it.
    """

    def __init__(self, number: int) -> None:
        self.level = lane_level(1, 0, LaneShape(deep=2, columns=40, parking=30, chargers=4))
        self.traffic, self.rng = traffic_on(self.level, Motion()), random.Random(number)
        self.places, self.storage = self.level.cells_of(ENDPOINTS), self.level.cells_of(STORAGE)
        cells = self.rng.sample(self.places, number)
        self.bots = {id_: Bot(id_, 1, cell) for id_, cell in enumerate(cells, 1)}
        self.held: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self.at: dict[int, tuple[int, int]] = {}
        for bot in self.bots.values():
            self.traffic.stand(bot, 0)
            self.at[bot.id] = (bot.cell, 0)

    def send(self, bot: Bot, now: int) -> int:
        """Send a bot to an endpoint where nobody stands or is due; when it will be there."""
        taken = {cell for cell, _ in self.at.values()}
        goal = self.rng.choice([place for place in self.places if place not in taken])
        stops = [Stop(goal, False, None, 0, None)]
        if self.rng.random() < 0.5:
            stops.insert(0, Stop(self.rng.choice(self.storage), False, LIFT, 2500, None))
        trip = self.traffic.plan(bot, stops, now)
        assert trip is not None, f"bot {bot.id} finds no way from one endpoint to another"
        self.traffic.commit(bot, trip, now)
        self.note(bot, trip, now)
        bot.steps = trip.steps
        return trip.end_ms

    def note(self, bot: Bot, trip: Trip, now: int) -> None:
        """What the bot held up to now, and will hold on its trip."""
        rested, since = self.at[bot.id]
        self.held[rested].append((since, now, bot.id))
        *moving, (cell, since, until) = held_by(trip, bot)
        assert until == FOREVER
        self.at[bot.id] = (cell, since)
        for cell, since, until in moving:
            self.held[cell].append((since, until, bot.id))

    def arrive(self, bot: Bot) -> bool:
        """Whether the bot was on a trip, which has ended."""
        if not bot.steps:
            return False
        bot.cell, bot.axis, bot.steps = bot.steps[-1].cells[-1], bot.steps[-1].axis, []
        return True


@pytest.mark.parametrize("number", [4, 12, 30])
def test_case_28_random_legs_of_many_bots_never_overlap_never_fail_and_all_end(number: int) -> None:
    """Source: validation §5: zero overlapping reservations, zero planning failures, all legs finish."""
    ground = Ground(number)
    due = [(ground.rng.randrange(5000), bot) for bot in ground.bots]
    heapq.heapify(due)
    planned = finished = 0
    while due:
        now, id_ = heapq.heappop(due)
        finished += ground.arrive(ground.bots[id_])
        if planned < 1000:
            end = ground.send(ground.bots[id_], now)
            planned += 1
            heapq.heappush(due, (end + ground.rng.randrange(3000), id_))
    for id_, (cell, since) in ground.at.items():
        ground.held[cell].append((since, FOREVER, id_))
    assert finished == planned == 1000
    assert assert_exclusive(ground.held) > 10_000
