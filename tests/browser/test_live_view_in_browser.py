"""The live view in a real browser: it draws, moves, gives triggers, and asks nobody but its twin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import browser
from playwright.sync_api import expect

from tests.api.server_process import Served, served

KEY = "a-key"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def twin() -> Iterator[Served]:
    with served("--site", "demo", "--speed", "0", key=KEY) as one:
        for number in range(3):
            one.stock(f"SKU-{number}")
        yield one


def opened(chromium: Any, url: str, **options: Any) -> tuple[Any, list[str]]:
    """The page, and whatever it has asked of others or complained about."""
    page, bad = chromium.new_page(**options), []
    page.on("request", lambda asked: None if asked.url.startswith((url, "data:")) else bad.append(asked.url))
    page.on("pageerror", lambda error: bad.append(str(error)))
    page.on("console", lambda said: bad.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(f"{url}/_twin/ui")
    return page, bad


def test_a_carrier_is_brought_and_picked_from_the_page_alone(chromium: Any, twin: Served) -> None:
    request = twin.order("SKU-0", 2)
    page, bad = opened(chromium, twin.url)
    page.wait_for_selector(".bot")
    assert page.locator(".bot").count() == 12
    assert page.locator("svg").count() == 3
    stored = page.locator("rect.carrier").count()
    page.get_by_text("Keys").click()
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Use", exact=True).click()
    page.get_by_role("button", name="Next carrier").click()
    page.locator("g.bot-presenting").wait_for()
    expect(page.locator("rect.carrier")).to_have_count(stored - 1)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Done").wait_for(state="detached")
    assert [job["status"] for job in twin.jobs(request) if job["type"] == "FULFILLMENT"] == ["SUCCEEDED"]
    assert bad == []
    page.close()


def test_bots_glide_along_their_ways_while_time_runs(chromium: Any, twin: Served) -> None:
    for number in range(3):
        twin.order(f"SKU-{number}", 1)
    page, bad = opened(chromium, twin.url)
    page.wait_for_selector(".bot")
    page.get_by_role("button", name="10×").click()
    page.locator(".bot-driving").first.wait_for()
    driving = page.locator(".bot-driving, .bot-driving_laden").first
    before = driving.get_attribute("transform")
    expect(driving).not_to_have_attribute("transform", before)
    page.get_by_role("button", name="Pause").click()
    page.locator("[data-speed='0'][aria-pressed='true']").wait_for()
    assert twin.clock()["speed"] == 0
    assert bad == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_view_fits_the_screen(chromium: Any, twin: Served, width: int, scheme: str) -> None:
    viewport = {"width": width, "height": 900}
    page, bad = opened(chromium, twin.url, viewport=viewport, color_scheme=scheme)
    page.wait_for_selector(".bot")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(251, 251, 250)") == (scheme == "light")
    assert bad == []
    page.close()


def test_one_level_is_chosen(chromium: Any, twin: Served) -> None:
    page, _ = opened(chromium, twin.url)
    page.wait_for_selector(".bot")
    page.locator("#level").select_option("2")
    expect(page.locator(".bot")).to_have_count(4)
    expect(page.locator("svg")).to_have_count(1)
    page.close()


def test_a_viewer_without_the_token_is_told_what_is_missing(chromium: Any) -> None:
    with served("--site", "tiny", "--speed", "0", "--control-token", "t0ken", key=KEY) as guarded:
        page = chromium.new_page()
        page.goto(f"{guarded.url}/_twin/ui")
        page.get_by_text("A key is needed").wait_for()
        page.get_by_text("Keys", exact=True).click()
        page.get_by_label("Control token").fill("t0ken")
        page.get_by_role("button", name="Use", exact=True).click()
        page.wait_for_selector(".bot")
        page.locator("#trouble").wait_for(state="hidden")
        page.close()


def test_the_view_finds_its_twin_again_after_a_restart(chromium: Any) -> None:
    with served("--site", "tiny", "--speed", "0", key=KEY) as first:
        port = first.url.rsplit(":", 1)[1]
        page = chromium.new_page()
        page.goto(f"{first.url}/_twin/ui")
        page.wait_for_selector(".bot")
    page.get_by_text("The twin does not answer").wait_for()
    with served("--site", "tiny", "--speed", "0", "--port", port, key=KEY):
        page.locator("#trouble").wait_for(state="hidden")
    page.close()
