"""Ctrl-C in a notebook: never within an event, which would be lost with all that follows from it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def between_events() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C wait until ``check``, which is given, is called, or until the end of the block.

    Only the main thread gets interrupts; in another one, and where they are ignored, nothing is done.
    """
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield lambda: None
        return
    asked: list[tuple[int, FrameType | None]] = []

    def check() -> None:
        if asked:
            usual(*asked.pop())

    signal.signal(signal.SIGINT, lambda number, frame: asked.append((number, frame)))
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, usual)
    check()
