"""What docs/faults.md says of each kind and no other test holds."""

from __future__ import annotations

import re
from pathlib import Path

from twin.assembly import build
from twin.domain import commands as ask
from twin.domain.faults import KINDS
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_BOTH, OPERATOR_SIMULATED, SUCCEEDED, SUCCEEDED_TRIGGER, WAITING
from twin.records.views.happenings import FAULT_BEGAN, FAULT_ENDED
from twin.simulation.engine import Engine

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
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
