"""Folders of results for tests, made as ``twin sweep --out`` makes them."""

from __future__ import annotations

from pathlib import Path

from twin.experiments.scenario.reading import parse_study
from twin.studies.folder import Folder
from twin.studies.pool import in_this_process
from twin.studies.study import Executor, carry_out

SWEEP = """
schema: 1
name: <i>odd</i> & "even"
description: A small site with one to three bots. <script>alert(1)</script>
site: tiny
demand:
  orders: {arrivals: poisson, lines_per_hour: 60}
run: {horizon: 40 min, warm_up: 10 min, replications: 3}
vary:
  fleet.bots_per_level: [1, 2, 3]
compare: baseline
targets:
  lines_per_hour: ">= 20"
  order_lead_time_p95: "<= 5 s"
"""


def make_results(folder: Path, text: str = SWEEP, sweep: bool = True) -> Path:
    """Run a small study and write its results into a folder."""
    study = parse_study(text, "s.yaml", folder)
    variants = study.compared() if sweep else (study.baseline,)
    results = carry_out(variants, Executor(in_this_process))
    Folder(folder).write(results, study, 0.0)
    return folder
