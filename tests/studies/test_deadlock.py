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


@pytest.mark.parametrize(
    ("workers", "out", "name"),
    [
        ("2", (), "baseline"),
        ("1", ("--out", "results"), "baseline"),
        ("1", ("--out", "results"), "../late shift/peak: 2"),
    ],
)
def test_a_scenario_that_deadlocks_ends_with_status_3_the_circle_on_stderr_and_its_snapshot_in_a_file(
    workers: str, out: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    """A name that would lead to another folder is the name of a file none the less."""
    words = [
        "run",
        "baseline",
        "--replications",
        "2",
        "--workers",
        workers,
        "--json",
        *out,
        "--set",
        f"name='{name}'",
    ]
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
    file = {"baseline": "baseline"}.get(name, "late-shift-peak-2")
    kept = Path(*out[1:]) / f"{file}.deadlock.json"
    said = "twin: deadlock on level 1: bot 1 waits for bot 2, bot 2 waits for bot 1"
    assert done.stderr.splitlines() == [f"{said}; the moment is kept in {kept}"]
    assert restore(json.loads((tmp_path / kept).read_text())).now == TOO_LONG_MS
