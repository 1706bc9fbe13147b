"""Policies of one's own by MODULE:CLASS: found, refused, kept in snapshots and results."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from twin.assembly import build, busy_day, run_to_the_end
from twin.checking import check_lines
from twin.domain.commands import PlaceFetch
from twin.domain.errors import ScenarioRefused, UnknownPolicy
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_SIMULATED
from twin.experiments.scenario.reading import load_study
from twin.experiments.sitefile import find_site, load_site
from twin.policies import registry
from twin.policies.chosen import Choice, Policies
from twin.policies.dispatch import Oldest, Proposal, waiting_visits
from twin.policies.fetching import fetch, sources
from twin.policies.view import PlantView
from twin.recipe import Beginning, Recipe
from twin.records.eventlog import EventLog
from twin.replaying import CapsuleRefused, replay, write_capsule
from twin.simulation.engine import restore
from twin.studies.running import Task

MODULE = """
from twin.policies.dispatch import Oldest
from twin.policies.registry import register


@register("dispatch", "{short}")
class Mine(Oldest):
    asked = 0

    def proposals(self, view, level, now):
        Mine.asked += 1
        return super().proposals(view, level, now)


class Idle:
    pass


class Wanting(Oldest):
    def __init__(self, window):
        self.window = window
"""

SCENARIO = """
schema: 1
name: own
site: demo
demand:
  orders: {{arrivals: poisson, lines_per_hour: 100}}
policies: {{dispatch: {policy}}}
run: {{horizon: 10 min, warm_up: 5 min, replications: 2}}
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The name of a module with policies, in the folder the test is in; every test has another one."""
    name = f"policies_of_{request.node.name.partition('[')[0]}"
    (tmp_path / f"{name}.py").write_text(MODULE.format(short=f"short_{name}"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(registry, "_known", {key: dict(known) for key, known in registry._known.items()})
    sys.modules.pop(name, None)
    return name


def demo() -> Site:
    return load_site(find_site("demo"))


def test_a_class_is_found_by_its_module_and_asked(module: str) -> None:
    policies = Policies.named({"dispatch": f"{module}:Mine"})
    engine = busy_day(demo(), 0.25, 200, 1, policies=policies)
    engine.run_until(300_000)
    assert sys.modules[module].Mine.asked > 0
    assert engine.origin.policies.dispatch == f"{module}:Mine"


def test_a_class_with_a_short_name_too_is_kept_by_the_name_that_says_where_it_is(module: str) -> None:
    fetch("dispatch", f"{module}:Mine")
    assert Policies.named({"dispatch": f"short_{module}"}).choice.dispatch == f"{module}:Mine"
    assert f"{module}:Mine" not in registry.names("dispatch")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere_at_all:Mine", "there is no module 'nowhere_at_all': neither installed nor in "),
        ("{module}.deeper:Mine", "there is no module "),
        ("{module}:Nothing", "has no class 'Nothing'; it has Mine, Idle, Wanting"),
        ("{module}:register", "has no class 'register'"),
        ("{module}:Idle", "is no dispatch policy: it lacks proposals(view, level, now)"),
        ("{module}:Wanting", "wants arguments"),
        ("{module}:", "there is no dispatch policy"),
        ("{module}:Mine.inner", "there is no dispatch policy"),
    ],
)
def test_what_is_not_there_or_no_policy_is_refused_by_what_is_wrong(
    module: str, name: str, says: str
) -> None:
    with pytest.raises(UnknownPolicy) as refused:
        Choice.parse([f"dispatch={name.format(module=module)}"])
    assert says in str(refused.value)


def test_an_error_within_the_module_is_not_taken_for_its_absence(module: str, tmp_path: Path) -> None:
    (tmp_path / "needs_more.py").write_text("import something_that_is_not_there\n")
    with pytest.raises(ModuleNotFoundError, match="something_that_is_not_there"):
        fetch("dispatch", "needs_more:Mine")


@pytest.mark.parametrize("decision", registry.DECISIONS)
def test_the_twins_own_classes_pass_the_same_check_and_keep_their_names(decision: str) -> None:
    for name in registry.names(decision):
        policy = registry.known_class(decision, name)
        assert fetch(decision, f"{policy.__module__}:{policy.__name__}") == name


def test_neither_a_snapshot_nor_a_choice_from_outside_imports_anything(module: str) -> None:
    engine = busy_day(demo(), 0.1, 100, 1, policies=Policies.named({"dispatch": f"{module}:Mine"}))
    engine.run_until(60_000)
    snapshot = engine.snapshot()
    again = restore(snapshot)
    engine.run_until(120_000)
    again.run_until(120_000)
    assert again.snapshot() == engine.snapshot()
    del registry._known["dispatch"][f"{module}:Mine"], sys.modules[module]
    for import_nothing in (
        lambda: restore(snapshot),
        lambda: Choice.of({"dispatch": f"{module}:Mine"}),
    ):
        with pytest.raises(UnknownPolicy, match="not loaded here"):
            import_nothing()
    assert module not in sys.modules


def test_a_capsule_imports_a_policy_only_where_that_is_said(module: str, tmp_path: Path) -> None:
    beginning = Beginning(Recipe(demo(), policies=Choice.fetched({"dispatch": f"{module}:Mine"})))
    lines: list[bytes] = []
    engine = beginning.make([EventLog(lines.append).write])
    engine.apply(PlaceFetch((str(demo().carriers[0].id),)))
    engine.run_until(60_000)
    path = tmp_path / "run.zip"
    path.write_bytes(write_capsule(engine, beginning, lines, "1", {}))
    del registry._known["dispatch"][f"{module}:Mine"], sys.modules[module]
    with pytest.raises(CapsuleRefused, match=r"not loaded here.*--import-policies"):
        replay(path)
    assert replay(path, import_policies=True).same


def test_results_under_another_source_of_the_policy_are_other_results(module: str, tmp_path: Path) -> None:
    """The key by which a finished replication is found again changes with the module."""
    file = tmp_path / "own.yaml"
    file.write_text(SCENARIO.format(policy=f"{module}:Mine"))
    before = Task(load_study(file).baseline, 0, 0).key
    assert Task(load_study(file).baseline, 0, 0).key == before
    source = tmp_path / f"{module}.py"
    source.write_text(source.read_text() + "\n# another\n")
    assert Task(load_study(file).baseline, 0, 0).key != before
    assert sources(Choice().as_dict()) == {}


def test_a_scenario_says_where_a_policy_is_missing(module: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(SCENARIO.format(policy=f"{module}:Nothing"))
    with pytest.raises(ScenarioRefused, match=r"own\.yaml:7:22: policies\.dispatch: .* no class 'Nothing'"):
        load_study(file)


def test_a_scenario_finds_the_module_beside_itself_and_its_workers_do_too(
    module: str, tmp_path: Path
) -> None:
    """In a fresh process, from another folder, with two worker processes."""
    (tmp_path / "own.yaml").write_text(SCENARIO.format(policy=f"{module}:Mine"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = dedent(f"""
        from pathlib import Path
        from twin.experiments.scenario.reading import load_study
        from twin.studies.pool import local
        from twin.studies.study import Executor, carry_out

        if __name__ == "__main__":
            with local(2) as runner:
                study = load_study(Path({str(tmp_path / "own.yaml")!r}))
                [result] = carry_out(study.compared(), Executor(runner))
            print(len(result.outcomes), result.variant.scenario.policies.dispatch)
    """)
    (elsewhere / "program.py").write_text(program)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=elsewhere, env=env, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (f"2 {module}:Mine", "")


class AlwaysTheFirstBot(Oldest):
    """Proposes bot 1 for every visit, whether it is free or not."""

    def proposals(self, view: PlantView, level: int, now: int) -> Iterator[Proposal]:
        for visit in waiting_visits(view, level, now):
            yield visit, [view.state.bots[1]]


def test_a_bot_that_is_proposed_twice_gets_one_visit_after_the_other(small_site: Site) -> None:
    lines: list[bytes] = []
    policies = Policies(dispatch=AlwaysTheFirstBot())
    observers = [EventLog(lines.append).write]
    engine = build(small_site, operator=OPERATOR_SIMULATED, policies=policies, observers=observers)
    engine.apply(PlaceFetch(("1003", "1006")))
    engine.run_until(5_000)
    assert [visit.bot for visit in engine.plant.state.visits.values()] == [1, None]
    run_to_the_end(engine, 5_000)
    assert check_lines(lines, complete=True).ok


NOWHERE = """
class Nowhere:
    def spot(self, view, deck, visit):
        return 0, 0
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_command_line_says_which_policy_is_broken_and_no_more(tmp_path, workers):
    (tmp_path / "nowhere.py").write_text(NOWHERE)
    scenario = SCENARIO.format(policy="oldest").replace("dispatch: oldest", "put_back: 'nowhere:Nowhere'")
    (tmp_path / "own.yaml").write_text(scenario)
    command = [sys.executable, "-m", "twin", "run", "own.yaml", "--workers", workers]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    told = "twin: put_back policy nowhere:Nowhere: cell 0 in lane 0 of level "
    assert done.stderr.startswith(told)
    assert done.stderr.endswith(" works in that lane\n")
    assert done.stderr.count("\n") == 1
