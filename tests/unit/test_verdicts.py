"""Intervals, comparisons and warnings in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from twin.assembly import busy_day
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import compared, figure, warnings
from twin.records.measures import Measures
from twin.records.measures.catalogue import CATALOGUE, describe


@pytest.mark.parametrize(
    ("kpi", "interval", "words"),
    [
        ("lines_per_hour", Interval(512.4, 503.2, 521.6, 10), "512.4 ± 9.2 lines/h"),
        ("lines_per_hour", Interval(12345.0, 12145.0, 12545.0, 10), "12,345 ± 200 lines/h"),
        ("order_lead_time_p95", Interval(187.123, 186.5, 187.746, 10), "187.12 ± 0.62 s"),
        ("balcony_utilisation.3", Interval(0.8123, 0.80, 0.8246, 10), "81.2 ± 1.2 %"),
        ("fill_level", Interval(0.8, 0.8, 0.8, 10), "80 ± 0 %"),
        ("lines_per_hour", Interval(512.4, math.nan, math.nan, 1), "512.4 lines/h"),
        ("own_figure", Interval(3.0, 2.0, 4.0, 3), "3.0 ± 1.0"),
    ],
)
def test_a_figure_is_rounded_to_what_its_interval_can_tell(kpi: str, interval: Interval, words: str) -> None:
    assert figure(interval, describe(kpi)) == words


@pytest.mark.parametrize(
    ("kpi", "difference", "words"),
    [
        ("lines_per_hour", Interval(41, 32, 50, 10), "B is better than A by 41.0 ± 9.0 lines/h"),
        ("lines_per_hour", Interval(-41, -50, -32, 10), "B is worse than A by 41.0 ± 9.0 lines/h"),
        ("order_lead_time_p95", Interval(-41, -50, -32, 10), "B is better than A by 41.0 ± 9.0 s"),
        ("fill_level", Interval(0.1, 0.05, 0.15, 10), "B is higher than A by 10.0 ± 5.0 %"),
        (
            "lines_per_hour",
            Interval(4, -5, 13, 10),
            "no difference shown between A and B (4.0 ± 9.0 lines/h)",
        ),
        (
            "lines_per_hour",
            Interval(4, math.nan, math.nan, 1),
            "one replication does not tell B from A (4.000 lines/h)",
        ),
        ("lines_per_hour", Interval(0, 0, 0, 10), "A and B are the same in every replication"),
        ("lines_per_hour", Interval(0, math.nan, math.nan, 1), "A and B are the same in the one replication"),
        ("lines_per_hour", Interval(0, -4, 4, 10), "no difference shown between A and B (0.0 ± 4.0 lines/h)"),
    ],
)
def test_a_comparison_says_which_is_better_and_by_how_much(
    kpi: str, difference: Interval, words: str
) -> None:
    assert compared("A", "B", difference, kpi) == words


def test_every_figure_of_a_run_is_in_the_catalogue() -> None:
    measures = Measures(0, 60)
    busy_day(load_site(find_site("tiny")), 0.5, 60, 1, [measures]).run_until(1_800_000)
    found = measures.result(1_800_000)
    assert {name.partition(".")[0] for name in found} == CATALOGUE.keys()
    assert found["density"] < found["fill_level"]


def test_a_run_that_was_not_watched_from_its_beginning_has_no_figures() -> None:
    with pytest.raises(ValueError, match="first event"):
        Measures(0).result(1000)


STEADY = {"lines": [8.0, 9.0, 7.0, 9.0, 8.0] * 24, "open_orders": [4.0, 5.0, 3.0, 6.0] * 30}
GROWING = {**STEADY, "open_orders": [float(n) for n in range(120)]}


def starts(said: list[str]) -> list[str]:
    """How each warning begins."""
    return [text[:12] for text in said]


def test_a_run_that_is_short_or_asked_too_much_is_warned_of() -> None:
    assert warnings([STEADY], 10) == []
    late = {**STEADY, "lines": [0.0] * 30 + [8.0, 9.0, 7.0, 9.0, 8.0] * 18}
    assert starts(warnings([late], 10)) == ["The warm-up "]
    assert warnings([late], 30) == []
    never = {**STEADY, "lines": [float(n) for n in range(120)]}
    assert starts(warnings([never], 10)) == ["The run is t"]
    assert warnings([GROWING], 10) == [
        "The system is not stable: open orders grow by about 60.0 an hour. Either"
        " more is asked than it can do, or the run is too short to tell; lead times depend on how long it is."
    ]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_shows_in_one_replication_of_three_alone_is_chance_wherever_it_stands(place: int) -> None:
    """The first replication is no better than the others: a queue that grows in it alone is no verdict."""
    three = [STEADY, STEADY, STEADY]
    three[place] = GROWING
    assert warnings(three, 10) == []
    three = [GROWING, GROWING, GROWING]
    three[place] = STEADY
    (said,) = warnings(three, 10)
    assert "open orders grow by about 40.0 an hour, and do so in 2 of 3 replications." in said


def test_throughput_is_judged_by_the_mean_of_the_replications() -> None:
    """Most of ten rise too little against their noise to be told alone; their mean does not."""
    rng = np.random.default_rng(4)
    rate = 8 * (0.3 + 1.4 * np.arange(120) / 120)
    rising = [{**STEADY, "lines": rng.poisson(rate).astype(float).tolist()} for _ in range(10)]
    assert sum("The run is t" in starts(warnings([each], 120)) for each in rising) <= 6
    assert starts(warnings(rising, 120)) == ["The run is t"]


def test_a_handful_of_lines_says_nothing_of_when_throughput_settles() -> None:
    few = {"lines": [0.0] * 120, "open_orders": [0.0] * 120}
    few["lines"][3] = few["lines"][7] = few["lines"][30] = 1.0
    assert warnings([few] * 10, 0) == []
