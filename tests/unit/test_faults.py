"""Faults: what each keeps from working, how it ends, and that chance draws from streams of its own."""

from __future__ import annotations

import pytest

from twin.assembly import build, busy_day
from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain.errors import InUse, Invalid, NotFound
from twin.domain.faults import PERSON_AWAY, FaultPlan, FaultRate
from twin.domain.layout import Battery, Level, Motion, Site
from twin.domain.work import FAILED, OPERATOR_SIMULATED, SUCCEEDED, WAITING
from twin.experiments.placement import drawn_balconies, parked_bots
from twin.simulation.engine import Engine

MINUTE_MS = 60_000


def statuses(engine: Engine) -> list[str]:
    """The states of all requests."""
    return [request.status for request in engine.plant.state.requests.values()]


def test_a_person_who_is_away_lets_carriers_wait_and_serves_them_when_back(small_site: Site) -> None:
    engine = build(small_site, operator=OPERATOR_SIMULATED)
    fault = engine.apply(ask.SendPersonAway(1))
    engine.apply(ask.PlaceFetch(("1006",)))
    engine.run_until(10 * MINUTE_MS)
    assert [job.status for job in engine.plant.state.jobs.values()] == [WAITING]
    assert isinstance(fault, int)
    engine.apply(ask.RepairFault(fault))
    engine.run_until(20 * MINUTE_MS)
    assert statuses(engine) == [SUCCEEDED]


def test_a_person_comes_back_by_itself_after_the_time_that_was_said(small_site: Site) -> None:
    seen: list[tuple[int, past.Event]] = []
    engine = build(small_site, observers=[lambda _, t_ms, event: seen.append((t_ms, event))])
    engine.run_until(1000)
    engine.apply(ask.SendPersonAway(1, repair_ms=5000))
    engine.run_until(10_000)
    told = [(t, type(e)) for t, e in seen if isinstance(e, past.FaultBegan | past.FaultEnded)]
    assert told == [(1000, past.FaultBegan), (6000, past.FaultEnded)]
    assert not engine.plant.state.faults


def test_what_a_carrier_with_an_unreadable_tag_is_presented_for_fails_and_it_goes_back(
    small_site: Site,
) -> None:
    engine = build(small_site)
    engine.apply(ask.FailTag(1006, repair_ms=5 * MINUTE_MS))
    engine.apply(ask.PlaceFetch(("1006",)))
    engine.run_until(5 * MINUTE_MS)
    assert statuses(engine) == [FAILED]
    assert engine.plant.state.carriers[1006].cell is not None
    engine.apply(ask.PlaceFetch(("1006",)))
    engine.run_until(10 * MINUTE_MS)
    assert [j.status for j in engine.plant.state.jobs.values() if j.type_name == "FETCH"] == [FAILED, WAITING]


def test_nothing_is_brought_to_a_blocked_balcony_until_it_is_free(small_site: Site) -> None:
    engine = build(small_site, operator=OPERATOR_SIMULATED)
    for balcony in engine.plant.state.persons:
        engine.apply(ask.BlockBalcony(balcony, repair_ms=4 * MINUTE_MS))
    engine.apply(ask.PlaceFetch(("1006",)))
    engine.run_until(4 * MINUTE_MS - 1)
    assert not any(bot.steps for bot in engine.plant.state.bots.values())
    engine.run_until(10 * MINUTE_MS)
    assert statuses(engine) == [SUCCEEDED]


def test_a_charger_that_fails_feeds_nobody_and_feeds_again_when_repaired() -> None:
    engine = build(_charging_site())
    (bot,) = engine.plant.state.bots.values()
    assert bot.charging
    engine.run_until(MINUTE_MS)
    x, y = engine.plant.decks[1].level.xy[bot.cell]
    fault = engine.apply(ask.FailCharger(1, x, y))
    held = bot.energy_mj
    engine.run_until(2 * MINUTE_MS)
    assert not bot.charging
    assert engine.plant.meter.energy_mj(bot, engine.now) < held
    assert isinstance(fault, int)
    engine.apply(ask.RepairFault(fault))
    assert bot.charging


def _charging_site() -> Site:
    level = Level(1, 0, ("c.b", "...", "sss"))
    return Site(
        name="drawn",
        pitch_mm=600,
        motion=Motion(),
        levels=(level,),
        balconies=drawn_balconies((level,)),
        bots=parked_bots((level,), 1),
        carriers=(),
        battery=Battery(start_percent=50),
    )


def test_faults_of_nothing_are_refused_and_nothing_has_changed(small_site: Site) -> None:
    engine = build(small_site)
    before = engine.snapshot()
    refused: list[tuple[ask.Command, type[Exception]]] = [
        (ask.SendPersonAway(99), NotFound),
        (ask.BlockBalcony(99), NotFound),
        (ask.FailTag(7), NotFound),
        (ask.FailCharger(99, 0, 0), NotFound),
        (ask.FailCharger(1, -1, 0), Invalid),
        (ask.FailCharger(1, 1, 1), Invalid),
        (ask.SendPersonAway(1, repair_ms=0), Invalid),
        (ask.RepairFault(1), NotFound),
    ]
    for command, error in refused:
        with pytest.raises(error):
            engine.apply(command)
    assert engine.snapshot() == before


def test_what_has_a_fault_does_not_get_the_same_again(small_site: Site) -> None:
    engine = build(small_site)
    engine.apply(ask.FailTag(1001))
    with pytest.raises(InUse, match="Carrier 1001"):
        engine.apply(ask.FailTag(1001))


def test_a_plan_that_makes_no_sense_is_refused(small_site: Site) -> None:
    for rates in (
        (FaultRate("RAIN", 1000),),
        (FaultRate(PERSON_AWAY, 0),),
        (FaultRate(PERSON_AWAY, 1000), FaultRate(PERSON_AWAY, 2000)),
    ):
        with pytest.raises(ValueError, match=r"RAIN|PERSON_AWAY"):
            build(small_site, faults=FaultPlan(rates))


def test_faults_by_chance_come_as_often_as_planned_and_change_no_other_draw(small_site: Site) -> None:
    """Orders come at the same instants with and without."""
    plan = FaultPlan((FaultRate(PERSON_AWAY, 4 * MINUTE_MS, MINUTE_MS),), until_ms=600 * MINUTE_MS)
    created: dict[FaultPlan, list[int]] = {FaultPlan(): [], plan: []}
    begun = []
    for faults, times in created.items():

        def note(_: int, t_ms: int, event: past.Event, times: list[int] = times) -> None:
            if isinstance(event, past.RequestStateChanged) and event.from_ is None:
                times.append(t_ms)
            if isinstance(event, past.FaultBegan):
                begun.append(t_ms)

        engine = busy_day(small_site, 10, 60, 3, [note], faults)
        engine.run_until(600 * MINUTE_MS)
    assert len(created[plan]) > 100
    assert created[plan] == created[FaultPlan()]
    assert 80 < len(begun) < 150  # 120 expected, besides those that strike who is away already
