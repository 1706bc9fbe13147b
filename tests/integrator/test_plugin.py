"""The pytest plugin as a stranger uses it: test files of their own, run by a pytest of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from twin.replaying import replay
from twin.testing.helpers import NotReached, Twin
from twin.testing.server import NoKey, TwinServer, running, start

STRANGERS = """
import pytest
from twin.testing import NotReached

pytestmark = pytest.mark.twin(site="tiny", seed=3)

@pytest.fixture
def order(twin):
    tea = twin.name("TEA")
    twin.ok("POST", "/sku", json={"id": tea})
    carriers = twin.ok("GET", "/inventory_view", params={"size": 1000})["items"]
    free = next(row["carrier_id"] for row in carriers if row["carrier_id"] and row["box_id"] is None)
    box = twin.ok("POST", f"/box/{free}", json={"section_code": "11000000"})["id"]
    twin.ok("POST", f"/load/{box}", json={"sku_id": tea, "item_count": 5, "item_count_max": 9})
    lines = [{"sku_id": tea, "quantity": 2}]
    return twin.ok("POST", "/requests", json={"type": "FULFILLMENT", "entities": lines})["id"]

def job_of(twin, order):
    query = {"request_id__eq": order, "type__eq": "FULFILLMENT"}
    return twin.ok("GET", "/jobs", params=query)["items"][0]["id"]

def test_picked(twin, order):
    job = twin.clock.until_job(job_of(twin, order), "WAITING_FOR_TRIGGER")
    twin.ok("POST", f"/trigger/{job['id']}")
    assert twin.clock.until_request(order, "SUCCEEDED")["status"] == "SUCCEEDED"
    twin.clock.advance(2)
    twin.clock.pause()

@pytest.mark.twin(seed=7)
def test_the_nearer_marker_counts(twin):
    if not twin.is_real:
        assert (twin.world["site"], twin.world["seed"]) == ("tiny", 7)

@pytest.mark.twin(needs_twin=True)
def test_that_cannot_be_done_on_a_site(twin, order):
    assert not twin.is_real

def test_everything_is_at_hand(twin, order):
    assert twin.client.headers["Authorization"] == f"Bearer {twin.api_key}"
    assert str(twin.client.base_url).rstrip("/") == twin.base_url
    before, now = twin.snapshot(), twin.clock.now_ms
    twin.operators.set(mode="simulated")
    twin.clock.until_request(order, "SUCCEEDED")
    assert twin.events.of_type("RequestStateChanged")
    before.restore()
    assert twin.clock.now_ms == now
    rule = twin.faults.add("get_bots", status=503, next=1)
    assert (rule["id"], twin.client.get("/api/v2/bots").status_code) == ("fault-1", 503)
    stall = twin.incidents.begin("stall", bot=1)
    twin.incidents.end(stall["id"])

def test_not_reached(twin, order):
    with pytest.raises(NotReached, match="limit"):
        twin.clock.until_request(order, "SUCCEEDED", limit_s=5)

def test_wrong(twin, order):
    job = twin.clock.until_job(job_of(twin, order), "WAITING_FOR_TRIGGER")
    assert twin.ok("POST", f"/trigger/{job['id']}")["status"] == "LOST"

@pytest.mark.twin(sede=3)
def test_typing_mistake(twin):
    pass
"""


def pytest_run(folder: Path, *options: str) -> str:
    """What a pytest in a folder says."""
    # Plugins of this project's own tests, which a stranger has not.
    others = [word for name in ("schemathesis", "hypothesispytest") for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", *others, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def site() -> Iterator[TwinServer]:
    """A warehouse that cannot be told from a real one: it runs by itself, and has no control."""
    server = start("demo", speed="200", control="off")
    yield server
    server.stop()


def test_a_stranger_s_tests_run_side_by_side_and_a_failing_one_leaves_its_capsule(tmp_path: Path) -> None:
    (tmp_path / "test_strangers.py").write_text(STRANGERS)
    said = pytest_run(tmp_path, "-n", "2", "-v")
    assert "1 failed, 5 passed, 1 error" in said, said
    assert "takes site, site_yaml, seed, speed, stock, operator, epoch, needs_twin by name" in said
    section = said.partition("- twin -")[2]
    assert re.search(r"site tiny, seed 3, at 2026-01-05T05:00:\S+ \(\d+ ms\)", section), said
    assert "200  POST /api/v2/trigger/job-1" in section
    capsule = Path(section.partition("twin replay ")[2].split("\n")[0])
    assert capsule.parent == tmp_path / ".pytest_cache" / "d" / "twin-capsules", (
        "nothing is left in the folder"
    )
    assert replay(capsule).same
    assert len(list(capsule.parent.iterdir())) == 1, "of the failing test alone"


def test_the_same_tests_run_against_a_site_and_skip_what_it_cannot_do(
    site: TwinServer, tmp_path: Path
) -> None:
    (tmp_path / "test_strangers.py").write_text(STRANGERS.partition("def test_not_reached")[0])
    options = ("--twin-url", site.url, "--twin-key", site.api_key, "-v", "-rs")
    said = pytest_run(tmp_path, *options)
    assert "2 passed, 2 skipped" in said, said
    assert f"this test needs a twin, and {site.url} is a real site" in said
    assert "this needs a twin: POST /snapshots is not there on a real site" in said


def test_an_address_without_a_key_is_told_what_is_missing(site: TwinServer) -> None:
    with pytest.raises(NoKey, match="--twin-key is needed"):
        running(site.url, None)


def test_a_running_twin_is_used_with_its_key_or_token_and_an_open_one_tells_the_key() -> None:
    server = start("tiny", control_token="t0ken")
    try:
        assert not running(server.url, server.api_key).is_twin, "without the token it is like a site"
        assert running(server.url, server.api_key, "t0ken").is_twin
        assert running(server.url, None, "t0ken").api_key == server.api_key
    finally:
        server.stop()


def failed_order(twin: Twin) -> str:
    """A request whose only job has failed at the balcony."""
    tea = twin.ok("POST", "/sku", json={"id": twin.name("TEA")})["id"]
    rows = twin.ok("GET", "/inventory_view", params={"size": 1000})["items"]
    free = next(row["carrier_id"] for row in rows if row["carrier_id"] and row["box_id"] is None)
    box = twin.ok("POST", f"/box/{free}", json={"section_code": "11000000"})["id"]
    twin.ok("POST", f"/load/{box}", json={"sku_id": tea, "item_count": 5, "item_count_max": 9})
    wanted = {"type": "FULFILLMENT", "entities": [{"sku_id": tea, "quantity": 2}]}
    order = str(twin.ok("POST", "/requests", json=wanted)["id"])
    query = {"request_id__eq": order, "type__eq": "FULFILLMENT"}
    job = twin.ok("GET", "/jobs", params=query)["items"][0]["id"]
    twin.clock.until_job(job, "WAITING_FOR_TRIGGER")
    twin.ok("POST", f"/trigger/{job}", json={"TriggerStatus": "FAILED_TRIGGER"})
    return order


def test_what_never_comes_is_told_at_once_on_a_site_as_on_a_twin(site: TwinServer) -> None:
    """On a site it was waited for to the end of the limit, and what is not there was a StopIteration."""
    own = start("tiny")
    try:
        for server in (site, own):
            twin = Twin(server, None)
            order = failed_order(twin)
            with pytest.raises(NotReached, match=r"SUCCEEDED.*out_of_reach.*FAILED"):
                twin.clock.until_request(order, "SUCCEEDED")
            with pytest.raises((NotReached, httpx.HTTPStatusError), match="NOBODY"):
                twin.clock.until_request("NOBODY", "SUCCEEDED")
            twin.close()
    finally:
        own.stop()


def test_no_time_passes_in_no_seconds_and_none_goes_back(site: TwinServer) -> None:
    own = start("tiny")
    try:
        twin, real = Twin(own, None), Twin(site, None)
        for seconds in (0, 0.0, 1e-4):
            assert twin.clock.advance(seconds) == {}
        assert twin.clock.now_ms == 0
        assert twin.clock.advance(0.001)["now_ms"] == 1
        for one in (twin, real):
            with pytest.raises(ValueError, match="time goes forward only, not by -1 s"):
                one.clock.advance(-1)
            one.close()
    finally:
        own.stop()
