"""Which key figures a scenario can have: what never happens in it is not measured, and decides nothing."""

from __future__ import annotations

from twin.domain.layout import Site
from twin.experiments.scenario.kpinames import PROMISED
from twin.experiments.scenario.model import Scenario
from twin.records.measures.catalogue import CATALOGUE

OF_ORDERS = (
    *(kpi for kpi in CATALOGUE if kpi.startswith(("order_lead_time_", "lead_"))),
    *("due_on_time", "tardiness_mean", "energy_per_line"),
)
"""Figures that there are only where orders are picked."""
OF_WORK = (
    *(kpi for kpi in CATALOGUE if kpi.startswith("cycle_time_")),
    *("takt", "digging_share", "digs_per_presentation"),
)
"""Figures that there are only where anything is asked for at all."""


def never(scenario: Scenario, site: Site, kpi: str) -> str:
    """Why a scenario can never have a KPI, with advice; empty where it can."""
    figure, _, part = kpi.partition(".")
    if part and figure.startswith("balcony_"):
        known = [str(balcony.id) for balcony in site.balconies]
        return "" if part in known else f"{kpi}: there is no balcony {part}; there are {', '.join(known)}"
    if figure in PROMISED and (trouble := _not_promised(scenario, kpi, part)):
        return trouble
    if figure in OF_ORDERS and not any(stream.is_order for stream in scenario.demand.values()):
        return f"{kpi}: no stream of demand picks anything; add one of kind fulfillment"
    if figure in OF_WORK and not scenario.demand:
        return f"{kpi}: there is no demand, so nothing moves; add a stream under demand"
    return ""


def _not_promised(scenario: Scenario, kpi: str, stream: str) -> str:
    if stream and stream not in scenario.promises:
        streams = ", ".join(scenario.promises) or "none"
        return f"{kpi[:60]}: streams with figures of their own are {streams}; give the stream 'due:'"
    if not stream and scenario.due is None and not scenario.promises:
        return f"{kpi}: no order is due at any time; add 'due: 30 min', or give a stream its own"
    return ""
