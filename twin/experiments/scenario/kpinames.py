"""The names that key figures can have (``docs/kpis.md``), so that a misspelt target is refused at once."""

from __future__ import annotations

import re
from difflib import get_close_matches

from twin.records.measures.catalogue import CATALOGUE, describe

PROMISED = ("due_on_time", "tardiness_mean", "orders_overdue_end")
"""Figures that there are only where orders are due."""

_OF_ONE = re.compile(r"(balcony_\w+)(?=\.\d+$)|(due_on_time|tardiness_mean)(?=\.[A-Za-z_]\w*$)", re.ASCII)


def unit_of(name: str) -> str:
    """The unit of a KPI; empty for a number, and for what is no KPI."""
    return describe(name).unit


def kpi_trouble(name: str) -> str:
    """What is wrong with the name of a KPI, with advice; nothing if there is such a one."""
    single = _OF_ONE.match(name)
    if (single.group() if single else name) in CATALOGUE:
        return ""
    near = get_close_matches(name, CATALOGUE, 1) or [kpi for kpi in CATALOGUE if name and name in kpi]
    return f"there is no KPI '{name[:40]}'; " + (f"did you mean '{near[0]}'?" if near else "see docs/kpis.md")
