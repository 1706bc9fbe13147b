"""Visits that wait for a bot, in the order in which they are served."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from twin.domain import work
from twin.domain.state import State
from twin.domain.work import Job, Visit

Rank = tuple[int, int, int]


@dataclass(slots=True)
class Queues:
    """One queue per level and balcony, derived from the visits of a state."""

    state: State
    waiting: dict[int, dict[int, list[Rank]]] = field(default_factory=dict)
    visits_of: dict[int, list[int]] = field(default_factory=dict)
    changed_levels: dict[int, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for visit in self.state.visits.values():
            self.visits_of.setdefault(visit.carrier, []).append(visit.id)
            if visit.state == work.QUEUED:
                self._enqueue(visit)

    def _enqueue(self, visit: Visit) -> None:
        queues = self.waiting.setdefault(visit.level, {})
        if visit.balcony not in queues:
            # In order of their ids, not of what came first: a restored twin must see them alike.
            queues[visit.balcony] = []
            self.waiting[visit.level] = queues = dict(sorted(queues.items()))
        insort(queues[visit.balcony], visit.rank())

    def serving(self, carrier: int, balcony: int | None) -> Visit | None:
        """The visit of a carrier at a balcony that can still take a job along."""
        for visit_id in self.visits_of.get(carrier, ()):
            visit = self.state.visits[visit_id]
            if visit.balcony == balcony and visit.state != work.RETURNING:
                return visit
        return None

    def open_visit(self, job: Job, priority: int, now: int) -> Visit:
        """Queue a new visit for a job."""
        assert job.balcony is not None
        assert job.carrier is not None
        visit = Visit(self.state.next_visit, job.carrier, job.level, job.balcony, priority, now, [job.id])
        self.state.next_visit += 1
        self.state.visits[visit.id] = visit
        self.visits_of.setdefault(visit.carrier, []).append(visit.id)
        self._enqueue(visit)
        self.changed_levels[visit.level] = None
        return visit

    def add(self, visit: Visit, job: Job, priority: int) -> None:
        """Let a visit serve one more job; a more urgent one moves it up its queue."""
        visit.jobs.append(job.id)
        if priority > visit.priority:
            if visit.state == work.QUEUED:
                self.remove(visit)
                visit.priority = priority
                self._enqueue(visit)
            else:
                visit.priority = priority

    def remove(self, visit: Visit) -> None:
        """Take a visit out of its queue."""
        queue = self.waiting[visit.level][visit.balcony]
        del queue[bisect_left(queue, visit.rank())]

    def requeue(self, visit: Visit) -> None:
        """Let a visit wait again whose carrier was brought near its balcony."""
        visit.state = work.QUEUED
        self._enqueue(visit)

    def close(self, visit: Visit) -> None:
        """Forget a visit whose carrier is back in store."""
        del self.state.visits[visit.id]
        self.visits_of[visit.carrier].remove(visit.id)
        if not self.visits_of[visit.carrier]:
            del self.visits_of[visit.carrier]

    def away(self, carrier: int) -> bool:
        """Whether a visit of the carrier is under way."""
        return any(self.state.visits[v].state != work.QUEUED for v in self.visits_of.get(carrier, ()))
