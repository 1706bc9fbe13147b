"""The frozen geometry of a site.

A level is a text map, one character per position. A position is addressed by
``(x, y)``: column and row of the map, both from 0, row 0 on top. Inside, it is
one integer, its *cell*: ``y * width + x``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

AISLE = "."
STORAGE = "s"
WALL = "#"
BALCONY = "b"
CHARGER = "c"
PARKING = "p"
ONE_WAY = {">": (1, 0), "<": (-1, 0), "v": (0, 1), "^": (0, -1)}

MAP_CHARACTERS = frozenset({AISLE, STORAGE, WALL, BALCONY, CHARGER, PARKING, *ONE_WAY})
LANE_WAYS = frozenset({AISLE, *ONE_WAY})
"""Positions that are driven through and never hold a stored carrier."""
ENDPOINTS = frozenset({BALCONY, CHARGER, PARKING})
"""Positions where a bot may stand without end; nobody's way leads through them."""


@dataclass(frozen=True, slots=True)
class Drive:
    """Kinematic limits: speed in mm/s, acceleration and deceleration in mm/s2."""

    speed_mm_s: int
    acceleration_mm_s2: int
    deceleration_mm_s2: int


@dataclass(frozen=True, slots=True)
class Motion:
    """How bots move. Times in ms; ``turn_ms`` is one change of driving axis at rest."""

    unladen: Drive = Drive(1500, 1000, 1000)
    laden: Drive = Drive(1000, 500, 500)
    turn_ms: int = 2000
    lift_ms: int = 2500
    lower_ms: int = 2500


@dataclass(frozen=True)
class Level:
    """One storage level: its id, its height above the floor (mm) and its map."""

    id: int
    height_mm: int
    rows: tuple[str, ...]

    @cached_property
    def width(self) -> int:
        """Positions per row."""
        return len(self.rows[0])

    @cached_property
    def height(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @cached_property
    def kinds(self) -> str:
        """The map as one string, indexed by cell."""
        return "".join(self.rows)

    @cached_property
    def xy(self) -> tuple[tuple[int, int], ...]:
        """``(x, y)`` of each cell."""
        return tuple((x, y) for y in range(self.height) for x in range(self.width))

    def cell(self, x: int, y: int) -> int:
        """The cell at ``(x, y)``. Raises IndexError outside the map."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise IndexError(f"({x}, {y}) is outside the {self.width} x {self.height} map of level {self.id}")
        return y * self.width + x

    def cells_of(self, kinds: str | frozenset[str]) -> tuple[int, ...]:
        """All cells whose character is in ``kinds``, in ascending order."""
        return tuple(c for c, kind in enumerate(self.kinds) if kind in kinds)


@dataclass(frozen=True, slots=True)
class Place:
    """A position on a level."""

    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Balcony:
    """A person's picking place with its handover places, at most a few per level."""

    id: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class BotStart:
    """A bot and the parking place or charger on which it starts."""

    id: int
    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CarrierStart:
    """A carrier and the storage position on which it starts."""

    id: int
    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Battery:
    """A bot's battery and what it feeds. Powers in W, capacity in Wh, levels in percent.

    A charger gives ``charge_w`` up to ``cc_until_percent``, then less and less. A bot
    with at most ``low_percent`` goes to a charger when it has done its work, and stays
    until ``enough_percent``. No work is given that would leave less than
    ``reserve_percent``.

    Bots start with ``start_percent``; or, where ``start_to_percent`` is given, spread
    evenly from the one to the other, as after hours of work, so that they do not all
    have to charge at the same time.
    """

    capacity_wh: int = 480
    idle_w: int = 15
    drive_unladen_w: int = 90
    drive_laden_w: int = 130
    lift_w: int = 250
    charge_w: int = 480
    cc_until_percent: int = 80
    low_percent: int = 25
    enough_percent: int = 90
    reserve_percent: int = 8
    start_percent: int = 100
    start_to_percent: int | None = None


LOG_NORMAL = "lognormal"
CONSTANT = "constant"
EXPONENTIAL = "exponential"
UNIFORM = "uniform"
TRIANGULAR = "triangular"

DISTRIBUTIONS: dict[str, str | None] = {
    LOG_NORMAL: "line_cv_percent",
    CONSTANT: None,
    EXPONENTIAL: None,
    UNIFORM: "line_spread_ms",
    TRIANGULAR: "line_spread_ms",
}
"""Distributions of a person's time per line, with the figure that each has besides its mean."""


@dataclass(frozen=True, slots=True)
class PersonTimes:
    """How long a simulated person takes: ``handling_ms`` once per carrier, then a drawn time per line.

    The time per line has the mean ``line_ms`` and is distributed as ``line_distribution``
    says: ``lognormal`` with a coefficient of variation of ``line_cv_percent`` / 100 (0 makes
    it constant); ``constant``; ``exponential``; ``uniform`` or ``triangular``, both symmetric
    about the mean and at most ``line_spread_ms`` away from it.
    """

    handling_ms: int = 2000
    line_ms: int = 5000
    line_cv_percent: int = 40
    line_distribution: str = LOG_NORMAL
    line_spread_ms: int = 0


@dataclass(frozen=True)
class Site:
    """Everything that is fixed about a warehouse before the first event."""

    name: str
    pitch_mm: int
    motion: Motion
    levels: tuple[Level, ...]
    balconies: tuple[Balcony, ...]
    bots: tuple[BotStart, ...]
    carriers: tuple[CarrierStart, ...]
    person: PersonTimes = PersonTimes()
    battery: Battery = Battery()

    @cached_property
    def level_by_id(self) -> dict[int, Level]:
        """Levels keyed by id."""
        return {level.id: level for level in self.levels}
