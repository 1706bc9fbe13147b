"""What may be asked of the plant: plain data in the imperative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twin.domain.bots import Mistakes
from twin.domain.inventory import PIECE, UNASSIGN
from twin.domain.layout import PersonTimes


class _Unset:
    """Marks a field that a change leaves alone (None is a value)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset()
Unset = _Unset


@dataclass(frozen=True, slots=True)
class CreateSku:
    """Create master data. Refused where the id is taken. Result: the SKU's id."""

    id: str
    name: str | None = None
    measurement_unit: str = PIECE
    on_empty_sku_action: str = UNASSIGN


@dataclass(frozen=True, slots=True)
class ChangeSku:
    """Change master data of an SKU; fields left UNSET stay."""

    id: str
    name: str | Unset | None = UNSET
    measurement_unit: str | Unset = UNSET
    on_empty_sku_action: str | Unset = UNSET
    picture: str | Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class DeleteSku:
    """Delete an SKU that has neither stock nor open work."""

    id: str


@dataclass(frozen=True, slots=True)
class CreateBox:
    """Put an empty box on free sections of a carrier. Result: the box's id."""

    carrier: int
    mask: int


@dataclass(frozen=True, slots=True)
class MoveBox:
    """Give a box other sections on the carrier it stands on."""

    box: int
    mask: int


@dataclass(frozen=True, slots=True)
class DeleteBox:
    """Take away a box that holds no load."""

    box: int


@dataclass(frozen=True, slots=True)
class SwapBoxes:
    """Exchange the sections of two boxes (each stays on its carrier)."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class MoveBoxes:
    """Give several boxes other sections at once: all of it or nothing. Pairs of box and mask."""

    moves: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CreateLoad:
    """Assign an SKU and pieces to an empty box."""

    box: int
    sku: str
    item_count: int
    item_count_max: int


@dataclass(frozen=True, slots=True)
class ChangeLoad:
    """Correct the load of a box; fields left UNSET stay."""

    box: int
    sku: str | Unset = UNSET
    item_count: int | Unset = UNSET
    item_count_max: int | Unset = UNSET


@dataclass(frozen=True, slots=True)
class DeleteLoad:
    """Take the load out of a box. Refused while jobs have booked pieces of it."""

    box: int


@dataclass(frozen=True, slots=True)
class SkuLine:
    """One line of a fulfillment or replenishment, quantity in pieces."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PlaceFulfillment:
    """Ask for pieces to be picked. Result: the request's id (``id`` or a new one)."""

    lines: tuple[SkuLine, ...]
    priority: int = 0
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceReplenishment:
    """Ask for pieces to be filled into boxes that hold their SKU. Result: the request's id."""

    lines: tuple[SkuLine, ...]
    priority: int = 0
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceFetch:
    """Ask for carriers to be shown at a balcony. Result: the request's id.

    Carriers are named by text, as the client wrote them, so that an unknown one is
    refused with its own name.
    """

    carriers: tuple[str, ...]
    priority: int = 0
    id: str | None = None


@dataclass(frozen=True, slots=True)
class TriggerJob:
    """Say that the person at the balcony is done with a job, and how it ended."""

    job: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SetOperator:
    """Choose who gives the triggers at a balcony (all balconies where ``balcony`` is None)."""

    mode: str
    balcony: int | None = None


@dataclass(frozen=True, slots=True)
class SetPerson:
    """Change how simulated people work at a balcony (at all where ``balcony`` is None), from the next job on.

    ``times`` None: those of the site; ``mistakes`` None: there are none.
    """

    balcony: int | None = None
    times: PersonTimes | None = None
    mistakes: Mistakes | None = None


@dataclass(frozen=True, slots=True)
class PlacePause:
    """Let no work be begun any more; the storage is paused when every bot has come to rest."""

    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceResume:
    """Let work be begun again."""

    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceCharging:
    """Send bots to chargers: one, those of a level, or all. ``force`` also those that have enough."""

    bot: int | None = None
    level: int | None = None
    force: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceUncharging:
    """Take bots off their chargers. ``force`` also those that have little."""

    bot: int | None = None
    level: int | None = None
    force: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceOnboarding:
    """Let a person put a new bot on a handover place; it joins when the job is triggered."""

    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceOffboarding:
    """Let a bot drive to a handover place, where a person takes it off when the job is triggered."""

    bot: int
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceRfidWrite:
    """Let a bot write the tags of all storage positions of its level, closed for work meanwhile.

    ``from_scratch`` False goes on after the positions that an earlier writing has done.
    """

    level: int
    bot: int
    from_scratch: bool = True
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceCarrierOnboarding:
    """Let a person put a new carrier on a bot at a balcony; it is stored when the job is triggered."""

    balcony: int
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RestartBrain:
    """Start the control software again: no decision is made until it is up. Trips under way go on."""


@dataclass(frozen=True, slots=True)
class RemoveBots:
    """Take bots out by hand, wherever they stand. Refused for one that moves or carries something."""

    bots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SendPersonAway:
    """Let the simulated person of a balcony be away after the job in hand. Result: the fault's id.

    Here and below ``repair_ms`` is the time until the fault ends by itself, None: until it is
    repaired by command.
    """

    balcony: int
    repair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FailCharger:
    """Let a charger feed nobody. Result: the fault's id."""

    level: int
    x: int
    y: int
    repair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FailTag:
    """Let the tag of a carrier be unreadable: what it is presented for fails. Result: the fault's id."""

    carrier: int
    repair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class BlockBalcony:
    """Let nothing new be brought to a balcony. Result: the fault's id."""

    balcony: int
    repair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class StallBot:
    """Let a bot stop as soon as it can and stand, with what it carries. Result: the fault's id."""

    bot: int
    repair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class BlockCell:
    """Keep everybody out of an aisle or storage position, if no bot stands there. Result: the fault's id."""

    level: int
    x: int
    y: int
    repair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Let all bots stop as soon as they can and stand. Result: the fault's id."""

    repair_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RepairFault:
    """Say that a fault has been repaired; one that is planned is taken back."""

    fault: int


@dataclass(frozen=True, slots=True)
class PlanFault:
    """Let a fault of a ``kind`` begin at ``at_ms`` (None: now), of all that ``SUBJECTS`` names.

    Result: its id, which it has from now on. What cannot be at that time is told then (``FaultMissed``).
    """

    kind: str
    at_ms: int | None = None
    repair_ms: int | None = None
    bot: int | None = None
    carrier: int | None = None
    balcony: int | None = None
    level: int | None = None
    x: int | None = None
    y: int | None = None


FaultCommand = (
    StallBot
    | BlockCell
    | EmergencyStop
    | SendPersonAway
    | FailCharger
    | FailTag
    | BlockBalcony
    | RepairFault
    | PlanFault
)

TaskRequest = (
    PlaceCharging
    | PlaceUncharging
    | PlaceOnboarding
    | PlaceOffboarding
    | PlaceRfidWrite
    | PlaceCarrierOnboarding
)

Command = (
    CreateSku
    | ChangeSku
    | DeleteSku
    | CreateBox
    | MoveBox
    | DeleteBox
    | SwapBoxes
    | MoveBoxes
    | CreateLoad
    | ChangeLoad
    | DeleteLoad
    | PlaceFulfillment
    | PlaceReplenishment
    | PlaceFetch
    | TriggerJob
    | SetOperator
    | SetPerson
    | PlacePause
    | PlaceResume
    | TaskRequest
    | RestartBrain
    | RemoveBots
    | FaultCommand
)
