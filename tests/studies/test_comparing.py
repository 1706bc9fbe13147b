"""``twin compare``: by pairs where there are some, else as independent samples, and never silent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scipy import stats
from small import TEXT

from twin.domain.errors import ScenarioRefused
from twin.studies.comparing import INDEPENDENT, PAIRED, Side, compare, read_side


def side(name: str, by_seed: dict[int, float], window: tuple[int, int] = (0, 3_600_000)) -> Side:
    """Replications with one figure each."""
    samples = {seed: {"lines_per_hour": value} for seed, value in by_seed.items()}
    return Side(name, samples, {seed: f"{name}{seed}" for seed in by_seed}, *window)


def twin(*arguments: str, folder: Path, code: int = 0) -> str:
    """What ``twin`` prints, or says on standard error where it refuses."""
    (folder / "small.yaml").write_text(TEXT)
    command = [sys.executable, "-m", "twin", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_seeds_in_common_make_pairs():
    a, b = side("a", {1: 10, 2: 20, 3: 30}), side("b", {3: 33, 2: 22, 1: 11})
    found = compare(a, b)
    assert (found.method, found.pairs, found.notes) == (PAIRED, 3, ())
    assert found.headline == "b against a, 3 pairs of replications"
    assert found.differences["lines_per_hour"]["mean"] == 2
    assert not found.identical


def test_what_has_no_partner_is_left_out_and_that_is_said():
    found = compare(side("a", {1: 10, 2: 20, 3: 90}), side("b", {0: 5, 1: 11, 2: 21, 4: 5}))
    assert (found.method, found.pairs) == (PAIRED, 2)
    assert found.differences["lines_per_hour"]["mean"] == 1
    assert found.notes == ("of 3 and 4 replications 2 have the same seeds; the others are left out",)


@pytest.mark.parametrize("first", [10, 3])
def test_without_pairs_the_samples_are_independent(first):
    """No seed in common, or one: Welch's interval, as scipy computes it."""
    one, other = [10.0, 12.0, 17.0], [31.0, 30.0, 45.0, 39.0]
    a = side("a", dict(zip((1, 2, 3), one, strict=True)))
    b = side("b", dict(zip(range(first, first + 4), other, strict=True)))
    found = compare(a, b)
    reference = stats.ttest_ind(other, one, equal_var=False).confidence_interval(0.95)
    change = found.differences["lines_per_hour"]
    assert (change["low"], change["high"]) == pytest.approx((reference.low, reference.high))
    assert found.method == INDEPENDENT
    assert found.headline == "b against a, 3 and 4 independent replications"
    assert found.notes[0].startswith("they have no two seeds in common, so they are compared as independent")


def test_one_pair_is_told_as_one_and_decides_nothing():
    found = compare(side("a", {1: 10}), side("b", {1: 14}))
    assert found.headline == "b against a, 1 pair of replications"
    said = "one replication does not tell b from a (4.000 lines/h)"
    assert found.differences["lines_per_hour"]["verdict"] == said


def test_one_run_each_with_other_seeds_is_nothing_to_compare():
    with pytest.raises(ScenarioRefused) as refused:
        compare(side("a", {1: 10}), side("b", {2: 14, 3: 15}))
    assert str(refused.value) == (
        "a and b have no seed in common, and one has one run; run both with the same --seed, or each with 2"
        " replications or more"
    )


def test_figures_of_other_times_are_told():
    a, b = side("a", {1: 1, 2: 2}), side("b", {1: 1, 2: 3}, (600_000, 7_200_000))
    assert compare(a, b).notes == ("they measure other times: a 0 ms to 1 h, b 10 min to 2 h",)


def test_the_same_is_called_the_same():
    a = side("a", {1: 10, 2: 20})
    found = compare(a, a)
    assert found.identical
    assert found.differences["lines_per_hour"]["verdict"] == "a and a are the same in every replication"


def test_folders_and_scenarios_are_compared_at_the_command_line(tmp_path):
    often = ("run", "small.yaml", "--replications", "6", "--workers", "1", "--out")
    twin(*often, "two", folder=tmp_path)
    twin(*often, "one", "--set", "fleet.bots_per_level=1", folder=tmp_path)
    twin(*often, "other", "--seed", "100", "--set", "run.horizon=20 min", folder=tmp_path)
    found = json.loads(twin("compare", "two", "one", "--json", folder=tmp_path))
    slower = found["differences"]["order_lead_time_mean"]
    assert (found["a"], found["b"], found["method"], slower["n"]) == ("two", "one", PAIRED, 6)
    assert slower["low"] > 0
    assert slower["verdict"].startswith("one is worse than two by ")
    unlike = json.loads(twin("compare", "two", "other", "--json", folder=tmp_path))
    assert (unlike["method"], unlike["pairs"], unlike["replications"]) == (INDEPENDENT, 0, [6, 6])
    assert unlike["differences"]["lines_per_hour"]["n"] == 6
    assert unlike["notes"][1] == "they measure other times: two 5 min to 25 min, other 5 min to 20 min"
    same = twin("compare", "small.yaml", "two", "--replications", "6", "--workers", "1", folder=tmp_path)
    assert same.splitlines() == [
        "two against small.yaml, 6 pairs of replications",
        "  identical: the same event log in every replication",
    ]
    said = twin("compare", "two", "one", "--seed", "3", folder=tmp_path, code=2)
    assert said == (
        "twin: --seed 3: two and one are results that are there; remove it, or name a scenario to run\n"
    )


def test_a_folder_whose_files_do_not_belong_together_is_refused(tmp_path):
    twin("run", "small.yaml", "--workers", "1", "--out", "r", folder=tmp_path)
    assert read_side(tmp_path / "r").horizon_ms == 1_500_000
    for wrong in ("", "[]", '{"variants": {}}'):
        (tmp_path / "r" / "kpis.json").write_text(wrong)
        with pytest.raises(ScenarioRefused, match=r"kpis\.json is not that of runs\.parquet; run"):
            read_side(tmp_path / "r")
