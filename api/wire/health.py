"""The answer of the health check."""

from __future__ import annotations

from typing import Final

OK: Final = "OK"
