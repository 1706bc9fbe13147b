"""Servers in processes of their own that die when they are told to."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

from api.hosting import keeping
from tests.api.preloaded import Process
from tests.api.server_process import Served, reached, serving

WRITING = tuple(
    f"/{name}.py"
    for name in ("records/store", "hosting/keeping", "hosting/inheriting", "folders", "snapshots")
)
"""Where files are written; of the event log only in these functions."""
OF_LOG = ("move_in", "settle", "flush")
COMMANDS_A_SAVE = 20


def _prepare(dies_at: int | None) -> None:
    # So that snapshots are taken again and again, however short a server lives.
    keeping.COMMANDS_A_SAVE = COMMANDS_A_SAVE  # type: ignore[misc]
    if dies_at is not None:
        sys.settrace(Dying(dies_at).trace)
        threading.settrace(sys.gettrace())


class Dying:
    """Kills its own process at the n-th line of the code that writes files, wherever that is."""

    def __init__(self, at: int) -> None:
        self._left = at

    def trace(self, frame: FrameType, _event: str, _argument: object) -> Any:
        """Of a call: whether its lines count."""
        code = frame.f_code
        of_log = code.co_filename.endswith("/records/logfile.py") and code.co_name in OF_LOG
        return self._line if of_log or code.co_filename.endswith(WRITING) else None

    def _line(self, _frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), 9)
        return self._line


def attempt(*options: str) -> tuple[int, str]:
    """Serve a twin that should not come to serve: its exit status, and what it says."""
    process = Process("serve", "--port", "0", "--json", *options)
    try:
        assert not process.stdout.readline(), "it serves"
        return process.wait(60), process.errors()
    finally:
        process.end()


@contextmanager
def forked(
    *options: str, key: str = "a-key", dies_at: int | None = None, lives_s: float | None = None
) -> Iterator[Served | None]:
    """Serve a twin until the end of the block; None where it has ended before it was ready.

    It kills itself at a line of the code that writes, or is killed after some wall seconds, where asked for.
    """
    process = Process(*serving(key, *options), prepare=partial(_prepare, dies_at))
    end = None if lives_s is None else threading.Timer(lives_s, process.kill)
    if end is not None:
        end.start()
    try:
        line = process.stdout.readline()
        if line:
            with reached(process, line, key) as twin:
                yield twin
        else:
            assert dies_at is not None or lives_s is not None, process.errors()
            yield None
    finally:
        if end is not None:
            end.cancel()
        process.end()
