"""What the container rests on, without an engine: its health check, and what its files name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from api.healthcheck import main
from tests.api.forked import forked
from tests.api.server_process import Served

ROOT = Path(__file__).parents[2]


def port_of(twin: Served) -> str:
    return twin.url.rpartition(":")[2]


def test_the_health_check_tells_ready_from_not_ready_and_from_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with forked("--site", "tiny", "--speed", "0", "--control-port", "0") as twin:
        assert twin is not None
        monkeypatch.setenv("TWIN_PORT", port_of(twin))
        assert main() == 1, "ready is on the other port"
        monkeypatch.setenv("TWIN_CONTROL_PORT", twin.control_url.removesuffix("/_twin").rpartition(":")[2])
        assert main() == 0
        assert twin.client.request("POST", "/api/v2/restart_brain").status_code == 200
        capsys.readouterr()
        assert main() == 1
        assert "starting up" in capsys.readouterr().err
    assert main() == 1


def test_the_container_runs_without_root_from_the_lock_and_keeps_its_state_where_it_may_write() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    users = [rest for step, rest in steps if step == "USER"]
    assert users == ["10001:10001"]
    installs = [shlex.split(rest) for step, rest in steps if step == "RUN" and "pip install" in rest]
    assert ["--require-hashes" in words or "--no-deps" in words for words in installs] == [True, True]
    copies = [rest.split()[:-1] for step, rest in steps if step == "COPY" and "--from" not in rest]
    assert all((ROOT / name).exists() for names in copies for name in names)
    [check] = [rest for step, rest in steps if step == "HEALTHCHECK"]
    assert '"python", "-m", "api.healthcheck"' in check


def test_the_compose_file_names_variables_and_places_that_the_image_knows() -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["twin"]
    known = set(re.findall(r'envvar="(TWIN_\w+)"', (ROOT / "api" / "serve.py").read_text()))
    assert set(service["environment"]) <= known
    assert set(re.findall(r"TWIN_\w+", (ROOT / "Dockerfile").read_text())) <= known
    assert [volume.split(":")[1] for volume in service["volumes"]] == ["/state", "/init"]
    assert service["read_only"] is True
