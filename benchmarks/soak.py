"""A soak: days of simulated work with batteries and faults, the log on disk, and the checker over it.

``make soak``, or ``python -m benchmarks.soak --days 7 --out DIR``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from twin.assembly import HOUR_MS, busy_day, rare_collection, run_to_the_end
from twin.checking import check_file
from twin.domain.events import Event, FaultBegan, LegCut, LegPlanned
from twin.domain.faults import FaultPlan
from twin.experiments.sitefile import find_site, load_site
from twin.records.eventlog import EventLog

DAY_H = 24


class Counts:
    """What happened, by kind."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, _seq: int, _t_ms: int, event: Event) -> None:
        """Count one event."""
        if isinstance(event, LegPlanned | LegCut):
            self.seen[type(event).__name__] += 1
        elif isinstance(event, FaultBegan):
            self.seen[event.kind] += 1


def resident_mb() -> int:
    """What the process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 1_000_000


def soak(site: str, days: int, lines_per_hour: int, faults_every_s: int, seed: int, log_path: Path) -> Any:
    """Run, then check; what it came to, as JSON values."""
    counts, began = Counts(), time.process_time()
    horizon = days * DAY_H * HOUR_MS
    by_day: list[dict[str, float]] = []
    with log_path.open("wb") as file, rare_collection():
        log = EventLog(file.write)
        faults = FaultPlan.every(1000 * faults_every_s, horizon)
        place = load_site(find_site(site))
        engine = busy_day(place, days * DAY_H, lines_per_hour, seed, [log.write, counts], faults)
        for day in range(1, days + 1):
            engine.run_until(day * DAY_H * HOUR_MS)
            by_day.append({"day": day, "memory_mb": resident_mb(), "legs": counts.seen["LegPlanned"]})
            print(json.dumps(by_day[-1] | {"cpu_s": round(time.process_time() - began)}), file=sys.stderr)
        run_to_the_end(engine, horizon)
    ran = time.process_time()
    report = check_file(str(log_path), complete=True)
    return {
        "by_day": by_day,
        "counts": dict(sorted(counts.seen.items())),
        "orders": engine.memory.demands[0].orders,
        "events": log.lines,
        "ended_h": round(engine.now / HOUR_MS, 2),
        "log_mb": log_path.stat().st_size // 1_000_000,
        "log_sha256": log.sha256,
        "cpu_s": round(ran - began),
        "checker_cpu_s": round(time.process_time() - ran),
        "violations": report.violation_count,
        "open_requests": report.open_requests,
        "open_jobs": report.open_jobs,
        "proved": report.ok,
    }


def main() -> None:
    """Run from the command line; exit status 1 where the log is refuted."""
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--site", default="reference")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--lines-per-hour", type=int, default=1000)
    parser.add_argument("--faults-every", type=int, default=600, help="mean seconds between two faults")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("soak"), help="a directory for the log")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / "soak.jsonl"
    found = soak(asked.site, asked.days, asked.lines_per_hour, asked.faults_every, asked.seed, path)
    print(json.dumps(found, indent=2))
    sys.exit(not found["proved"])


if __name__ == "__main__":
    main()
