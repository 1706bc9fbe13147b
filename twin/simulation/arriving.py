"""Demand that arises inside the twin: orders at random times for random SKUs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from twin.domain.commands import PlaceFulfillment, PlaceReplenishment, SkuLine
from twin.domain.inventory import Sku

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

TRIES = 16
"""Draws of an SKU before a line is given up because none has stock (or room)."""


@dataclass(slots=True)
class Demand:
    """A stream of orders: Poisson in time, a geometric number of lines, SKUs by Zipf's law.

    ``lines_per_hour`` counts the lines that are placed on average; one order in
    ``replenish_every`` is a replenishment (0: none). It ends at ``until_ms``.
    Popularity falls as 1 / rank ** (zipf_percent / 100) over ``skus``.
    """

    name: str
    lines_per_hour: int
    until_ms: int
    skus: list[str] = field(default_factory=list)
    mean_lines_percent: int = 250
    largest_quantity: int = 3
    refill_quantity: int = 12
    zipf_percent: int = 80
    replenish_every: int = 8
    orders: int = 0
    lost_lines: int = 0

    @property
    def mean_gap_ms(self) -> float:
        """Mean time between two orders."""
        return 3_600_000 * self.mean_lines_percent / 100 / self.lines_per_hour


def begin(engine: Engine, number: int, demand: Demand) -> None:
    """Wait for the next order of a stream, unless the stream has ended."""
    due = engine.now + engine.streams.exponential_ms(f"demand/{demand.name}/gap", demand.mean_gap_ms)
    if due < demand.until_ms:
        engine.agenda.set(("demand", number), due)


def arrive(engine: Engine, number: int) -> None:
    """An order comes in."""
    demand = engine.memory.demands[number]
    demand.orders += 1
    filling = bool(demand.replenish_every) and demand.orders % demand.replenish_every == 0
    lines = _draw_lines(engine, demand, filling)
    if lines:
        engine.carry_out(PlaceReplenishment(lines) if filling else PlaceFulfillment(lines))
    begin(engine, number, demand)


def _draw_lines(engine: Engine, demand: Demand, filling: bool) -> tuple[SkuLine, ...]:
    stream = f"demand/{demand.name}/lines"
    lines: dict[str, int] = {}
    more = True
    while more:
        sku = _draw_sku(engine, demand, filling, lines)
        if sku is None:
            demand.lost_lines += 1
        else:
            free = sku.replenishable if filling else sku.fulfillable
            wanted = demand.refill_quantity if filling else demand.largest_quantity
            lines[sku.id] = 1 + engine.streams.below(stream, min(wanted, free))
        # Another line follows with the probability that gives the geometric mean.
        more = engine.streams.below(stream, demand.mean_lines_percent) >= 100
    return tuple(SkuLine(sku, quantity) for sku, quantity in lines.items())


def _draw_sku(engine: Engine, demand: Demand, filling: bool, drawn: dict[str, int]) -> Sku | None:
    table = _popularity(len(demand.skus), demand.zipf_percent)
    for _ in range(TRIES):
        rank = bisect_right(table, engine.streams.below(f"demand/{demand.name}/sku", table[-1]))
        sku = engine.plant.state.skus[demand.skus[rank]]
        if sku.id not in drawn and (sku.replenishable if filling else sku.fulfillable) > 0:
            return sku
    return None


@lru_cache(maxsize=64)
def _popularity(count: int, zipf_percent: int) -> tuple[int, ...]:
    """Cumulative integer weights by rank."""
    table, total = [], 0
    for rank in range(1, count + 1):
        total += max(1, round(1_000_000_000 / rank ** (zipf_percent / 100)))
        table.append(total)
    return tuple(table)
