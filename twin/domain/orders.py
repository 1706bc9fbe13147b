"""Requests and jobs: acceptance, bookings, joining of visits, triggers, ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain import work
from twin.domain.errors import (
    CARRIER_UNKNOWN,
    NOT_ENOUGH_QUANTITY,
    NOT_ENOUGH_ROOM,
    SKU_UNKNOWN,
    AlreadyExists,
    BrokenPolicy,
    EntityFeedback,
    Invalid,
    NotFound,
    NotWaiting,
    RequestAborted,
)
from twin.domain.inventory import LARGEST_QUANTITY
from twin.domain.queues import Queues
from twin.domain.state import State
from twin.domain.stock import Stock
from twin.domain.work import Entity, Job, Request, Visit

Placing = ask.PlaceFulfillment | ask.PlaceReplenishment | ask.PlaceFetch

TYPE_OF: dict[type, str] = {
    ask.PlaceFulfillment: work.FULFILLMENT,
    ask.PlaceReplenishment: work.REPLENISHMENT,
    ask.PlaceFetch: work.FETCH,
}


@dataclass(frozen=True, slots=True)
class Pick:
    """Part of an entity that one carrier serves: ``quantity`` pieces out of or into ``box``.

    ``entity`` is the entity's index in its request; fetches have no box.
    """

    entity: int
    carrier: int
    box: int | None
    quantity: int
    balcony: int


@dataclass(slots=True)
class Orders:
    """The requests, jobs and queued visits of a state. ``places``: handover cells by level and balcony."""

    state: State
    stock: Stock
    queues: Queues
    happened: list[past.Event]
    places: Mapping[int, Mapping[int, Sequence[int]]]
    keep_ended: bool = True
    open_at: dict[int, int] = field(default_factory=dict)
    open_requests: int = 0

    def __post_init__(self) -> None:
        self.open_at = dict.fromkeys(self.state.persons, 0)
        for job in self.state.jobs.values():
            if job.status not in work.JOB_ENDED and job.balcony is not None and job.entity is not None:
                self.open_at[job.balcony] += 1
        self.open_requests = sum(r.status not in work.REQUEST_ENDED for r in self.state.requests.values())

    # -- acceptance

    def check(self, command: Placing) -> str:
        """The id the request will have. Raises AlreadyExists, Invalid or RequestAborted."""
        request_id = self.free_id(command.id)
        entities = command.carriers if isinstance(command, ask.PlaceFetch) else command.lines
        if not entities:
            raise Invalid("entities", "A request needs at least one entity")
        if type(command.priority) is not int:
            raise Invalid("priority", f"A priority is a whole number, not {command.priority!r}")
        feedback = tuple(self._feedback(command))
        if feedback:
            raise RequestAborted(request_id, feedback)
        return request_id

    def free_id(self, wanted: str | None) -> str:
        """The id a request will have. Raises AlreadyExists for one that is taken."""
        request_id = wanted or self._next_id()
        if request_id in self.state.requests:
            raise AlreadyExists("Request", request_id)
        return request_id

    def _next_id(self) -> str:
        number = self.state.next_request
        while f"request-{number}" in self.state.requests:
            number += 1
        return f"request-{number}"

    def _feedback(self, command: Placing) -> Iterable[EntityFeedback]:
        if isinstance(command, ask.PlaceFetch):
            yield from self._carrier_feedback(command.carriers)
        else:
            yield from self._sku_feedback(command)

    def _carrier_feedback(self, carriers: tuple[str, ...]) -> Iterable[EntityFeedback]:
        for text in carriers:
            if carrier_id(text) not in self.state.carriers:
                yield EntityFeedback(text, work.CARRIER_ENTITY, CARRIER_UNKNOWN, "Carrier does not exist")

    def _sku_feedback(
        self, command: ask.PlaceFulfillment | ask.PlaceReplenishment
    ) -> Iterable[EntityFeedback]:
        filling = isinstance(command, ask.PlaceReplenishment)
        wanted: dict[str, int] = {}
        for line in command.lines:
            if type(line.quantity) is not int:
                raise Invalid("quantity", f"A quantity is a whole number, not {line.quantity!r}")
            if not 1 <= line.quantity <= LARGEST_QUANTITY:
                raise Invalid("quantity", f"A quantity must lie between 1 and {LARGEST_QUANTITY}")
            sku = self.state.skus.get(line.sku)
            if sku is None or sku.deleted_ms is not None:
                yield EntityFeedback(line.sku, work.SKU_ENTITY, SKU_UNKNOWN, "SKU does not exist")
                continue
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
            if wanted[line.sku] > (sku.replenishable if filling else sku.fulfillable):
                code = NOT_ENOUGH_ROOM if filling else NOT_ENOUGH_QUANTITY
                text = "Not enough room" if filling else "Not enough quantity"
                yield EntityFeedback(line.sku, work.SKU_ENTITY, code, text)

    def accept(self, command: Placing, picks: Iterable[Pick], now: int) -> str:
        """Book and queue the jobs of a request that ``check`` has let through.

        Raises BrokenPolicy for picks that do not serve it, with nothing changed.
        """
        picks = list(picks)
        self._check_picks(command, picks)
        request = self._create(command, self.check(command), now)
        for pick in picks:
            self._add_job(request, pick, now)
        return request.id

    def _check_picks(self, command: Placing, picks: Sequence[Pick]) -> None:
        """Whether picks are of what was asked for, all of it, and from where it is."""
        asked: list[tuple[str | int | None, int]]
        if isinstance(command, ask.PlaceFetch):
            asked = [(carrier_id(text), 1) for text in command.carriers]
        else:
            asked = [(line.sku, line.quantity) for line in command.lines]
        missing = [quantity for _, quantity in asked]
        for pick in picks:
            known = type(pick.entity) is int and 0 <= pick.entity < len(asked)
            if not known or not self._holds(pick, asked[pick.entity][0]):
                raise BrokenPolicy(f"{pick} is nothing that {command} asks for")
            missing[pick.entity] -= pick.quantity
        if any(missing):
            raise BrokenPolicy(f"the picks for {command} leave {missing} of its lines or take more")
        self._check_boxes(command, picks)

    def _check_boxes(self, command: Placing, picks: Sequence[Pick]) -> None:
        """Whether boxes have all that is picked from them (filling: the room)."""
        filling = isinstance(command, ask.PlaceReplenishment)
        free: dict[int, int] = {}
        for pick in picks:
            if pick.box is not None:
                load = self.state.loads[pick.box]
                left = free.get(pick.box, load.replenishable if filling else load.fulfillable)
                free[pick.box] = left - pick.quantity
                if free[pick.box] < 0:
                    raise BrokenPolicy(f"the picks for {command} are more than box {pick.box} has free")

    def _holds(self, pick: Pick, wanted: str | int | None) -> bool:
        """Whether a pick is of the carrier or SKU that is wanted, from where it is to where it can be."""
        numbers = (pick.carrier, pick.balcony, pick.quantity)
        if not all(type(number) is int for number in numbers) or pick.quantity < 1:
            return False
        carrier = self.state.carriers.get(pick.carrier)
        if carrier is None or pick.balcony not in self.places[carrier.level]:
            return False
        if not isinstance(wanted, str):
            return pick.box is None and pick.carrier == wanted
        if type(pick.box) is not int:
            return False
        box, load = self.state.boxes.get(pick.box), self.state.loads.get(pick.box)
        return box is not None and load is not None and (box.carrier, load.sku) == (pick.carrier, wanted)

    def _create(self, command: Placing, request_id: str, now: int) -> Request:
        if isinstance(command, ask.PlaceFetch):
            entities = [Entity(work.CARRIER_ENTITY, str(carrier_id(c)), 1) for c in command.carriers]
        else:
            entities = [Entity(work.SKU_ENTITY, line.sku, line.quantity) for line in command.lines]
        return self.open_request(request_id, TYPE_OF[type(command)], now, entities, command.priority)

    def open_request(
        self,
        request_id: str,
        type_name: str,
        now: int,
        entities: list[Entity] | None = None,
        priority: int = 0,
    ) -> Request:
        """A request in the state CREATED, without jobs yet."""
        request = Request(
            request_id, self.state.next_request, type_name, priority, 0, entities or [], now, now
        )
        self.state.next_request += 1
        self.state.requests[request_id] = request
        self.open_requests += 1
        self.happened.append(past.RequestStateChanged(request_id, type_name, None, work.CREATED))
        return request

    def add_task(self, request: Request, level: int, now: int) -> Job:
        """A job of a request that needs no carrier from store; the caller fills in the rest and notes it."""
        job = self.new_job(request.id, request.type_name, None, level, now)
        request.jobs.append(job.id)
        request.open_jobs += 1
        self.state.tasks.append(job.id)
        return job

    def _add_job(self, request: Request, pick: Pick, now: int) -> None:
        if not request.jobs:
            request.balcony = pick.balcony
        level = self.state.carriers[pick.carrier].level
        job = self.new_job(request.id, request.type_name, pick.carrier, level, now)
        job.entity, job.box, job.quantity, job.balcony = pick.entity, pick.box, pick.quantity, pick.balcony
        if pick.box is not None:
            job.sku = request.entities[pick.entity].id
            filling = request.type_name == work.REPLENISHMENT
            self.stock.book(pick.box, *((0, pick.quantity) if filling else (pick.quantity, 0)))
        request.jobs.append(job.id)
        request.open_jobs += 1
        self.open_at[pick.balcony] += 1
        self._note_job(job, None)
        self._join(job, request.priority, now)

    def new_job(self, request: str, type_name: str, carrier: int | None, level: int, now: int) -> Job:
        """A job in the state ACCEPTED; the caller fills in the rest and notes it."""
        job = Job(
            f"job-{self.state.next_job}",
            type_name,
            request,
            carrier,
            level,
            now,
            now,
        )
        self.state.next_job += 1
        self.state.jobs[job.id] = job
        return job

    def _join(self, job: Job, priority: int, now: int) -> None:
        """Let a visit that still comes to (or stands at) the balcony serve the job, or queue a new one."""
        assert job.carrier is not None
        visit = self.queues.serving(job.carrier, job.balcony)
        if visit is None:
            visit = self.queues.open_visit(job, priority, now)
        else:
            self.queues.add(visit, job, priority)
        job.visit = visit.id
        if visit.state in (work.FETCHING, work.PRESENTED):
            job.bot = visit.bot
            self.move_on(job, work.STARTED, now)
        if visit.state == work.PRESENTED:
            self.move_on(job, work.WAITING, now)

    # -- life cycle

    def move_on(self, job: Job, status: str, now: int) -> None:
        """Bring a job to its next state and its request along."""
        if status not in work.JOB_NEXT[job.status]:
            raise AssertionError(f"{job.id} cannot go from {job.status} to {status}")
        before, job.status, job.updated_ms = job.status, status, now
        self._note_job(job, before)
        own = job.type_name not in (work.RELOCATION, work.BUFFERING, work.RETURN)
        if own and status in (work.STARTED, work.WAITING):
            request = self.state.requests[job.request]
            if request.status == work.CREATED:
                self.change_request(request, work.IN_PROGRESS, now)

    def note_new(self, job: Job) -> None:
        """Note a job that was just created."""
        self._note_job(job, None)

    def forget(self, job: Job) -> None:
        """Drop an ended relocation or return job where ended work is not kept."""
        if not self.keep_ended:
            del self.state.jobs[job.id]

    def _note_job(self, job: Job, before: str | None) -> None:
        self.happened.append(
            past.JobStateChanged(
                job.id,
                job.request,
                job.type_name,
                before,
                job.status,
                job.bot,
                job.carrier,
                job.balcony,
                job.level,
                job.box,
                job.sku,
                job.quantity,
            )
        )

    def check_trigger(self, command: ask.TriggerJob) -> Job:
        """The waiting job a trigger is for. Raises Invalid, NotFound or NotWaiting."""
        if command.outcome not in work.TRIGGERS:
            raise Invalid("TriggerStatus", f"{command.outcome!r} is none of {', '.join(work.TRIGGERS)}")
        job = self.state.jobs.get(command.job)
        if job is None:
            raise NotFound("Job", command.job)
        if job.status != work.WAITING:
            raise NotWaiting(f"Job {job.id} is {job.status}; only a job in {work.WAITING} takes a trigger")
        return job

    def trigger(self, command: ask.TriggerJob, now: int) -> tuple[Visit, bool]:
        """End a waiting job. Returns the visit that served it, and whether that was its last job."""
        job = self.check_trigger(command)
        assert job.visit is not None
        visit = self.state.visits[job.visit]
        visit.cause = job.request
        self._end_job(job, command.outcome == work.SUCCEEDED_TRIGGER, now)
        visit.jobs.remove(job.id)
        return visit, not visit.jobs

    def give_up(self, visit: Visit, now: int) -> None:
        """Let the jobs of a visit that waits fail, and forget it."""
        self.queues.remove(visit)
        for job_id in visit.jobs:
            self._end_job(self.state.jobs[job_id], False, now)
        self.queues.close(visit)

    def _end_job(self, job: Job, good: bool, now: int) -> None:
        request = self.state.requests[job.request]
        assert job.entity is not None
        assert job.quantity is not None
        entity = request.entities[job.entity]
        filling = job.type_name == work.REPLENISHMENT
        if job.box is not None and good:
            self.stock.move_pieces(job.box, job.quantity if filling else -job.quantity, now, job.id)
        elif job.box is not None:
            self.stock.book(job.box, *((0, -job.quantity) if filling else (-job.quantity, 0)))
        if good:
            entity.succeeded += job.quantity
        else:
            entity.cancelled += job.quantity
        assert job.balcony is not None
        self.open_at[job.balcony] -= 1
        self._finish(job, good, now)

    def end_task(self, job: Job, good: bool, now: int) -> None:
        """End a job that needed no carrier from store."""
        self.state.tasks.remove(job.id)
        self._finish(job, good, now)

    def _finish(self, job: Job, good: bool, now: int) -> None:
        request = self.state.requests[job.request]
        self.move_on(job, work.SUCCEEDED if good else work.FAILED, now)
        request.failed_jobs += not good
        request.open_jobs -= 1
        if request.open_jobs == 0:
            self.end_request(request, now)

    def end_request(self, request: Request, now: int) -> None:
        """End a request whose jobs have ended, according to how they did."""
        if not request.failed_jobs:
            self.change_request(request, work.SUCCEEDED, now)
        elif request.failed_jobs < len(request.jobs):
            self.change_request(request, work.PARTIALLY_SUCCEEDED, now)
        else:
            self.change_request(request, work.FAILED, now)
        self.open_requests -= 1
        if not self.keep_ended:
            for job_id in request.jobs:
                del self.state.jobs[job_id]
            del self.state.requests[request.id]

    def fail_request(self, request: Request, now: int) -> None:
        """End a request that was given up."""
        self.change_request(request, work.FAILED, now)
        self.open_requests -= 1

    def change_request(self, request: Request, status: str, now: int) -> None:
        """Bring a request to its next state."""
        if status not in work.REQUEST_NEXT[request.status]:
            raise AssertionError(f"{request.id} cannot go from {request.status} to {status}")
        before, request.status, request.updated_ms = request.status, status, now
        self.happened.append(past.RequestStateChanged(request.id, request.type_name, before, status))


def carrier_id(text: str) -> int | None:
    """The carrier of that id: plain decimal digits without leading zeros, else None."""
    # An id is a text: another spelling of its number names another thing, and there is none.
    return int(text) if re.fullmatch("[1-9][0-9]{0,17}", text) else None
