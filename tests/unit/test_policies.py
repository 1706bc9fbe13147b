"""Policies: their names, what each of them decides, and that looking changes nothing."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from twin.assembly import build, run_to_the_end
from twin.domain import commands as ask
from twin.domain.errors import UnknownPolicy
from twin.domain.layout import Site
from twin.domain.plant import Plant, new_state
from twin.domain.work import OPERATOR_SIMULATED
from twin.experiments.placement import parked_bots
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.stocking import RandomStock
from twin.policies import charging, registry
from twin.policies.allocation import EmptiestFirst, FewestCarriers, NearestBox, OldestFirst
from twin.policies.chosen import Choice, Policies
from twin.policies.dispatch import Oldest, Proposal
from twin.policies.parking import NearBalcony, NearestParking
from twin.policies.put_back import NearestLane, OwnPlace, Turnover
from twin.policies.relocation import LeastLikely, NearestFree
from twin.policies.view import PlantView
from twin.simulation import charging as charging_room
from twin.simulation.arriving import Demand
from twin.simulation.codec import to_plain
from twin.simulation.engine import Engine, restore

ALL = [f"{f.name}={name}" for f in fields(Choice) for name in registry.names(f.name)]
HALF_HOUR_MS = 1_800_000


def half_an_hour(policies: Policies, capacity_wh: int = 40) -> Engine:
    """The demo site after half an hour of orders, with batteries that have to be charged meanwhile."""
    site = load_site(find_site("demo"))
    site = replace(site, battery=replace(site.battery, capacity_wh=capacity_wh, start_percent=40))
    return build(
        site,
        seed=3,
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=[Demand("orders", 500, HALF_HOUR_MS)],
        policies=policies,
    )


# -- names


def test_every_decision_has_the_policies_that_the_documentation_names() -> None:
    assert {f.name: registry.names(f.name) for f in fields(Choice)} == {
        "dispatch": ("oldest", "nearest", "matching"),
        "allocation": ("fewest_carriers", "nearest", "emptiest_first", "oldest_first"),
        "put_back": ("own_place", "nearest", "turnover"),
        "relocation": ("nearest_free", "least_likely"),
        "charging": ("threshold", "opportunity", "balcony_pace"),
        "parking": ("nearest", "near_balcony"),
        "buffering": ("none", "near_balcony"),
    }
    assert tuple(f.name for f in fields(Choice)) == registry.DECISIONS


def test_names_that_are_left_out_are_the_defaults() -> None:
    assert Choice.of({"parking": "near_balcony"}) == replace(Choice(), parking="near_balcony")
    assert Policies().choice == Choice()
    assert Policies.named({"dispatch": "matching"}).choice.dispatch == "matching"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ({"dispatch": "neerest"}, "there is no dispatch policy 'neerest'; did you mean 'nearest'?"),
        ({"dispach": "nearest"}, "there is no decision 'dispach'; did you mean 'dispatch'?"),
        ({"charging": "xyz"}, "there are: threshold, opportunity, balcony_pace"),
        ({"charging": None}, "there is no charging policy None"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_there_is(names: dict[str, object], says: str) -> None:
    with pytest.raises(UnknownPolicy) as refused:
        Policies.named(names)
    assert says in str(refused.value)


@pytest.mark.parametrize("texts", [["dispatch"], ["dispatch=oldest", "dispatch=nearest"], ["=oldest"], [""]])
def test_texts_that_are_no_choice_are_refused(texts: list[str]) -> None:
    with pytest.raises(UnknownPolicy):
        Choice.parse(texts)


def test_texts_choose_as_names_do() -> None:
    assert Choice.parse(ALL[:1]) == Choice.of(dict([ALL[0].split("=")]))


def test_the_own_policies_of_the_twin_cannot_be_replaced() -> None:
    with pytest.raises(ValueError, match="own policies"):
        registry.register("dispatch", "oldest")(Oldest)


# -- the choice is part of a run


def test_a_restored_twin_has_the_policies_it_was_made_with() -> None:
    names = {"dispatch": "matching", "put_back": "nearest", "charging": "opportunity"}
    engine = half_an_hour(Policies.named(names))
    engine.run_until(HALF_HOUR_MS // 2)
    again = restore(engine.snapshot())
    assert again.origin.policies == Choice.of(names)
    assert again.policies.choice == Choice.of(names)


def test_a_policy_of_ones_own_is_asked_and_a_snapshot_names_its_class() -> None:
    """Restoring such a snapshot needs the class: registered by that name, or handed over."""
    asked: list[int] = []

    class Watched(Oldest):
        def proposals(self, view: PlantView, level: int, now: int) -> Any:
            asked.append(level)
            return super().proposals(view, level, now)

    engine = half_an_hour(Policies(dispatch=Watched()))
    engine.run_until(600_000)
    assert asked
    snapshot = engine.snapshot()
    with pytest.raises(UnknownPolicy, match="Watched"):
        restore(snapshot)
    assert restore(snapshot, Policies(dispatch=Watched())).now == engine.now


# -- looking changes nothing, and all work ends


class _Checked:
    """A policy that asserts of each decision that making it has left the state alone."""

    def __init__(self, policy: object, plant: Plant) -> None:
        self._policy, self._plant = policy, plant

    def __getattr__(self, name: str) -> Any:
        decide = getattr(self._policy, name)

        def checked(*args: Any) -> Any:
            before = to_plain(self._plant.state)
            decided = decide(*args)
            assert to_plain(self._plant.state) == before
            return decided

        return checked


@pytest.mark.parametrize("text", ALL)
def test_all_work_ends_with_every_policy(text: str) -> None:
    engine = half_an_hour(Policies.of(Choice.parse([text])))
    run_to_the_end(engine, HALF_HOUR_MS)
    assert engine.plant.orders.open_requests == 0
    assert engine.memory.demands[0].orders > 50


@pytest.mark.parametrize("text", ALL)
def test_deciding_changes_nothing(small_site: Site, text: str) -> None:
    engine = build(small_site, operator=OPERATOR_SIMULATED, policies=Policies.of(Choice.parse([text])))
    for name in registry.DECISIONS:
        setattr(engine.policies, name, _Checked(getattr(engine.policies, name), engine.plant))
    for sku in ("A", "B"):
        engine.apply(ask.CreateSku(sku))
    for carrier in (1001, 1002, 1004, 1006):
        box = engine.apply(ask.CreateBox(carrier, 0xFFFF_0000))
        engine.apply(ask.CreateLoad(int(str(box)), "A" if carrier % 2 else "B", 5, 9))
    engine.apply(ask.PlaceFulfillment((ask.SkuLine("A", 4), ask.SkuLine("B", 7))))
    engine.apply(ask.PlaceReplenishment((ask.SkuLine("A", 2),)))
    engine.apply(ask.PlaceFetch(("1005", "1003")))
    run_to_the_end(engine, 1)
    assert engine.plant.orders.open_requests == 0


# -- what each of them decides


def stocked(plant: Plant) -> Plant:
    """SKU A: 3 pieces deep in lane 0, 8 at the front of lane 0, 5 alone in lane 2, put in in that order."""
    plant.change_stock(ask.CreateSku("A"), 0)
    for box, (carrier, count) in enumerate(((1001, 3), (1003, 8), (1006, 5)), 1):
        plant.change_stock(ask.CreateBox(carrier, 0xFFFF_0000), 0)
        plant.change_stock(ask.CreateLoad(box, "A", count, 20), box)
    return plant


@pytest.mark.parametrize(
    ("policy", "wanted", "boxes"),
    [
        (FewestCarriers(), 5, [3]),
        (FewestCarriers(), 7, [2]),
        (FewestCarriers(), 10, [2, 1]),
        (NearestBox(), 5, [2]),
        (EmptiestFirst(), 5, [1, 3]),
        (OldestFirst(), 12, [1, 2, 3]),
    ],
)
def test_boxes_are_taken_in_the_order_of_the_allocation(
    small_site: Site, policy: Any, wanted: int, boxes: list[int]
) -> None:
    plant = stocked(Plant(small_site, new_state(small_site, "api")))
    picks = policy.allocate(plant, ask.PlaceFulfillment((ask.SkuLine("A", wanted),)))
    assert [pick.box for pick in picks] == boxes
    assert sum(pick.quantity for pick in picks) == wanted


def test_a_box_that_is_filled_again_keeps_the_age_of_its_oldest_pieces(small_site: Site) -> None:
    plant = stocked(Plant(small_site, new_state(small_site, "api")))
    plant.change_stock(ask.ChangeLoad(1, item_count=9), 100)
    assert plant.state.loads[1].stocked_ms == 1
    plant.change_stock(ask.ChangeLoad(1, item_count=0), 200)
    plant.change_stock(ask.ChangeLoad(1, item_count=4), 300)
    assert plant.state.loads[1].stocked_ms == 300


def proposed(engine: Engine, policy: Any, now: int) -> list[tuple[int, list[int]]]:
    """Carriers and bots in the order of the proposals."""
    proposals: list[Proposal] = list(policy.proposals(engine.plant, 1, now))
    return [(visit.carrier, [bot.id for bot in bots]) for visit, bots in proposals]


def test_dispatching_by_age_by_way_and_by_the_sum_of_ways(small_site: Site) -> None:
    """1006 was asked for first, 1003 a second later; bot 1 is on the left, bot 2 on the right."""
    engine = build(small_site)
    engine.apply(ask.PlaceFetch(("1006",)))
    engine.run_until(400)
    engine.apply(ask.PlaceFetch(("1003",)))
    now = 10_000
    named = {name: registry.make("dispatch", name) for name in registry.names("dispatch")}
    assert proposed(engine, named["oldest"], now) == [(1006, [1, 2]), (1003, [1, 2])]
    assert proposed(engine, named["nearest"], now) == [(1003, [1, 2]), (1006, [1, 2])]
    assert proposed(engine, named["matching"], now) == [(1006, [2]), (1003, [1])]


def test_an_urgent_visit_goes_before_a_near_one(small_site: Site) -> None:
    engine = build(small_site)
    engine.apply(ask.PlaceFetch(("1003",)))
    engine.apply(ask.PlaceFetch(("1006",), priority=1))
    nearest = registry.make("dispatch", "nearest")
    assert [carrier for carrier, _ in proposed(engine, nearest, 10_000)] == [1006, 1003]


def test_bots_park_nearest_or_near_the_balcony() -> None:
    site = load_site(find_site("demo"))
    plant = Plant(replace(site, bots=()), new_state(replace(site, bots=()), "api"))
    deck = plant.decks[1]
    middle = deck.level.cell(12, 9)
    near, handy = NearestParking(), NearBalcony()
    for policy in (near, handy):
        assert deck.level.kinds[policy.place(plant, deck, middle, True)] == "c"
    assert deck.level.xy[near.place(plant, deck, middle, False)] == (11, 16)
    assert deck.level.xy[handy.place(plant, deck, middle, False)] == (11, 16)
    left = deck.level.cell(0, 0)
    assert deck.level.xy[near.place(plant, deck, left, False)] == (11, 0)


def presented(site: Site, carrier: str) -> tuple[Engine, Any]:
    """A twin whose carrier stands at the balcony, and its visit."""
    engine = build(site)
    engine.apply(ask.PlaceFetch((carrier,)))
    while not any(v.state == "PRESENTED" for v in engine.plant.state.visits.values()):
        engine.step()
    [visit] = engine.plant.state.visits.values()
    return engine, visit


def test_a_carrier_goes_back_to_its_own_lane_or_to_the_nearest_or_by_its_turnover() -> None:
    site = load_site(find_site("demo"))
    carrier = next(c for c in site.carriers if (c.level, c.x) == (1, 0))
    engine, visit = presented(site, str(carrier.id))
    deck = engine.plant.decks[1]
    own = deck.lane_of[deck.level.cell(carrier.x, carrier.y)]
    near = NearestLane().spot(engine.plant, deck, visit)
    assert OwnPlace().spot(engine.plant, deck, visit) == Turnover().spot(engine.plant, deck, visit)
    assert OwnPlace().spot(engine.plant, deck, visit) == (deck.deepest_free(own), own)
    assert near is not None
    assert near[1] != own
    engine.plant.state.carriers[carrier.id].presented = 9
    assert Turnover().spot(engine.plant, deck, visit) == near


def test_blocking_carriers_avoid_lanes_that_are_asked_for(small_site: Site) -> None:
    """Lane 2 holds 1006 alone; when it is asked for, the empty lane 3 is better though it is further."""
    plant = Plant(small_site, new_state(small_site, "api"))
    deck = plant.decks[1]
    [(_, near)] = NearestFree().spots(plant, deck, 1, 1) or []
    [(_, before)] = LeastLikely().spots(plant, deck, 1, 1) or []
    plant.accept(command := ask.PlaceFetch(("1006",)), FewestCarriers().allocate(plant, command), 0)
    [(_, after)] = LeastLikely().spots(plant, deck, 1, 1) or []
    assert (near, before, after) == (2, 2, 3)


# -- what the documentation shows


def test_the_examples_of_the_documentation_run() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(examples) == 2
    shared: dict[str, object] = {"__name__": "examples"}
    for example in examples:
        exec(example, shared)
    assert "shallow_first" in registry.names("dispatch")
    registry.forget("dispatch", "shallow_first")


def test_the_documentation_lists_every_policy_and_marks_the_defaults() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
    for decision, default in Choice().as_dict().items():
        table = text[text.index(f"| `{decision}`:") :]
        listed = re.findall(r"^\| (?:`(\w+)`:[^|]*)?\| `(\w+)`( \(default\))? \|", table, re.M)
        mine = [(name, bool(mark)) for named, name, mark in listed if named in ("", decision)]
        names = registry.names(decision)
        assert mine[: len(names)] == [(name, name == default) for name in names]


# -- charging


def idle_demo(charging: str, percent: int, bots: int = 4) -> Engine:
    """The demo site with nothing to do, all batteries at some percent, after ten minutes."""
    site = load_site(find_site("demo"))
    site = replace(site, battery=replace(site.battery, start_percent=percent))
    site = replace(site, bots=parked_bots(site.levels, bots))
    engine = build(site, policies=Policies.named({"charging": charging}))
    engine.run_until(600_000)
    return engine


def charging_bots(engine: Engine) -> int:
    return sum(bot.charging for bot in engine.plant.state.bots.values())


def chargers(engine: Engine) -> int:
    return sum(len(deck.level.cells_of("c")) for deck in engine.plant.decks.values())


def test_idle_bots_charge_by_opportunity_and_at_the_pace_of_idle_balconies_not_by_threshold() -> None:
    started_there = charging_bots(idle_demo("threshold", 60))
    assert started_there < chargers(idle_demo("threshold", 60))
    for name in ("opportunity", "balcony_pace"):
        engine = idle_demo(name, 60)
        assert charging_bots(engine) == chargers(engine)


def test_a_bot_that_had_to_charge_may_work_again_half_way_and_goes_on_charging_until_it_does() -> None:
    """By opportunity; by threshold not before enough."""
    engine = idle_demo("opportunity", 20, bots=1)
    on = [bot for bot in engine.plant.state.bots.values() if bot.charging]
    assert len(on) == 3
    assert all(bot.must_charge for bot in on)
    battery = engine.plant.site.battery
    half_way = (battery.low_percent + battery.enough_percent + 1) // 2
    while any(bot.must_charge for bot in on):
        engine.step()
    assert abs(engine.plant.meter.percent(on[-1], engine.now) - half_way) <= 1
    assert all(bot.charging for bot in on)
    assert all(bot.id in engine.plant.decks[bot.level].free_bots for bot in on)
    assert not charging.Threshold().seeks(engine.plant, on[0], 1)


def test_at_the_balconies_pace_a_bot_charges_to_the_full_only_while_nothing_waits() -> None:
    engine = idle_demo("balcony_pace", 60)
    plant, pace = engine.plant, charging.BalconyPace()
    bot = plant.state.bots[1]
    full = plant.meter.goal_mj
    assert pace.enough_mj(plant, bot) == full
    assert pace.moves_idle(plant, bot.level)
    on_level = [str(c.id) for c in plant.state.carriers.values() if c.level == bot.level]
    engine.apply(ask.PlaceFetch(tuple(on_level[:5])))
    assert pace.enough_mj(plant, bot) < full
    assert not pace.moves_idle(plant, bot.level)
    assert not pace.seeks(plant, bot, full // 2)
    assert charging.Opportunity().seeks(plant, bot, full // 2)


def test_a_bot_that_need_not_charge_clears_its_charger_for_one_that_must() -> None:
    """All chargers are taken by idle bots that charge by opportunity; then another gets low."""
    engine = idle_demo("opportunity", 60)
    plant = engine.plant
    away = [b for b in plant.state.bots.values() if not plant.fleet.on_charger(b)]
    low = away[0]
    plant.meter.settle(low, engine.now)
    low.drawn_mj += low.energy_mj * 3 // 4
    low.energy_mj -= low.energy_mj * 3 // 4
    charging_room.come_to_rest(engine, low)
    assert low.must_charge
    engine.apply(ask.SetOperator("api"))
    deadline = engine.now + 300_000
    while not low.charging:
        assert engine.now < deadline
        engine.step()
