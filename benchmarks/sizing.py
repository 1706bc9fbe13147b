"""``python -m benchmarks.sizing``: ``twin size`` on the reference site, confirmed by a full grid.

Prints what the sizing tried and answered, and a table of all values for ``docs/scenarios.md``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from twin.experiments.scenario.reading import Study, parse_study, vary
from twin.experiments.statistics import Interval
from twin.studies.pool import cores, local
from twin.studies.sizing import LOOKS, find_size, question
from twin.studies.study import Executor, carry_out

KPI, KEY = "lines_per_hour", "fleet.bots_per_level"
SCENARIO = """\
schema: 1
name: sizing
site: {file: reference, battery: {start_percent: 30, start_to_percent: 90}}
demand:
  orders: {lines_per_hour: 800}
  refill: {kind: replenishment, arrivals: reorder, every: 5 min, reorder_percent: 25, up_to_percent: 70}
run: {horizon: 2 h, warm_up: 30 min, replications: 4}
targets: {lines_per_hour: ">= 500"}
"""


def tables(study: Study, varied: str, executor: Executor) -> list[str]:
    """The answer of the sizing in words, and the grid of all values it could have tried as a table."""
    size = find_size(study, question(study, varied, []), executor)
    tried = [point.value for point in size.curve]
    last = int(tried[-1])
    values = [str(value) for value in range(int(tried[0]), last + 1)]
    grid = carry_out(vary(study, KEY, values), executor)
    answers = [value == size.answer for value in values]
    found = [_cell(result.kpis[KPI], chosen) for result, chosen in zip(grid, answers, strict=True)]
    return [
        f"{size.headline}; tried {len(tried)} of {len(values)}: {', '.join(tried)}",
        *size.notes,
        f"| bots a level | {' | '.join(values)} |",
        f"|{'---|' * (len(values) + 1)}",
        f"| lines an hour | {' | '.join(found)} |",
    ]


def _cell(found: Interval, chosen: bool) -> str:
    text = f"{found.mean:.0f} ± {found.half_width:.0f}"
    return f"**{text}**" if chosen else text


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--vary", default=f"{KEY}=2..20")
    parser.add_argument("--set", action="append", default=[], help="key=value of the scenario")
    given = parser.parse_args()
    settings = [f"run.replications={LOOKS[0]}", *given.set]
    study = parse_study(SCENARIO, "sizing", Path(), settings)
    with local(given.workers) as runner:
        print("\n".join(tables(study, given.vary, Executor(runner))))


if __name__ == "__main__":
    main()
