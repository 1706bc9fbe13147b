"""Stations with several servers, which no part of a site is, on the twin's kernel.

The kernel is the agenda (alarms over SimPy in whole milliseconds) and the named random
streams: the same two that every run of the twin rests on.
"""

from __future__ import annotations

from collections import deque

from twin.simulation.agenda import Agenda, Key
from twin.simulation.randomness import Streams


class Station:
    """First come, first served by ``servers`` alike, whose times are exponential."""

    def __init__(self, servers: int, service_ms: float, streams: Streams) -> None:
        self.service_ms, self.streams = service_ms, streams
        self.agenda = Agenda(0, self.ring)
        self.free = list(range(servers))
        self.line: deque[tuple[int, int]] = deque()
        self.waits: list[int] = []
        self.busy_ms = 0

    def ring(self, key: Key) -> None:
        """An alarm: somebody comes, or a server is done."""
        kind, number = key
        if kind == "server":
            self.free.append(number)
            self.left(number)
        else:
            self.line.append((self.agenda.now, number))
            self.came()
        while self.free and self.line:
            self._serve(self.free.pop(), *self.line.popleft())

    def _serve(self, server: int, since: int, customer: int) -> None:
        takes = self.streams.exponential_ms("service", self.service_ms)
        self.waits.append(self.agenda.now - since)
        self.busy_ms += takes
        self.agenda.set(("server", server), self.agenda.now + takes)
        self.serves(server, customer)

    def serves(self, server: int, customer: int) -> None:
        """Somebody begins to be served."""

    def came(self) -> None:
        """Somebody has come."""

    def left(self, server: int) -> None:
        """Somebody was served."""

    def run(self, until_ms: int) -> None:
        """Let everything happen up to then."""
        while (due := self.agenda.peek()) is not None and due <= until_ms:
            self.agenda.run_next()


class Open(Station):
    """Customers come by Poisson's law: M/M/c."""

    def __init__(self, servers: int, service_ms: float, streams: Streams, gap_ms: float) -> None:
        super().__init__(servers, service_ms, streams)
        self.gap_ms = gap_ms

    def came(self) -> None:
        """See ``Station``."""
        due = self.agenda.now + self.streams.exponential_ms("gap", self.gap_ms)
        self.agenda.set(("customer", 0), due)


class Repair(Station):
    """Machines that work for an exponential time and then need a server: M/M/c//N.

    ``working_ms`` is the time machines worked, all together, in the periods that have ended.
    """

    def __init__(self, servers: int, service_ms: float, streams: Streams, work_ms: float) -> None:
        super().__init__(servers, service_ms, streams)
        self.work_ms = work_ms
        self.working_ms = 0
        self.served: dict[int, int] = {}

    def begin(self, machines: int) -> None:
        """All machines start to work."""
        for machine in range(machines):
            self._work(machine)

    def _work(self, machine: int) -> None:
        takes = self.streams.exponential_ms("work", self.work_ms)
        self.working_ms += takes
        self.agenda.set(("customer", machine), self.agenda.now + takes)

    def serves(self, server: int, customer: int) -> None:
        """See ``Station``."""
        self.served[server] = customer

    def left(self, server: int) -> None:
        """See ``Station``."""
        self._work(self.served.pop(server))


def waits(servers: int, load: float, service_ms: float, customers: int, seed: int) -> list[int]:
    """Waits of about so many customers of M/M/c, in ms."""
    gap_ms = service_ms / load
    line = Open(servers, service_ms, Streams(seed), gap_ms)
    line.came()
    line.run(round(customers * gap_ms))
    return line.waits


def shares(
    machines: int, work_ms: float, repair_ms: float, servers: int, hours: int, seed: int
) -> tuple[float, float]:
    """Machines at work on average, and the share of time a server is busy.

    What has begun at the end counts whole, which is one period in many thousands.
    """
    shop = Repair(servers, repair_ms, Streams(seed), work_ms)
    shop.begin(machines)
    until_ms = hours * 3_600_000
    shop.run(until_ms)
    return shop.working_ms / until_ms, shop.busy_ms / (servers * until_ms)
