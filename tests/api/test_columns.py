"""A column of values keeps their order while rows come, change and go."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.listing.columns import Column

SLOTS = 40
VALUES = st.one_of(st.none(), st.integers(0, 9).map(str), st.integers(0, 10**6).map(str))
CHANGES = st.lists(
    st.tuples(st.dictionaries(st.integers(0, SLOTS - 1), VALUES, max_size=SLOTS), st.booleans()), max_size=12
)


@given(CHANGES)
def test_slots_come_in_the_order_of_their_values_whatever_has_changed(
    changes: list[tuple[dict[int, str | None], bool]],
) -> None:
    rows: list[list[str | None]] = [[None] for _ in range(SLOTS)]
    column: Column[list[str | None]] = Column(lambda row: row[0], SLOTS)
    for change, look in [*changes, ({}, True)]:
        for slot, value in change.items():
            rows[slot][0] = value
        column.update(list(change), rows)
        if look:
            keys = column.keys(np.arange(SLOTS), descending=False).tolist()
            in_order = sorted(
                range(SLOTS), key=lambda slot: (rows[slot][0] is None, rows[slot][0] or "", slot)
            )
            assert sorted(range(SLOTS), key=lambda slot: (keys[slot], slot)) == in_order


def test_few_new_values_among_many_are_put_into_their_places() -> None:
    rows = [[str(number)] for number in range(500)]
    column: Column[list[str]] = Column(lambda row: row[0], 500)
    column.update(range(500), rows)
    column.keys(np.arange(500), descending=False)
    rows[7], rows[8], rows[9] = ["0"], ["999"], ["25a"]
    column.update([7, 8, 9], rows)
    keys = column.keys(np.arange(500), descending=True).tolist()
    by_key = sorted(range(500), key=lambda slot: (-keys[slot], slot))
    assert by_key == sorted(range(500), key=lambda slot: (rows[slot][0], slot))
