"""Rows in numbered slots, for readers that keep indexes over them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")

Marks = dict[int, None]
"""Slots that have changed, each once."""


class Live(Generic[Row]):
    """Rows in slots. A slot never moves; its rank says where its row comes among the others.

    ``rows`` has None where a slot has no row now. A reader that keeps something about rows
    asks `follow` for marks: whatever changes later is entered there. ``kept`` is where such
    readers put what shall live as long as the rows.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: list[Row | None] = list(rows)
        self.ranks: list[int] = list(range(len(self.rows)))
        self.kept: dict[type, Any] = {}
        self._free: list[int] = []
        self._followers: list[Marks] = []

    def follow(self) -> Marks:
        """Marks with all slots, in which every later change will be entered. The reader clears them."""
        marks: Marks = dict.fromkeys(range(len(self.rows)))
        self._followers.append(marks)
        return marks

    def add(self, row: Row | None, rank: int) -> int:
        """A slot for a row of that rank; ranks differ from each other."""
        if self._free:
            slot = self._free.pop()
            self.ranks[slot] = rank
            self.rows[slot] = row
        else:
            slot = len(self.rows)
            self.rows.append(row)
            self.ranks.append(rank)
        self.touch(slot)
        return slot

    def put(self, slot: int, row: Row | None) -> None:
        """Show a row in a slot, or None: no row for the time being."""
        self.rows[slot] = row
        self.touch(slot)

    def remove(self, slot: int) -> None:
        """Give a slot back."""
        self.put(slot, None)
        self._free.append(slot)

    def touch(self, slot: int) -> None:
        """Tell that the row of a slot has changed in place."""
        for marks in self._followers:
            marks[slot] = None
