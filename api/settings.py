"""What a served twin is told once, at its start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the web application.

    ``body_limit`` is the size in bytes of the largest request body that is taken.
    """

    api_key: str
    body_limit: int = 1 << 20
