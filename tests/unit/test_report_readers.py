"""The report for readers who look closely: on names, units, what is missing, and without seeing it."""

from __future__ import annotations

import json
import math
import re
from html import unescape
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from results_folder import make_results

from twin.experiments.report import write_report
from twin.experiments.report.results import NoResults

SMALL = """
schema: 1
name: small
site: tiny
demand:
  orders: {arrivals: poisson, lines_per_hour: 60}
  refill: {kind: replenishment, arrivals: reorder, every: 2 min, reorder_percent: 30, up_to_percent: 80}
run: {horizon: 15 min, warm_up: 5 min, replications: 2}
"""
GRID = """
vary:
  site.battery.capacity_wh: [120, 240]
  site.person.handling_ms: [4000, 8000]
compare: baseline
"""


def words_of(page: str) -> str:
    body = re.sub(r"<(style|desc|title)>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def made(folder: Path, text: str, sweep: bool = True) -> str:
    return (make_results(folder, text, sweep) / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("grid"), SMALL + GRID)


def test_rows_of_a_grid_are_told_apart_and_keep_their_full_names(grid: str) -> None:
    svg = re.findall(r"<svg.*?</svg>", grid, re.DOTALL)[0]
    names = [text for text in ElementTree.fromstring(svg).iter("text") if text.get("class") == "name"]
    short = [(text[-1].tail if len(text) else text.text) for text in names]
    assert short == [
        "baseline",
        *(f"capacity_wh={wh}, handling_ms={ms}" for wh in (120, 240) for ms in (4000, 8000)),
    ]
    assert names[1][0].text == "site.battery.capacity_wh=120, site.person.handling_ms=4000"


def test_who_does_not_see_the_page_is_told_what_is_on_it(grid: str) -> None:
    assert '<html lang="en">' in grid
    assert grid.count("<h1>") == 1
    charts = re.findall(r'<svg viewBox="0 0 640 .*?</svg>', grid, re.DOTALL)
    assert len(charts) >= 30
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert root.get("role") == "img"
        assert root.get("aria-label")
    told = ElementTree.fromstring(charts[0]).findtext("desc") or ""
    assert told.startswith("baseline: ")
    assert told.count("lines/h") == 5
    others = set(re.findall(r"<svg [^>]*>", grid)) - set(re.findall(r'<svg viewBox="0 0 640[^>]*>', grid))
    assert all('aria-hidden="true"' in other for other in others)
    assert re.findall(r"<th(?! scope=\"(?:col|row)\")\b", grid.replace("<thead>", "")) == []
    assert all(re.search('alt="[^"]+"', image) for image in re.findall("<img[^>]*>", grid))


def _colours(mode: int) -> dict[str, str]:
    """The colours of the style by name: of light pages (0) or of dark ones (1)."""
    css = files("twin.experiments.report").joinpath("style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[mode]
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def _linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _luminance(colour: str) -> float:
    return sum(part * weight for part, weight in zip(_linear(colour), (0.2126, 0.7152, 0.0722), strict=True))


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_words_and_series_stand_out_from_what_they_are_on(mode: int) -> None:
    colours = _colours(mode)
    for ground in ("page", "card"):
        for name in ("ink", "soft", "good", "bad", "open"):
            assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert _contrast(colours["soft"], colours["faint"]) >= 4.5  # "warm-up" on its shade
    for number in range(6):
        assert _contrast(colours[f"s{number}"], colours["card"]) >= 3


def test_a_target_that_nothing_could_be_measured_by_is_said_to_be_open(tmp_path: Path) -> None:
    quiet = SMALL.replace("lines_per_hour: 60", "lines_per_hour: 60, begin: 1 h")
    words = words_of(made(tmp_path, quiet + 'targets: {order_lead_time_p95: "<= 10 min"}\n', sweep=False))
    assert "Not sure: nothing happened to measure a target by." in words
    assert "95th percentile: nothing happened to measure it by (open: <= 600 s)" in words
    assert "– nothing happened to measure it by open: <= 600 s" in words
    assert "nan" not in words


def test_variants_that_come_to_the_same_are_called_identical(tmp_path: Path) -> None:
    same = "vary: [{name: again, fleet.bots_per_level: 2}, {name: slower, site.person.handling_ms: 60000}]\n"
    page = made(tmp_path, SMALL + "fleet: {bots_per_level: 2}\n" + same + "compare: baseline\n")
    words = words_of(page)
    assert "again identical in every pair identical in every pair identical in every pair" in words
    assert "-0 ±" not in words


def test_what_is_better_is_not_read_from_a_name(tmp_path: Path) -> None:
    text = (
        "vary: [{name: 'x is better than by', site.person.handling_ms: 60000}]\ncompare: baseline\n"
        "fleet: {bots_per_level: 2}\n"
    )
    page = made(tmp_path, SMALL.replace("replications: 2", "replications: 5") + text)
    (row,) = re.findall(r'<tr><th scope="row">x is better than by</th>(.*?)</tr>', page)
    assert 'class="missed"' in row
    assert 'class="met"' not in row
    assert re.search(r">worse by [\d.]+ ± [\d.]+ s<", row)


@pytest.mark.parametrize(
    ("values", "axis"),
    [("[90 s, 2 min, 5 min]", None), ("[1 min, 2 min, 5 min]", "demand.refill.every, min")],
)
def test_only_values_with_one_unit_share_an_axis(values: str, axis: str | None, tmp_path: Path) -> None:
    page = made(tmp_path, SMALL + f"vary:\n  demand.refill.every: {values}\n")
    assert ('class="whisker"' in page) == (axis is None)
    if axis is not None:
        assert f">{axis}<" in page


def test_a_long_list_of_variants_is_told_in_parts(tmp_path: Path) -> None:
    names = [f"a long <name> & 'more' of a variant, number {n}" for n in range(13)]
    listed = "".join(
        f'\n  - {{name: "{n}", site.battery.capacity_wh: {100 + i // 2}}}' for i, n in enumerate(names)
    )
    text = SMALL.replace("replications: 2", "replications: 1") + 'targets: {lines_per_hour: ">= 1"}\n'
    page = made(tmp_path, text + f"vary:{listed}\ncompare: baseline\n")
    assert "<name>" not in page
    words = words_of(page)
    assert "0 of 14 variants meet all targets for sure" in words
    assert words.count("number 12") < 12
    assert "and 9 more." in words
    heads = re.findall(r'<th scope="col">figure</th>(.*?)</tr>', page)
    assert [head.count("<th") for head in heads] == [6, 6, 2]
    assert "One replication does not tell variants from baseline." in words
    assert "Single replications; the dashed line is the target." in words


def test_warnings_that_differ_in_numbers_alone_are_one(tmp_path: Path) -> None:
    listed = "[4000, 5000, 6000]\n"
    make_results(tmp_path, SMALL + f"vary:\n  site.person.handling_ms: {listed}")
    path = tmp_path / "kpis.json"
    kpis = json.loads(path.read_text())
    for number, variant in enumerate(kpis["variants"].values()):
        variant["warnings"] = [f"{number + 2} lines were not ordered <b>."] if number < 2 else []
    path.write_text(json.dumps(kpis))
    words = words_of(write_report(tmp_path).read_text("utf-8"))
    both = "site.person.handling_ms=4000, site.person.handling_ms=5000"
    said = f"{both} : 2 lines were not ordered <b>. (The numbers are those of site.person.handling_ms=4000.)"
    assert said in words
    assert "3 lines" not in words


def test_where_replications_lack_a_figure_their_number_is_said(tmp_path: Path) -> None:
    rare = SMALL.replace("lines_per_hour: 60}", "lines_per_hour: 3}").replace(
        "replications: 2", "replications: 4"
    )
    page = made(tmp_path, rare, sweep=False)
    found = re.findall(r'<tr><th scope="row"><span title="order_lead_time_mean">.*?</tr>', page)
    samples = json.loads((tmp_path / "kpis.json").read_text())["variants"]["baseline"]["kpis"]
    n = samples["order_lead_time_mean"]["n"]
    assert 0 < n < 4
    assert f"<small>n = {n}</small>" in found[0]


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"variants": {}, "scenario": "s", "compare": null}', '{"variants": 3}']
)
def test_files_that_no_run_has_written_are_refused(content: str, tmp_path: Path) -> None:
    make_results(tmp_path, SMALL, sweep=False)
    (tmp_path / "kpis.json").write_text(content)
    with pytest.raises(NoResults, match=r"not what a run writes.*is made by: twin run FILE --out"):
        write_report(tmp_path)


# Machado, Oliveira and Fernandes 2009: how linear red, green and blue look to who lacks one kind of cones.
SIGHTS = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def _oklab(linear: list[float]) -> tuple[float, ...]:
    """A colour where distances are as they are seen."""
    r, g, b = (min(1.0, max(0.0, part)) for part in linear)
    long, middle, short = (
        (x * r + y * g + z * b) ** (1 / 3)
        for x, y, z in ((0.4122, 0.5363, 0.0514), (0.2119, 0.6807, 0.1074), (0.0883, 0.2817, 0.6300))
    )
    rows = ((0.2105, 0.7936, -0.0041), (1.9780, -2.4286, 0.4506), (0.0259, 0.7828, -0.8087))
    return tuple(x * long + y * middle + z * short for x, y, z in rows)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_colours_of_series_are_told_apart_by_everybody(mode: int, sight: str) -> None:
    colours = [colour for name, colour in _colours(mode).items() if re.fullmatch(r"s\d", name)]
    seen = [
        _oklab([sum(a * b for a, b in zip(row, _linear(colour), strict=True)) for row in SIGHTS[sight]])
        for colour in colours
    ]
    assert len(seen) == 6
    assert min(math.dist(one, other) for one, other in combinations(seen, 2)) >= 0.1
