"""When orders come and what they ask for, stream by stream."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from twin.assembly import build
from twin.domain.commands import SendPersonAway
from twin.domain.events import Event, JobStateChanged, RequestStateChanged, ServiceStarted
from twin.domain.layout import Site
from twin.domain.work import FULFILLMENT, OPERATOR_SIMULATED, REPLENISHMENT, REQUEST_ENDED
from twin.experiments.sitegen import LaneShape, lane_site
from twin.experiments.stocking import RandomStock
from twin.records.eventlog import EventLog
from twin.simulation import arriving
from twin.simulation.arriving import HOUR_MS, Demand
from twin.simulation.engine import Engine, Observer, restore
from twin.simulation.shifting import Absence

MINUTE_MS = 60_000
CLOSED_LOOP = Demand("loop", 1, HOUR_MS, arrivals=arriving.CLOSED, open_orders=5, replenish_every=0)
ALL_KINDS = [
    Demand("poisson", 120, HOUR_MS, profile_percent=[100, 50] * 12, day_ms=HOUR_MS // 2),
    Demand("even", 120, HOUR_MS, arrivals=arriving.EVEN, lines_weights=[3, 1]),
    Demand("waves", 1, HOUR_MS, arrivals=arriving.WAVES, every_ms=10 * MINUTE_MS, wave_orders=7),
    CLOSED_LOOP,
    Demand(
        "reorder",
        1,
        HOUR_MS,
        arrivals=arriving.REORDER,
        every_ms=MINUTE_MS,
        reorder_percent=30,
        fill_percent=60,
    ),
]


class Seen:
    """When requests were placed and ended, and what was asked for."""

    def __init__(self) -> None:
        self.placed: list[tuple[int, str]] = []
        self.ended: list[int] = []
        self.lines: list[tuple[str | None, int | None]] = []
        self.open: list[int] = [0]

    def __call__(self, seq: int, t_ms: int, event: Event) -> None:
        if isinstance(event, RequestStateChanged) and event.from_ is None:
            self.placed.append((t_ms, event.type_name))
            self.open.append(self.open[-1] + 1)
        elif isinstance(event, RequestStateChanged) and event.to in REQUEST_ENDED:
            self.ended.append(t_ms)
            self.open.append(self.open[-1] - 1)
        elif isinstance(event, JobStateChanged) and event.from_ is None and event.sku:
            self.lines.append((event.sku, event.quantity))

    @property
    def times(self) -> list[int]:
        """When requests were placed."""
        return [t_ms for t_ms, _ in self.placed]


def made(*demands: Demand, site: Site | None = None, observers: tuple[Observer, ...] = ()) -> Engine:
    """A twin with stock, people, and copies of the streams; for several, with a break at balcony 2."""
    fresh = [replace(demand, skus=[], open={}) for demand in demands]
    return build(
        site or lane_site("plain", LaneShape(columns=12), bots_per_level=3),
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=fresh,
        observers=observers,
        keep_ended=False,
        absences=[Absence(2, 30 * MINUTE_MS, 35 * MINUTE_MS)] if len(demands) > 1 else [],
    )


def seen(*demands: Demand, until_ms: int = 2 * HOUR_MS, site: Site | None = None) -> Seen:
    """What happens until then."""
    watch = Seen()
    made(*demands, site=site, observers=(watch,)).run_until(until_ms)
    return watch


def test_a_closed_loop_keeps_its_number_of_orders_open_until_it_ends():
    loop = seen(CLOSED_LOOP)
    full = loop.open[loop.open.index(5) : len(loop.open) - 5]
    assert set(full) == {4, 5}
    assert len(loop.placed) > 50
    assert set(loop.times[5:]) <= set(loop.ended), "each comes at the instant at which another has ended"
    assert loop.times[-1] < HOUR_MS <= loop.ended[-1]
    assert loop.open[-1] == 0


def test_a_closed_loop_without_stock_asks_again():
    demand = replace(CLOSED_LOOP, until_ms=3 * HOUR_MS, largest_quantity=60, smallest_quantity=60)
    engine = made(demand)
    engine.run_until(3 * HOUR_MS)
    assert engine.memory.demands[0].lost_lines > 0
    assert engine.agenda.peek() is not None


def test_even_orders_come_at_equal_distances_without_drift():
    demand = Demand("even", 70, HOUR_MS, arrivals=arriving.EVEN, mean_lines_percent=100, replenish_every=0)
    times = seen(demand).times
    assert times == [round(number * HOUR_MS / 70) for number in range(1, 70)]


def test_waves_come_at_once():
    demand = replace(ALL_KINDS[2], from_ms=5 * MINUTE_MS, replenish_every=0)
    assert Counter(seen(demand).times) == {m * MINUTE_MS: 7 for m in (5, 15, 25, 35, 45, 55)}


def test_a_profile_counts_by_the_hour_of_the_day():
    """The twin begins at 22:30; from 23 to 24 nothing comes, from 0 to 1 twice as much."""
    profile = [200] + [0] * 21 + [100, 0]
    demand = Demand(
        "p", 600, 4 * HOUR_MS, profile_percent=profile, day_ms=22 * HOUR_MS + HOUR_MS // 2, replenish_every=0
    )
    halves = Counter(t // (HOUR_MS // 2) for t in seen(demand, until_ms=4 * HOUR_MS).times)
    assert set(halves) == {0, 3, 4}
    assert 90 < halves[0] < 150
    assert 200 < halves[3] < 280
    assert 200 < halves[4] < 280


def test_recorded_orders_come_as_they_were():
    orders = [
        (1000, "A", (("SKU00001", 2), ("SKU00002", 1))),
        (1000, "B", (("SKU00001", 1),)),
        (9000, "C", ()),
    ]
    demand = Demand("r", 1, HOUR_MS, arrivals=arriving.RECORDED, recorded=orders, replenish_every=0)
    record = seen(demand)
    assert record.times == [1000, 1000]
    assert record.lines == [("SKU00001", 2), ("SKU00002", 1), ("SKU00001", 1)]


def test_what_a_recorded_order_wants_beyond_the_stock_is_lost():
    orders = [(1000, "A", (("SKU00001", 100_000),)), (2000, "B", (("SKU00001", 1),))]
    engine = made(Demand("r", 1, HOUR_MS, arrivals=arriving.RECORDED, recorded=orders, replenish_every=0))
    had = engine.plant.state.skus["SKU00001"].total_quantity
    engine.run_until(1000)
    assert engine.plant.state.skus["SKU00001"].booked_out == had
    engine.run_until(2000)
    assert engine.memory.demands[0].lost_lines == 1


def test_skus_at_the_reorder_point_are_filled_up_to_the_level():
    demand = replace(ALL_KINDS[4], until_ms=1)
    engine = made(demand)
    low = [s.id for s in engine.plant.state.skus.values() if s.total_quantity * 100 <= 30 * s.max_quantity]
    assert low
    engine.run_until(3 * HOUR_MS)
    for sku in engine.plant.state.skus.values():
        share = sku.total_quantity * 100 / sku.max_quantity
        assert share > 30
        if sku.id in low:
            assert 60 - 100 / sku.max_quantity < share <= 60
    assert {r.type_name for r in engine.plant.state.requests.values()} <= {REPLENISHMENT}


def test_lines_per_order_follow_their_weights():
    demand = Demand(
        "w",
        3000,
        HOUR_MS,
        arrivals=arriving.EVEN,
        lines_weights=[1, 0, 1],
        replenish_every=0,
        largest_quantity=1,
    )
    assert demand.mean_lines == 2
    record = seen(demand, until_ms=HOUR_MS)
    at = Counter(record.times)
    assert sum(at.values()) == round(HOUR_MS / demand.mean_gap_ms) - 1
    assert 1.8 < len(record.lines) / len(record.times) < 2.2


def test_classes_share_the_lines_as_they_say():
    """A: 20 % of the SKUs get 80 % of the lines; C: half of them get 5 %."""
    demand = Demand(
        "abc", 3000, HOUR_MS, classes=[(20, 80), (30, 15), (50, 5)], replenish_every=0, largest_quantity=1
    )
    site = lane_site("plain", LaneShape(columns=30, blocks=3), bots_per_level=3)
    engine = made(demand, site=site)
    count = len(engine.memory.demands[0].skus)
    lines = Seen()
    engine.subscribe(lines)
    engine.run_until(HOUR_MS)
    ranks = [int((sku or "")[3:]) for sku, _ in lines.lines]
    assert 0.75 < sum(rank <= count * 0.2 for rank in ranks) / len(ranks) < 0.85
    assert 0.02 < sum(rank > count * 0.5 for rank in ranks) / len(ranks) < 0.09


def pieces(watch: Seen) -> Counter[str | None]:
    """What was asked for by SKU, however it was shared out among boxes."""
    found: Counter[str | None] = Counter()
    for sku, quantity in watch.lines:
        found[sku] += quantity or 0
    return found


def test_twins_that_differ_in_bots_get_the_same_orders_at_the_same_times():
    """Common random numbers: what is compared is the bots, not the luck."""
    few, many = (
        seen(
            ALL_KINDS[0],
            site=lane_site("plain", LaneShape(columns=12), bots_per_level=bots),
            until_ms=HOUR_MS,
        )
        for bots in (1, 4)
    )
    assert few.placed == many.placed
    assert few.ended != many.ended
    assert pieces(few) == pieces(many)


@pytest.mark.parametrize("at_ms", [1, 17 * MINUTE_MS + 1, HOUR_MS - 1])
def test_streams_of_every_kind_go_on_from_a_snapshot_byte_by_byte(at_ms):
    lines: list[bytes] = []
    engine = made(*ALL_KINDS, observers=(EventLog(lines.append).write,))
    engine.run_until(at_ms)
    before, snapshot = len(lines), json.loads(json.dumps(engine.snapshot()))
    engine.run_until(2 * HOUR_MS)
    again: list[bytes] = []
    copy = restore(snapshot)
    copy.subscribe(EventLog(again.append).write)
    copy.run_until(2 * HOUR_MS)
    assert again == lines[before:]
    assert len(again) > 1
    assert {t for t in (FULFILLMENT, REPLENISHMENT) if t.encode() in b"".join(lines)} == {
        FULFILLMENT,
        REPLENISHMENT,
    }


# -- shifts


def test_people_work_in_their_shifts_alone_and_others_get_what_comes_meanwhile():
    site = lane_site("plain", LaneShape(columns=12), bots_per_level=3)
    ids = [balcony.id for balcony in site.balconies]
    assert len(ids) == 2
    absence = Absence(ids[0], 20 * MINUTE_MS, 40 * MINUTE_MS)
    served, asked = Counter[tuple[int, int]](), Counter[tuple[int, int]]()

    def watch(seq: int, t_ms: int, event: Event) -> None:
        third = t_ms // (20 * MINUTE_MS)
        if isinstance(event, ServiceStarted):
            served[event.balcony, third] += 1
        elif isinstance(event, JobStateChanged) and event.from_ is None and event.sku and event.balcony:
            asked[event.balcony, third] += 1

    build(
        site,
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=[replace(ALL_KINDS[0], profile_percent=[], skus=[], open={})],
        observers=[watch],
        absences=[absence],
    ).run_until(HOUR_MS)
    first, second = ids
    assert served[first, 1] == asked[first, 1] == 0
    assert min(served[first, 0], served[first, 2], served[second, 1]) > 5


def test_a_person_who_is_away_by_chance_leaves_at_the_end_of_the_shift_all_the_same():
    site = lane_site("plain", LaneShape(columns=12), bots_per_level=3)
    engine = build(site, operator=OPERATOR_SIMULATED, absences=[Absence(1, 1000, 9000)])
    engine.apply(SendPersonAway(1, repair_ms=3000))
    for t_ms, away in ((500, True), (2000, True), (3500, True), (8999, True), (9000, False)):
        engine.run_until(t_ms)
        assert engine.plant.damage.is_away(1) == away
