"""The timeline: what is done and seen at which simulated time, and whether it is as it should be."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text


class CheckFailed(Exception):
    """Something is not as it should be; says what was expected and what was seen."""


class Telling:
    """Prints a line per happening with its simulated time, in ms given by ``now_ms``."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._now_ms = now_ms
        self.checks = 0

    def chapter(self, title: str) -> None:
        """Begin a part."""
        self._console.print()
        self._console.print(Text(title, style="bold"))

    def say(self, line: str) -> None:
        """Something was done or seen."""
        self._line(" ", "", line)

    def check(self, line: str, seen: object, expected: object) -> None:
        """Something must be as expected. Raises CheckFailed."""
        if seen != expected:
            self._line("✗", "red", line)
            raise CheckFailed(f"{line}\n  expected  {expected!r}\n  seen      {seen!r}")
        self.checks += 1
        self._line("✓", "green", line)

    def _line(self, mark: str, style: str, line: str) -> None:
        time = Text(clock_text(self._now_ms()), style="dim")
        self._console.print(Text.assemble(time, "  ", (mark, style), " ", line))

    def end(self, line: str) -> None:
        """The last line."""
        self._console.print()
        self._console.print(Text(line, style="bold"))


def clock_text(ms: int) -> str:
    """Simulated time since the start, as hours:minutes:seconds.ms."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{rest:03}"
