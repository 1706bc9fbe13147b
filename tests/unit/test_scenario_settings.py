"""Settings in scenario files: by the keys of the API's catalogue, those that count in a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_scenario_errors import GOOD, refusal

from api.preferences.catalogue import CATALOGUE
from twin.domain.work import OPERATOR_BOTH, OPERATOR_SIMULATED
from twin.experiments.scenario.reading import parse_study
from twin.experiments.scenario.sections import json_schema
from twin.experiments.scenario.settings import FACADE_ONLY, KNOWN
from twin.studies.running import engine_of


def modes(text: str, *settings: str) -> list[set[str]]:
    """The modes of the balconies in each variant's engine."""
    study = parse_study(text, "s.yaml", Path("nowhere"), settings)
    engines = [engine_of(variant, 1, []) for variant in study.compared()]
    return [{person.mode for person in engine.plant.state.persons.values()} for engine in engines]


def test_every_setting_of_the_api_is_known_here_or_said_to_be_of_the_api_only():
    assert sorted((*KNOWN.keys, *FACADE_ONLY)) == sorted(CATALOGUE)


def test_a_setting_reaches_the_engine():
    assert modes(GOOD) == [{OPERATOR_SIMULATED}]
    assert modes(GOOD + "settings: {operator.mode: both}\n") == [{OPERATOR_BOTH}]
    assert modes(GOOD, "settings.operator.mode=both") == [{OPERATOR_BOTH}]


def test_a_setting_is_varied():
    text = GOOD + "vary: {settings.operator.mode: [simulated, both]}\n"
    assert modes(text) == [{OPERATOR_SIMULATED}, {OPERATOR_BOTH}]


def test_the_resolved_scenario_and_the_schema_have_settings():
    resolved = parse_study(GOOD, "s.yaml", Path("nowhere")).baseline.resolved()
    assert resolved["settings"] == {"operator.mode": "simulated"}
    described = json_schema()["properties"]["settings"]["properties"]["operator.mode"]
    assert described["enum"] == ["simulated", "both"]
    assert described["default"] == "simulated"


WRONG = {
    "operator.mod: both": "s.yaml:9:3: unknown key 'operator.mod' in settings; did you mean 'operator.mode'?",
    "operator.mode: robot": "s.yaml:9:18: settings.operator.mode is robot; did you mean 'both'? "
    "choose simulated or both",
    "operator.mode: api": "s.yaml:9:18: settings.operator.mode is api; in a run without the API nobody would "
    "ever end a job; choose simulated or both",
    "listing.default_page_size: 20": "s.yaml:9:3: settings: 'listing.default_page_size' has no meaning "
    "without the API; remove it, and set it where the twin is served",
    "charge.low_percent: 20": "s.yaml:9:3: settings: 'charge.low_percent' is a figure of the battery; "
    "write site: {battery: {low_percent: ...}}",
}


@pytest.mark.parametrize("setting", WRONG)
def test_a_wrong_setting_is_refused_with_its_line_and_what_would_be_right(setting):
    assert refusal(GOOD + f"settings:\n  {setting}\n") == WRONG[setting]


def test_a_varied_setting_of_the_api_only_is_refused():
    said = refusal(GOOD + "vary:\n  settings.report.kept: [1, 2]\n")
    assert said.startswith("s.yaml:9:26: settings: 'report.kept' has no meaning without the API;")
