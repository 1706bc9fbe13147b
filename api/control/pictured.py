"""What ``/view`` answers."""

from __future__ import annotations

from pydantic import BaseModel

from api.control.bodies import ClockAnswer
from api.ui.picture import Doing


class LevelMap(BaseModel):
    """A level: ``map`` has one character a position, row by row."""

    level: int
    height_mm: int
    map: list[str]


class HandoverPlace(BaseModel):
    """A handover place; ``cell`` is ``y * width + x``."""

    level: int
    cell: int


class BalconyPlaces(BaseModel):
    """A balcony with its handover places."""

    balcony: int
    places: list[HandoverPlace]


class SitePicture(BaseModel):
    """What never changes on a site."""

    site: str
    pitch_mm: int
    levels: list[LevelMap]
    balconies: list[BalconyPlaces]


class LevelNow(BaseModel):
    """``carrier_at`` has the carrier that stands on each cell, 0 where none does."""

    level: int
    carrier_at: list[int]


class BotNow(BaseModel):
    """A bot. ``cell`` is where it last came to rest.

    ``way`` is the leg that it drives: cells, each with the simulated ms at which it is over
    the middle of it; empty for a bot that stands.
    """

    bot: int
    level: int
    cell: int
    carrier: int | None
    soc_percent: int
    doing: Doing
    way: list[tuple[int, int]]


class WaitingJob(BaseModel):
    """A job that waits for its trigger."""

    job: str
    type: str
    request: str
    carrier: int | None
    level: int
    box: int | None
    sku: str | None
    quantity: int | None


class BalconyNow(BaseModel):
    """A balcony: presentations queued for it, under way to or from it, and jobs that wait for a person."""

    balcony: int
    operator: str
    away: bool
    blocked: bool
    queued: int
    under_way: int
    waiting: list[WaitingJob]


class FaultNow(BaseModel):
    """A fault that lasts; what it does not concern is null."""

    id: int
    kind: str
    since_ms: int
    from_ms: int
    until_ms: int | None
    bot: int | None
    carrier: int | None
    balcony: int | None
    level: int | None
    cell: int | None


class Told(BaseModel):
    """One of the latest lines of the vendor's events."""

    seq: int
    t_ms: int
    code: str
    component: str
    severity: int
    text: str


class ViewAnswer(BaseModel):
    """A warehouse at one instant."""

    clock: ClockAnswer
    levels: list[LevelNow]
    bots: list[BotNow]
    balconies: list[BalconyNow]
    faults: list[FaultNow]
    presentations: int
    told: list[Told]
