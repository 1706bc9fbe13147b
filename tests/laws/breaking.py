"""What the tests share in which something breaks at a bad moment."""

from __future__ import annotations

from twin.domain import commands as ask
from twin.simulation.engine import Engine, restore

MINUTE_MS = 60_000


def id_of(result: object) -> int:
    """The id of a fault that a command has begun."""
    assert isinstance(result, int)
    return result


def drive(engine: Engine) -> int:
    """Ask for a carrier and run until a bot has it and drives; the bot."""
    engine.apply(ask.PlaceFetch(("1001",)))
    while not (found := [b.id for b in engine.plant.state.bots.values() if b.carrier and b.moving]):
        engine.step()
    return found[0]


def status(engine: Engine, request: object) -> str:
    return engine.plant.state.requests[str(request)].status


def assert_restores(engine: Engine) -> None:
    """Whatever lasts, a snapshot of it goes on like the run itself."""
    again = restore(engine.snapshot())
    for twin in (again, engine):
        twin.run_until(engine.now + 30 * MINUTE_MS if twin is again else again.now)
    assert again.snapshot() == engine.snapshot()
