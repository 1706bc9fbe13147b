"""The independent checker of event logs.

It reads a log as a third party would, knows nothing of the simulator that wrote it, and
proves or refutes the rules of ``docs/event-log.md``. Needs the standard library and orjson.
"""

from twin.checking.checker import Checker, check_file, check_lines
from twin.checking.command import verify_command
from twin.checking.reading import NotALogError
from twin.checking.report import RULES, Report, Violation

__all__ = [
    "RULES",
    "Checker",
    "NotALogError",
    "Report",
    "Violation",
    "check_file",
    "check_lines",
    "verify_command",
]
