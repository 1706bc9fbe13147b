"""What docs/faults.md says of each kind and no other test holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from twin.assembly import build, busy_day
from twin.domain import commands as ask
from twin.domain.events import Event, FaultBegan
from twin.domain.faults import (
    BALCONY_BLOCKED,
    BOT_STALLED,
    CELL_BLOCKED,
    CHARGER_FAILED,
    EMERGENCY_STOP,
    KINDS,
    PERSON_AWAY,
    TAG_UNREADABLE,
    USUAL_REPAIR_MS,
    FaultPlan,
    FaultRate,
)
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_BOTH, OPERATOR_SIMULATED, SUCCEEDED, SUCCEEDED_TRIGGER, WAITING
from twin.experiments.sitefile import find_site, load_site
from twin.records.views.happenings import FAULT_BEGAN, FAULT_ENDED
from twin.simulation.engine import Engine

DOCS = Path(__file__).parents[2] / "docs"
PAGE, ASSUMPTIONS = (DOCS / "faults.md").read_text(), (DOCS / "assumptions.md").read_text()
ROW = re.compile(r"^\| `([A-Z_]+)` \|.*\| `(0x\w+)`, `(0x\w+)`.*\| `(\w+)`, (\d) \|$", re.MULTILINE)
MINUTE_MS = 60_000


def presented(site: Site, operator: str) -> Engine:
    """A twin in which a carrier has just come to stand at the balcony."""
    engine = build(site, operator=operator)
    engine.apply(ask.PlaceFetch(("1006",)))
    while engine.plant.state.jobs["job-1"].status != WAITING:
        engine.step()
    return engine


def test_codes_components_and_severities_of_faults_are_those_of_the_code() -> None:
    rows = {row[0]: row[1:] for row in ROW.findall(PAGE)}
    assert rows.keys() == set(KINDS)
    for kind, (began, ended, component, severity) in rows.items():
        assert (FAULT_BEGAN[kind].code, FAULT_ENDED[kind].code) == (began, ended)
        assert (FAULT_BEGAN[kind].component, FAULT_BEGAN[kind].severity) == (component, int(severity))


def test_people_go_on_during_an_emergency_stop(small_site: Site) -> None:
    engine = presented(small_site, OPERATOR_SIMULATED)
    engine.apply(ask.EmergencyStop())
    engine.run_until(engine.now + 5 * MINUTE_MS)
    assert engine.plant.state.jobs["job-1"].status == SUCCEEDED
    assert engine.plant.state.carriers[1006].cell is None, "nobody brings it back meanwhile"


def test_a_person_who_goes_ends_the_job_in_hand_and_begins_no_other(small_site: Site) -> None:
    engine = presented(small_site, OPERATOR_SIMULATED)
    engine.apply(ask.PlaceFetch(("1006",)))
    engine.apply(ask.SendPersonAway(1))
    engine.run_until(engine.now + 5 * MINUTE_MS)
    assert [engine.plant.state.jobs[job].status for job in ("job-1", "job-2")] == [SUCCEEDED, WAITING]


def test_triggers_of_clients_count_while_the_person_is_away(small_site: Site) -> None:
    engine = build(small_site, operator=OPERATOR_BOTH)
    engine.apply(ask.SendPersonAway(1))
    engine.apply(ask.PlaceFetch(("1006",)))
    engine.run_until(5 * MINUTE_MS)
    engine.apply(ask.TriggerJob("job-1", SUCCEEDED_TRIGGER))
    assert engine.plant.state.jobs["job-1"].status == SUCCEEDED


def test_what_is_at_a_balcony_when_it_is_blocked_is_served_and_goes_back(small_site: Site) -> None:
    engine = presented(small_site, OPERATOR_SIMULATED)
    engine.apply(ask.BlockBalcony(1))
    engine.run_until(engine.now + 5 * MINUTE_MS)
    assert engine.plant.state.jobs["job-1"].status == SUCCEEDED
    assert engine.plant.state.carriers[1006].cell is not None


# -- times and streams

NAMED = {
    "stalled bot": BOT_STALLED,
    "tag": TAG_UNREADABLE,
    "cell": CELL_BLOCKED,
    "balcony": BALCONY_BLOCKED,
    "charger": CHARGER_FAILED,
    "person": PERSON_AWAY,
    "emergency stop": EMERGENCY_STOP,
}
UNIT_MS = {"s": 1000, "min": MINUTE_MS}


@pytest.mark.parametrize("page", ["faults.md", "assumptions.md"])
def test_usual_repair_times_are_those_of_the_code(page: str) -> None:
    text = " ".join((DOCS / page).read_text().split())
    found = re.findall(rf"({'|'.join(NAMED)}) (\d+) (s|min)\b", text)
    assert {NAMED[name]: int(time) * UNIT_MS[unit] for name, time, unit in found} == USUAL_REPAIR_MS
    assert len(found) == len(KINDS)


def test_usual_repairs_vary_as_the_assumptions_say() -> None:
    said = re.search(r"repair times of faults by chance .*coefficient of variation of 0\.(\d)", ASSUMPTIONS)
    assert said is not None
    plan = FaultPlan.every(600_000)
    assert {rate.repair_cv_percent for rate in plan.rates} == {10 * int(said[1])}
    assert {rate.kind: rate.repair_mean_ms for rate in plan.rates} == USUAL_REPAIR_MS
    assert {rate.mean_interval_ms for rate in plan.rates} == {600_000 * len(KINDS)}


def by_chance(site: Site, kinds: Iterable[str]) -> tuple[Engine, dict[str, list[tuple[int, int | None]]]]:
    """A working twin after ten hours with faults of some kinds: when each began, and was to end."""
    begun: dict[str, list[tuple[int, int | None]]] = {}

    def note(_: int, t_ms: int, event: Event) -> None:
        if isinstance(event, FaultBegan):
            begun.setdefault(event.kind, []).append((t_ms, event.until_ms))

    rates = tuple(FaultRate(kind, 10 * MINUTE_MS, MINUTE_MS) for kind in kinds)
    engine = busy_day(site, 10, 20, 3, [note], FaultPlan(rates))
    engine.run_until(600 * MINUTE_MS)
    return engine, begun


def test_each_kind_of_fault_draws_from_streams_of_its_own_and_from_no_others() -> None:
    site = load_site(find_site("tiny"))
    without, _ = by_chance(site, ())
    engine, begun = by_chance(site, KINDS)
    assert begun.keys() == set(KINDS)
    named = re.search(r"streams of its own \(`(faults/KIND/gap)`, `(/which)`, `(/repair)`\)", PAGE)
    assert named is not None
    first, *others = named.groups()
    names = [first, *(first.replace("/gap", other) for other in others)]
    expected = {name.replace("KIND", kind) for name in names for kind in KINDS}
    assert engine.streams.states().keys() - without.streams.states().keys() == expected


def test_another_kind_of_fault_does_not_move_when_those_of_a_kind_come_and_end(small_site: Site) -> None:
    """Cells are left out: one in which somebody stands cannot be blocked, and where they stand is changed."""
    kinds = [BOT_STALLED, TAG_UNREADABLE, BALCONY_BLOCKED, PERSON_AWAY, EMERGENCY_STOP]
    _, together = by_chance(small_site, [*kinds, CELL_BLOCKED])
    for kind in kinds:
        _, alone = by_chance(small_site, [kind])
        assert len(alone[kind]) > 30
        assert alone[kind] == together[kind]
