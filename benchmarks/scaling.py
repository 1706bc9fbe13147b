"""``python -m benchmarks.scaling``: what more bots on a level, and a very big site, cost."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from benchmarks import reference_day
from twin.domain.layout import Site
from twin.experiments.sitegen import LaneShape, lane_site

LINES_PER_BOT = 10
"""Order lines an hour for each bot: the same load however many there are."""
CROWD = LaneShape(deep=3, columns=150, blocks=8, cross_every=10, parking=70, chargers=40, balconies=20)
"""A level with room for 100 bots."""
BIG = LaneShape(deep=3, columns=280, blocks=9, cross_every=10, parking=60, chargers=20, balconies=12)
"""Five of these levels: some 100,000 positions and 400 bots."""


def crowds(hours: float, sizes: tuple[int, ...] = (10, 20, 50, 100)) -> list[dict[str, Any]]:
    """The same level and the same load per bot with ever more bots: CPU time per presentation."""
    found = []
    for bots in sizes:
        site = lane_site("crowd", CROWD, bots_per_level=bots, fill_percent=85)
        day = reference_day.run(site, hours, LINES_PER_BOT * bots)
        found.append(_crowd(bots, day))
    return found


def _crowd(bots: int, day: reference_day.Day) -> dict[str, Any]:
    return {
        "bots": bots,
        "presentations": day.presentations,
        "us_per_presentation": day.cpu_s / max(1, day.presentations) * 1e6,
        "us_per_leg": day.us_per_leg,
        "legs_per_presentation": day.legs / max(1, day.presentations),
        "bot_seconds_per_wall_s": day.bot_seconds_per_wall_s,
    }


def big(hours: float) -> dict[str, Any]:
    """A site of some 100,000 positions and 400 bots: loading, memory, speed."""
    began = time.perf_counter()
    site = lane_site("big", BIG, levels=5, bots_per_level=80, fill_percent=85)
    drawn = time.perf_counter() - began
    began = time.perf_counter()
    reference_day._ready(site, 0.01, 1, reference_day.Counts(), reference_day.EventLog())
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
    hours = parser.parse_args().hours
    print(json.dumps({"crowds": crowds(hours), "big": big(hours)}, indent=1))


if __name__ == "__main__":
    main()
