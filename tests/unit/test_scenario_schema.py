"""The JSON Schema of scenarios tells an editor what the reader will refuse, as far as a schema can."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from test_scenario_errors import GOOD, WRONG, changed, refusal

from twin.experiments.finding import shipped
from twin.experiments.scenario.reading import FOLDER, load_study
from twin.experiments.scenario.sections import json_schema

SCHEMA = Draft202012Validator(json_schema())
BEYOND = {
    "a varied key that only begins like one that is not varied",
    "a varied key that there is not",
    "a varied value that is impossible",
    "a comparison with nobody",
    "a level too full to dig",
    "a person of a balcony that there is not",
    "a site that there is not",
    "a target of orders where there are none",
    "a target of work where nothing is asked for",
    "a target without quotes",
    "a time of five thousand digits",
    "a warm-up as long as the run",
    "an order file that there is not",
    "classes that are not the whole",
    "more bots than places",
    "replications until a figure of a balcony that there is not",
    "replications until a figure that is never measured",
}
"""Of the wrong files those that no schema can tell: sums, other files, what is on the site."""


def errors(text: str) -> list[str]:
    """What the schema says against a file, as an editor reads it: keys are text."""
    return [error.message for error in SCHEMA.iter_errors(_keyed(YAML(typ="safe", pure=True).load(text)))]


def _keyed(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _keyed(item) for key, item in value.items()}
    return [_keyed(item) for item in value] if isinstance(value, list) else value


def test_the_schema_is_one():
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", sorted(WRONG.keys() - BEYOND))
def test_a_file_that_the_reader_refuses_is_refused_by_the_schema(name):
    assert errors(WRONG[name][0])


def test_what_is_beyond_a_schema_is_named_rightly():
    """A file that the schema came to refuse is to be struck off the list."""
    readable = BEYOND - {"a target without quotes"}  # That one is no YAML.
    assert {name for name in readable if errors(WRONG[name][0])} == set()


MORE_WRONG = {
    "a horizon of nothing": changed("1 h", "0 s"),
    "a horizon below a second": changed("1 h", "999 ms"),
    "a fault that there is not": GOOD + "faults: {meteor: 2 h}\n",
    "a fault that never ends to come": GOOD + "faults: {person: 0 h}\n",
    "a repair of no time": GOOD + "faults: {person: {every: 2 h, repair: 0 s}}\n",
    "a figure that there is not": GOOD + "targets: {lines_per_our: '>= 5'}\n",
    "a figure of a stream that has none": GOOD + "targets: {takt.express: '>= 5 s'}\n",
    "a time that is bounded by lines": GOOD + "targets: {takt: '>= 5'}\n",
    "lines that are bounded by a time": GOOD + "targets: {lines_per_hour: '>= 5 s'}\n",
    "a share above all": GOOD + "targets: {charge_share: '<= 101 %'}\n",
    "a bound without a value": GOOD + "targets: {lines_per_hour: '>='}\n",
    "orders in time without a time": GOOD + "targets: {due_on_time: '>= 95 %'}\n",
    "replications until no figure": changed(
        "replications: 2", "replications: {kpi: tact, half_width_percent: 5}"
    ),
    "a stream with a blank": changed("orders:", "'my orders':"),
    "a balcony by another name": GOOD + "people: {left: {shifts: ['06:00-14:00']}}\n",
    "waves without their size": changed("{lines_per_hour: 60}", "{arrivals: waves, every: 5 min}"),
    "a loop with a rate": changed("60}", "60, arrivals: closed_loop, open_orders: 4}"),
    "refills that are orders": changed(
        "{lines_per_hour: 60}", "{arrivals: reorder, every: 5 min, reorder_percent: 20, up_to_percent: 70}"
    ),
    "refills that are due": changed("60}", "60, kind: replenishment, due: 5 min}"),
    "a profile of nothing": changed("60}", f"60, profile_percent: {[0] * 24}}}"),
    "weights of nothing": changed("60}", "60, lines_per_order: [0, 0]}"),
    "carriers without boxes": GOOD + "stock: {boxes: {whole: 0, halves: 0, quarters: 0, mixed: 0}}\n",
    "popularity given twice": GOOD + "stock: {zipf: 1, abc: [{skus_percent: 100, lines_percent: 100}]}\n",
    "two sources of a site": changed("site: tiny", "site: {file: tiny, inline: {}}"),
    "no source of a site": changed("site: tiny", "site: {battery: {capacity_wh: 100}}"),
    "own SKUs beside recorded ones": changed("{lines_per_hour: 60}", "{arrivals: recorded, file: o.csv}")
    + "stock: {skus: 40}\n",
    "something to compare with and nothing that is compared": GOOD + "compare: baseline\n",
    "targets that are varied": GOOD + "vary: {targets.takt: ['<= 5 s']}\n",
    "steps that go nowhere": GOOD + "vary: {fleet.bots_per_level: {from: 1, to: 2, step: 0}}\n",
    "no values": GOOD + "vary: {fleet.bots_per_level: []}\n",
    "a variant named as the file": GOOD + "vary: [{name: baseline, fleet.bots_per_level: 1}]\n",
    "a name of two lines": changed("name: good", 'name: "go\\nod"'),
    "an address of a policy that is none": GOOD + "policies: {dispatch: 'my policy'}\n",
}


@pytest.mark.parametrize("name", MORE_WRONG)
def test_what_the_reader_refuses_besides_is_refused_by_the_schema(name):
    assert refusal(MORE_WRONG[name])
    assert errors(MORE_WRONG[name])


RIGHT = {
    "the good one": GOOD,
    "times with and without blanks": changed("1 h", "' 90min '").replace("10 min", "0.5 min"),
    "a horizon of one second": changed("1 h", "1000 ms").replace("10 min", "0 s"),
    "a horizon of less than a minute in minutes": changed("1 h", "0.5 min").replace("10 min", "0 h"),
    "what is as usual written out": changed("60}", "60, lines_per_order: 2.5, pieces_per_line: {from: 1}}"),
    "a loop with what is as usual": changed(
        "{lines_per_hour: 60}", "{arrivals: closed_loop, open_orders: 4, pieces_per_line: {to: 3}}"
    ),
    "all kinds of bounds": GOOD
    + "due: 5 min\ntargets: {takt: '<=4 min', due_on_time: '>= 95%', lines_per_hour: ' >= -5.5 ', "
    "balcony_idle.1: '<= 100 %', orders_failed: '<= 0'}\n",
    "a stream with a promise of its own": changed("60}", "60, due: 1 min}")
    + "targets: {due_on_time.orders: '>= 5 %', due_on_time: '>= 5 %'}\n",
    "a shift with blanks": GOOD + "people: {1: {shifts: ['06:00 - 14:00']}, all: {}}\n",
    "both ways to vary": GOOD + "vary: {fleet.bots_per_level: {from: 1, to: 2}}\ncompare: baseline\n",
    "named variants": GOOD + "vary: [{name: 5, fleet.bots_per_level: 1}]\n",
    "two kinds of faults": GOOD + "faults: {person: 2 h, charger: {every: 8 h, repair: 1 ms}}\n",
    "a policy of one's own": GOOD + "policies: {dispatch: nearest}\n",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_the_reader_takes_the_schema_takes(name, tmp_path):
    (tmp_path / "s.yaml").write_text(RIGHT[name])
    load_study(tmp_path / "s.yaml")
    assert errors(RIGHT[name]) == []


@pytest.mark.parametrize("name", shipped(FOLDER))
def test_shipped_scenarios_and_what_they_are_resolved_to_pass(name):
    path = shipped(FOLDER)[name]
    assert errors(path.read_text()) == []
    study = load_study(path)
    assert [error.message for error in SCHEMA.iter_errors(study.baseline.resolved())] == []
