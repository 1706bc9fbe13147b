"""A scenario as typed data. Times in ms, shares in whole percent unless a name says otherwise.

Fields are named as the keys of the file; what each means is said in ``sections.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twin.domain.work import FULFILLMENT, OPERATOR_SIMULATED
from twin.experiments.scenario.quantities import Bound
from twin.experiments.yamlnodes import Node
from twin.policies.chosen import Choice
from twin.simulation.arriving import POISSON

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """Where the site comes from, and what is different about it."""

    file: str | None = None
    inline: Node | None = None
    battery: dict[str, Any] | None = None
    motion: dict[str, Any] | None = None
    person: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The bots. None: as the site says."""

    bots_per_level: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The person of a balcony. ``shifts`` are times of day; None: always there."""

    shifts: tuple[tuple[int, int], ...] | None = None
    times: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Boxes:
    """How many carriers of each kind there are, in proportion."""

    whole: int = 1
    halves: int = 1
    quarters: int = 1
    mixed: int = 1


@dataclass(frozen=True, slots=True)
class AbcClass:
    """A share of the SKUs and the share of the lines that asks for them."""

    skus_percent: int
    lines_percent: int


@dataclass(frozen=True, slots=True)
class StartLevel:
    """Pieces of an SKU at the start: more than the first share of its room, at most the second."""

    from_percent: int = 0
    to_percent: int = 100


EQUILIBRIUM = "equilibrium"
RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Stock:
    """What is in store at the start."""

    fill_percent: int | None = None
    skus: int | None = None
    boxes: Boxes = field(default_factory=Boxes)
    loaded_percent: int = 90
    pieces_per_box: int = 60
    start_level: str | StartLevel = EQUILIBRIUM
    zipf: float = 0.8
    abc: tuple[AbcClass, ...] | None = None
    placement: str = "random"
    on_empty: str = "keep"


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of a line, each number equally likely."""

    from_: int = 1
    to: int = 3


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of orders."""

    kind: str = FULFILLMENT.lower()
    arrivals: str = POISSON
    lines_per_hour: int | None = None
    profile_percent: tuple[int, ...] | None = None
    every: int | None = None
    orders_per_wave: int | None = None
    open_orders: int | None = None
    file: str | None = None
    reorder_percent: int | None = None
    up_to_percent: int | None = None
    lines_per_order: float | tuple[int, ...] = 2.5
    pieces_per_line: Pieces = field(default_factory=Pieces)
    priority: int = 0
    due: int | None = None
    begin: int = 0
    end: int | None = None

    @property
    def is_order(self) -> bool:
        """Whether pieces are picked."""
        return self.kind == FULFILLMENT.lower()


@dataclass(frozen=True, slots=True)
class Chance:
    """How often one kind of fault comes on the whole site, on average. None: the usual repair time."""

    every: int
    repair: int | None = None
    repair_cv_percent: int = 50


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the API that the engine knows; an underscore stands for the dot of the key."""

    operator_mode: str = OPERATOR_SIMULATED


@dataclass(frozen=True, slots=True)
class Until:
    """How many replications: until the interval of a KPI is narrow enough."""

    kpi: str
    half_width_percent: float
    at_least: int = 5
    at_most: int = 100


NO_EVENTS, FIRST_EVENTS, ALL_EVENTS = "none", "first", "all"


@dataclass(frozen=True, slots=True)
class Run:
    """How it is run. ``start`` is the time of day at simulated time 0.

    ``events``: of which replications of each variant all events are kept.
    """

    horizon: int
    warm_up: int | str = 0
    replications: int | Until = 10
    seed: int = 1
    start: int = 6 * HOUR_MS
    events: str = NO_EVENTS

    @property
    def warm_up_ms(self) -> int:
        """The warm-up, 0 where it is to be found."""
        return self.warm_up if isinstance(self.warm_up, int) else 0

    def keeps_events(self, replication: int) -> bool:
        """Whether the events of a replication are kept."""
        return self.events == ALL_EVENTS or (self.events == FIRST_EVENTS and replication == 0)


@dataclass(frozen=True, slots=True)
class Variation:
    """What ``vary`` says: values by key for a grid, or named variants of several keys each.

    Values are nodes, so that a value that is wrong is refused where it stands.
    """

    grid: tuple[tuple[str, tuple[Node, ...]], ...] = ()
    named: tuple[tuple[str, tuple[tuple[str, Node], ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file, or one variant of it."""

    schema: int
    name: str
    site: SiteChoice
    run: Run
    description: str | None = None
    fleet: Fleet = field(default_factory=Fleet)
    stock: Stock = field(default_factory=Stock)
    people: dict[str, Person] = field(default_factory=dict)
    demand: dict[str, Stream] = field(default_factory=dict)
    due: int | None = None
    faults: dict[str, Chance] = field(default_factory=dict)
    policies: Choice = field(default_factory=Choice)
    settings: Settings = field(default_factory=Settings)
    vary: Variation | None = None
    compare: str | None = None
    targets: dict[str, Bound] = field(default_factory=dict)

    @property
    def promises(self) -> dict[str, int]:
        """What is promised to each stream of orders, in ms, where not all are promised the same."""
        orders = {name: stream.due or self.due for name, stream in self.demand.items() if stream.is_order}
        if all(self.demand[name].due is None for name in orders):
            return {}
        return {name: due for name, due in orders.items() if due is not None}
