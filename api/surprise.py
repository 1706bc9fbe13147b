"""What no client has caused: the twin is not there, or its simulation has failed."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from twin.domain.errors import Refusal


class Unavailable(Exception):
    """The twin cannot do it now: it is not ready, has failed, or is shutting down."""


class Loud:
    """Turns a surprise of the engine into a stop that everyone hears of; refusals pass.

    ``fail`` is told of the surprise before ``Unavailable`` is raised from it.
    """

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        self._fail = fail

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, (Refusal, Unavailable)):
            self._fail(error)
            raise Unavailable(f"{type(error).__name__}: {error}") from error
