"""What the control endpoints take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    model_validator,
)
from pydantic import WithJsonSchema as Shown
from pydantic_core import PydanticCustomError

from api.control.durations import parse_duration, parse_instant
from twin.domain.errors import Invalid
from twin.domain.work import JOB_STATES, REQUEST_STATES
from twin.simulation.pacing import FASTEST, MAX, Speed, parse_speed

MOST_EVENTS = 10_000_000
"""Events in one advance."""


def _speed(value: object) -> Speed:
    try:
        return parse_speed(value)
    except Invalid as refusal:
        raise PydanticCustomError("speed", "{reason}", {"reason": str(refusal)}) from None


def _text(value: object, parse: Any, example: str) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("text", 'must be a string like "{example}"', {"example": example})
    try:
        return parse(value)
    except ValueError as error:
        raise PydanticCustomError("text", "{reason}", {"reason": str(error)}) from None


SpeedIn = Annotated[
    Speed,
    PlainValidator(_speed),
    Shown(
        {
            "anyOf": [{"type": "number", "minimum": 0, "maximum": FASTEST}, {"const": MAX}],
            "description": "0: paused; 1: real time; N: N simulated seconds a second; max: flat out",
        }
    ),
]
DurationIn = Annotated[
    int,
    PlainValidator(lambda value: _text(value, parse_duration, "PT90S")),
    Shown({"type": "string", "format": "duration", "examples": ["PT90S", "P1DT2H30M"]}),
]
InstantIn = Annotated[
    datetime,
    PlainValidator(lambda value: _text(value, parse_instant, "2026-01-05T06:30:00Z")),
    Shown({"type": "string", "format": "date-time"}),
]


Instant = Annotated[str, Shown({"type": "string", "format": "date-time"})]


class Strict(BaseModel):
    """A body in which every field is known."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SpeedChange(Strict):
    """The speed from now on."""

    speed: SpeedIn


def _one_of(states: tuple[str, ...]) -> AfterValidator:
    def check(status: str) -> str:
        if status not in states:
            raise PydanticCustomError("status", "must be one of {states}", {"states": ", ".join(states)})
        return status

    return AfterValidator(check)


class JobUntil(Strict):
    """Until a job enters a status."""

    job: str
    status: Annotated[str, _one_of(JOB_STATES), Shown({"type": "string", "enum": list(JOB_STATES)})]


class RequestUntil(Strict):
    """Until a request enters a status."""

    request: str
    status: Annotated[str, _one_of(REQUEST_STATES), Shown({"type": "string", "enum": list(REQUEST_STATES)})]


WORDS = ("idle", "waiting")


def _kind(value: object) -> str | None:
    """Which of the forms of ``until`` a value has."""
    if isinstance(value, str):
        return "word" if value in WORDS else None
    if isinstance(value, (JobUntil, RequestUntil)):
        return "job" if isinstance(value, JobUntil) else "request"
    named = [key for key in ("job", "request") if isinstance(value, dict) and key in value]
    return named[0] if len(named) == 1 else None


Until = Annotated[
    Annotated[JobUntil, Tag("job")]
    | Annotated[RequestUntil, Tag("request")]
    | Annotated[Literal["idle", "waiting"], Tag("word")],
    Discriminator(
        _kind,
        custom_error_type="until",
        custom_error_message=(
            'must be {"job": id, "status": s}, {"request": id, "status": s}, '
            '"waiting" (some job waits for its trigger) or "idle" (all carriers in store, all bots parked)'
        ),
    ),
]


class AdvanceOrder(Strict):
    """How far to advance: exactly one of ``by``, ``to``, ``events`` and ``until``."""

    by: DurationIn | None = Field(None, description="For this long, in simulated time")
    to: InstantIn | None = Field(None, description="To this instant, which is not in the past")
    events: int | None = Field(None, ge=1, le=MOST_EVENTS, description="By this many simulation events")
    until: Until | None = Field(None, description="Until this is so")
    limit: DurationIn | None = Field(
        None, description="With until: the longest to advance, in simulated time. PT24H where not given"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        ways = {"by": self.by, "to": self.to, "events": self.events, "until": self.until}
        given = [name for name, value in ways.items() if value is not None]
        if len(given) != 1:
            seen = " and ".join(given) or "none of them"
            raise PydanticCustomError(
                "one_way", "must have exactly one of by, to, events and until, not {seen}", {"seen": seen}
            )
        if self.limit is not None and self.until is None:
            raise PydanticCustomError("limit", "limit goes with until only")
        return self


class ClockAnswer(BaseModel):
    """The clock. ``lag_ms`` is how far the twin is behind its pace."""

    speed: int | float | Literal["max"]
    now_ms: int
    now: Instant
    lag_ms: int
    next_event_ms: int | None
    next_event: Instant | None
    advancing: bool


class AdvanceAnswer(ClockAnswer):
    """The clock after an advance, and how it ended.

    ``reason`` is ``reached``; ``limit``: not so within the limit; ``nothing_left``:
    no event is pending, so that it cannot become so without a command;
    ``out_of_reach``: the job or request is in a status from which it never comes.
    ``status`` is the status of the job or request waited for.
    """

    reached: bool
    reason: Literal["reached", "limit", "nothing_left", "out_of_reach"]
    events: int
    status: str | None


class ReadyAnswer(BaseModel):
    """Whether work can begin; ``missing`` says what is not there yet."""

    ready: bool
    missing: list[str]
