"""Where HTTP meets the engine: pace, readiness, surprises. In process, with a wall clock of its own."""

import asyncio
import json
import tempfile
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from face_to_face import bring_face_to_face, narrow

from api.app import create_app
from api.bridge import Bridge
from api.settings import Settings
from api.surprise import Unavailable
from api.world import World, make_world
from twin.domain.commands import (
    CreateBox,
    CreateLoad,
    CreateSku,
    PlaceFulfillment,
    PlanFault,
    SkuLine,
    TriggerJob,
)
from twin.domain.errors import AlreadyExists, Invalid, SiteRefused
from twin.domain.faults import BOT_STALLED
from twin.domain.layout import Battery, PersonTimes
from twin.domain.work import OPERATOR_BOTH, SUCCEEDED_TRIGGER
from twin.experiments.sitefile import find_site, load_site
from twin.recipe import Beginning, Recipe
from twin.simulation.advancing import Idle, Waiting
from twin.simulation.engine import restore
from twin.simulation.watching import ALARM, TOO_LONG_MS

KEY = "k"
HOUR_MS = 3_600_000


class Wall:
    """A wall clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def tiny(line_ms: int = 5000, **options: Any) -> World:
    site = load_site(find_site("tiny"))
    # Batteries that do not drain while a bot stands: no event is pending but what the story brings about.
    site = replace(site, person=PersonTimes(line_ms=line_ms), battery=Battery(idle_w=0))
    return make_world(Beginning(Recipe(site, **options)))


def with_bridge(
    story: Callable[[Bridge], Coroutine[Any, Any, None]],
    speed: float | str = 0,
    make: Callable[[], World] = tiny,
    clock: Callable[[], float] | None = None,
) -> None:
    """Tell a story of a running bridge."""

    async def told() -> None:
        bridge = Bridge(make, speed, clock or Wall())  # type: ignore[arg-type]
        bridge.start()
        await bridge.ready.wait()
        await story(bridge)
        bridge.close()

    asyncio.run(told())


async def order(bridge: Bridge) -> str:
    """Stock, and a request for some of it."""
    await bridge.submit(CreateSku("A"))
    box = await bridge.submit(CreateBox(1001, 0xFFFF_FFFF))
    assert isinstance(box, int)
    await bridge.submit(CreateLoad(box, "A", 10, 10))
    return str(await bridge.submit(PlaceFulfillment((SkuLine("A", 1),))))


def client_of(bridge: Bridge) -> httpx.AsyncClient:
    """A client of the application over a bridge."""
    transport = httpx.ASGITransport(create_app(bridge, Settings(KEY)))
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(transport=transport, base_url="http://twin", headers=headers)


# -- pace


@pytest.mark.parametrize(("speed", "reached"), [(0, 0), (1, 90_000), (50, 4_500_000), ("max", 0)])
def test_a_command_is_applied_where_the_pace_has_come_to(speed, reached):
    wall = Wall()

    async def story(bridge: Bridge) -> None:
        wall.seconds += 90
        await bridge.submit(CreateSku("A"))
        assert bridge.engine.plant.state.skus["A"].created_ms == reached

    with_bridge(story, speed, clock=wall)


def test_a_new_speed_goes_on_from_where_the_old_one_came_to():
    wall = Wall()

    async def story(bridge: Bridge) -> None:
        for speed in (1, 50, 0, 2):
            wall.seconds += 10
            await bridge.set_speed(speed)
        wall.seconds += 10
        assert (await bridge.clock()).now_ms == 10_000 + 10_000 + 500_000 + 0 + 20_000

    with_bridge(story, 1, clock=wall)


def test_a_command_wakes_a_twin_that_sleeps():
    async def story(bridge: Bridge) -> None:
        await order(bridge)
        while not bridge.engine.quiet:
            await asyncio.sleep(0)
        assert bridge.engine.plant.state.jobs["job-1"].status == "WAITING_FOR_TRIGGER"

    with_bridge(story, "max")


def test_a_twin_that_cannot_hold_its_pace_says_how_far_it_is_behind():
    ticks = Wall()

    def hurried() -> float:
        ticks.seconds += 1.0
        return ticks.seconds

    async def story(bridge: Bridge) -> None:
        await order(bridge)
        clock = await bridge.clock()
        assert clock.lag_ms > 0
        assert clock.now_ms + clock.lag_ms <= ticks.seconds * 1_000_000 * 1000

    with_bridge(story, 1_000_000, clock=hurried)


def test_nothing_happens_while_paused():
    async def story(bridge: Bridge) -> None:
        await order(bridge)
        due = bridge.engine.peek()
        for _ in range(20):
            await asyncio.sleep(0)
        assert (bridge.engine.now, bridge.engine.peek()) == (0, due)

    with_bridge(story)


def test_flat_out_time_does_not_run_ahead_to_a_planned_fault_but_an_advance_does():
    async def story(bridge: Bridge) -> None:
        plan = PlanFault(BOT_STALLED, 5 * HOUR_MS, repair_ms=60_000, bot=1)
        await bridge.submit(plan)
        for _ in range(50):
            await asyncio.sleep(0)
        clock = await bridge.clock()
        assert (clock.speed, clock.now_ms, clock.next_event_ms) == ("max", 0, None)
        await bridge.advance_until(lambda engine: Waiting(engine.plant.state), 9 * HOUR_MS)
        assert bridge.engine.now == 0, "nor does one to what will never be"
        await bridge.advance_by(5 * HOUR_MS)
        assert bridge.engine.plant.state.bots[1].fault == BOT_STALLED
        while bridge.engine.plant.state.faults:
            await asyncio.sleep(0)
        assert bridge.engine.now == 5 * HOUR_MS + 60_000, "the repair of what lasts is to happen"

    with_bridge(story, "max")


def test_flat_out_a_planned_fault_comes_at_its_time_while_something_else_is_to_happen():
    async def story(bridge: Bridge) -> None:
        await bridge.submit(PlanFault(BOT_STALLED, 1_000, bot=1))
        await order(bridge)
        while not bridge.engine.plant.state.faults:
            await asyncio.sleep(0)
        (fault,) = bridge.engine.plant.state.faults.values()
        assert fault.since_ms == 1_000

    with_bridge(story, "max")


def test_an_advance_suspends_the_pace():
    wall = Wall()

    async def story(bridge: Bridge) -> None:
        wall.seconds += 5
        outcome = await bridge.advance_by(HOUR_MS)
        assert (outcome.clock.now_ms, outcome.clock.lag_ms) == (5_000 + HOUR_MS, 0)
        wall.seconds += 5
        assert (await bridge.clock()).now_ms == 10_000 + HOUR_MS

    with_bridge(story, 1, clock=wall)


def test_an_advance_never_passes_its_end_even_where_an_alarm_was_dropped():
    async def story(bridge: Bridge) -> None:
        await order(bridge)
        await bridge.advance_until(lambda engine: Waiting(engine.plant.state), HOUR_MS)
        # The client is faster than the simulated person, whose alarm is then without meaning.
        await bridge.submit(TriggerJob("job-1", SUCCEEDED_TRIGGER))
        while not bridge.engine.idle:
            before = bridge.engine.now
            outcome = await bridge.advance_by(100)
            assert outcome.clock.now_ms == before + 100

    with_bridge(story, make=lambda: tiny(operator=OPERATOR_BOTH))


def test_a_dropped_alarm_is_no_event():
    async def story(bridge: Bridge) -> None:
        await order(bridge)
        await bridge.advance_until(lambda engine: Waiting(engine.plant.state), HOUR_MS)
        # All the work is done before the slow simulated person's alarm, which is without meaning then.
        await bridge.submit(TriggerJob("job-1", SUCCEEDED_TRIGGER))
        await bridge.advance_until(Idle, HOUR_MS)
        outcome = await bridge.advance_events(1)
        assert (outcome.events, outcome.reason, outcome.clock.next_event_ms) == (0, "nothing_left", None)
        await bridge.submit(PlaceFulfillment((SkuLine("A", 1),)))
        assert (await bridge.advance_events(1)).events == 1

    with_bridge(story, make=lambda: tiny(operator=OPERATOR_BOTH, line_ms=HOUR_MS))


def test_the_end_of_time_is_not_passed():
    wall = Wall()

    async def story(bridge: Bridge) -> None:
        last = bridge.world.last_ms
        await bridge.advance_to(last)
        wall.seconds += 1e9
        assert (await bridge.clock()).now_ms == last
        with pytest.raises(Invalid, match="year 9999"):
            await bridge.advance_by(1)
        assert bridge.world.written(last).startswith("9999-12-30")

    with_bridge(story, 1_000_000, clock=wall)


# -- advances


def test_an_advance_ends_where_its_client_has_gone(caplog):
    async def story(bridge: Bridge) -> None:
        bridge._clock = iter(range(10**9)).__next__  # every slice is one event
        await order(bridge)
        messages = iter([{"type": "http.request", "body": b'{"until": "idle"}'}])
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        app = create_app(bridge, Settings(KEY))
        await app(scope("/_twin/clock/advance"), receive, send)
        assert sent[0]["status"] == 503
        assert (await bridge.advance_events(1)).events == 1
        assert bridge.trouble is None
        assert bridge.engine.plant.state.jobs["job-1"].status != "WAITING_FOR_TRIGGER"

    with_bridge(story)
    assert not caplog.records


def scope(path: str) -> dict[str, Any]:
    """A POST of JSON with the key, as a server hands it to an application."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


def test_commands_come_in_between_the_events_of_an_advance():
    async def story(bridge: Bridge) -> None:
        request = await order(bridge)
        bridge._clock = iter(range(10**9)).__next__
        advance = asyncio.create_task(bridge.advance_until(Idle, HOUR_MS))
        jobs = bridge.engine.plant.state.jobs
        while jobs["job-1"].status != "WAITING_FOR_TRIGGER":
            await asyncio.sleep(0)
            if advance.done():
                advance = asyncio.create_task(bridge.advance_until(Idle, HOUR_MS))
        await bridge.submit(TriggerJob("job-1", SUCCEEDED_TRIGGER))
        await advance
        assert (await bridge.advance_until(Idle, HOUR_MS)).reason == "reached"
        assert bridge.engine.plant.state.requests[request].status == "SUCCEEDED"

    with_bridge(story)


def test_a_refused_command_leaves_the_twin_running():
    async def story(bridge: Bridge) -> None:
        await bridge.submit(CreateSku("A"))
        with pytest.raises(AlreadyExists):
            await bridge.submit(CreateSku("A"))
        assert bridge.trouble is None
        await bridge.submit(CreateSku("B"))

    with_bridge(story)


# -- readiness and surprises


def test_until_the_site_is_built_the_twin_is_not_ready():
    go_on = threading.Event()

    def slow() -> World:
        assert go_on.wait(10)
        return tiny()

    async def story() -> None:
        bridge = Bridge(slow, 0)
        bridge.start()
        async with client_of(bridge) as client:
            early = await client.get("/_twin/ready")
            assert (early.status_code, early.json()["missing"]) == (503, ["the site is being loaded"])
            for method, path in (("GET", "/api/v2/bots"), ("POST", "/api/v2/sku"), ("GET", "/_twin/clock")):
                answer = await client.request(method, path, json={"id": "A"})
                assert (answer.status_code, answer.json()["detail"]) == (503, "the site is being loaded")
            go_on.set()
            await bridge.ready.wait()
            assert (await client.get("/_twin/ready")).status_code == 200
        bridge.close()

    asyncio.run(story())


def test_a_site_that_is_refused_while_it_is_built_is_kept_for_whoever_started_it():
    def refused() -> World:
        raise SiteRefused("too full to dig")

    async def story() -> None:
        bridge = Bridge(refused, 0)
        bridge.start()
        await bridge.ready.wait()
        assert isinstance(bridge.refusal, SiteRefused)
        assert bridge.trouble == "too full to dig"

    asyncio.run(story())


def broken(world: World) -> World:
    def step() -> None:
        raise ZeroDivisionError("two bots in one cell")

    world.engine.step = step  # type: ignore[method-assign]
    return world


@pytest.mark.parametrize("speed", [0, 1, "max"])
def test_a_surprise_stops_the_twin_loudly(speed, caplog):
    wall = Wall()

    async def story(bridge: Bridge) -> None:
        await order(bridge)
        broken(bridge.world)
        wall.seconds += 3600
        with pytest.raises(Unavailable):
            await bridge.advance_by(HOUR_MS)
        assert bridge.trouble == "the simulation failed at 0 ms: ZeroDivisionError: two bots in one cell"
        async with client_of(bridge) as client:
            ready = await client.get("/_twin/ready")
            assert (ready.status_code, ready.json()["missing"]) == (503, [bridge.trouble])
            refused = await client.post("/api/v2/sku", json={"id": "B"})
            assert (refused.status_code, refused.json()["detail"]) == (503, bridge.trouble)
            assert (await client.get("/_twin/clock")).status_code == 200
            assert (await client.put("/_twin/clock", json={"speed": 1})).status_code == 503

    with_bridge(story, speed, clock=wall)
    assert "Traceback" in caplog.text
    assert "two bots in one cell" in caplog.text


def test_a_surprise_without_a_client_is_heard_as_well(caplog):
    async def story(bridge: Bridge) -> None:
        broken(bridge.world)
        await order(bridge)
        while bridge.trouble is None:
            await asyncio.sleep(0)
        assert bridge.trouble.startswith("the simulation failed at 0 ms")

    with_bridge(story, "max")
    assert "Traceback" in caplog.text


def test_a_deadlock_is_named_in_every_refusal_and_its_snapshot_kept(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def locked() -> World:
        world = make_world(Beginning(Recipe(narrow())))
        bring_face_to_face(world.engine)
        world.engine.agenda.set((ALARM, 1), TOO_LONG_MS)
        return world

    async def story(bridge: Bridge) -> None:
        with pytest.raises(Unavailable, match="bot 1 waits for bot 2, bot 2 waits for bot 1"):
            await bridge.advance_by(HOUR_MS)
        (kept,) = tmp_path.glob("*.deadlock.json")
        assert restore(json.loads(kept.read_text())).now == TOO_LONG_MS
        async with client_of(bridge) as client:
            refused = await client.post("/api/v2/sku", json={"id": "B"})
            assert refused.status_code == 503
            assert "bot 2 waits for bot 1; the moment is kept in " + str(kept) in refused.json()["detail"]

    with_bridge(story, make=locked)
    assert "bot 1 waits for bot 2" in caplog.text


def test_whoever_waits_for_an_advance_is_told_that_the_twin_shuts_down():
    async def story(bridge: Bridge) -> None:
        await order(bridge)
        bridge._clock = iter(range(10**9)).__next__
        advance = asyncio.create_task(bridge.advance_until(Idle, HOUR_MS))
        await asyncio.sleep(0)
        bridge.close()
        with pytest.raises(Unavailable, match="shutting down"):
            await advance

    with_bridge(story)


def test_the_calendar_of_a_world_knows_instants_with_any_offset():
    world = tiny()
    assert world.to_ms(datetime(2026, 1, 5, 5, 0, 1, tzinfo=UTC)) == 1000
    assert world.written(1500) == "2026-01-05T05:00:01.500+00:00"
