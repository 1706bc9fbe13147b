"""Law 1: a snapshot is all there is. Restored in another process, a twin goes on as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from choices import CHOICES
from clients import drive_by_api
from fresh_process import Interpreter, from_here, interpreter
from hypothesis import given
from hypothesis import strategies as st
from searching import laws
from worlds import DIGGING, Lines, Script, World, canonical, digest

from twin.domain import work
from twin.domain.bots import LEG, Bot
from twin.domain.state import State
from twin.domain.work import OPERATOR_API, OPERATOR_BOTH, OPERATOR_SIMULATED
from twin.simulation.engine import Engine, restore

ANOTHER_HASH_SEED = 987


@pytest.fixture(scope="module")
def other() -> Iterator[Interpreter]:
    """One long-lived process with another hash seed."""
    with interpreter(ANOTHER_HASH_SEED) as process:
        yield process


@dataclass(frozen=True)
class Story:
    """An uninterrupted run: its world, its commands, its log, its number of events, how it ended."""

    world: World
    script: Script
    log: Lines
    events: int
    end: str


def tell(world: World, client: int | None = None) -> Story:
    """Run a world to its end, with a client that does all sorts of things if there is one."""
    log = Lines()
    engine = world.build([log.write])
    if client is not None:
        drive_by_api(engine, client, world.until_ms)
    script = list(engine.commands)
    engine.run_until(world.horizon_ms)
    return Story(world, script, log, engine.agenda.handled, digest(engine.snapshot()))


def interrupt(story: Story, instant: int) -> tuple[Engine, Script, Lines]:
    """The run up to an instant (an event's number, or ms if negative), and the commands still to come."""
    log = Lines()
    engine = story.world.build([log.write])
    for number, (t_ms, command) in enumerate(story.script):
        if not advance(engine, instant, t_ms):
            return engine, story.script[number:], log
        engine.apply(command)
    advance(engine, instant, story.world.horizon_ms)
    return engine, [], log


def advance(engine: Engine, instant: int, to_ms: int) -> bool:
    """Go on to a time; False, and no further, if the instant comes first."""
    if instant < 0:
        engine.run_until(min(to_ms, -instant))
        return to_ms <= -instant
    while (due := engine.peek()) is not None and due <= to_ms:
        if engine.agenda.handled == instant:
            return False
        engine.step()
    engine.run_until(to_ms)
    return True


def check_goes_on(story: Story, engine: Engine, rest: Script, log: Lines, process: Interpreter) -> None:
    """The other process writes the rest of the log, byte by byte, and ends in the same state."""
    assert story.log.lines[: len(log.lines)] == log.lines
    snapshot = through_json(engine.snapshot())
    answer = process.run(from_here(snapshot, rest, story.world.horizon_ms))
    assert answer["log"] == b"".join(story.log.lines[len(log.lines) :]).decode()
    assert answer["first"] == digest(snapshot), "a restored twin says of itself what it was made from"
    assert answer["hash_seed"] == str(ANOTHER_HASH_SEED)
    assert answer["last"] == story.end


def through_json(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A snapshot as text and back."""
    plain: dict[str, Any] = json.loads(json.dumps(snapshot))
    return plain


WORLDS = st.builds(
    World,
    site_seed=st.integers(0, 60),
    bots=st.integers(1, 16),
    fill_percent=st.integers(40, 95),
    seed=st.integers(0, 1000),
    minutes=st.integers(1, 4),
    lines_per_hour=st.sampled_from((0, 300, 1500)),
    operator=st.sampled_from(work.OPERATORS),
    keep_ended=st.booleans(),
    capacity_wh=st.sampled_from((30, 60, 480)),
    policies=CHOICES,
    faults_every_s=st.sampled_from((0, 10, 40)),
)


@laws(40)
@given(
    world=WORLDS,
    client=st.integers(0, 2**32),
    per_mille=st.integers(0, 1000),
    between_events=st.booleans(),
)
def test_a_twin_restored_in_another_process_goes_on_byte_by_byte(
    world: World, client: int, per_mille: int, between_events: bool, other: Interpreter
) -> None:
    """Any world, any instant (right after some event, or at any ms), with and without clients."""
    story = tell(world, client)
    total = -world.horizon_ms if between_events else story.events
    engine, rest, log = interrupt(story, total * per_mille // 1000)
    check_goes_on(story, engine, rest, log, other)


@pytest.mark.parametrize(
    ("operator", "per_mille"), [(OPERATOR_SIMULATED, 300), (OPERATOR_API, 500), (OPERATOR_BOTH, 700)]
)
def test_a_brand_new_process_goes_on_as_well(operator: str, per_mille: int) -> None:
    """Nothing is left over in it from other worlds."""
    story = tell(World(site_seed=per_mille, bots=6, operator=operator, minutes=3), client=per_mille)
    engine, rest, log = interrupt(story, -story.world.until_ms * per_mille // 1000)
    assert rest, "commands are still to come"
    with interpreter(ANOTHER_HASH_SEED) as brand_new:
        check_goes_on(story, engine, rest, log, brand_new)


# -- every phase of a bot's work


def phase(state: State, bot: Bot) -> str:
    """What a bot does, in words."""
    visit = state.visits.get(bot.visit) if bot.visit else None
    errand = "for nobody" if visit is None else "digging" if visit.digs else visit.state.lower()
    if not bot.steps:
        return f"rests {errand}"
    step = bot.steps[0]
    how = " laden" if step.kind == LEG and bot.carrier is not None else ""
    return f"{step.kind}{how} {errand}"


PHASES = {
    "rests for nobody",
    "leg digging",
    "lift digging",
    "leg laden digging",
    "lower digging",
    "leg fetching",
    "lift fetching",
    "leg laden fetching",
    "rests presented",
    "leg laden returning",
    "lower returning",
    "leg for nobody",
}

PHASED = World(
    site_seed=8, bots=5, fill_percent=95, seed=3, minutes=4, lines_per_hour=300, operator=OPERATOR_BOTH
)


def first_events_of_phases(story: Story) -> dict[str, int]:
    """For each phase, the number of the event after which some bot is first seen in it."""
    engine = story.world.build()
    found: dict[str, int] = {}
    while (engine.peek() or 0) <= story.world.horizon_ms:
        for bot in engine.plant.state.bots.values():
            found.setdefault(phase(engine.plant.state, bot), engine.agenda.handled)
        engine.step()
    return found


def test_snapshots_are_good_in_every_phase_of_a_bots_work(other: Interpreter) -> None:
    """Idle, on its way, lifting, lowering, laden, digging, presenting, returning, going home."""
    story = tell(PHASED)
    found = first_events_of_phases(story)
    assert found.keys() >= PHASES
    for event in sorted(set(found.values())):
        engine, rest, log = interrupt(story, event)
        check_goes_on(story, engine, rest, log, other)


def test_a_snapshot_is_good_while_a_carrier_waits_for_room_to_go_back(other: Interpreter) -> None:
    """Its lane is being worked in and all others are full: the return is asked for but not begun."""
    world = World(site_seed=20, bots=10, fill_percent=95, minutes=4, lines_per_hour=1200, policies=DIGGING)
    story = tell(world)
    engine = story.world.build()
    while not any(deck.returns for deck in engine.plant.decks.values()):
        assert engine.now < story.world.horizon_ms, "this world has no such instant; take another"
        engine.step()
    engine, rest, log = interrupt(story, engine.agenda.handled)
    check_goes_on(story, engine, rest, log, other)


# -- the snapshot itself


def test_taking_snapshots_changes_nothing() -> None:
    """A run that is photographed after every event writes the same log."""
    story = tell(World(bots=4, minutes=2))
    log = Lines()
    engine = story.world.build([log.write])
    while (due := engine.peek()) is not None and due <= story.world.horizon_ms:
        engine.snapshot()
        engine.step()
    assert log.sha256 == story.log.sha256


def test_a_snapshot_is_not_touched_by_what_happens_later() -> None:
    """It shares nothing with the running twin."""
    engine = PHASED.build()
    engine.run_until(60_000)
    snapshot = engine.snapshot()
    before = canonical(snapshot)
    engine.run_until(PHASED.horizon_ms)
    assert canonical(snapshot) == before


def test_two_twins_forked_from_one_snapshot_do_not_disturb_each_other() -> None:
    """Both go on alike, one after the other or turn by turn."""
    engine = PHASED.build()
    engine.run_until(60_000)
    snapshot = engine.snapshot()
    logs = [Lines(), Lines()]
    forks = [restore(snapshot), restore(snapshot)]
    for fork, log in zip(forks, logs, strict=True):
        fork.subscribe(log.write)
    for _ in range(200):
        for fork in forks:
            fork.step()
    log = Lines()
    engine.subscribe(log.write)
    engine.run_until(forks[0].now)
    assert forks[0].now == forks[1].now
    assert logs[0].text == logs[1].text == log.text != ""


def test_a_snapshot_of_another_format_is_refused() -> None:
    """Rather than misread."""
    snapshot = World().build().snapshot()
    with pytest.raises(ValueError, match="format 99"):
        restore({**snapshot, "format": 99})
