"""A real browser for tests: Chromium of this machine, or the one of playwright (see ``.ci/browser``)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium. Where there is none the test is skipped; in a CI that is a failure."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        path = next((found for name in NAMES if (found := shutil.which(name))), None)
        if path is None and not Path(playwright.chromium.executable_path).exists():
            missing = f"no browser on this machine ({', '.join(NAMES)}); .ci/browser installs one"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()
