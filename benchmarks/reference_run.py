"""``python -m benchmarks.reference_run``: the day of ``scenarios/reference-day.yaml`` through ``twin run``.

Exactly ``twin run reference-day --replications 1 --workers 1 --json`` in a process of its own, from
its start to its end, beside as many bare SimPy timeouts; then a profile of fewer hours by part.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.reference_day import by_part, plain_simpy
from twin.assembly import HOUR_MS, rare_collection
from twin.experiments.scenario.reading import find_scenario, load_study
from twin.records.eventlog import EventLog
from twin.records.measures import Measures
from twin.simulation.engine import Engine
from twin.studies.running import Task, engine_of

NAME = "reference-day"
SLICE_MS = 600_000
TARGET = 200_000
"""Bot-seconds per wall second that are wanted of one core."""


def run(settings: list[str]) -> dict[str, Any]:
    """The command in a process of its own. ``wall_s`` is what it says itself; the others are of all of it."""
    command = ["run", NAME, "--replications", "1", "--workers", "1", "--json"]
    changes = [word for setting in settings for word in ("--set", setting)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "twin", *command, *changes], check=True, stdout=subprocess.PIPE
    )
    process_s = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(done.stdout)
    bot_seconds = said["bots"] * said["simulated_seconds"]
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "wall_s": said["wall_seconds"],
        "process_wall_s": process_s,
        "process_cpu_s": cpu_s,
        "bots": said["bots"],
        "simulated_s": said["simulated_seconds"],
        "bot_seconds_per_wall_s": bot_seconds / said["wall_seconds"],
        "bot_seconds_per_cpu_s": bot_seconds / cpu_s,
        "target": TARGET,
        "peak_memory_mb": after.ru_maxrss // 1024,
        "log_sha256": said["log_sha256"][0],
    }


class Replication:
    """What ``twin.studies.running.replicate`` does, with key figures and event log, step by step."""

    def __init__(self, settings: list[str], hours: float) -> None:
        changes = [*settings, f"run.horizon={hours} h", "run.warm_up=0 s"]
        self._task = Task(load_study(find_scenario(NAME), changes).baseline, 0, 0)
        self._measures = Measures(0, None)
        self.engine: Engine

    def build(self) -> None:
        """Build the twin."""
        observers = [EventLog().write, self._measures]
        self.engine = engine_of(self._task.variant, self._task.seed, observers)

    def run(self, until_ms: int) -> None:
        """Let it run until an instant."""
        self.engine.run_until(until_ms)

    def conclude(self) -> None:
        """Work out the key figures."""
        self._measures.result(self.engine.now)


def beside(settings: list[str], hours: float) -> dict[str, Any]:
    """CPU seconds of building and of fewer hours, and of as many bare timeouts, all in this process.

    The bare ones take turns with the twin, every ten simulated minutes, and are done four times:
    a machine whose speed drifts favours neither.
    """
    replication = Replication(settings, hours)
    build_s = _cpu_s(replication.build)
    run_s = plain_s = 0.0
    handled = 0
    with rare_collection():
        for until in range(SLICE_MS, round(hours * HOUR_MS) + 1, SLICE_MS):
            run_s += _cpu_s(partial(replication.run, until))
            done, handled = replication.engine.agenda.handled - handled, replication.engine.agenda.handled
            plain_s += plain_simpy(4 * done, len(replication.engine.plant.site.bots)) / 4
    run_s += _cpu_s(replication.conclude)
    return {
        "hours": hours,
        "build_cpu_s": build_s,
        "run_cpu_s": run_s,
        "alarms": handled,
        "plain_simpy_s": plain_s,
        "ratio_to_plain_simpy": run_s / plain_s,
        "plain_timeouts_per_s": handled / plain_s,
    }


def shares(settings: list[str], hours: float) -> dict[str, float]:
    """Which part of the code the time goes to, by cProfile (which slows small functions most)."""
    replication = Replication(settings, hours)
    build = _profiled(replication.build)
    with rare_collection():
        run = _profiled(partial(replication.run, round(hours * HOUR_MS)))
    spent = {"building the twin": sum(build.values()), **run}
    total = sum(spent.values())
    return {part: seconds / total for part, seconds in spent.items()}


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _profiled(work: Callable[[], object]) -> dict[str, float]:
    profile = cProfile.Profile(time.process_time)
    profile.runcall(work)
    return by_part(profile)


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reference_run", description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="of the profile and of the ratio")
    parser.add_argument("--set", action="append", default=[], dest="settings", help="as of twin run")
    options = parser.parse_args()
    found = {
        "twin run": run(options.settings),
        "beside": beside(options.settings, options.hours),
        "share_of_time": shares(options.settings, options.hours),
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
