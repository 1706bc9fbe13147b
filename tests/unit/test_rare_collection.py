"""Looking for garbage seldom is the business of runs, and over with the last of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.assembly import SELDOM, rare_collection

USUAL = (701, 11, 12)


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*USUAL)
    yield
    gc.set_threshold(*before)


@given(st.permutations(["a", "a", "b", "b", "c", "c"]))
def test_runs_that_overlap_in_any_way_bring_back_what_was_usual(order: list[str]) -> None:
    """The first time a name comes its run begins, the second time it ends."""
    gc.set_threshold(*USUAL)
    running: dict[str, ExitStack] = {}
    for name in order:
        if name in running:
            running.pop(name).close()
        else:
            running[name] = ExitStack()
            running[name].enter_context(rare_collection())
        assert gc.get_threshold() == (SELDOM if running else USUAL)


def test_two_threads_that_end_in_the_order_in_which_they_began_leave_nothing_behind() -> None:
    together, apart = Barrier(2), Barrier(2)

    def first() -> None:
        with rare_collection():
            together.wait()
        apart.wait()

    def second() -> None:
        with rare_collection():
            together.wait()
            apart.wait()

    threads = [Thread(target=first), Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.get_threshold() == USUAL


def test_a_run_that_fails_brings_it_back_too() -> None:
    with pytest.raises(ZeroDivisionError), rare_collection():
        raise ZeroDivisionError
    assert gc.get_threshold() == USUAL
