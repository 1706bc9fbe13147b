"""Replications in parallel: in this process, in processes of this machine, or on a cluster.

Which way they are run changes nothing in what they come to, only the order in which
they end.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from twin.domain.errors import Refusal
from twin.studies.running import Outcome, Task, replicate

Runner = Callable[[Sequence[Task]], Iterator[tuple[Task, Outcome]]]
"""Runs tasks and gives each with its outcome, as they end."""


class WorkersLost(Refusal):
    """The processes that were to do the work are gone."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_this_process(tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
    """One after the other."""
    for task in tasks:
        yield task, replicate(task)


@contextmanager
def local(workers: int) -> Iterator[Runner]:
    """A runner with that many processes; with one worker all is done in this process."""
    if workers == 1:
        yield in_this_process
        return
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=_belong_to_the_parent)
    try:
        yield lambda tasks: in_this_process(tasks) if len(tasks) == 1 else _spread(executor, tasks)
    except BaseException:
        # Nobody waits for what is still running.
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _spread(executor: ProcessPoolExecutor, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
    with _interrupts_held():  # Handing in tasks starts processes, which inherit this.
        futures: dict[Future[Outcome], Task] = {executor.submit(replicate, task): task for task in tasks}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        reason = "a worker process died (was it killed, or is memory short?); use fewer --workers"
        raise WorkersLost(f"{reason}. With --out, what was finished is kept") from None


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C within takes effect at the end. A process that is started within never hears of one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _belong_to_the_parent() -> None:
    """Leave interrupts to the parent, and end with it even where it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
