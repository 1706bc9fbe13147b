"""Key figures come from the events alone, and time is divided among them without a remainder."""

from __future__ import annotations

import json
import random
from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from clients import finish, run_out
from hypothesis import given
from hypothesis import strategies as st
from searching import laws
from worlds import DIGGING, MINUTE_MS, Lines, World

from twin.domain.work import OPERATORS
from twin.records.measures import PARTS, Measures, OrderTimes, measure_log

WORLDS = st.builds(
    World,
    site_seed=st.integers(0, 10_000),
    bots=st.integers(1, 8),
    fill_percent=st.integers(50, 95),
    seed=st.integers(0, 10_000),
    minutes=st.integers(2, 12),
    lines_per_hour=st.integers(60, 900),
    operator=st.sampled_from(OPERATORS),
    capacity_wh=st.sampled_from((12, 20, 480)),
)


class Run:
    """A world run to its end, measured as it went."""

    def __init__(self, world: World, warmup_ms: int = 0) -> None:
        self.log, self.orders = Lines(), list[OrderTimes]()
        self.measures = Measures(warmup_ms, 120, self.orders.append)
        self.engine = world.build([self.log.write, self.measures])
        self.engine.run_until(world.until_ms)
        finish(self.engine, random.Random(world.seed))
        self.end_ms = max(self.engine.now, warmup_ms + 1)
        self.engine.run_until(self.end_ms)


@laws(in_ci=25)
@given(WORLDS)
def test_the_parts_of_a_lead_time_are_the_whole_and_what_the_log_says(world: World) -> None:
    """To the millisecond, for every order, by an account of each instant that shares no code."""
    run = Run(world)
    story = Story(run.log.lines)
    for order in run.orders:
        request = run.engine.plant.state.requests[order.request]
        assert order.accepted_ms == request.created_ms
        assert order.ended_ms == request.updated_ms
        assert min(order.parts) >= 0
        assert sum(order.parts) == order.ended_ms - order.accepted_ms
        assert dict(zip(PARTS, order.parts, strict=True)) == story.parts(order)


def test_every_part_of_a_lead_time_occurs_in_a_crowded_store_with_small_batteries() -> None:
    world = World(bots=8, minutes=30, lines_per_hour=500, fill_percent=95, capacity_wh=20, policies=DIGGING)
    run = Run(world)
    story = Story(run.log.lines)
    for order in run.orders:
        assert dict(zip(PARTS, order.parts, strict=True)) == story.parts(order)
    assert len(run.orders) > 50
    assert all(sum(order.parts[i] for order in run.orders) > 0 for i in range(len(PARTS)))


@laws(in_ci=25)
@given(WORLDS, st.integers(0, 8 * MINUTE_MS))
def test_shares_of_time_sum_to_one_and_a_log_gives_the_same_figures(world: World, warmup_ms: int) -> None:
    run = Run(world, warmup_ms)
    found = run.measures.result(run.end_ms)
    assert sum(v for k, v in found.items() if k.startswith("bot_share_")) == pytest.approx(1, abs=1e-12)
    for suffix in ("", ".1"):
        states = ("utilisation", "starved", "blocked", "unattended", "idle")
        assert sum(found[f"balcony_{s}{suffix}"] for s in states) == pytest.approx(1, abs=1e-12)
    if "order_lead_time_mean" in found:
        parts = sum(found[f"lead_{part}"] for part in PARTS)
        assert parts == pytest.approx(found["order_lead_time_mean"], rel=1e-12)
    assert found == run.measures.result(run.end_ms), "reading changes nothing"
    again = measure_log(run.log.lines, warmup_ms, run.end_ms, 120)
    assert again.result(run.end_ms) == found
    assert again.series() == run.measures.series()


@laws(in_ci=20)
@given(WORLDS)
def test_the_energy_in_the_figures_is_what_the_batteries_have_given(world: World) -> None:
    run = Run(world)
    run.measures.result(run.end_ms)
    meter, bots = run.engine.plant.meter, run.engine.plant.state.bots
    for bot in bots.values():
        meter.settle(bot, run.end_ms)
    counted = sum(totals.drawn_mj for totals in run.measures.bots.totals.values())
    assert counted == sum(bot.drawn_mj for bot in bots.values())
    for bot_id, bot in bots.items():
        if not bot.charging:
            assert run.measures.bots.bots[bot_id].energy_mj == bot.energy_mj


@laws(in_ci=10)
@given(WORLDS, st.sampled_from((10, 40)))
def test_energy_and_shares_of_time_are_exact_with_faults_as_well(world: World, every_s: int) -> None:
    """Legs that are cut, bots that stand where they stalled, an emergency stop."""
    run = Run(replace(world, faults_every_s=every_s))
    found = run.measures.result(run.end_ms)
    assert sum(v for k, v in found.items() if k.startswith("bot_share_")) == pytest.approx(1, abs=1e-12)
    meter, bots = run.engine.plant.meter, run.engine.plant.state.bots
    for bot in bots.values():
        meter.settle(bot, run.end_ms)
    counted = sum(totals.drawn_mj for totals in run.measures.bots.totals.values())
    assert counted == sum(bot.drawn_mj for bot in bots.values())


@laws(in_ci=20)
@given(WORLDS)
def test_little_holds_from_empty_to_empty(world: World) -> None:
    """The integral of the open orders is the sum of their times (validation case 27)."""
    run = Run(world)
    if all(request.failed_jobs == 0 for request in run.engine.plant.state.requests.values()):
        found = run.measures.result(run.end_ms)
        times = sum(order.ended_ms - order.accepted_ms for order in run.orders)
        assert found["open_orders_mean"] * run.end_ms == pytest.approx(times, rel=1e-9)
        assert found["open_orders_end"] == 0


def test_what_came_before_the_warm_up_does_not_count() -> None:
    """The window ``(w, end]`` is what the whole run has more than its first part."""
    world = World(minutes=20, lines_per_hour=400)
    warmup, end = 7 * MINUTE_MS + 123, 19 * MINUTE_MS + 77
    log = Lines()
    run_out(world.build([log.write]), world.until_ms)
    first = measure_log(log.lines, 0, warmup).result(warmup)
    whole = measure_log(log.lines, 0, end).result(end)
    window = measure_log(log.lines, warmup, end).result(end)
    rates = ["lines_per_hour", "presentations_per_hour", "orders_per_hour", "refills_per_hour"]
    shares = [name for name in whole if name.startswith(("bot_share", "balcony_")) or name == "fill_level"]
    for name in [*rates, *shares, "open_orders_mean"]:
        assert window[name] * (end - warmup) == pytest.approx(
            whole[name] * end - first[name] * warmup, abs=1e-3
        ), name
    assert window["lines_per_hour"] > 100


class Story:
    """A log as intervals, to account for every instant of an order. It shares no code with the measures."""

    def __init__(self, lines: list[bytes]) -> None:
        self.events: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self.jobs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.ended_last: dict[str, str] = {}
        self.busy: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.needy: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.broken: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.level_of = {bot["bot"]: bot["level"] for bot in self.events[0]["bots"]}
        self.moments = sorted({event["t_ms"] for event in self.events})
        since: dict[tuple[str, int], int] = {}
        for event in self.events:
            t_ms, bot = event["t_ms"], event.get("bot")
            if event["type"] == "JobStateChanged":
                self.jobs[event["job"]].append(event)
                if event["type_name"] == "FULFILLMENT" and event["to"] in ("SUCCEEDED", "FAILED"):
                    self.ended_last[event["request"]] = event["job"]
                if event["to"] == "STARTED" and event["type_name"] in ("FULFILLMENT", "REPLENISHMENT"):
                    since.setdefault(("busy", bot), t_ms)
                elif event["to"] == "SUCCEEDED" and event["type_name"] == "RETURN":
                    self.busy[bot].append((since.pop(("busy", bot)), t_ms))
            elif event["type"] == "ChargeNeeded":
                if event["needed"]:
                    since["needy", bot] = t_ms
                else:
                    self.needy[bot].append((since.pop(("needy", bot)), t_ms))
            elif event["type"] == "BotFailed":
                since["broken", bot] = t_ms
            elif event["type"] == "BotRecovered":
                self.broken[bot].append((since.pop(("broken", bot)), t_ms))
        for (what, bot), t_ms in since.items():
            getattr(self, what)[bot].append((t_ms, self.moments[-1] + 1))

    def parts(self, order: OrderTimes) -> dict[str, int]:
        """The lead time of an order by parts: each stretch between two moments belongs to one."""
        last = self.jobs[self.ended_last[order.request]]
        bot, carrier, level = last[-1]["bot"], last[-1]["carrier"], last[-1]["level"]
        begun = self._begin(bot, last)
        there = self._presented(bot, begun, carrier)
        legs = [e for e in self._of(bot, begun, there) if e["type"] == "LegPlanned"]
        waits = [(a, b) for leg in legs for _, a, b in leg["waits"]]
        dig = self._dig(bot, begun, there, carrier, legs)
        picks = self._picks(order.request, there, order.ended_ms)
        cuts = {order.accepted_ms, order.ended_ms, begun, there, *dig}
        cuts |= {t for pair in (*waits, *picks) for t in pair}
        cuts |= {t for t in self.moments if order.accepted_ms <= t <= min(begun, order.ended_ms)}
        found = dict.fromkeys(PARTS, 0)
        inside = sorted(t for t in cuts if order.accepted_ms <= t <= order.ended_ms)
        for a, b in pairwise(inside):
            if a < begun:
                part = "charge" if self._short_of_charge(level, a) else "queue"
            elif a < there:
                digging = dig[0] <= a < dig[1]
                part = "blocked" if _within(a, waits) else "dig" if digging else "travel"
            else:
                part = "pick" if _within(a, picks) else "wait_for_person"
            found[part] += b - a
        return found

    def _begin(self, bot: int, job: list[dict[str, Any]]) -> int:
        """When the bot was sent that brought the carrier of a job."""
        served = next(e["t_ms"] for e in job if e["to"] == "WAITING_FOR_TRIGGER")
        starts = [a for a, _ in self.busy[bot]]
        return starts[bisect_right(starts, served) - 1]

    def _of(self, bot: int, begin: int, end: int) -> list[dict[str, Any]]:
        return [e for e in self.events if e.get("bot") == bot and begin <= e["t_ms"] < end]

    def _presented(self, bot: int, begun: int, carrier: int) -> int:
        return next(
            e["t_ms"]
            for e in self.events
            if e["t_ms"] >= begun
            and e["type"] == "JobStateChanged"
            and (e["bot"], e["carrier"], e["to"]) == (bot, carrier, "WAITING_FOR_TRIGGER")
        )

    def _dig(
        self, bot: int, begun: int, there: int, carrier: int, legs: list[dict[str, Any]]
    ) -> tuple[int, int]:
        """From reaching the first carrier in the way until reaching the one asked for."""
        lifts = [e for e in self._of(bot, begun, there) if e["type"] == "CarrierLifted"]
        if lifts[0]["carrier"] == carrier:
            return (0, 0)
        to_first = [leg for leg in legs if leg["t_ms"] < lifts[0]["t_ms"]]
        target = next(e for e in lifts if e["carrier"] == carrier)
        to_target = [leg for leg in legs if leg["t_ms"] < target["t_ms"]]
        return (to_first[-1]["arrive_ms"] if to_first else begun, to_target[-1]["arrive_ms"])

    def _picks(self, request: str, there: int, ended: int) -> list[tuple[int, int]]:
        """When the person worked on jobs of a request."""
        picks = []
        for event in self.events:
            if event["type"] == "ServiceStarted" and there <= event["t_ms"] <= ended:
                job = self.jobs[event["job"]]
                if job[0]["request"] == request and job[-1]["to"] in ("SUCCEEDED", "FAILED"):
                    same = self.jobs[self.ended_last[request]]
                    if job[-1]["bot"] == same[-1]["bot"]:
                        picks.append((event["t_ms"], job[-1]["t_ms"]))
        return picks

    def _short_of_charge(self, level: int, at: int) -> bool:
        """Whether no bot of a level is free at an instant while one only lacks charge."""
        bots = [bot for bot, on in self.level_of.items() if on == level]
        busy = {bot for bot in bots if _within(at, self.busy[bot])}
        needy = {bot for bot in bots if _within(at, self.needy[bot])}
        broken = {bot for bot in bots if _within(at, self.broken[bot])}
        return bool(needy - busy) and not set(bots) - busy - needy - broken


def _within(at: int, pairs: list[tuple[int, int]]) -> bool:
    return any(a <= at < b for a, b in pairs)
