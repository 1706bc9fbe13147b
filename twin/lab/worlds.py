"""A warehouse in a notebook: let time pass, order, look, and fork it to see what would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.assembly import build
from twin.domain.battery import percent
from twin.domain.commands import PlaceFulfillment, SkuLine
from twin.domain.events import Event, LegPlanned, RequestStateChanged
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_API, OPERATOR_BOTH, OPERATOR_SIMULATED, REQUEST_ENDED
from twin.experiments.scenario.quantities import duration_text
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.stocking import RandomStock
from twin.lab.door import columns_of, known, known_kinds, plain_whole, span_ms, whole, whole_columns
from twin.lab.drawing import Picture, draw_level
from twin.lab.stopping import between_events
from twin.policies.chosen import Policies
from twin.records.eventlog import EventLog
from twin.records.measures import PARTS, Measures, OrderTimes, Promises
from twin.records.measures.catalogue import describe
from twin.simulation.arriving import Demand
from twin.simulation.engine import Engine, Observer, restore

if TYPE_CHECKING:
    import pandas as pd

HOUR_MS = 3_600_000
LEGS_SHOWN = 4
LARGEST_SEED = 2**63 - 1
MOST_LINES_PER_HOUR = 100_000
FOR_EVER_MS = 100 * 365 * 24 * HOUR_MS


class Notes:
    """All that happened in a world: its events, its orders, its figures, and the hash of its log."""

    def __init__(self, warm_up_ms: int, promises: Promises | None = None) -> None:
        self.events: list[tuple[int, Event]] = []
        self.orders: list[OrderTimes] = []
        self.measures = Measures(warm_up_ms, promises, on_order=self.take)
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

    def __init__(
        self,
        make: Callable[[list[Observer]], Engine],
        warm_up: str = "0 min",
        *,
        promises: Promises | None = None,
        objects: Mapping[str, object] | None = None,
    ) -> None:
        self.notes = Notes(span_ms("warm_up", warm_up), promises)
        self.engine = make([self.notes.note])
        self._objects = dict(objects or {})
        """Policies that were given as objects, by decision: no name says what they are."""

    # -- time

    @property
    def minutes(self) -> float:
        """Simulated time since the start."""
        return self.engine.now / 60_000

    def run(self, duration: str) -> World:
        """Let time pass, such as ``"10 min"``. Raises Unclear for what is no duration.

        Ctrl-C stops it between two events: the world is whole, and goes on when it is run again. With
        ``engine.run_until`` it may stop amid an event, after which the engine raises BrokenOff.
        """
        last = self.engine.now + span_ms("duration", duration)
        with between_events() as check:
            while (due := self.engine.peek()) is not None and due <= last:
                self.engine.step()
                check()
        self.engine.run_until(last)
        return self

    def run_until(self, condition: Callable[[World], bool], limit: str = "24 h") -> World:
        """Let things happen one by one until ``condition`` holds. Raises TimeoutError if not by ``limit``."""
        if not callable(condition):
            raise TypeError(f"condition is {condition!r}; give a function of the world")
        last = self.engine.now + span_ms("limit", limit)
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
        if not isinstance(lines, Mapping):
            raise TypeError(f"lines is {lines!r}; give pieces by SKU, such as {{'SKU00001': 2}}")
        picked = tuple(SkuLine(sku, plain_whole(quantity)) for sku, quantity in lines.items())
        with between_events():
            return str(self.engine.apply(PlaceFulfillment(picked, priority=plain_whole(priority))))

    def has_ended(self, request: str) -> bool:
        """Whether a request has ended, well or not. Raises KeyError for one that there is not."""
        if request in self.notes.ended:
            return True
        known("request", request, self.engine.plant.state.requests)
        return False

    # -- what if

    def fork(self, **policies: str | object) -> World:
        """A second world that goes on from here; this one is as it was.

        ``policies`` replace some decisions from now on, by name or by object:
        ``world.fork(dispatch="nearest")``. Objects that this world has go on in a copy. Raises UnknownPolicy.
        """
        kept = {name: policy for name, policy in self._objects.items() if name not in policies}
        names = self.engine.origin.policies.as_dict()
        chosen = {name: value for name, value in names.items() if name not in kept} | policies
        chosen |= {name: _copied(name, policy) for name, policy in kept.items()}
        made = Policies.given(chosen)
        twin = World.__new__(World)
        twin.notes = self.notes.fork()
        twin._objects = _objects(chosen)
        twin.engine = restore(self.engine.snapshot(), made)
        twin.engine.subscribe(twin.notes.note)
        return twin

    @property
    def log_sha256(self) -> str:
        """The hash of the event log so far: equal hashes, equal stories."""
        return self.notes.log.sha256

    # -- frames

    def kpis(self) -> pd.DataFrame:
        """The key figures so far (``docs/kpis.md``): value, unit and title by name.

        Raises ValueError before the warm-up is over.
        """
        import pandas as pd

        warm_up_ms = self.notes.measures.warmup_ms
        if self.engine.now <= warm_up_ms:
            since = (
                f"before its warm-up of {duration_text(warm_up_ms)} is over" if warm_up_ms else "at its start"
            )
            raise ValueError(f"a world has no figures {since}; let time pass first")
        found = self.notes.measures.result(self.engine.now)
        rows = {
            name: (describe(name).shown(value), describe(name).unit, describe(name).title)
            for name, value in found.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit", "title"])

    def orders(self) -> pd.DataFrame:
        """One row for each order that succeeded, in seconds.

        When it was accepted, ``lead_s`` from then until it had succeeded, and the parts of which that is
        the sum.
        """
        import pandas as pd

        rows = [
            (o.request, o.accepted_ms / 1000, *(ms / 1000 for ms in (sum(o.parts), *o.parts)))
            for o in self.notes.orders
        ]
        columns = ["request", "accepted_s", "lead_s", *PARTS]
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))

    def events(self, *kinds: str) -> pd.DataFrame:
        """What has happened, oldest first: all events, or those of some kinds, with their fields.

        Where an event has no such field it is missing; whole numbers are whole all the same (``Int64``).
        Raises KeyError for a kind that there is not.
        """
        import pandas as pd

        known_kinds(kinds)
        rows: list[dict[str, Any]] = [
            {"t_s": t_ms / 1000, "type": type(event).__name__}
            | {f.name.rstrip("_"): getattr(event, f.name) for f in fields(event)}
            for t_ms, event in self.notes.events
            if not kinds or type(event).__name__ in kinds
        ]
        frame = pd.DataFrame(rows, columns=["t_s", "type", *columns_of(kinds)] if kinds else None)
        return frame.astype({column: "Int64" for column in frame.columns if column in whole_columns()})

    def minutely(self) -> pd.DataFrame:
        """Lines, orders, open orders and charge for every minute since the start; the first is minute 1.

        ``lead_s`` is the sum of the lead times of the orders that succeeded in the minute, in seconds:
        over ``orders`` it is their mean.
        """
        return by_minute(self.notes.measures.series(self.engine.now)["minutes"])

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
        return pd.DataFrame(rows, columns=columns).set_index("bot").astype({"carrier": "Int64"})

    def skus(self) -> pd.DataFrame:
        """The stock of every SKU in pieces."""
        import pandas as pd

        rows = [(s.id, s.total_quantity, s.fulfillable) for s in self.engine.plant.state.skus.values()]
        return pd.DataFrame(rows, columns=["sku", "total", "fulfillable"]).set_index("sku")

    # -- pictures

    def level(self, number: int, way_of: int | None = None, legs: int = LEGS_SHOWN) -> Picture:
        """A level as it is now: carriers in store, bots where they last came to rest.

        With ``way_of`` the last legs of that bot: full where it was laden, dashed where not.
        Raises KeyError for a level or bot that there is not, ValueError for a bot of another level and
        for no legs.
        """
        plant = self.engine.plant
        known("level", number, plant.decks)
        if way_of is not None:
            known("bot", way_of, plant.state.bots)
            its = plant.state.bots[way_of].level
            if its != number:
                raise ValueError(f"bot {way_of} is on level {its}, not on level {number}")
        legs = whole("legs", legs, 1)
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


def by_minute(minutes: Mapping[str, list[float]]) -> pd.DataFrame:
    """A series of figures by the minute in which they were, from 1 on."""
    import pandas as pd

    frame = pd.DataFrame(minutes)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="minute")
    return frame


def _copied(decision: str, policy: object) -> object:
    try:
        return deepcopy(policy)
    except TypeError as error:
        told = f"the {decision} policy {type(policy).__name__} cannot be copied ({error})"
        raise TypeError(f"{told}; give the fork one of its own: fork({decision}=...)") from error


def _objects(policies: Mapping[str, object]) -> dict[str, object]:
    return {decision: policy for decision, policy in policies.items() if not isinstance(policy, str)}


def world(
    site: str | Path | Site = "demo",
    *,
    seed: int = 1,
    lines_per_hour: int = 0,
    people: str = OPERATOR_SIMULATED,
    warm_up: str = "0 min",
    **policies: str | object,
) -> World:
    """A warehouse at simulated time 0 with random stock, and with random orders if any are asked for.

    ``people`` says who gives the triggers (``simulated``, ``api``, ``both``); ``policies`` are names
    or objects by decision. The same arguments make the same world, event for event. Raises ValueError
    for what cannot be, SiteRefused and UnknownPolicy.
    """
    if people not in (OPERATOR_SIMULATED, OPERATOR_API, OPERATOR_BOTH):
        raise ValueError(f"people is {people!r}; give simulated, api or both")
    seed = whole("seed", seed, 0, LARGEST_SEED)
    lines_per_hour = whole("lines_per_hour", lines_per_hour, 0, MOST_LINES_PER_HOUR)
    if not isinstance(site, str | Path | Site):
        raise TypeError(f"site is {site!r}; give the name or file of a site, or a Site")
    chosen = Policies.given(policies)
    loaded = site if isinstance(site, Site) else load_site(find_site(str(site)))
    demands = [Demand("orders", lines_per_hour, FOR_EVER_MS)] if lines_per_hour else []

    def make(observers: list[Observer]) -> Engine:
        return build(
            loaded,
            seed=seed,
            operator=people,
            stock=RandomStock(),
            demands=demands,
            observers=observers,
            policies=chosen,
        )

    return World(make, warm_up, objects=_objects(policies))
