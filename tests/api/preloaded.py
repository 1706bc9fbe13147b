"""The command ``twin`` in processes of its own that start at once: forked from one that has it loaded.

What they run is `twin.cli.main`, as ``python -m twin`` does; loading takes that some two seconds more.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import mkstemp

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["api.server", "api.serve", "twin.cli", "tests.api.forked"])


def _nothing() -> None:
    pass


class Process:
    """A command that runs, with the part of ``subprocess.Popen`` that tests use.

    It has the environment and the folder of now, and nothing on its standard input. ``prepare`` is
    called in it first.
    """

    def __init__(self, *arguments: str, prepare: Callable[[], None] = _nothing) -> None:
        read, write = _CONTEXT.Pipe(duplex=False)
        handle, self._errors = mkstemp(prefix="twin-errors-")
        os.close(handle)
        place = (dict(os.environ), os.getcwd())
        self._process = _CONTEXT.Process(target=_run, args=(arguments, place, write, self._errors, prepare))
        self._process.start()
        # Whoever forgets to end it must not make multiprocessing wait for it for ever.
        atexit.register(self._process.kill)
        write.close()
        self.stdout = os.fdopen(os.dup(read.fileno()), encoding="utf-8")
        read.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def returncode(self) -> int | None:
        """Its exit status, once it has ended."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        return self.returncode

    def errors(self) -> str:
        """What it has written to standard error."""
        return Path(self._errors).read_text(encoding="utf-8")

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("twin", timeout or 0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """The rest of its output, and all its errors, once it has ended. Raises subprocess.TimeoutExpired."""
        parts: list[str] = []
        reading = threading.Thread(target=lambda: parts.append(self.stdout.read()), daemon=True)
        reading.start()
        reading.join(timeout)
        self.wait(timeout)
        reading.join()
        self.stdout.close()
        return "".join(parts), self.errors()

    def end(self) -> None:
        """Kill it, and remove what it was given."""
        self.kill()
        self._process.join()
        self.stdout.close()
        Path(self._errors).unlink(missing_ok=True)


def _run(
    arguments: tuple[str, ...],
    place: tuple[dict[str, str], str],
    out: Connection,
    errors: str,
    prepare: Callable[[], None],
) -> None:
    environment, folder = place
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_APPEND), 2)
    out.close()  # or whoever reads would never come to the end
    prepare()
    from twin.cli import main

    sys.argv = ["twin", *arguments]
    main()
