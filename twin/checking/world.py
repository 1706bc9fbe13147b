"""What the checker knows while it reads: levels, bots, carriers, and where each is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.checking.reading import At
from twin.checking.report import Findings, Id, Spot, Violation

if TYPE_CHECKING:
    from twin.checking.legs import Leg

OPEN = 2**63
"""The end in ms of a holding whose end is not known yet."""

WALL = "#"
RESTS = frozenset("sb")
"""Map characters of cells on which a carrier may stand."""
HANDOVER = "b"
WAYS = {">": (1, 0), "<": (-1, 0), "v": (0, 1), "^": (0, -1)}
MAP_CHARACTERS = frozenset(".s#bcp><^v")


@dataclass(slots=True, eq=False)
class Hold:
    """A bot holds a cell during ``[start_ms, end_ms)``; ``line`` says so."""

    start_ms: int
    end_ms: int
    bot: Bot
    line: int


@dataclass(slots=True, eq=False)
class Level:
    """The floor of one level. A cell is addressed by the integer ``y * width + x``."""

    id: int
    width: int
    height: int
    kinds: str
    stored: dict[int, Carrier] = field(default_factory=dict)
    """The carrier that stands on a cell."""
    legal: set[tuple[int, int]] = field(default_factory=set)
    """Steps from cell to cell that were found in order, so that each is examined once."""

    def cell(self, x: int, y: int) -> int | None:
        """The cell at column ``x`` and row ``y``; None outside the map."""
        inside = 0 <= x < self.width and 0 <= y < self.height
        return y * self.width + x if inside else None

    def spot(self, cell: int) -> Spot:
        """``(level, x, y)`` of a cell."""
        y, x = divmod(cell, self.width)
        return (self.id, x, y)

    def named(self, cell: int) -> str:
        """A cell in words."""
        level, x, y = self.spot(cell)
        return f"({x}, {y}) on level {level}"


@dataclass(slots=True, eq=False)
class Bot:
    """A bot, the cell where it is or where its current leg ends, and what it carries.

    It stands still from ``ready_ms`` on; ``leg`` is its last leg. ``hold`` is the open holding of its cell,
    ``load_hold`` the one it has as a laden bot.
    """

    id: Id
    level: Level
    cell: int
    hold: Hold = field(init=False)
    ready_ms: int = 0
    line: int = 1
    carrying: Carrier | None = None
    leg: Leg | None = None
    load_hold: Hold | None = None


@dataclass(slots=True, eq=False)
class Carrier:
    """A carrier: on ``bot``, or else standing on ``cell`` since ``since_ms`` (said by ``line``)."""

    id: Id
    level: Level
    cell: int
    since_ms: int = 0
    line: int = 1
    bot: Bot | None = None


@dataclass(slots=True)
class World:
    """All levels, bots and carriers by id, and the findings so far."""

    findings: Findings
    levels: dict[int, Level] = field(default_factory=dict)
    bots: dict[Id, Bot] = field(default_factory=dict)
    carriers: dict[Id, Carrier] = field(default_factory=dict)
    bots_seen: set[Id] = field(default_factory=set)
    carriers_seen: set[Id] = field(default_factory=set)

    def refute(self, rule: str, message: str, at: At, **about: Any) -> None:
        """Record a violation found at a line and time."""
        line, t_ms = at
        self.findings.add(Violation(rule=rule, message=message, line=line, t_ms=t_ms, **about))

    def place(self, entry: dict[str, Any], at: At) -> tuple[Level, int] | None:
        """The level and cell that an event names; None, and a finding, where there is no such cell."""
        level = self.levels.get(entry["level"])
        if level is None:
            self.refute("form.id", f"Level {entry['level']} is not known.", at)
            return None
        cell = level.cell(entry["x"], entry["y"])
        if cell is None:
            spot = f"({entry['x']}, {entry['y']})"
            self.refute("leg.floor", f"{spot} is outside the map of level {level.id}.", at)
            return None
        return level, cell

    def bot(self, id_: Id, at: At) -> Bot | None:
        """The bot of an id; None, and a finding, where it is not known."""
        found = self.bots.get(id_)
        if found is None:
            self.refute("form.id", f"Bot {id_} is not known.", at, bots=(id_,))
        return found

    def carrier(self, id_: Id, at: At) -> Carrier | None:
        """The carrier of an id; None, and a finding, where it is not known."""
        found = self.carriers.get(id_)
        if found is None:
            self.refute("form.id", f"Carrier {id_} is not known.", at, carriers=(id_,))
        return found

    def carried(self) -> list[Carrier]:
        """The carriers that are on bots."""
        return [carrier for carrier in self.carriers.values() if carrier.bot is not None]

    def attended(self, carrier: Carrier) -> Bot | None:
        """The bot that carries a carrier, or stands under it where it was put down."""
        if carrier.bot is not None:
            return carrier.bot
        under = (b for b in self.bots.values() if b.cell == carrier.cell and b.level is carrier.level)
        return next(under, None)
