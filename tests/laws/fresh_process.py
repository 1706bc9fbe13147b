"""Another interpreter that runs worlds: started as a script, it answers one JSON line for each it reads.

A task has a ``world`` to begin with or a ``snapshot`` to go on from, a ``script`` of
commands, and ``until_ms``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from worlds import Lines, Script, World, digest, read, replay, written

from twin.domain import commands as ask
from twin.simulation.engine import restore


class Interpreter:
    """A Python process of its own, with its own hash seed."""

    def __init__(self, hash_seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: IO[bytes] = self._process.stdin
        self._out: IO[bytes] = self._process.stdout

    def hand_over(self, task: dict[str, Any]) -> None:
        """Give it a task; it begins at once."""
        self._in.write(json.dumps(task).encode() + b"\n")
        self._in.flush()

    def answer(self) -> dict[str, Any]:
        """What became of the task given before."""
        line = self._out.readline()
        assert line, "the other process ended without an answer; its errors are on stderr"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, task: dict[str, Any]) -> dict[str, Any]:
        """Give it a task and wait for the answer."""
        self.hand_over(task)
        return self.answer()

    def close(self) -> None:
        """End it."""
        self._in.close()
        self._process.wait(timeout=60)
        self._out.close()


@contextmanager
def interpreter(hash_seed: int) -> Iterator[Interpreter]:
    """A Python process of its own that ends with the block."""
    process = Interpreter(hash_seed)
    try:
        yield process
    finally:
        process.close()


def from_the_start(world: World, script: Sequence[tuple[int, ask.Command]], until_ms: int) -> dict[str, Any]:
    """The task to run a world."""
    plain = {name: getattr(world, name) for name in world.__dataclass_fields__}
    return {"world": plain, "script": written(script), "until_ms": until_ms}


def from_here(
    snapshot: dict[str, Any], script: Sequence[tuple[int, ask.Command]], until_ms: int
) -> dict[str, Any]:
    """The task to go on from a snapshot."""
    return {"snapshot": snapshot, "script": written(script), "until_ms": until_ms}


def perform(task: dict[str, Any]) -> dict[str, Any]:
    """Do a task: the log from where it begins, and the digests of the first and the last snapshot."""
    log = Lines()
    if "world" in task:
        engine = World(**task["world"]).build([log.write])
    else:
        engine = restore(task["snapshot"])
        engine.subscribe(log.write)
    first = digest(engine.snapshot())
    script: Script = read(task["script"])
    replay(engine, script, task["until_ms"])
    return {
        "hash_seed": os.environ.get("PYTHONHASHSEED"),
        "log": log.text,
        "sha256": log.sha256,
        "first": first,
        "last": digest(engine.snapshot()),
    }


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(perform(json.loads(line))) + "\n")
        sys.stdout.flush()
