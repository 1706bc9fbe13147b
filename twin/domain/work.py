"""Requests, the jobs they become, and the visits of carriers that serve them.

A *request* names entities. Each entity becomes one *job* per box that serves it.
A *visit* is one presentation of a carrier at a balcony and serves every job that
waits for that carrier there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

FULFILLMENT = "FULFILLMENT"
REPLENISHMENT = "REPLENISHMENT"
FETCH = "FETCH"
RELOCATION = "RELOCATION"
BUFFERING = "BUFFERING"
RETURN = "RETURN"
CHARGING = "CHARGING"
UNCHARGING = "UNCHARGING"
ONBOARDING = "ONBOARDING"
OFFBOARDING = "OFFBOARDING"
RFID_WRITE = "RFID_WRITE"
CARRIER_ONBOARDING = "CARRIER_ONBOARDING"
PAUSE = "PAUSE"
RESUME = "RESUME"

STOCK_TYPES = (FULFILLMENT, REPLENISHMENT, FETCH)
TASK_TYPES = (CHARGING, UNCHARGING, ONBOARDING, OFFBOARDING, RFID_WRITE, CARRIER_ONBOARDING)
REQUEST_TYPES = (*STOCK_TYPES, *TASK_TYPES, PAUSE, RESUME)
JOB_TYPES = (*STOCK_TYPES, RELOCATION, BUFFERING, RETURN, *TASK_TYPES)

CREATED = "CREATED"
IN_PROGRESS = "IN_PROGRESS"
SUCCEEDED = "SUCCEEDED"
PARTIALLY_SUCCEEDED = "PARTIALLY_SUCCEEDED"
FAILED = "FAILED"

ACCEPTED = "ACCEPTED"
STARTED = "STARTED"
WAITING = "WAITING_FOR_TRIGGER"

REQUEST_NEXT: dict[str | None, tuple[str, ...]] = {
    None: (CREATED,),
    CREATED: (IN_PROGRESS, SUCCEEDED, PARTIALLY_SUCCEEDED, FAILED),
    IN_PROGRESS: (SUCCEEDED, PARTIALLY_SUCCEEDED, FAILED),
    SUCCEEDED: (),
    PARTIALLY_SUCCEEDED: (),
    FAILED: (),
}
JOB_NEXT: dict[str | None, tuple[str, ...]] = {
    None: (ACCEPTED,),
    ACCEPTED: (STARTED, WAITING, SUCCEEDED, FAILED),
    STARTED: (WAITING, SUCCEEDED, FAILED),
    WAITING: (SUCCEEDED, FAILED),
    SUCCEEDED: (),
    FAILED: (),
}
REQUEST_ENDED = frozenset(s for s, following in REQUEST_NEXT.items() if s and not following)
JOB_ENDED = frozenset(s for s, following in JOB_NEXT.items() if s and not following)
REQUEST_STATES = tuple(s for s in REQUEST_NEXT if s)
JOB_STATES = tuple(s for s in JOB_NEXT if s)

SKU_ENTITY = "Sku"
CARRIER_ENTITY = "Carrier"

SUCCEEDED_TRIGGER = "SUCCEEDED_TRIGGER"
FAILED_TRIGGER = "FAILED_TRIGGER"
TRIGGERS = (SUCCEEDED_TRIGGER, FAILED_TRIGGER)

OPERATOR_API = "api"
OPERATOR_SIMULATED = "simulated"
OPERATOR_BOTH = "both"
OPERATORS = (OPERATOR_API, OPERATOR_SIMULATED, OPERATOR_BOTH)

QUEUED = "QUEUED"
BEING_BUFFERED = "BEING_BUFFERED"
FETCHING = "FETCHING"
PRESENTED = "PRESENTED"
RETURNING = "RETURNING"

PLANNING_MS = 500
"""From the acceptance of a request to the first decision about it."""


HEAD_START_MS = 900_000
"""What doubling the urgency (1 + priority) is worth, in ms of waiting."""


@lru_cache(maxsize=1024)
def head_start_ms(priority: int) -> int:
    """By how much a priority is served as if it had been asked for earlier, in ms.

    ``HEAD_START_MS`` for each doubling of 1 + priority, and in proportion between two
    doublings; below 0 the same the other way round. Grows with the priority, and is at
    most 31 times ``HEAD_START_MS`` for 32 bits.
    """
    if priority < 0:
        return -head_start_ms(-priority)
    urgency = 1 + priority
    doublings = urgency.bit_length() - 1
    power = 1 << doublings
    return HEAD_START_MS * doublings + HEAD_START_MS * (urgency - power) // power


@dataclass(slots=True)
class Entity:
    """One line of a request with its quantities in pieces (carriers: one)."""

    kind: str
    id: str
    total: int
    succeeded: int = 0
    cancelled: int = 0

    @property
    def completed(self) -> int:
        """Pieces whose jobs have ended, well or not."""
        return self.succeeded + self.cancelled


@dataclass(slots=True)
class Request:
    """Work that a client asked for. Larger ``priority`` is more urgent."""

    id: str
    counter: int
    type_name: str
    priority: int
    balcony: int
    entities: list[Entity]
    created_ms: int
    updated_ms: int
    status: str = CREATED
    jobs: list[str] = field(default_factory=list)
    open_jobs: int = 0
    failed_jobs: int = 0
    bot: int | None = None
    level: int | None = None


@dataclass(slots=True)
class Job:
    """One pick, refill, fetch, relocation or return of one carrier, or one task of a bot.

    ``place`` is a handover cell and ``lane`` a lane with room kept for a task. ``tried`` are
    the bots that even with as much charge as they can get have too little for it.
    """

    id: str
    type_name: str
    request: str
    carrier: int | None
    level: int
    created_ms: int
    updated_ms: int
    status: str = ACCEPTED
    balcony: int | None = None
    bot: int | None = None
    entity: int | None = None
    box: int | None = None
    sku: str | None = None
    quantity: int | None = None
    visit: int | None = None
    place: int | None = None
    lane: int | None = None
    force: bool = False
    tried: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Dig:
    """A carrier that a visit moves within the store, and where to: out of the way, or near its balcony."""

    job: str
    carrier: int
    source: int
    target: int
    target_lane: int


@dataclass(slots=True)
class Visit:
    """One presentation of a carrier at a balcony, from the queue to its return into store.

    ``place`` is the handover cell, ``lane`` the lane in which room is kept for the
    return, ``locks`` the lanes that nobody else may enter meanwhile, ``cause`` the
    request whose job was served last. ``home`` is the lane in which the carrier stood
    before it was brought near its balcony to wait there. ``tried`` are the bots that even
    with as much charge as they can get have too little for it.
    """

    id: int
    carrier: int
    level: int
    balcony: int
    priority: int
    queued_ms: int
    jobs: list[str]
    state: str = QUEUED
    bot: int | None = None
    place: int | None = None
    lane: int | None = None
    locks: list[int] = field(default_factory=list)
    digs: list[Dig] = field(default_factory=list)
    cause: str = ""
    return_job: str | None = None
    return_cell: int | None = None
    presented_ms: int | None = None
    home: int | None = None
    tried: list[int] = field(default_factory=list)

    def rank(self) -> tuple[int, int, int]:
        """Sort key of a queue: when it was queued less its head start, then the more urgent, then the id.

        It does not change with time, so a visit can only be overtaken by those that come
        within the longest head start after it: nobody waits for ever.
        """
        return (self.queued_ms - head_start_ms(self.priority), -self.priority, self.id)
