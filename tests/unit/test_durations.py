from datetime import UTC, datetime

import pytest

from api.control.durations import parse_duration, parse_instant


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("PT90S", 90_000),
        ("PT0.5S", 500),
        ("PT0.001S", 1),
        ("PT0.0005S", 1),
        ("PT1,5H", 5_400_000),
        ("PT2H30M", 9_000_000),
        ("P1D", 86_400_000),
        ("P0DT0H0M1S", 1000),
        ("P1DT2H3M4.5S", 93_784_500),
        ("PT100000S", 100_000_000),
    ],
)
def test_a_duration_is_read_in_whole_ms(text, ms):
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "PT0S", "PT0.0004S", "P1M", "PT1H1H", "PT٣S", "PT1S\n"]
)
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="PT90S"):
        parse_duration(text)


def test_only_the_last_number_has_a_fraction():
    with pytest.raises(ValueError, match="only its last number"):
        parse_duration("PT1.5H30M")


def test_an_instant_may_have_any_offset():
    assert parse_instant("2026-01-05T06:00:00+01:00") == datetime(2026, 1, 5, 5, tzinfo=UTC)
    assert parse_instant("2026-01-05T05:00:00Z") == datetime(2026, 1, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2026-01-05", "2026-01-05T06:00:00", "tomorrow", "2026-01-05T05:00:00Z" * 3]
)
def test_an_instant_without_an_offset_is_refused(text):
    with pytest.raises(ValueError, match="UTC offset"):
        parse_instant(text)
