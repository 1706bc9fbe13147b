"""What a policy may see: the plant as it is now, without anything that could change it.

These are the types that policies are written against. The plant itself fulfils them, so
that looking costs nothing; ``mypy`` refuses a policy that writes. Dictionaries and lists
are in an order that never depends on chance, and that a restored twin has as well, but
for ``DeckView.free_bots``.

A *cell* is ``y * width + x`` on its level, a *lane* an index into ``DeckView.lanes``.
All times are ms, all energies mJ. 0 stands for nobody where a cell or lane has a user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from twin.domain.lanes import Lane
from twin.domain.layout import Level, Site

Spot = tuple[int, int]
"""A cell and the lane it is in."""


class BotView(Protocol):
    """A bot. ``cell`` is where it last came to rest."""

    @property
    def id(self) -> int: ...
    @property
    def level(self) -> int: ...
    @property
    def cell(self) -> int: ...
    @property
    def carrier(self) -> int | None:
        """The carrier on it."""
        ...

    @property
    def parking(self) -> int | None:
        """The parking place or charger it holds or is on its way to."""
        ...

    @property
    def visit(self) -> int | None:
        """The visit it works for."""
        ...

    @property
    def charging(self) -> bool:
        """Whether a charger feeds it."""
        ...

    @property
    def must_charge(self) -> bool:
        """Whether it gets no work before it has charged."""
        ...


class CarrierView(Protocol):
    """A carrier: it stands on ``cell``, or is on ``bot``."""

    @property
    def id(self) -> int: ...
    @property
    def level(self) -> int: ...
    @property
    def cell(self) -> int | None: ...
    @property
    def bot(self) -> int | None: ...
    @property
    def presented(self) -> int:
        """How often it has stood at a balcony."""
        ...


class BoxView(Protocol):
    """A box on a carrier."""

    @property
    def id(self) -> int: ...
    @property
    def carrier(self) -> int: ...


class LoadView(Protocol):
    """The pieces of one SKU in one box."""

    @property
    def box(self) -> int: ...
    @property
    def sku(self) -> str: ...
    @property
    def item_count(self) -> int: ...
    @property
    def stocked_ms(self) -> int:
        """Since when there have been pieces in it: the age of the oldest of them."""
        ...

    @property
    def fulfillable(self) -> int:
        """Pieces that no job has booked yet."""
        ...

    @property
    def replenishable(self) -> int:
        """Pieces for which there is room that no job has booked yet."""
        ...


class VisitView(Protocol):
    """One presentation of a carrier at a balcony, for one or more jobs (see ``twin.domain.work.Visit``)."""

    @property
    def id(self) -> int: ...
    @property
    def carrier(self) -> int: ...
    @property
    def level(self) -> int: ...
    @property
    def balcony(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def queued_ms(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def place(self) -> int | None:
        """The handover cell where it stands or comes to stand."""
        ...

    @property
    def lane(self) -> int | None:
        """The lane in which room is kept for the carrier's return."""
        ...

    @property
    def home(self) -> int | None:
        """The lane it stood in before it was buffered for this visit."""
        ...

    def rank(self) -> tuple[int, int, int]:
        """Sort key: what is to be served first is smallest. The first part is in ms."""
        ...


class StateView(Protocol):
    """What there is, by id (loads: by box)."""

    @property
    def bots(self) -> Mapping[int, BotView]: ...
    @property
    def carriers(self) -> Mapping[int, CarrierView]: ...
    @property
    def boxes(self) -> Mapping[int, BoxView]: ...
    @property
    def loads(self) -> Mapping[int, LoadView]: ...
    @property
    def visits(self) -> Mapping[int, VisitView]: ...


class DeckView(Protocol):
    """One level as it is now."""

    @property
    def level(self) -> Level:
        """Its map."""
        ...

    @property
    def lanes(self) -> Sequence[Lane]: ...
    @property
    def carrier_at(self) -> Sequence[int]:
        """By cell: the carrier that stands there."""
        ...

    @property
    def lane_of(self) -> Sequence[int]:
        """By cell: its lane, or -1."""
        ...

    @property
    def lock(self) -> Sequence[int]:
        """By lane: the visit that works in it and keeps others out."""
        ...

    @property
    def place_user(self) -> Mapping[int, int]:
        """By handover cell: the visit that uses it (or a task: -1)."""
        ...

    @property
    def parking_user(self) -> Mapping[int, int]:
        """By cell of a parking place or charger: the bot that holds it or is on its way there."""
        ...

    @property
    def free_bots(self) -> Mapping[int, None]:
        """The bots that may be given work now, in no order that counts: sort them."""
        ...

    @property
    def presented(self) -> int:
        """The presentations of all its carriers so far."""
        ...

    @property
    def carriers(self) -> int:
        """How many carriers belong to the level."""
        ...

    def feeds(self, cell: int) -> bool:
        """Whether there is a charger on a cell that works."""
        ...

    def blockers(self, cell: int) -> list[int]:
        """The carriers that stand in the way of ``cell``, the one nearest the aisle first."""
        ...

    def front(self, cell: int) -> int:
        """Where a bot goes first to get the carrier on ``cell``: to what blocks it, else to itself."""
        ...

    def spare(self, lane: int) -> int:
        """Positions of a lane that can be reached and that nobody counts on."""
        ...

    def deepest_free(self, lane: int, taken: tuple[int, ...] = ()) -> int:
        """The deepest reachable free position of a lane besides those ``taken``."""
        ...


class QueuesView(Protocol):
    """The visits that wait for a bot."""

    @property
    def waiting(self) -> Mapping[int, Mapping[int, Sequence[tuple[int, int, int]]]]:
        """By level and balcony: the ranks of the visits, what is served first first; each ends with an id."""
        ...

    @property
    def visits_of(self) -> Mapping[int, Sequence[int]]:
        """By carrier: its open visits."""
        ...


class StockView(Protocol):
    """Which boxes hold what."""

    @property
    def boxes_of(self) -> Mapping[str, Mapping[int, None]]:
        """By SKU: its boxes."""
        ...


class OrdersView(Protocol):
    """Requests and jobs."""

    @property
    def open_at(self) -> Mapping[int, int]:
        """By balcony: the jobs that have not ended."""
        ...


class DamageView(Protocol):
    """What does not work."""

    def is_closed(self, balcony: int) -> bool:
        """Whether a balcony is blocked."""
        ...

    def is_away(self, balcony: int) -> bool:
        """Whether the simulated person of a balcony is not there."""
        ...


class WaysView(Protocol):
    """How far it is to the handover places, in cells along both axes."""

    def to_balcony(self, level: int, balcony: int) -> Sequence[int]:
        """By cell: to the nearest of a balcony; 0 everywhere where it has none on the level."""
        ...

    def to_any(self, level: int) -> Sequence[int]:
        """By cell: to the nearest of any balcony; 0 everywhere where the level has none."""
        ...


class PlantView(Protocol):
    """The whole plant."""

    @property
    def site(self) -> Site:
        """What is fixed: maps, motion, batteries, people."""
        ...

    @property
    def state(self) -> StateView: ...
    @property
    def decks(self) -> Mapping[int, DeckView]:
        """The levels, by id."""
        ...

    @property
    def places(self) -> Mapping[int, Mapping[int, Sequence[int]]]:
        """By level and balcony: the handover cells."""
        ...

    @property
    def ways(self) -> WaysView: ...
    @property
    def queues(self) -> QueuesView: ...
    @property
    def stock(self) -> StockView: ...
    @property
    def orders(self) -> OrdersView: ...
    @property
    def damage(self) -> DamageView: ...

    def depth(self, carrier_id: int) -> int:
        """Carriers to be moved before this one can be taken out; 0 for one on a bot."""
        ...

    def energy_mj(self, bot_id: int, now: int) -> int:
        """What the battery of a bot holds at an instant."""
        ...
