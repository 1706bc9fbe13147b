"""How many wrong guesses an account bears.

Five wrong passwords, each within a quarter of an hour of the one before, lock it for a
quarter of an hour from the last. What is tried while it is locked neither opens nor
prolongs it.
"""

from __future__ import annotations

from typing import Final

from api.accounts.records import Failures

MOST_FAILURES: Final = 5
LOCK_MS: Final = 15 * 60_000


def locked(failures: Failures, now_ms: int) -> bool:
    """Whether no password opens the account now."""
    return failures.count >= MOST_FAILURES and _recent(failures, now_ms)


def after_another(failures: Failures, now_ms: int) -> Failures:
    """The failures with one more."""
    return Failures(failures.count + 1 if _recent(failures, now_ms) else 1, now_ms)


def _recent(failures: Failures, now_ms: int) -> bool:
    return now_ms < failures.last_ms + LOCK_MS
