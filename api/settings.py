"""What a served twin is told once, at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from api.control.access import Access


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the web application.

    ``body_limit`` is the size in bytes of the largest request body that is taken where
    no files are expected. ``data`` is the folder for what is kept; None: a temporary one.
    ``token_secret`` signs access and refresh tokens; without one they end with the
    process. ``access`` says who may use ``/_twin``.
    """

    api_key: str = field(repr=False)
    body_limit: int = 1 << 20
    token_secret: str | None = field(default=None, repr=False)
    data: Path | None = None
    access: Access = field(default_factory=Access)
