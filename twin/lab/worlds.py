"""A warehouse in a notebook: let time pass, order, look, and fork it to see what would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

from twin.assembly import build
from twin.domain.battery import percent
from twin.domain.commands import PlaceFulfillment, SkuLine
from twin.domain.events import Event, LegPlanned, RequestStateChanged
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_API, OPERATOR_BOTH, OPERATOR_SIMULATED, REQUEST_ENDED
from twin.experiments.scenario.quantities import duration_ms
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.stocking import RandomStock
from twin.lab.drawing import Picture, draw_level
from twin.lab.stopping import between_events
from twin.policies.chosen import Policies
from twin.records.eventlog import EventLog
from twin.records.measures import PARTS, Measures, OrderTimes
from twin.records.measures.catalogue import describe
from twin.simulation.arriving import Demand
from twin.simulation.engine import Engine, Observer, restore

if TYPE_CHECKING:
    import pandas as pd

HOUR_MS = 3_600_000
LEGS_SHOWN = 4
LARGEST = {"seed": 2**63 - 1, "lines_per_hour": 100_000}
FOR_EVER_MS = 100 * 365 * 24 * HOUR_MS


class Notes:
    """All that happened in a world: its events, its orders, its figures, and the hash of its log."""

    def __init__(self, warm_up_ms: int) -> None:
        self.events: list[tuple[int, Event]] = []
        self.orders: list[OrderTimes] = []
        self.measures = Measures(warm_up_ms, on_order=self.take)
        self.log = EventLog()
        self.ended: set[str] = set()

    def fork(self) -> Notes:
        """The same notes, to go on apart."""
        other = Notes(self.measures.warmup_ms)
        other.events, other.orders, other.ended = list(self.events), list(self.orders), set(self.ended)
        other.log = self.log.fork()
        # What the figures hold of these notes becomes part of the others.
        other.measures = deepcopy(self.measures, {id(self): other})
        return other

    def take(self, order: OrderTimes) -> None:
        """An order has succeeded."""
        self.orders.append(order)

    def note(self, seq: int, t_ms: int, event: Event) -> None:
        """An observer of an engine."""
        self.events.append((t_ms, event))
        self.log.write(seq, t_ms, event)
        self.measures(seq, t_ms, event)
        if isinstance(event, RequestStateChanged) and event.to in REQUEST_ENDED:
            self.ended.add(event.request)


class World:
    """A warehouse at an instant. Times go in as text such as ``"10 min"``, figures come out as frames."""

    def __init__(self, make: Callable[[list[Observer]], Engine], warm_up: str = "0 min") -> None:
        self.notes = Notes(duration_ms(warm_up))
        self.engine = make([self.notes.note])
        self._objects: dict[str, object] = {}
        """Policies that were given as objects, by decision: no name says what they are."""

    # -- time

    @property
    def minutes(self) -> float:
        """Simulated time since the start."""
        return self.engine.now / 60_000

    def run(self, duration: str) -> World:
        """Let time pass, such as ``"10 min"``. Raises Unclear for what is no duration.

        Ctrl-C stops it between two events: the world is whole, and goes on when it is run again.
        """
        last = self.engine.now + duration_ms(duration)
        with between_events() as check:
            while (due := self.engine.peek()) is not None and due <= last:
                self.engine.step()
                check()
        self.engine.run_until(last)
        return self

    def run_until(self, condition: Callable[[World], bool], limit: str = "24 h") -> World:
        """Let things happen one by one until ``condition`` holds. Raises TimeoutError if not by ``limit``."""
        last = self.engine.now + duration_ms(limit)
        while not condition(self):
            due = self.engine.peek()
            if due is None or due > last:
                raise TimeoutError(f"not so after {limit}")
            with between_events():
                self.engine.step()
        return self

    # -- work

    def order(self, lines: Mapping[str, int], priority: int = 0) -> str:
        """Ask for pieces of SKUs; gives the request's id. Raises a Refusal where there are not enough."""
        picked = tuple(SkuLine(sku, _whole(quantity)) for sku, quantity in lines.items())
        return str(self.engine.apply(PlaceFulfillment(picked, priority=_whole(priority))))

    def has_ended(self, request: str) -> bool:
        """Whether a request has ended, well or not."""
        return request in self.notes.ended

    # -- what if

    def fork(self, **policies: str | object) -> World:
        """A second world that goes on from here; this one is as it was.

        ``policies`` replace some decisions from now on, by name or by object:
        ``world.fork(dispatch="nearest")``. Raises UnknownPolicy.
        """
        twin = World.__new__(World)
        twin.notes = self.notes.fork()
        named = {name: value for name, value in policies.items() if isinstance(value, str)}
        kept = {name: deepcopy(policy) for name, policy in self._objects.items() if name not in policies}
        twin._objects = kept | {name: value for name, value in policies.items() if not isinstance(value, str)}
        choice = {**self.engine.origin.policies.as_dict(), **named}
        chosen = Policies.named({name: value for name, value in choice.items() if name not in twin._objects})
        chosen = replace(chosen, **twin._objects)  # type: ignore[arg-type]
        twin.engine = restore(self.engine.snapshot(), chosen)
        twin.engine.subscribe(twin.notes.note)
        return twin

    @property
    def log_sha256(self) -> str:
        """The hash of the event log so far: equal hashes, equal stories."""
        return self.notes.log.sha256

    # -- frames

    def kpis(self) -> pd.DataFrame:
        """The key figures so far (``docs/kpis.md``): value, unit and title by name."""
        import pandas as pd

        found = self.notes.measures.result(self.engine.now)
        rows = {
            name: (describe(name).shown(value), describe(name).unit, describe(name).title)
            for name, value in found.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit", "title"])

    def orders(self) -> pd.DataFrame:
        """One row for each order that succeeded: when, how long, and the parts of that, in seconds."""
        import pandas as pd

        rows = [
            (o.request, o.accepted_ms / 1000, *(ms / 1000 for ms in (sum(o.parts), *o.parts)))
            for o in self.notes.orders
        ]
        return pd.DataFrame(rows, columns=["request", "accepted_s", "lead_s", *PARTS])

    def events(self, *kinds: str) -> pd.DataFrame:
        """What has happened, oldest first: all events, or those of some kinds, with their fields."""
        import pandas as pd

        rows: list[dict[str, Any]] = [
            {"t_s": t_ms / 1000, "type": type(event).__name__}
            | {f.name.rstrip("_"): getattr(event, f.name) for f in fields(event)}
            for t_ms, event in self.notes.events
            if not kinds or type(event).__name__ in kinds
        ]
        return pd.DataFrame(rows)

    def minutely(self) -> pd.DataFrame:
        """Lines, orders, open orders and charge for every minute since the start."""
        import pandas as pd

        frame = pd.DataFrame(self.notes.measures.series()["minutes"])
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="minute")
        return frame

    def bots(self) -> pd.DataFrame:
        """Where each bot last came to rest, what it carries, what its battery holds, and its work."""
        import pandas as pd

        plant = self.engine.plant
        rows = []
        for bot in plant.state.bots.values():
            x, y = plant.decks[bot.level].level.xy[bot.cell]
            held = percent(plant.meter.battery, plant.meter.energy_mj(bot, self.engine.now))
            rows.append((bot.id, bot.level, x, y, bot.carrier, held, bool(bot.steps)))
        columns = ["bot", "level", "x", "y", "carrier", "charge_percent", "moves"]
        return pd.DataFrame(rows, columns=columns).set_index("bot")

    def skus(self) -> pd.DataFrame:
        """The stock of every SKU in pieces."""
        import pandas as pd

        rows = [(s.id, s.total_quantity, s.fulfillable) for s in self.engine.plant.state.skus.values()]
        return pd.DataFrame(rows, columns=["sku", "total", "fulfillable"]).set_index("sku")

    # -- pictures

    def level(self, number: int, way_of: int | None = None, legs: int = LEGS_SHOWN) -> Picture:
        """A level as it is now: carriers in store, bots where they last came to rest.

        With ``way_of`` the last legs of that bot: full where it was laden, dashed where not.
        Raises KeyError for a level that there is not.
        """
        plant = self.engine.plant
        deck = plant.decks[number]
        standing = {cell: carrier for cell, carrier in enumerate(deck.carrier_at) if carrier}
        bots = {b.id: (b.cell, b.carrier) for b in plant.state.bots.values() if b.level == number}
        return draw_level(deck.level, standing, bots, [] if way_of is None else self._ways(way_of, legs))

    def _ways(self, bot: int, legs: int) -> list[tuple[bool, list[tuple[int, int]]]]:
        driven: list[tuple[bool, list[tuple[int, int]]]] = []
        for _, event in reversed(self.notes.events):
            if isinstance(event, LegPlanned) and event.bot == bot:
                driven.append((event.laden, event.cells))
                if len(driven) == legs:
                    break
        return driven[::-1]


def world(
    site: str | Site = "demo",
    *,
    seed: int = 1,
    lines_per_hour: int = 0,
    people: str = OPERATOR_SIMULATED,
    warm_up: str = "0 min",
    **policies: str,
) -> World:
    """A warehouse at simulated time 0 with random stock, and with random orders if any are asked for.

    ``people`` says who gives the triggers (``simulated``, ``api``, ``both``); ``policies`` are names
    by decision. The same arguments make the same world, event for event. Raises ValueError for what
    cannot be.
    """
    if people not in (OPERATOR_SIMULATED, OPERATOR_API, OPERATOR_BOTH):
        raise ValueError(f"people is {people!r}; give simulated, api or both")
    seed, lines_per_hour = _whole(seed), _whole(lines_per_hour)
    for name, number in (("seed", seed), ("lines_per_hour", lines_per_hour)):
        if type(number) is not int or not 0 <= number <= LARGEST[name]:
            raise ValueError(f"{name} is {number!r}; give a whole number from 0 to {LARGEST[name]}")
    loaded = load_site(find_site(site)) if isinstance(site, str) else site
    demands = [Demand("orders", lines_per_hour, FOR_EVER_MS)] if lines_per_hour else []

    def make(observers: list[Observer]) -> Engine:
        return build(
            loaded,
            seed=seed,
            operator=people,
            stock=RandomStock(),
            demands=demands,
            observers=observers,
            policies=Policies.named(policies),
        )

    return World(make, warm_up)


def _whole(number: int) -> int:
    """Whole numbers of numpy and pandas as Python's; whatever else it is stays so, to be refused by name."""
    return int(number) if isinstance(number, Integral) and not isinstance(number, bool) else number
