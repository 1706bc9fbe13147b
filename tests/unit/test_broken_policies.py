"""Policies that choose what cannot be stop the run by their name, before anything is done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import repeat
from threading import Event, Lock, Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import lab
from twin.assembly import build, run_to_the_end
from twin.checking import check_lines
from twin.domain.commands import PlaceFetch, PlaceFulfillment, SkuLine
from twin.domain.errors import BrokenOff, BrokenPolicy
from twin.domain.floor import NOBODY
from twin.domain.work import OPERATOR_SIMULATED, PLANNING_MS
from twin.experiments.sitegen import LaneShape, lane_site
from twin.policies.allocation import NearestBox
from twin.policies.buffering import NearBalconyBuffer
from twin.policies.charging import Opportunity
from twin.policies.chosen import Policies
from twin.policies.dispatch import Nearest
from twin.policies.parking import NearestParking
from twin.policies.put_back import OwnPlace
from twin.policies.relocation import NearestFree
from twin.records.eventlog import EventLog
from twin.simulation.codec import to_plain

OWN: dict[str, type] = {
    "dispatch": Nearest,
    "allocation": NearestBox,
    "put_back": OwnPlace,
    "relocation": NearestFree,
    "charging": Opportunity,
    "parking": NearestParking,
    "buffering": NearBalconyBuffer,
}


class Bent:
    """One of the twin's own policies, one of whose methods gives something else instead."""

    def __init__(self, decision: str, method: str, bend: Callable[..., Any]) -> None:
        self._own, self._method, self._bend = OWN[decision](), method, bend
        self.watched, self.seen = False, None

    def __getattr__(self, name: str) -> Any:
        decide = getattr(self._own, name)
        if name != self._method:
            return decide

        def bent(view: Any, *rest: Any) -> Any:
            own = decide(view, *rest)
            found = self._bend(own, view, *rest)
            if self.watched and found is not own:
                self.seen = to_plain(view.state)
            return found

        return bent


SHAPE = LaneShape(
    deep=3, columns=24, blocks=2, cross_every=6, parking=4, chargers=1, balconies=1, balcony_places=1
)


@pytest.fixture(scope="module")
def full() -> lab.World:
    """Two levels with one handover place each, and more work than that can bear: much is dug and buffered."""
    site = lane_site("two levels", SHAPE, levels=2, bots_per_level=4, fill_percent=80)
    world = lab.world(site, lines_per_hour=900, seed=3, allocation="fewest_carriers")
    return world.run("10 min")


def stopped(full: lab.World, decision: str, method: str, bend: Callable[..., Any]) -> tuple[str, lab.World]:
    """What a run under a bent policy is stopped with; the state is as it was when it was asked."""
    policy = Bent(decision, method, bend)
    policy.watched = True
    world = full.fork(**{decision: policy})
    with pytest.raises(BrokenPolicy) as raised:
        world.run("2 h")
    assert to_plain(world.engine.plant.state) == policy.seen
    assert str(raised.value).startswith(f"{decision} policy Bent: ")
    return str(raised.value), world


def with_cell(found: Any, change: Callable[[Any], Any]) -> Any:
    """A spot, or the first of a list of them, whose cell and lane are changed."""
    if isinstance(found, list):
        return [change(found[0]), *found[1:]]
    return None if found is None else change(found)


SPOTS = ["put_back", "relocation", "buffering"]
METHOD = {"put_back": "spot", "relocation": "spots", "buffering": "spot"}


@pytest.mark.parametrize("decision", SPOTS)
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda spot: spot[0], "is no position"),
        (lambda spot: (np.int64(spot[0]), spot[1]), "two ints"),
        (lambda spot: (10**6, spot[1]), "there is no such storage position"),
        (lambda spot: (-1, spot[1]), "there is no such storage position"),
        (lambda spot: (spot[0], spot[1] + 1), "there is no such storage position"),
        (lambda spot: "ab", "is no position"),
    ],
)
def test_what_is_no_position_is_told_from_one(
    full: lab.World, decision: str, change: Callable[[Any], Any], says: str
) -> None:
    told, _ = stopped(full, decision, METHOD[decision], lambda found, *_: with_cell(found, change))
    assert says in told


@pytest.mark.parametrize("decision", SPOTS)
def test_a_position_where_a_carrier_stands_is_told(full: lab.World, decision: str) -> None:
    def taken(found: Any, view: Any, deck: Any, *_: Any) -> Any:
        free = (lane for lane in deck.lanes if deck.lock[lane.index] == NOBODY)
        spots = [(cell, lane.index) for lane in free for cell in lane.slots if deck.carrier_at[cell]]
        return with_cell(found, lambda _: spots[0])

    told, _ = stopped(full, decision, METHOD[decision], taken)
    assert "stands there" in told or "taken out of that lane" in told


def test_a_position_in_front_of_a_free_one_is_told_by_that(full: lab.World) -> None:
    def shallow(found: Any, view: Any, deck: Any, *_: Any) -> Any:
        for lane in deck.lanes:
            free = [cell for cell in lane.slots if not deck.carrier_at[cell]]
            if deck.lock[lane.index] == NOBODY and deck.spare(lane.index) > 1 and len(free) > 1:
                return free[0], lane.index
        return found

    told, _ = stopped(full, "put_back", "spot", shallow)
    assert "a lane is filled from the back: cell " in told


def test_a_lane_in_which_somebody_works_is_told(full: lab.World) -> None:
    def locked(found: Any, view: Any, deck: Any, *_: Any) -> Any:
        spots = [
            (cell, lane.index)
            for lane in deck.lanes
            if deck.lock[lane.index] != NOBODY
            for cell in lane.slots
        ]
        return spots[0] if spots else found

    told, _ = stopped(full, "put_back", "spot", locked)
    assert "works in that lane" in told


def test_room_that_others_count_on_is_told(full: lab.World) -> None:
    """The second carrier of a digging is put where the first one was."""
    told, _ = stopped(full, "relocation", "spots", lambda found, *_: found and [found[0]] * len(found))
    assert "filled from the back" in told or "others count on" in told


@pytest.mark.parametrize(("decision", "method"), [("put_back", "spot"), ("relocation", "spots")])
def test_no_place_where_there_is_one_is_told_and_leaves_no_work_undone_in_silence(
    full: lab.World, decision: str, method: str
) -> None:
    told, _ = stopped(full, decision, method, lambda *_: None)
    assert "nobody works in its lane" in told or "where there is enough" in told


@pytest.mark.parametrize("wrong", [[], 7, "spots"])
def test_positions_for_another_number_of_carriers_are_told(full: lab.World, wrong: Any) -> None:
    assert "is no list of " in stopped(full, "relocation", "spots", lambda *_: wrong)[0]


@pytest.mark.parametrize("place", [None, -1, 0, 10**6, "c", True, np.int64(3)])
def test_a_parking_place_that_is_none_is_told(full: lab.World, place: Any) -> None:
    told, _ = stopped(full, "parking", "place", lambda *_: place)
    assert "is no free parking place or charger of level " in told


def test_a_parking_place_that_is_taken_is_told(full: lab.World) -> None:
    def taken(found: int, view: Any, deck: Any, *_: Any) -> int:
        return int(next(place for place, user in deck.parking_user.items() if user != NOBODY))

    assert "is no free parking place" in stopped(full, "parking", "place", taken)[0]


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (lambda *_: None, "None is no list of proposals"),
        (lambda *_: [7], "7 is no pair of a visit and its bots"),
        (lambda found, *_: (visit for visit, _ in found), "is no pair of a visit and its bots"),
        (lambda found, *_: ((visit.id, bots) for visit, bots in found), "is no visit of level"),
        (lambda found, *_: ((visit, None) for visit, _ in found), "None for visit "),
        (
            lambda found, *_: ((visit, [bot.id for bot in bots]) for visit, bots in found),
            "is no bot of level",
        ),
        (
            lambda found, view, level, now: (
                (visit, [bot for bot in view.state.bots.values() if bot.level != level]) for visit, _ in found
            ),
            "is no bot of level",
        ),
        (
            lambda found, view, level, now: (
                (visit, []) for visit in view.state.visits.values() if visit.level != level
            ),
            "is no visit of level",
        ),
        (
            lambda found, *_: (proposal for first in list(found)[:1] for proposal in repeat((first[0], []))),
            "the proposals have no end",
        ),
        (
            lambda found, view, level, now: (
                (visit, []) for visit in view.state.visits.values() if now - visit.queued_ms < PLANNING_MS
            ),
            "see waiting_visits",
        ),
    ],
)
def test_proposals_that_are_none_are_told(full: lab.World, bend: Callable[..., Any], says: str) -> None:
    assert says in stopped(full, "dispatch", "proposals", bend)[0]


def test_a_visit_that_is_proposed_over_and_over_is_begun_once(full: lab.World) -> None:
    """A list made beforehand may name what has been begun since: that is passed over."""
    world = full.fork(dispatch=Bent("dispatch", "proposals", lambda found, *_: list(found) * 3))
    world.run("3 min")
    assert len(world.orders()) > len(full.orders())


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (lambda *_: None, "None is no list of proposals"),
        (lambda *_: [7], "7 is no visit of level"),
        (
            lambda found, view, level, now: (
                [
                    visit
                    for visit in view.state.visits.values()
                    if visit.level == level and visit.state == "QUEUED" and visit.home is not None
                ]
                or found
            ),
            "was buffered for it already",
        ),
    ],
)
def test_buffering_proposals_that_are_none_are_told(
    full: lab.World, bend: Callable[..., Any], says: str
) -> None:
    assert says in stopped(full, "buffering", "proposals", bend)[0]


@pytest.mark.parametrize("answer", [None, "no", 1, 0, []])
@pytest.mark.parametrize("method", ["seeks", "moves_idle"])
def test_an_answer_that_is_neither_yes_nor_no_is_told(full: lab.World, method: str, answer: Any) -> None:
    told, _ = stopped(full, "charging", method, lambda *_: answer)
    assert f"{method} says {answer!r}; True or False is needed" in told


def test_numpy_may_say_yes_and_no(full: lab.World) -> None:
    policy = Bent("charging", "seeks", lambda found, *_: np.bool_(found))
    assert full.fork(charging=policy).run("5 min").log_sha256 == full.fork().run("5 min").log_sha256


@pytest.mark.parametrize("enough", [None, -1, 0, 10**12, 5.5, True])
def test_a_charge_with_which_no_bot_would_ever_work_again_is_told(full: lab.World, enough: Any) -> None:
    site = replace(full.engine.plant.site, battery=replace(full.engine.plant.site.battery, start_percent=20))
    low = lab.world(site, charging="threshold")
    policy = Bent("charging", "enough_mj", lambda *_: enough)
    with pytest.raises(BrokenPolicy, match=r"^charging policy Bent: enough_mj says .* is needed$"):
        low.fork(charging=policy).run("1 h")


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (lambda *_: None, "None is no list of Picks"),
        (lambda *_: [(0, 1001, 1, 1, 1)], "is no Pick"),
        (lambda found, *_: [replace(pick, balcony=np.int64(1)) for pick in found], "is nothing that "),
        (lambda found, *_: [replace(found[0], quantity=1)] * found[0].quantity * 2, "leave "),
    ],
)
def test_picks_that_are_none_are_told_and_the_world_goes_on(
    full: lab.World, bend: Callable[..., Any], says: str
) -> None:
    world = full.fork(allocation=Bent("allocation", "allocate", bend))
    sku = world.skus().query("fulfillable >= 2").index[0]
    before = world.engine.snapshot()
    with pytest.raises(BrokenPolicy, match=r"^allocation policy Bent: ") as raised:
        world.order({sku: 2})
    assert says in str(raised.value)
    assert world.engine.snapshot() == before
    assert world.fork(allocation="nearest").order({sku: 2})


def test_a_fetch_is_of_the_carrier_that_was_asked_for(full: lab.World) -> None:
    policy = Bent("allocation", "allocate", lambda found, *_: [replace(found[0], carrier=1002)])
    world = full.fork(allocation=policy)
    with pytest.raises(BrokenPolicy, match="is nothing that PlaceFetch"):
        world.engine.apply(PlaceFetch(("1001",)))


def test_a_box_is_picked_from_no_more_than_it_has_free(full: lab.World) -> None:
    """Two lines of one SKU, each of which a box could serve alone, but not both."""
    plant = full.engine.plant
    sku, load = next(
        (load.sku, load)
        for load in plant.state.loads.values()
        if load.sku
        and load.fulfillable >= 2
        and plant.state.skus[load.sku].fulfillable >= 2 * load.fulfillable
    )
    carrier = plant.state.boxes[load.box].carrier

    def both(found: Any, *_: Any) -> Any:
        balcony = next(iter(plant.places[plant.state.carriers[carrier].level]))
        pick = replace(found[0], carrier=carrier, box=load.box, quantity=load.fulfillable, balcony=balcony)
        return [replace(pick, entity=0), replace(pick, entity=1)]

    world = full.fork(allocation=Bent("allocation", "allocate", both))
    line = SkuLine(sku, load.fulfillable)
    with pytest.raises(BrokenPolicy, match=f"are more than box {load.box} has free"):
        world.engine.apply(PlaceFulfillment((line, line)))


# -- what becomes of the world


class Raises(Nearest):
    """A policy with a mistake that shows after a while."""

    def proposals(self, view: Any, level: int, now: int) -> Iterator[Any]:
        """As nearest, for a time."""
        if now > 900_000:
            raise ZeroDivisionError("mine")
        return super().proposals(view, level, now)


def test_a_world_that_was_stopped_amid_an_event_says_so_and_its_forks_go_on(full: lab.World) -> None:
    world = full.fork(dispatch=Raises()).run("2 min")
    spare = world.fork(dispatch="nearest")
    with pytest.raises(ZeroDivisionError, match="mine"):
        world.run("1 h")
    says = r"stopped amid an event at \d+ ms by ZeroDivisionError: mine.*forks and snapshots"
    sku = world.skus().query("fulfillable >= 1").index[0]
    for use in (
        lambda: world.run("1 min"),
        lambda: world.run_until(lambda w: False),
        world.fork,
        world.engine.snapshot,
        lambda: world.order({sku: 1}),
        lambda: world.engine.run_until(10**8),
    ):
        with pytest.raises(BrokenOff, match=says):
            use()
    assert len(world.kpis()) > 0
    assert spare.run("30 min").log_sha256 == full.fork().run("32 min").log_sha256


class Meddles(Nearest):
    """A policy that uses a world while it is asked."""

    use: Callable[[], object] | None = None

    def proposals(self, view: Any, level: int, now: int) -> Iterator[Any]:
        """As nearest, after it has meddled once."""
        use, self.use = self.use, None
        if use is not None:
            use()
        return super().proposals(view, level, now)


def test_a_policy_may_use_other_worlds_but_not_the_one_that_asks_it(full: lab.World) -> None:
    for own in (lambda w: w.run("1 min"), lambda w: w.fork(), lambda w: w.order({"SKU00001": 1})):
        policy = Meddles()
        world = full.fork(dispatch=policy)
        policy.use = partial(own, world)
        with pytest.raises(RuntimeError, match="this twin is amid an event: neither its policies"):
            world.run("5 min")
    other = Meddles()
    world = full.fork(dispatch=other)
    other.use = partial(full.fork().run, "1 min")
    assert world.run("5 min").log_sha256 == full.fork().run("5 min").log_sha256


def test_a_second_thread_is_refused_and_the_first_goes_on(full: lab.World) -> None:
    """The policy waits amid an event until the other thread has tried."""
    asked, tried = Event(), Event()
    refused: list[str] = []

    def wait() -> None:
        asked.set()
        assert tried.wait(30)

    policy = Meddles()
    policy.use = wait
    world = full.fork(dispatch=policy)

    def second() -> None:
        assert asked.wait(30)
        for use in (lambda: world.run("1 min"), world.fork, world.engine.step):
            try:
                use()
            except RuntimeError as error:
                refused.append(str(error))
        tried.set()

    thread = Thread(target=second)
    thread.start()
    world.run("5 min")
    thread.join()
    assert len(refused) == 3
    assert all("nor another thread" in told for told in refused)
    assert world.log_sha256 == full.fork().run("5 min").log_sha256


class Locked(Nearest):
    """A policy that cannot be copied."""

    def __init__(self) -> None:
        self.lock = Lock()


def test_a_policy_that_cannot_be_copied_is_named_by_the_fork(full: lab.World) -> None:
    world = full.fork(dispatch=Locked())
    with pytest.raises(TypeError, match=r"policy Locked cannot be copied .*fork\(dispatch=\.\.\.\)"):
        world.fork()
    assert world.fork(dispatch=Locked()).run("1 min").minutes == 11


@settings(max_examples=15)
@given(st.data())
def test_every_position_that_the_promises_allow_is_taken_and_all_work_ends(data: st.DataObject) -> None:
    """Lanes are drawn: for carriers that go back, and for those that are in the way."""

    def free(deck: Any, without: int, own: int | None) -> list[int]:
        lanes = [lane.index for lane in deck.lanes if deck.lock[lane.index] == NOBODY]
        return [lane for lane in lanes if lane != without and (lane == own or deck.spare(lane) > 0)]

    def back(found: Any, view: Any, deck: Any, visit: Any) -> Any:
        lanes = free(deck, -1, visit.lane)
        lane = data.draw(st.sampled_from(lanes)) if lanes else None
        return None if lane is None else (deck.deepest_free(lane), lane)

    def aside(found: Any, view: Any, deck: Any, source: int, count: int) -> Any:
        lanes = free(deck, source, None)
        room = {lane: deck.spare(lane) for lane in lanes}
        spots: list[tuple[int, int]] = []
        while len(spots) < count and any(room.values()):
            lane = data.draw(st.sampled_from([each for each in lanes if room[each]]))
            room[lane] -= 1
            spots.append((deck.deepest_free(lane, tuple(cell for cell, _ in spots)), lane))
        return spots if len(spots) == count else None

    policies = Policies(
        put_back=Bent("put_back", "spot", back),
        relocation=Bent("relocation", "spots", aside),
    )
    site = lane_site("one level", SHAPE, bots_per_level=3, fill_percent=85)
    lines: list[bytes] = []
    engine = build(
        site,
        seed=data.draw(st.integers(0, 99)),
        operator=OPERATOR_SIMULATED,
        observers=[EventLog(lines.append).write],
        policies=policies,
    )
    carriers = data.draw(st.lists(st.sampled_from(site.carriers), min_size=1, max_size=12))
    engine.apply(PlaceFetch(tuple(str(carrier.id) for carrier in carriers)))
    run_to_the_end(engine, 1)
    assert engine.plant.orders.open_requests == 0
    assert check_lines(lines, complete=True).ok
