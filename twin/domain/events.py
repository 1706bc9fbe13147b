"""What has happened: plain data in the past tense. The event log is made of these alone.

Field names are those of the log (``docs/event-log.md``); ``from_`` is written as
``from``. Times are integer milliseconds, places are columns and rows of the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SiteLoaded:
    """The state at the start: the first event of every log."""

    site: str
    seed: int
    epoch: str
    pitch_mm: int
    battery: dict[str, int]
    levels: list[dict[str, Any]]
    balconies: list[dict[str, Any]]
    bots: list[dict[str, Any]]
    carriers: list[dict[str, Any]]
    boxes: list[dict[str, Any]]
    loads: list[dict[str, Any]]
    skus: list[str]


@dataclass(frozen=True, slots=True)
class LegPlanned:
    """A bot sets out on a leg; it holds cell i during [enter_ms[i], leave_ms[i]).

    ``waits`` are the stretches ``(i, from_ms, until_ms)`` in which it stands still on
    cell i because another bot needs the way ahead; empty on a free way.
    """

    bot: int
    level: int
    laden: bool
    carrier: int | None
    cells: list[tuple[int, int]]
    enter_ms: list[int]
    leave_ms: list[int | None]
    arrive_ms: int
    energy_mj: int
    waits: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class LegCut:
    """A bot ends the leg it is on early: the whole leg as it is driven now, instead of the planned one."""

    bot: int
    level: int
    laden: bool
    carrier: int | None
    cells: list[tuple[int, int]]
    enter_ms: list[int]
    leave_ms: list[int | None]
    arrive_ms: int
    energy_mj: int
    waits: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class BotHeld:
    """A bot stands where its trip was interrupted; ``reason`` says why it cannot go on now."""

    bot: int
    level: int
    x: int
    y: int
    reason: str


@dataclass(frozen=True, slots=True)
class BotFreed:
    """A bot that was held goes on."""

    bot: int
    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CarrierLifted:
    """A bot at rest has finished lifting the carrier above it."""

    bot: int
    carrier: int
    level: int
    x: int
    y: int
    energy_mj: int


@dataclass(frozen=True, slots=True)
class CarrierLowered:
    """A bot at rest has finished putting its carrier down."""

    bot: int
    carrier: int
    level: int
    x: int
    y: int
    energy_mj: int


@dataclass(frozen=True, slots=True)
class SkuCreated:
    """Master data of an SKU was created."""

    sku: str


@dataclass(frozen=True, slots=True)
class SkuChanged:
    """Master data of an SKU was changed."""

    sku: str


@dataclass(frozen=True, slots=True)
class SkuDeleted:
    """An SKU was deleted."""

    sku: str


@dataclass(frozen=True, slots=True)
class BoxCreated:
    """An empty box was put on a carrier."""

    box: int
    carrier: int
    section_code_32: str


@dataclass(frozen=True, slots=True)
class BoxDeleted:
    """An empty box was taken away."""

    box: int
    carrier: int


@dataclass(frozen=True, slots=True)
class BoxSectionChanged:
    """A box was given other sections; events of one ``batch`` count as one change."""

    box: int
    carrier: int
    section_code_32: str
    batch: int


@dataclass(frozen=True, slots=True)
class LoadChanged:
    """The load of a box after a change; ``sku`` is null where none is assigned any more.

    ``reason`` is ``command`` or ``trigger``; ``job`` names the job of a trigger.
    """

    box: int
    sku: str | None
    item_count: int
    item_count_before: int
    item_count_max: int
    reason: str
    job: str | None


@dataclass(frozen=True, slots=True)
class RequestStateChanged:
    """A request entered a state."""

    request: str
    type_name: str
    from_: str | None
    to: str


@dataclass(frozen=True, slots=True)
class JobStateChanged:
    """A job entered a state."""

    job: str
    request: str
    type_name: str
    from_: str | None
    to: str
    bot: int | None
    carrier: int | None
    balcony: int | None
    level: int
    box: int | None
    sku: str | None
    quantity: int | None


@dataclass(frozen=True, slots=True)
class ServiceStarted:
    """A simulated person began to work on a job and will be done at ``until_ms``."""

    balcony: int
    carrier: int
    job: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class OperatorChanged:
    """It was changed who gives the triggers at a balcony."""

    balcony: int
    mode: str


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """How simulated people work at a balcony was changed; None: the times of the site, no mistakes."""

    balcony: int
    times: dict[str, Any] | None
    mistakes: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class PersonErred:
    """A simulated person made a mistake in a job: ``WRONG_QUANTITY``, ``FAILED_PICK`` or ``SLOW``."""

    balcony: int
    job: str
    mistake: str


@dataclass(frozen=True, slots=True)
class CarrierAdded:
    """A carrier was put on a bot at a handover place."""

    carrier: int
    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class BotAdded:
    """A bot was put on the floor."""

    bot: int
    level: int
    x: int
    y: int
    energy_mj: int


@dataclass(frozen=True, slots=True)
class BotRemoved:
    """A bot was taken off the floor."""

    bot: int
    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class ChargingStarted:
    """A charger feeds a bot from now on; ``energy_mj`` is what its battery holds."""

    bot: int
    level: int
    x: int
    y: int
    energy_mj: int


@dataclass(frozen=True, slots=True)
class ChargeNeeded:
    """A bot may not work before it has been charged; with ``needed`` false it may again."""

    bot: int
    level: int
    x: int
    y: int
    needed: bool


@dataclass(frozen=True, slots=True)
class ChargingStopped:
    """A charger feeds a bot no longer; ``energy_mj`` is what its battery holds."""

    bot: int
    level: int
    x: int
    y: int
    energy_mj: int


@dataclass(frozen=True, slots=True)
class BotFailed:
    """A bot cannot move; ``reason`` says why."""

    bot: int
    level: int
    x: int
    y: int
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """No bot of a level can hold enough energy for a job, which fails for that."""

    job: str
    level: int


@dataclass(frozen=True, slots=True)
class BotRecovered:
    """A bot can move again; ``energy_mj`` is what its battery holds."""

    bot: int
    level: int
    x: int
    y: int
    energy_mj: int


@dataclass(frozen=True, slots=True)
class TagWritten:
    """A bot has written the tag of a storage position."""

    bot: int
    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class StorageStatusChanged:
    """The storage as a whole entered another status."""

    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class FaultBegan:
    """Something does not work from ``from_ms`` on; ``until_ms`` is null until somebody repairs it."""

    fault: int
    kind: str
    bot: int | None
    carrier: int | None
    balcony: int | None
    level: int | None
    x: int | None
    y: int | None
    from_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class FaultEnded:
    """What did not work works again."""

    fault: int
    kind: str
    bot: int | None
    carrier: int | None
    balcony: int | None
    level: int | None
    x: int | None
    y: int | None


@dataclass(frozen=True, slots=True)
class FaultPlanned:
    """Something shall not work from ``at_ms`` on, for ``repair_ms`` (null: until somebody repairs it)."""

    fault: int
    kind: str
    bot: int | None
    carrier: int | None
    balcony: int | None
    level: int | None
    x: int | None
    y: int | None
    at_ms: int
    repair_ms: int | None


@dataclass(frozen=True, slots=True)
class FaultWithdrawn:
    """A planned fault will not come."""

    fault: int


@dataclass(frozen=True, slots=True)
class FaultMissed:
    """A planned fault has not come at its time, for a ``reason`` in words."""

    fault: int
    reason: str


Event = (
    SiteLoaded
    | LegPlanned
    | LegCut
    | BotHeld
    | BotFreed
    | CarrierLifted
    | CarrierLowered
    | SkuCreated
    | SkuChanged
    | SkuDeleted
    | BoxCreated
    | BoxDeleted
    | BoxSectionChanged
    | LoadChanged
    | RequestStateChanged
    | JobStateChanged
    | ServiceStarted
    | OperatorChanged
    | PersonChanged
    | PersonErred
    | CarrierAdded
    | BotAdded
    | BotRemoved
    | ChargingStarted
    | ChargeNeeded
    | ChargingStopped
    | BotFailed
    | BotRecovered
    | OutOfReach
    | TagWritten
    | StorageStatusChanged
    | FaultBegan
    | FaultEnded
    | FaultPlanned
    | FaultWithdrawn
    | FaultMissed
)
