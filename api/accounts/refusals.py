"""Refusals about who asks."""

from __future__ import annotations

from twin.domain.errors import Refusal


class Unauthorized(Refusal):
    """It is not known who asks: no credential, or one that does not hold."""


class Forbidden(Refusal):
    """It is known who asks, and they may not."""
