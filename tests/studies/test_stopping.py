"""Ctrl-C pressed twice, as people do: one clean end, status 130, and what is finished is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small import TEXT

KEPT = "twin: stopped; what is finished is kept; run it again to go on\n"
LONG = {
    "run": ("--replications", "5000"),
    "sweep": ("--replications", "5000", "--set", "vary={fleet.bots_per_level: [1, 2]}"),
    "size": ("--vary", "demand.orders.lines_per_hour=1..9999", "--target", "lines_per_hour>=45"),
}


def pressed_twice(command: list[str], folder: Path, ready: Path, apart_s: float) -> tuple[int, str]:
    """How a command ends, and all that is said on the way, if Ctrl-C comes twice once ``ready`` is there."""
    with subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while not ready.is_dir() or not list(ready.glob("*.json")):
            assert process.poll() is None
            time.sleep(0.02)
        for _ in range(2):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            time.sleep(apart_s)
        assert process.stderr is not None
        said = process.stderr.read()  # Until every process that could write to it has ended.
    return process.returncode, said


@pytest.mark.parametrize(
    ("what", "workers", "apart_s"),
    [
        ("run", "1", 0.03),
        ("run", "2", 0.0),
        ("run", "2", 0.03),
        ("sweep", "2", 0.0),
        ("size", "1", 0.0),
        ("size", "2", 0.03),
    ],
)
def test_two_interrupts_end_a_command_as_one_does(what, workers, apart_s, tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT)
    runs = tmp_path / "r" / "runs"
    options = (*LONG[what], "--workers", workers, "--out", "r")
    command = [sys.executable, "-m", "twin", what, "small.yaml", *options]
    assert pressed_twice(command, tmp_path, runs, apart_s) == (130, KEPT)
    assert [json.loads(path.read_text())["kpis"] for path in runs.glob("*.json")]


SCRIPT = """
import sys, time
from pathlib import Path
from twin.studies.stopping import stoppable

class Deaf:
    def __del__(self):
        Path("ready.json").touch()
        time.sleep(60)

with stoppable(kept=False):
    if sys.argv[1] == "deaf":
        Deaf()  # Python swallows what is raised in here.
    try:
        Path("ready.json").touch()
        time.sleep(60)
    finally:
        if sys.argv[1] == "broken":
            raise RuntimeError("release unlocked lock")
"""


@pytest.mark.parametrize("how", ["clean", "broken"])
def test_what_goes_wrong_on_the_way_out_is_no_other_end(how, tmp_path):
    command = [sys.executable, "-c", SCRIPT, how]
    said = "twin: stopped; nothing is kept without --out\n"
    assert pressed_twice(command, tmp_path, tmp_path, 0.0) == (130, said)


def test_an_interrupt_that_python_swallows_can_be_given_again(tmp_path):
    command = [sys.executable, "-c", SCRIPT, "deaf"]
    code, said = pressed_twice(command, tmp_path, tmp_path, 2.2)
    assert code == 130
    assert said.endswith("twin: stopped; nothing is kept without --out\n")
