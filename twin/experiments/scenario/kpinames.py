"""The names that key figures can have (``docs/kpis.md``), so that a misspelt target is refused at once."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import product

from twin.records.measures import balconies, fleet
from twin.records.measures.orders import PARTS

TIMES = ("order_lead_time", "cycle_time")
NAMES = (
    *("lines_per_hour", "orders_per_hour", "presentations_per_hour", "refills_per_hour", "orders_failed"),
    *(f"{time}_{figure}" for time, figure in product(TIMES, ("mean", "p50", "p95"))),
    *(f"lead_{part}" for part in PARTS),
    *("due_on_time", "takt"),
    *(f"balcony_{state}" for state in balconies.STATES),
    *("digging_share", "digs_per_presentation"),
    *(f"bot_share_{state}" for state in fleet.STATES),
    *("charge_share", "energy_per_line", "fill_level", "open_orders_mean", "open_orders_end"),
)
_OF_ONE_BALCONY = re.compile(rf"balcony_({'|'.join(balconies.STATES)})\.\d+")


def kpi_trouble(name: str) -> str:
    """What is wrong with the name of a KPI, with advice; nothing if there is such a one."""
    if name in NAMES or _OF_ONE_BALCONY.fullmatch(name):
        return ""
    near = get_close_matches(name, NAMES, 1)
    return f"there is no KPI '{name[:40]}'; " + (f"did you mean '{near[0]}'?" if near else "see docs/kpis.md")
