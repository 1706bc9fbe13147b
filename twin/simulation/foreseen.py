"""Faults that are planned for an instant: kept as data, begun by an alarm.

A plan names what could be struck when it is made. What has changed by its time (the bot is gone,
or cannot move already) is no mistake of whoever planned it: it is told as an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain.errors import Invalid, Refusal
from twin.domain.faults import KINDS, SUBJECTS, Fault
from twin.simulation import failing

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

FIELDS = ("bot", "carrier", "balcony", "level", "x", "y")
"""What a fault can be of."""


def plan(engine: Engine, command: ask.PlanFault) -> int:
    """Let a fault begin at its time; its id. Raises a Refusal with nothing changed."""
    at_ms = engine.now if command.at_ms is None else command.at_ms
    if at_ms < engine.now:
        raise Invalid("at_ms", f"{at_ms} is past: now is {engine.now}")
    fault = _fault(engine, command, at_ms)
    engine.plant.damage.check_sense(fault)
    if at_ms == engine.now:
        return failing.take_effect(engine, fault)
    planned = engine.plant.damage.plan(fault, command.repair_ms)
    engine.agenda.set((failing.PLANNED, planned.id), planned.at_ms)
    return planned.id


def _fault(engine: Engine, command: ask.PlanFault, at_ms: int) -> Fault:
    if command.kind not in KINDS:
        raise Invalid("kind", f"{command.kind!r} is none of {', '.join(KINDS)}")
    wanted = SUBJECTS[command.kind]
    given = {name: value for name in FIELDS if (value := getattr(command, name)) is not None}
    odd = next((name for name in FIELDS if (name in given) != (name in wanted)), None)
    if odd is not None:
        raise Invalid(odd, f"{command.kind} needs {' and '.join(wanted) or 'no subject'}, and nothing else")
    if "x" in wanted:
        given["cell"] = engine.plant.damage.cell(given["level"], given.pop("x"), given.pop("y"))
    until = None if command.repair_ms is None else at_ms + command.repair_ms
    return Fault(0, command.kind, at_ms, at_ms, until, **given)


def come(engine: Engine, fault_id: int) -> None:
    """The time of a planned fault has come."""
    planned = engine.plant.state.planned_faults.pop(fault_id)
    try:
        failing.take_effect(engine, planned.begun())
    except Refusal as refusal:
        engine.plant.happened.append(past.FaultMissed(fault_id, str(refusal)))
