"""Validation case 27: from empty to empty, to the millisecond, the millijoule and the carrier."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin.assembly import HOUR_MS, busy_day, run_to_the_end
from twin.domain.events import Event, RequestStateChanged
from twin.domain.layout import Battery, Site
from twin.domain.work import FULFILLMENT, REQUEST_ENDED, STOCK_TYPES
from twin.experiments.sitegen import LaneShape, lane_site
from twin.records.measures import Measures
from twin.simulation.engine import Engine

SHAPE = LaneShape(deep=3, columns=20, blocks=2, cross_every=10, parking=4, chargers=2, balconies=3)


class OpenOrders:
    """The integral of the number of open orders, and the sum of their times, each by its own account."""

    def __init__(self, types: tuple[str, ...]) -> None:
        self.types = types
        self.began: dict[str, int] = {}
        self.times_ms = self.integral_ms = self.at_ms = self.ended = 0

    def observe(self, seq: int, t_ms: int, event: Event) -> None:
        """To be subscribed."""
        self.integral_ms += len(self.began) * (t_ms - self.at_ms)
        self.at_ms = t_ms
        if isinstance(event, RequestStateChanged) and event.type_name in self.types:
            if event.from_ is None:
                self.began[event.request] = t_ms
            elif event.to in REQUEST_ENDED:
                self.times_ms += t_ms - self.began.pop(event.request)
                self.ended += 1


def site() -> Site:
    """Busy enough that bots dig, wait and charge."""
    return replace(
        lane_site("ledger", SHAPE, bots_per_level=6, fill_percent=88),
        battery=Battery(capacity_wh=40, charge_w=300, start_percent=60),
    )


def carried(engine: Engine) -> list[int]:
    return sorted(carrier.id for carrier in engine.plant.state.carriers.values() if carrier.cell is not None)


@pytest.mark.parametrize("seed", [1, 2])
def test_case_27_little_shares_and_carriers_from_empty_to_empty(seed: int) -> None:
    """Source: Little 1961: integral of L is the sum of W; states fill the time; nothing is lost."""
    orders, picks, measures = OpenOrders(STOCK_TYPES), OpenOrders((FULFILLMENT,)), Measures(0)
    engine = busy_day(site(), 2, 300, seed, [orders.observe, picks.observe, measures])
    stored = carried(engine)
    run_to_the_end(engine, 2 * HOUR_MS)
    assert orders.ended > 150
    assert not orders.began
    assert orders.integral_ms == orders.times_ms
    assert carried(engine) == stored
    figures = measures.result(engine.now)
    assert figures["open_orders_mean"] * engine.now == pytest.approx(picks.times_ms, rel=1e-9)
    shares = {name: share for name, share in figures.items() if name.startswith("bot_share_")}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)
    assert min(shares["bot_share_dig"], shares["bot_share_charge"]) > 0
