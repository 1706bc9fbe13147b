"""A world in a notebook bears what people do to it."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from twin import lab
from twin.domain.errors import BrokenOff, BrokenPolicy, Invalid
from twin.policies.allocation import NearestBox
from twin.policies.dispatch import Nearest


@pytest.mark.parametrize("after_s", [0.02, 0.05, 0.11])
def test_an_interrupted_run_stops_between_events_and_goes_on_as_if_it_had_not(after_s: float) -> None:
    whole = lab.world("demo", lines_per_hour=900).run("60 min")
    world = lab.world("demo", lines_per_hour=900)
    timer = threading.Timer(after_s, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        world.run("10000 min")
    timer.join()
    assert world.minutes < 60
    world.engine.run_until(3_600_000)
    assert world.log_sha256 == whole.log_sha256


def test_an_interrupt_of_the_bare_engine_leaves_no_half_of_an_event_in_silence() -> None:
    world = lab.world("demo", lines_per_hour=900)
    spare = world.fork()
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        world.engine.run_until(10**9)
    timer.join()
    for use in (world.engine.snapshot, world.fork, lambda: world.run("1 min")):
        with pytest.raises(BrokenOff, match=r"at \d+ ms by KeyboardInterrupt"):
            use()
    assert spare.run("1 min").minutes == 1


class Second(Nearest):
    """A policy that no name says how to make."""

    def __init__(self, number: int) -> None:
        self.number = number


def test_a_policy_given_as_an_object_goes_on_in_forks_of_the_fork() -> None:
    first = lab.world("demo", lines_per_hour=300).run("5 min").fork(dispatch=Second(7))
    again = first.fork()
    policy = again.engine.policies.dispatch
    assert isinstance(policy, Second)
    assert policy.number == 7
    assert first.run("10 min").log_sha256 == again.run("10 min").log_sha256
    assert not isinstance(first.fork(dispatch="oldest").engine.policies.dispatch, Second)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines_per_hour": -5},
        {"lines_per_hour": float("nan")},
        {"people": "apii"},
        {"seed": None},
        {"seed": -1},
        {"seed": True},
    ],
)
def test_a_world_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        lab.world("tiny", **wrong)


@pytest.mark.parametrize(("quantity", "priority"), [(1, "high"), (1, 1.5), (1.5, 0), (True, 0)])
def test_an_order_of_wrong_types_changes_nothing(quantity: Any, priority: Any) -> None:
    world = lab.world("demo", lines_per_hour=200).run("5 min")
    before = world.engine.snapshot()
    with pytest.raises(Invalid):
        world.order({"SKU00001": quantity}, priority=priority)
    assert world.engine.snapshot() == before


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    one = lab.world("demo", seed=np.int64(3), lines_per_hour=np.int64(200)).run("5 min")
    assert one.log_sha256 == lab.world("demo", seed=3, lines_per_hour=200).run("5 min").log_sha256
    assert one.order({"SKU00001": np.int64(1)}, priority=np.int16(2))


class Wrong(NearestBox):
    """Picks that are changed on their way."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def allocate(self, view: Any, command: Any) -> Any:
        """One pick less, or all of them changed."""
        picks = super().allocate(view, command)
        return [replace(pick, **self.changes) for pick in picks] if self.changes else picks[1:]


@pytest.mark.parametrize(
    "changes",
    [{}, {"quantity": -1}, {"quantity": 10**6}, {"box": 1}, {"balcony": 77}, {"entity": 5}, {"carrier": 1}],
)
def test_picks_that_do_not_serve_the_order_stop_the_run_with_nothing_booked(changes: dict[str, Any]) -> None:
    world = lab.world("demo").fork(allocation=Wrong(**changes))
    before = world.skus()
    with pytest.raises(BrokenPolicy, match=r"^allocation policy Wrong: "):
        world.order({"SKU00007": 2})
    assert world.skus().equals(before)
    assert not world.engine.plant.state.requests
