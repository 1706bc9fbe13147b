"""`twin verify`: the checker on the command line."""

from __future__ import annotations

import orjson

from twin.checking.checker import check_file
from twin.checking.reading import NotALogError

PROVED, REFUTED, UNREADABLE = 0, 1, 2
"""Exit statuses."""


def verify_command(path: str, complete: bool, as_json: bool) -> int:
    """Check a log and print the report; the exit status: 0 proved, 1 refuted, 2 no readable log."""
    try:
        report = check_file(path, complete)
    except (OSError, NotALogError) as error:
        _print_unreadable(path, error, as_json)
        return UNREADABLE
    print(report.as_json() if as_json else f"{path}\n{report.as_text()}")
    return PROVED if report.ok else REFUTED


def _print_unreadable(path: str, error: Exception, as_json: bool) -> None:
    if as_json:
        print(orjson.dumps({"ok": False, "error": str(error)}, option=orjson.OPT_INDENT_2).decode())
    else:
        print(f"{path} is not a readable event log: {error}")
