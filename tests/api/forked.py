"""Real servers in processes of their own that start at once: forked from one that has everything loaded."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import mkstemp
from types import FrameType
from typing import Any

import httpx

from api.hosting import keeping
from tests.api.server_process import Served

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["api.server", "api.serve", "twin.cli", "tests.api.forked"])
WRITING = tuple(
    f"/{name}.py"
    for name in ("records/store", "hosting/keeping", "hosting/inheriting", "folders", "snapshots")
)
"""Where files are written; of the event log only in these functions."""
OF_LOG = ("move_in", "settle", "flush")
COMMANDS_A_SAVE = 20


class Process:
    """A server that may be killed, with the part of ``subprocess.Popen`` that tests use."""

    def __init__(self, arguments: tuple[str, ...], dies_at: int | None = None) -> None:
        self._read, write = _CONTEXT.Pipe(duplex=False)
        handle, self._errors = mkstemp(prefix="twin-errors-")
        os.close(handle)
        target = (arguments, write, self._errors, dies_at)
        self._process = _CONTEXT.Process(target=_serve, args=target, daemon=True)
        self._process.start()
        write.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        pid = self._process.pid
        assert pid is not None
        return pid

    def facts(self) -> dict[str, Any] | None:
        """What it says when it is ready; None where it ends before."""
        with os.fdopen(os.dup(self._read.fileno()), "rb") as out:
            line = out.readline()
        return json.loads(line) if line else None

    def errors(self) -> str:
        """What it has written to standard error."""
        return Path(self._errors).read_text()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit status, once it has ended."""
        self._process.join(timeout)
        return self._process.exitcode

    def end(self) -> None:
        """Kill it, and remove what it was given."""
        self.kill()
        self.wait()
        self._read.close()
        Path(self._errors).unlink()


def _serve(arguments: tuple[str, ...], out: Connection, errors: str, dies_at: int | None) -> None:
    os.dup2(out.fileno(), 1)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_APPEND), 2)
    # So that snapshots are taken again and again, however short a server lives.
    keeping.COMMANDS_A_SAVE = COMMANDS_A_SAVE  # type: ignore[misc]
    if dies_at is not None:
        sys.settrace(Dying(dies_at).trace)
        threading.settrace(sys.gettrace())
    from twin.cli import main

    sys.argv = ["twin", *arguments]
    main()


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


def attempt(*options: str) -> tuple[int | None, str]:
    """Serve a twin that should not come to serve: its exit status, and what it says."""
    process = Process(("serve", "--port", "0", "--json", *options), None)
    try:
        assert process.facts() is None, "it serves"
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
    process = Process(("serve", "--port", "0", "--json", "--api-key", key, *options), dies_at)
    end = None if lives_s is None else threading.Timer(lives_s, process.kill)
    if end is not None:
        end.start()
    try:
        facts = process.facts()
        if facts is None:
            assert dies_at is not None or lives_s is not None, process.errors()
            yield None
            return
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=facts["url"], headers=headers, timeout=60, trust_env=False) as client:
            yield Served(process, facts["url"], facts["control_url"], key, client)  # type: ignore[arg-type]
    finally:
        if end is not None:
            end.cancel()
        process.end()
