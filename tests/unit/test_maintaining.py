"""Work that is not about stock: pausing, restarting, charging, bots and carriers that come and go."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from twin.assembly import build
from twin.checking import check_lines
from twin.domain import commands as ask
from twin.domain.errors import InUse, Invalid, NotFound
from twin.domain.fleet import EMPTY
from twin.domain.layout import Battery, Site
from twin.domain.modes import RESCUE_MS, RESTART_MS
from twin.domain.work import SUCCEEDED_TRIGGER
from twin.experiments.sitefile import find_site, load_site
from twin.records.eventlog import EventLog
from twin.simulation.engine import Engine, restore

MINUTE = 60_000


class World:
    """A twin with its log."""

    def __init__(self, site: Site | str = "demo") -> None:
        loaded = load_site(find_site(site)) if isinstance(site, str) else site
        self.lines: list[bytes] = []
        self.engine: Engine = build(loaded, observers=[EventLog(self.lines.append).write])
        self.state = self.engine.plant.state

    def ask(self, command: ask.Command) -> str:
        return str(self.engine.apply(command))

    def wait(self, ms: int = 5 * MINUTE) -> None:
        self.engine.run_until(self.engine.now + ms)

    def status(self, request: str) -> str:
        return self.state.requests[request].status

    def jobs(self, request: str) -> list[str]:
        return [self.state.jobs[job].status for job in self.state.requests[request].jobs]

    def trigger(self, request: str, outcome: str = SUCCEEDED_TRIGGER) -> None:
        for job in self.state.requests[request].jobs:
            self.engine.apply(ask.TriggerJob(job, outcome))

    def prove(self, complete: bool = True) -> None:
        report = check_lines(self.lines, complete=complete)
        assert report.ok, report.as_text()

    @property
    def text(self) -> str:
        return b"".join(self.lines).decode()


def test_a_pause_lets_every_bot_come_to_rest_and_begins_nothing_new() -> None:
    world = World()
    fetch = world.ask(ask.PlaceFetch(("1001",)))
    world.wait(5_000)
    pause = world.ask(ask.PlacePause())
    assert (world.status(pause), world.state.mode.status) == ("IN_PROGRESS", "RUNNING")
    late = world.ask(ask.PlaceFetch(("1200",)))
    world.wait()
    assert (world.status(pause), world.state.mode.status) == ("SUCCEEDED", "PAUSED")
    assert (world.jobs(fetch), world.jobs(late)) == (["WAITING_FOR_TRIGGER"], ["ACCEPTED"])
    world.trigger(fetch)
    world.wait()
    assert any(bot.carrier for bot in world.state.bots.values()), "a paused storage moves nothing"
    resume = world.ask(ask.PlaceResume())
    assert (world.status(resume), world.state.mode.status) == ("SUCCEEDED", "RUNNING")
    world.wait()
    world.trigger(late)
    world.wait()
    world.prove()


def test_a_second_pause_is_refused_and_a_resume_gives_up_a_pause_on_its_way() -> None:
    world = World()
    world.ask(ask.PlaceFetch(("1001",)))
    world.wait(5_000)
    pause = world.ask(ask.PlacePause())
    with pytest.raises(InUse):
        world.ask(ask.PlacePause())
    world.ask(ask.PlaceResume())
    assert world.status(pause) == "FAILED"
    assert world.state.mode.status == "RUNNING"


def test_work_waits_while_the_brain_starts_and_goes_on_after_it() -> None:
    world = World()
    first = world.ask(ask.PlaceFetch(("1001",)))
    world.wait(5_000)
    world.ask(ask.RestartBrain())
    second = world.ask(ask.PlaceFetch(("1200",)))
    world.wait(RESTART_MS - 1)
    assert world.state.mode.status == "STARTING_UP"
    assert world.jobs(second) == ["ACCEPTED"]
    world.wait(1)
    assert world.state.mode.status == "RUNNING"
    world.wait()
    assert world.jobs(first) == world.jobs(second) == ["WAITING_FOR_TRIGGER"]


def test_a_new_bot_joins_when_the_person_has_put_it_on_the_floor() -> None:
    world = World()
    request = world.ask(ask.PlaceOnboarding())
    world.wait()
    assert (world.jobs(request), len(world.state.bots)) == (["WAITING_FOR_TRIGGER"], 12)
    world.trigger(request)
    world.wait()
    assert (world.status(request), sorted(world.state.bots)[-1]) == ("SUCCEEDED", 13)
    assert world.engine.idle
    world.prove()


def test_a_new_bot_that_is_not_put_on_the_floor_does_not_join() -> None:
    world = World()
    request = world.ask(ask.PlaceOnboarding())
    world.wait()
    world.trigger(request, "FAILED_TRIGGER")
    assert (world.status(request), len(world.state.bots)) == ("FAILED", 12)


def test_no_more_bots_come_than_a_level_can_park() -> None:
    world = World("tiny")
    world.ask(ask.PlaceOnboarding())
    with pytest.raises(InUse, match="parking place"):
        world.ask(ask.PlaceOnboarding())


def test_a_bot_that_leaves_drives_to_a_handover_place_and_is_taken_off() -> None:
    world = World()
    request = world.ask(ask.PlaceOffboarding(2))
    world.wait()
    assert world.jobs(request) == ["WAITING_FOR_TRIGGER"]
    world.trigger(request)
    assert (world.status(request), 2 in world.state.bots) == ("SUCCEEDED", False)
    fetch = world.ask(ask.PlaceFetch(("1001",)))
    world.wait()
    world.trigger(fetch)
    world.wait()
    world.prove()


def test_a_bot_that_nobody_takes_off_drives_home_again() -> None:
    world = World()
    request = world.ask(ask.PlaceOffboarding(2))
    world.wait()
    world.trigger(request, "FAILED_TRIGGER")
    world.wait()
    assert (world.status(request), 2 in world.state.bots, world.engine.idle) == ("FAILED", True, True)
    world.prove()


def test_a_new_carrier_is_brought_into_store() -> None:
    world = World()
    request = world.ask(ask.PlaceCarrierOnboarding(1))
    world.wait()
    world.trigger(request)
    world.wait()
    carrier = world.state.carriers[max(world.state.carriers)]
    assert (world.status(request), len(world.state.carriers)) == ("SUCCEEDED", 754)
    assert carrier.cell is not None
    box = world.engine.apply(ask.CreateBox(carrier.id, 0xFF))
    assert box == 1
    world.prove()


def test_carriers_come_only_while_there_is_room_to_dig() -> None:
    world = World("tiny")
    for _ in range(2):
        request = world.ask(ask.PlaceCarrierOnboarding(1))
        world.wait()
        world.trigger(request)
        world.wait()
    with pytest.raises(InUse, match="room"):
        world.ask(ask.PlaceCarrierOnboarding(1))
    world.prove()


def test_tags_are_written_one_by_one_while_the_level_is_closed() -> None:
    world = World("tiny")
    request = world.ask(ask.PlaceRfidWrite(1, 1))
    assert world.state.mode.status == "MAINTENANCE"
    late = world.ask(ask.PlaceFetch(("1001",)))
    world.wait(MINUTE)
    done = len(world.state.tags_written[1])
    assert 0 < done < 12
    assert world.jobs(late) == ["ACCEPTED"]
    world.wait()
    assert (world.status(request), world.state.mode.status) == ("SUCCEEDED", "RUNNING")
    assert world.text.count("TagWritten") == 12
    world.wait()
    world.trigger(late)
    world.wait()
    world.prove()


def test_writing_that_was_cut_short_goes_on_where_it_ended() -> None:
    weak = Battery(capacity_wh=1, idle_w=0, low_percent=10, reserve_percent=60)
    world = World(replace(load_site(find_site("tiny")), battery=weak))
    first = world.ask(ask.PlaceRfidWrite(1, 1))
    world.wait()
    done = len(world.state.tags_written[1])
    assert world.status(first) == "FAILED"
    assert 0 < done < 12
    world.wait(60 * MINUTE)
    second = world.ask(ask.PlaceRfidWrite(1, 1, from_scratch=False))
    world.wait()
    assert len(world.state.tags_written.get(1, [])) > done or world.status(second) == "SUCCEEDED"
    world.prove()


def test_charging_brings_a_bot_to_a_charger_and_uncharging_takes_it_off() -> None:
    site = replace(load_site(find_site("demo")), battery=Battery(start_percent=60))
    world = World(site)
    parked = next(b.id for b in world.state.bots.values() if not b.charging)
    charge = world.ask(ask.PlaceCharging(bot=parked))
    world.wait()
    assert (world.status(charge), world.state.bots[parked].charging) == ("SUCCEEDED", True)
    uncharge = world.ask(ask.PlaceUncharging(bot=parked))
    world.wait(MINUTE)
    assert (world.status(uncharge), world.state.bots[parked].charging) == ("SUCCEEDED", False)
    world.prove()


def test_a_bot_with_charge_enough_stays_unless_forced() -> None:
    world = World()
    parked = next(b for b in world.state.bots.values() if not world.engine.plant.fleet.on_charger(b))
    cell = parked.cell
    world.ask(ask.PlaceCharging(bot=parked.id))
    world.wait()
    assert parked.cell == cell
    world.ask(ask.PlaceCharging(bot=parked.id, force=True))
    world.wait()
    assert parked.cell != cell


def test_an_empty_battery_is_a_fault_that_a_person_mends() -> None:
    battery = Battery(capacity_wh=10, idle_w=60, charge_w=100, low_percent=20)
    world = World(replace(load_site(find_site("tiny")), battery=battery))
    fetch = world.ask(ask.PlaceFetch(("1001",)))
    world.wait(12 * MINUTE)
    bot = next(b for b in world.state.bots.values() if b.visit is not None)
    assert bot.fault == EMPTY
    assert '"BotFailed"' in world.text
    world.trigger(fetch)
    world.wait(RESCUE_MS)
    world.wait(20 * MINUTE)
    assert '"BotRecovered"' in world.text
    assert world.state.carriers[1001].cell is not None
    world.prove()


REFUSED: dict[str, tuple[ask.Command, type[Exception]]] = {
    "an unknown bot charges": (ask.PlaceCharging(bot=99), NotFound),
    "an unknown level charges": (ask.PlaceCharging(level=99), NotFound),
    "a bot charges on another level": (ask.PlaceCharging(bot=1, level=2), Invalid),
    "an unknown bot leaves": (ask.PlaceOffboarding(99), NotFound),
    "an unknown balcony takes a carrier": (ask.PlaceCarrierOnboarding(99), NotFound),
    "an unknown level is written": (ask.PlaceRfidWrite(99, 1), NotFound),
    "a bot writes another level": (ask.PlaceRfidWrite(2, 1), Invalid),
    "an unknown bot is removed": (ask.RemoveBots((1, 99)), NotFound),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_wish_changes_nothing(name: str) -> None:
    command, error = REFUSED[name]
    world = World()
    before = json.dumps(world.engine.snapshot())
    with pytest.raises(error):
        world.ask(command)
    assert json.dumps(world.engine.snapshot()) == before


def test_a_bot_has_one_task_at_a_time() -> None:
    world = World()
    world.ask(ask.PlaceOffboarding(2))
    for command in (ask.PlaceOffboarding(2), ask.PlaceCharging(bot=2), ask.PlaceRfidWrite(1, 2)):
        with pytest.raises(InUse):
            world.ask(command)


def test_a_bot_at_work_cannot_be_removed_by_hand() -> None:
    world = World()
    world.ask(ask.PlaceFetch(("1001",)))
    world.wait(5_000)
    busy = next(b.id for b in world.state.bots.values() if b.visit is not None)
    with pytest.raises(InUse):
        world.ask(ask.RemoveBots((busy,)))
    world.ask(ask.RemoveBots((12, 11)))
    assert len(world.state.bots) == 10


BEGINNINGS: dict[str, Callable[[World], object]] = {
    "pause": lambda w: w.ask(ask.PlacePause()),
    "restart": lambda w: w.ask(ask.RestartBrain()),
    "onboarding": lambda w: w.ask(ask.PlaceOnboarding()),
    "offboarding": lambda w: w.ask(ask.PlaceOffboarding(3)),
    "carrier": lambda w: w.ask(ask.PlaceCarrierOnboarding(2)),
    "writing": lambda w: w.ask(ask.PlaceRfidWrite(2, 5)),
    "charging": lambda w: w.ask(ask.PlaceCharging(force=True)),
}


@pytest.mark.parametrize("name", BEGINNINGS)
@pytest.mark.parametrize("after_ms", [0, 700, 12_345, 40_000])
def test_a_twin_restored_amid_maintenance_goes_on_with_the_same_bytes(name: str, after_ms: int) -> None:
    world = World()
    world.ask(ask.PlaceFetch(("1001", "1300")))
    BEGINNINGS[name](world)
    world.wait(after_ms)
    snapshot = json.loads(json.dumps(world.engine.snapshot()))
    written = len(world.lines)
    world.wait(10 * MINUTE)
    again: list[bytes] = []
    restored = restore(snapshot)
    restored.subscribe(EventLog(again.append).write)
    restored.run_until(world.engine.now)
    assert again == world.lines[written:]
    assert json.dumps(restored.snapshot()) == json.dumps(world.engine.snapshot())


def test_a_bot_that_stands_on_a_charger_is_charged_again_before_it_is_empty() -> None:
    world = World(replace(load_site(find_site("tiny")), battery=Battery(capacity_wh=30)))
    charger = next(p for p, k in enumerate(world.engine.plant.site.levels[0].kinds) if k == "c")
    world.ask(ask.PlaceCharging(bot=1, force=True))
    world.wait()
    assert world.state.bots[1].cell == charger
    world.wait(48 * 60 * MINUTE)
    assert '"BotFailed"' not in world.text
    assert world.text.count('"ChargingStarted","bot":1') > 5
