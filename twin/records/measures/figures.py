"""From counts to key figures. Their definitions: ``docs/kpis.md``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from twin.records.measures import balconies, fleet
from twin.records.measures.book import Book
from twin.records.measures.counts import Window
from twin.records.measures.fleet import Totals
from twin.records.measures.orders import PARTS

HOUR_MS = 3_600_000


def figures(
    book: Book,
    totals: dict[int, Totals],
    people: dict[int, balconies.BalconyMeter],
    overdue: int | None,
    end_ms: int,
) -> dict[str, float]:
    """All figures of the window that ends at ``end_ms``, up to which all are settled.

    ``overdue`` are the orders that are open then and should have ended; None where nothing is promised.
    """
    window = book.window
    span = end_ms - window.since_ms
    found = {
        "lines_per_hour": window.lines * HOUR_MS / span,
        "orders_per_hour": len(window.leads) * HOUR_MS / span,
        "presentations_per_hour": window.presentations * HOUR_MS / span,
        "refills_per_hour": window.refills * HOUR_MS / span,
        "orders_failed": float(window.failed_orders),
        **_leads(window),
        **_promises(window, overdue),
        **_times("cycle_time", window.cycles),
        **_balconies(people, span),
        **_moves(window),
        **_bots(totals, window),
        **_stocks(book, span, end_ms),
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _leads(window: Window) -> dict[str, float]:
    found = _times("order_lead_time", window.leads)
    for part, values in zip(PARTS, window.parts, strict=True):
        found[f"lead_{part}"] = _ratio(sum(values), len(values) * 1000)
    return found


def _promises(window: Window, overdue: int | None) -> dict[str, float]:
    """How promised lead times were kept, over all and by stream."""
    found = {} if overdue is None else {"orders_overdue_end": float(overdue)}
    for stream, kept in window.kept.items():
        of = f".{stream}" if stream else ""
        found[f"due_on_time{of}"] = _ratio(kept.in_time, kept.orders)
        found[f"tardiness_mean{of}"] = _ratio(kept.late_ms, kept.orders * 1000)
    return found


def _times(name: str, values: Sequence[int]) -> dict[str, float]:
    """Mean and order statistics in seconds; nothing of no values."""
    if not values:
        return {}
    ranked = sorted(values)
    return {
        f"{name}_mean": sum(ranked) / len(ranked) / 1000,
        f"{name}_p50": quantile(ranked, 50) / 1000,
        f"{name}_p95": quantile(ranked, 95) / 1000,
    }


def quantile(ranked: Sequence[int], percent: int) -> int:
    """The smallest of the ranked values that at least ``percent`` of them do not exceed."""
    return ranked[-(-len(ranked) * percent // 100) - 1]


def _balconies(meters: dict[int, balconies.BalconyMeter], span: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, state in enumerate(balconies.STATES):
        total = sum(meter.ms[number] for meter in meters.values())
        found[f"balcony_{state}"] = _ratio(total, span * len(meters))
        for balcony, meter in meters.items():
            found[f"balcony_{state}.{balcony}"] = meter.ms[number] / span
    takts = sum(meter.takts for meter in meters.values())
    found["takt"] = _ratio(sum(meter.takt_ms for meter in meters.values()), takts * 1000)
    return found


def _moves(window: Window) -> dict[str, float]:
    moves = window.digs + window.presentations + window.returns
    return {
        "digging_share": _ratio(window.digs, moves),
        "digs_per_presentation": _ratio(window.digs, window.presentations),
    }


def _bots(totals: dict[int, Totals], window: Window) -> dict[str, float]:
    ms = [sum(column) for column in zip(*(t.ms for t in totals.values()), strict=True)]
    drawn = sum(t.drawn_mj for t in totals.values())
    found = {
        f"bot_share_{state}": _ratio(spent, sum(ms)) for state, spent in zip(fleet.STATES, ms, strict=True)
    }
    able = sum(ms) - ms[fleet.FAULT]
    found["technical_availability"] = _ratio(able, sum(ms))
    found["charge_share"] = _ratio(ms[fleet.TO_CHARGER] + ms[fleet.CHARGE], able)
    found["energy_per_line"] = _ratio(drawn, window.lines * 1000)
    return found


def _stocks(book: Book, span: int, end_ms: int) -> dict[str, float]:
    window = book.window
    stored = window.stored_ms + book.stored * (end_ms - window.stored_since)
    opened = window.open_ms + book.open_orders * (end_ms - window.open_since)
    return {
        "fill_level": _ratio(stored, book.positions * span),
        "density": _ratio(stored, book.cells * span),
        "open_orders_mean": opened / span,
        "open_orders_end": float(book.open_orders),
    }


def _ratio(part: float, whole: float) -> float:
    """A share or mean; not a number where there is nothing to share."""
    return part / whole if whole else math.nan
