"""Law 3 for every command in any order: sums hold, refusals change nothing, all work can be ended."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import ClassVar, get_args

import invariants
from clients import MAKERS, finish, waiting_jobs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from searching import laws
from worlds import Lines, World, canonical

from twin.assembly import build
from twin.checking import check_lines
from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain import work
from twin.domain.bots import WRONG_QUANTITY
from twin.domain.errors import Refusal
from twin.domain.fleet import EMPTY
from twin.domain.layout import Battery, PersonTimes, Site
from twin.domain.modes import RESCUE_MS
from twin.experiments.sitegen import random_site
from twin.simulation.engine import Engine

CHANCE = st.integers(0, 2**32).map(random.Random)
"""Details of a command: drawn evenly, not shrunk; what is shrunk is the order of things."""


def tiny_site(seed: int, line_ms: int) -> Site:
    """A small level with one or two bots that is nearly full, so that there is digging to do.

    Batteries are large on every other one; small ones make bots charge and fail, and tiny ones
    are too small for some work.
    """
    rng = random.Random(seed)
    site = random_site(rng, rng.randint(1, 2), 80, deep=rng.randint(1, 3))
    battery = Battery(1 if seed == 3 else 30, start_percent=50) if seed % 2 else site.battery
    return replace(site, person=PersonTimes(2000, line_ms, 40), battery=battery)


CHANGES = (
    "change_sku",
    "delete_sku",
    "move_box",
    "delete_box",
    "swap_boxes",
    "move_boxes",
    "change_load",
    "delete_load",
)
MAINTENANCE = (
    "place_pause",
    "place_resume",
    "place_charging",
    "place_uncharging",
    "place_onboarding",
    "place_offboarding",
    "place_rfid_write",
    "place_carrier_onboarding",
    "restart_brain",
    "remove_bots",
)


FAULTS = (
    "stall_bot",
    "block_cell",
    "emergency_stop",
    "send_person_away",
    "fail_charger",
    "fail_tag",
    "block_balcony",
    "repair_fault",
    "repair_fault",
    "plan_fault",
)


def test_every_command_there_is_can_be_drawn() -> None:
    """A new command must be added to the makers, or the laws would not be tested with it."""
    engine, rng = World().build(), random.Random(0)
    made = {type(maker(engine.plant.state, rng)) for maker in MAKERS.values()}
    assert made == set(get_args(ask.Command))


class Warehouse(RuleBasedStateMachine):
    """A client that asks for anything at any time, against a ledger of the pieces of each SKU.

    The ledger is kept apart from the plant: by what commands say, by the jobs that
    the event log says have succeeded, and by the single pieces that people miscount.
    ``miscounted`` is the box in which one is missing or too many until the next command.
    """

    engine: Engine
    erred: str | None = None
    miscounted: int | None = None

    @initialize(
        site_seed=st.integers(0, 5),
        line_ms=st.sampled_from((1000, 5000, 300_000)),
        operator=st.sampled_from(work.OPERATORS),
    )
    def begin(self, site_seed: int, line_ms: int, operator: str) -> None:
        """Little stock on a small site, whose people are quick, or slower than any bot."""
        self.lines = Lines()
        self.pieces: Counter[str] = Counter()
        self.empty_since: dict[int, int] = {}
        self.engine = build(
            tiny_site(site_seed, line_ms), operator=operator, observers=[self.lines.write, self.note]
        )
        some = list(self.engine.plant.state.carriers)[::3]
        for number, carrier in enumerate(some):
            for mask in (0xFFFF_0000, 0x0000_FF00):
                box = self.engine.apply(ask.CreateBox(carrier, mask))
                assert isinstance(box, int)
            if number < 3:
                sku = "ABC"[number]
                self.engine.apply(
                    ask.CreateSku(sku, on_empty_sku_action=("UNASSIGN", "DO_NOTHING")[number % 2])
                )
                self.order(ask.CreateLoad(box, sku, 5 + number, 20))

    def note(self, seq: int, t_ms: int, event: past.Event) -> None:
        """Jobs that have succeeded take out and put in what they had booked; a person may err by a piece."""
        if isinstance(event, past.JobStateChanged) and event.to == work.SUCCEEDED and event.sku is not None:
            sign = 1 if event.type_name == work.REPLENISHMENT else -1
            self.pieces[event.sku] += sign * (event.quantity or 0)
            self.miscounted = event.box if event.job == self.erred else None
        elif isinstance(event, past.BotFailed) and event.reason == EMPTY:
            self.empty_since[event.bot] = t_ms
        elif isinstance(event, past.PersonErred) and event.mistake == WRONG_QUANTITY:
            self.erred = event.job
        elif isinstance(event, past.LoadChanged) and event.job is None and event.box == self.miscounted:
            assert abs(event.item_count - event.item_count_before) == 1
            self.pieces[event.sku] += event.item_count - event.item_count_before
            self.miscounted = None

    def order(self, command: ask.Command) -> None:
        """Give a command; if it is refused, nothing may have changed."""
        engine = self.engine
        engine.run_until(engine.now)  # what is due at this instant comes before the command
        self.miscounted = None
        before, lines = canonical(engine.snapshot()), len(self.lines.lines)
        counts = {box: (load.sku, load.item_count) for box, load in engine.plant.state.loads.items()}
        try:
            engine.apply(command)
        except Refusal as refusal:
            why = str(refusal)
        else:
            why = None
        if why is not None:
            assert why, "a refusal says why"
            assert canonical(engine.snapshot()) == before
            assert not engine.plant.happened
            assert len(self.lines.lines) == lines
            return
        assert engine.commands[-1] == (engine.now, command)
        if isinstance(command, ask.CreateLoad | ask.ChangeLoad | ask.DeleteLoad):
            self.count(counts.get(command.box), -1)
            load = engine.plant.state.loads.get(command.box)
            self.count((load.sku, load.item_count) if load else None, 1)

    def count(self, load: tuple[str, int] | None, sign: int) -> None:
        """Pieces that a client puts in or takes out by command."""
        if load is not None:
            self.pieces[load[0]] += sign * load[1]

    @rule(rng=CHANCE, name=st.sampled_from(("create_sku", "create_box", "create_load")))
    def create(self, rng: random.Random, name: str) -> None:
        """Master data, boxes and loads come."""
        self.order(MAKERS[name](self.engine.plant.state, rng))

    @rule(rng=CHANCE, name=st.sampled_from(CHANGES))
    def change(self, rng: random.Random, name: str) -> None:
        """They change and go, and boxes change places."""
        self.order(MAKERS[name](self.engine.plant.state, rng))

    @rule(rng=CHANCE, name=st.sampled_from(("place_fulfillment", "place_replenishment")))
    def place(self, rng: random.Random, name: str) -> None:
        """A request about pieces."""
        self.order(MAKERS[name](self.engine.plant.state, rng))

    @rule(rng=CHANCE)
    def fetch(self, rng: random.Random) -> None:
        """A request for carriers."""
        self.order(MAKERS["place_fetch"](self.engine.plant.state, rng))

    @rule(rng=CHANCE, name=st.sampled_from(("set_operator", "set_person", "trigger_job")))
    def meddle(self, rng: random.Random, name: str) -> None:
        """Somebody else gives the triggers, or they come for jobs that do not wait."""
        self.order(MAKERS[name](self.engine.plant.state, rng))

    @precondition(lambda self: waiting_jobs(self.engine))
    @rule(rng=CHANCE, outcome=st.sampled_from(work.TRIGGERS))
    def trigger_one_that_waits(self, rng: random.Random, outcome: str) -> None:
        """The person at a balcony is done, or gives up."""
        self.order(ask.TriggerJob(rng.choice(waiting_jobs(self.engine)), outcome))

    @rule()
    def wait_until_a_carrier_is_presented(self) -> None:
        """Events happen until one job more waits for its trigger, at most for ten minutes."""
        before, deadline = set(waiting_jobs(self.engine)), self.engine.now + 600_000
        while before >= set(waiting_jobs(self.engine)) and (self.engine.peek() or deadline) < deadline:
            self.engine.step()

    @rule(by_ms=st.integers(1, 120_000))
    def wait(self, by_ms: int) -> None:
        """Time passes."""
        self.engine.run_until(self.engine.now + by_ms)

    @rule(events=st.integers(1, 12))
    def let_things_happen(self, events: int) -> None:
        """Some events happen."""
        for _ in range(events):
            self.engine.step()

    @invariant()
    def everything_agrees(self) -> None:
        """The invariants, and the ledger."""
        invariants.check(self.engine)
        totals = {sku.id: sku.total_quantity for sku in self.engine.plant.state.skus.values()}
        assert +Counter(totals) == +self.pieces

    def teardown(self) -> None:
        """Liveness: whatever is open can be ended, and the log tells a flawless story."""
        if not hasattr(self, "engine") or sys.exc_info()[0] is not None:
            return  # what has failed already is what matters
        finish(self.engine, random.Random(0))
        self.everything_agrees()
        assert not any(load.booked_in or load.booked_out for load in self.engine.plant.state.loads.values())
        self.engine.run_until(self.engine.now + 2 * RESCUE_MS)
        self.everything_agrees()
        # With no more places than bots a full one cannot make room; another gets empty time and again.
        empty = [bot.id for bot in self.engine.plant.state.bots.values() if bot.fault == EMPTY]
        assert all(self.engine.now - self.empty_since[bot] <= RESCUE_MS for bot in empty)
        report = check_lines(self.lines.lines, complete=True)
        assert report.ok, report.as_text()


class MaintainedWarehouse(Warehouse):
    """The same with pausing, charging on demand, bots and carriers that come and go, tags, and faults."""

    @rule(rng=CHANCE, name=st.sampled_from(MAINTENANCE))
    def maintain(self, rng: random.Random, name: str) -> None:
        """Something that is not about stock."""
        self.order(MAKERS[name](self.engine.plant.state, rng))

    @rule(rng=CHANCE, name=st.sampled_from(FAULTS))
    def fail(self, rng: random.Random, name: str) -> None:
        """Something breaks, or is repaired."""
        self.order(MAKERS[name](self.engine.plant.state, rng))


TestWarehouse = Warehouse.TestCase
TestWarehouse.settings = settings(laws(50), stateful_step_count=40)


class CountedWarehouse(MaintainedWarehouse):
    """The same, counting what is done over all examples; long campaigns tell how far they are."""

    begun = 0
    steps = 0
    done = -1
    asked: ClassVar[Counter[type]] = Counter()
    let_through: ClassVar[Counter[type]] = Counter()

    def teardown(self) -> None:
        """One more example; on standard error every thousandth step or so, which ``pytest -s`` shows."""
        super().teardown()
        cls, before = CountedWarehouse, CountedWarehouse.steps
        if self.done > 0:
            cls.begun += 1
            cls.steps += self.done
            cls.let_through.update(type(command) for _, command in self.engine.commands)
        if before // 1000 < cls.steps // 1000 and cls.steps >= 5000:
            told = f"{cls.steps:,} steps in {cls.begun:,} examples, {time.process_time():,.0f} s"
            print(told, file=sys.stderr, flush=True)

    def order(self, command: ask.Command) -> None:
        """Note what is asked for."""
        CountedWarehouse.asked[type(command)] += 1
        super().order(command)

    @invariant()
    def one_more_step(self) -> None:
        """Invariants are looked at after the beginning, which is no step, and after every step."""
        self.done += 1


STEPS = {"ci": 2_000, "soak": 200_000}


def test_a_maintained_warehouse_keeps_the_laws_over_thousands_of_steps_of_all_commands() -> None:
    """At least 2,000 steps in CI. In a soak at least 200,000, and no command is only ever refused."""
    counted = CountedWarehouse
    run_state_machine_as_test(counted, settings=settings(laws(65), stateful_step_count=40))
    assert counted.steps >= STEPS.get(settings.get_current_profile_name(), 0)
    commands = set(get_args(ask.Command))
    assert not commands - set(counted.asked), f"never asked for: {commands - set(counted.asked)}"
    if settings.get_current_profile_name() == "soak":
        refused = commands - set(counted.let_through)
        assert not refused, f"only refused: {refused}"
