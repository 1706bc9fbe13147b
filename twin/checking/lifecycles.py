"""Requests and jobs from their creation to their end."""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.checking.legs import Leg
from twin.checking.reading import At
from twin.checking.report import Id
from twin.checking.shapes import Event
from twin.checking.world import HANDOVER, Carrier, World

SUCCEEDED = "SUCCEEDED"
WAITING = "WAITING_FOR_TRIGGER"
TERMINAL = frozenset({SUCCEEDED, "PARTIALLY_SUCCEEDED", "FAILED", "CANCELLED"})
REQUEST_STATES = frozenset({"CREATED", "IN_PROGRESS"}) | TERMINAL
JOB_STATES = frozenset({"ACCEPTED", "STARTED", WAITING, SUCCEEDED, "FAILED", "CANCELLED"})
SERVING = frozenset({"FULFILLMENT", "REPLENISHMENT", "FETCH"})
"""Types of the jobs for which a request is made; the others only make room and tidy up."""
BY_HAND = frozenset({"ONBOARDING", "OFFBOARDING", "CARRIER_ONBOARDING"})
"""Types of the jobs that wait for a person without a carrier standing there."""
DIG = "RELOCATION"
MOVING = frozenset({DIG, "BUFFERING", "RETURN"})
DETAILS = ("carrier", "bot", "box", "sku", "quantity")


@dataclass(slots=True, eq=False)
class Request:
    """A request with the ids of its jobs that serve it and have not ended."""

    id: Id
    type_name: str
    state: str | None = None
    line: int = 0
    serving: dict[Id, None] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Job:
    """A job, with what was last said of its carrier, bot, box, SKU and quantity."""

    id: Id
    request: Id
    type_name: str
    state: str | None = None
    line: int = 0
    began_ms: int = 0
    ended_ms: int | None = None
    carrier: Id | None = None
    bot: Id | None = None
    box: Id | None = None
    sku: Id | None = None
    quantity: int | None = None
    moved_line: int | None = None
    """The line in which its pieces were moved."""


class Lifecycles:
    """All requests and jobs. ``just_succeeded`` are the jobs that did so at the current moment."""

    def __init__(self, world: World) -> None:
        self.requests: dict[Id, Request] = {}
        self.jobs: dict[Id, Job] = {}
        self.just_succeeded: list[Job] = []
        self.digs = 0
        self._world = world
        self._waiting: dict[Id, dict[Id, Job]] = {}
        self._left: list[tuple[Job, Leg]] = []
        self._to_settle: dict[Id, At] = {}

    def request_changed(self, event: Event, at: At) -> None:
        """A request enters a state."""
        id_ = event["request"]
        request = self.requests.setdefault(id_, Request(id_, event["type_name"]))
        self._step("Request", request, event, at, REQUEST_STATES)
        if request.state == SUCCEEDED:
            self._to_settle[id_] = at

    def job_changed(self, event: Event, at: At) -> None:
        """A job enters a state."""
        id_ = event["job"]
        job = self.jobs.setdefault(id_, Job(id_, event["request"], event["type_name"]))
        self._join(job, event, at)
        self._stop_waiting(job)
        for name in DETAILS:
            if event.get(name) is not None:
                setattr(job, name, event[name])
        before = job.state
        self._step("Job", job, event, at, JOB_STATES)
        if job.state == WAITING and job.type_name not in BY_HAND:
            self._wait(job, at)
        if job.state in TERMINAL and before not in TERMINAL:
            self._end(job, at)

    def departed(self, carrier: Carrier, leg: Leg) -> None:
        """A bot leaves a carrier's handover place, or takes the carrier away from there."""
        self._left += [(job, leg) for job in self._waiting.get(carrier.id, {}).values()]

    def settle(self) -> None:
        """The moment is over: judge what must hold between moments."""
        for job, leg in self._left:
            if job.state == WAITING:
                message = f"Bot {leg.bot} leaves with carrier {job.carrier} while job {job.id} waits there."
                self._refute_carrier("life.waiting", job, message, leg.start)
        for id_, at in self._to_settle.items():
            self._check_ended(self.requests[id_], at)
        for job in self.just_succeeded:
            self._check_moved(job)
        self._left.clear()
        self._to_settle.clear()
        self.just_succeeded.clear()

    def open_requests(self) -> list[Request]:
        """Requests that have not ended, in the order of their creation."""
        return [request for request in self.requests.values() if request.state not in TERMINAL]

    def open_jobs(self) -> list[Job]:
        """Jobs that have not ended, in the order of their creation."""
        return [job for job in self.jobs.values() if job.state not in TERMINAL]

    def _step(self, kind: str, thing: Request | Job, event: Event, at: At, states: frozenset[str]) -> None:
        name, said, to = f"{kind} {thing.id}", event["from"], event["to"]
        self._check_type(name, thing, event, at)
        if to not in states:
            self._refute("life.state", f"{name} enters {to}, which is no state.", thing, at)
        if thing.state in TERMINAL:
            self._refute("life.terminal", f"{name} leaves {thing.state} for {to}.", thing, at)
        elif said != thing.state:
            seen = thing.state or "not known before"
            self._refute("life.from", f"{name} comes from {said}, but was {seen}.", thing, at)
        thing.state, thing.line = to, at.line

    def _check_type(self, name: str, thing: Request | Job, event: Event, at: At) -> None:
        if event["type_name"] != thing.type_name:
            message = f"{name} was of type {thing.type_name} and is now {event['type_name']}."
            self._refute("life.identity", message, thing, at)

    def _join(self, job: Job, event: Event, at: At) -> None:
        if event["request"] != job.request:
            message = f"Job {job.id} belonged to request {job.request} and now to {event['request']}."
            self._refute("life.identity", message, job, at)
        if job.state is not None:
            return
        job.began_ms = at.t_ms
        request = self.requests.get(job.request)
        if request is None:
            message = f"Job {job.id} belongs to request {job.request}, which is not known."
            self._refute("life.request", message, job, at)
        elif job.type_name in SERVING:
            request.serving[job.id] = None
            if request.state == SUCCEEDED:
                self._to_settle[request.id] = at

    def _wait(self, job: Job, at: At) -> None:
        if not self._presented(job, at):
            message = f"Job {job.id} waits for its trigger, but no bot holds carrier {job.carrier}"
            self._refute_carrier("life.waiting", job, f"{message} at a handover place.", at)
        if job.carrier is not None:
            self._waiting.setdefault(job.carrier, {})[job.id] = job

    def _presented(self, job: Job, at: At) -> bool:
        carrier = None if job.carrier is None else self._world.carriers.get(job.carrier)
        bot = None if carrier is None else self._world.attended(carrier)
        if bot is None or bot.level.kinds[bot.cell] != HANDOVER:
            return False
        return at.t_ms >= bot.ready_ms and job.bot in (None, bot.id)

    def _stop_waiting(self, job: Job) -> None:
        if job.state == WAITING and job.carrier is not None:
            self._waiting.get(job.carrier, {}).pop(job.id, None)

    def _end(self, job: Job, at: At) -> None:
        job.ended_ms = at.t_ms
        request = self.requests.get(job.request)
        if request is not None:
            request.serving.pop(job.id, None)
        if job.state == SUCCEEDED:
            self.just_succeeded.append(job)
            self.digs += job.type_name == DIG
        if job.state == SUCCEEDED and job.type_name in SERVING and not self._presented(job, at):
            message = f"Job {job.id} succeeds, but no bot holds carrier {job.carrier} at a handover place."
            self._refute_carrier("life.served", job, message, at)

    def _check_moved(self, job: Job) -> None:
        carrier = None if job.carrier is None else self._world.carriers.get(job.carrier)
        if job.type_name not in MOVING or carrier is None:
            return
        if carrier.bot is not None or carrier.since_ms < job.began_ms:
            message = f"Job {job.id} succeeds, but carrier {carrier.id} has not been put down since it began."
            self._refute_carrier("life.moved", job, message, At(job.line, job.ended_ms or 0))

    def _check_ended(self, request: Request, at: At) -> None:
        if request.state == SUCCEEDED and request.serving:
            jobs = tuple(request.serving)
            message = f"Request {request.id} has succeeded, but {len(jobs)} of its jobs go on."
            line = self.jobs[jobs[0]].line
            self._world.refute(
                "life.ended", message, at, other_line=line, requests=(request.id,), jobs=jobs[:10]
            )

    def _refute_carrier(self, rule: str, job: Job, message: str, at: At) -> None:
        carriers = () if job.carrier is None else (job.carrier,)
        other = job.line if job.line < at.line else None
        self._world.refute(rule, message, at, other_line=other, jobs=(job.id,), carriers=carriers)

    def _refute(self, rule: str, message: str, thing: Request | Job, at: At) -> None:
        about = {"jobs": (thing.id,)} if isinstance(thing, Job) else {"requests": (thing.id,)}
        self._world.refute(rule, message, at, other_line=thing.line or None, **about)
