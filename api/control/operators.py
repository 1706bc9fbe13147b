"""``/operators``: who gives the triggers at each balcony, how fast, and with which mistakes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.bridge import Bridge
from api.control.bodies import Strict
from api.routes.base import StrictRoute
from api.security import BEARER
from twin.domain.bots import Mistakes, Person
from twin.domain.commands import SetOperator, SetPerson
from twin.domain.errors import NotFound
from twin.domain.layout import DISTRIBUTIONS, PersonTimes
from twin.domain.people import check_person

router = APIRouter(tags=["operators"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

Percent = Annotated[int, Field(ge=0, le=100)]
Changed = TypeVar("Changed", PersonTimes, Mistakes)


class TimesIn(Strict):
    """Times of a simulated person; what is left out stays. All in ms but the variation."""

    handling_ms: int | None = Field(None, description="Once for each carrier")
    line_ms: int | None = Field(None, description="The mean time for a line")
    line_distribution: str | None = Field(None, description=f"One of {', '.join(DISTRIBUTIONS)}")
    line_cv_percent: int | None = Field(None, description="Of a lognormal time: its coefficient of variation")
    line_spread_ms: int | None = Field(None, description="Of a uniform or triangular time")


class MistakesIn(Strict):
    """In how many of a hundred jobs what goes wrong; what is left out stays."""

    wrong_quantity_percent: Percent | None = Field(
        None, description="A piece too many or too few; shows as a correction of the load"
    )
    failed_pick_percent: Percent | None = Field(None, description="The job fails")
    slow_percent: Percent | None = Field(None, description="The job takes slow_factor times as long")
    slow_factor: int | None = Field(None, ge=1, le=1000)


class OperatorsIn(Strict):
    """What to change, at one balcony or (without `balcony`) at all.

    `times` or `mistakes` null: as at the start.
    """

    balcony: int | None = None
    mode: Literal["api", "simulated", "both"] | None = None
    times: TimesIn | None = None
    mistakes: MistakesIn | None = None


class TimesOut(BaseModel):
    """Times of a simulated person."""

    handling_ms: int
    line_ms: int
    line_cv_percent: int
    line_distribution: str
    line_spread_ms: int


class MistakesOut(BaseModel):
    """In how many of a hundred jobs what goes wrong."""

    wrong_quantity_percent: int
    failed_pick_percent: int
    slow_percent: int
    slow_factor: int


class OperatorOut(BaseModel):
    """The person of a balcony. ``job`` is what a simulated one works on, until ``until_ms``."""

    balcony: int
    mode: str
    times: TimesOut
    mistakes: MistakesOut
    carriers_waiting: int
    job: str | None
    until_ms: int | None


class OperatorsOut(BaseModel):
    """All balconies."""

    operators: list[OperatorOut]


@router.get("/operators")
async def read_operators(request: Request) -> OperatorsOut:
    """Who works at the balconies, and how."""
    bridge: Bridge = request.state.hosted.bridge
    await bridge.catch_up()
    return _told(bridge)


@router.put("/operators")
async def set_operators(order: OperatorsIn, request: Request) -> OperatorsOut:
    """Change who gives the triggers, and how simulated people work, from the next job on."""
    bridge: Bridge = request.state.hosted.bridge
    await bridge.catch_up()
    plant = bridge.engine.plant
    if order.balcony is not None and order.balcony not in plant.state.persons:
        raise NotFound("Balcony", order.balcony)
    chosen = plant.state.persons if order.balcony is None else [order.balcony]
    if order.model_fields_set & {"times", "mistakes"}:
        changes = [_change(order, plant.state.persons[b], plant.site.person) for b in chosen]
        for change in changes:
            check_person(change)
        for change in changes:
            await bridge.submit(change)
    if order.mode is not None:
        await bridge.submit(SetOperator(order.mode, order.balcony))
    return _told(bridge)


def _change(order: OperatorsIn, person: Person, usual: PersonTimes) -> SetPerson:
    times, mistakes = person.times, person.mistakes
    if "times" in order.model_fields_set:
        times = None if order.times is None else _merged(times or usual, order.times)
    if "mistakes" in order.model_fields_set:
        mistakes = None if order.mistakes is None else _merged(mistakes or Mistakes(), order.mistakes)
    return SetPerson(person.balcony, times, mistakes)


def _merged(now: Changed, change: Strict) -> Changed:
    return replace(now, **change.model_dump(exclude_none=True))


def _told(bridge: Bridge) -> OperatorsOut:
    plant = bridge.engine.plant
    return OperatorsOut(operators=[_one(p, plant.site.person) for p in plant.state.persons.values()])


def _one(person: Person, usual: PersonTimes) -> OperatorOut:
    return OperatorOut(
        balcony=person.balcony,
        mode=person.mode,
        times=TimesOut.model_validate(person.times or usual, from_attributes=True),
        mistakes=MistakesOut.model_validate(person.mistakes or Mistakes(), from_attributes=True),
        carriers_waiting=len(person.waiting),
        job=person.job,
        until_ms=person.until_ms,
    )
