"""What a notebook hands in is looked at where it comes in, and its frames are what their words say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from twin import lab
from twin.domain.errors import ScenarioRefused, UnknownPolicy
from twin.experiments.scenario.reading import parse_study
from twin.policies.dispatch import Nearest, Oldest
from twin.policies.put_back import OwnPlace

SMALL = """
schema: 1
name: small
site: tiny
demand:
  orders: {arrivals: poisson, lines_per_hour: 60, due: 5 min}
run: {horizon: 30 min, warm_up: 5 min, replications: 3}
"""


@pytest.fixture(scope="module")
def busy() -> lab.World:
    """Ten minutes of the demo site."""
    return lab.world("demo", lines_per_hour=300, seed=3).run("10 min")


@pytest.fixture(scope="module")
def small() -> lab.Scenario:
    return lab.scenario_text(SMALL)


@pytest.fixture(scope="module")
def two(small: lab.Scenario) -> lab.Outcomes:
    return small.vary("fleet.bots_per_level", [1, 2])


# -- arguments


@pytest.mark.parametrize(
    ("use", "kind", "says"),
    [
        (lambda w: w.run(5), ValueError, "duration is 5; write a text with a unit, such as '5 s', '5 min'"),
        (lambda w: w.run(None), ValueError, "duration is None; write a text with a unit"),
        (lambda w: w.run("5"), ValueError, "a number without a unit; write 5 s, 5 min or 5 h"),
        (lambda w: w.run("5 minuts"), ValueError, "duration is '5 minuts'"),
        (lambda w: w.run_until(5), TypeError, "condition is 5"),
        (lambda w: w.run_until(lambda w: True, limit=9), ValueError, "limit is 9"),
        (lambda w: w.level(9), KeyError, "there is no level 9; there are: 1, 2, 3"),
        (lambda w: w.level("1"), KeyError, "there is no level '1'; there are: 1, 2, 3"),
        (lambda w: w.level(1, way_of=99), KeyError, "there is no bot 99; there are: 1, 2"),
        (lambda w: w.level(2, way_of=1), ValueError, "bot 1 is on level 1, not on level 2"),
        (lambda w: w.level(1, way_of=1, legs=0), ValueError, "legs is 0; give a whole number of at least 1"),
        (lambda w: w.level(1, way_of=1, legs=-3), ValueError, "legs is -3"),
        (lambda w: w.level(1, legs=2.5), ValueError, "legs is 2.5"),
        (
            lambda w: w.events("LegPlaned"),
            KeyError,
            "no kind of events 'LegPlaned'; did you mean 'LegPlanned'?",
        ),
        (lambda w: w.events("LegPlanned", ""), KeyError, "no kind of events ''; there are: SiteLoaded, "),
        (lambda w: w.events(["LegPlanned"]), KeyError, r"no kind of events \['LegPlanned'\]"),
        (lambda w: w.order("SKU00001"), TypeError, "lines is 'SKU00001'; give pieces by SKU"),
        (lambda w: w.has_ended("request-0"), KeyError, "no request 'request-0'; did you mean 'request-"),
    ],
)
def test_a_world_says_which_argument_is_wrong_and_stays_as_it_was(
    busy: lab.World, use: Callable[[lab.World], object], kind: type[Exception], says: str
) -> None:
    before = busy.log_sha256, busy.minutes
    with pytest.raises(kind, match=says):
        use(busy)
    assert (busy.log_sha256, busy.minutes) == before


@pytest.mark.parametrize(
    ("site", "named", "kind", "says"),
    [
        (5, {}, TypeError, "site is 5"),
        ("dmo", {}, Exception, "did you mean 'demo'"),
        ("demo", {"lines_per_hour": "5"}, ValueError, "lines_per_hour is '5'; give a whole number from 0 to"),
        ("demo", {"warm_up": 5}, ValueError, "warm_up is 5; write a text with a unit"),
    ],
)
def test_a_world_that_cannot_be_made_is_refused(
    site: Any, named: dict[str, Any], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        lab.world(site, **named)


@pytest.mark.parametrize(
    ("use", "kind", "says"),
    [
        (lambda s: s.vary("run.seed", [1, 2]), ScenarioRefused, "'run.seed' is the same for all variants"),
        (lambda s: s.vary("run.replications", [2]), ScenarioRefused, "is the same for all variants"),
        (lambda s: s.vary("name", ["a"]), ScenarioRefused, "'name' is the same for all variants"),
        (lambda s: s.vary("fleet.bots_per_level", [2, 2]), ScenarioRefused, "has 2 twice; keep one"),
        (lambda s: s.vary("fleet.bots_per_level", []), ScenarioRefused, "is an empty list; write a list"),
        (lambda s: s.vary("fleet.bots_per_level", "23"), TypeError, "values is '23'; give a list"),
        (lambda s: s.vary("fleet.bots_per_level", 2), TypeError, "values is 2; give a list"),
        (lambda s: s.run(workers=0), ValueError, "workers is 0; give a whole number of at least 1"),
        (lambda s: s.sweep(workers="2"), ValueError, "workers is '2'"),
        (
            lambda s: s.size("fleet.bots_per_level=1..2", ["lines_per_hour>=1"], -1),
            ValueError,
            "workers is -1",
        ),
        (lambda s: s.size(5), TypeError, "varied is 5"),
        (lambda s: s.size("fleet.bots_per_level=1..2", "lines_per_hour>=1"), TypeError, "targets is 'lines"),
        (
            lambda s: s.override({"run.replications": 0}),
            ScenarioRefused,
            "run.replications is 0; give a value",
        ),
        (lambda s: s.override("run.seed=2"), TypeError, "changes is 'run.seed=2'; give values by key"),
        (lambda s: s.world(seed="a"), ValueError, "seed is 'a'"),
        (lambda s: s.world(warm_up=3), ValueError, "warm_up is 3"),
        (lambda s: lab.scenario(5), TypeError, "name_or_path is 5"),
        (lambda s: lab.scenario_text(5), TypeError, "text is 5"),
    ],
)
def test_a_scenario_says_which_argument_is_wrong_before_anything_runs(
    small: lab.Scenario, use: Callable[[lab.Scenario], object], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        use(small)


@pytest.mark.parametrize(
    ("key", "values"), [("run.seed", [1, 2]), ("fleet.bots_per_level", [2, 2]), ("fleet.bots_per_level", [])]
)
def test_what_is_varied_is_refused_in_the_words_of_a_file(
    small: lab.Scenario, key: str, values: list[int]
) -> None:
    with pytest.raises(ScenarioRefused) as called:
        small.vary(key, values)
    with pytest.raises(ScenarioRefused) as written:
        parse_study(f"{SMALL}vary: {{{key}: {values}}}\n", "text", Path())
    texts = [str(each.value).partition(": ")[2] for each in (called, written)]
    assert texts[0] == texts[1]


# -- policies


class Short:
    """A policy whose method takes too few."""

    def proposals(self, view: Any, level: int) -> list[Any]:
        """Too few."""
        return []


@pytest.mark.parametrize(
    ("policies", "says"),
    [
        ({"dispatch": 42}, r"42 is no dispatch policy: it lacks proposals\(view, level, now\)"),
        ({"dispatch": None}, "None is no dispatch policy: it lacks proposals"),
        (
            {"dispatch": Oldest},
            r"the dispatch policy Oldest is a class; give an object of it, Oldest\(\.\.\.\)",
        ),
        (
            {"charging": Oldest()},
            r"Oldest is no charging policy: it lacks seeks\(.*\) and moves_idle\(.*\) and",
        ),
        (
            {"dispatch": Short()},
            r"Short is no dispatch policy: it cannot be asked proposals\(view, level, now\)",
        ),
        ({"dispach": Oldest()}, "there is no decision 'dispach'; did you mean 'dispatch'?"),
        ({"dispach": "oldest"}, "there is no decision 'dispach'; did you mean 'dispatch'?"),
        ({"dispatch": "oldes"}, "did you mean 'oldest'?"),
    ],
)
def test_what_is_no_policy_is_told_by_what_it_lacks(
    busy: lab.World, policies: dict[str, Any], says: str
) -> None:
    for use in (lambda: busy.fork(**policies), lambda: lab.world("tiny", **policies)):
        with pytest.raises(UnknownPolicy, match=says):
            use()


class Kept(Nearest):
    """A policy with something of its own."""

    def __init__(self) -> None:
        self.marks: list[int] = []


def test_a_world_may_be_made_with_objects_and_its_forks_have_copies_of_them() -> None:
    mine = Kept()
    world = lab.world("demo", lines_per_hour=300, dispatch=mine, put_back=OwnPlace()).run("5 min")
    assert world.engine.policies.dispatch is mine
    first = world.fork(parking="near_balcony")
    second = first.fork()
    copies: list[Any] = [each.engine.policies.dispatch for each in (first, second)]
    assert all(isinstance(copy, Kept) for copy in copies)
    copies[0].marks.append(1)
    assert (mine.marks, copies[1].marks) == ([], [])
    assert first.run("5 min").log_sha256 == second.run("5 min").log_sha256
    plain = lab.world("demo", lines_per_hour=300).run("5 min")
    assert world.log_sha256 == plain.log_sha256


# -- frames


def test_ids_are_whole_numbers_also_where_some_are_missing(busy: lab.World) -> None:
    events = busy.events()
    for column in ("bot", "carrier", "level", "x", "y", "balcony"):
        assert events[column].dtype == pd.Int64Dtype(), column
    assert events["bot"].isna().any()
    assert str(events["bot"].dropna().iloc[0]).isdigit()
    assert busy.bots()["carrier"].dtype == pd.Int64Dtype()


def test_a_kind_that_has_not_happened_has_its_columns_all_the_same(busy: lab.World) -> None:
    none = busy.events("FaultBegan")
    assert none.empty
    assert {"t_s", "type", "bot", "from_ms"} <= set(none.columns)
    assert (none["bot"] == 1).sum() == 0
    both = busy.events("FaultBegan", "CarrierLifted")
    assert set(both["type"]) == {"CarrierLifted"}


def test_the_first_minute_is_minute_one_in_worlds_and_scenarios(small: lab.Scenario) -> None:
    in_world = small.world().run("30 min").minutely()
    of_run = small.run().minutely()
    assert in_world.index.tolist() == of_run.index.tolist() == list(range(1, 31))
    assert of_run.index.name == in_world.index.name == "minute"
    assert in_world.equals(of_run)


def test_the_lead_time_of_a_minute_is_the_sum_over_its_orders(busy: lab.World) -> None:
    orders = busy.orders()
    minute = np.ceil((orders["accepted_s"] + orders["lead_s"]) / 60).astype(int)
    by_minute = orders.groupby(minute)["lead_s"].sum()
    minutely = busy.minutely()
    assert minutely["lead_s"].sum() > 0
    assert (minutely["lead_s"] - by_minute.reindex(minutely.index, fill_value=0)).abs().max() < 1e-6


def test_the_figures_of_a_world_are_those_of_the_replication(small: lab.Scenario) -> None:
    """The warm-up and the promised times of the scenario are the world's."""
    world = small.world().run("30 min")
    [first, *_] = small.run().results[0].outcomes
    found = world.notes.measures.result(world.engine.now)
    assert found == pytest.approx(first.kpis)
    assert "due_on_time" in world.kpis().index
    other = small.world(warm_up="0 min").run("30 min").notes.measures.result(1_800_000)
    assert other["lines_per_hour"] != found["lines_per_hour"]
    with pytest.raises(ValueError, match="no figures before its warm-up of 5 min is over"):
        small.world().run("2 min").kpis()
    mser = small.override({"run.warm_up": "mser5"}).world().run("2 min")
    assert "lines_per_hour" in mser.kpis().index


def test_a_world_in_which_nothing_has_happened_yet_has_empty_frames_of_numbers_and_no_figures() -> None:
    world = lab.world("tiny")
    with pytest.raises(ValueError, match="no figures at its start; let time pass first"):
        world.kpis()
    assert len(world.minutely()) == 0
    orders = world.orders()
    assert np.isnan(orders["lead_s"].mean())
    assert all(pd.api.types.is_float_dtype(orders[column]) for column in orders.columns.drop("request"))


# -- comparing


def without(outcomes: lab.Outcomes, variant: int, kpi: str, *replications: int) -> lab.Outcomes:
    """The same, but for a figure that some replications of a variant have not."""
    result = outcomes.results[variant]
    kept = tuple(
        replace(each, kpis={name: value for name, value in each.kpis.items() if name != kpi})
        if each.replication in replications
        else each
        for each in result.outcomes
    )
    results = list(outcomes.results)
    results[variant] = replace(result, outcomes=kept)
    return replace(outcomes, results=tuple(results))


def test_pairs_that_both_have_the_figure_are_compared_and_their_number_told(two: lab.Outcomes) -> None:
    kpi, other = "order_lead_time_mean", "fleet.bots_per_level=2"
    assert two.compare(kpi).loc[other, "n"] == 3
    fewer = without(without(two, 1, kpi, 1), 0, kpi)
    found = fewer.compare(kpi)
    assert found.loc[other, "n"] == 2
    pairs = [[each.kpis[kpi] for each in result.outcomes if each.replication != 1] for result in two.results]
    mean = np.mean(np.subtract(pairs[1], pairs[0]))
    assert found.loc[other, "difference"] == pytest.approx(mean)


def test_fewer_than_two_pairs_are_no_comparison(two: lab.Outcomes) -> None:
    kpi = "order_lead_time_mean"
    one_each = without(without(two, 0, kpi, 0), 1, kpi, 1)
    says = f"{kpi} has a value in 1 of 3 replications of both 'fleet.bots_per_level=1' and 'fleet"
    with pytest.raises(ValueError, match=says):
        one_each.compare(kpi)


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda o: o["fleet.bots_per_level=3"], "there is no variant 'fleet.bots_per_level=3'; did you mean"),
        (lambda o: o.compare("order_lead_time_men"), "did you mean 'order_lead_time_mean'?"),
        (
            lambda o: o.compare("lines_per_hour", "baseline"),
            "there is no variant 'baseline'; there are: fleet",
        ),
        (
            lambda o: o.kpis("lines_per_hou"),
            "there is no figure 'lines_per_hou'; did you mean 'lines_per_hour'?",
        ),
        (lambda o: o.minutely("x"), "there is no variant 'x'"),
        (lambda o: o.events(), "no events were kept"),
    ],
)
def test_names_that_outcomes_do_not_have_are_told(
    two: lab.Outcomes, use: Callable[[lab.Outcomes], object], says: str
) -> None:
    with pytest.raises(KeyError) as raised:
        use(two)
    assert says.rstrip("?") in str(raised.value)


# -- workers


UNGUARDED = """
from twin import lab

study = lab.scenario_text('''{text}''')
{run}
"""


@pytest.mark.parametrize("guarded", [False, True])
def test_a_script_that_workers_would_run_anew_is_told_so(tmp_path: Path, guarded: bool) -> None:
    """The message names the cause, and the workers themselves say nothing."""
    run = "print(study.run(workers=2).names)"
    script = tmp_path / "script.py"
    guard = 'if __name__ == "__main__":\n    '
    script.write_text(UNGUARDED.format(text=SMALL, run=guard + run if guarded else run))
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=120
    )
    if guarded:
        assert (done.stdout, done.stderr) == ("['baseline']\n", "")
    else:
        assert done.stderr.count("Traceback") == 1
        assert f"each runs {script} from its top when it starts" in done.stderr
        assert "put what it does below if __name__ == '__main__':, or use workers=1" in done.stderr
