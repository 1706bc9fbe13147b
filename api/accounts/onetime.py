"""One-time codes, for people who have no password or have forgotten it.

A code bears five wrong guesses and is void then; for a quarter of an hour no new one is
made. A new code takes over the wrong guesses of the one it replaces, so that asking for
codes buys no guesses.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from api.accounts.records import OneTimeCode

DIGITS: Final = 8
MOST_GUESSES: Final = 5
LIFE_MS: Final = 15 * 60_000
FIRST_LIFE_MS: Final = 24 * 3_600_000
"""Of the code of a new account, which somebody must pass on to its user."""
VOID_MS: Final = 15 * 60_000


def new_code(now_ms: int, life_ms: int) -> OneTimeCode:
    """A code that nobody can know."""
    return OneTimeCode(f"{secrets.randbelow(10**DIGITS):0{DIGITS}}", now_ms + life_ms)


def next_code(old: OneTimeCode | None, now_ms: int) -> OneTimeCode:
    """What takes the place of ``old`` where a code is asked for."""
    new = new_code(now_ms, LIFE_MS)
    if old is None or now_ms >= old.expires_ms:
        return new
    if old.code is None:
        return old
    return OneTimeCode(new.code, max(new.expires_ms, old.expires_ms), old.wrong)


def live(code: OneTimeCode | None, now_ms: int) -> bool:
    """Whether a code can still be used."""
    return code is not None and code.code is not None and now_ms < code.expires_ms


def fits(code: OneTimeCode | None, guess: str, now_ms: int) -> bool:
    """Whether a guess is right; takes the same time for every wrong one."""
    known = code.code if code is not None and live(code, now_ms) else None
    same = hmac.compare_digest((known or "").encode(), guess.encode())
    return same and known is not None


def after_wrong_guess(code: OneTimeCode | None, now_ms: int) -> OneTimeCode | None:
    """The code as it is after a guess that did not fit."""
    if code is None or not live(code, now_ms):
        return code
    wrong = code.wrong + 1
    if wrong < MOST_GUESSES:
        return OneTimeCode(code.code, code.expires_ms, wrong)
    return OneTimeCode(None, now_ms + VOID_MS, wrong)
