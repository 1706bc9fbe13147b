"""The columns over the rows of one listing, and the pages that are cut from them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import chain
from typing import Generic, Protocol

import numpy as np
from numpy.typing import NDArray

from api.listing.columns import Column, Mask
from api.listing.fields import Field, Row

WRITTEN = 20_000
"""So many rows at most are kept as they were written: some 15 MB."""

MOST_BEHIND = 5_000
"""Columns that nobody asks about are brought up to date when more changes than these have come."""

Slots = NDArray[np.intp]
Condition = Callable[["Table[Row]"], Mask]
"""A question about rows: the slots for which it holds."""


class Rows(Protocol[Row]):
    """What a table needs of rows in slots (`twin.records.views.live.Live`)."""

    rows: list[Row | None]
    ranks: list[int]
    kept: dict[type, Table[Row]]

    def follow(self) -> dict[int, None]:
        """Marks of what has changed."""


class Table(Generic[Row]):
    """Columns of the fields that somebody has asked for. `refresh` tells them what has changed; each
    is brought up to date when it is next asked about."""

    def __init__(self, source: Rows[Row], fields: Mapping[str, Field[Row]]) -> None:
        self._source, self._fields = source, fields
        self._marks = source.follow()
        self._columns: dict[tuple[str, bool], Column[Row]] = {}
        self._shown = np.zeros(len(source.rows), dtype=np.bool_)
        self._ranks = np.zeros(len(source.rows), dtype=np.int64)
        self._in_order: Slots | None = None
        self._changes: list[list[int]] = []
        self._written: dict[int, bytes] = {}
        self._variant: Hashable = None

    @classmethod
    def over(cls, source: Rows[Row], fields: Mapping[str, Field[Row]]) -> Table[Row]:
        """The table of some rows, up to date; it stays with them for the next who asks."""
        table = source.kept.get(cls)
        if table is None:
            table = source.kept[cls] = cls(source, fields)
        table.refresh()
        return table

    # -- upkeep

    def refresh(self) -> None:
        """Take note of all that has changed since the last time."""
        if not self._marks:
            return
        slots = list(self._marks)
        self._marks.clear()
        if self._written:
            for slot in slots:
                self._written.pop(slot, None)
        self._make_room(len(self._source.rows))
        rows, ranks = self._source.rows, self._source.ranks
        self._shown[slots] = [rows[slot] is not None for slot in slots]
        wanted = np.array([ranks[slot] for slot in slots], dtype=np.int64)
        if not np.array_equal(self._ranks[slots], wanted):
            self._ranks[slots] = wanted
            self._in_order = None
        self._changes.append(slots)
        if sum(map(len, self._changes)) > MOST_BEHIND:
            for column in self._columns.values():
                self._bring_up_to_date(column)
                column.seen = 0
            self._changes.clear()

    def _bring_up_to_date(self, column: Column[Row]) -> None:
        behind = self._changes[column.seen :]
        if behind:
            column.update(list(dict.fromkeys(chain.from_iterable(behind))), self._source.rows)
            column.seen = len(self._changes)

    def _make_room(self, slots: int) -> None:
        had = len(self._shown)
        if slots <= had:
            return
        room = max(slots, had + had // 4)
        self._shown = np.concatenate([self._shown, np.zeros(room - had, dtype=np.bool_)])
        self._ranks = np.concatenate([self._ranks, np.full(room - had, -1, dtype=np.int64)])
        self._in_order = None
        for column in self._columns.values():
            column.grow(room)

    def warm(self) -> None:
        """Make the columns of all fields now, so that no reader has to wait for one."""
        for field in self._fields.values():
            self.column(field).containing("")
            self._sorting(field)

    # -- questions

    def column(self, field: Field[Row]) -> Column[Row]:
        """The column of a field."""
        return self._column(field.name, False, field.get)

    def _sorting(self, field: Field[Row]) -> Column[Row]:
        """The column by which a field is sorted."""
        return self._column(field.name, True, field.order) if field.order else self.column(field)

    def _column(self, name: str, sorting: bool, get: Callable[[Row], object]) -> Column[Row]:
        column, rows = self._columns.get((name, sorting)), self._source.rows
        if column is None:
            column = self._columns[name, sorting] = Column(get, len(self._shown))
            column.update([slot for slot, row in enumerate(rows) if row is not None], rows)
            column.seen = len(self._changes)
        self._bring_up_to_date(column)
        return column

    def absent(self, name: str) -> Mask:
        """The slots without a value in a field."""
        return self.column(self._fields[name]).absent()

    def matching(self, conditions: Sequence[Condition[Row]]) -> Slots:
        """The slots whose rows meet all conditions, in the order of the listing."""
        held = self._shown
        for condition in conditions:
            held = held & condition(self)
        if self._in_order is None:
            self._in_order = np.argsort(self._ranks, kind="stable")
        found: Slots = self._in_order[held[self._in_order]]
        return found

    def sorted(self, slots: Slots, order: Sequence[tuple[Field[Row], bool]], most: int) -> Slots:
        """The first slots, at least ``most`` of them, sorted stably by fields; True: descending."""
        keys = [self._sorting(field).keys(slots, descending) for field, descending in order]
        if len(keys) == 1 and most < len(slots):
            last = np.partition(keys[0], most - 1)[most - 1]
            ahead = keys[0] <= last
            slots, keys = slots[ahead], [keys[0][ahead]]
        by = np.argsort(keys[0], kind="stable") if len(keys) == 1 else np.lexsort(keys[::-1])
        found: Slots = slots[by]
        return found

    def rows(self, slots: Sequence[int]) -> list[Row]:
        """The rows of some slots that have rows."""
        return [row for row in map(self._source.rows.__getitem__, slots) if row is not None]

    def written(self, slots: Sequence[int], write: Callable[[Row], bytes], variant: Hashable) -> list[bytes]:
        """What ``write`` makes of the rows of some slots."""
        if variant != self._variant or len(self._written) > WRITTEN:
            self._written.clear()
            self._variant = variant
        known = self._written
        for slot in slots:
            if slot not in known:
                row = self._source.rows[slot]
                assert row is not None
                known[slot] = write(row)
        return [known[slot] for slot in slots]
