"""A scenario of milliseconds, for the tests of studies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from twin.experiments.scenario.reading import Study, parse_study
from twin.studies.pool import in_this_process
from twin.studies.running import Outcome, Task
from twin.studies.study import Executor, Keeper, Memory

TEXT = """\
schema: 1
name: small
site: tiny
demand:
  orders: {lines_per_hour: 90, lines_per_order: [2, 1]}
  refill: {kind: replenishment, arrivals: reorder, every: 2 min, reorder_percent: 30, up_to_percent: 80}
due: 5 min
run: {horizon: 25 min, warm_up: 5 min, replications: 3, seed: 11}
targets: {lines_per_hour: ">= 20"}
"""


def study(text: str = TEXT, *settings: str) -> Study:
    """The study in a text."""
    return parse_study(text, "small.yaml", Path("nowhere"), settings)


class Counted:
    """Runs tasks in this process and counts them; after ``until`` the user presses Ctrl-C."""

    def __init__(self, until: int = 1_000_000) -> None:
        self.run = 0
        self.until = until

    def __call__(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
        """A runner."""
        for done in in_this_process(tasks):
            if self.run == self.until:
                raise KeyboardInterrupt
            self.run += 1
            yield done


@contextmanager
def executor(keeper: Keeper | None = None, runner: Counted | None = None) -> Iterator[Executor]:
    """What gets outcomes, in this process."""
    yield Executor(runner or in_this_process, keeper or Memory())
