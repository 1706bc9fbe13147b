"""The read side: what listings show, kept fresh from events and made from the state at any time.

An event only marks what differs from its row; the next reader pays for bringing
those rows up to date. So a simulation at full speed is hardly slowed down, and no
reader ever walks the plant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twin.domain import events as past
from twin.domain.plant import Plant
from twin.records.views.happenings import Happenings
from twin.records.views.inventory_rows import InventoryRows
from twin.records.views.live import Live
from twin.records.views.recent import RecentEvents
from twin.records.views.rows import BotRow, Happening, InventoryRow, JobRow, RequestRow, SkuRow
from twin.records.views.stock_rows import SkuRows
from twin.records.views.work_rows import JobRows, RequestRows

Observer = Callable[[int, int, past.Event], None]


class Observable(Protocol):
    """What views need of an engine."""

    @property
    def plant(self) -> Plant:
        """The plant that the engine runs."""

    def subscribe(self, observer: Observer) -> object:
        """Have ``observer`` called with position, time and event, after the state has changed."""


class Views:
    """All projections of one plant that keeps ended work. Feed it every event through `observe`."""

    def __init__(self, plant: Plant) -> None:
        if not plant.orders.keep_ended:
            raise ValueError("this plant forgets ended work, which listings must show")
        self._plant = plant
        self._skus = SkuRows(plant)
        self._inventory = InventoryRows(plant, self._skus)
        self._requests = RequestRows(plant.state)
        self._jobs = JobRows(plant.state, self._skus)
        self._happenings = Happenings()
        self._recent = RecentEvents()
        self._marks: dict[type, Callable[[Any], None]] = {
            past.CarrierLifted: self._carrier_moved,
            past.CarrierLowered: self._carrier_moved,
            past.CarrierAdded: self._carrier_added,
            past.SkuCreated: self._sku_changed,
            past.SkuChanged: self._sku_changed,
            past.SkuDeleted: self._sku_changed,
            past.BoxCreated: self._box_changed,
            past.BoxDeleted: self._box_changed,
            past.BoxSectionChanged: self._box_changed,
            past.LoadChanged: self._load_changed,
            past.RequestStateChanged: self._request_changed,
            past.JobStateChanged: self._job_changed,
        }

    @classmethod
    def following(cls, engine: Observable) -> Views:
        """Views of an engine's plant as it is now and as it will be."""
        views = cls(engine.plant)
        engine.subscribe(views.observe)
        return views

    def observe(self, seq: int, t_ms: int, event: past.Event) -> None:
        """Take note of an event at position ``seq`` of the log."""
        mark = self._marks.get(type(event))
        if mark is not None:
            mark(event)
        self._happenings.note(seq, t_ms, event)
        self._recent.note(seq, t_ms, event)

    def recall(self, seq: int, t_ms: int, event: past.Event) -> None:
        """Take note of an event of long ago, whose effects the plant shows already."""
        self._happenings.note(seq, t_ms, event)
        self._recent.note(seq, t_ms, event)

    # -- readings

    def skus(self) -> Sequence[SkuRow]:
        """All SKUs, deleted ones too, in order of creation."""
        self._refresh()
        return self._skus.rows()

    def sku(self, sku_id: str) -> SkuRow:
        """One SKU. Raises KeyError for one that was never created."""
        if sku_id not in self._plant.state.skus:
            raise KeyError(sku_id)
        self._refresh()
        return self._skus.of(sku_id)

    def inventory(self) -> Sequence[InventoryRow]:
        """Boxes, carriers without boxes, empty positions."""
        self._refresh()
        return self._inventory.rows()

    def requests(self) -> Sequence[RequestRow]:
        """All requests, oldest first."""
        return self._requests.rows()

    def request(self, request_id: str) -> RequestRow:
        """One request. Raises KeyError."""
        return self._requests.row(request_id)

    def jobs(self) -> Sequence[JobRow]:
        """All jobs, oldest first."""
        rows = self._jobs.rows()
        self._refresh()
        return rows

    def happenings(self) -> Sequence[Happening]:
        """What operators are told, oldest first; only since these views began to observe."""
        return self._happenings.rows()

    def latest_happenings(self, count: int) -> Sequence[Happening]:
        """The latest ``count`` of `happenings`, oldest first."""
        return self._happenings.latest(count)

    def keep_happenings(self, count: int) -> None:
        """Let `happenings` have the latest ``count`` only, from now on."""
        self._happenings.keep(count)

    def recent(self) -> list[tuple[int, int, past.Event]]:
        """The latest events with number and time, oldest first; only since these views began to observe."""
        return self._recent.events()

    # -- the same rows in slots, for readers that keep indexes over them

    def live_skus(self) -> Live[SkuRow]:
        """The rows of `skus`."""
        self._refresh()
        return self._skus.live

    def live_inventory(self) -> Live[InventoryRow]:
        """The rows of `inventory`."""
        self._refresh()
        return self._inventory.live

    def live_requests(self) -> Live[RequestRow]:
        """The rows of `requests`."""
        self._requests.refresh()
        return self._requests.live

    def live_jobs(self) -> Live[JobRow]:
        """The rows of `jobs`."""
        self._jobs.refresh()
        self._refresh()
        return self._jobs.live

    def live_happenings(self) -> Live[Happening]:
        """The rows of `happenings`."""
        return self._happenings.live()

    def bots(self, now: int) -> Sequence[BotRow]:
        """All bots, by id, with their batteries as they are at ``now`` (simulated ms)."""
        meter = self._plant.meter
        return [
            BotRow(bot.id, bot.level, bot.carrier, meter.percent(bot, now), bot.charging)
            for bot in self._plant.state.bots.values()
        ]

    # -- what events mark

    def _refresh(self) -> None:
        # Boxes first: they tell which SKUs have lost a load.
        self._inventory.refresh()
        renamed, counted = self._skus.refresh()
        for sku in renamed:
            self._jobs.sku_changed(sku)
        for sku in {**dict.fromkeys(renamed), **dict.fromkeys(counted)}:
            self._inventory.sku_changed(sku)

    def _carrier_added(self, event: past.CarrierAdded) -> None:
        self._inventory.carrier_added(event.carrier, event.level)
        # The share of carriers that hold an SKU is another now, of every SKU.
        self._skus.all_changed()

    def _carrier_moved(self, event: past.CarrierLifted | past.CarrierLowered) -> None:
        self._inventory.carrier_changed(event.carrier)
        self._inventory.lane_changed(event.level, event.x, event.y)

    def _sku_changed(self, event: past.SkuCreated | past.SkuChanged | past.SkuDeleted) -> None:
        self._skus.changed(event.sku)

    def _box_changed(self, event: past.BoxCreated | past.BoxDeleted | past.BoxSectionChanged) -> None:
        self._inventory.box_changed(event.box)
        self._inventory.carrier_changed(event.carrier)

    def _load_changed(self, event: past.LoadChanged) -> None:
        self._inventory.box_changed(event.box)
        if event.sku is not None:
            self._skus.changed(event.sku)

    def _request_changed(self, event: past.RequestStateChanged) -> None:
        self._requests.changed(event.request)

    def _job_changed(self, event: past.JobStateChanged) -> None:
        self._jobs.changed(event)
        self._requests.changed(event.request)
        if event.carrier is not None:
            self._inventory.carrier_changed(event.carrier)
        if event.sku is not None:
            self._skus.changed(event.sku)
