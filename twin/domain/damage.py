"""The faults that last now, and what they keep from working."""

from __future__ import annotations

from dataclasses import dataclass

from twin.domain import events as past
from twin.domain.errors import InUse, Invalid, NotFound
from twin.domain.faults import (
    BALCONY_BLOCKED,
    BOT_STALLED,
    CELL_BLOCKED,
    CHARGER_FAILED,
    EMERGENCY_STOP,
    PERSON_AWAY,
    TAG_UNREADABLE,
    Fault,
    PlannedFault,
)
from twin.domain.floor import Floor
from twin.domain.layout import CHARGER, ENDPOINTS, WALL
from twin.domain.state import State

Key = tuple[str, int | None, int | None]
"""Kind of a fault, and what has it: a bot, carrier, balcony, or level and cell."""


@dataclass(slots=True)
class Damage:
    """The faults of a state. Each method checks, changes and notes what happened."""

    state: State
    floor: Floor
    happened: list[past.Event]

    def __post_init__(self) -> None:
        for fault in self.state.faults.values():
            self._mark(fault)

    # -- what does not work now

    def lasting(self, kind: str, subject: int | None = None, cell: int | None = None) -> Fault | None:
        """The fault of a kind that a bot, carrier, balcony, or cell of a level has now."""
        if not self.state.faults:
            return None
        wanted = (kind, subject, cell)
        return next((f for f in self.state.faults.values() if key_of(f) == wanted), None)

    def is_away(self, balcony: int) -> bool:
        """Whether the simulated person of a balcony is not there."""
        return self.lasting(PERSON_AWAY, balcony) is not None

    def is_closed(self, balcony: int) -> bool:
        """Whether nothing new may be brought to a balcony."""
        return self.lasting(BALCONY_BLOCKED, balcony) is not None

    def is_unreadable(self, carrier: int) -> bool:
        """Whether the tag of a carrier cannot be read."""
        return self.lasting(TAG_UNREADABLE, carrier) is not None

    @property
    def stopped(self) -> bool:
        """Whether the emergency stop is pressed."""
        return self.lasting(EMERGENCY_STOP) is not None

    def blocked_cells(self, level: int) -> list[Fault]:
        """The faults that block cells of a level."""
        return [f for f in self.state.faults.values() if f.kind == CELL_BLOCKED and f.level == level]

    # -- faults come and go

    def check(self, fault: Fault) -> None:
        """Raises NotFound, Invalid or InUse where a fault cannot be, or is there already."""
        self.check_sense(fault)
        bot = None if fault.bot is None else self.state.bots[fault.bot]
        if bot is not None and bot.fault is not None:
            raise InUse(f"Bot {bot.id} cannot move already: {bot.fault}")
        if self.lasting(*key_of(fault)) is not None:
            raise InUse(f"{_subject(fault)} has this fault already; repair it first")

    def check_sense(self, fault: Fault) -> None:
        """Raises NotFound or Invalid where a fault could never be of what it names."""
        lasts_ms = None if fault.until_ms is None else fault.until_ms - fault.since_ms
        if lasts_ms is not None and lasts_ms < 1:
            raise Invalid("repair_ms", f"{lasts_ms} is no time: at least 1 ms, or none until it is repaired")
        self._check_subject(fault)

    def _check_subject(self, fault: Fault) -> None:
        state = self.state
        if fault.kind == BOT_STALLED:
            if fault.bot not in state.bots:
                raise NotFound("Bot", fault.bot or 0)
        elif fault.kind == TAG_UNREADABLE and fault.carrier not in state.carriers:
            raise NotFound("Carrier", fault.carrier or 0)
        elif fault.kind in (BALCONY_BLOCKED, PERSON_AWAY) and fault.balcony not in state.persons:
            raise NotFound("Balcony", fault.balcony or 0)
        elif fault.kind in (CELL_BLOCKED, CHARGER_FAILED):
            self._check_cell(fault)

    def _check_cell(self, fault: Fault) -> None:
        assert fault.level is not None
        assert fault.cell is not None
        kind = self.floor.decks[fault.level].level.kinds[fault.cell]
        if fault.kind == CHARGER_FAILED and kind != CHARGER:
            raise Invalid("x", f"There is no charger at {self._named(fault)}")
        if fault.kind == CELL_BLOCKED and kind in ENDPOINTS | {WALL}:
            raise Invalid("x", f"{self._named(fault)} is neither an aisle nor a storage position")

    def cell(self, level: int, x: int, y: int) -> int:
        """The cell at a place. Raises NotFound or Invalid where there is none."""
        deck = self.floor.decks.get(level)
        if deck is None:
            raise NotFound("Level", level)
        try:
            return deck.level.cell(x, y)
        except IndexError as error:
            raise Invalid("x", str(error)) from None

    def begin(self, fault: Fault) -> None:
        """A fault begins that ``check`` has let through; it is given an id unless its plan has one."""
        fault.id = fault.id or self._next_id()
        self.state.faults[fault.id] = fault
        self._mark(fault)
        self.happened.append(past.FaultBegan(*self._told(fault), fault.from_ms, fault.until_ms))

    def end(self, fault_id: int) -> Fault:
        """A fault has been repaired. Raises NotFound."""
        fault = self.state.faults.pop(fault_id, None)
        if fault is None:
            raise NotFound("Fault", fault_id)
        if fault.kind == CHARGER_FAILED:
            del self.floor.decks[fault.level or 0].broken[fault.cell or 0]
        self.happened.append(past.FaultEnded(*self._told(fault)))
        return fault

    def _next_id(self) -> int:
        self.state.next_fault += 1
        return self.state.next_fault - 1

    def plan(self, fault: Fault, repair_ms: int | None) -> PlannedFault:
        """Keep a fault that ``check_sense`` has let through for its time; it is given its id."""
        fault.id = self._next_id()
        subject = (fault.bot, fault.carrier, fault.balcony, fault.level, fault.cell)
        planned = PlannedFault(fault.id, fault.kind, fault.since_ms, repair_ms, *subject)
        self.state.planned_faults[fault.id] = planned
        self.happened.append(past.FaultPlanned(*self._told(fault), planned.at_ms, repair_ms))
        return planned

    def withdraw(self, fault_id: int) -> None:
        """A planned fault is taken back."""
        del self.state.planned_faults[fault_id]
        self.happened.append(past.FaultWithdrawn(fault_id))

    def _mark(self, fault: Fault) -> None:
        if fault.kind == CHARGER_FAILED:
            self.floor.decks[fault.level or 0].broken[fault.cell or 0] = None

    def _told(
        self, fault: Fault
    ) -> tuple[int, str, int | None, int | None, int | None, int | None, int | None, int | None]:
        x = y = None
        if fault.cell is not None:
            x, y = self.floor.decks[fault.level or 0].level.xy[fault.cell]
        return (fault.id, fault.kind, fault.bot, fault.carrier, fault.balcony, fault.level, x, y)

    def _named(self, fault: Fault) -> str:
        x, y = self.floor.decks[fault.level or 0].level.xy[fault.cell or 0]
        return f"({x}, {y}) on level {fault.level}"


def key_of(fault: Fault) -> Key:
    """What tells a fault from others that may last at the same time."""
    if fault.kind in (CELL_BLOCKED, CHARGER_FAILED):
        return (fault.kind, fault.level, fault.cell)
    subjects = {BOT_STALLED: fault.bot, TAG_UNREADABLE: fault.carrier}
    return (fault.kind, subjects.get(fault.kind, fault.balcony), None)


def _subject(fault: Fault) -> str:
    if fault.bot is not None:
        return f"Bot {fault.bot}"
    if fault.carrier is not None:
        return f"Carrier {fault.carrier}"
    if fault.balcony is not None:
        return f"Balcony {fault.balcony}"
    return "The storage" if fault.cell is None else f"Cell {fault.cell} of level {fault.level}"
