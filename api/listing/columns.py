"""One field of all rows, coded: each different value has a number, each row has the number of its value.

So a filter looks at every different value once, and numpy at the rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from operator import contains
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from api.listing.fields import Row

Mask = NDArray[np.bool_]
Keys = NDArray[np.int64]

NOTHING = 0
"""The code of rows without a value."""
FEW = 16
"""Where less than one in so many values is new, each is put into its place; else all are sorted."""


class Column(Generic[Row]):
    """The values that ``get`` reads of rows, by slot; `update` reads those of some slots anew.

    ``seen`` is for the table to remember how many of its changes the column knows.
    """

    def __init__(self, get: Callable[[Row], Any], slots: int) -> None:
        self._get = get
        self._codes = np.zeros(slots, dtype=np.int32)
        self._values: list[Any] = [None]
        self._uses = [0]
        self._code_of: dict[Any, int] = {}
        self._free: list[int] = []
        self.seen = 0
        self._shown: list[str] | None = None
        self._in_order: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._unordered: dict[int, None] = {}
        self._gone: list[int] = []
        self._places: Keys | None = None

    # -- upkeep

    def grow(self, slots: int) -> None:
        """Make room for so many slots."""
        room = np.zeros(slots, dtype=np.int32)
        room[: len(self._codes)] = self._codes
        self._codes = room

    def update(self, slots: Sequence[int], rows: Sequence[Row | None]) -> None:
        """Read the values of some slots anew."""
        get, code_of = self._get, self._code_of
        before = self._codes[slots].tolist()
        after = []
        for slot, old in zip(slots, before, strict=True):
            row = rows[slot]
            value = None if row is None else get(row)
            new = NOTHING if value is None else code_of.get(value) or self._coded(value)
            after.append(new)
            if new != old:
                self._uses[new] += 1
                self._release(old)
        self._codes[slots] = after

    def _coded(self, value: Any) -> int:
        """A code for a value that has none. It is in use as soon as the caller says so."""
        if self._free:
            code = self._free.pop()
            self._values[code] = value
        else:
            code = len(self._values)
            self._values.append(value)
            self._uses.append(0)
            if self._shown is not None:
                self._shown.append("")
        self._code_of[value] = code
        if self._shown is not None:
            self._shown[code] = _folded(value)
        self._unordered[code] = None
        return code

    def _release(self, code: int) -> None:
        self._uses[code] -= 1
        if code != NOTHING and not self._uses[code]:
            del self._code_of[self._values[code]]
            self._values[code] = None
            if self._shown is not None:
                self._shown[code] = ""
            self._unordered.pop(code, None)
            self._free.append(code)
            self._gone.append(code)

    # -- questions

    def absent(self) -> Mask:
        """Slots without a value."""
        found: Mask = self._codes == NOTHING
        return found

    def equal(self, wanted: Iterable[Any]) -> Mask:
        """Slots with one of some values."""
        codes = [code for value in wanted if (code := self._code_of.get(value)) is not None]
        if len(codes) == 1:
            one: Mask = self._codes == codes[0]
            return one
        return self._with(codes)

    def containing(self, part: str) -> Mask:
        """Slots whose value, written as text, contains ``part``; both folded."""
        if not part:
            return ~self.absent()
        shown = self._shown
        if shown is None:
            self._shown = shown = ["" if value is None else _folded(value) for value in self._values]
        return self._of(np.fromiter(map(contains, shown, repeat(part)), dtype=np.bool_, count=len(shown)))

    def at_least(self, bound: int) -> Mask:
        """Slots with a value of ``bound`` or more."""
        return self._where([value is not None and value >= bound for value in self._values])

    def at_most(self, bound: int) -> Mask:
        """Slots with a value of ``bound`` or less."""
        return self._where([value is not None and value <= bound for value in self._values])

    def _with(self, codes: list[int]) -> Mask:
        chosen = np.zeros(len(self._values), dtype=np.bool_)
        chosen[codes] = True
        return self._of(chosen)

    def _where(self, chosen: list[bool]) -> Mask:
        return self._of(np.array(chosen, dtype=np.bool_))

    def _of(self, chosen: Mask) -> Mask:
        found: Mask = chosen[self._codes]
        return found

    def keys(self, slots: NDArray[np.intp], descending: bool) -> Keys:
        """Numbers that order slots by their values: none last, or first where descending."""
        if self._unordered or self._places is None:
            self._order()
        assert self._places is not None
        found: Keys = self._places[self._codes[slots]]
        return -found if descending else found

    def _order(self) -> None:
        # What was in order stays so. Codes that are gone may have been given to other values since.
        left = np.ones(len(self._values), dtype=np.bool_)
        left[self._gone] = False
        kept = self._in_order[left[self._in_order]]
        new = sorted(self._unordered, key=self._values.__getitem__)
        self._in_order = self._merged(kept, new)
        self._gone.clear()
        self._unordered.clear()
        places = np.full(len(self._values), len(self._values), dtype=np.int64)
        places[self._in_order] = np.arange(len(self._in_order))
        self._places = places

    def _merged(self, kept: NDArray[np.intp], new: list[int]) -> NDArray[np.intp]:
        """The codes of both, each in the order of its values, in one order."""
        value_of = self._values.__getitem__
        if len(new) * FEW > len(kept):
            return np.array(sorted([*kept.tolist(), *new], key=value_of), dtype=np.intp)
        at = [bisect_left(kept, value_of(code), key=value_of) for code in new]
        return np.insert(kept, at, new)


def _folded(value: Any) -> str:
    return str(value).casefold()
