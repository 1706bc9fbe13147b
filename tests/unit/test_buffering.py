"""Look-ahead: carriers of queued work wait near their balcony, and nobody waits for ever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.assembly import build, run_to_the_end
from twin.checking import check_lines
from twin.domain import commands as ask
from twin.domain import work
from twin.domain.floor import NOBODY
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_API, OPERATOR_SIMULATED, SUCCEEDED_TRIGGER, Job, Visit, head_start_ms
from twin.experiments.sitegen import LaneShape, lane_site
from twin.policies.buffering import NearBalconyBuffer
from twin.policies.chosen import Policies
from twin.records.eventlog import EventLog
from twin.records.measures.measures import Measures
from twin.simulation.engine import Engine, restore

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
SHAPE = LaneShape(
    deep=3, columns=24, blocks=2, cross_every=6, parking=4, chargers=1, balconies=1, balcony_places=1
)
NEAR = {"buffering": "near_balcony"}


def one_place(bots: int = 4) -> Site:
    """One balcony with one handover place at one end, and more bots than it can use."""
    return lane_site("one place", SHAPE, bots_per_level=bots, fill_percent=80)


class Run:
    """A twin with buffering, and its log."""

    def __init__(self, operator: str = OPERATOR_API, site: Site | None = None) -> None:
        self.lines: list[bytes] = []
        self.engine: Engine = build(
            site or one_place(),
            operator=operator,
            policies=Policies.named(NEAR),
            observers=[EventLog(self.lines.append).write],
        )

    def far(self, count: int) -> list[str]:
        """Carriers at the far end of the level, deep in their lanes first."""
        plant = self.engine.plant
        [place] = plant.places[1][1]
        xy = plant.decks[1].level.xy
        cells = {c.id: xy[c.cell or 0] for c in plant.state.carriers.values()}
        px, py = xy[place]
        ways = sorted(cells, key=lambda c: (abs(cells[c][0] - px) + abs(cells[c][1] - py), c))
        return [str(c) for c in ways[-count:]]

    def buffering_jobs(self) -> list[Job]:
        return [j for j in self.engine.plant.state.jobs.values() if j.type_name == work.BUFFERING]

    def until_one_is(self, state: str) -> Visit:
        """Go on until a visit of a buffered carrier is in a state."""
        deadline = self.engine.now + HOUR_MS
        while self.engine.now < deadline:
            for visit in self.engine.plant.state.visits.values():
                if visit.home is not None and visit.state == state:
                    return visit
            self.engine.step()
        raise AssertionError(f"no buffered carrier is {state} within an hour")

    def finish(self) -> None:
        """Trigger whatever waits until all work has ended, and let the checker judge."""
        while not self.engine.idle:
            self.engine.step()
            waiting = [j.id for j in self.engine.plant.state.jobs.values() if j.status == work.WAITING]
            for job in waiting:
                self.engine.apply(ask.TriggerJob(job, SUCCEEDED_TRIGGER))
        assert self.engine.plant.orders.open_requests == 0
        report = check_lines(self.lines, complete=True)
        assert report.ok, report.as_text()


# -- what happens to a carrier that is buffered


def test_while_its_balcony_is_busy_a_carrier_is_brought_near_it_and_back_home_after_its_turn() -> None:
    run = Run()
    state = run.engine.plant.state
    far = run.far(3)
    homes = {c: state.carriers[int(c)].cell for c in far}
    run.engine.apply(ask.PlaceFetch(tuple(far)))
    visit = run.until_one_is(work.BEING_BUFFERED)
    [job] = [j for j in run.buffering_jobs() if j.carrier == visit.carrier]
    assert (job.balcony, job.request, job.bot) == (1, "request-1", visit.bot)
    assert [state.jobs[j].status for j in visit.jobs] == [work.ACCEPTED]
    run.until_one_is(work.QUEUED)
    assert job.status == work.SUCCEEDED
    assert visit.bot is None
    deck = run.engine.plant.decks[1]
    [place] = run.engine.plant.places[1][1]
    cell, home = state.carriers[visit.carrier].cell, homes[str(visit.carrier)]
    assert cell is not None
    assert home is not None
    assert visit.home == deck.lane_of[home] != deck.lane_of[cell]
    assert sum(abs(a - b) for a, b in zip(deck.level.xy[cell], deck.level.xy[place], strict=True)) < sum(
        abs(a - b) for a, b in zip(deck.level.xy[home], deck.level.xy[place], strict=True)
    )
    lane = visit.home
    run.finish()
    back = state.carriers[visit.carrier].cell
    assert back is not None
    assert deck.lane_of[back] == lane


def test_a_carrier_is_buffered_once_for_a_visit_however_long_that_waits() -> None:
    run = Run()
    run.engine.apply(ask.PlaceFetch(tuple(run.far(6))))
    run.engine.run_until(4 * HOUR_MS)
    jobs = run.buffering_jobs()
    assert jobs
    assert len({job.carrier for job in jobs}) == len(jobs)
    run.finish()


def test_another_job_for_a_carrier_on_its_way_to_the_buffer_shares_its_presentation() -> None:
    run = Run()
    run.engine.apply(ask.PlaceFetch(tuple(run.far(4))))
    visit = run.until_one_is(work.BEING_BUFFERED)
    request = run.engine.apply(ask.PlaceFetch((str(visit.carrier),), priority=3))
    [joined] = run.engine.plant.state.requests[str(request)].jobs
    assert joined in visit.jobs
    assert run.engine.plant.state.jobs[joined].status == work.ACCEPTED
    assert visit.priority == 3
    run.finish()


def test_no_carrier_is_buffered_while_no_bot_is_to_spare() -> None:
    run = Run(site=one_place(bots=1))
    run.engine.apply(ask.PlaceFetch(tuple(run.far(4))))
    run.engine.run_until(HOUR_MS)
    assert not run.buffering_jobs()
    run.finish()


@pytest.mark.parametrize("state", [work.BEING_BUFFERED, work.QUEUED, work.FETCHING, work.RETURNING])
def test_a_snapshot_is_good_at_any_time_of_a_buffered_visit(state: str) -> None:
    run = Run(OPERATOR_SIMULATED)
    run.engine.apply(ask.PlaceFetch(tuple(run.far(4))))
    run.until_one_is(state)
    again, rest = restore(run.engine.snapshot()), []
    again.subscribe(EventLog(rest.append).write)
    told = len(run.lines)
    for engine in (run.engine, again):
        run_to_the_end(engine, engine.now)
    assert run.lines[told:] == rest != []


def test_measures_count_buffering_as_work_within_the_store() -> None:
    measures = Measures(0)
    run = Run(OPERATOR_SIMULATED)
    engine = build(
        one_place(), operator=OPERATOR_SIMULATED, policies=Policies.named(NEAR), observers=[measures]
    )
    engine.apply(ask.PlaceFetch(tuple(run.far(5))))
    run_to_the_end(engine, HOUR_MS)
    buffered = [j for j in engine.plant.state.jobs.values() if j.type_name == work.BUFFERING]
    assert buffered
    found = measures.result(HOUR_MS)
    assert found["bot_share_dig"] > 0
    assert found["presentations_per_hour"] == 5


def test_where_bots_are_to_spare_buffering_shortens_the_time_until_all_is_done() -> None:
    ended = {}
    for buffering in ("none", "near_balcony"):
        engine = build(
            one_place(), operator=OPERATOR_SIMULATED, policies=Policies.named({"buffering": buffering})
        )
        engine.apply(ask.PlaceFetch(tuple(Run().far(30))))
        run_to_the_end(engine, 1)
        ended[buffering] = engine.now
    assert ended["near_balcony"] < 0.9 * ended["none"]


# -- who is chosen, and where to


def test_the_next_two_of_a_full_balcony_are_proposed_once_while_a_bot_is_left_over() -> None:
    engine = build(one_place())
    engine.apply(ask.PlaceFetch(tuple(Run().far(6))))
    engine.run_until(5_000)
    deck, [place] = engine.plant.decks[1], engine.plant.places[1][1]
    policy, queue = NearBalconyBuffer(), [visit for _, _, visit in engine.plant.queues.waiting[1][1]]

    def proposed() -> list[int]:
        return [visit.id for visit in policy.proposals(engine.plant, 1, engine.now)]

    assert (len(queue), len(deck.free_bots), proposed()) == (5, 3, queue[:2])
    deck.free_bots.popitem()
    assert proposed() == queue[:2]
    engine.plant.state.visits[queue[0]].home = 0
    assert proposed() == queue[1:2]
    user, deck.place_user[place] = deck.place_user[place], NOBODY
    assert proposed() == []
    deck.place_user[place] = user
    deck.free_bots.popitem()
    assert (len(deck.free_bots), proposed()) == (1, [])


def test_a_carrier_is_buffered_only_where_its_way_becomes_shorter_by_twelve_cells_or_it_is_dug_out() -> None:
    engine = build(one_place())
    plant, deck, [place] = engine.plant, engine.plant.decks[1], engine.plant.places[1][1]
    policy, xy = NearBalconyBuffer(), engine.plant.decks[1].level.xy
    chosen, gains = 0, []
    for carrier in plant.state.carriers.values():
        visit = Visit(1, carrier.id, 1, 1, 0, 0, [])
        spot = policy.spot(plant, deck, visit, ())
        assert carrier.cell is not None
        if spot is not None:
            ways = [sum(map(abs, np.subtract(xy[cell], xy[place]))) for cell in (carrier.cell, spot[0])]
            gains.append(ways[0] - ways[1] + 20 * plant.depth(carrier.id))
            chosen += 1
    assert 10 < chosen < len(plant.state.carriers)
    assert 12 <= min(gains) < 16


# -- priority and age


def test_a_priority_is_worth_a_head_start_that_grows_with_it_and_has_a_bound() -> None:
    minutes = {p: head_start_ms(p) / MINUTE_MS for p in (-3, -1, 0, 1, 2, 3, 7, 2**31 - 1)}
    assert minutes == {-3: -30, -1: -15, 0: 0, 1: 15, 2: 22.5, 3: 30, 7: 45, 2**31 - 1: 465}
    starts = [head_start_ms(p) for p in range(-2000, 2000)]
    assert starts == sorted(starts)
    assert len({*starts}) == len(starts)


@pytest.mark.parametrize("dispatch", ["oldest", "nearest", "matching"])
@pytest.mark.parametrize("buffering", ["none", "near_balcony"])
def test_old_work_ends_though_urgent_work_never_stops_coming(dispatch: str, buffering: str) -> None:
    """Priority 3 is worth half an hour: for so long the old job is overtaken, and not for much longer."""
    names = {"dispatch": dispatch, "buffering": buffering}
    engine = build(one_place(), operator=OPERATOR_SIMULATED, policies=Policies.named(names))
    deck = engine.plant.decks[1]
    fronts = {deck.lane_of[c.cell or 0]: c.id for c in engine.plant.state.carriers.values()}
    old, *urgent = list(fronts.values())[:20]
    engine.apply(ask.PlaceFetch((str(old),), id="old"))
    ended = None
    while ended is None:
        for carrier in urgent:
            if carrier not in engine.plant.queues.visits_of:
                engine.apply(ask.PlaceFetch((str(carrier),), priority=3))
        engine.step()
        ended = engine.now if engine.plant.state.requests["old"].status == work.SUCCEEDED else None
        assert engine.now < 2 * HOUR_MS
    assert head_start_ms(3) < ended < head_start_ms(3) + 30 * MINUTE_MS


def test_of_the_carriers_at_a_balcony_a_person_takes_the_most_urgent_next() -> None:
    site = lane_site("two places", replace(SHAPE, balcony_places=3), bots_per_level=4, fill_percent=80)
    engine = build(site)
    carriers = [str(c.id) for c in site.carriers[:3]]
    for carrier, priority in zip(carriers, (0, 5, 2), strict=True):
        engine.apply(ask.PlaceFetch((carrier,), priority=priority))
        there = len(engine.plant.state.persons[1].waiting)
        while len(engine.plant.state.persons[1].waiting) == there:
            engine.step()
    engine.apply(ask.SetOperator(OPERATOR_SIMULATED))
    served = []
    while engine.plant.orders.open_requests:
        person = engine.plant.state.persons[1]
        if person.job is not None and person.job not in served:
            served.append(person.job)
        engine.step()
    assert served == ["job-2", "job-3", "job-1"]
