"""Closed loops through the twin: every bot has a level to itself, all levels touch the same balconies.

Nothing but the balconies' persons is shared, so that a round is travel without traffic
(the queueing network's delay) and then one person's line (its station).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from benchmarks.validation.one_article import engine_of, fill_box, one_line_orders, plant_of
from twin.assembly import HOUR_MS
from twin.domain import commands as ask
from twin.domain.events import Event, JobStateChanged, ServiceStarted
from twin.domain.layout import CONSTANT, Battery, Drive, Level, Motion, PersonTimes, Site
from twin.domain.motion import run_profiles
from twin.domain.orders import Pick, Placing
from twin.domain.plant import Plant
from twin.domain.work import FULFILLMENT, SUCCEEDED
from twin.experiments.placement import drawn_balconies, filled, parked_bots
from twin.policies.allocation import FewestCarriers
from twin.policies.chosen import Policies
from twin.policies.view import PlantView
from twin.simulation.arriving import CLOSED
from twin.simulation.engine import Engine

PITCH_MM = 600
NO_BATTERY = Battery(idle_w=0, drive_unladen_w=0, drive_laden_w=0, lift_w=0)
MAPS: dict[int, tuple[str, ...]] = {
    1: ("#p#", "b.s"),
    2: ("#p#", "b.b", "#s#"),
    4: ("b#p#b", ".....", "b#s#b"),
}
"""A level for one bot and one carrier, by the number of balconies; pockets of one balcony never touch."""


@dataclass(frozen=True, slots=True)
class Network:
    """A closed queueing network: ``bots`` customers, a delay that ``motion`` makes, a station per balcony.

    A round leads to one balcony, to the i-th with a chance in proportion to ``shares[i]``.
    """

    bots: int
    person: PersonTimes
    motion: Motion
    shares: tuple[int, ...] = (1,)

    @property
    def demands_ms(self) -> tuple[float, ...]:
        """Mean service per round at each balcony."""
        service = self.person.handling_ms + self.person.line_ms
        return tuple(service * share / sum(self.shares) for share in self.shares)


class BalconyOfSku(FewestCarriers):
    """The balcony is in the SKU's name: which one a round leads to is the demand's draw, not a choice."""

    def allocate(self, view: PlantView, command: Placing) -> list[Pick]:
        """See ``Allocation``."""
        assert not isinstance(command, ask.PlaceFetch)
        picks = super().allocate(view, command)
        return [replace(p, balcony=int(command.lines[p.entity].sku.split("-")[2])) for p in picks]


def driving_ms(motion: Motion) -> int:
    """From the carrier's place to a handover place of the maps above, laden: one straight run, or two."""
    run = run_profiles(motion.laden, PITCH_MM, 2)
    return run[2].duration_ms


def travelling(travel_ms: int) -> Motion:
    """Motion with which a round on the level of one balcony takes ``travel_ms`` besides the person.

    Once the person is done: drive back, lower, lift, drive. The times of lifting and
    lowering are chosen to make up the rest.
    """
    rest = travel_ms - 2 * driving_ms(Motion())
    return replace(Motion(), lower_ms=rest // 2, lift_ms=rest - rest // 2)


def travelling_with_a_turn(travel_ms: int) -> Motion:
    """The same for the level of two balconies, where each way is two runs of a cell with a turn between."""
    way = 2 * run_profiles(Motion().laden, PITCH_MM, 1)[1].duration_ms + Motion().turn_ms
    rest = travel_ms - 2 * way
    return replace(Motion(), lower_ms=rest // 2, lift_ms=rest - rest // 2)


FAST = Drive(100_000, 100_000, 100_000)
AT_ONCE = Motion(FAST, FAST, turn_ms=0, lift_ms=0, lower_ms=0)
"""Moves of some milliseconds: a round without the person takes the half second of planning."""


def site_of(network: Network) -> Site:
    """The network as a site."""
    first = Level(1, 0, MAPS[len(network.shares)])
    levels = tuple(replace(first, id=1 + n, height_mm=400 * n) for n in range(network.bots))
    balconies, bots, carriers = drawn_balconies(levels), parked_bots(levels, 1), filled(levels, 100)
    return Site(
        "closed loop", PITCH_MM, network.motion, levels, balconies, bots, carriers, network.person, NO_BATTERY
    )


def delay_ms(motion: Motion, shares: Sequence[int]) -> int:
    """What a round takes besides the person, as a lone bot with constant service has it."""
    service = 10_000
    person = PersonTimes(0, service, line_distribution=CONSTANT)
    rounds = run(Network(1, person, motion, tuple(shares)), 1_000_000, 1)
    [delay] = {b - a - service for a, b in pairwise(rounds.ended_ms)}
    return delay


@dataclass(slots=True)
class Rounds:
    """When rounds ended, by job; and what persons worked: (balcony, from, until), in ms."""

    ended_ms: list[int] = field(default_factory=list)
    carriers: list[int] = field(default_factory=list)
    served: list[tuple[int, int, int]] = field(default_factory=list)

    def observe(self, seq: int, t_ms: int, event: Event) -> None:
        """To be subscribed."""
        if isinstance(event, JobStateChanged):
            if event.to == SUCCEEDED and event.type_name == FULFILLMENT and event.carrier is not None:
                self.ended_ms.append(t_ms)
                self.carriers.append(event.carrier)
        elif isinstance(event, ServiceStarted):
            self.served.append((event.balcony, t_ms, event.until_ms))

    def per_hour(self, from_ms: int, until_ms: int) -> float:
        """Rounds an hour within a window, its start excluded."""
        return sum(from_ms < t <= until_ms for t in self.ended_ms) * HOUR_MS / (until_ms - from_ms)

    def utilisation(self, balcony: int, from_ms: int, until_ms: int) -> float:
        """Share of a window in which a person worked."""
        spans = (min(b, until_ms) - max(a, from_ms) for who, a, b in self.served if who == balcony)
        return sum(span for span in spans if span > 0) / (until_ms - from_ms)


def run(network: Network, until_ms: int, seed: int) -> Rounds:
    """The network through the twin: one closed loop of one open order per bot."""
    rounds = Rounds()
    engine = _engine(network, until_ms, seed)
    engine.subscribe(rounds.observe)
    engine.start()
    engine.run_until(until_ms)
    return rounds


def _engine(network: Network, until_ms: int, seed: int) -> Engine:
    plant = plant_of(site_of(network))
    skus = _put_in_stock(plant, network.shares)
    demands = [one_line_orders(f"bot {n}", CLOSED, 1, until_ms, of_level) for n, of_level in skus.items()]
    return engine_of(plant, demands, seed, Policies(allocation=BalconyOfSku()))


def _put_in_stock(plant: Plant, shares: Sequence[int]) -> dict[int, list[str]]:
    """On each level's carrier as many SKUs for a balcony as its share says; SKUs by level."""
    skus: dict[int, list[str]] = {}
    for carrier in plant.state.carriers.values():
        owners = [balcony for balcony, share in enumerate(shares, 1) for _ in range(share)]
        for number, balcony in enumerate(owners):
            sku = f"{carrier.level}-{number}-{balcony}"
            plant.change_stock(ask.CreateSku(sku, sku), 0)
            fill_box(plant, carrier.id, 1 << number, sku)
            skus.setdefault(carrier.level, []).append(sku)
    return skus
