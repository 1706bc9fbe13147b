"""Ctrl-C ends a command once and cleanly, however often it is pressed."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 130
"""The exit status where somebody has stopped it, as after any Ctrl-C; 2 would be wrong input."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Whoever ends it, it ends in order."""
PATIENCE_S = 2.0
"""For so long after the first Ctrl-C further ones are taken for the same; people press it twice."""


class _Presses:
    """Raises KeyboardInterrupt, but not into the clean-up that the one before has begun.

    One may get lost, as Python swallows exceptions in some places: so it may be pressed again.
    """

    def __init__(self) -> None:
        self._last = -PATIENCE_S

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """A signal handler."""
        if not self.just_now:
            self._last = time.monotonic()
            raise KeyboardInterrupt

    @property
    def just_now(self) -> bool:
        """Whether it was pressed a moment ago."""
        return time.monotonic() - self._last < PATIENCE_S


@contextmanager
def stoppable(kept: bool) -> Iterator[None]:
    """Ctrl-C or SIGTERM within ends the program with status 130 and a line that says what is ``kept``.

    From then on both are ignored, as an interrupt while Python ends would change the status. What goes
    wrong a moment after Ctrl-C is a consequence of it, such as a lock that is left half-way.
    """
    presses = _Presses()
    usual = [(number, signal.signal(number, presses)) for number in SIGNALS]
    try:
        yield
    except BaseException as error:
        if not isinstance(error, KeyboardInterrupt) and not presses.just_now:
            raise
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        usual = []
        what = "what is finished is kept; run it again to go on" if kept else "nothing is kept without --out"
        print(f"twin: stopped; {what}", file=sys.stderr)
        raise SystemExit(STOPPED) from None
    finally:
        for number, handler in usual:
            signal.signal(number, handler)
