"""Traffic: bots wait, give way and go round, and never hold a cell together."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from twin.domain.bots import LEG, LIFT, LOWER, X_AXIS, Y_AXIS, Bot
from twin.domain.lanes import lanes_of
from twin.domain.layout import ENDPOINTS, STORAGE, Level, Motion, Site
from twin.domain.motion import run_profiles
from twin.experiments.sitegen import LaneShape, lane_level
from twin.policies.routing import Routes
from twin.simulation.traffic import Traffic
from twin.simulation.trips import FOREVER, Stop, Trip

MOTION = Motion()
Hold = tuple[int, int, int]


class Ground:
    """A level, its traffic, and what every bot has been promised."""

    def __init__(self, *rows: str) -> None:
        self.level = Level(1, 0, rows)
        self.traffic = new_traffic(self.level)
        self.holds: dict[int, list[Hold]] = {}

    def bot(self, id_: int, x: int, y: int) -> Bot:
        """A bot that stands somewhere."""
        bot = Bot(id_, 1, self.level.cell(x, y))
        self.traffic.stand(bot, 0)
        self.holds[id_] = [(bot.cell, 0, FOREVER)]
        return bot

    def to(self, x: int, y: int, dwell_ms: int = 0) -> Stop:
        """A stop of an unladen bot, where it stays for a while."""
        return Stop(self.level.cell(x, y), False, LIFT if dwell_ms else None, dwell_ms, None)

    def plan(self, bot: Bot, *stops: Stop, now: int = 0) -> Trip | None:
        """What would be, without committing to it."""
        return self.traffic.plan(bot, stops, now)

    def go(self, bot: Bot, *stops: Stop, now: int = 0) -> Trip:
        """Plan and commit; asserts that nobody's cells are shared."""
        trip = self.plan(bot, *stops, now=now)
        assert trip is not None
        self.traffic.commit(bot, trip, now)
        self.holds[bot.id] = trip.holds
        for one, other in combinations(self.holds.values(), 2):
            assert not any(overlap(a, b) for a in one for b in other)
        bot.steps = trip.steps
        return trip

    def when(self, trip: Trip, x: int, y: int) -> tuple[int, int]:
        """From when until when a trip holds a cell."""
        cell = self.level.cell(x, y)
        spans = [(begin, end) for c, begin, end in trip.holds if c == cell]
        return min(begin for begin, _ in spans), max(end for _, end in spans)

    def xy(self, trip: Trip) -> list[tuple[int, int]]:
        """All cells of a trip's first leg."""
        return [self.level.xy[c] for c in trip.steps[0].cells]


def new_traffic(level: Level) -> Traffic:
    site = Site("ground", 600, MOTION, (level,), (), (), ())
    return Traffic(level, Routes(level, lanes_of(level), MOTION, 600), site)


def overlap(one: Hold, other: Hold) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


def drive_ms(cells: int, *, laden: bool = False) -> int:
    return run_profiles(MOTION.laden if laden else MOTION.unladen, 600, cells)[cells].duration_ms


# -- alone


def test_a_leg_is_one_run_after_the_other_with_a_turn_between() -> None:
    ground = Ground("p.....", "......", "......")
    trip = ground.go(ground.bot(1, 0, 0), ground.to(4, 2))
    assert trip.end_ms == drive_ms(4) + MOTION.turn_ms + drive_ms(2)
    (leg,) = trip.steps
    assert leg.cells[0] == ground.level.cell(0, 0)
    assert (leg.begin_ms, leg.axis) == (0, Y_AXIS)
    assert len(leg.cells) == len(leg.enter_ms) == len(leg.leave_ms) == 7
    assert leg.leave_ms[-1] == FOREVER


def test_of_two_equal_ways_the_one_along_the_wheels_is_taken() -> None:
    ground = Ground("p...", "....", "....")
    bot = ground.bot(1, 0, 0)
    for axis, corner in ((X_AXIS, (3, 0)), (Y_AXIS, (0, 2))):
        bot.axis = axis
        trip = ground.plan(bot, ground.to(3, 2))
        assert trip is not None
        assert corner in ground.xy(trip)
        assert trip.end_ms == drive_ms(3) + MOTION.turn_ms + drive_ms(2)


def test_wheels_across_the_first_run_cost_a_turn_before_it() -> None:
    ground = Ground("p...")
    bot = ground.bot(1, 0, 0)
    bot.axis = Y_AXIS
    assert ground.go(bot, ground.to(3, 0)).end_ms == MOTION.turn_ms + drive_ms(3)


def test_a_trip_is_all_its_legs_liftings_and_lowerings_one_after_the_other() -> None:
    ground = Ground("p....b", "......", "ssssss")
    lift = Stop(ground.level.cell(0, 2), False, LIFT, 2500, 7)
    lower = Stop(ground.level.cell(4, 2), True, LOWER, 2400, 7)
    trip = ground.go(ground.bot(1, 0, 0), lift, lower, ground.to(0, 0))
    assert [step.kind for step in trip.steps] == [LEG, LIFT, LEG, LOWER, LEG]
    assert all(a.end_ms == b.begin_ms for a, b in zip(trip.steps, trip.steps[1:], strict=False))
    laden = trip.steps[2]
    assert laden.end_ms - laden.begin_ms == (
        drive_ms(1, laden=True) * 2 + drive_ms(4, laden=True) + 2 * MOTION.turn_ms
    )
    assert [step.end_ms - step.begin_ms for step in (trip.steps[1], trip.steps[3])] == [2500, 2400]


def test_a_bot_that_stands_under_its_carrier_already_lifts_at_once() -> None:
    ground = Ground("p....b", "......", "ssssss")
    bot = ground.bot(1, 2, 2)
    here = Stop(bot.cell, False, LIFT, 2500, 7)
    trip = ground.go(bot, here, Stop(ground.level.cell(5, 0), True, None, 0, None))
    assert [step.kind for step in trip.steps] == [LIFT, LEG]
    assert (trip.steps[0].begin_ms, trip.steps[0].end_ms) == (0, 2500)


def test_energy_is_power_times_time_moving_waiting_and_lifting() -> None:
    ground = Ground("p.....", "......")
    trip = ground.go(ground.bot(1, 0, 0), ground.to(4, 1, dwell_ms=1000))
    battery = Site("", 600, MOTION, (), (), (), ()).battery
    moving = drive_ms(4) + drive_ms(1)
    assert trip.steps[0].energy_mj == battery.drive_unladen_w * moving + battery.idle_w * MOTION.turn_ms
    assert trip.steps[1].energy_mj == battery.lift_w * 1000
    assert trip.energy_mj == sum(step.energy_mj for step in trip.steps)


# -- with others

ONE_AISLE = ("#p######p#", "..........", "#p######p#")


def test_two_bots_head_on_in_one_aisle_pass_one_after_the_other() -> None:
    """The second waits in its pocket until the first is out of the aisle: there is no other place."""
    ground = Ground(*ONE_AISLE)
    first, second = ground.bot(1, 1, 0), ground.bot(2, 8, 0)
    there = ground.go(first, ground.to(8, 2))
    back = ground.go(second, ground.to(1, 2))
    free_flow = drive_ms(1) * 2 + drive_ms(7) + 3 * MOTION.turn_ms
    assert there.end_ms == free_flow
    assert back.end_ms > free_flow
    leaves_pocket = back.steps[0].leave_ms[0]
    assert leaves_pocket > there.steps[0].leave_ms[-3], "the aisle's last cell but one is free by then"


def test_two_bots_in_one_direction_follow_each_other_without_waiting_for_the_end() -> None:
    ground = Ground(*ONE_AISLE)
    first, second = ground.bot(1, 1, 0), ground.bot(2, 1, 2)
    there = ground.go(first, ground.to(8, 0))
    behind = ground.go(second, ground.to(8, 2))
    assert there.end_ms < behind.end_ms < 2 * there.end_ms


CORNER = ("####p###p", "p........", "########.", "########.", "#######p.", "########p")
"""The corner is at (8, 1): from the left, from the pocket above, and down to the pockets below."""


def test_a_bot_waits_at_a_corner_that_nobody_else_needs() -> None:
    """Round the corner somebody blocks the way for a minute."""
    ground = Ground(*CORNER)
    ground.go(ground.bot(2, 8, 3), ground.to(8, 3, dwell_ms=60_000), ground.to(7, 4))
    trip = ground.go(ground.bot(1, 0, 1), ground.to(8, 5))
    arrived, left = ground.when(trip, 8, 1)
    assert arrived < 10_000, "it drives up to the corner at once"
    assert left > 60_000, "and waits there"


def test_a_bot_does_not_wait_where_somebody_needs_to_pass() -> None:
    """Somebody is due at the corner before the way behind it is free: so it comes there after them."""
    ground = Ground(*CORNER)
    ground.go(ground.bot(2, 8, 3), ground.to(8, 3, dwell_ms=60_000), ground.to(7, 4))
    passing = ground.go(ground.bot(3, 8, 0), ground.to(8, 0, dwell_ms=20_000), ground.to(4, 0))
    trip = ground.go(ground.bot(1, 0, 1), ground.to(8, 5))
    arrived, left = ground.when(trip, 8, 1)
    assert 20_000 < ground.when(passing, 8, 1)[1] <= arrived < 60_000 < left


TWO_AISLES = ("p...........p", ".#####p#####.", ".............")


def test_a_bot_goes_round_somebody_who_blocks_the_direct_way_for_long() -> None:
    ground = Ground(*TWO_AISLES)
    ground.go(ground.bot(2, 6, 0), ground.to(6, 0, dwell_ms=300_000), ground.to(6, 1))
    trip = ground.go(ground.bot(1, 0, 0), ground.to(12, 0))
    assert (6, 2) in ground.xy(trip)
    assert trip.end_ms == 2 * drive_ms(2) + drive_ms(12) + 3 * MOTION.turn_ms


def test_a_bot_waits_rather_than_go_round_for_a_moment() -> None:
    ground = Ground(*TWO_AISLES)
    ground.go(ground.bot(2, 6, 0), ground.to(6, 0, dwell_ms=2000), ground.to(6, 1))
    trip = ground.go(ground.bot(1, 0, 0), ground.to(12, 0))
    assert (6, 0) in ground.xy(trip)


def test_who_stands_where_somebody_is_due_cannot_plan_a_trip_that_stays_there() -> None:
    """Away from endpoints that can happen; such a bot is told, and drives on as it had promised."""
    ground = Ground("p..........p")
    ground.go(ground.bot(1, 0, 0), ground.to(10, 0))
    stray = Bot(2, 1, ground.level.cell(5, 0))
    assert ground.plan(stray, ground.to(1, 0)) is None


def test_nobody_is_sent_to_a_place_where_somebody_stands_without_end() -> None:
    ground = Ground("p...p", ".....")
    ground.bot(2, 4, 0)
    assert ground.plan(ground.bot(1, 0, 0), ground.to(4, 0)) is None


def test_a_place_may_be_promised_as_soon_as_who_stands_there_is_committed_to_leave() -> None:
    ground = Ground("#p##p##p#", ".........")
    first, second = ground.bot(1, 1, 0), ground.bot(2, 4, 0)
    leaving = ground.go(second, ground.to(7, 0))
    arriving = ground.go(first, ground.to(4, 0))
    assert ground.when(arriving, 4, 0)[0] >= leaving.steps[0].leave_ms[0]


def test_a_new_trip_frees_what_the_old_one_held() -> None:
    ground = Ground("p.........p", "...........")
    bot = ground.bot(1, 0, 0)
    ground.go(bot, ground.to(5, 1, dwell_ms=1000), ground.to(10, 0))
    bot.cell, now = ground.level.cell(5, 1), bot.steps[1].end_ms
    ground.go(bot, ground.to(0, 0), now=now)
    assert ground.traffic.vacant(ground.level.cell(10, 0), now)
    assert not ground.traffic.vacant(ground.level.cell(0, 0), now)


def test_a_bot_that_is_taken_away_holds_nothing() -> None:
    ground = Ground("p...p")
    bot = ground.bot(1, 4, 0)
    ground.traffic.remove(bot, 5)
    assert ground.traffic.vacant(bot.cell, 5)


def busy_ground(number: int, now: int) -> tuple[Level, Traffic, list[Bot], random.Random]:
    """Bots under way all over a level, some of them in the middle of a leg at ``now``."""
    level = lane_level(1, 0, LaneShape(deep=2, columns=24, parking=16, chargers=2))
    traffic, rng = new_traffic(level), random.Random(number)
    places = rng.sample(level.cells_of(ENDPOINTS), 2 * number)
    bots = [Bot(id_, 1, cell) for id_, cell in enumerate(places[:number], 1)]
    for bot in bots:
        traffic.stand(bot, 0)
    for bot, goal in zip(bots, places[number:], strict=True):
        via = Stop(rng.choice(level.cells_of(STORAGE)), False, LIFT, 2500, None)
        trip = traffic.plan(bot, [via, Stop(goal, False, None, 0, None)], 0)
        assert trip is not None
        traffic.commit(bot, trip, 0)
        bot.steps = trip.steps
    for bot in bots:
        while bot.steps and bot.steps[0].end_ms <= now:
            step = bot.steps.pop(0)
            if step.kind == LEG:
                bot.cell, bot.axis = step.cells[-1], step.axis
    return level, traffic, bots, rng


@pytest.mark.parametrize("now", [0, 1, 4_321, 10_000, 25_000, 70_000])
def test_traffic_resumed_from_what_bots_are_committed_to_plans_as_the_old_one_would(now: int) -> None:
    """At any instant the steps of all bots are the whole truth."""
    level, traffic, bots, rng = busy_ground(7, now)
    resumed = new_traffic(level)
    for bot in bots:
        resumed.resume(bot, now)
    taken = {bot.steps[-1].cells[-1] if bot.steps else bot.cell for bot in bots}
    free = [c for c in level.cells_of(ENDPOINTS) if c not in taken and traffic.vacant(c, now)]
    assert free
    newcomer = Bot(99, 1, free[0])
    for one in (traffic, resumed):
        one.stand(newcomer, now)
    for _ in range(40):
        stops = [Stop(rng.choice(level.cells_of(STORAGE)), False, LIFT, 2500, None)]
        stops.append(Stop(free[0], False, None, 0, None))
        assert traffic.plan(newcomer, stops, now) == resumed.plan(newcomer, stops, now)
