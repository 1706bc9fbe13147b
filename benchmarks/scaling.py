"""``python -m benchmarks.scaling``: what more bots on a level, and a very big site, cost."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks import reference_day
from twin.assembly import HOUR_MS, rare_collection
from twin.domain.layout import Site
from twin.experiments.sitegen import LaneShape, lane_site
from twin.simulation.engine import Engine

LINES_PER_BOT = 10
"""Order lines an hour for each bot: the same load however many there are."""
TURN_MS = 60_000
"""Simulated time for which one fleet runs before it is the next one's turn."""
CROWD = LaneShape(deep=3, columns=150, blocks=8, cross_every=10, parking=70, chargers=40, balconies=20)
"""A level with room for 100 bots."""
BIG = LaneShape(deep=3, columns=280, blocks=9, cross_every=10, parking=60, chargers=20, balconies=12)
"""Five of these levels: some 100,000 positions and 400 bots."""


@dataclass(slots=True)
class Fleet:
    """A run with so many bots on the level, and the CPU seconds it has taken."""

    bots: int
    engine: Engine
    counts: reference_day.Counts
    log: reference_day.EventLog
    cpu_s: float = field(default=0.0)

    @classmethod
    def ready(cls, bots: int, hours: float, lines_per_bot: int) -> Fleet:
        """One that has not begun."""
        site = lane_site("crowd", CROWD, bots_per_level=bots, fill_percent=85)
        counts, log = reference_day.Counts(), reference_day.EventLog()
        engine = reference_day.ready(site, hours, lines_per_bot * bots, counts, log)
        return cls(bots, engine, counts, log)

    def go_to(self, t_ms: int, until_ms: int) -> bool:
        """Run to an instant; whether there is more to do. After ``until_ms`` only what is open is done."""
        engine, began = self.engine, time.process_time()
        engine.run_until(min(t_ms, until_ms))
        while engine.now < t_ms and not engine.idle and not engine.quiet:
            engine.step()
        self.cpu_s += time.process_time() - began
        return t_ms < until_ms or not (engine.idle or engine.quiet)

    @property
    def us_per_presentation(self) -> float:
        """CPU microseconds per carrier that was presented."""
        return self.cpu_s / max(1, self.counts.presentations) * 1e6


def crowds(
    hours: float, lines_per_bot: int, sizes: tuple[int, ...] = (10, 20, 50, 100)
) -> list[dict[str, Any]]:
    """The same level and the same load per bot with ever more bots: CPU time per presentation.

    The fleets take turns, so that other work on the machine disturbs all of them alike.
    """
    fleets = [Fleet.ready(bots, hours, lines_per_bot) for bots in sizes]
    until_ms, t_ms, running = round(hours * HOUR_MS), 0, list(fleets)
    with rare_collection():
        while running:
            t_ms += TURN_MS
            running = [fleet for fleet in running if fleet.go_to(t_ms, until_ms)]
    return [_crowd(fleet, fleets[0]) for fleet in fleets]


def _crowd(fleet: Fleet, smallest: Fleet) -> dict[str, Any]:
    counts = fleet.counts
    return {
        "bots": fleet.bots,
        "presentations": counts.presentations,
        "us_per_presentation": fleet.us_per_presentation,
        "times_the_smallest": fleet.us_per_presentation / smallest.us_per_presentation,
        "us_per_leg": fleet.cpu_s / max(1, counts.legs) * 1e6,
        "legs_per_presentation": counts.legs / max(1, counts.presentations),
        "simulated_s": fleet.engine.now / 1000,
        "log_sha256": fleet.log.sha256,
    }


def big(hours: float) -> dict[str, Any]:
    """A site of some 100,000 positions and 400 bots: loading, memory, speed."""
    began = time.perf_counter()
    site = lane_site("big", BIG, levels=5, bots_per_level=80, fill_percent=85)
    drawn = time.perf_counter() - began
    began = time.perf_counter()
    reference_day.ready(site, 0.01, 1, reference_day.Counts(), reference_day.EventLog())
    loaded = time.perf_counter() - began
    day = reference_day.run(site, hours, LINES_PER_BOT * len(site.bots))
    return {
        "positions": positions(site),
        "bots": len(site.bots),
        "carriers": len(site.carriers),
        "drawn_s": drawn,
        "loaded_s": loaded,
        "peak_memory_mb": day.peak_memory_mb,
        "bot_seconds_per_wall_s": day.bot_seconds_per_wall_s,
        "us_per_leg": day.us_per_leg,
        "presentations": day.presentations,
    }


def positions(site: Site) -> int:
    """How many cells a site has."""
    return sum(len(level.kinds) for level in site.levels)


def main() -> None:
    """Run both and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--lines-per-bot", type=int, nargs="+", default=[LINES_PER_BOT, 2 * LINES_PER_BOT])
    parser.add_argument("--no-big", action="store_true", help="leave out the big site")
    options = parser.parse_args()
    found: dict[str, Any] = {
        f"{lines} lines per bot and hour": crowds(options.hours, lines) for lines in options.lines_per_bot
    }
    if not options.no_big:
        found["big"] = big(options.hours)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
