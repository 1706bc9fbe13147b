"""The report in a real browser: whole at two widths, light and dark, printed, and without the internet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import browser
from results_folder import SWEEP, make_results

GRID = """\
vary:
  site.battery.capacity_wh: [120, 240]
  site.person.handling_ms: [4000, 8000]
"""

OVERLAPS = """
[...document.querySelectorAll('svg[role=img]')].filter(s => s.checkVisibility()).flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const words = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const out = words.filter(([w, b]) => b.left < frame.left - 1 || b.right > frame.right + 1
    || b.top < frame.top - 1 || b.bottom > frame.bottom + 1).map(([w]) => 'outside: ' + w);
  const on = words.flatMap(([w, b], i) => words.slice(i + 1).filter(([v, c]) =>
    b.left < c.right - 1 && c.left < b.right - 1 && b.top < c.bottom - 3 && c.top < b.bottom - 3
  ).map(([v]) => svg.getAttribute('aria-label') + ': ' + w + ' on ' + v));
  return [...out, ...on];
})
"""
"""Words of charts that are cut at an edge or written over each other."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return (make_results(tmp_path_factory.mktemp("browser")) / "report.html").as_uri()


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A sweep of two keys, as the report of a study with long names."""
    text = SWEEP[: SWEEP.index("vary:")] + GRID + SWEEP[SWEEP.index("compare:") :]
    return (make_results(tmp_path_factory.mktemp("grid"), text) / "report.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_fits_and_asks_nobody(chromium: Any, address: str, width: int, scheme: str) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    pictures = "[...document.images].every(i => i.complete && i.naturalWidth > 0)"
    assert page.evaluate(pictures)
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg[role=img]')].filter(s => s.checkVisibility())"
        ".map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().right])"
    )
    assert len(sizes) >= 8
    assert all(w > 250 and right <= width for w, right in sizes)
    ink, paper = (_brightness(page, name) for name in ("color", "backgroundColor"))
    assert (paper > 200 and ink < 60) if scheme == "light" else (paper < 60 and ink > 200)
    page.close()


def _brightness(page: Any, name: str) -> float:
    colour = page.evaluate(f"getComputedStyle(document.body).{name}")
    return sum(map(int, colour[colour.index("(") + 1 : -1].split(",")[:3])) / 3


def test_the_report_is_printed_with_all_its_variants(chromium: Any, address: str) -> None:
    page = chromium.new_page(color_scheme="dark")
    page.goto(address)
    closed = page.pdf()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    opened = page.pdf()
    assert closed.count(b"/Type /Page\n") == opened.count(b"/Type /Page\n") > 3
    page.emulate_media(media="print")
    assert _brightness(page, "backgroundColor") == 255
    assert _brightness(page, "color") < 60
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("which", ["address", "grid"])
def test_words_in_charts_are_whole_and_apart(
    chromium: Any, request: pytest.FixtureRequest, which: str, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(request.getfixturevalue(which))
    assert page.locator("svg[role=img] text").count() > 100
    assert page.evaluate(OVERLAPS) == []
    page.close()


def test_on_a_phone_tables_show_values_beside_their_names_and_whole_captions(
    chromium: Any, grid: str
) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.goto(grid)
    tables = page.locator("table")
    assert tables.count() == 2
    for table in tables.all():
        row = table.locator("tbody tr").first
        name, value = row.locator("th").bounding_box(), row.locator("td").first.bounding_box()
        assert name["width"] <= 0.45 * 390
        assert value["x"] + value["width"] <= 390
    for caption in page.locator(".caption").all():
        box = caption.bounding_box()
        assert box["x"] + box["width"] <= 390
    page.close()


def test_names_of_rows_stay_while_values_are_scrolled(chromium: Any, grid: str) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.goto(grid)
    scrolled = page.locator(".wide").last
    name = scrolled.locator("tbody th").first
    before = name.bounding_box()["x"]
    scrolled.evaluate("e => e.scrollLeft = 300")
    assert scrolled.evaluate("e => e.scrollLeft") > 100
    assert name.bounding_box()["x"] == pytest.approx(before, abs=1)
    page.close()


def test_the_report_is_whole_without_scripts(chromium: Any, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    variant = page.locator("details").nth(1)
    assert not variant.locator("svg[role=img]").first.is_visible()
    variant.locator("summary").click()
    assert variant.locator("svg[role=img]").first.is_visible()
    context.close()
