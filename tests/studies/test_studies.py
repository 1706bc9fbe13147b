"""Scenarios carried out: the same whoever does it, kept as it ends, gone on with, as often as needed."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet
from small import TEXT, Counted, executor, study

from twin.checking import check_lines
from twin.domain.errors import ScenarioRefused
from twin.experiments.scenario.kpinames import kpi_trouble
from twin.experiments.scenario.quantities import bound
from twin.experiments.statistics import Interval, is_precise, replications_for, t_interval
from twin.records.eventlog import EventLog
from twin.studies.folder import Folder
from twin.studies.pool import local
from twin.studies.running import Task, engine_of, replicate
from twin.studies.study import Executor, carry_out
from twin.studies.summary import MET, MISSED, OPEN, difference, judge, plain_kpis, samples_of

VARIED = TEXT + "vary: {fleet.bots_per_level: [1, 2]}\ncompare: baseline\n"
TWIN = (sys.executable, "-m", "twin")


def test_a_replication_is_repeated_to_the_byte_and_obeys_the_laws():
    task = Task(study().baseline, 1, 300_000)
    one, other = replicate(task), replicate(task)
    assert replace(one, wall_s=0) == replace(other, wall_s=0)
    lines: list[bytes] = []
    log = EventLog(lines.append)
    engine_of(task.variant, task.seed, [log.write]).run_until(one.simulated_ms)
    assert log.sha256 == one.log_sha256
    assert check_lines(lines).ok
    assert one.seed == 12
    assert one.orders > 20


def test_every_kpi_of_a_run_has_a_name_that_targets_may_use():
    outcome = replicate(Task(study(TEXT, "due=1 min").baseline, 0, 0))
    assert not [name for name in outcome.kpis if kpi_trouble(name)]
    assert "due_on_time" in outcome.kpis


def test_variants_get_the_same_orders():
    with executor() as ready:
        results = carry_out(study(VARIED, "run.replications=2").compared(), ready)
    seeds = [[outcome.seed for outcome in result.outcomes] for result in results]
    assert seeds == [[11, 12]] * 3
    placed = [[outcome.orders for outcome in result.outcomes] for result in results]
    assert placed[0] == placed[2]
    hashes = [result.outcomes[0].log_sha256 for result in results]
    assert hashes[0] == hashes[2] != hashes[1], "the site has two bots"


def test_results_are_the_same_to_the_byte_for_any_number_of_workers(tmp_path):
    for name, count in (("one", 1), ("many", 2)):
        folder = Folder(tmp_path / name)
        with local(count) as runner:
            results = carry_out(study(VARIED).compared(), Executor(runner, folder))
        folder.write(results, study(VARIED), wall_s=1.0)
    for file in ("kpis.json", "runs.parquet", "series.json", "scenario.yaml", "variants.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "many" / file).read_bytes()
    assert sorted(p.name for p in (tmp_path / "one/runs").iterdir()) == sorted(
        p.name for p in (tmp_path / "many/runs").iterdir()
    )


def test_what_was_finished_when_it_was_stopped_is_not_run_again(tmp_path):
    variants = study(VARIED).compared()
    stopped = Counted(until=4)
    with pytest.raises(KeyboardInterrupt), executor(Folder(tmp_path), stopped) as ready:
        carry_out(variants, ready)
    again = Counted()
    with executor(Folder(tmp_path), again) as ready:
        resumed = carry_out(variants, ready)
    with executor() as ready:
        whole = carry_out(variants, ready)
    assert (stopped.run, again.run) == (4, 2), "the baseline is one of the variants: six runs in all"
    assert [plain_kpis(r.kpis) for r in resumed] == [plain_kpis(r.kpis) for r in whole]


def test_a_kept_result_of_another_scenario_seed_or_code_is_not_taken(tmp_path, monkeypatch):
    folder = Folder(tmp_path)
    task = Task(study().baseline, 0, 0)
    folder.keep(task, replicate(task))
    assert folder.find(Task(study(TEXT, "name=other").baseline, 0, 0)) is not None
    assert folder.find(Task(study(TEXT, "run.seed=12").baseline, 0, 0)) is None
    assert folder.find(Task(study(TEXT, "due=6 min").baseline, 0, 0)) is None
    monkeypatch.setattr("twin.studies.running.code_hash", lambda: "another")
    assert folder.find(Task(study().baseline, 0, 0)) is None


def test_the_folder_tells_every_replication(tmp_path):
    folder = Folder(tmp_path)
    with executor(folder) as ready:
        results = carry_out(study(VARIED).compared(), ready)
    folder.write(results, study(VARIED), wall_s=1.0)
    rows = parquet.read_table(tmp_path / "runs.parquet").to_pylist()
    lines = [row["value"] for row in rows if (row["variant"], row["kpi"]) == ("baseline", "lines_per_hour")]
    kpis = json.loads((tmp_path / "kpis.json").read_text())["variants"]["baseline"]["kpis"]
    expected = t_interval(lines)
    assert len(lines) == 3
    assert kpis["lines_per_hour"] == {
        "mean": expected.mean,
        "low": expected.low,
        "high": expected.high,
        "n": 3,
    }
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["variants"]["baseline"]["seeds"] == [11, 12, 13]
    assert set(json.loads((tmp_path / "series.json").read_text())) == {r.variant.name for r in results}


def test_replications_are_added_until_the_interval_is_narrow_enough():
    until = "run.replications={kpi: lines_per_hour, half_width_percent: 12, at_least: 3, at_most: 60}"
    with executor() as ready:
        (result,) = carry_out([study(TEXT, until).baseline], ready)
    found = result.kpis["lines_per_hour"]
    assert 3 < found.n < 60
    assert is_precise(found, 0.12)
    assert not any("is not known" in text for text in result.warnings)


def test_replications_stop_at_the_most_that_is_allowed():
    until = "run.replications={kpi: lines_per_hour, half_width_percent: 0.1, at_least: 2, at_most: 4}"
    with executor() as ready:
        (result,) = carry_out([study(TEXT, until).baseline], ready)
    assert len(result.outcomes) == 4
    [warning] = [text for text in result.warnings if "is not known" in text]
    assert re.match(
        r"lines_per_hour is not known to 0\.1 % after 4 replications; about \d+ would do\.", warning
    )


def test_a_kpi_that_is_measured_in_hardly_any_replication_ends_none_early():
    """In two minutes with one order in ten, or none at all, most replications have no lead time."""
    until = "run.replications={kpi: order_lead_time_p95, half_width_percent: 50, at_least: 2, at_most: 5}"
    short = ("run.horizon=2 min", "run.warm_up=0 s", until)
    for rate, measured in ((1, 0), (40, 3)):
        with executor() as ready:
            (result,) = carry_out(
                [study(TEXT, f"demand.orders.lines_per_hour={rate}", *short).baseline], ready
            )
        assert len(result.outcomes) == 5
        have = sum("order_lead_time_p95" in outcome.kpis for outcome in result.outcomes)
        assert have == measured
        said = [text for text in result.warnings if text.startswith("order_lead_time_p95")]
        if not measured:
            assert said == [
                "order_lead_time_p95 was measured in 0 of 5 replications: too few to know how sure it is."
            ]
            continue
        (needed,) = re.findall(r"after 5 replications; about (\d+) would do", said[0])
        alone = replications_for(result.kpis["order_lead_time_p95"], 0.5)
        assert int(needed) == math.ceil(alone * 5 / have), "two in five of those that are added help nothing"


def test_half_a_file_of_a_run_is_no_run(tmp_path):
    """As a full disk or a loss of power leaves it: the replication is run again."""
    task = Task(study().baseline, 0, 0)
    outcome = replicate(task)
    Folder(tmp_path).keep(task, outcome)
    (file,) = (tmp_path / "runs").glob("*.json")
    whole = file.read_bytes()
    for half in (b"", whole[: len(whole) // 2], b'{"variant": "baseline"}', b"[]"):
        file.write_bytes(half)
        assert Folder(tmp_path).find(task) is None
    file.write_bytes(whole)
    assert Folder(tmp_path).find(task) == outcome


def test_mser5_finds_the_warm_up_in_a_pilot_run():
    """A closed loop of many orders begins with a burst of orders and nothing handed over."""
    text = TEXT.replace("{lines_per_hour: 90,", "{arrivals: closed_loop, open_orders: 4,").replace(
        "warm_up: 5 min", "warm_up: mser5"
    )
    with executor() as ready:
        (result,) = carry_out([study(text, "run.horizon=3 h").baseline], ready)
    warm_up = {outcome.warm_up_ms for outcome in result.outcomes}
    assert len(warm_up) == 1
    assert warm_up.pop() % 300_000 == 0


def interval(low: float, high: float) -> Interval:
    """An interval over five samples."""
    return Interval((low + high) / 2, low, high, 5)


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(510, 530, MET), (490, 530, OPEN), (470, 490, MISSED), (500, 500, MET)]
)
def test_a_target_is_met_if_the_whole_interval_is(low, high, verdict):
    (found,) = judge({"lines_per_hour": interval(low, high)}, {"lines_per_hour": bound(">= 500", "lines/h")})
    assert found.verdict == verdict


def test_one_replication_leaves_every_target_open():
    (found,) = judge({"takt": Interval(5, math.nan, math.nan, 1)}, {"takt": bound("<= 10 s", "s")})
    assert found.verdict == OPEN
    assert found.as_plain()["low"] is None


def test_a_target_of_a_kpi_that_nothing_happened_for_is_open():
    (found,) = judge({"takt": interval(1, 2)}, {"cycle_time_mean": bound("<= 10 s", "s")})
    assert found.verdict == OPEN
    assert found.as_plain()["mean"] is None


def test_streams_keep_promises_of_their_own():
    """The express orders are urgent and due soon; what is promised to all is told as well."""
    streams = (
        "demand={usual: {lines_per_hour: 60, lines_per_order: 1}, express: {lines_per_hour: 30, due: 30 s, "
        "lines_per_order: 1, priority: 5}, refill: {kind: replenishment, lines_per_hour: 10}}"
    )
    asked = study(TEXT, streams, "targets={due_on_time.express: '>= 1 %'}")
    outcome = replicate(Task(asked.baseline, 0, 0))
    kpis = outcome.kpis
    assert {"due_on_time.usual", "due_on_time.express", "tardiness_mean.express"} <= set(kpis)
    assert kpis["due_on_time.express"] < kpis["due_on_time"] < kpis["due_on_time.usual"]
    assert kpis["tardiness_mean.express"] > 0
    assert kpis["orders_overdue_end"] >= 0
    assert not [name for name in kpis if kpi_trouble(name)]
    same = replicate(Task(study(TEXT, streams.replace(" due: 30 s,", "")).baseline, 0, 0))
    for kpi in ("order_lead_time_p95", "lines_per_hour"):
        assert same.kpis[kpi] == kpis[kpi], "a promise changes nothing in what happens"
    assert "due_on_time.express" not in same.kpis


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            ("targets={due_on_time.expres: '>= 1 %'}", "demand.orders.due=1 min"),
            "--set targets={due_on_time.expres: '>= 1 %'}: due_on_time.expres: streams with figures of their"
            " own are orders; give the stream 'due:'",
        ),
        (
            ("targets={balcony_idle.9: '<= 1 %'}",),
            "--set targets={balcony_idle.9: '<= 1 %'}: balcony_idle.9: there is no balcony 9; there are 1",
        ),
        (
            ("demand.refill.due=1 min",),
            "--set demand.refill.due=1 min: only orders are due, and these are replenishments; remove it",
        ),
    ],
)
def test_a_promise_or_target_of_nothing_is_refused_before_anything_runs(settings, said):
    with pytest.raises(ScenarioRefused) as refused:
        study(TEXT, *settings)
    assert str(refused.value) == said


def test_a_target_for_orders_in_time_needs_a_time():
    with pytest.raises(ScenarioRefused, match="due_on_time: no order is due at any time; add 'due: 30 min'"):
        study(TEXT.replace("due: 5 min\n", ""), "targets={due_on_time: '>= 90 %'}")


def test_variants_are_compared_replication_by_replication():
    """The spread of the replications goes out where it is the same for both."""
    with executor() as ready:
        base, one, _ = carry_out(study(VARIED, "run.replications=6").compared(), ready)
    paired = difference(samples_of(base.outcomes), samples_of(one.outcomes), "order_lead_time_mean")
    assert paired is not None
    assert paired.low > 0, "one bot takes longer than two"
    alone = one.kpis["order_lead_time_mean"].mean - base.kpis["order_lead_time_mean"].mean
    assert paired.mean == pytest.approx(alone)


def test_a_queue_that_grows_is_told_by_how_many_replications_show_it():
    with executor() as ready:
        (much,) = carry_out(
            [study(TEXT, "run.horizon=45 min", "demand.orders.lines_per_hour=900").baseline], ready
        )
        (usual,) = carry_out([study(TEXT, "run.horizon=45 min").baseline], ready)
    assert "an hour, and do so in 3 of 3 replications." in " ".join(much.warnings)
    assert "not stable" not in " ".join(usual.warnings)


# -- the command line


def twin(*arguments: str, folder: Path, ok: bool = True) -> str:
    """What ``twin`` prints."""
    (folder / "small.yaml").write_text(TEXT)
    done = subprocess.run([*TWIN, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == ok, done.stderr
    return done.stdout if ok else done.stderr


def test_run_prints_one_json_object_with_everything_in_it(tmp_path):
    found = json.loads(twin("run", "small.yaml", "--json", "--workers", "1", "--out", "r", folder=tmp_path))
    assert {"kpis", "wall_seconds", "simulated_seconds", "log_sha256", "targets"} <= set(found)
    assert found["simulated_seconds"] == 3 * 1500
    assert (found["warm_up_seconds"], found["horizon_seconds"], found["confidence"]) == (300, 1500, 0.95)
    assert len(found["log_sha256"]) == len(set(found["log_sha256"])) == 3
    lines = found["kpis"]["lines_per_hour"]
    assert set(lines) == {"mean", "low", "high", "n"}
    assert lines["low"] < lines["mean"] < lines["high"]
    assert lines["n"] == 3
    assert found["targets"]["lines_per_hour"]["verdict"] == MET
    again = json.loads(twin("run", "small.yaml", "--json", "--out", "r", folder=tmp_path))
    assert again["kpis"] == found["kpis"]


def test_settings_of_the_command_line_go_before_the_file(tmp_path):
    options = ("--replications", "1", "--seed", "5", "--set", "fleet.bots_per_level=1", "--workers", "1")
    found = json.loads(twin("run", "small.yaml", "--json", *options, folder=tmp_path))
    assert (found["replications"], found["seeds"], found["bots"]) == (1, [5], 1)
    assert found["kpis"]["lines_per_hour"]["low"] is None


def test_a_wrong_file_ends_the_command_with_its_line(tmp_path):
    said = twin("check", "small.yaml", "--set", "fleet.bot_per_level=2", folder=tmp_path, ok=False)
    setting, meant = "--set fleet.bot_per_level=2", "did you mean 'bots_per_level'?"
    assert said == f"twin: {setting}: unknown key 'bot_per_level' in fleet; {meant}\n"


STOPPED = "twin: stopped; what is finished is kept; run it again to go on\n"


@pytest.mark.parametrize(
    ("how", "code", "text"),
    [(signal.SIGINT, 130, STOPPED), (signal.SIGTERM, 130, STOPPED), (signal.SIGKILL, -signal.SIGKILL, "")],
)
def test_whoever_stops_it_what_is_finished_is_kept_and_no_process_left(tmp_path, how, code, text):
    """Ctrl-C goes to all processes of a terminal, other signals to the first one alone."""
    (tmp_path / "small.yaml").write_text(TEXT)
    command = [*TWIN, "run", "small.yaml", "--replications", "5000", "--workers", "2", "--out", "r"]
    runs = tmp_path / "r" / "runs"
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while not runs.is_dir() or not list(runs.glob("*.json")):
            assert process.poll() is None
            time.sleep(0.05)
        asked_too = twin("run", "small.yaml", "--replications", "1", "--out", "r", folder=tmp_path, ok=False)
        assert asked_too.startswith("twin: r: another run writes its results there; wait until it has ended")
        (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
        assert process.stderr is not None
        said = process.stderr.read()  # Until every process that could write to it has ended.
    assert process.returncode == code
    assert said.startswith(text), "killed, it says nothing itself; Python may tell of semaphores"
    assert [json.loads(path.read_text())["kpis"] for path in runs.glob("*.json")]


def test_an_empty_list_of_values_to_vary_is_called_so(tmp_path):
    said = twin("check", "small.yaml", "--set", "vary={fleet.bots_per_level: []}", folder=tmp_path, ok=False)
    assert "vary.fleet.bots_per_level is an empty list; write a list such as [4, ...]" in said


def test_size_tells_the_answer_and_the_curve(tmp_path):
    options = ("--vary", "fleet.bots_per_level=1..2", "--target", "lines_per_hour>=20", "--workers", "1")
    found = json.loads(twin("size", "small.yaml", *options, "--json", "--out", "r", folder=tmp_path))
    assert found["answer"] == "1"
    assert [point["value"] for point in found["curve"]] == ["1", "2"]
    assert {"kpis", "wall_seconds", "simulated_seconds", "log_sha256", "targets"} <= set(found)
    assert json.loads((tmp_path / "r" / "size.json").read_text())["answer"] == "1"
    headline = "fleet.bots_per_level=1 is the smallest value that meets the targets with 95 % confidence"
    assert found["headline"] == f"{headline}; nothing smaller was asked about"
    assert f'<b class="met">{headline}' in (tmp_path / "r" / "report.html").read_text()
