"""What a served twin is told once, at its start."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the web application.

    ``body_limit`` is the size in bytes of the largest request body that is taken.
    ``token_secret`` signs access and refresh tokens; without one they end with the process.
    """

    api_key: str = field(repr=False)
    body_limit: int = 1 << 20
    token_secret: str | None = field(default=None, repr=False)
