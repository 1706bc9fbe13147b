"""Twins for tests: fixtures ``twin_server`` and ``twin`` for pytest, active once the package is installed.

Nothing here imports the server: it is started as a process of its own, and spoken to
over HTTP, as any client would.
"""

from twin.testing.helpers import Clock, Events, Faults, Incidents, NotReached, Operators, Snapshot, Twin
from twin.testing.server import TwinServer

__all__ = [
    "Clock",
    "Events",
    "Faults",
    "Incidents",
    "NotReached",
    "Operators",
    "Snapshot",
    "Twin",
    "TwinServer",
]
