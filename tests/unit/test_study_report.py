"""The report: one page that stands alone, says what the figures say, and shows what is there."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from results_folder import SWEEP, make_results
from typer.testing import CliRunner

from twin.cli import app
from twin.experiments.bottleneck import bottleneck
from twin.experiments.report import write_report
from twin.experiments.report.heatmaps import INKS, heat_map
from twin.experiments.report.results import NoResults, read_results
from twin.experiments.report.svg import round_step, scale


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_results(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def text(swept: Path) -> str:
    return (swept / "report.html").read_text("utf-8")


class Outline(HTMLParser):
    """The tags of a page, in order, and whether each was closed where it had to be."""

    VOID = ("meta", "link", "img", "br", "wbr")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(text: str) -> None:
    outline = Outline(text)
    assert outline.open == []
    assert "script" not in [tag for tag, _ in outline.tags]
    addresses = [a[name] or "" for _, a in outline.tags for name in ("src", "href") if name in a]
    assert len(addresses) > 10
    assert all(address.startswith("data:") for address in addresses)
    assert not re.search(r"url\(|@import|https?://", text)
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg)
    assert len(text) < 1_000_000


def test_names_are_shown_as_they_are_written(text: str) -> None:
    assert "<i>odd</i>" not in text
    assert "&lt;i&gt;odd&lt;/i&gt; &amp; &quot;even&quot;" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_every_figure_is_there_with_its_interval_window_and_replications(text: str, swept: Path) -> None:
    words = " ".join(Outline(text).words)
    results = read_results(swept)
    assert results.base.name == "baseline"
    for variant in results.variants:
        for name in variant.kpis:
            assert f'title="{name}"' in text
    assert "from 10 min to 40 min, n = 3" in words
    assert "3 replications of 40 min" in words
    assert "95 %" in words
    assert len(re.findall(r'title="[^"]*, n = 3"', text)) > 100


def test_targets_are_answered_in_the_headline(text: str) -> None:
    words = " ".join(Outline(text).words)
    assert "0 of 4 variants meet all targets for sure" in words
    assert "missed: <= 5 s" in words
    assert "<= 5 s" in words


def test_a_run_of_one_replication_is_said_to_have_no_interval(tmp_path: Path) -> None:
    single = SWEEP.replace("replications: 3", "replications: 1")
    single = single.replace(single[single.index("vary:") : single.index("targets:")], "")
    text = (make_results(tmp_path, single, sweep=False) / "report.html").read_text("utf-8")
    words = " ".join(Outline(text).words)
    assert "Only 1 replication: there are no intervals, and nothing is sure." in words
    assert "Not sure: a single replication has no interval to judge by; several would tell." in words
    assert "no intervals, as these come from several replications" in words
    assert "with its 95 % interval" not in words
    assert "Seed 1." in words
    assert "nan" not in words


def test_the_smallest_number_that_meets_the_targets_is_named(tmp_path: Path) -> None:
    text = SWEEP.replace('"<= 5 s"', '"<= 10 h"').replace('">= 20"', '">= -100"')
    text = text.replace("compare: baseline\n", "")
    page = (make_results(tmp_path, text) / "report.html").read_text("utf-8")
    assert "The smallest fleet.bots_per_level among them is 1." in page


def test_a_few_variants_are_shown_in_rows(tmp_path: Path) -> None:
    text = (make_results(tmp_path, SWEEP.replace("[1, 2, 3]", "[1, 3]")) / "report.html").read_text("utf-8")
    assert 'class="whisker"' in text
    assert "fleet.bots_per_level=3" in text


@pytest.mark.parametrize(
    "name", ["kpis.json", "series.json", "variants.json", "manifest.json", "runs.parquet"]
)
def test_a_folder_without_results_is_refused_and_the_file_named(
    name: str, swept: Path, tmp_path: Path
) -> None:
    for path in swept.iterdir():
        if path.is_file() and path.name != name:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(NoResults, match=f"{name}: No such file"):
        write_report(tmp_path)


def test_the_command_writes_the_page_again_as_it_was(swept: Path) -> None:
    before = (swept / "report.html").read_bytes()
    done = CliRunner().invoke(app, ["report", str(swept)])
    assert done.exit_code == 0, done.output
    assert done.output.strip() == str(swept / "report.html")
    assert (swept / "report.html").read_bytes() == before


IDLE = {"bot_share_idle": 0.6, "balcony_utilisation": 0.4, "balcony_utilisation.1": 0.4, "lead_travel": 40.0}
BUSY = {"bot_share_idle": 0.05, "balcony_utilisation.1": 0.3, "balcony_starved": 0.6}


@pytest.mark.parametrize(
    ("means", "said"),
    [
        (IDLE, "Nothing is used up.*60 %.*40 %.*travel"),
        ({**IDLE, "balcony_utilisation": 0.9, "balcony_utilisation.1": 0.9}, "is the people.*90 %"),
        ({**IDLE, "balcony_utilisation.2": 0.95}, "person at balcony 2.*95 %.*40 %"),
        (BUSY, "is the bots.*5 %.*60 %.*driving; more bots help"),
        ({**BUSY, "bot_share_wait_traffic": 0.3}, "is the bots.*30 %.*waiting for one another"),
        ({**BUSY, "bot_share_dig": 0.4}, "40 %.*moving carriers out of the way"),
        ({**BUSY, "charge_share": 0.35}, "35 %.*charging"),
        ({**BUSY, "bot_share_wait_station": 0.22, "bot_share_travel_laden": 0.58}, "driving; more bots help"),
        ({**BUSY, "bot_share_wait_station": 0.8}, "80 %.*standing at balconies"),
        ({**BUSY, "balcony_unattended": 1.0}, "nobody is there.*100 %.*Longer shifts help"),
        ({**IDLE, "balcony_utilisation.1": 0.99, "balcony_utilisation.2": 0.0}, "the people: they work"),
        ({**IDLE, "lead_queue": 400.0}, "Yet 91 %.*handover places"),
        ({**IDLE, "lead_charge": 50.0, "order_lead_time_mean": 100.0}, "is energy.*50 s"),
    ],
)
def test_the_bottleneck_is_what_is_used_up(means: dict[str, float], said: str) -> None:
    assert re.search(said, bottleneck(means))


def test_a_heat_map_is_strongest_where_most_happened() -> None:
    found = heat_map(["s.", "b#"], [[0, 3], [9, 0]], "waiting_s")
    assert (found.largest, found.x, found.y) == (9, 0, 1)
    picture = Image.open(BytesIO(base64.b64decode(found.url.partition(",")[2])))
    assert picture.size == (2, 2)
    assert picture.getpixel((0, 1)) == (*INKS["waiting_s"], 255)
    weaker = picture.getpixel((1, 0))
    assert isinstance(weaker, tuple)
    assert weaker[:3] == INKS["waiting_s"]
    assert 45 < weaker[3] < 255
    assert heat_map(["s"], [[0]], "traffic").largest == 0


@pytest.mark.parametrize(("rough", "step"), [(0.11, 0.2), (1.0, 1.0), (3.0, 5.0), (70.0, 100.0)])
def test_axes_have_round_steps(rough: float, step: float) -> None:
    assert round_step(rough) == pytest.approx(step)


def test_a_scale_shows_all_values() -> None:
    at = scale([3.0, 18.0, float("nan")], 100.0, 0.0, from_zero=True)
    assert (at.low, at.high, at(0.0), at(20.0)) == (0.0, 20.0, 100.0, 0.0)
    assert scale([5.0], 0.0, 1.0, from_zero=False).low <= 5.0 <= scale([5.0], 0.0, 1.0, from_zero=False).high
