"""The report of a study of size says what the study found: its counts, its targets, its confidence."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.experiments.report.results import LOOK_CONFIDENCE, Results, read_results
from twin.experiments.verdicts import figure
from twin.records.measures.catalogue import describe
from twin.studies.sizing import CONFIDENCE

TEXT = """\
schema: 1
name: how many
site: tiny
demand:
  orders: {lines_per_hour: 120, lines_per_order: 1}
run: {horizon: 30 min, warm_up: 5 min, replications: 3, seed: 11}
targets: {lines_per_hour: ">= 999"}
"""


@pytest.fixture(scope="module")
def sized(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a study whose values took unlike numbers of replications, and what the console said."""
    folder = tmp_path_factory.mktemp("size")
    (folder / "s.yaml").write_text(TEXT)
    asked = ["--vary", "fleet.bots_per_level=1..3", "--target", "order_lead_time_mean<=40 s"]
    done = CliRunner().invoke(
        app, ["size", str(folder / "s.yaml"), *asked, "--workers", "1", "--out", str(folder / "out")]
    )
    assert done.exit_code == 0, done.output
    return folder / "out", done.output


@pytest.fixture(scope="module")
def results(sized: tuple[Path, str]) -> Results:
    return read_results(sized[0])


def words(folder: Path) -> str:
    page = (folder / "report.html").read_text("utf-8")
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]+>", " ", page.replace("<wbr>", ""))))


def test_the_confidence_of_the_report_is_that_of_the_study() -> None:
    assert LOOK_CONFIDENCE == CONFIDENCE


def test_verdicts_and_intervals_are_those_of_the_console(sized: tuple[Path, str], results: Results) -> None:
    folder, told = sized
    page = words(folder)
    assert len(results.variants) >= 2
    for variant in results.variants:
        reached = figure(variant.kpis["order_lead_time_mean"], describe("order_lead_time_mean"))
        verdict = variant.targets["order_lead_time_mean"]["verdict"]
        assert f"{verdict} ({reached})" in told
        assert reached in page


def test_only_the_targets_that_were_asked_for_are_judged(sized: tuple[Path, str], results: Results) -> None:
    assert {name for variant in results.variants for name in variant.targets} == {"order_lead_time_mean"}
    assert "999" not in words(sized[0])


def test_every_interval_says_its_confidence(sized: tuple[Path, str]) -> None:
    page = words(sized[0])
    assert "intervals are 98.75 % (Student's t over replications)" in page
    assert "with 98.75 % intervals" in page
    assert "half of the 98.75 % t-interval" in page
    assert "95 % interval" not in page.replace("98.75 % interval", "")
    assert "95 % confidence" in page


def test_counts_and_seeds_are_those_of_each_value(sized: tuple[Path, str], results: Results) -> None:
    counts = sorted(variant.replications for variant in results.variants)
    page = words(sized[0])
    assert counts[0] < counts[-1], "the study no longer takes unlike numbers of replications"
    assert f"{len(counts)} values, {counts[0]} to {counts[-1]} replications each of 30 min" in page
    assert f"Seeds 11 to {10 + counts[-1]}: each variant has as many of them" in page
    for variant in results.variants:
        assert f"{variant.name} n\xa0=\xa0{variant.replications}" in page
    assert "intervals are wide" not in page


def test_the_answer_is_in_front(sized: tuple[Path, str], results: Results) -> None:
    assert results.sized is not None
    answer = f"fleet.bots_per_level={results.sized['answer']}"
    count = next(v.replications for v in results.variants if v.name == answer)
    page = words(sized[0])
    assert re.search(rf"± [\d.]+ s met: <= 40 s {answer}, n = {count}", page)
    assert "values that are open after 32 replications do not count as enough." in page
