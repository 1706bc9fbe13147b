"""The smallest value that is enough, found in few runs."""

from __future__ import annotations

import pytest
from small import TEXT, Counted, executor, study

from twin.domain.errors import ScenarioRefused
from twin.studies.sizing import LOOKS, Size, find_size, question
from twin.studies.summary import MET

LOOP = """\
schema: 1
name: deterministic loop
site: {file: tiny, person: {handling_ms: 0, line_distribution: constant}}
stock: {skus: 1, pieces_per_box: 1000000}
demand:
  orders: {arrivals: closed_loop, open_orders: 6, lines_per_order: 1, pieces_per_line: {from: 1, to: 1}}
run: {horizon: 22 min, warm_up: 6 min}
"""
"""One carrier stands at the balcony all the time: a line takes just what the person takes.

The 16 minutes that count are so long that a line more or less, which is where the window cuts,
is less than a step of 100 ms makes at 8 s a line.
"""
SHORT = TEXT.replace("horizon: 25 min", "horizon: 15 min")


def size(text: str, varied: str, *targets: str, runner: Counted | None = None) -> Size:
    """What ``twin size`` finds."""
    asked = study(text)
    with executor(runner=runner) as ready:
        return find_size(asked, question(asked, varied, targets), ready)


@pytest.mark.parametrize(("takt_s", "limit"), [(8, 450), (4, 900)])
def test_in_a_deterministic_loop_the_answer_is_the_known_threshold(takt_s, limit):
    """X = 1 / D: at most 450 lines an hour from 8 s a line on (validation, case 18)."""
    found = size(LOOP, "site.person.line_ms=4000..12000:100", f"lines_per_hour<={limit}")
    assert found.answer == str(takt_s * 1000)
    by_value = {point.value: point for point in found.curve}
    assert by_value[str(takt_s * 1000)].result.kpis["lines_per_hour"].mean == limit
    if takt_s > 4:
        assert by_value[str(takt_s * 1000 - 100)].verdict != MET, (
            "the value below was tried, and is not enough"
        )


def test_few_of_many_values_are_tried():
    runner = Counted()
    found = size(LOOP, "site.person.line_ms=3000..19000:100", "lines_per_hour<=450", runner=runner)
    assert found.answer == "8000"
    assert len(found.curve) <= 10, "161 values: 8 halvings and both ends"
    assert runner.run == LOOKS[0] * len(found.curve), "nothing is random: the first look decides"


def test_chance_is_met_with_more_replications():
    runner = Counted()
    found = size(SHORT, "demand.orders.lines_per_hour=50..110:20", "lines_per_hour>=60", runner=runner)
    assert found.answer is not None
    assert 60 < int(found.answer) <= 110, "60 an hour asked for are 60 served on average: not for sure"
    counts = [len(point.result.outcomes) for point in found.curve]
    assert set(counts) <= set(LOOKS)
    assert max(counts) > LOOKS[0]
    assert runner.run == sum(counts)


def test_where_nothing_is_enough_there_is_no_answer_but_a_curve():
    found = size(LOOP, "site.person.line_ms=4000..6000:500", "lines_per_hour<=100")
    assert found.answer is None
    assert len(found.curve) == 4
    tried = "no value of site.person.line_ms that was tried (4500, 5000, 5500, 6000) meets the targets"
    assert found.headline == f"{tried}: all miss one"


def test_where_more_is_worse_the_largest_that_is_enough_is_named():
    found = size(LOOP, "site.person.line_ms=4000,6000,9000", "lines_per_hour>=500")
    assert found.answer == "4000"
    said = "more is not better: site.person.line_ms=9000 misses a target; the largest that met them is 6000"
    assert found.notes == (said,)


def test_values_that_the_site_has_no_room_for_end_the_range():
    found = size(LOOP, "fleet.bots_per_level=1..9", "lines_per_hour>=100")
    assert found.answer == "1"
    assert "fleet.bots_per_level stops at 3: --vary fleet.bots_per_level=4: level 1 has 3" in found.notes[0]


def test_a_target_that_is_given_twice_is_refused():
    """The second would have taken the place of the first without a word."""
    with pytest.raises(ScenarioRefused, match="--target takt<=9 s: takt has a target already; keep one"):
        question(study(LOOP), "fleet.bots_per_level=1..2", ["takt>=5 s", "takt<=9 s"])


def test_a_target_that_only_the_varied_values_make_measurable_is_none_too_few():
    asked = question(study(LOOP), "due=1 min,2 min", ["due_on_time>=95%"])
    assert asked.targets["due_on_time"].value == 0.95


@pytest.mark.parametrize(
    ("varied", "target", "said"),
    [
        ("fleet.bots_per_level", "takt<=9 s", "no values; write key=2..20 or key=2,4,8"),
        ("fleet.bots_per_level=20..2", "takt<=9 s", "no values or too many; write the smaller one first"),
        (
            "fleet.bots_per_level=a..b",
            "takt<=9 s",
            "not a range; write whole numbers, such as 2..20 or 100..900:50",
        ),
        (
            "fleet.bots_per_level=6,4,2",
            "takt<=9 s",
            "do not rise; write numbers with one unit, such as 2,4,8",
        ),
        ("fleet.bots_per_level=2,2", "takt<=9 s", "do not rise; write numbers with one unit, such as 2,4,8"),
        ("policies.dispatch=nearest,oldest", "takt<=9 s", "with one unit, such as 2,4,8"),
        ("fleet.bots_per_level=.,2", "takt<=9 s", "with one unit, such as 2,4,8"),
        ("run.horizon=5 min,2 h", "takt<=9 s", "with one unit, such as 2,4,8"),
        ("run.seed=1..4", "takt<=9 s", "'run.seed' is the same for all variants; set it in the file itself"),
        ("fleet.bots_per_levl=1..2", "takt<=9 s", "did you mean 'bots_per_level'?"),
        ("fleet.bots_per_level=1..2", "takt=9", "not a target; write KPI>=value or KPI<=value, in quotes"),
        ("fleet.bots_per_level=1..2", "tact<=9", "there is no KPI 'tact'; did you mean 'takt'?"),
        (
            "fleet.bots_per_level=1,2.5",
            "takt<=9 s",
            "--vary fleet.bots_per_level=2.5: fleet.bots_per_level is 2.5; write a whole number from 1 to"
            " 10000",
        ),
        (
            "fleet.bots_per_level=9998..10001",
            "takt<=9 s",
            "--vary fleet.bots_per_level=10001: fleet.bots_per_level is 10001; give a value from 1 to 10000",
        ),
        (
            "run.horizon=3 min,30 min",
            "takt<=9 s",
            "the warm-up takes the whole horizon; shorten it or lengthen the horizon",
        ),
        (
            "fleet.bots_per_level=1..2",
            "due_on_time>=95%",
            "--target due_on_time >= 95 %: due_on_time: no order is due at any time; add 'due: 30 min', or"
            " give a stream its own",
        ),
        (
            "fleet.bots_per_level=1..2",
            "balcony_idle.9<=5 %",
            "--target balcony_idle.9 <= 5 %: balcony_idle.9: there is no balcony 9; there are 1",
        ),
        ("fleet.bots_per_level=1..2", "takt<=9", "a number without a unit; write 9 s, 9 min or 9 h"),
        ("fleet.bots_per_level=1..2", "charge_share<=0.9", 'write a percentage, such as ">= 95 %"'),
        ("fleet.bots_per_level=1..2", "takt<=soon", "not a time; write a number and a unit, such as 30 min"),
    ],
)
def test_a_question_that_is_none_is_refused_with_what_would_be_right(varied, target, said):
    with pytest.raises(ScenarioRefused) as refused:
        size(LOOP, varied, target)
    assert str(refused.value).endswith(said)
