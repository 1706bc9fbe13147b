"""All commands that talk to a running twin, as ``pyproject.toml`` names them."""

from api.remote.calls import calls, coverage
from api.remote.clock import advance, clock, status, wait
from api.remote.events import events
from api.remote.faults import app as fault
from api.remote.incidents import app as incident
from api.remote.operators import operators
from api.remote.record import record, replay
from api.remote.worlds import capsule, snapshot, world

__all__ = [
    "advance",
    "calls",
    "capsule",
    "clock",
    "coverage",
    "events",
    "fault",
    "incident",
    "operators",
    "record",
    "replay",
    "snapshot",
    "status",
    "wait",
    "world",
]
