"""What people read at a terminal: every warning once, every interval with its level."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from small import TEXT, executor, study

from twin.experiments.report import write_report
from twin.studies import console
from twin.studies.folder import Folder
from twin.studies.sizing import CONFIDENCE, find_size, question
from twin.studies.study import carry_out
from twin.studies.telling import tell_run, tell_size, tell_sweep, warn


def test_a_warning_is_told_once_with_all_that_it_was_found_at(capsys):
    lost = "{} lines were not ordered for lack of stock (or room)."
    grows = "The system is not stable: open orders grow by about {} an hour."
    found = [
        ("2", [grows.format("113.2"), lost.format(5)]),
        ("3", [grows.format("1,050.0"), lost.format(5)]),
        ("4", [lost.format(5)]),
    ]
    warn(found, "value")
    assert capsys.readouterr().out.splitlines() == [
        f"  warning at 2; 3: {grows.format('113.2')} (The numbers are those of 2.)",
        f"  warning at every value: {lost.format(5)}",
    ]
    warn(found[:1], "value")
    assert capsys.readouterr().out.splitlines()[1] == f"  warning: {lost.format(5)}"


def test_names_of_variants_that_have_commas_are_told_apart(capsys):
    """Those of a grid of two keys are KEY=VALUE, KEY=VALUE."""
    names = [f"bots={bots}, skus=9" for bots in range(12)]
    warn([*((name, ["Short."]) for name in names[:11]), (names[11], [])], "variant")
    (said,) = capsys.readouterr().out.splitlines()
    assert said == f"  warning at {'; '.join(names[:8])}; and 3 more: Short."


def test_size_says_the_level_of_its_intervals(capsys):
    asked = study()
    with executor() as ready:
        found = find_size(asked, question(asked, "fleet.bots_per_level=1..2", ["lines_per_hour>=20"]), ready)
    tell_size(found, 1.0)
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "  intervals at 98.75 %: each of up to 4 looks at a value, together 95 %"
    assert said[4] == f"  with 1: {found.curve[0].result.bottleneck}"
    (point, _) = found.as_plain()["curve"]
    assert point["targets"]["lines_per_hour"]["confidence"] == CONFIDENCE
    judged, usual = point["targets"]["lines_per_hour"], point["kpis"]["lines_per_hour"]
    assert judged["low"] < usual["low"] < usual["mean"] == judged["mean"]
    assert point["seeds"] == [11, 12, 13, 14]


def test_a_run_says_what_holds_the_system_back_as_its_report_does(capsys, tmp_path):
    asked = study(TEXT, "fleet.bots_per_level=1", "demand.orders.lines_per_hour=900")
    with executor() as ready:
        (result,) = carry_out([asked.baseline], ready)
    tell_run(result, 1.0)
    assert result.bottleneck.startswith("The bottleneck is the bots: they are idle 0 % of the time")
    assert f"  {result.bottleneck}" in capsys.readouterr().out.splitlines()
    assert console.as_object(result, 1.0)["bottleneck"] == result.bottleneck
    folder = Folder(tmp_path)
    folder.write([result], asked, 1.0)
    write_report(tmp_path)
    assert result.bottleneck in unescape((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_one_is_told_as_one(capsys):
    one = study(TEXT, "run.replications=1", "vary={fleet.bots_per_level: [1]}")
    console.check(one)
    assert capsys.readouterr().out.splitlines()[2] == "  1 variant x 1 replication"
    with executor() as ready:
        tell_sweep(carry_out(one.compared(), ready), None, 1.0)
    assert capsys.readouterr().out.startswith("1 variant x 1 replication, 1.0 s\n")


@pytest.mark.parametrize(("lost", "said"), [(1, "1 line was not ordered"), (2, "2 lines were not ordered")])
def test_lost_lines_are_told_in_their_number(lost, said):
    with executor() as ready:
        (result,) = carry_out([study(TEXT, "run.replications=1").baseline], ready)
    lines = replace(result, outcomes=(replace(result.outcomes[0], lost_lines=lost),))
    assert any(text.startswith(said) for text in lines.warnings)


def test_a_variant_in_which_nothing_happened_says_so(capsys):
    """A target of a figure that could not be measured is open, and that is seen."""
    late, targets = "vary={demand.orders.begin: [25 min]}", "targets={order_lead_time_mean: '<= 1 min'}"
    with executor() as ready:
        results = carry_out(study(TEXT, "run.replications=2", targets, late).compared(), ready)
    tell_sweep(results, None, 1.0)
    said = capsys.readouterr().out.splitlines()
    nothing = "order_lead_time_mean nothing happened to measure it by"
    assert said[1] == f"  demand.orders.begin=25 min  {nothing}  open"
    asked = "demand.orders begins at 25 min, and the run is over at 25 min: it asks for nothing."
    assert said[2] == f"  warning: {asked}"
