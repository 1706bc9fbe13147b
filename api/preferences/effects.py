"""What settings do: the few that act when they are changed. All others are read where they count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from api.preferences.catalogue import EVENTS_RETENTION, OPERATOR_MODE
from api.preferences.store import Preferences
from twin.domain.commands import Command, SetOperator
from twin.domain.plant import Plant
from twin.records.views import Views


class Running(Protocol):
    """What settings need of an engine."""

    @property
    def plant(self) -> Plant:
        """The plant as it is now."""

    @property
    def now(self) -> int:
        """Simulated time in ms."""


class World(Protocol):
    """What settings need of the world."""

    @property
    def engine(self) -> Running:
        """The engine."""

    @property
    def views(self) -> Views:
        """Its projections."""


class OnBridge(Protocol):
    """What settings need of the bridge to the engine."""

    @property
    def world(self) -> World:
        """The world that is served."""

    async def catch_up(self) -> None:
        """Let everything happen that is due by now."""

    async def submit(self, command: Command) -> object:
        """Apply a command now. Raises a Refusal with nothing changed."""


def kept_by_plant(key: str) -> bool:
    """Whether the value is part of the plant's state, which alone knows it then."""
    return key == OPERATOR_MODE


def read_from_plant(plant: Plant) -> dict[str, Any]:
    """The values that the plant keeps. The mode is None while balconies differ in theirs."""
    modes = {person.mode for person in plant.state.persons.values()}
    return {OPERATOR_MODE: modes.pop() if len(modes) == 1 else None}


async def change_plant(wanted: Mapping[str, Any], bridge: OnBridge) -> list[str]:
    """Let the plant have those of the wanted values that it keeps; the keys that were changed."""
    mode = wanted.get(OPERATOR_MODE)
    if mode is None or mode == read_from_plant(bridge.world.engine.plant)[OPERATOR_MODE]:
        return []
    await bridge.submit(SetOperator(mode))
    return [OPERATOR_MODE]


def keep_events(preferences: Preferences, bridge: OnBridge) -> None:
    """Let the list of events be as long as its setting says."""
    bridge.world.views.keep_happenings(preferences.system(EVENTS_RETENTION))
