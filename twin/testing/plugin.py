"""The pytest plugin: fixtures, marker, options. A failing test leaves its capsule behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twin.testing.helpers import Twin
from twin.testing.server import TwinServer, running, start

OPTIONS = ("site", "site_yaml", "seed", "speed", "stock", "operator", "epoch")
REPORT = pytest.StashKey[dict[str, pytest.TestReport]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--twin-url``, ``--twin-key``, ``--twin-capsules``."""
    group = parser.getgroup("twin", "digital twin of a storage")
    group.addoption(
        "--twin-url",
        default=os.environ.get("TWIN_URL"),
        help="Use the twin or the real site at this address instead of starting a twin (TWIN_URL).",
    )
    group.addoption(
        "--twin-key",
        default=os.environ.get("TWIN_API_KEY"),
        help="The API key for --twin-url (TWIN_API_KEY).",
    )
    group.addoption(
        "--twin-capsules", default="twin-capsules", help="Folder for the capsules of tests that failed."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "twin(site, seed, speed, stock, operator, epoch, site_yaml): what the world of a test begins with",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let fixtures know how their test went."""
    report: pytest.TestReport = yield
    item.stash.setdefault(REPORT, {})[report.when or ""] = report
    return report


@pytest.fixture(scope="session")
def twin_server(request: pytest.FixtureRequest) -> Iterator[TwinServer]:
    """A twin on a free port for the session (one for each xdist worker), or the one of ``--twin-url``."""
    url = request.config.getoption("--twin-url")
    if url is None:
        server = start("tiny")
    else:
        key = request.config.getoption("--twin-key")
        if not key:
            raise pytest.UsageError("--twin-url needs --twin-key (or TWIN_API_KEY)")
        server = running(url, key)
    yield server
    server.stop()


@pytest.fixture
def twin(request: pytest.FixtureRequest, twin_server: TwinServer) -> Iterator[Twin]:
    """A fresh warehouse for one test, paused unless the marker says otherwise; the site itself, if real."""
    order = _order(request.node)
    world = twin_server.control("POST", "/worlds", json=order) if twin_server.is_twin else None
    twin = Twin(twin_server, world)
    yield twin
    reports = request.node.stash.get(REPORT, {})
    if world is not None and any(report.failed for report in reports.values()):
        _leave_capsule(request, twin)
    twin.close()


def _order(node: pytest.Item) -> dict[str, Any]:
    order: dict[str, Any] = {"name": node.name[:100], "speed": 0}
    for marker in reversed(list(node.iter_markers("twin"))):
        if marker.args or set(marker.kwargs) - set(OPTIONS):
            raise pytest.UsageError(f"{node.nodeid}: the marker twin takes {', '.join(OPTIONS)} by name")
        order |= marker.kwargs
    return order


def _leave_capsule(request: pytest.FixtureRequest, twin: Twin) -> None:
    folder = Path(request.config.getoption("--twin-capsules"))
    answer = twin.control_raw("GET", "/capsule")
    if answer.is_error:
        request.node.add_report_section("teardown", "twin", f"no capsule: {answer.status_code} {answer.text}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.nodeid).strip("-")[-150:]
    path = folder / f"{name}.capsule"
    path.write_bytes(answer.content)
    print(f"\ntwin: the capsule of this failure is in {path}; run it again with: twin replay {path}")
