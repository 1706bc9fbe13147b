"""Two nights in Berlin over HTTP: the hour that is there twice, and the one that is not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.api.served import Served, serve

STEP_MS = 600_000
STEPS = 18
"""Three hours, an SKU every ten minutes."""


def night(year: int, month: int, day: int) -> Iterator[Served]:
    """A twin with an SKU for every ten minutes from midnight UTC on."""
    with serve(epoch=datetime(year, month, day, tzinfo=UTC)) as api:
        for number in range(STEPS):
            api.sku(f"S{number:02}")
            api.advance(STEP_MS)
        yield api


@pytest.fixture(scope="module")
def autumn() -> Iterator[Served]:
    yield from night(2026, 10, 25)


@pytest.fixture(scope="module")
def spring() -> Iterator[Served]:
    yield from night(2026, 3, 29)


def numbers(api: Served, **query: str) -> list[int]:
    """Which of the SKUs a query finds, in order."""
    return [int(row["id"][1:]) for row in api.items("/skus", **query)]


def stamps(api: Served, number: int) -> tuple[str, str]:
    """Both stamps of an SKU, without seconds."""
    [row] = api.items("/skus", id__eq=f"S{number:02}")
    return row["created_at"][11:16], row["created_at_utc"][11:16] + row["created_at_utc"][-6:]


def test_the_repeated_hour_is_shown_twice_and_told_apart_by_utc(autumn: Served) -> None:
    assert stamps(autumn, 3) == ("02:30", "00:30+00:00")
    assert stamps(autumn, 9) == ("02:30", "01:30+00:00")
    assert stamps(autumn, 12) == ("03:00", "02:00+00:00")


def test_rows_are_sorted_by_the_moment_and_not_by_its_text(autumn: Served) -> None:
    for field in ("created_at", "created_at_utc"):
        assert numbers(autumn, sort_by=field) == list(range(STEPS))
        assert numbers(autumn, sort_by=f"-{field}") == list(range(STEPS))[::-1]


def test_a_bound_without_offset_in_the_repeated_hour_loses_no_row(autumn: Served) -> None:
    assert numbers(autumn, created_at__gte="2026-10-25T02:30:00") == list(range(3, STEPS))
    assert numbers(autumn, created_at__lte="2026-10-25T02:30:00") == list(range(10))
    both = {"created_at__gte": "2026-10-25T02:30:00", "created_at__lte": "2026-10-25T02:30:00"}
    assert numbers(autumn, **both) == list(range(3, 10))


@pytest.mark.parametrize(
    ("bound", "first"),
    [
        ("2026-10-25T02:30:00+02:00", 3),
        ("2026-10-25T00:30:00Z", 3),
        ("2026-10-25T02:30:00+01:00", 9),
        ("2026-10-25T01:30:00.000000+00:00", 9),
    ],
)
def test_a_bound_with_an_offset_is_one_moment(autumn: Served, bound: str, first: int) -> None:
    assert numbers(autumn, created_at__gte=bound) == list(range(first, STEPS))
    assert numbers(autumn, created_at__lte=bound) == list(range(first + 1))


def test_the_utc_stamp_of_any_row_is_a_bound_that_ends_with_that_row(autumn: Served) -> None:
    for number, row in enumerate(autumn.items("/skus")):
        assert numbers(autumn, created_at__lte=row["created_at_utc"]) == list(range(number + 1))
        assert numbers(autumn, created_at__gte=row["created_at_utc"])[0] == number


def test_the_skipped_hour_is_never_shown(spring: Served) -> None:
    assert stamps(spring, 5) == ("01:50", "00:50+00:00")
    assert stamps(spring, 6) == ("03:00", "01:00+00:00")
    assert not [n for n in range(STEPS) if stamps(spring, n)[0].startswith("02:")]


@pytest.mark.parametrize("minute", ["00", "10", "30", "59"])
def test_a_bound_in_the_skipped_hour_divides_the_rows_before_it_from_those_after(
    spring: Served, minute: str
) -> None:
    bound = f"2026-03-29T02:{minute}:00"
    assert numbers(spring, created_at__lte=bound) == list(range(6))
    assert numbers(spring, created_at__gte=bound) == list(range(6, STEPS))
