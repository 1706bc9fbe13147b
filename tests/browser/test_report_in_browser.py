"""The report in a real browser: whole at two widths, light and dark, printed, and without the internet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import browser
from results_folder import make_results


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return (make_results(tmp_path_factory.mktemp("browser")) / "report.html").as_uri()


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
        "[...document.querySelectorAll('details[open] svg, main > .grid-2 svg')]"
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
