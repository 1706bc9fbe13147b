"""The pytest plugin: fixtures, marker, options. A failing test leaves its capsule behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from twin.testing.helpers import Twin
from twin.testing.server import NoKey, TwinServer, running, start

OPTIONS = ("site", "site_yaml", "seed", "speed", "stock", "operator", "epoch")
NEEDS_TWIN = "needs_twin"
CAPSULES = "twin-capsules"
LAST_CALLS = 8
"""How many of the latest calls the report of a failing test shows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--twin-url``, ``--twin-key``, ``--twin-token``, ``--twin-capsules``."""
    group = parser.getgroup("twin", "digital twin of a storage")
    group.addoption(
        "--twin-url",
        default=os.environ.get("TWIN_URL"),
        help="Use the twin or the real site at this address instead of starting a twin (TWIN_URL).",
    )
    group.addoption(
        "--twin-key",
        default=os.environ.get("TWIN_API_KEY"),
        help="The API key for --twin-url (TWIN_API_KEY); an open twin is asked for it.",
    )
    group.addoption(
        "--twin-token",
        default=os.environ.get("TWIN_CONTROL_TOKEN"),
        help="The control token of the twin at --twin-url (TWIN_CONTROL_TOKEN).",
    )
    group.addoption(
        "--twin-capsules",
        default=None,
        metavar="DIR",
        help="Folder for the capsules of tests that failed; in pytest's cache folder if not given.",
    )
    parser.addini("twin_capsules", "Folder for the capsules of tests that failed, below the root folder.")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "twin(site, seed, speed, stock, operator, epoch, site_yaml, needs_twin): what the world of a test "
        "begins with; needs_twin=True skips it on a real site",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let a test that fails leave its capsule behind, while its warehouse is still there."""
    report: pytest.TestReport = yield
    twin = getattr(item, "funcargs", {}).get("twin")
    if report.failed and report.when != "teardown" and isinstance(twin, Twin) and not twin.is_real:
        report.sections.append(("twin", _left_behind(item, twin)))
    return report


@pytest.fixture(scope="session")
def twin_server(request: pytest.FixtureRequest) -> Iterator[TwinServer]:
    """A twin on a free port for the session (one for each xdist worker), or the one of ``--twin-url``."""
    config = request.config
    url = config.getoption("--twin-url")
    if url is None:
        server = start("tiny")
    else:
        try:
            server = running(url, config.getoption("--twin-key"), config.getoption("--twin-token"))
        except (NoKey, httpx.TransportError, httpx.InvalidURL) as error:
            raise pytest.UsageError(f"--twin-url {url}: {error}") from None
    yield server
    server.stop()


@pytest.fixture
def twin(request: pytest.FixtureRequest, twin_server: TwinServer) -> Iterator[Twin]:
    """A fresh warehouse for one test, paused unless the marker says otherwise; the site itself, if real."""
    order = _order(request.node)
    if order.pop(NEEDS_TWIN, False) and not twin_server.is_twin:
        pytest.skip(
            f"this test needs a twin, and {twin_server.url} is a real site (or its control is not for us)"
        )
    world = twin_server.control("POST", "/worlds", json=order) if twin_server.is_twin else None
    twin = Twin(twin_server, world)
    yield twin
    twin.close()


def _order(node: pytest.Item) -> dict[str, Any]:
    order: dict[str, Any] = {"name": node.name[:100], "speed": 0}
    for marker in reversed(list(node.iter_markers("twin"))):
        if marker.args or set(marker.kwargs) - {*OPTIONS, NEEDS_TWIN}:
            takes = ", ".join((*OPTIONS, NEEDS_TWIN))
            raise pytest.UsageError(f"{node.nodeid}: the marker twin takes {takes} by name")
        order |= marker.kwargs
    return order


def _left_behind(item: pytest.Item, twin: Twin) -> str:
    """What the report of a failing test says of its warehouse; its capsule is written."""
    try:
        lines = [_told_of(twin), *_last_calls(twin), _capsule(item, twin)]
    except (httpx.HTTPError, OSError) as error:
        return f"no capsule was left: {error}"
    return "\n".join(lines)


def _told_of(twin: Twin) -> str:
    world = twin.world or {}
    return f"site {world.get('site')}, seed {world.get('seed')}, at {twin.clock.now} ({twin.clock.now_ms} ms)"


def _last_calls(twin: Twin) -> list[str]:
    first = twin.control("GET", "/calls", params={"limit": 1})
    if not first["calls"]:
        return []
    since = first["calls"][0]["id"] + first["found"] - LAST_CALLS - 1
    calls = twin.control("GET", "/calls", params={"since": since})["calls"]
    return [f"  {call['t_ms']} ms  {call['status']}  {call['method']} {call['path']}" for call in calls]


def _capsule(item: pytest.Item, twin: Twin) -> str:
    answer = twin.control_raw("GET", "/capsule")
    answer.raise_for_status()
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", item.nodeid).strip("-")[-150:]
    path = _folder(item.config) / f"{name}.capsule"
    path.write_bytes(answer.content)
    return f"capsule: {path}\nrun it again with: twin replay {path}"


def _folder(config: pytest.Config) -> Path:
    """Where capsules go: what was asked for, or pytest's own cache folder, which no repository keeps."""
    asked, ini = config.getoption("--twin-capsules"), config.getini("twin_capsules")
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if asked is not None:
        folder = Path(asked)
    elif ini:
        folder = config.rootpath / str(ini)
    elif cache is not None:
        return cache.mkdir(CAPSULES)
    else:
        folder = config.rootpath / CAPSULES
    folder.mkdir(parents=True, exist_ok=True)
    return folder
