"""The table of fidelity: whole, true to what is served, and the same wherever it is shown."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from api import settings_page
from api.fidelity import page
from api.fidelity.levels import ASSUMED, LEVELS, MISSING, REFERENCE, SIMPLIFIED, Fidelity
from api.fidelity.page import report, served_operations, slug
from api.fidelity.table import EVERYWHERE, TABLE
from tests.reference import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def in_the_contract() -> list[str]:
    """All operations of the reference."""
    paths = json.loads(reference("openapi.json").read_text())["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


@cache
def decisions() -> frozenset[str]:
    """What ``docs/assumptions.md`` has: sections, and rows as section/row."""
    found: set[str] = set()
    section = ""
    for line in (DOCS / "assumptions.md").read_text().splitlines():
        if line.startswith("## "):
            section = slug(line)
            found.add(section)
        elif line.startswith("| ") and section:
            found.add(f"{section}/{slug(line.split('|')[1])}")
    return frozenset(found)


def test_the_table_has_every_operation_of_the_reference_once() -> None:
    assert sorted(one.operation for one in TABLE) == sorted(in_the_contract())
    assert len(TABLE) == 50


def test_whatever_is_served_is_in_the_table() -> None:
    assert set(served_operations()) == {one.operation for one in TABLE}


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.operation)
def test_every_decision_is_written_down(one: Fidelity) -> None:
    assert one.follows
    assert set(one.assumed) <= decisions()


def test_what_was_decided_for_all_is_written_down() -> None:
    assert set(EVERYWHERE) <= decisions()


def test_a_level_says_the_worst_that_is_to_be_said() -> None:
    assert Fidelity("GET /a", "x").level(True) == REFERENCE
    assert Fidelity("GET /a", "x", ("values",)).level(True) == ASSUMED
    assert Fidelity("GET /a", "x", ("values",), ("y",)).level(True) == SIMPLIFIED
    assert Fidelity("GET /a", "x").level(False) == MISSING


def test_the_levels_are_counted() -> None:
    facts = report(served_operations())
    assert sum(facts["counts"].values()) == len(TABLE)
    assert facts["counts"][MISSING] == 0
    assert report([])["counts"][MISSING] == len(TABLE)
    assert set(facts["levels"]) == set(LEVELS)


def test_the_pages_are_what_their_sources_say() -> None:
    assert (DOCS / "fidelity.md").read_text() == page.page(), "python -m api.fidelity.page"
    assert (DOCS / "settings.md").read_text() == settings_page.page(), "python -m api.settings_page"


def test_the_links_of_the_page_lead_somewhere() -> None:
    text = (DOCS / "fidelity.md").read_text()
    headings = {
        slug(line) for line in (DOCS / "assumptions.md").read_text().splitlines() if line[:3] == "## "
    }
    used = set(re.findall(r"\(assumptions\.md#([a-z-]+)\)", text))
    assert used <= headings
