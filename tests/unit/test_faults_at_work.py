"""What docs/faults.md says of bots, chargers and balconies at the moment at which something breaks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from twin.assembly import build
from twin.checking import check_lines
from twin.domain import commands as ask
from twin.domain.bots import LEG, LIFT, LOWER, Bot
from twin.domain.layout import Battery, CarrierStart, Level, Motion, Site
from twin.domain.work import OPERATOR_SIMULATED, SUCCEEDED
from twin.experiments.placement import drawn_balconies, parked_bots
from twin.records.eventlog import EventLog
from twin.simulation.engine import Engine

MINUTE_MS = 60_000


class Run:
    """A twin with simulated people, and its log."""

    def __init__(self, site: Site) -> None:
        self.lines: list[bytes] = []
        self.engine: Engine = build(
            site, operator=OPERATOR_SIMULATED, observers=[EventLog(self.lines.append).write]
        )

    def until(self, there: Callable[[], bool]) -> None:
        """Event by event."""
        deadline = self.engine.now + 60 * MINUTE_MS
        while not there():
            assert self.engine.now < deadline
            self.engine.step()

    def finish(self) -> None:
        """All work ends well, and the checker sees nothing wrong."""
        self.until(lambda: self.engine.idle)
        assert {request.status for request in self.engine.plant.state.requests.values()} == {SUCCEEDED}
        report = check_lines(self.lines, complete=True)
        assert report.ok, report.as_text()


def drawn(rows: tuple[str, ...], bots: int, carrier: tuple[int, int] | None, **battery: int) -> Site:
    """One level; carrier 1001 is on the position given."""
    level = Level(1, 0, rows)
    carriers = () if carrier is None else (CarrierStart(1001, 1, *carrier),)
    places = drawn_balconies((level,)), parked_bots((level,), bots), carriers
    return Site("drawn", 600, Motion(), (level,), *places, battery=Battery(**battery))


def fault_of(result: object) -> int:
    """The id of a fault that a command has begun."""
    assert isinstance(result, int)
    return result


# -- stalls


@pytest.mark.parametrize(("kind", "carries"), [(LIFT, 1001), (LOWER, None)])
def test_a_lifting_or_lowering_under_way_is_ended_before_a_stall_stops_the_bot(
    small_site: Site, kind: str, carries: int | None
) -> None:
    run = Run(small_site)
    engine, bots = run.engine, run.engine.plant.state.bots.values()
    engine.apply(ask.PlaceFetch(("1001",)))

    def at_it() -> list[Bot]:
        return [bot for bot in bots if bot.steps and bot.steps[0].kind == kind and len(bot.steps) > 1]

    run.until(lambda: bool(at_it()))
    (bot,) = at_it()
    step, cell, laden = bot.steps[0], bot.cell, bot.carrier
    engine.run_until((step.begin_ms + step.end_ms) // 2)
    stall = fault_of(engine.apply(ask.StallBot(bot.id)))
    engine.run_until(step.end_ms - 1)
    assert (bot.held, bot.carrier is None) == (False, kind == LIFT)
    engine.run_until(step.end_ms)
    assert (bot.held, bot.cell) == (True, cell)
    assert (bot.carrier is None, laden is None) == (kind == LOWER, kind == LIFT)
    engine.run_until(engine.now + 5 * MINUTE_MS)
    assert (bot.held, bot.cell) == (True, cell)
    engine.apply(ask.RepairFault(stall))
    run.finish()


# -- blocked cells

AISLE = ("p...........b", "####s########")


def driving() -> tuple[Run, Bot]:
    """A bot that drives along an aisle at full speed, its carrier on it, 1.5 s after it has set out."""
    run = Run(drawn(AISLE, 1, (4, 1)))
    run.engine.apply(ask.PlaceFetch(("1001",)))
    (bot,) = run.engine.plant.state.bots.values()
    run.until(lambda: bot.carrier is not None and bot.moving and bot.steps[0].kind == LEG)
    run.engine.run_until(bot.steps[0].departs[-1] + 1500)
    return run, bot


def ahead(run: Run, bot: Bot) -> list[tuple[int, int]]:
    """The cells (x, y) that a bot has yet to enter on its leg, but the last."""
    leg, xy = bot.steps[0], run.engine.plant.decks[1].level.xy
    way = zip(leg.cells[:-1], leg.enter_ms, strict=False)
    return [xy[cell] for cell, enter in way if enter > run.engine.now]


def test_a_bot_that_cannot_stop_before_a_blocked_cell_passes_it_and_the_fault_says_until_when() -> None:
    run, bot = driving()
    x, y = ahead(run, bot)[0]
    number = fault_of(run.engine.apply(ask.BlockCell(1, x, y)))
    fault, leg = run.engine.plant.state.faults[number], bot.steps[0]
    left_ms = next(leave for cell, leave in zip(leg.cells, leg.leave_ms, strict=True) if cell == fault.cell)
    assert run.engine.now < fault.from_ms == left_ms
    assert leg.cells[-1] != fault.cell
    run.engine.run_until(run.engine.now + 5 * MINUTE_MS)
    assert run.engine.plant.state.jobs["job-1"].status == SUCCEEDED, "it has come to the balcony"
    run.engine.apply(ask.RepairFault(number))
    run.finish()


def test_a_bot_that_can_stop_before_a_blocked_cell_does_and_the_fault_takes_effect_at_once() -> None:
    run, bot = driving()
    x, y = ahead(run, bot)[-1]
    number = fault_of(run.engine.apply(ask.BlockCell(1, x, y)))
    assert run.engine.plant.state.faults[number].from_ms == run.engine.now
    run.until(lambda: bot.held)
    run.engine.run_until(run.engine.now + 5 * MINUTE_MS)
    assert run.engine.plant.decks[1].level.xy[bot.cell][0] < x
    run.engine.apply(ask.RepairFault(number))
    run.finish()


def test_cells_take_effect_at_once_from_where_a_bot_can_stop_on() -> None:
    """Between the cells that are passed and those that are not there is one border."""
    passed = []
    for index in range(len(ahead(*driving()))):
        run, bot = driving()
        x, y = ahead(run, bot)[index]
        number = fault_of(run.engine.apply(ask.BlockCell(1, x, y)))
        passed.append(run.engine.plant.state.faults[number].from_ms > run.engine.now)
    assert set(passed) == {True, False}
    assert all(one >= other for one, other in pairwise(passed))


# -- chargers


def test_chargers_feed_on_during_an_emergency_stop() -> None:
    engine = Run(drawn(("c.b", "...", "sss"), 1, None, start_percent=50)).engine
    (bot,) = engine.plant.state.bots.values()
    engine.run_until(MINUTE_MS)
    before = engine.plant.meter.energy_mj(bot, engine.now)
    engine.apply(ask.EmergencyStop())
    engine.run_until(2 * MINUTE_MS)
    fed = engine.plant.meter.energy_mj(bot, engine.now) - before
    assert bot.charging
    assert fed == engine.plant.site.battery.charge_w * MINUTE_MS


def test_a_bot_that_charged_at_a_failed_charger_and_has_little_goes_to_another() -> None:
    run = Run(drawn(("c.b.c", ".....", "sssss"), 1, None, start_percent=10))
    (bot,) = run.engine.plant.state.bots.values()
    run.engine.run_until(1000)
    assert bot.charging
    first = bot.cell
    run.engine.apply(ask.FailCharger(1, *run.engine.plant.decks[1].level.xy[first]))
    assert not bot.charging
    run.engine.run_until(5 * MINUTE_MS)
    assert bot.charging
    assert bot.cell != first
    assert run.engine.plant.fleet.on_charger(bot)


def test_a_bot_that_came_to_a_failed_charger_later_is_fed_after_the_repair() -> None:
    """Meanwhile it is but its parking place."""
    run = Run(drawn(("c..b", "....", "sss#"), 1, (1, 2), start_percent=50))
    engine = run.engine
    (bot,) = engine.plant.state.bots.values()
    place = bot.cell
    fault = fault_of(engine.apply(ask.FailCharger(1, 0, 0)))
    engine.apply(ask.PlaceFetch(("1001",)))
    run.finish()
    engine.run_until(engine.now + MINUTE_MS)
    assert (bot.cell, bot.charging) == (place, False)
    engine.apply(ask.RepairFault(fault))
    assert bot.charging


# -- balconies


@pytest.mark.parametrize("laden", [False, True])
@pytest.mark.parametrize("stopped", [False, True])
def test_what_is_on_its_way_to_a_balcony_when_it_is_blocked_is_served_and_goes_back(
    small_site: Site, laden: bool, stopped: bool
) -> None:
    """Also when it is not lifted yet, and when it had to be interrupted on its way."""
    run = Run(small_site)
    engine, bots = run.engine, run.engine.plant.state.bots.values()
    engine.apply(ask.PlaceFetch(("1006",)))
    run.until(lambda: any(b.steps and b.steps[0].kind == LEG and (b.carrier == 1006) == laden for b in bots))
    engine.run_until(engine.now + 500)
    engine.apply(ask.BlockBalcony(1))
    if stopped:
        stop = fault_of(engine.apply(ask.EmergencyStop()))
        engine.run_until(engine.now + MINUTE_MS)
        assert any(bot.held for bot in bots)
        engine.apply(ask.RepairFault(stop))
    engine.apply(ask.PlaceFetch(("1004",)))
    engine.run_until(engine.now + 10 * MINUTE_MS)
    jobs = engine.plant.state.jobs
    assert jobs["job-1"].status == SUCCEEDED
    assert engine.plant.state.carriers[1006].cell is not None
    assert jobs["job-2"].status != SUCCEEDED, "nothing new is sent there"
    assert not any(bot.steps for bot in bots)


def test_a_carrier_that_is_being_dug_out_for_a_balcony_when_it_is_blocked_is_on_its_way_there(
    small_site: Site,
) -> None:
    run = Run(small_site)
    engine, state = run.engine, run.engine.plant.state
    engine.apply(ask.PlaceFetch(("1001",)))
    run.until(lambda: any(bot.carrier == 1003 for bot in state.bots.values()))
    engine.apply(ask.BlockBalcony(1))
    run.finish()
