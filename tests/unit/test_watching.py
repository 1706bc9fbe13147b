"""A circle of bots that wait for one another stops the run, is named, and leaves a snapshot."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from face_to_face import bring_face_to_face, narrow

from twin.assembly import build, keeping_deadlocks
from twin.domain import commands as ask
from twin.domain.errors import Deadlocked
from twin.simulation.engine import Engine, restore
from twin.simulation.watching import TOO_LONG_MS, Deadlock, find_circle
from twin.studies import console


def tampered() -> Engine:
    """Two bots whose reservations were changed by hand: they stand face to face in a narrow aisle."""
    engine = build(narrow())
    bring_face_to_face(engine)
    return engine


def test_a_circle_is_named_when_nobody_can_move_any_more() -> None:
    engine = tampered()
    engine.touch(1)
    with pytest.raises(Deadlock, match="level 1: bot 1 waits for bot 2, bot 2 waits for bot 1") as seen:
        engine.apply(ask.PlacePause())
    assert seen.value.circle == (1, 2)
    again = restore(json.loads(json.dumps(seen.value.snapshot)))
    assert [bot.cell for bot in again.plant.state.bots.values()] == [2, 4]


def test_a_circle_is_seen_when_a_bot_has_waited_too_long() -> None:
    """Also where nothing else brings it to light."""
    engine = tampered()
    engine.agenda.set(("watch", 1), TOO_LONG_MS)
    engine.run_until(TOO_LONG_MS - 1)
    with pytest.raises(Deadlock):
        engine.run_until(TOO_LONG_MS)


def test_the_snapshot_of_a_deadlock_is_written_and_the_error_says_where(tmp_path: Path) -> None:
    engine, path = tampered(), tmp_path / "run.deadlock.json"
    engine.agenda.set(("watch", 1), TOO_LONG_MS)
    told = rf"bot 2 waits for bot 1; the moment is kept in .*{path.name}"
    with pytest.raises(Deadlocked, match=told), keeping_deadlocks(path):
        engine.run_until(TOO_LONG_MS)
    assert restore(json.loads(path.read_text())).plant.state.bots.keys() == {1, 2}


def test_a_worker_process_can_send_a_deadlock_with_its_snapshot() -> None:
    engine = tampered()
    engine.agenda.set(("watch", 1), TOO_LONG_MS)
    with pytest.raises(Deadlock) as seen:
        engine.run_until(TOO_LONG_MS)
    sent = pickle.loads(pickle.dumps(seen.value))
    assert (str(sent), sent.circle, sent.snapshot) == (str(seen.value), (1, 2), seen.value.snapshot)


@pytest.mark.parametrize("with_out", [False, True])
def test_a_deadlock_in_a_study_is_kept_beside_its_results_or_in_this_folder(
    with_out: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine, study = tampered(), console.load("baseline", None, None, None)
    engine.agenda.set(("watch", 1), TOO_LONG_MS)
    out = tmp_path / "new" / "results" if with_out else None
    told = rf"level 1: bot 1 waits for bot 2.*kept in .*{study.scenario.name}\.deadlock\.json"
    work = console.Work(1, None, out, False)
    with pytest.raises(Deadlocked, match=told), console.executor(work, study):
        engine.run_until(TOO_LONG_MS)
    (kept,) = (out or tmp_path).glob("*.deadlock.json")
    assert restore(json.loads(kept.read_text())).now == TOO_LONG_MS


def test_bots_that_wait_for_a_repair_are_no_circle() -> None:
    """One of the two has failed: it will be repaired, and the run goes on."""
    engine = tampered()
    engine.apply(ask.StallBot(1))
    engine.agenda.set(("watch", 1), TOO_LONG_MS)
    engine.run_until(2 * TOO_LONG_MS)
    assert all(bot.held for bot in engine.plant.state.bots.values())


@pytest.mark.parametrize(
    ("graph", "circle"),
    [
        ({}, []),
        ({1: [2], 2: [3]}, []),
        ({1: [1]}, [1]),
        ({3: [1, 2], 1: [9], 2: [3]}, [2, 3]),
        ({5: [4], 4: [3], 3: [5], 1: [5]}, [3, 5, 4]),
    ],
)
def test_circles_are_found_and_begin_with_their_smallest_member(
    graph: dict[int, list[int]], circle: list[int]
) -> None:
    assert find_circle(graph) == circle
