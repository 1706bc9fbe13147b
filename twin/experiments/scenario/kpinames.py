"""The names that key figures can have (``docs/kpis.md``), so that a misspelt target is refused at once."""

from __future__ import annotations

import re
from difflib import get_close_matches

from twin.records.measures.catalogue import CATALOGUE, describe

PROMISED = ("due_on_time", "tardiness_mean", "orders_overdue_end")
"""Figures that there are only where orders are due."""

_STREAM = r"(\.[A-Za-z_][A-Za-z0-9_]*)?"
_OF_ONE = re.compile(r"(balcony_\w+)(?=\.\d+$)|(due_on_time|tardiness_mean)(?=\.[A-Za-z_]\w*$)", re.ASCII)

_SUFFIXES = {"balcony_": r"(\.\d+)?", "due_on_time": _STREAM, "tardiness_mean": _STREAM}


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


def names_pattern(unit: str | None = None) -> str:
    """The names of all KPIs, or of those with a unit, as a regular expression of JSON Schema."""
    of_unit = [name for name, kpi in CATALOGUE.items() if unit in (None, kpi.unit)]
    return f"^({'|'.join(name + _suffix(name) for name in of_unit)})$"


def _suffix(name: str) -> str:
    """What may follow the name: a balcony or a stream of its own."""
    return next((suffix for beginning, suffix in _SUFFIXES.items() if name.startswith(beginning)), "")
