"""Refusals about who asks."""

from __future__ import annotations

from twin.domain.errors import Refusal


class Unauthorized(Refusal):
    """It is not known who asks: no credential, or one that does not hold."""


class Busy(Refusal):
    """So much of the same is waiting already that no more is taken now.

    ``retry_s``: after how many wall seconds it may be tried again.
    """

    def __init__(self, message: str, retry_s: int) -> None:
        super().__init__(message)
        self.retry_s = retry_s


class Forbidden(Refusal):
    """It is known who asks, and they may not."""
