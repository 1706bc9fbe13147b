"""What the orders of a stream ask for.

Each choice has a random stream of its own, of which every line draws the same number
of values whatever the stock is like: runs that differ in bots or policies get the same
orders (common random numbers). Only draws that are repeated for lack of stock differ,
and those come from a stream of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from twin.domain.commands import SkuLine
from twin.domain.inventory import Sku

if TYPE_CHECKING:
    from twin.simulation.arriving import Demand
    from twin.simulation.engine import Engine

TRIES = 16
"""Draws of an SKU before a line is given up because none has stock (or room)."""

MOST_LINES = 20
"""Lines of one replenishment that a reorder rule makes."""

WEIGHT = 1_000_000_000


def draw_lines(engine: Engine, demand: Demand, filling: bool) -> tuple[SkuLine, ...]:
    """The lines of a random order; none where nothing that was drawn has stock (or room)."""
    lines: dict[str, int] = {}
    for _ in range(_number_of_lines(engine, demand)):
        wanted = _draw_quantity(engine, demand, filling)
        sku = _draw_sku(engine, demand, filling, lines)
        if sku is None:
            demand.lost_lines += 1
        else:
            lines[sku.id] = min(wanted, _free(sku, filling))
    return tuple(SkuLine(sku, quantity) for sku, quantity in lines.items())


def what_there_is(
    engine: Engine, demand: Demand, wanted: tuple[tuple[str, int], ...], filling: bool
) -> tuple[SkuLine, ...]:
    """The lines of a recorded order as far as there is stock (or room); a line with none is lost."""
    lines: dict[str, int] = {}
    for sku_id, quantity in wanted:
        sku = engine.plant.stock.sku(sku_id)
        possible = min(quantity, _free(sku, filling) - lines.get(sku_id, 0))
        if possible > 0:
            lines[sku_id] = lines.get(sku_id, 0) + possible
        else:
            demand.lost_lines += 1
    return tuple(SkuLine(sku, quantity) for sku, quantity in lines.items())


def reorder(engine: Engine, demand: Demand) -> Iterator[tuple[SkuLine, ...]]:
    """The replenishments that are due: SKUs at or below the reorder point, filled up."""
    lines: list[SkuLine] = []
    for sku_id in demand.skus:
        sku = engine.plant.state.skus[sku_id]
        position, room = sku.total_quantity - sku.booked_out + sku.booked_in, sku.max_quantity
        if position * 100 <= demand.reorder_percent * room:
            missing = min(demand.fill_percent * room // 100 - position, sku.replenishable)
            if missing > 0:
                lines.append(SkuLine(sku_id, missing))
    for start in range(0, len(lines), MOST_LINES):
        demand.orders += 1
        yield tuple(lines[start : start + MOST_LINES])


def _number_of_lines(engine: Engine, demand: Demand) -> int:
    stream = f"demand/{demand.name}/lines"
    if demand.lines_weights:
        table = _cumulative(tuple(demand.lines_weights))
        return 1 + bisect_right(table, engine.streams.below(stream, table[-1]))
    lines = 1
    # Another line follows with the probability that gives the geometric mean.
    while engine.streams.below(stream, demand.mean_lines_percent) >= 100:
        lines += 1
    return lines


def _draw_quantity(engine: Engine, demand: Demand, filling: bool) -> int:
    low, high = demand.smallest_quantity, demand.refill_quantity if filling else demand.largest_quantity
    return low + engine.streams.below(f"demand/{demand.name}/quantity", max(1, high - low + 1))


def _draw_sku(engine: Engine, demand: Demand, filling: bool, drawn: dict[str, int]) -> Sku | None:
    table = popularity(len(demand.skus), demand.zipf_percent, tuple(demand.classes))
    stream = f"demand/{demand.name}/sku"
    for _ in range(TRIES):
        rank = bisect_right(table, engine.streams.below(stream, table[-1]))
        sku = engine.plant.state.skus[demand.skus[rank]]
        if sku.id not in drawn and _free(sku, filling) > 0:
            return sku
        stream = f"demand/{demand.name}/sku/again"
    return None


def _free(sku: Sku, filling: bool) -> int:
    return sku.replenishable if filling else sku.fulfillable


@lru_cache(maxsize=64)
def popularity(count: int, zipf_percent: int, classes: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Cumulative integer weights by rank: by classes where there are any, else by Zipf's law."""
    if classes:
        return tuple(accumulate(_class_weights(count, classes)))
    return tuple(
        accumulate(max(1, round(WEIGHT / rank ** (zipf_percent / 100))) for rank in range(1, count + 1))
    )


def _class_weights(count: int, classes: tuple[tuple[int, int], ...]) -> Iterator[int]:
    """Each class spreads its percent of the lines evenly over its percent of the SKUs."""
    done = passed = 0
    for skus_percent, lines_percent in classes:
        passed += skus_percent
        size = count * passed // 100 - done
        done += size
        yield from (max(1, WEIGHT * lines_percent // size) for _ in range(size))


@lru_cache(maxsize=64)
def _cumulative(weights: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(accumulate(weights))
