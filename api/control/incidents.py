"""``/incidents``: what goes wrong in the warehouse itself, now or at a simulated instant."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from api.control.at import AtBridge
from api.control.bodies import Instant, InstantIn, Strict
from api.routes.base import StrictRoute
from api.security import BEARER
from api.world import World
from twin.domain.commands import PlanFault, RepairFault
from twin.domain.errors import Invalid, NotFound
from twin.domain.faults import KIND_OF, SUBJECTS, Fault, PlannedFault

router = APIRouter(tags=["incidents"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

LONGEST_MS = 10**12
NAME_OF = {kind: name for name, kind in KIND_OF.items()}

Kind = Literal["stall", "tag", "cell", "balcony", "charger", "person", "emergency_stop"]
Ms = Annotated[int, Field(ge=1, le=LONGEST_MS)]


class IncidentIn(Strict):
    """What goes wrong, with what, when, and for how long.

    `stall` needs `bot`; `tag` needs `carrier`; `balcony` and `person` need `balcony`; `cell` and `charger`
    need `level`, `x` and `y`; `emergency_stop` needs nothing.
    """

    kind: Kind
    bot: int | None = None
    carrier: int | None = None
    balcony: int | None = None
    level: int | None = None
    x: int | None = None
    y: int | None = None
    repair_ms: Ms | None = Field(
        None, description="Simulated ms until it is over by itself; null: until it is deleted"
    )
    at_ms: Annotated[int, Field(ge=0)] | None = Field(None, description="Simulated ms; now if not given")
    at: InstantIn | None = Field(None, description="The same as an instant")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.at is not None and self.at_ms is not None:
            raise PydanticCustomError("time", "only one of at and at_ms")
        wanted = SUBJECTS[KIND_OF[self.kind]]
        given = [name for name, value in self.subject().items() if value is not None]
        if sorted(given) != sorted(wanted):
            needs = {"kind": self.kind, "wanted": ", ".join(wanted) or "no subject"}
            raise PydanticCustomError("subject", "{kind} needs {wanted}, and nothing else", needs)
        return self

    def subject(self) -> dict[str, int | None]:
        """What it is of."""
        return {name: getattr(self, name) for name in ("bot", "carrier", "balcony", "level", "x", "y")}


class IncidentAnswer(BaseModel):
    """An incident; what it is not of is null.

    ``at_ms`` is when it begins or began; ``from_ms`` of an active one when it takes effect (later only where
    bots that cannot stop any more pass a cell first); ``until_ms`` when it is over, null: when it is deleted.
    """

    id: int
    kind: str
    status: Literal["planned", "active"]
    bot: int | None
    carrier: int | None
    balcony: int | None
    level: int | None
    x: int | None
    y: int | None
    at_ms: int
    at: Instant
    from_ms: int | None
    until_ms: int | None


class IncidentsAnswer(BaseModel):
    """The active ones, oldest first, then the planned ones in the order of their times."""

    items: list[IncidentAnswer]
    total: int


@router.get("/incidents")
async def read_incidents(bridge: AtBridge) -> IncidentsAnswer:
    """What does not work now, by command or by chance, and what is planned."""
    await bridge.catch_up()
    state = bridge.engine.plant.state
    planned = sorted(state.planned_faults.values(), key=lambda one: (one.at_ms, one.id))
    told: list[Fault | PlannedFault] = [*state.faults.values(), *planned]
    items = [_told(bridge.world, one) for one in told]
    return IncidentsAnswer(items=items, total=len(items))


@router.post("/incidents", status_code=201)
async def begin_incident(order: IncidentIn, bridge: AtBridge) -> IncidentAnswer:
    """Let something go wrong, now or exactly at a simulated time.

    A planned incident is a part of the world: of its snapshots, forks, stores and capsules. One that
    cannot be any more when its time has come is told as the event `FaultMissed`.
    """
    await bridge.catch_up()
    world = bridge.world
    at_ms = order.at_ms if order.at is None else world.to_ms(order.at)
    if at_ms is not None and at_ms > world.last_ms:
        raise Invalid("at_ms", f"Simulated time ends at {world.last_ms} ms")
    number = await bridge.submit(PlanFault(KIND_OF[order.kind], at_ms, order.repair_ms, **order.subject()))
    state = bridge.engine.plant.state
    assert isinstance(number, int)
    return _told(world, state.planned_faults.get(number) or state.faults[number])


@router.delete("/incidents/{incident}", status_code=204)
async def end_incident(incident: int, bridge: AtBridge) -> None:
    """Repair what does not work, or take back what is planned."""
    try:
        await bridge.submit(RepairFault(incident))
    except NotFound:
        raise NotFound("Incident", incident) from None  # Faults are called so here.


def _told(world: World, one: Fault | PlannedFault) -> IncidentAnswer:
    planned = isinstance(one, PlannedFault)
    at_ms = one.at_ms if isinstance(one, PlannedFault) else one.since_ms
    begun = one.begun() if isinstance(one, PlannedFault) else one
    place: dict[str, Any] = {"x": None, "y": None}
    if one.level is not None and one.cell is not None:
        place["x"], place["y"] = world.engine.plant.decks[one.level].level.xy[one.cell]
    return IncidentAnswer(
        id=one.id,
        kind=NAME_OF[one.kind],
        status="planned" if planned else "active",
        bot=one.bot,
        carrier=one.carrier,
        balcony=one.balcony,
        level=one.level,
        **place,
        at_ms=at_ms,
        at=world.written(at_ms),
        from_ms=None if planned else begun.from_ms,
        until_ms=begun.until_ms,
    )
