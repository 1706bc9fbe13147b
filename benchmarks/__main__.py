"""``python -m benchmarks``: the reference day, and what it costs where."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from benchmarks import reference_day
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.sitegen import LaneShape, lane_site


def main() -> None:
    """Run all benchmarks; JSON on standard output with ``--json``, else a table."""
    options = _options()
    site = load_site(find_site(options.site))
    day = reference_day.run(site, options.hours, options.lines_per_hour, _progress())
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    found: dict[str, dict[str, object]] = {
        "day": reference_day.as_json(day),
        "us_per_leg_by_size": _by_size(options.lines_per_hour),
        "share_of_time": dict(reference_day.shares(site, 2, options.lines_per_hour)),
    }
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        _print(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--site", default="reference")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--lines-per-hour", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _by_size(lines_per_hour: int) -> dict[str, object]:
    """CPU microseconds per leg and per cell driven: more levels alike, then wider levels (longer legs)."""
    base = LaneShape(deep=3, columns=40, blocks=3, cross_every=10, parking=8, chargers=4, balconies=4)
    costs: dict[str, object] = {}
    for levels, width in ((1, 1), (4, 1), (16, 1), (2, 2), (2, 4)):
        shape = replace(base, columns=base.columns * width)
        site = lane_site("size", shape, levels=levels, bots_per_level=8, fill_percent=80)
        day = reference_day.run(site, 2, lines_per_hour * levels // 8)
        positions = sum(len(level.kinds) for level in site.levels)
        name = f"{positions} positions, {day.cells_per_leg:.0f} cells a leg"
        costs[name] = day.us_per_leg
    return costs


def _progress() -> reference_day.Progress | None:
    if not sys.stderr.isatty():
        return None
    return lambda done, total: print(f"\r{100 * done // total:3d} %", end="", file=sys.stderr, flush=True)


def _print(found: dict[str, dict[str, object]]) -> None:
    for title, figures in found.items():
        print(f"\n{title.replace('_', ' ')}")
        for name, value in figures.items():
            print(f"  {str(name).replace('_', ' '):32} {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "  ".join(map(_shown, value))
    return (
        f"{value:,.3f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


if __name__ == "__main__":
    main()
