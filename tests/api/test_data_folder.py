"""Where a served twin keeps its files."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from server_process import STOP_S, served


def test_files_stay_in_the_folder_that_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    with served("--site", "tiny", "--speed", "0", "--data", str(folder)) as twin:
        path = Path(twin.ok("GET", "/api/v2/report")["report_path"])
        twin.process.send_signal(signal.SIGTERM)
        twin.process.wait(STOP_S)
    assert path.parent == folder / "reports"
    assert path.exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_without_one_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with served("--site", "tiny", "--speed", "0") as twin:
        assert not list(tmp_path.iterdir()), "nothing is made before it is needed"
        path = Path(twin.ok("GET", "/api/v2/report")["report_path"])
        assert tmp_path in path.parents
        twin.process.send_signal(how)
        twin.process.wait(STOP_S)
    assert not list(tmp_path.iterdir())
