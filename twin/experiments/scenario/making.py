"""From a scenario to what a twin is built of: stock, streams of orders, simulated time 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from twin.domain.commands import SetPerson
from twin.domain.faults import KIND_OF, USUAL_REPAIR_MS, FaultPlan, FaultRate
from twin.domain.inventory import DO_NOTHING, UNASSIGN
from twin.domain.layout import Site
from twin.domain.work import REPLENISHMENT
from twin.experiments.scenario.model import EQUILIBRIUM, Person, Scenario, StartLevel, Stream
from twin.experiments.scenario.orderfile import Orders
from twin.experiments.scenario.partial import changed
from twin.experiments.stocking import RandomStock
from twin.simulation.arriving import DAY_MS, REORDER, Demand
from twin.simulation.shifting import Absence

MIDNIGHT = datetime(2026, 1, 4, 23, tzinfo=UTC)
"""The beginning of Monday, 5 January 2026 in Berlin: the day of every scenario."""


def epoch_of(scenario: Scenario) -> str:
    """Simulated time 0 as ISO 8601 in UTC."""
    return (MIDNIGHT + timedelta(milliseconds=scenario.run.start)).isoformat()


def stock_of(scenario: Scenario, orders: dict[str, Orders]) -> RandomStock:
    """The stock at the start. SKUs of recorded orders are there by their own names."""
    stock, boxes = scenario.stock, scenario.stock.boxes
    return RandomStock(
        filled_percent=stock.loaded_percent,
        largest_load=stock.pieces_per_box,
        skus=stock.skus,
        names=tuple(dict.fromkeys(sku for each in orders.values() for sku in each.skus)),
        weights=(boxes.whole, boxes.halves, boxes.quarters, boxes.mixed),
        popular_in_front=stock.placement == "popular_in_front",
        on_empty=DO_NOTHING if stock.on_empty == "keep" else UNASSIGN,
        level=_level_of(scenario),
    )


def _level_of(scenario: Scenario) -> tuple[int, int] | None:
    """Between which shares of its room every SKU starts; None: every box by itself.

    Under a rule (s, S) the stock, with what is on its way, is as often at any level above s up to S
    where pieces leave one by one, whatever the times between (Hadley and Whitin 1963, chapter 4).
    """
    asked = scenario.stock.start_level
    if isinstance(asked, StartLevel):
        return asked.from_percent, asked.to_percent
    rules = [
        (stream.reorder_percent or 0, stream.up_to_percent or 0)
        for stream in scenario.demand.values()
        if stream.arrivals == REORDER
    ]
    return max(rules) if rules and asked == EQUILIBRIUM else None


def demands_of(scenario: Scenario, orders: dict[str, Orders]) -> list[Demand]:
    """The streams, in the order of the file."""
    return [_demand(name, stream, scenario, orders.get(name)) for name, stream in scenario.demand.items()]


def person_of(scenario: Scenario, balcony: int) -> Person:
    """What the scenario says of the person of a balcony."""
    return scenario.people.get(str(balcony)) or scenario.people.get("all") or Person()


def people_of(scenario: Scenario, site: Site) -> list[SetPerson]:
    """The commands that give people times of their own."""
    own = [(balcony.id, person_of(scenario, balcony.id).times) for balcony in site.balconies]
    return [SetPerson(balcony, changed(site.person, times)) for balcony, times in own if times]


def absences_of(scenario: Scenario, site: Site) -> list[Absence]:
    """The times between the shifts of each balcony's person, up to the horizon."""
    found = []
    for balcony in site.balconies:
        shifts = person_of(scenario, balcony.id).shifts
        if shifts is not None:
            gaps = _gaps(shifts, scenario.run.start, scenario.run.horizon)
            found += [Absence(balcony.id, begin, end) for begin, end in gaps]
    return found


def _gaps(shifts: Iterable[tuple[int, int]], start: int, horizon: int) -> Iterator[tuple[int, int]]:
    """When nobody is there, in ms since the time of day ``start`` of the first day."""
    there = sorted(
        (day * DAY_MS + begin - start, day * DAY_MS + (end if end > begin else end + DAY_MS) - start)
        for day in range(-1, (start + horizon) // DAY_MS + 1)
        for begin, end in shifts
    )
    free = 0
    for begin, end in there:
        if free < min(begin, horizon):
            yield free, begin
        free = max(free, end)
    if free < horizon:
        yield free, horizon


def faults_of(scenario: Scenario) -> FaultPlan:
    """The faults that come by chance, until the horizon."""
    rates = (
        FaultRate(
            KIND_OF[name],
            chance.every,
            USUAL_REPAIR_MS[KIND_OF[name]] if chance.repair is None else chance.repair,
            chance.repair_cv_percent,
        )
        for name, chance in scenario.faults.items()
    )
    return FaultPlan(tuple(rates), scenario.run.horizon)


def _demand(name: str, stream: Stream, scenario: Scenario, orders: Orders | None) -> Demand:
    lines, horizon = stream.lines_per_order, scenario.run.horizon
    return Demand(
        name,
        stream.lines_per_hour or 1,
        min(horizon, stream.end or horizon),
        mean_lines_percent=100 if isinstance(lines, tuple) else round(lines * 100),
        lines_weights=list(lines) if isinstance(lines, tuple) else [],
        smallest_quantity=stream.pieces_per_line.from_,
        largest_quantity=stream.pieces_per_line.to,
        refill_quantity=stream.pieces_per_line.to,
        zipf_percent=round(scenario.stock.zipf * 100),
        classes=[(each.skus_percent, each.lines_percent) for each in scenario.stock.abc or ()],
        replenish_every=1 if stream.kind == REPLENISHMENT.lower() else 0,
        arrivals=stream.arrivals,
        from_ms=stream.begin,
        day_ms=scenario.run.start,
        profile_percent=list(stream.profile_percent or ()),
        every_ms=stream.every or 0,
        wave_orders=stream.orders_per_wave or 0,
        open_orders=stream.open_orders or 0,
        recorded=[order for order in orders.recorded if order[0] >= stream.begin] if orders else [],
        reorder_percent=stream.reorder_percent or 0,
        fill_percent=stream.up_to_percent or 0,
        priority=stream.priority,
        named=name in scenario.promises,
    )
