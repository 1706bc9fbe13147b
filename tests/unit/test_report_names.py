"""Names in charts: short enough for their room, and never two that look alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.experiments.report.names import cut_short, few, short_names

LETTERS = st.text(alphabet="ab .=,", max_size=60)
ROOM = 20


@given(st.lists(LETTERS, min_size=1, max_size=40, unique=True))
def test_names_that_differ_stay_different_and_fit(names: list[str]) -> None:
    short = short_names(names, ROOM)
    assert len(short) == len(names) == len(set(short))
    assert all(len(name) <= ROOM for name in short)


def test_keys_lose_the_sections_that_do_not_tell_them_apart() -> None:
    grid = [f"site.battery.capacity_wh={wh}, site.person.handling_ms={ms}" for wh in (1, 2) for ms in (3, 4)]
    assert short_names(["baseline", *grid], 30) == [
        "baseline",
        "capacity_wh=1, handling_ms=3",
        "capacity_wh=1, handling_ms=4",
        "capacity_wh=2, handling_ms=3",
        "capacity_wh=2, handling_ms=4",
    ]


def test_keys_with_the_same_end_keep_what_tells_them_apart() -> None:
    names = ["demand.orders.every=1, demand.refill.every=2", "demand.orders.every=3, demand.refill.every=2"]
    assert short_names(names, 40) == ["orders.every=1, refill.every=2", "orders.every=3, refill.every=2"]


def test_words_that_all_long_names_share_are_left_out() -> None:
    names = ["baseline", *(f"a site with {n} people at the balconies" for n in ("two", "three"))]
    assert short_names(names, 20) == ["baseline", "… two …", "… three …"]


def test_names_that_are_cut_alike_get_their_numbers() -> None:
    names = [f"{'x' * 30}{n}{'y' * 30}" for n in range(12)]
    short = short_names(names, ROOM)
    assert short[0].startswith("1. xxx")
    assert short[11].startswith("12. xxx")


def test_a_name_is_cut_in_its_middle() -> None:
    assert cut_short("abcdefghij", 10) == "abcdefghij"
    assert cut_short("abcdefghijk", 10) == "abcde…hijk"


def test_a_sentence_lists_the_first_names_and_counts_the_others() -> None:
    assert few(["a", "b"]) == "a, b"
    assert few(["x=1, y=2", "x=1, y=3"]) == "x=1, y=2; x=1, y=3"
    assert few(list("abcdef")) == "a, b, c, d, e, f"
    assert few(list("abcdefg")) == "a, b, c, d, e and 2 more"
