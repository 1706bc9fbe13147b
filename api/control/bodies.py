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

from api.control.durations import parse_duration, parse_epoch, parse_instant
from twin.domain.errors import Invalid
from twin.domain.work import JOB_STATES, REQUEST_STATES
from twin.simulation.pacing import FASTEST, MAX, Speed, parse_speed

LONGEST_LEASE_MS = 3_600_000
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
EpochIn = Annotated[
    datetime,
    PlainValidator(lambda value: _text(value, parse_epoch, "2026-01-05T06:00:00+01:00")),
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
    lease: str | None = Field(None, max_length=100, description="Your clock lease, where you hold one")
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
    """The clock. ``lag_ms`` is how far the twin is behind its pace.

    ``next_of`` is who the next event is about, as in ``bot 3``; ``leases`` how many clock
    leases are held; ``stopped_by`` the breakpoint that has stopped it.
    """

    speed: int | float | Literal["max"]
    now_ms: int
    now: Instant
    lag_ms: int
    next_event_ms: int | None
    next_event: Instant | None
    next_of: str | None
    advancing: bool
    leases: int
    stopped_by: str | None


class ChangeAnswer(BaseModel):
    """A job (or, where ``job`` is null, a request) has entered a status."""

    t_ms: int
    job: str | None
    request: str | None
    status: str


class MeanwhileAnswer(BaseModel):
    """What has happened during an advance: events by type, and the first 100 changes of status.

    ``left_off`` changes are not told; the event log has all, from ``first_seq`` on.
    """

    first_seq: int | None
    counts: dict[str, int]
    changes: list[ChangeAnswer]
    left_off: int


class AdvanceAnswer(ClockAnswer):
    """The clock after an advance, and how it ended.

    ``reason`` is ``reached``; ``limit``: not so within the limit; ``nothing_left``:
    no event is pending, so that it cannot become so without a command;
    ``out_of_reach``: the job or request is in a status from which it never comes.
    ``breakpoint``: a breakpoint has stopped it. ``status`` is the status of the job or
    request waited for. ``unrepaired`` are the incidents that last until somebody repairs them
    (``DELETE /_twin/incidents/ID``): where it was not reached, they may be why.
    """

    reached: bool
    reason: Literal["reached", "limit", "nothing_left", "out_of_reach", "breakpoint"]
    events: int
    status: str | None
    meanwhile: MeanwhileAnswer
    unrepaired: list[int]


class ReadyAnswer(BaseModel):
    """Whether work can begin; ``missing`` says what is not there yet."""

    ready: bool
    missing: list[str]


class StockIn(Strict):
    """Random stock, drawn from the seed: every carrier gets boxes, a share of them a load."""

    boxes_per_sku: int = Field(6, ge=1, le=10_000, description="Loads of each SKU, on average")
    filled_percent: int = Field(90, ge=0, le=100, description="Share of the boxes that get a load")
    largest_load: int = Field(60, ge=1, le=1_000_000, description="Most pieces of a load")


def _key(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise PydanticCustomError("api_key", "must be printable ASCII characters without spaces")
    return value


def _label(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("label", "must be text without line breaks and control characters")
    return value


Label = Annotated[
    str,
    Field(max_length=100, description="Whatever helps to tell it from others"),
    AfterValidator(_label),
]
KeyIn = Annotated[
    str,
    Field(min_length=8, max_length=200, description="Its first API key; a new one where not given"),
    AfterValidator(_key),
]


class BreakpointIn(Strict):
    """Stop the clock when a job or request enters a status: exactly one of ``job`` and ``request``."""

    job: str | None = Field(None, max_length=200, description='The id of a job; "*" for any')
    request: str | None = Field(None, max_length=200, description='The id of a request; "*" for any')
    status: str
    once: bool = Field(False, description="Whether it is forgotten when it has stopped the clock")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.job is None) == (self.request is None):
            raise PydanticCustomError("breakpoint", "must have exactly one of job and request")
        states = JOB_STATES if self.request is None else REQUEST_STATES
        if self.status not in states:
            text = "status must be one of {states}"
            raise PydanticCustomError("status", text, {"states": ", ".join(states)})
        return self


class BreakpointAnswer(BaseModel):
    """A breakpoint, made at the simulated time ``made_ms``.

    ``hits``: how often it has been met; ``last_ms``, ``last_key``: when last, and by what.
    """

    id: str
    kind: Literal["job", "request"]
    key: str | None
    status: str
    once: bool
    made_ms: int
    hits: int
    last_ms: int | None
    last_key: str | None


class BreakpointsAnswer(BaseModel):
    """All breakpoints, oldest first."""

    items: list[BreakpointAnswer]
    total: int


class LeaseIn(Strict):
    """How long time shall stand at most."""

    ttl: DurationIn = Field(description="Wall time, at most PT1H")

    @model_validator(mode="after")
    def _short(self) -> Self:
        if self.ttl > LONGEST_LEASE_MS:
            raise PydanticCustomError("ttl", "ttl must be at most PT1H")
        return self


class LeaseAnswer(BaseModel):
    """A clock lease; it ends after ``ttl_ms`` of wall time."""

    id: str
    ttl_ms: int


class ForkOrder(Strict):
    """What is different in the new world."""

    snapshot: str | None = Field(None, description="A snapshot to begin with, not the world as it is")

    name: Label = ""
    speed: SpeedIn | None = Field(None, description="That of the old one where not given")
    api_key: KeyIn | None = None


class WorldOrder(Strict):
    """A new world. What is not said (but stock) is as in the default world."""

    name: Label = ""
    site: str | None = Field(None, max_length=100, description="A shipped site, by name")
    site_yaml: str | None = Field(None, max_length=500_000, description="A site file, instead of `site`")
    seed: int | None = Field(None, ge=0, le=2**63 - 1, description="Of all chance")
    stock: StockIn | None = Field(None, description="Random stock; none where not given")
    operator: Literal["api", "simulated", "both"] | None = Field(None, description="Who gives the triggers")
    epoch: EpochIn | None = Field(
        None, description="The instant of simulated time 0, in the years 1970 to 9000"
    )
    policies: dict[str, str] | None = Field(None, description="Policies by decision")
    speed: SpeedIn | None = None
    api_key: KeyIn | None = None

    @model_validator(mode="after")
    def _one_site(self) -> Self:
        if self.site is not None and self.site_yaml is not None:
            raise PydanticCustomError("site", "must have at most one of site and site_yaml")
        return self


class LogAnswer(BaseModel):
    """The event log of a world so far. ``sha256`` is that of its lines, each with its newline."""

    first_seq: int | None
    last_seq: int | None
    events: int
    bytes: int
    sha256: str


class WorldAnswer(BaseModel):
    """A world. ``base`` is its base below the address of the server; ``api_key`` its first key."""

    id: str
    name: str
    api_key: str
    base: str
    site: str
    seed: int
    epoch: str
    speed: int | float | Literal["max"]
    now_ms: int
    now: Instant
    created_utc: str
    log: LogAnswer


class WorldsAnswer(BaseModel):
    """All worlds, the default one first."""

    items: list[WorldAnswer]
    total: int


class HealthAnswer(BaseModel):
    """That the server answers."""

    status: Literal["alive"]


class InfoAnswer(BaseModel):
    """What is served. ``settings_sha256`` is that of the settings that differ from their defaults."""

    version: str
    contract: str
    contract_sha256: str
    world: str
    site: str | None
    seed: int | None
    epoch: str | None
    settings_sha256: str
    worlds: int
