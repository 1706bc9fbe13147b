"""The scenario in a folder of results is one that runs again, to the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ruamel.yaml import YAML
from small import TEXT, executor

from twin.domain.errors import ScenarioRefused
from twin.experiments.finding import shipped
from twin.experiments.scenario.reading import FOLDER, Study, load_study, parse_study
from twin.experiments.scenario.writing import written
from twin.studies.folder import Folder
from twin.studies.sizing import find_size, question
from twin.studies.study import carry_out

INLINE = """\
schema: 1
name: own site, own orders
description: 'A colon: and a "quote"'
site:
  inline:
    schema: 1
    name: "007"
    pitch_mm: 600
    levels:
      - id: 1
        height_mm: 0
        map: |
          #bbppc
          ......
          .ssss.
          .ssss.
          ......
    balconies: from_map
    bots: {per_level: 2}
    carriers: {fill_percent: 60}
  battery: {start_percent: 40, start_to_percent: 80}
stock: {zipf: 0.00001}
people: {1: {shifts: ["06:00-06:20", "06:25-23:00"], times: {line_distribution: constant}}}
demand:
  written: {arrivals: recorded, file: ../orders/day.csv}
faults: {person: 20 min}
due: 90 s
settings: {operator.mode: both}
run: {horizon: 30 min, warm_up: 1 min, replications: 2}
vary:
  demand.written.file: [../orders/day.csv, kpis.json]
  site.person.line_ms: [4000]
compare: baseline
targets: {lines_per_hour: ">= 0.00002", order_lead_time_p95: "<= 4 min"}
"""
ORDERS = "time,order,SKU,quantity\n0,A,X,2\n90 s,B,Y,1\n"


def hashes(folder: Path) -> dict[str, list[str]]:
    """The hashes of all logs, by variant."""
    found = json.loads((folder / "kpis.json").read_text())["variants"]
    return {name: each["log_sha256"] for name, each in found.items()}


def carried_out(study: Study, folder: Path, whole: bool = True) -> dict[str, list[str]]:
    """Run a study into a folder."""
    with executor(Folder(folder)) as ready:
        results = carry_out(study.compared() if whole else [study.baseline], ready)
    Folder(folder).write(results, study, 1.0)
    return hashes(folder)


@pytest.mark.parametrize("name", shipped(FOLDER))
def test_every_shipped_scenario_written_out_is_the_same_scenario(name, tmp_path):
    study = load_study(shipped(FOLDER)[name], ["run.replications=2"])
    text, files = written(study, study.compared(), ())
    (tmp_path / "scenario.yaml").write_text(text)
    again = load_study(tmp_path / "scenario.yaml")
    assert files == {}
    assert again.scenario.targets == study.scenario.targets
    assert {v.name: v.digest for v in again.compared()} == {v.name: v.digest for v in study.compared()}
    assert written(again, again.compared(), ())[0] == text


def test_a_written_scenario_means_the_same_to_a_reader_of_yaml_1_1():
    """To such a one 14:30 is 870, 1_000 a thousand, and on, no and y are truths: so they are quoted."""
    names = (
        "{on: {lines_per_hour: 9}, no: {lines_per_hour: 9}, refill: {kind: replenishment, lines_per_hour: 9}}"
    )
    settings = (
        "run.start=14:30",
        "name=1_000",
        "description=yes",
        f"demand={names}",
        "vary={run.start: [14:30]}",
    )
    study = parse_study(TEXT, "small.yaml", Path("nowhere"), settings)
    text, _ = written(study, study.compared(), ())
    found = yaml.safe_load(text)
    assert found == YAML(typ="safe", pure=True).load(text)
    assert (found["run"]["start"], found["name"], found["description"]) == ("14:30", "1_000", "yes")
    assert list(found["demand"]) == ["on", "no", "refill"]
    assert found["vary"] == {"run.start": ["14:30"]}
    assert 'start: "06:00"' in written(parse_study(TEXT, "small.yaml", Path("nowhere")), (), ())[0]


def test_a_run_is_repeated_from_the_scenario_in_its_results(tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT)
    first = carried_out(load_study(tmp_path / "small.yaml", ["run.seed=5"]), tmp_path / "a", whole=False)
    again = load_study(tmp_path / "a" / "scenario.yaml")
    assert carried_out(again, tmp_path / "b", whole=False) == first
    assert carried_out(again, tmp_path / "a", whole=False) == first, "into its own folder"


def test_a_sweep_with_a_site_and_order_files_of_its_own_is_repeated_elsewhere(tmp_path):
    """Files are taken along; one that would be mistaken for a result gets another place."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "orders" / "day.csv").write_text(ORDERS)
    (tmp_path / "work" / "kpis.json").write_text(ORDERS.replace("90 s", "95 s"))
    (tmp_path / "work" / "mine.yaml").write_text(INLINE)
    first = carried_out(load_study(tmp_path / "work" / "mine.yaml"), tmp_path / "results")
    (tmp_path / "results").rename(tmp_path / "moved")
    (tmp_path / "orders" / "day.csv").unlink()
    again = carried_out(load_study(tmp_path / "moved" / "scenario.yaml"), tmp_path / "again")
    assert list(again.values()) == list(first.values())
    assert len({each for logs in again.values() for each in logs}) == 6, "three scenarios, twice each"
    assert sorted(path.name for path in (tmp_path / "again" / "inputs").iterdir()) == [
        "1-day.csv",
        "1-kpis.json",
    ]


def test_files_that_only_a_former_scenario_named_go_with_it_unless_they_are_the_users_own(tmp_path):
    out = tmp_path / "results"
    (tmp_path / "orders").mkdir()
    out.mkdir()
    (tmp_path / "orders" / "day.csv").write_text(ORDERS)
    (out / "own.csv").write_text(ORDERS)
    text = INLINE.replace("[../orders/day.csv, kpis.json]", "[../orders/day.csv, own.csv]")
    (out / "mine.yaml").write_text(text)
    mine = load_study(out / "mine.yaml")
    for _ in range(2):
        carried_out(mine, out, whole=False)
        assert (out / "inputs" / "1-day.csv").read_text() == ORDERS
    carried_out(load_study(out / "scenario.yaml"), out, whole=False)
    assert (out / "inputs" / "1-day.csv").is_file(), "named still, by the scenario in the results"
    (tmp_path / "small.yaml").write_text(TEXT)
    carried_out(load_study(tmp_path / "small.yaml"), out, whole=False)
    assert not (out / "inputs" / "1-day.csv").exists()
    assert (out / "own.csv").read_text() == ORDERS


@pytest.mark.parametrize("foreign", ["{", "[]", '{"files": 1.5}', '{"files": ["../mine.txt", ".", 3]}'])
def test_a_manifest_that_is_not_ours_costs_no_run_and_no_file(tmp_path, foreign):
    (tmp_path / "small.yaml").write_text(TEXT)
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "manifest.json").write_text(foreign)
    carried_out(load_study(tmp_path / "small.yaml", ["run.replications=1"]), tmp_path / "r", whole=False)
    assert json.loads((tmp_path / "r" / "manifest.json").read_text())["files"] == []
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_what_sizing_tried_can_be_swept_again(tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT)
    study = load_study(tmp_path / "small.yaml")
    with executor() as ready:
        size = find_size(study, question(study, "fleet.bots_per_level=1..2", []), ready)
    results = [point.result for point in size.curve]
    Folder(tmp_path / "r").write(results, study, 1.0)
    again = load_study(tmp_path / "r" / "scenario.yaml")
    assert {v.name: v.digest for v in again.variants} == {r.variant.name: r.variant.digest for r in results}


def test_a_folder_with_somebody_s_own_scenario_or_report_is_refused_and_left(tmp_path):
    for name in ("scenario.yaml", "report.html"):
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(ScenarioRefused, match=f"there is a {name} that no run has written"):
            Folder(folder)
        assert [path.name for path in folder.iterdir()] == [name]
        assert (folder / name).read_text() == "mine"
        (folder / "kpis.json").write_text("{}")
        Folder(folder)  # a run that died before it was done with writing
