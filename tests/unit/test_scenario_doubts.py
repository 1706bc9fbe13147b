"""What of a scenario comes to nothing in its run is said before it is run, with numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_scenario_errors import GOOD, changed

from twin.experiments.finding import shipped
from twin.experiments.scenario.doubts import doubts, is_steady
from twin.experiments.scenario.making import absences_of, demands_of
from twin.experiments.scenario.reading import FOLDER, Variant, load_study, parse_study

HOUR = 3_600_000
ORDERS = "time,order,SKU,quantity\n0,A,X,1\n90 s,B,X,1\n90 s,B,Y,1\n60 min,C,Y,2\n2 h,D,Y,2\n"


def baseline(text: str, *settings: str, folder: Path = Path("nowhere")) -> Variant:
    """The scenario in a text as it is: one hour from 06:00, ten minutes of it warm-up."""
    return parse_study(text, "s.yaml", folder, settings).baseline


@pytest.mark.parametrize("name", shipped(FOLDER))
def test_of_a_shipped_scenario_there_is_nothing_to_doubt(name):
    assert [
        doubts(variant) for variant in load_study(shipped(FOLDER)[name]).compared() if doubts(variant)
    ] == []


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ("begin: 1 h", ["demand.orders begins at 1 h, and the run is over at 1 h: it asks for nothing."]),
        ("begin: 59 min", []),
        (
            "end: 90 min",
            ["demand.orders ends at 90 min, and the run is over at 1 h: the rest of it is left out."],
        ),
        ("end: 1 h", []),
        (
            "end: 10 min",
            ["demand.orders ends at 10 min, within the warm-up (10 min): hardly any of it is counted."],
        ),
        ("end: 11 min", []),
        (
            f"profile_percent: {[100] * 6 + [0] * 18}",
            ["demand.orders has a profile of 0 % in all hours of the run: it asks for nothing."],
        ),
        (f"profile_percent: {[0] * 6 + [1] + [0] * 17}", []),
        (
            f"end: 30 min, profile_percent: {[0] * 7 + [100] * 17}",
            ["demand.orders has a profile of 0 % in all hours of the run: it asks for nothing."],
        ),
    ],
)
def test_demand_outside_the_run_is_told(stream, said):
    assert doubts(baseline(changed("60}", f"60, {stream}}}"))) == said


def test_a_scenario_without_demand_is_told():
    (said,) = doubts(baseline(changed("demand:\n  orders: {lines_per_hour: 60}\n", "")))
    assert said == "The demand is empty: nothing is asked for, and nothing moves. Add a stream under demand."


def test_orders_of_a_file_that_are_left_out_are_counted_and_the_first_is_named(tmp_path):
    (tmp_path / "o.csv").write_text(ORDERS)
    text = changed("{lines_per_hour: 60}", "{arrivals: recorded, file: o.csv, begin: 1 min}")
    variant = baseline(text, folder=tmp_path)
    assert doubts(variant) == [
        "demand.orders: 1 of 4 orders in o.csv (1 line) come before it begins (1 min) and are left out;"
        " A at 0 ms is the first.",
        "demand.orders: 2 of 4 orders in o.csv (2 lines) come when it is over (1 h) and are left out;"
        " C at 1 h is the first.",
    ]
    (demand,) = demands_of(variant.scenario, variant.orders)
    assert [order for at, order, _ in demand.recorded if at < demand.until_ms] == ["B"]


@pytest.mark.parametrize(
    ("shifts", "said"),
    [
        ('["06:00-14:00"]', []),
        ('["22:00-06:30"]', []),
        (
            '["22:00-06:00"]',
            [
                "people.all: the shift lies outside the run (06:00 to 07:00): 22:00-06:00; nobody is ever"
                " there."
            ],
        ),
        (
            '["07:00-08:00", "06:10-06:20", "05:00-06:00"]',
            ["people.all: the shifts lie outside the run (06:00 to 07:00): 07:00-08:00, 05:00-06:00."],
        ),
    ],
)
def test_shifts_outside_the_run_are_told(shifts, said):
    assert doubts(baseline(GOOD + f"people: {{all: {{shifts: {shifts}}}}}\n")) == said


def test_shifts_for_all_others_mean_nothing_where_there_are_none():
    assert doubts(baseline(GOOD + 'people: {1: {}, all: {shifts: ["20:00-21:00"]}}\n')) == []


@given(st.integers(0, 47), st.integers(0, 47), st.integers(0, 47), st.integers(1, 100))
def test_nobody_is_said_to_be_there_ever_where_the_run_has_no_minute_with_somebody(begin, end, start, halves):
    """In half hours; against the times between the shifts, which the engine goes by."""
    if begin == end:
        return
    clock = [f"{half // 2:02d}:{half % 2 * 30:02d}" for half in range(48)]
    text = GOOD + f'people: {{all: {{shifts: ["{clock[begin]}-{clock[end]}"]}}}}\n'
    variant = baseline(text, f"run.start={clock[start]}", f"run.horizon={halves * 30} min")
    horizon = halves * HOUR // 2
    gaps = absences_of(variant.scenario, variant.site)
    away = sum(min(gap.to_ms, horizon) - gap.from_ms for gap in gaps)
    assert bool(doubts(variant)) == (away == horizon)


@pytest.mark.parametrize(
    ("stream", "steady"),
    [
        ("priority: 2", True),
        ("begin: 0 s, end: 1 h", True),
        ("begin: 1 min", False),
        ("end: 59 min", False),
        (f"profile_percent: {[100] * 24}", False),
    ],
)
def test_throughput_is_to_settle_where_every_hour_is_like_the_others(stream, steady):
    assert is_steady(baseline(changed("60}", f"60, {stream}}}")).scenario) is steady


def test_throughput_is_not_to_settle_where_people_have_shifts_or_orders_are_recorded(tmp_path):
    assert not is_steady(baseline(f'{GOOD}people: {{1: {{shifts: ["06:00-14:00"]}}}}\n').scenario)
    (tmp_path / "o.csv").write_text(ORDERS)
    recorded = changed("orders: {lines_per_hour: 60}", "orders: {arrivals: recorded, file: o.csv}")
    assert not is_steady(baseline(recorded, folder=tmp_path).scenario)
