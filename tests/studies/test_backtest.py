"""The shipped scenarios still come to what was recorded of them."""

from __future__ import annotations

import pytest

from twin.experiments.finding import shipped
from twin.experiments.scenario.reading import FOLDER, load_study
from twin.studies.backtest import recorded, results_file, short_differences, short_run

ADVICE = "if this is meant: python -m twin.studies.backtest record"


@pytest.mark.parametrize("name", shipped(FOLDER))
def test_a_shipped_scenario_comes_to_what_was_recorded(name):
    """In short: one replication of 75 minutes. ``make backtest`` runs and compares everything."""
    assert short_differences(recorded(name)["short"]["kpis"], short_run(name)) == [], ADVICE


@pytest.mark.parametrize("name", shipped(FOLDER))
def test_every_variant_of_a_shipped_scenario_is_recorded_with_all_its_replications(name):
    study = load_study(shipped(FOLDER)[name])
    found = recorded(name)["variants"]
    assert list(found) == [variant.name for variant in study.compared()]
    for each in found.values():
        assert len(each["samples"]["lines_per_hour"]) == study.scenario.run.replications
        assert set(each["targets"]) == set(study.scenario.targets)


def test_nothing_else_is_recorded():
    files = results_file("baseline").parent.glob("*.json")
    assert {path.stem for path in files} == set(shipped(FOLDER))


def test_a_figure_that_is_another_is_told():
    was = {"lines_per_hour": 800.0, "digging_share": 0.2, "takt": 9.0}
    now = {"lines_per_hour": 700.0, "digging_share": 0.3, "order_lead_time_mean": 60.0}
    assert short_differences(was, was) == []
    assert short_differences(was, now) == [
        "takt is gone",
        "lines_per_hour was 800.0, is 700.0",
        "digging_share was 0.200, is 0.300",
        "order_lead_time_mean is new",
    ]
