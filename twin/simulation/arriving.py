"""Demand that arises inside the twin: streams of orders, as data, and when the next one comes.

What a stream asks for is in ``twin/simulation/ordering.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.domain.commands import PlaceFulfillment, PlaceReplenishment, SkuLine
from twin.domain.events import RequestStateChanged
from twin.domain.work import REQUEST_ENDED
from twin.simulation import ordering

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

POISSON = "poisson"
EVEN = "deterministic"
WAVES = "waves"
CLOSED = "closed_loop"
RECORDED = "recorded"
REORDER = "reorder"
ARRIVALS = (POISSON, EVEN, WAVES, CLOSED, RECORDED, REORDER)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
RETRY_MS = 60_000
"""After this a closed loop asks again where nothing could be ordered for lack of stock or room."""

RecordedOrder = tuple[int, str, tuple[tuple[str, int], ...]]
"""Time in ms, the order's id, and its lines: SKU and pieces."""


@dataclass(slots=True)
class Demand:
    """A stream of orders between ``from_ms`` and ``until_ms``. ``arrivals`` says when they come:

    - ``poisson``: at random, ``lines_per_hour`` lines on average, times the percentage that
      ``profile_percent`` (24 values or none) gives for the hour of the day; the day began
      ``day_ms`` before simulated time 0;
    - ``deterministic``: the same rate, evenly spaced;
    - ``waves``: ``wave_orders`` at once, every ``every_ms``;
    - ``closed_loop``: always ``open_orders`` open; one that ends is followed by the next;
    - ``recorded``: those of ``recorded``, in ascending order of time;
    - ``reorder``: every ``every_ms``, SKUs whose stock (with what is booked in and out) is at
      most ``reorder_percent`` of their room are filled up to ``fill_percent`` of it.

    An order has a geometric number of lines with mean ``mean_lines_percent`` / 100, or, where
    ``lines_weights`` is given, i + 1 lines with the i-th weight. A line is for
    ``smallest_quantity`` to ``largest_quantity`` pieces (replenishments: to
    ``refill_quantity``) of an SKU drawn by popularity: 1 / rank ** (zipf_percent / 100)
    over ``skus``, or by ``classes``: pairs of percent of the SKUs and percent of the lines.
    One order in ``replenish_every`` is a replenishment (0: none, 1: all).

    Orders of a stream that is ``named`` are called ``NAME/1``, ``NAME/2``, ...,
    so that whoever reads the log can tell them from others.

    ``orders``, ``lost_lines`` and ``open`` (request and when it was placed) are what it has done.
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
    arrivals: str = POISSON
    from_ms: int = 0
    day_ms: int = 0
    profile_percent: list[int] = field(default_factory=list)
    every_ms: int = 0
    wave_orders: int = 0
    open_orders: int = 0
    recorded: list[RecordedOrder] = field(default_factory=list)
    reorder_percent: int = 0
    fill_percent: int = 0
    lines_weights: list[int] = field(default_factory=list)
    smallest_quantity: int = 1
    classes: list[tuple[int, int]] = field(default_factory=list)
    priority: int = 0
    named: bool = False
    orders: int = 0
    lost_lines: int = 0
    open: dict[str, int] = field(default_factory=dict)

    @property
    def mean_gap_ms(self) -> float:
        """Mean time between two orders where the profile says 100 %."""
        return HOUR_MS * self.mean_lines / self.lines_per_hour

    @property
    def mean_lines(self) -> float:
        """Mean number of lines of an order."""
        weights = self.lines_weights
        if not weights:
            return self.mean_lines_percent / 100
        return sum(lines * weight for lines, weight in enumerate(weights, 1)) / sum(weights)


def begin(engine: Engine, number: int, demand: Demand) -> None:
    """Wait for the first order of a stream."""
    if demand.arrivals in (WAVES, CLOSED, REORDER):
        _wait(engine, number, demand, max(demand.from_ms, engine.now))
    else:
        _wait_for_next(engine, number, demand)


def arrive(engine: Engine, number: int) -> None:
    """It is time for the next order, or orders, of a stream."""
    demand = engine.memory.demands[number]
    if demand.arrivals == CLOSED:
        _fill_loop(engine, number, demand)
        return
    if demand.arrivals == REORDER:
        for lines in ordering.reorder(engine, demand):
            _place(engine, demand, lines, filling=True)
    elif demand.arrivals == RECORDED:
        _place_recorded(engine, demand)
    else:
        for _ in range(demand.wave_orders if demand.arrivals == WAVES else 1):
            _place_drawn(engine, demand)
    _wait_for_next(engine, number, demand)


def watch(engine: Engine) -> None:
    """Let closed loops follow up on their orders that have just ended."""
    for event in engine.plant.happened:
        if type(event) is RequestStateChanged and event.to in REQUEST_ENDED:
            for number in engine.loops:
                if engine.memory.demands[number].open.pop(event.request, None) is not None:
                    engine.agenda.set(("demand", number), engine.now)


def _wait_for_next(engine: Engine, number: int, demand: Demand) -> None:
    due = _next_due(engine, demand)
    if due is not None:
        _wait(engine, number, demand, due)


def _wait(engine: Engine, number: int, demand: Demand, due: int) -> None:
    if due < demand.until_ms:
        engine.agenda.set(("demand", number), due)


def _next_due(engine: Engine, demand: Demand) -> int | None:
    if demand.arrivals == RECORDED:
        rest = demand.recorded[demand.orders : demand.orders + 1]
        return rest[0][0] if rest else None
    if demand.arrivals in (WAVES, REORDER):
        return engine.now + demand.every_ms
    since = max(engine.now, demand.from_ms)
    if demand.arrivals == EVEN:
        if not demand.profile_percent:
            # Counted from the first, so that rounding never adds up.
            return demand.from_ms + round((demand.orders + 1) * demand.mean_gap_ms)
        return _after(demand, since, round(demand.mean_gap_ms))
    return _after(
        demand, since, engine.streams.exponential_ms(f"demand/{demand.name}/gap", demand.mean_gap_ms)
    )


def _after(demand: Demand, since: int, gap_ms: int) -> int:
    """When ``gap_ms`` have passed, counting each hour of the day at its percentage."""
    profile = demand.profile_percent
    if not profile:
        return since + gap_ms
    left = gap_ms * 100
    while since < demand.until_ms:
        clock = (since + demand.day_ms) % DAY_MS
        percent, to_hour = profile[clock // HOUR_MS], HOUR_MS - clock % HOUR_MS
        if percent * to_hour > left:
            return since + max(1, left // percent)
        left -= percent * to_hour
        since += to_hour
    return demand.until_ms


def _place_drawn(engine: Engine, demand: Demand) -> str | None:
    """One order; its request, or None where nothing could be ordered."""
    demand.orders += 1
    filling = bool(demand.replenish_every) and demand.orders % demand.replenish_every == 0
    return _place(engine, demand, ordering.draw_lines(engine, demand, filling), filling)


def _place(engine: Engine, demand: Demand, lines: tuple[SkuLine, ...], filling: bool) -> str | None:
    if not lines:
        return None
    make = PlaceReplenishment if filling else PlaceFulfillment
    name = f"{demand.name}/{demand.orders}" if demand.named else None
    request = engine.carry_out(make(lines, demand.priority, name))
    assert isinstance(request, str)
    return request


def _fill_loop(engine: Engine, number: int, demand: Demand) -> None:
    """Place orders until enough are open."""
    if engine.now >= demand.until_ms:
        return
    while len(demand.open) < demand.open_orders:
        request = _place_drawn(engine, demand)
        if request is None:
            _wait(engine, number, demand, engine.now + RETRY_MS)
            return
        demand.open[request] = engine.now


def _place_recorded(engine: Engine, demand: Demand) -> None:
    due = engine.now
    while demand.orders < len(demand.recorded) and demand.recorded[demand.orders][0] <= due:
        wanted = demand.recorded[demand.orders][2]
        demand.orders += 1
        filling = demand.replenish_every == 1
        _place(engine, demand, ordering.what_there_is(engine, demand, wanted, filling), filling)
