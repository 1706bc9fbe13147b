"""Bots and the steps they are committed to."""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.domain.layout import PersonTimes

X_AXIS = 0
Y_AXIS = 1

LEG = "leg"
LIFT = "lift"
LOWER = "lower"
WRITE = "write"
HOLD = "hold"


@dataclass(slots=True)
class Step:
    """One thing a bot does between two simulation events; all times in ms since the start.

    A leg carries its cells with the time each is entered and left; the bot keeps
    the last cell until its next leg leaves it. ``axis`` is the driving axis at its
    end. ``runs`` are the cells of each stretch from stop to stop, ``departs`` when it sets
    out on each, ``waits`` the stretches in which it stands still for others: index of the
    cell, from, until. Lifting and lowering happen at rest and have no cells.
    ``energy_mj`` is what the step draws from the battery.

    A HOLD interrupts a trip: the bot stands, for as long as it has to, where the step before
    ended. What follows is what is left of the trip, with the times it was once planned
    for; ``begin_ms`` says when it was interrupted.
    """

    kind: str
    begin_ms: int
    end_ms: int
    carrier: int | None = None
    energy_mj: int = 0
    cells: list[int] = field(default_factory=list)
    enter_ms: list[int] = field(default_factory=list)
    leave_ms: list[int] = field(default_factory=list)
    axis: int = X_AXIS
    waits: list[tuple[int, int, int]] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    departs: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Bot:
    """A bot stays on its level. ``cell`` is where it last came to rest.

    ``energy_mj`` is what the battery held at ``metered_ms``; ``drawn_mj`` and
    ``charged_mj`` are the sums of what it has given and taken since the start.
    ``charging`` says whether a charger feeds it, ``must_charge`` that it may not work
    before, ``fault`` what keeps it from moving, ``task`` the job it has besides visits,
    which it does once it is at rest (``task_begun``).

    ``parking`` is the parking place or charger it holds or is on its way to,
    ``visit`` the visit it works for, ``steps`` what it is committed to: the first
    one is under way, the last one ends on a parking place or a handover place.
    """

    id: int
    level: int
    cell: int
    axis: int = X_AXIS
    carrier: int | None = None
    parking: int | None = None
    visit: int | None = None
    steps: list[Step] = field(default_factory=list)
    energy_mj: int = 0
    metered_ms: int = 0
    drawn_mj: int = 0
    charged_mj: int = 0
    charging: bool = False
    must_charge: bool = False
    fault: str | None = None
    task: str | None = None
    task_begun: bool = False

    @property
    def held(self) -> bool:
        """Whether it stands where its trip was interrupted."""
        return bool(self.steps) and self.steps[0].kind == HOLD

    @property
    def interrupted(self) -> bool:
        """Whether its trip was interrupted: it stands there, or is on the way to where it will."""
        return any(step.kind == HOLD for step in self.steps)

    @property
    def moving(self) -> bool:
        """Whether a step is under way."""
        return bool(self.steps) and self.steps[0].kind != HOLD


WRONG_QUANTITY = "WRONG_QUANTITY"
FAILED_PICK = "FAILED_PICK"
SLOW = "SLOW"
MISTAKES = (WRONG_QUANTITY, FAILED_PICK, SLOW)


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What goes wrong in how many of a hundred jobs, each for itself.

    A wrong quantity is one piece too many or too few; a failed pick ends the job as failed;
    a slow one takes ``slow_factor`` times as long.
    """

    wrong_quantity_percent: int = 0
    failed_pick_percent: int = 0
    slow_percent: int = 0
    slow_factor: int = 5


@dataclass(slots=True)
class Person:
    """Who gives the triggers at a balcony, and what a simulated person is doing.

    ``visit`` and ``job`` are what the person serves now, until ``until_ms``. ``times`` are
    the person's own, None: those of the site.
    """

    balcony: int
    mode: str
    waiting: list[int] = field(default_factory=list)
    visit: int | None = None
    job: str | None = None
    until_ms: int | None = None
    times: PersonTimes | None = None
    mistakes: Mistakes | None = None
