"""Which passwords are good enough."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator
from typing import Final

from twin.domain.errors import Invalid

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1024
"""A limit must be somewhere: each character of a password costs work."""
LIFE_MS: Final = 365 * 24 * 3_600_000

SPECIAL: Final = string.punctuation
SPECIAL_PATTERN: Final = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]\^_`{|}~]"""
"""`SPECIAL` as a regular expression, for Python and for JavaScript."""


def normal(password: str) -> str:
    """The one spelling of a password that looks the same however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, field: str) -> None:
    """Raises Invalid for ``field`` with everything that a password lacks."""
    lacks = list(_lacking(normal(password)))
    if lacks:
        raise Invalid(field, f"The password needs {', '.join(lacks)}")


def _lacking(password: str) -> Iterator[str]:
    if len(password) < MIN_LENGTH:
        yield f"at least {MIN_LENGTH} characters"
    if not any(char in string.digits for char in password):
        yield "a digit"
    if not any(char.islower() for char in password):
        yield "a lower-case letter"
    if not any(char.isupper() for char in password):
        yield "an upper-case letter"
    if not any(char in SPECIAL for char in password):
        yield f"one of {SPECIAL}"
