"""Requests and jobs as rows."""

from __future__ import annotations

from collections.abc import Sequence

from twin.domain import events as past
from twin.domain.state import State
from twin.domain.work import Job, Request
from twin.records.views.rows import EntityRow, JobRow, RequestRow
from twin.records.views.stock_rows import SkuRows

PATIENCE = 5000
"""So many changed rows are made at the latest, so that no reader waits for a long backlog."""


class RequestRows:
    """All requests, in order of acceptance."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rows: dict[str, RequestRow] = {}
        self._stale: dict[str, None] = dict.fromkeys(state.requests)

    def changed(self, request: str) -> None:
        """Remember that a request differs from its row."""
        self._stale[request] = None
        if len(self._stale) > PATIENCE:
            self.refresh()

    def refresh(self) -> None:
        """Bring the rows up to date."""
        for key in self._stale:
            self._rows[key] = _request_row(self._state.requests[key])
        self._stale.clear()

    def rows(self) -> Sequence[RequestRow]:
        """The rows, fresh."""
        self.refresh()
        return list(self._rows.values())

    def row(self, request: str) -> RequestRow:
        """The row of one request, fresh."""
        self.refresh()
        return self._rows[request]


class JobRows:
    """All jobs, in order of creation."""

    def __init__(self, state: State, skus: SkuRows) -> None:
        self._state, self._skus = state, skus
        self._rows: dict[str, JobRow] = {}
        self._stale: dict[str, None] = dict.fromkeys(state.jobs)

    def changed(self, event: past.JobStateChanged) -> None:
        """Remember that a job differs from its row."""
        self._stale[event.job] = None
        if len(self._stale) > PATIENCE:
            self.refresh()

    def refresh(self) -> None:
        """Bring the rows up to date."""
        for key in self._stale:
            self._write(self._state.jobs[key])
        self._stale.clear()

    def rows(self) -> Sequence[JobRow]:
        """The rows, fresh."""
        self.refresh()
        return list(self._rows.values())

    def _write(self, job: Job) -> None:
        row = self._rows.get(job.id)
        if row is None:
            row = JobRow(job.id, job.type_name, job.request, job.carrier, job.level, job.created_ms)
            row.box, row.quantity = job.box, job.quantity
            row.sku = self._skus.of(job.sku) if job.sku is not None else None
            self._rows[job.id] = row
        row.status, row.updated_ms = job.status, job.updated_ms
        row.balcony, row.bot, row.carrier = job.balcony, job.bot, job.carrier


def _request_row(request: Request) -> RequestRow:
    return RequestRow(
        request.id,
        request.counter,
        request.type_name,
        request.status,
        request.priority,
        request.balcony or None,
        tuple(
            EntityRow(e.kind, e.id, e.total, e.succeeded, e.completed, e.cancelled) for e in request.entities
        ),
        request.created_ms,
        request.updated_ms,
        request.bot,
        request.level,
    )
