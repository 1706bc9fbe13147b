"""The storage status: a change of it is an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.domain import events as past

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


class Status:
    """Notes a change of the storage status that happens within."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._before = engine.plant.state.mode.status

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        after = self._engine.plant.state.mode.status
        if after != self._before:
            self._engine.plant.happened.append(past.StorageStatusChanged(self._before, after))
