"""``/faults``: faults between the twin and its client, by rule."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException

from api.calls.faults import LONGEST_DELAY_MS, Delay, Effect, Rule
from api.control.bodies import Strict
from api.control.calls import AtDesk, Removed
from api.routes.base import StrictRoute
from api.security import BEARER

MOST_RULES = 1000

router = APIRouter(tags=["faults"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

Ms = Annotated[float, Field(ge=0, le=LONGEST_DELAY_MS, allow_inf_nan=False)]


class DelayIn(Strict):
    """Wall milliseconds: constant `ms`; uniform from `ms` to `to_ms`; exponential of mean `ms`; lognormal
    of median `ms` and `sigma`. Cut at 60,000."""

    distribution: Literal["constant", "uniform", "exponential", "lognormal"] = "constant"
    ms: Ms
    to_ms: Ms | None = None
    sigma: Annotated[float, Field(gt=0, le=5)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.distribution == "uniform") != (self.to_ms is not None):
            raise PydanticCustomError("delay", "to_ms goes with uniform, and uniform needs it")
        if (self.distribution == "lognormal") != (self.sigma is not None):
            raise PydanticCustomError("delay", "sigma goes with lognormal, and lognormal needs it")
        if self.to_ms is not None and self.to_ms < self.ms:
            raise PydanticCustomError("delay", "to_ms must not be less than ms")
        if self.distribution == "exponential" and self.ms == 0:
            raise PydanticCustomError("delay", "the mean of an exponential delay must be more than 0")
        return self

    def delay(self) -> Delay:
        """As the journal knows it."""
        return Delay(self.distribution, self.ms, self.to_ms or self.sigma or 0.0)


class FaultIn(Strict):
    """A rule. What happens: `status` (with `body`, `headers`), `delay`, `reset`, `truncate`. When: calls of
    `operation`, with `probability`, every `nth`, the `next` so many times; all that are given must hold."""

    operation: str = Field("*", description='An operation id, or "*" for any call below /api/')
    status: int | None = Field(None, ge=400, le=599)
    body: Any = Field(None, description="With status: text, or a JSON value")
    headers: dict[str, str] = Field({}, description="With status")
    delay: DelayIn | None = None
    reset: bool = Field(False, description="The connection is dropped instead of an answer")
    truncate: int | None = Field(
        None, ge=0, description="The connection is dropped after so many bytes of the body"
    )
    executed: bool = Field(
        False, description="With status or reset: the twin does what was asked for all the same"
    )
    probability: float = Field(1.0, gt=0, le=1)
    nth: int | None = Field(None, ge=1)
    next: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        instead = [self.status is not None, self.reset, self.truncate is not None]
        if sum(instead) > 1:
            raise PydanticCustomError("effect", "only one of status, reset and truncate")
        if not any(instead) and self.delay is None:
            raise PydanticCustomError("effect", "needs at least one of status, delay, reset and truncate")
        if (self.body is not None or self.headers) and self.status is None:
            raise PydanticCustomError("effect", "body and headers go with status")
        if self.executed and not (self.status is not None or self.reset):
            raise PydanticCustomError("effect", "executed goes with status or reset")
        return self

    @model_validator(mode="after")
    def _plain_headers(self) -> Self:
        for name, value in self.headers.items():
            if not name.isascii() or not name.replace("-", "").isalnum() or not value.isprintable():
                raise PydanticCustomError("headers", "{name} is no header", {"name": name})
            if not value.isascii() or name.lower() in ("content-length", "transfer-encoding"):
                raise PydanticCustomError("headers", "{name} cannot be set", {"name": name})
        return self

    def effect(self) -> Effect:
        """As the journal knows it."""
        return Effect(
            self.status,
            self.body,
            self.headers,
            self.delay.delay() if self.delay else None,
            self.reset,
            self.truncate,
            self.executed,
        )


class FaultAnswer(BaseModel):
    """A rule, and how often it came into question and struck."""

    id: str
    operation: str
    probability: float
    nth: int | None
    next: int | None
    effect: dict[str, Any]
    seen: int
    struck: int
    spent: bool


class FaultsAnswer(BaseModel):
    """All rules, in the order in which they are asked."""

    faults: list[FaultAnswer]


@router.get("/faults")
async def read_faults(desk: AtDesk) -> FaultsAnswer:
    """The rules in force."""
    return FaultsAnswer(faults=[_told(rule) for rule in desk.faults.rules])


@router.post("/faults", status_code=201)
async def add_fault(order: FaultIn, desk: AtDesk) -> FaultAnswer:
    """A new rule. It is asked after the older ones; the first that strikes is the one that does."""
    if order.operation != "*" and order.operation not in desk.catalogue.by_id:
        known = ", ".join(sorted(desk.catalogue.by_id))
        raise HTTPException(422, f"There is no operation {order.operation!r}; there are {known}")
    if len(desk.faults.rules) >= MOST_RULES:
        raise HTTPException(409, f"There are {MOST_RULES} rules already")
    when = {"probability": order.probability, "nth": order.nth, "next": order.next}
    return _told(desk.faults.add(order.operation, order.effect(), **when))


@router.delete("/faults/{fault_id}")
async def remove_fault(fault_id: str, desk: AtDesk) -> Removed:
    """Take a rule back."""
    if not desk.faults.remove(fault_id):
        raise HTTPException(404, f"There is no fault {fault_id}")
    return Removed(removed=1)


@router.delete("/faults")
async def remove_faults(desk: AtDesk) -> Removed:
    """Take all rules back; their random stream begins again."""
    count = len(desk.faults.rules)
    desk.faults.clear()
    return Removed(removed=count)


def _told(rule: Rule) -> FaultAnswer:
    effect = rule.effect
    delay = effect.delay
    told: dict[str, Any] = {
        "status": effect.status,
        "body": effect.body,
        "headers": dict(effect.headers),
        "delay": None if delay is None else {"distribution": delay.distribution, "a": delay.a, "b": delay.b},
        "reset": effect.reset,
        "truncate": effect.truncate,
        "executed": effect.executed,
    }
    return FaultAnswer(
        id=rule.id,
        operation=rule.operation,
        probability=rule.probability,
        nth=rule.nth,
        next=rule.next,
        effect={name: value for name, value in told.items() if value not in (None, {}, False)},
        seen=rule.seen,
        struck=rule.struck,
        spent=rule.spent,
    )
