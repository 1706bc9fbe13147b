"""A served twin as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer

STOP_S = 3


class NoTwin(Exception):
    """The twin did not start; says what it said."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where a twin is served and with which key."""

    url: str
    api_key: str


@contextmanager
def served_twin(site: str, within_s: float) -> Iterator[Served]:
    """A twin of ``site``, paused, on a free port; ended with the block, or after ``within_s`` wall seconds.

    Raises NoTwin where it does not start.
    """
    arguments = ["serve", "--site", site, "--port", "0", "--speed", "0", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "twin", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    too_long = Timer(within_s, process.kill)
    too_long.start()
    try:
        yield _ready(process)
    finally:
        too_long.cancel()
        _end(process)


def _ready(process: subprocess.Popen[str]) -> Served:
    """Wait for the line that says it is ready."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    if not line:
        raise NoTwin(f"the twin did not start:\n{process.stderr.read().strip()}")
    facts = json.loads(line)
    return Served(facts["url"], facts["api_key"])


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
