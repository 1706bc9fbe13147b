"""Shifts: when the people of balconies are not there, known in advance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.domain.faults import PERSON_AWAY
from twin.simulation import failing

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

ALARM = "shift"
"""The kind of the alarms at which a person leaves; numbered as the absences."""


@dataclass(frozen=True, slots=True)
class Absence:
    """The person of a balcony leaves at ``from_ms``, after the job in hand, and is back at ``to_ms``."""

    balcony: int
    from_ms: int
    to_ms: int


def start(engine: Engine) -> None:
    """Wait for the first absences."""
    for number, absence in enumerate(engine.memory.absences):
        engine.agenda.set((ALARM, number), absence.from_ms)


def leave(engine: Engine, number: int) -> None:
    """A person's shift ends. Who is away by chance does not come back for that before the next one."""
    absence = engine.memory.absences[number]
    away = engine.plant.damage.lasting(PERSON_AWAY, absence.balcony)
    if away is not None:
        failing.end(engine, away.id)
    failing.begin(engine, PERSON_AWAY, absence.to_ms - absence.from_ms, balcony=absence.balcony)
