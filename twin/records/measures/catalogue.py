"""What the key figures are called, in which unit they are, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass

from twin.records.measures import balconies, fleet
from twin.records.measures.orders import PARTS

SECONDS, SHARE, JOULES, NUMBER = "s", "%", "J", ""


@dataclass(frozen=True, slots=True)
class Kpi:
    """A key figure. ``better`` is 1 where more is better, -1 where less is, 0 where neither is."""

    name: str
    title: str
    unit: str
    better: int

    @property
    def plain_unit(self) -> str:
        """The unit of the value as it is: shares lie between 0 and 1."""
        return "share" if self.unit == SHARE else self.unit

    def shown(self, value: float) -> float:
        """The value in the unit that people read: shares in percent."""
        return 100 * value if self.unit == SHARE else value


def _times(name: str, title: str) -> list[Kpi]:
    kinds = (("mean", "mean"), ("p50", "median"), ("p95", "95th percentile"))
    return [Kpi(f"{name}_{key}", f"{title}, {word}", SECONDS, -1) for key, word in kinds]


_PARTS = {
    "queue": "waiting until a bot sets out",
    "dig": "digging",
    "travel": "travel",
    "blocked": "blocked by traffic",
    "charge": "waiting for charge",
    "wait_for_person": "waiting for the person",
    "pick": "picking",
}
_BOTS = {
    "travel_empty": "driving empty",
    "travel_laden": "driving laden",
    "lift": "lifting",
    "wait_traffic": "waiting in traffic",
    "wait_station": "at a balcony",
    "dig": "digging",
    "to_charger": "to a charger",
    "charge": "charging",
    "idle": "idle",
    "fault": "fault",
    "task": "other tasks",
}
_PEOPLE = {
    "utilisation": "working",
    "starved": "starved (no carrier)",
    "blocked": "blocked (carrier cannot leave)",
    "unattended": "carrier unattended",
    "idle": "nothing asked for",
}
_PEOPLE_BETTER = {"starved": -1, "blocked": -1, "unattended": -1}

CATALOGUE: dict[str, Kpi] = {
    kpi.name: kpi
    for kpi in (
        Kpi("lines_per_hour", "Lines", "lines/h", 1),
        Kpi("orders_per_hour", "Orders", "orders/h", 1),
        Kpi("presentations_per_hour", "Presentations", "carriers/h", 0),
        Kpi("refills_per_hour", "Refills", "lines/h", 0),
        *_times("order_lead_time", "Order lead time"),
        Kpi("due_on_time", "Orders on time", SHARE, 1),
        Kpi("tardiness_mean", "Time overdue of an order, mean", SECONDS, -1),
        Kpi("orders_overdue_end", "Open orders overdue at the end", "orders", -1),
        *(Kpi(f"lead_{part}", f"Lead time: {_PARTS[part]}", SECONDS, -1) for part in PARTS),
        Kpi("takt", "Takt of a balcony", SECONDS, -1),
        *(
            Kpi(f"balcony_{state}", f"Balconies: {_PEOPLE[state]}", SHARE, _PEOPLE_BETTER.get(state, 0))
            for state in balconies.STATES
        ),
        *(Kpi(f"bot_share_{state}", f"Bots: {_BOTS[state]}", SHARE, 0) for state in fleet.STATES),
        Kpi("technical_availability", "Technical availability of bots", SHARE, 1),
        Kpi("charge_share", "Charging share of bots", SHARE, -1),
        *_times("cycle_time", "Cycle time of bots"),
        Kpi("digging_share", "Digging share of moves", SHARE, -1),
        Kpi("digs_per_presentation", "Digs per presentation", "digs", -1),
        Kpi("energy_per_line", "Energy per line", JOULES, -1),
        Kpi("fill_level", "Fill level", SHARE, 0),
        Kpi("density", "Density of storage", SHARE, 0),
        Kpi("open_orders_mean", "Open orders, mean", "orders", -1),
        Kpi("open_orders_end", "Open orders at the end", "orders", -1),
        Kpi("orders_failed", "Orders failed", "orders", -1),
    )
}
"""Every figure in the order in which a reader wants them; those of single balconies are left out."""


def describe(name: str) -> Kpi:
    """What there is to say of a figure; for one of a single balcony or stream, what is said of all of them.

    A name that is not known describes itself: a study may have figures of its own.
    """
    stem, dot, part = name.partition(".")
    known = CATALOGUE.get(stem)
    if known is None:
        return Kpi(name, name.replace("_", " "), NUMBER, 0)
    return Kpi(name, f"{known.title} ({part})", known.unit, known.better) if dot else known
