"""``python -m benchmarks.sweep``: whether a what-if uses all cores, and comes to the same bytes.

Twelve variants of the reference site with ten replications each are swept by the command line, as a planner
would, by one process and by as many as there are cores (and through dask, if asked for). Prints JSON:
``efficiency`` is the speed-up over the number of workers, everything included: start, results, report.
Several processes go before and after the one, so that a machine whose speed drifts favours neither.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twin.studies.pool import cores

SCENARIO = """\
schema: 1
name: what if
site: {{file: {site}, battery: {{start_percent: 30, start_to_percent: 90}}}}
demand:
  orders: {{lines_per_hour: 800}}
  refill: {{kind: replenishment, arrivals: reorder, every: 5 min, reorder_percent: 25, up_to_percent: 70}}
run: {{horizon: {minutes} min, warm_up: {warm_up} min, replications: {replications}}}
vary:
  fleet.bots_per_level: [{bots}]
  demand.orders.lines_per_hour: [400, 600, 800]
"""
BOTS = {"reference": "4, 6, 8, 10", "tiny": "1, 2, 3"}
"""Three rates with each: 12 variants of the reference site."""
SAME = ("kpis.json", "runs.parquet", "series.json", "scenario.yaml", "variants.json")


def swept(folder: Path, name: str, *options: str) -> dict[str, Any]:
    """Sweep the scenario into a folder of its own; how long that took."""
    out = folder / name
    command = [sys.executable, "-m", "twin", "sweep", str(folder / "what-if.yaml"), "--json", *options]
    began = time.perf_counter()
    subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    wall_s = time.perf_counter() - began
    runs = json.loads((out / "manifest.json").read_text())["variants"].values()
    return {"wall_s": wall_s, "runs_s": sum(sum(each["wall_seconds"]) for each in runs)}


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """A dask cluster of this machine; its address."""
    command = [sys.executable, "-m", "twin", "cluster", "--workers", str(workers), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[0]
        finally:
            process.send_signal(signal.SIGINT)


def measured(folder: Path, workers: int, dask: bool) -> dict[str, Any]:
    """Several processes, one, several again, and perhaps a cluster."""
    names = ["before", "after"]
    before = swept(folder, "before", "--workers", str(workers))
    one = swept(folder, "one", "--workers", "1")
    after = swept(folder, "after", "--workers", str(workers))
    several = {key: (before[key] + after[key]) / 2 for key in before}
    found: dict[str, Any] = {"workers": workers, "one": one, "before": before, "after": after}
    if dask:
        with cluster(workers) as address:
            found["dask"] = swept(folder, "dask", "--scheduler", address)
        names.append("dask")
    found["speed_up"] = one["wall_s"] / several["wall_s"]
    found["efficiency"] = found["speed_up"] / workers
    found["outside_runs_s"] = several["wall_s"] - several["runs_s"] / workers
    found["slower_side_by_side"] = several["runs_s"] / one["runs_s"]
    found["same_bytes"] = all(
        (folder / "one" / file).read_bytes() == (folder / name / file).read_bytes()
        for file in SAME
        for name in names
    )
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=int, default=120, help="simulated time of a replication")
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--site", choices=list(BOTS), default="reference")
    parser.add_argument("--dask", action="store_true", help="also through a dask cluster of this machine")
    given = parser.parse_args()
    text = SCENARIO.format(
        site=given.site,
        minutes=given.minutes,
        warm_up=given.minutes // 4,
        replications=given.replications,
        bots=BOTS[given.site],
    )
    with TemporaryDirectory() as name:
        (Path(name) / "what-if.yaml").write_text(text)
        found = measured(Path(name), given.workers, given.dask)
    print(json.dumps({"site": given.site, "minutes": given.minutes, **found}, indent=2))


if __name__ == "__main__":
    main()
