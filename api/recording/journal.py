"""The journal of calls of a world as a HAR file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus

from api.calls.journal import Call
from api.recording.har import Exchange, Headers, entry_of, whole

SIMULATED = "Times are simulated; of each body the first 256 KiB are there."


def journal_as_har(calls: Iterable[Call], address: str, written: Callable[[int], str], version: str) -> bytes:
    """The calls with their simulated times. ``address`` is that of the server, with a slash at its end."""
    entries = (
        entry_of(_exchange(call, address.rstrip("/"), written)) for call in calls if call.t_ms is not None
    )
    return whole(version, entries, SIMULATED)


def _exchange(call: Call, address: str, written: Callable[[int], str]) -> Exchange:
    assert call.t_ms is not None
    query = f"?{call.query}" if call.query else ""
    extra = {"_t_ms": call.t_ms, "_fault": call.fault, "_client": call.client}
    return Exchange(
        written(call.t_ms),
        call.took_ms,
        call.method,
        f"{address}{call.path}{query}",
        call.sent,
        call.status or 0,
        call.answered,
        _kind(call.sent.kind),
        _kind(call.answered.kind),
        "" if call.status is None else _reason(call.status),
        extra=tuple((name, value) for name, value in extra.items() if value is not None),
    )


def _kind(kind: str) -> Headers:
    return [("content-type", kind)] if kind else []


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
