"""How the command ``twin run`` ends when a scenario deadlocks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from twin.simulation.engine import restore
from twin.simulation.watching import TOO_LONG_MS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("workers", "out"), [("2", ()), ("1", ("--out", "results"))])
def test_a_scenario_that_deadlocks_ends_with_status_3_the_circle_on_stderr_and_its_snapshot_in_a_file(
    workers: str, out: tuple[str, ...], tmp_path: Path
) -> None:
    words = ["run", "baseline", "--replications", "2", "--workers", workers, "--json", *out]
    done = subprocess.run(
        [sys.executable, "-m", "tests.studies.twin_that_deadlocks", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""
    kept = Path(*out[1:]) / "baseline.deadlock.json"
    said = "twin: deadlock on level 1: bot 1 waits for bot 2, bot 2 waits for bot 1"
    assert done.stderr.splitlines() == [f"{said}; the moment is kept in {kept}"]
    assert restore(json.loads((tmp_path / kept).read_text())).now == TOO_LONG_MS
