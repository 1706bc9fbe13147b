"""Bots that brake, stand, and go on: where they stop, who goes round whom, and what the log says of it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.assembly import build
from twin.checking import check_lines
from twin.domain import commands as ask
from twin.domain.bots import HOLD, LEG, Bot, Step
from twin.domain.errors import InUse
from twin.domain.layout import CarrierStart, Drive, Level, Motion, Site
from twin.domain.modes import ERROR, RUNNING
from twin.domain.motion import brake_times, run_profiles
from twin.domain.work import OPERATOR_SIMULATED, SUCCEEDED
from twin.experiments.placement import drawn_balconies, parked_bots
from twin.policies.routing import Routes
from twin.records.eventlog import EventLog
from twin.simulation.engine import Engine
from twin.simulation.sequencing import in_order, stops_of, way_left
from twin.simulation.traffic import Traffic
from twin.simulation.trips import Stop

MINUTE_MS = 60_000

DRIVES = st.builds(Drive, st.integers(100, 3000), st.integers(100, 3000), st.integers(100, 3000))


@given(DRIVES, st.integers(300, 1500), st.integers(1, 30), st.integers(1, 30))
def test_a_run_is_the_beginning_of_a_longer_one_until_it_begins_to_brake(
    drive: Drive, pitch_mm: int, one: int, other: int
) -> None:
    short, long = sorted((one, other))
    until = brake_times(drive, pitch_mm, 30)[short]
    brief, whole = (run_profiles(drive, pitch_mm, 30)[n] for n in (short, long))
    assert 0 <= until <= brief.duration_ms
    for times, others in ((brief.enter_ms, whole.enter_ms), (brief.leave_ms[:-1], whole.leave_ms)):
        for a, b in zip(times, others, strict=False):
            assert a == b or (min(a, b) >= until and a >= b)


def drawn(rows: tuple[str, ...], carriers: list[tuple[int, int]], bots: int) -> Site:
    """One level with carriers 1001, 1002, ... on the positions given."""
    level = Level(1, 0, rows)
    return Site(
        name="drawn",
        pitch_mm=600,
        motion=Motion(),
        levels=(level,),
        balconies=drawn_balconies((level,)),
        bots=parked_bots((level,), bots),
        carriers=tuple(CarrierStart(id_, 1, x, y) for id_, (x, y) in enumerate(carriers, 1001)),
    )


class Told:
    """A twin with simulated people, and its log."""

    def __init__(self, site: Site) -> None:
        self.lines: list[bytes] = []
        log = EventLog(self.lines.append)
        self.engine: Engine = build(site, operator=OPERATOR_SIMULATED, observers=[log.write])

    def finish(self) -> None:
        """Run until all has ended, and have the log checked."""
        deadline = self.engine.now + 60 * MINUTE_MS
        while not self.engine.idle:
            assert self.engine.now < deadline, "something stands for ever"
            self.engine.step()
        statuses = {request.status for request in self.engine.plant.state.requests.values()}
        assert statuses <= {SUCCEEDED}
        report = check_lines(self.lines, complete=True)
        assert report.ok, report.as_text()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind."""
        return [event for event in map(json.loads, self.lines) if event["type"] == kind]


TWO_WAYS = ("p.......b", ".#######.", "....s....", "p.......b")
"""Two aisles beside one another, with a lane between them."""


def test_a_stalled_laden_bot_keeps_its_carrier_and_brings_it_when_it_has_recovered() -> None:
    told = Told(drawn(TWO_WAYS, [(4, 2)], 1))
    engine = told.engine
    engine.apply(ask.PlaceFetch(("1001",)))
    (bot,) = engine.plant.state.bots.values()
    while not (bot.carrier and bot.moving and bot.steps[0].kind == LEG):
        engine.step()
    engine.run_until(engine.now + 1500)
    engine.apply(ask.StallBot(bot.id, repair_ms=5 * MINUTE_MS))
    (cut,) = told.events("LegCut")
    engine.run_until(engine.now + 4 * MINUTE_MS)
    assert (bot.held, bot.carrier, bot.fault) == (True, 1001, "BOT_STALLED")
    assert engine.plant.decks[1].level.xy[bot.cell] == tuple(cut["cells"][-1])
    assert [event["reason"] for event in told.events("BotHeld")] == ["BOT_STALLED"]
    told.finish()
    assert len(told.events("BotFreed")) == 1


def test_a_stalled_bot_is_driven_round() -> None:
    """It stands in a wide aisle with its carrier; the other bot fetches and brings meanwhile."""
    rows = ("p........b", "..........", "..........", "p.s....s.b")
    told = Told(drawn(rows, [(2, 3), (7, 3)], 2))
    engine = told.engine
    engine.apply(ask.PlaceFetch(("1001", "1002")))
    bot = engine.plant.state.bots[1]
    while not (bot.carrier and bot.moving and bot.steps[0].kind == LEG):
        engine.step()
    engine.run_until(engine.now + 2500)
    fault = engine.apply(ask.StallBot(1))
    engine.run_until(engine.now + 5 * MINUTE_MS)
    assert bot.held
    (request,) = engine.plant.state.requests.values()
    assert [entity.succeeded for entity in request.entities].count(1) == 1
    x, y = engine.plant.decks[1].level.xy[bot.cell]
    cut = next(i for i, line in enumerate(told.lines) if b"LegCut" in line)
    assert all([x, y] not in json.loads(line).get("cells", []) for line in told.lines[cut + 1 :])
    assert isinstance(fault, int)
    engine.apply(ask.RepairFault(fault))
    told.finish()


def test_work_behind_a_blocked_cell_waits_until_it_is_free() -> None:
    """The lane opens to that cell only."""
    told = Told(drawn(("p.......b", ".........", "####s####"), [(4, 2)], 1))
    engine = told.engine
    fault = engine.apply(ask.BlockCell(1, 4, 1))
    engine.apply(ask.PlaceFetch(("1001",)))
    engine.run_until(20 * MINUTE_MS)
    (request,) = engine.plant.state.requests.values()
    assert request.status != SUCCEEDED
    assert isinstance(fault, int)
    engine.apply(ask.RepairFault(fault))
    told.finish()


def test_bots_find_a_way_round_a_blocked_cell() -> None:
    """The straight way through the upper aisle is blocked in front of a bot that drives there."""
    told = Told(drawn(("p........b", "..........", "..........", "s#########"), [(0, 3)], 1))
    engine = told.engine
    engine.apply(ask.PlaceFetch(("1001",)))
    (bot,) = engine.plant.state.bots.values()
    while not (bot.carrier and bot.moving and bot.steps[0].kind == LEG):
        engine.step()
    planned = engine.plant.decks[1].level.xy
    way = [planned[cell] for cell in bot.steps[0].cells]
    x, y = way[len(way) // 2]
    engine.apply(ask.BlockCell(1, x, y))
    told.finish()
    assert [x, y] not in [cell for leg in told.events("LegPlanned")[-2:] for cell in leg["cells"]]
    assert told.events("LegCut")


def test_a_cell_cannot_be_blocked_where_a_bot_stands_or_ends_its_trip() -> None:
    told = Told(drawn(TWO_WAYS, [(4, 2)], 1))
    engine = told.engine
    engine.apply(ask.PlaceFetch(("1001",)))
    engine.run_until(3000)
    (bot,) = engine.plant.state.bots.values()
    engine.apply(ask.StallBot(bot.id))
    x, y = engine.plant.decks[1].level.xy[bot.steps[0].cells[-1]]
    before = engine.snapshot()
    with pytest.raises(InUse, match=f"Bot {bot.id}"):
        engine.apply(ask.BlockCell(1, x, y))
    assert engine.snapshot() == before


def test_after_an_emergency_stop_all_stand_within_their_braking_distance_and_go_on_later() -> None:
    told = Told(drawn(TWO_WAYS, [(4, 2)], 2))
    engine = told.engine
    engine.apply(ask.PlaceFetch(("1001",)))
    engine.run_until(4000)
    fault = engine.apply(ask.EmergencyStop())
    assert engine.plant.state.mode.status == ERROR
    moving = [bot for bot in engine.plant.state.bots.values() if bot.moving]
    assert moving
    assert all(bot.steps[0].end_ms <= engine.now + 3500 for bot in moving)  # 1.5 m/s at 1 m/s2, and a cell
    engine.run_until(10 * MINUTE_MS)
    assert all(bot.held or not bot.steps for bot in engine.plant.state.bots.values())
    assert isinstance(fault, int)
    engine.apply(ask.RepairFault(fault))
    assert engine.plant.state.mode.status == RUNNING
    told.finish()


RING = ("#p#####", "#.....#", "#.###.#", "#.....#", "#####p#")
"""Two parking places on a ring one cell wide."""

ROUND = [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (5, 2), (5, 3), (4, 3), (3, 3), (2, 3), (1, 3), (1, 2)]


def on_the_ring(id_: int, start: tuple[int, int], way: list[tuple[int, int]], level: Level) -> Bot:
    """A bot that was interrupted at second 10 and had planned a cell a second."""
    cells = [level.cell(*spot) for spot in (start, *way)]
    times = [10_000 + 1000 * i for i in range(len(cells))]
    leg = Step(LEG, 10_000, times[-1], cells=cells, enter_ms=times, leave_ms=[t + 1000 for t in times])
    return Bot(id_, level.id, cells[0], steps=[Step(HOLD, 10_000, 10_000), leg])


def test_bots_that_stand_in_each_others_way_go_on_in_the_order_of_their_plans() -> None:
    """Each has to get past where the other stands now, so that neither can go first alone."""
    site = drawn(RING, [], 0)
    level = site.levels[0]
    traffic = Traffic(level, Routes(level, (), site.motion, site.pitch_mm), site)
    one = on_the_ring(1, (3, 1), [*ROUND[3:], (1, 1), (1, 0)], level)
    two = on_the_ring(2, (3, 3), [*ROUND[9:], *ROUND[:7], (5, 4)], level)
    for bot in (one, two):
        traffic.follow(bot, 20_000)
    assert in_order(traffic, [one], 20_000) == in_order(traffic, [two], 20_000) == {}
    trips = in_order(traffic, [one, two], 20_000)
    held: dict[int, list[tuple[int, int, int]]] = {}
    for bot in (one, two):
        (leg,) = (step for step in trips[bot.id].steps if step.kind == LEG)
        assert leg.cells == bot.steps[1].cells
        for cell, since, until in trips[bot.id].holds:
            held.setdefault(cell, []).append((since, until, bot.id))
    for holds in held.values():
        for (_, until, _), (since, _, _) in pairwise(sorted(holds)):
            assert until <= since
    assert traffic.holders(one.cell) == [1], "nothing is held for the trips yet"


def test_what_is_left_of_an_interrupted_trip_is_its_stops_and_its_way() -> None:
    site = drawn(RING, [], 0)
    level = site.levels[0]
    bot = on_the_ring(1, (3, 1), [(4, 1), (5, 1), (5, 2)], level)
    assert stops_of(bot) == [Stop(level.cell(5, 2), False, None, 0, None)]
    assert way_left(bot) == tuple(level.cell(*spot) for spot in ((3, 1), (5, 1), (5, 2)))


# -- what the checker says of cut legs


def log_with_a_cut() -> list[dict[str, Any]]:
    """A bot alone that is stalled on its way and goes on."""
    told = Told(drawn(TWO_WAYS, [(4, 2)], 1))
    told.engine.apply(ask.PlaceFetch(("1001",)))
    told.engine.run_until(3000)
    told.engine.apply(ask.StallBot(1, repair_ms=30_000))
    told.finish()
    return [json.loads(line) for line in told.lines]


def rules(log: list[dict[str, Any]]) -> set[str]:
    """The rules that a log breaks."""
    report = check_lines([json.dumps(event).encode() for event in log])
    return set(report.violations_by_rule)


def changed(**fields: Any) -> list[dict[str, Any]]:
    """The log with its cut changed."""
    return [event | fields if event["type"] == "LegCut" else event for event in log_with_a_cut()]


def test_the_checker_proves_a_cut_and_refutes_a_log_without_it() -> None:
    assert not rules(log_with_a_cut())
    assert "leg.start" in rules([e for e in log_with_a_cut() if e["type"] != "LegCut"])


def test_the_checker_refutes_cuts_that_cannot_be() -> None:
    (cut,) = [event for event in log_with_a_cut() if event["type"] == "LegCut"]
    enter, leave, cells = cut["enter_ms"], cut["leave_ms"], cut["cells"]
    assert "cut.leg" in rules(changed(bot=1, laden=True, carrier=1001))
    assert "cut.past" in rules(changed(cells=cells[:1], enter_ms=enter[:1], leave_ms=[None]))
    assert "cut.sooner" in rules(changed(leave_ms=[*leave[:-2], leave[-2] - 900, None]))
    assert "cut.past" in rules(changed(enter_ms=[enter[0] + 1, *enter[1:]]))
    twisted = [*cells[:-1], [cells[-2][0] + 1, cells[-2][1]]]
    assert "cut.way" in rules(changed(cells=twisted))


def test_the_checker_refutes_a_bot_on_a_blocked_cell() -> None:
    log = log_with_a_cut()
    (cut,) = [event for event in log if event["type"] == "LegCut"]
    x, y = cut["cells"][-1]
    at = next(i for i, event in enumerate(log) if event["type"] == "LegCut")
    block = {"type": "FaultBegan", "fault": 99, "kind": "CELL_BLOCKED", "level": 1, "x": x, "y": y}
    block |= {"t_ms": cut["t_ms"], "from_ms": cut["t_ms"]}
    log.insert(at + 1, block)
    for number, event in enumerate(log, 1):
        event["seq"] = number
    assert "floor.shared" in rules(log)
