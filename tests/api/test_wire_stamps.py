"""Stamps: Berlin wall time without an offset beside UTC with one, right through changes of summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.wire.stamps import Calendar

HOUR = 3_600_000
epochs = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))  # noqa: DTZ001
times = st.integers(0, 10 * 366 * 24 * HOUR)


def stamps(epoch: str, ms: int) -> tuple[str, str]:
    calendar = Calendar(datetime.fromisoformat(epoch))
    return calendar.local(ms), calendar.utc(ms)


def test_local_stamps_have_no_offset_and_utc_stamps_have_one() -> None:
    assert stamps("2026-01-05T05:00:00+00:00", 123) == (
        "2026-01-05T06:00:00.123000",
        "2026-01-05T05:00:00.123000+00:00",
    )


def test_stamps_always_have_the_same_length() -> None:
    local, utc = stamps("2026-01-05T05:00:00+00:00", 0)
    assert (local, utc) == ("2026-01-05T06:00:00.000000", "2026-01-05T05:00:00.000000+00:00")


def test_summer_time_skips_an_hour() -> None:
    epoch = "2026-03-29T00:59:59+00:00"
    assert stamps(epoch, 0)[0] == "2026-03-29T01:59:59.000000"
    assert stamps(epoch, 1000)[0] == "2026-03-29T03:00:00.000000"


def test_winter_time_repeats_an_hour_which_utc_tells_apart() -> None:
    epoch = "2026-10-25T00:30:00+00:00"
    assert stamps(epoch, 0) == ("2026-10-25T02:30:00.000000", "2026-10-25T00:30:00.000000+00:00")
    assert stamps(epoch, HOUR) == ("2026-10-25T02:30:00.000000", "2026-10-25T01:30:00.000000+00:00")


def test_the_epoch_may_have_any_offset() -> None:
    assert stamps("2026-01-05T06:00:00+01:00", 0) == stamps("2026-01-05T05:00:00+00:00", 0)


@given(epochs, times)
def test_a_stamp_read_back_is_the_moment_it_was_made_of(epoch: datetime, ms: int) -> None:
    calendar = Calendar(epoch)
    micros = ms * 1000
    assert calendar.micros(calendar.utc(ms), latest=False) == micros
    local = calendar.local(ms)
    assert micros in {calendar.micros(local, latest=False), calendar.micros(local, latest=True)}
    moment = epoch + timedelta(milliseconds=ms)
    berlin = moment.astimezone(ZoneInfo("Europe/Berlin"))
    assert datetime.fromisoformat(local) == berlin.replace(tzinfo=None)


def test_a_bound_in_the_repeated_hour_is_the_wider_one() -> None:
    calendar = Calendar(datetime(2026, 10, 25, tzinfo=UTC))
    assert calendar.micros("2026-10-25T02:30:00", latest=False) == 30 * 60 * 1_000_000
    assert calendar.micros("2026-10-25T02:30:00", latest=True) == 90 * 60 * 1_000_000


@given(st.integers(0, HOUR - 1))
def test_a_bound_in_the_skipped_hour_is_its_edge(ms: int) -> None:
    skip = datetime(2026, 3, 29, 1, tzinfo=UTC)
    calendar = Calendar(skip)
    written = (datetime(2026, 3, 29, 2, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat()[:-6]
    assert calendar.micros(written, latest=False) == 0
    assert calendar.micros(written, latest=True) == -1


@pytest.mark.parametrize(
    "written", ["2026-01-05T07:00:00+01:00", "2026-01-05T07:00:00 01:00", "2026-01-05 07:00:00 0100"]
)
def test_a_plus_may_have_become_a_space(written: str) -> None:
    assert Calendar(datetime(2026, 1, 5, 5, tzinfo=UTC)).micros(written, latest=False) == HOUR * 1000


@pytest.mark.parametrize(
    "written", ["", "x", "2026-1-5", "2026-01-05T25:00", "2026-01-05T07:00:00+99:00", "01:00"]
)
def test_what_is_no_instant_is_none(written: str) -> None:
    assert Calendar(datetime(2026, 1, 5, tzinfo=UTC)).micros(written, latest=False) is None
