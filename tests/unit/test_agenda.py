"""The agenda: alarms as data over SimPy's clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.assembly import build
from twin.domain import commands as ask
from twin.domain.layout import Battery, PersonTimes, Site
from twin.domain.work import OPERATOR_BOTH, SUCCEEDED_TRIGGER, WAITING
from twin.simulation.agenda import Agenda, Key
from twin.simulation.engine import Engine


class Bells:
    """An agenda and what it rang."""

    def __init__(self, start_ms: int = 0) -> None:
        self.rung: list[tuple[int, Key]] = []
        self.agenda = Agenda(start_ms, self.ring)

    def ring(self, key: Key) -> None:
        self.rung.append((self.agenda.now, key))

    def run(self) -> list[tuple[int, Key]]:
        while self.agenda.peek() is not None:
            self.agenda.run_next()
        return self.rung


@pytest.fixture
def bells() -> Bells:
    return Bells()


def test_alarms_are_rung_by_time_and_at_one_time_in_the_order_in_which_they_were_set(bells: Bells) -> None:
    for number, due in enumerate((20, 10, 20, 10, 0)):
        bells.agenda.set(("bot", number), due)
    assert bells.run() == [
        (0, ("bot", 4)),
        (10, ("bot", 1)),
        (10, ("bot", 3)),
        (20, ("bot", 0)),
        (20, ("bot", 2)),
    ]
    assert bells.agenda.handled == 5


def test_an_alarm_that_is_set_again_rings_once_at_its_new_time(bells: Bells) -> None:
    bells.agenda.set(("bot", 1), 10)
    bells.agenda.set(("bot", 1), 30)
    bells.agenda.set(("bot", 2), 20)
    bells.agenda.set(("bot", 2), 5)
    assert bells.run() == [(5, ("bot", 2)), (30, ("bot", 1))]


def test_an_alarm_set_again_for_the_same_time_goes_behind_those_set_meanwhile(bells: Bells) -> None:
    bells.agenda.set(("bot", 1), 10)
    bells.agenda.set(("bot", 2), 10)
    bells.agenda.set(("bot", 1), 10)
    assert [key for _, key in bells.run()] == [("bot", 2), ("bot", 1)]


def test_a_dropped_alarm_is_never_rung_and_not_seen(bells: Bells) -> None:
    bells.agenda.set(("bot", 1), 10)
    bells.agenda.set(("bot", 2), 20)
    bells.agenda.drop(("bot", 1))
    bells.agenda.drop(("bot", 99))
    assert bells.agenda.peek() == 20
    assert bells.run() == [(20, ("bot", 2))]


def test_an_alarm_is_set_only_if_there_is_none(bells: Bells) -> None:
    bells.agenda.set_if_none(("plan", 1), 10)
    bells.agenda.set_if_none(("plan", 1), 5)
    assert bells.run() == [(10, ("plan", 1))]
    bells.agenda.set_if_none(("plan", 1), 15)
    assert bells.run()[-1] == (15, ("plan", 1))


def test_nothing_is_pending_in_an_empty_agenda(bells: Bells) -> None:
    assert bells.agenda.peek() is None
    assert bells.agenda.pending() == []


def test_an_alarm_may_be_set_for_now_and_from_within_a_ring(bells: Bells) -> None:
    def ring(key: Key) -> None:
        bells.ring(key)
        if key[1] < 3:
            agenda.set(("bot", key[1] + 1), agenda.now)

    agenda = bells.agenda = Agenda(100, ring)
    agenda.set(("bot", 1), 100)
    assert bells.run() == [(100, ("bot", 1)), (100, ("bot", 2)), (100, ("bot", 3))]


ACTIONS = st.lists(
    st.tuples(st.sampled_from(("set", "if none", "drop", "run")), st.integers(0, 3), st.integers(0, 50)),
    max_size=40,
)


def act(bells: Bells, actions: list[tuple[str, int, int]]) -> None:
    agenda = bells.agenda
    for action, number, delay in actions:
        if action == "set":
            agenda.set(("bot", number), agenda.now + delay)
        elif action == "if none":
            agenda.set_if_none(("bot", number), agenda.now + delay)
        elif action == "drop":
            agenda.drop(("bot", number))
        elif agenda.peek() is not None:
            agenda.run_next()


@given(ACTIONS)
def test_what_is_pending_set_again_in_a_new_agenda_rings_alike(actions: list[tuple[str, int, int]]) -> None:
    """This is how a twin is restored: alarms are data."""
    bells = Bells()
    act(bells, actions)
    again = Bells(bells.agenda.now)
    for kind, number, due in bells.agenda.pending():
        again.agenda.set((kind, number), due)
    before = len(bells.rung)
    assert again.agenda.peek() == bells.agenda.peek()
    assert again.run() == bells.run()[before:]


@given(ACTIONS)
def test_the_next_alarm_is_the_earliest_pending_one(actions: list[tuple[str, int, int]]) -> None:
    """Nothing that was dropped or set anew is seen, and nothing is rung but at its time."""
    bells = Bells()
    act(bells, actions)
    pending = bells.agenda.pending()
    assert bells.agenda.peek() == min((due for _, _, due in pending), default=None)
    if pending:
        rung = len(bells.rung)
        bells.agenda.run_next()
        due = min(due for _, _, due in pending)
        first = next((kind, number) for kind, number, when in pending if when == due)
        assert bells.rung[rung:] == [(due, first)]
        assert bells.agenda.now == due


# -- as the engine uses it


def engine_whose_slow_person_is_interrupted(site: Site) -> Engine:
    """A client gives the trigger long before the simulated person is done, whose alarm is dropped."""
    slow = replace(site, person=PersonTimes(handling_ms=0, line_ms=300_000, line_cv_percent=0))
    engine = build(slow, operator=OPERATOR_BOTH)
    engine.apply(ask.PlaceFetch(("1003",)))
    while engine.plant.state.jobs["job-1"].status != WAITING:
        engine.step()
    engine.apply(ask.TriggerJob("job-1", SUCCEEDED_TRIGGER))
    return engine


def test_a_step_handles_the_event_that_was_seen_to_be_next(small_site: Site) -> None:
    """Not one behind it: an advance to an instant must not run past it."""
    engine = engine_whose_slow_person_is_interrupted(small_site)
    while not engine.idle:
        due = engine.peek()
        engine.step()
        assert engine.now == due


def test_a_twin_whose_person_was_interrupted_takes_commands_after_coming_to_rest(small_site: Site) -> None:
    """The dropped alarm leaves nothing behind: time does not run ahead of the twin's clock."""
    site = replace(small_site, battery=Battery(idle_w=0))
    engine = engine_whose_slow_person_is_interrupted(site)
    for _ in range(50):
        engine.step()
    assert engine.idle
    assert engine.peek() is None
    engine.apply(ask.PlaceFetch(("1003",)))
    engine.run_until(engine.now + 60_000)
    assert engine.plant.state.jobs["job-3"].status == WAITING
