"""Open lines through the twin: orders come by Poisson's law and wait for a person or for a bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.validation.one_article import SKU, one_line_orders, with_one_article
from twin.assembly import HOUR_MS
from twin.domain.events import Event, JobStateChanged, ServiceStarted
from twin.domain.layout import Battery, Drive, Level, Motion, PersonTimes, Site
from twin.domain.work import ACCEPTED, FULFILLMENT, PLANNING_MS, STARTED, WAITING
from twin.experiments.placement import drawn_balconies, filled, parked_bots
from twin.policies.allocation import ByPreference
from twin.policies.chosen import Policies
from twin.policies.dispatch import Oldest
from twin.policies.view import LoadView, PlantView
from twin.simulation.arriving import POISSON
from twin.simulation.engine import Observer

NO_BATTERY = Battery(idle_w=0, drive_unladen_w=0, drive_laden_w=0, lift_w=0)
LEVELS = 60
"""Levels of one bot each: more than ever are in use at a time, so that every order finds a free bot."""


class Unused(ByPreference):
    """A carrier that nobody has asked for, the one that was asked for least often so far."""

    def key(self, view: PlantView, load: LoadView, free: int, missing: int) -> tuple[int, ...]:
        """See ``ByPreference``."""
        carrier = view.state.boxes[load.box].carrier
        used = any(visit.carrier == carrier for visit in view.state.visits.values())
        return (used, -free, load.box)


FIRST_COME = Policies(dispatch=Oldest(), allocation=Unused())
"""First come, first served, as the formulas have it."""

Served = tuple[int, int, int]
"""When a job came into the line, when its service began, and when it ended or will end, in ms."""


class AtThePerson:
    """Notes who comes to the balcony and when the person works on it; to be subscribed."""

    def __init__(self) -> None:
        self.served: list[Served] = []
        self._since: dict[str, int] = {}

    def __call__(self, seq: int, t_ms: int, event: Event) -> None:
        """See ``Observer``."""
        if isinstance(event, JobStateChanged) and event.to == WAITING:
            self._since[event.job] = t_ms
        elif isinstance(event, ServiceStarted):
            self.served.append((self._since.pop(event.job), t_ms, event.until_ms))


class AmongBots:
    """Notes how long orders wait, from the first look at them until a bot sets out; to be subscribed."""

    def __init__(self) -> None:
        self.waits: list[int] = []
        self._since: dict[str, int] = {}

    def __call__(self, seq: int, t_ms: int, event: Event) -> None:
        """See ``Observer``."""
        if isinstance(event, JobStateChanged) and event.type_name == FULFILLMENT:
            if event.to == ACCEPTED:
                self._since[event.job] = t_ms + PLANNING_MS
            elif event.to == STARTED:
                self.waits.append(t_ms - self._since.pop(event.job))


def at_a_person(person: PersonTimes, orders_per_hour: int, orders: int, seed: int) -> list[int]:
    """Waits at one person to whom carriers come as orders do, after constant travel: M/G/1."""
    return [began - came for came, began, _ in line_at_a_person(person, orders_per_hour, orders, seed)]


def line_at_a_person(person: PersonTimes, orders_per_hour: int, orders: int, seed: int) -> list[Served]:
    """The same line, served by served."""
    first = Level(1, 0, ("#p#", "b.s"))
    levels = tuple(replace(first, id=1 + n) for n in range(LEVELS))
    line = AtThePerson()
    _run(_site(levels, Motion(), person, 1), orders_per_hour, orders, seed, line)
    return line.served


def among_bots(bots: int, service_ms: int, orders_per_hour: int, orders: int, seed: int) -> list[int]:
    """Waits for one of some bots, all of whose rounds take the same: M/D/c.

    Lifting and lowering take all of the time; driving some ten milliseconds, the person one.
    Walls between the carriers keep others from driving beneath them and meeting a bot that lifts.
    """
    fast = Drive(100_000, 100_000, 100_000)
    motion = Motion(fast, fast, turn_ms=0, lift_ms=service_ms // 2, lower_ms=service_ms - service_ms // 2)
    width = 120
    pockets = ("b" * bots + "#" + "p" * bots).ljust(width, "#")
    level = Level(1, 0, (pockets, "." * width, "s#" * (width // 2)))
    person = PersonTimes(0, 1, line_distribution="constant")
    site = _site((level,), motion, person, bots)
    line = AmongBots()
    _run(replace(site, pitch_mm=1), orders_per_hour, orders, seed, line)
    return line.waits


def _run(site: Site, orders_per_hour: int, orders: int, seed: int, observer: Observer) -> None:
    until_ms = orders * HOUR_MS // orders_per_hour
    demand = one_line_orders("orders", POISSON, orders_per_hour, until_ms, [SKU])
    engine = with_one_article(site, [demand], seed, FIRST_COME)
    engine.subscribe(observer)
    engine.start()
    engine.run_until(until_ms)


def _site(levels: Sequence[Level], motion: Motion, person: PersonTimes, bots: int) -> Site:
    balconies, parked, carriers = drawn_balconies(levels), parked_bots(levels, bots), filled(levels, 100)
    return Site("open line", 600, motion, tuple(levels), balconies, parked, carriers, person, NO_BATTERY)
