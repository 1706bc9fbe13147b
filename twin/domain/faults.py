"""What can go wrong on a site, as plain data: faults that last, and plans to draw them from.

A fault lasts from its beginning until it is repaired: by itself after a time that is
known at its beginning, or by a command. Nothing is lost by one: work that it
keeps from going on waits, or fails and gives back what it had booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

BOT_STALLED = "BOT_STALLED"
TAG_UNREADABLE = "TAG_UNREADABLE"
CELL_BLOCKED = "CELL_BLOCKED"
BALCONY_BLOCKED = "BALCONY_BLOCKED"
CHARGER_FAILED = "CHARGER_FAILED"
PERSON_AWAY = "PERSON_AWAY"
EMERGENCY_STOP = "EMERGENCY_STOP"

KIND_OF: Mapping[str, str] = {
    "stall": BOT_STALLED,
    "tag": TAG_UNREADABLE,
    "cell": CELL_BLOCKED,
    "balcony": BALCONY_BLOCKED,
    "charger": CHARGER_FAILED,
    "person": PERSON_AWAY,
    "emergency_stop": EMERGENCY_STOP,
}
"""Kinds of faults by the names under which people ask for them."""

KINDS = tuple(KIND_OF.values())

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    BOT_STALLED: ("bot",),
    TAG_UNREADABLE: ("carrier",),
    CELL_BLOCKED: ("level", "x", "y"),
    BALCONY_BLOCKED: ("balcony",),
    CHARGER_FAILED: ("level", "x", "y"),
    PERSON_AWAY: ("balcony",),
    EMERGENCY_STOP: (),
}
"""What must be named of each kind of fault: all of these and nothing else."""


@dataclass(slots=True)
class Fault:
    """A fault that lasts. Whatever it does not concern is None.

    ``from_ms`` is when it takes effect: later than ``since_ms`` only where bots that could
    not stop any more have to pass first. ``until_ms`` is when it ends by itself, None
    where somebody has to repair it.
    """

    id: int
    kind: str
    since_ms: int
    from_ms: int
    until_ms: int | None = None
    bot: int | None = None
    carrier: int | None = None
    balcony: int | None = None
    level: int | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault that is to begin at ``at_ms``, under the id that it has already.

    ``repair_ms`` is how long it will last, None: until it is repaired by command.
    """

    id: int
    kind: str
    at_ms: int
    repair_ms: int | None = None
    bot: int | None = None
    carrier: int | None = None
    balcony: int | None = None
    level: int | None = None
    cell: int | None = None

    def begun(self) -> Fault:
        """The fault that begins at its time."""
        until = None if self.repair_ms is None else self.at_ms + self.repair_ms
        return Fault(
            self.id,
            self.kind,
            self.at_ms,
            self.at_ms,
            until,
            self.bot,
            self.carrier,
            self.balcony,
            self.level,
            self.cell,
        )


@dataclass(frozen=True, slots=True)
class FaultRate:
    """How often one kind of fault comes, and how long it lasts.

    Times between two are exponential with mean ``mean_interval_ms``; repairs are
    log-normal with mean ``repair_mean_ms`` and a coefficient of variation of
    ``repair_cv_percent`` / 100 (0: constant).
    """

    kind: str
    mean_interval_ms: int
    repair_mean_ms: int = 120_000
    repair_cv_percent: int = 50


USUAL_REPAIR_MS: Mapping[str, int] = {
    BOT_STALLED: 90_000,
    TAG_UNREADABLE: 600_000,
    CELL_BLOCKED: 180_000,
    BALCONY_BLOCKED: 120_000,
    CHARGER_FAILED: 1_200_000,
    PERSON_AWAY: 300_000,
    EMERGENCY_STOP: 60_000,
}
"""Mean times to repair where nothing else is said (assumptions.md)."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Faults that come by chance, until ``until_ms`` (None: for ever). Without rates none come."""

    rates: tuple[FaultRate, ...] = ()
    until_ms: int | None = None

    @classmethod
    def every(
        cls, mean_interval_ms: int, until_ms: int | None = None, kinds: Iterable[str] = KINDS
    ) -> FaultPlan:
        """A fault every ``mean_interval_ms`` on average, of all ``kinds`` alike."""
        named = tuple(kinds)
        rates = (FaultRate(k, mean_interval_ms * len(named), USUAL_REPAIR_MS[k]) for k in named)
        return cls(tuple(rates), until_ms)


def plan_fault(plan: FaultPlan) -> str | None:
    """What is wrong with a plan, in words; None if it makes sense."""
    for rate in plan.rates:
        if rate.kind not in KINDS:
            return f"kind {rate.kind!r} is none of {', '.join(KINDS)}"
        if rate.mean_interval_ms < 1 or rate.repair_mean_ms < 1 or rate.repair_cv_percent < 0:
            return f"{rate.kind}: intervals and repairs take at least 1 ms, and vary by 0 % or more"
    kinds = [rate.kind for rate in plan.rates]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    return f"{twice} has two rates" if twice else None
