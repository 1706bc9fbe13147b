"""The observer that turns events into key figures.

What is said of a figure here is how it is counted; what it means is in ``docs/kpis.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from twin.domain import events as past
from twin.domain.events import Event
from twin.domain.layout import STORAGE, WALL, Battery
from twin.records.measures.balconies import BalconyMeter
from twin.records.measures.book import Book
from twin.records.measures.botwatch import BotWatch
from twin.records.measures.counts import Window
from twin.records.measures.figures import figures
from twin.records.measures.orders import Promises
from twin.records.measures.pictures import MINUTE_MS, LevelMaps
from twin.records.measures.workwatch import OnOrder, WorkWatch
from twin.records.reading import read_events


class Measures:
    """Counts a run as it happens; to be subscribed to an engine before it starts.

    The window of every figure is ``(warmup_ms, end_ms]``. ``due_s`` is the promised lead
    time of an order, in seconds, or says what is promised to which stream; without a promise
    ``due_on_time`` is not given. ``on_order`` is told of every order that succeeded, in the
    window or before it.
    """

    def __init__(
        self, warmup_ms: int, due_s: float | Promises | None = None, on_order: OnOrder | None = None
    ) -> None:
        self.warmup_ms = warmup_ms
        usual_ms = None if due_s is None or isinstance(due_s, Promises) else round(due_s * 1000)
        promises = due_s if isinstance(due_s, Promises) else Promises(usual_ms)
        self.now = 0
        self.book = Book()
        self.bots = BotWatch(self.book)
        self.work = WorkWatch(self.book, self.bots, promises, on_order)
        self._open = False
        self._next_ms = MINUTE_MS
        self._on: dict[type, Callable[[int, Any], None]] = {
            past.SiteLoaded: self._loaded,
            **self.bots.handlers(),
            **self.work.handlers(),
        }

    # -- the interface

    def __call__(self, seq: int, t_ms: int, event: Event) -> None:
        """Take note of an event: an observer of an engine."""
        if t_ms > self.now:
            if t_ms >= self._next_ms or not self._open:
                self._pass(t_ms)
            else:
                self.now = t_ms
        handler = self._on.get(type(event))
        if handler is not None:
            handler(t_ms, event)

    def result(self, end_ms: int) -> dict[str, float]:
        """The figures of the window up to ``end_ms``, by name; those that nothing happened for are left out.

        Raises ValueError where the window is empty, something later has been told already, or the
        first event has not.
        """
        if end_ms < self.now or end_ms <= self.warmup_ms:
            raise ValueError(
                f"the window ends at {end_ms} ms: not later than the warm-up ({self.warmup_ms} ms),"
                f" or before the last event ({self.now} ms)"
            )
        if not self.bots.levels:
            raise ValueError("nothing was told of the site: subscribe before the first event")
        self._pass(end_ms)
        self._settle(end_ms)
        if not self._open:
            self._open_window(end_ms)
        overdue = self.work.overdue(end_ms)
        return figures(self.book, self.bots.totals, self.work.balconies, overdue, end_ms)

    def series(self, end_ms: int | None = None) -> dict[str, Any]:
        """What a report draws, as JSON values: figures per minute, and counts per position of each level.

        The minutes count from the start of the run, the maps from the end of the warm-up. Minutes end when
        something is told that is later, or at ``end_ms``.
        """
        if end_ms is not None:
            self._pass(max(end_ms, self.now))
        return {
            "warmup_ms": self.warmup_ms,
            "minutes": self.book.pictures.minutes,
            "levels": [{"level": level, **maps.as_plain()} for level, maps in self.book.maps.items()],
        }

    # -- time

    def _pass(self, t_ms: int) -> None:
        """Time goes on to ``t_ms``: minutes end, and perhaps the warm-up."""
        if not self._open and t_ms > self.warmup_ms:
            self._end_minutes(self.warmup_ms)
            self._open_window(self.warmup_ms)
        self._end_minutes(t_ms)
        self.now = t_ms

    def _end_minutes(self, t_ms: int) -> None:
        while self._next_ms <= t_ms:
            self.book.pictures.end_minute(self.book.open_orders, self.bots.charges(self._next_ms))
            self._next_ms += MINUTE_MS

    def _open_window(self, t_ms: int) -> None:
        """The warm-up is over: what was counted so far counts no more."""
        self._open = True
        self._settle(t_ms)
        self.book.window = Window(t_ms)
        self.bots.open_window()
        self.work.open_window()
        for maps in self.book.maps.values():
            maps.clear()

    def _settle(self, t_ms: int) -> None:
        self.bots.settle_all(t_ms)
        self.work.settle_all(t_ms)

    # -- the start

    def _loaded(self, t_ms: int, event: past.SiteLoaded) -> None:
        book = self.book
        book.battery = Battery(**event.battery)
        for level in event.levels:
            number, rows = level["level"], level["map"]
            book.kinds[number], book.maps[number] = rows, LevelMaps(rows)
            book.positions += sum(row.count(STORAGE) for row in rows)
            book.cells += sum(len(row) - row.count(WALL) for row in rows)
            self.bots.add_level(number, t_ms)
        for balcony in event.balconies:
            self.work.balconies[balcony["balcony"]] = BalconyMeter(t_ms)
        for bot in event.bots:
            self.bots.join(bot["bot"], bot["level"], bot["energy_mj"], t_ms)
        book.stored = len(event.carriers)


def measure_log(
    lines: Iterable[bytes | str], warmup_ms: int, end_ms: int, due_s: int | None = None
) -> Measures:
    """The measures of an event log up to ``end_ms``. Raises ValueError for what is no log of a twin."""
    measures = Measures(warmup_ms, due_s)
    for seq, t_ms, event in read_events(lines):
        if t_ms > end_ms:
            break
        measures(seq, t_ms, event)
    return measures
