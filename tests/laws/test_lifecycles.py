"""The page about life cycles says what happens: diagrams, codes and refusals are held against runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from seen import Seen, campaign
from test_liveness import level_site, told

from api.errors import STATUS
from twin.assembly import build
from twin.domain import commands as ask
from twin.domain import errors, work
from twin.domain.errors import Refusal
from twin.domain.layout import Battery, Site
from twin.records.views import happenings
from twin.records.views.happenings import Kind
from twin.simulation.engine import Engine

PAGE = (Path(__file__).parents[2] / "docs" / "lifecycles.md").read_text()
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
EDGE = re.compile(r"^    (\S+) --> (\S+?)(?::.*)?$", re.MULTILINE)
CODE = re.compile(r"^\| `(0x\w+)` \| `(\w+)` \| (\d) \|", re.MULTILINE)
REFUSAL = re.compile(r"^\| `(\w+)` \| (\d+) \| (.+) \|$", re.MULTILINE)


def section_of(type_name: str) -> str:
    """The text under the heading that names a type."""
    (text,) = (text for title, text in SECTIONS.items() if type_name in title.split(", "))
    return text


def drawn(text: str) -> set[tuple[str | None, str]]:
    """The changes of a diagram, that at the beginning included."""
    return {(None if a == "[*]" else a, b) for a, b in EDGE.findall(text) if b != "[*]"}


@pytest.fixture(scope="module")
def seen() -> Seen:
    """A campaign at random, and two cases that chance does not bring."""
    found = campaign(12)
    taken = build(level_site(("c.b.p", ".....", "sssss"), [(0, 2)], 2), observers=[found.note])
    taken.apply(ask.PlaceCharging(bot=2, force=True))
    taken.run_until(600_000)
    site = level_site(("p...b", ".....", "sssss"), [(0, 2)])
    weak = build(replace(site, battery=Battery(1, drive_unladen_w=100_000)), observers=[found.note])
    weak.apply(ask.PlaceCarrierOnboarding(1))
    weak.run_until(600_000)
    return found


@pytest.mark.parametrize("type_name", work.JOB_TYPES)
def test_jobs_change_their_states_as_drawn_and_every_drawn_change_happens(seen: Seen, type_name: str) -> None:
    assert drawn(section_of(type_name)) == seen.jobs[type_name]
    assert all(to in work.JOB_NEXT[before] for before, to in seen.jobs[type_name])


@pytest.mark.parametrize("type_name", work.REQUEST_TYPES)
def test_requests_change_their_states_as_drawn(seen: Seen, type_name: str) -> None:
    own = type_name in (work.PAUSE, work.RESUME)
    diagram = drawn(section_of(type_name if own else "Request"))
    happened = seen.requests[type_name]
    assert happened == diagram if own else happened <= diagram
    assert len(happened) > 1


def test_what_is_drawn_for_requests_is_what_their_table_allows() -> None:
    allowed = {(a, b) for a, following in work.REQUEST_NEXT.items() for b in following}
    assert drawn(section_of("Request")) == allowed


def test_the_storage_changes_its_status_as_drawn(seen: Seen) -> None:
    assert drawn(section_of("Storage")) <= seen.storage


def kinds() -> dict[str, Kind]:
    """All kinds of events that an operator is told of, by code."""
    found: list[Kind] = []
    for value in vars(happenings).values():
        found += [value] if isinstance(value, Kind) else []
        found += [one for one in value.values() if isinstance(one, Kind)] if isinstance(value, dict) else []
    return {kind.code: kind for kind in found}


def test_codes_components_and_severities_are_those_of_the_code() -> None:
    rows = CODE.findall(PAGE)
    assert len(rows) > 25
    known = kinds()
    for code, component, severity in rows:
        assert (known[code].component, known[code].severity) == (component, int(severity)), code


def test_every_code_about_work_bots_and_the_storage_is_on_the_page() -> None:
    """Those of master data are in assumptions.md, those of faults in faults.md."""
    told_of = {code for code, _, _ in CODE.findall(PAGE)}
    elsewhere = {code for code in kinds() if code.startswith(("0x530", "0x531", "0x55"))}
    assert told_of == kinds().keys() - elsewhere
    faults = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
    assert all(code in faults for code in kinds() if code.startswith("0x55"))
    assert kinds().keys() == set(happenings.EVENT_CODES)


# -- refusals

Attempt = Callable[[Engine], object]


def _apply(*commands: ask.Command) -> Attempt:
    def attempt(engine: Engine) -> None:
        for command in commands:
            engine.apply(command)

    return attempt


def _fill(engine: Engine) -> None:
    """An SKU with three pieces in a box that holds four."""
    box = engine.apply(ask.CreateBox(1001, 1))
    assert isinstance(box, int)
    engine.apply(ask.CreateSku("A"))
    engine.apply(ask.CreateLoad(box, "A", 3, 4))


def _filled(command: ask.Command) -> Attempt:
    def attempt(engine: Engine) -> None:
        _fill(engine)
        engine.apply(command)

    return attempt


def _too_early(engine: Engine) -> None:
    engine.apply(ask.PlaceFetch(("1001",)))
    engine.apply(ask.TriggerJob("job-1", work.SUCCEEDED_TRIGGER))


def _again_and_again(command: ask.Command) -> Attempt:
    return _apply(*[command] * 30)


def _while_it_moves(engine: Engine) -> None:
    engine.apply(ask.PlaceFetch(("1001",)))
    engine.run_until(5000)
    busy = next(bot.id for bot in engine.plant.state.bots.values() if bot.steps)
    engine.apply(ask.RemoveBots((busy,)))


LINE = ask.SkuLine
ATTEMPTS: dict[tuple[str, str], Attempt] = {
    ("Request", "already exists"): _apply(ask.PlaceResume("x"), ask.PlacePause("x")),
    ("FETCH", "0x5082 - Not enough quantity"): _filled(ask.PlaceFulfillment((LINE("A", 4),))),
    ("FETCH", "0x5083 - Carrier does not exist"): _apply(ask.PlaceFetch(("9",))),
    ("FETCH", "0x5084 - SKU does not exist"): _apply(ask.PlaceFulfillment((LINE("B", 1),))),
    ("FETCH", "0x5085 - Not enough room"): _filled(ask.PlaceReplenishment((LINE("A", 2),))),
    ("FETCH", "A request needs at least one entity"): _apply(ask.PlaceFetch(())),
    ("FETCH", "A quantity must lie between"): _filled(ask.PlaceFulfillment((LINE("A", 0),))),
    ("FETCH", "only a job in WAITING_FOR_TRIGGER takes a trigger"): _too_early,
    ("FETCH", "Job job-99 does not exist"): _apply(ask.TriggerJob("job-99", work.SUCCEEDED_TRIGGER)),
    ("CHARGING", "Bot 99 does not exist"): _apply(ask.PlaceCharging(99)),
    ("CHARGING", "Level 9 does not exist"): _apply(ask.PlaceUncharging(level=9)),
    ("CHARGING", "Bot 1 is on level 1"): _apply(ask.PlaceCharging(1, 2)),
    ("CHARGING", "to do first"): _apply(ask.PlaceCharging(1), ask.PlaceUncharging(1)),
    ("ONBOARDING", "No level has a parking place for another bot"): _again_and_again(ask.PlaceOnboarding()),
    ("OFFBOARDING", "Bot 99 does not exist"): _apply(ask.PlaceOffboarding(99)),
    ("OFFBOARDING", "to do first"): _apply(ask.PlaceOffboarding(1), ask.PlaceOffboarding(1)),
    ("CARRIER_ONBOARDING", "Balcony 9 does not exist"): _apply(ask.PlaceCarrierOnboarding(9)),
    ("CARRIER_ONBOARDING", "has room for another carrier and for digging"): _again_and_again(
        ask.PlaceCarrierOnboarding(1)
    ),
    ("RFID_WRITE", "Level 9 does not exist"): _apply(ask.PlaceRfidWrite(9, 1)),
    ("RFID_WRITE", "Bot 99 does not exist"): _apply(ask.PlaceRfidWrite(1, 99)),
    ("RFID_WRITE", "is in maintenance already"): _apply(ask.PlaceRfidWrite(1, 1), ask.PlaceRfidWrite(1, 2)),
    ("RFID_WRITE", "to do first"): _apply(ask.PlaceOffboarding(1), ask.PlaceRfidWrite(1, 1)),
    ("PAUSE", "The storage is paused or about to be"): _apply(ask.PlacePause(), ask.PlacePause()),
    ("DELETE bot", "Bot 99 does not exist"): _apply(ask.RemoveBots((99,))),
    ("DELETE bot", "is at work"): _while_it_moves,
}


def test_every_refusal_on_the_page_is_tried_and_no_other() -> None:
    rows = {(title, says) for title, text in SECTIONS.items() for _, _, says in REFUSAL.findall(text)}
    named = {(t, says) for title, says in rows for t in title.split(", ") if (t, says) in ATTEMPTS}
    assert named == ATTEMPTS.keys()
    assert len(rows) == len(ATTEMPTS)


@pytest.mark.parametrize(("title", "says"), ATTEMPTS)
def test_what_the_page_says_is_refused_is_refused_in_these_words(
    small_site: Site, title: str, says: str
) -> None:
    (row,) = (row for row in REFUSAL.findall(section_of(title)) if row[2] == says)
    second = replace(small_site.levels[0], id=2, height_mm=400)
    engine, _ = told(replace(small_site, levels=(*small_site.levels, second)))
    with pytest.raises(Refusal, match=re.escape(says)) as refused:
        ATTEMPTS[title, says](engine)
    assert type(refused.value) is getattr(errors, row[0])
    assert {**STATUS, errors.Invalid: 422, errors.RequestAborted: 400}[type(refused.value)] == int(row[1])
