"""``python -m benchmarks.listing``: how long the pages of a site with 100,000 boxes take while it runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

from starlette.datastructures import QueryParams

from api.bridge import Bridge
from api.listing import Listing
from api.wire.common import page_body
from api.wire.exact import ExactResponse
from api.wire.inventory_view import INVENTORY, inventory_body
from api.wire.jobs import JOBS, job_body
from api.wire.stamps import Calendar
from api.world import World, make_world
from twin.assembly import DEFAULT_EPOCH, HOUR_MS
from twin.domain.work import OPERATOR_SIMULATED
from twin.experiments.sitegen import LaneShape, lane_site
from twin.experiments.stocking import RandomStock
from twin.recipe import Beginning, Recipe
from twin.records.views import Views
from twin.simulation.arriving import Demand
from twin.simulation.pacing import Speed, parse_speed

SHAPE = LaneShape(deep=3, columns=220, blocks=8, cross_every=10, parking=40, chargers=12, balconies=8)
LEVELS, BOTS_PER_LEVEL, FILL = 5, 16, 85


def big_world(lines_per_hour: int) -> World:
    """A site with some 100,000 boxes, with orders for a day and people who pick."""
    site = lane_site("big", SHAPE, levels=LEVELS, bots_per_level=BOTS_PER_LEVEL, fill_percent=FILL)
    recipe = Recipe(
        site,
        operator=OPERATOR_SIMULATED,
        epoch=DEFAULT_EPOCH,
        stock=RandomStock(boxes_per_sku=20),
        demands=(Demand("orders", lines_per_hour, 24 * HOUR_MS),),
    )
    world = make_world(Beginning(recipe))
    INVENTORY.warm(world.views.live_inventory())
    return world


def questions(listing: Listing[Any], views: Views) -> Iterator[dict[str, str]]:
    """Nothing, every filter, every field to sort by, and a search."""
    rows = list(views.inventory())
    middle = rows[len(rows) // 3]
    yield {}
    for name in listing.filters:
        field = name.rpartition("__")[0]
        if field.endswith("_at"):
            yield {name: "2026-01-05T06:10:00+01:00"}
        else:
            value = listing.fields[field].get(middle)
            yield {name: str(value if value is not None else 0)}
    yield {"box_id__eq": "none"}
    yield {"sku_id__eq": "none"}
    yield {"page": "1500"}
    yield {"search": "sku_id:SKU001 AND section_code:11"}
    yield {"search": "*:77"}
    for field in listing.fields:
        yield {"sort_by": f"-{field}"}


async def one(bridge: Bridge, query: dict[str, str], repeats: int) -> tuple[list[float], int]:
    """Milliseconds from query to bytes inside the server, the twin running in between; rows found."""
    took, total = [], 0
    for _ in range(repeats):
        await asyncio.sleep(0.02)  # the twin goes on, and rows change
        world = bridge.world
        began = time.perf_counter()
        part = INVENTORY.select(QueryParams(query), world.views.live_inventory(), Calendar(world.epoch))
        calendar = Calendar(world.epoch)
        ExactResponse(page_body(part, lambda row: inventory_body(row, calendar)))  # noqa: B023
        took.append((time.perf_counter() - began) * 1000)
        total = part.total
    return took, total


async def measure(speed: Speed, lines_per_hour: int, repeats: int) -> dict[str, Any]:
    """All questions to a running twin."""
    began = time.perf_counter()
    bridge = Bridge(lambda: big_world(lines_per_hour), speed)
    bridge.start()
    await bridge.ready.wait()
    views = bridge.world.views
    built = time.perf_counter() - began
    await asyncio.sleep(3)
    boxes = len(bridge.world.engine.plant.state.boxes)
    from_ms = bridge.world.engine.now
    found = {}
    for query in questions(INVENTORY, views):
        took, total = await one(bridge, query, repeats)
        written = "&".join(f"{name}={value}" for name, value in query.items()) or "no filter"
        found[written] = {"median_ms": statistics.median(took), "worst_ms": max(took), "rows": total}
    jobs = JOBS.select(QueryParams({}), views.live_jobs(), Calendar(bridge.world.epoch))
    page_body(jobs, lambda row: job_body(row, Calendar(bridge.world.epoch)))
    simulated = (bridge.world.engine.now - from_ms) / 1000
    bridge.close()
    return {"boxes": boxes, "built_s": built, "simulated_s": simulated, "jobs": jobs.total, "pages": found}


def main() -> None:
    """Print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listing", description=__doc__)
    parser.add_argument("--speed", default="50", help='a factor, or "max"')
    parser.add_argument("--lines-per-hour", type=int, default=1500)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    speed = parse_speed(options.speed if options.speed == "max" else float(options.speed))
    found = asyncio.run(measure(speed, options.lines_per_hour, options.repeats))
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{found['boxes']:,} boxes, built in {found['built_s']:.1f} s; speed {options.speed}; meanwhile")
    print(f"{found['simulated_s']:,.0f} s simulated, {found['jobs']:,} jobs by then")
    for name, page in found["pages"].items():
        times = f"{page['median_ms']:7.2f} ms  worst {page['worst_ms']:7.2f}"
        print(f"  {name:45} {times}  {page['rows']:8,} rows")


if __name__ == "__main__":
    main()
