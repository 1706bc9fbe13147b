"""Validation case 30: ever more bots on one level, and the page that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.validation import cases, crowd, page
from twin.domain.sitecheck import check_site
from twin.experiments.report.svg import scale
from twin.experiments.statistics import t_interval

SHAPE = page.LEVELS["lanes three deep"]
PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def test_the_levels_of_this_case_are_sound() -> None:
    for shape in page.LEVELS.values():
        assert check_site(crowd.site(6, crowd.level(*shape))) == []


def test_case_30_throughput_rises_peaks_and_falls_below_its_bound_and_nothing_ever_stops() -> None:
    """Source: validation §4 (bounds) and S30 (shape). Two replications of 1.5 hours."""
    drawn = crowd.level(*SHAPE)
    runs = {n: [crowd.run(n, drawn, 1.5, seed) for seed in range(2)] for n in (1, 4, 12, 34)}
    rates = {n: t_interval(run.per_hour for run in found).mean for n, found in runs.items()}
    lone = t_interval(run.per_hour for run in runs[1])
    for n in rates:
        assert rates[n] <= page.crowd_bound(SHAPE, n, lone.high) * 1.01
    assert rates[1] < rates[4] < rates[12]
    assert rates[34] < 0.95 * rates[12]
    per_bot = [rates[n] / n for n in rates]
    assert per_bot == sorted(per_bot, reverse=True)
    assert max(run.longest_pause_ms for found in runs.values() for run in found) < 240_000


# -- the page


def test_the_page_shows_what_the_cases_without_chance_give_today() -> None:
    """Where it does not: run ``make validation`` again."""
    text = PAGE.read_text(encoding="utf-8")
    for row in cases.exact():
        assert row.agrees, row
        assert row.line() in text, row


def test_every_figure_of_the_page_is_there_and_readable_in_the_dark() -> None:
    names = re.findall(r"\]\((figures/[^)]+\.svg)\)", PAGE.read_text(encoding="utf-8"))
    assert len(names) == 4
    for name in names:
        assert "prefers-color-scheme: dark" in (PAGE.parent / name).read_text(encoding="utf-8")


def test_an_interval_that_misses_is_shown_as_a_disagreement() -> None:
    far = cases.Row("0", "a wrong figure", cases.TWIN, "nobody", 5.0, t_interval([1.0, 1.1, 0.9]))
    near = cases.Row("0", "a figure", cases.FORMULA, "nobody", 5.0, 5.01, within=0.02)
    assert (far.agrees, near.agrees) == (False, True)
    assert far.line().endswith("| **no** |")
    assert near.line() == "| 0 | a figure | formula | nobody | 5.000000 | 5.010000 | yes |"


@pytest.mark.parametrize("value", [0.11, 1, 449.9, 4_001])
def test_an_axis_ends_at_a_round_figure_above_its_data(value: float) -> None:
    assert value <= scale([value], 0, 1, from_zero=True).high <= 2 * value
