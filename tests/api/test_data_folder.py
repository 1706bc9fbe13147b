"""Where a served twin keeps its files."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from server_process import STOP_S, served

from api.folders import Folder
from api.surprise import Unavailable


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


def test_threads_that_ask_for_a_temporary_folder_at_once_get_the_same_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a first picture and a first report that come together would be in two, and one of them lost."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with ThreadPoolExecutor(8) as threads:
        for _ in range(50):
            folder, together = Folder(None), Barrier(8)

            def ask(folder: Folder = folder, together: Barrier = together) -> Path:
                together.wait()
                return folder.within("pictures")

            places = {done.result() for done in [threads.submit(ask) for _ in range(8)]}
            assert len(places) == 1
            folder.close()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_closed_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever still writes when a world is deleted would leave a folder behind that nobody removes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for folder in (Folder(None), Folder(tmp_path / "given")):
        folder.close()
        with pytest.raises(Unavailable, match="the world has ended"):
            folder.within("reports")
    assert not list(tmp_path.iterdir())
