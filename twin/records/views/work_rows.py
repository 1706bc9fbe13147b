"""Requests and jobs as rows."""

from __future__ import annotations

from collections.abc import Sequence

from twin.domain import events as past
from twin.domain.state import State
from twin.domain.work import Job, Request
from twin.records.views.live import Live
from twin.records.views.rows import EntityRow, JobRow, RequestRow
from twin.records.views.stock_rows import SkuRows

PATIENCE = 5000
"""So many changed rows are made at the latest, so that no reader waits for a long backlog."""


class RequestRows:
    """All requests, in order of acceptance."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.live: Live[RequestRow] = Live()
        self._rows: dict[str, RequestRow] = {}
        self._slots: dict[str, int] = {}
        self._stale: dict[str, None] = dict.fromkeys(state.requests)

    def changed(self, request: str) -> None:
        """Remember that a request differs from its row."""
        self._stale[request] = None
        if len(self._stale) > PATIENCE:
            self.refresh()

    def refresh(self) -> None:
        """Bring the rows up to date."""
        for key in self._stale:
            row = self._rows[key] = _request_row(self._state.requests[key])
            if key in self._slots:
                self.live.put(self._slots[key], row)
            else:
                self._slots[key] = self.live.add(row, len(self._slots))
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
        self.live: Live[JobRow] = Live()
        self._rows: dict[str, JobRow] = {}
        self._slots: dict[str, int] = {}
        self._of_sku: dict[str, list[int]] = {}
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
            self._begin(row)
        self.live.touch(self._slots[job.id])
        row.status, row.updated_ms = job.status, job.updated_ms
        row.balcony, row.bot, row.carrier = job.balcony, job.bot, job.carrier

    def _begin(self, row: JobRow) -> None:
        self._rows[row.id] = row
        slot = self._slots[row.id] = self.live.add(row, len(self._slots))
        if row.sku is not None:
            self._of_sku.setdefault(row.sku.id, []).append(slot)

    def sku_changed(self, sku: str) -> None:
        """Tell that what the jobs of an SKU show of it has changed."""
        for slot in self._of_sku.get(sku, ()):
            self.live.touch(slot)


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
