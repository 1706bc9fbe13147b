"""Which events an operator is told of, and how: one table of codes, one sentence each.

Legs are left out on purpose: they would drown everything else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from twin.domain import events as past
from twin.domain import faults, work
from twin.records.views.live import Live
from twin.records.views.rows import Happening

KEPT = 100_000
"""The latest so many happenings can be listed; the event log keeps them all."""

INFO, WARNING, ERROR = 1, 2, 3
SEVERITIES = {INFO: "information", WARNING: "warning", ERROR: "error"}

REQUESTS, JOBS, INVENTORY, BOTS, SYSTEM = "REQUESTS", "JOBS", "INVENTORY", "BOTS", "SYSTEM"
COMPONENTS = (REQUESTS, JOBS, INVENTORY, BOTS, SYSTEM)


class Kind(NamedTuple):
    """What all happenings of one code have in common."""

    code: str
    component: str
    severity: int = INFO


REQUEST_KINDS = {
    work.CREATED: Kind("0x5001", REQUESTS),
    work.IN_PROGRESS: Kind("0x5002", REQUESTS),
    work.SUCCEEDED: Kind("0x5003", REQUESTS),
    work.PARTIALLY_SUCCEEDED: Kind("0x5004", REQUESTS, WARNING),
    work.FAILED: Kind("0x5005", REQUESTS, ERROR),
}
JOB_KINDS = {
    work.ACCEPTED: Kind("0x5101", JOBS),
    work.STARTED: Kind("0x5102", JOBS),
    work.WAITING: Kind("0x5103", JOBS),
    work.SUCCEEDED: Kind("0x5104", JOBS),
    work.FAILED: Kind("0x5105", JOBS, WARNING),
}
LIFTED = Kind("0x5201", BOTS)
LOWERED = Kind("0x5202", BOTS)
SKU_CREATED = Kind("0x5301", INVENTORY)
SKU_CHANGED = Kind("0x5302", INVENTORY)
SKU_DELETED = Kind("0x5303", INVENTORY)
BOX_CREATED = Kind("0x5311", INVENTORY)
BOX_MOVED = Kind("0x5312", INVENTORY)
BOX_DELETED = Kind("0x5313", INVENTORY)
LOAD_CHANGED = Kind("0x5321", INVENTORY)
LOAD_REMOVED = Kind("0x5322", INVENTORY)
SITE_LOADED = Kind("0x5401", SYSTEM)
OPERATOR_CHANGED = Kind("0x5402", SYSTEM)
STATUS_CHANGED = Kind("0x5403", SYSTEM)
PERSON_ERRED = Kind("0x5404", SYSTEM, WARNING)
CARRIER_ADDED = Kind("0x5331", INVENTORY)
BOT_ADDED = Kind("0x5211", BOTS)
BOT_REMOVED = Kind("0x5212", BOTS, WARNING)
CHARGING_STARTED = Kind("0x5221", BOTS)
CHARGING_STOPPED = Kind("0x5222", BOTS)
CHARGE_NEEDED = Kind("0x5223", BOTS)
BOT_FAILED = Kind("0x5231", BOTS, ERROR)
BOT_RECOVERED = Kind("0x5232", BOTS)
BOT_HELD = Kind("0x5233", BOTS, WARNING)
BOT_FREED = Kind("0x5234", BOTS)
TAG_WRITTEN = Kind("0x5241", BOTS)
OUT_OF_REACH = Kind("0x5242", BOTS, ERROR)
FAULT_BEGAN = {
    faults.BOT_STALLED: Kind("0x5501", BOTS, ERROR),
    faults.TAG_UNREADABLE: Kind("0x5502", INVENTORY, WARNING),
    faults.CELL_BLOCKED: Kind("0x5503", SYSTEM, ERROR),
    faults.BALCONY_BLOCKED: Kind("0x5504", SYSTEM, WARNING),
    faults.CHARGER_FAILED: Kind("0x5505", SYSTEM, WARNING),
    faults.PERSON_AWAY: Kind("0x5506", SYSTEM, WARNING),
    faults.EMERGENCY_STOP: Kind("0x5507", SYSTEM, ERROR),
}
FAULT_ENDED = {
    faults.BOT_STALLED: Kind("0x5511", BOTS),
    faults.TAG_UNREADABLE: Kind("0x5512", INVENTORY),
    faults.CELL_BLOCKED: Kind("0x5513", SYSTEM),
    faults.BALCONY_BLOCKED: Kind("0x5514", SYSTEM),
    faults.CHARGER_FAILED: Kind("0x5515", SYSTEM),
    faults.PERSON_AWAY: Kind("0x5516", SYSTEM),
    faults.EMERGENCY_STOP: Kind("0x5517", SYSTEM),
}
FAULT_TEXTS = {
    faults.BOT_STALLED: "bot {e.bot} has stalled",
    faults.TAG_UNREADABLE: "the tag of carrier {e.carrier} cannot be read",
    faults.CELL_BLOCKED: "x {e.x}, y {e.y} on level {e.level} is blocked",
    faults.BALCONY_BLOCKED: "balcony {e.balcony} is blocked",
    faults.CHARGER_FAILED: "the charger at x {e.x}, y {e.y} on level {e.level} does not work",
    faults.PERSON_AWAY: "the person of balcony {e.balcony} is away",
    faults.EMERGENCY_STOP: "the emergency stop is pressed",
}


class Happenings:
    """The latest happenings, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Happening] = deque(maxlen=KEPT)
        self._noted = 0
        self._live: Live[Happening] = Live()
        self._shown = range(0)

    def note(self, seq: int, t_ms: int, event: past.Event) -> None:
        """Keep what an event means to an operator, if it means anything."""
        tell = _TELLERS.get(type(event))
        if tell is not None:
            self._kept.append(tell(seq, t_ms, event))
            self._noted += 1

    def keep(self, count: int) -> None:
        """Keep only the latest ``count`` from now on, at most KEPT; older ones are dropped for good."""
        if count != self._kept.maxlen:
            self._kept = deque(self._kept, maxlen=min(count, KEPT))

    def rows(self) -> list[Happening]:
        """All that are kept."""
        return list(self._kept)

    def latest(self, count: int) -> list[Happening]:
        """The latest ``count``, oldest first."""
        return [*islice(reversed(self._kept), count)][::-1]

    def live(self) -> Live[Happening]:
        """All that are kept, in slots: that of the n-th is n modulo KEPT."""
        before, now = self._shown, range(self._noted - len(self._kept), self._noted)
        for number in range(before.start, min(before.stop, now.start)):
            self._live.put(number % KEPT, None)
        new = now.stop - max(before.stop, now.start)
        for number, row in zip(range(now.stop - new, now.stop), self.latest(new), strict=True):
            self._enter(number, row)
        self._shown = now
        return self._live

    def _enter(self, number: int, row: Happening) -> None:
        slot, live = number % KEPT, self._live
        while len(live.rows) <= slot:
            live.add(None, len(live.rows))
        live.ranks[slot] = number
        live.put(slot, row)


def _request(seq: int, t_ms: int, e: past.RequestStateChanged) -> Happening:
    text = f"Request {e.request} ({e.type_name}) is now {e.to}"
    return Happening(seq, t_ms, *REQUEST_KINDS[e.to], text, request=e.request)


def _job(seq: int, t_ms: int, e: past.JobStateChanged) -> Happening:
    subject = f"carrier {e.carrier}" if e.carrier is not None else f"bot {e.bot or 'yet to come'}"
    text = f"Job {e.job} ({e.type_name}) for {subject} is now {e.to}"
    return Happening(seq, t_ms, *JOB_KINDS[e.to], text, e.bot, e.level, e.request)


def _lifted(seq: int, t_ms: int, e: past.CarrierLifted) -> Happening:
    text = f"Bot {e.bot} has lifted carrier {e.carrier} at x {e.x}, y {e.y}"
    return Happening(seq, t_ms, *LIFTED, text, e.bot, e.level)


def _lowered(seq: int, t_ms: int, e: past.CarrierLowered) -> Happening:
    text = f"Bot {e.bot} has put carrier {e.carrier} down at x {e.x}, y {e.y}"
    return Happening(seq, t_ms, *LOWERED, text, e.bot, e.level)


def _of_bot(kind: Kind, sentence: str) -> Callable[[int, int, Any], Happening]:
    """A teller for events about one bot on its level."""

    def tell(seq: int, t_ms: int, event: Any) -> Happening:
        return Happening(seq, t_ms, *kind, sentence.format(e=event), event.bot, event.level)

    return tell


def _fault_began(seq: int, t_ms: int, e: past.FaultBegan) -> Happening:
    until = "until it is repaired" if e.until_ms is None else f"for {(e.until_ms - t_ms + 500) // 1000} s"
    text = f"Fault {e.fault}: {FAULT_TEXTS[e.kind].format(e=e)}, {until}"
    return Happening(seq, t_ms, *FAULT_BEGAN[e.kind], text, e.bot, e.level)


def _fault_ended(seq: int, t_ms: int, e: past.FaultEnded) -> Happening:
    text = f"Fault {e.fault} is repaired: {FAULT_TEXTS[e.kind].format(e=e)} no more"
    return Happening(seq, t_ms, *FAULT_ENDED[e.kind], text, e.bot, e.level)


def _load(seq: int, t_ms: int, e: past.LoadChanged) -> Happening:
    if e.sku is None:
        text = f"Box {e.box} holds no SKU any more; {e.item_count_before} pieces were taken out last"
        return Happening(seq, t_ms, *LOAD_REMOVED, text)
    text = f"Box {e.box} holds {e.item_count} of up to {e.item_count_max} pieces of SKU {e.sku}"
    return Happening(seq, t_ms, *LOAD_CHANGED, text)


def _charge_needed(seq: int, t_ms: int, e: past.ChargeNeeded) -> Happening:
    text = f"Bot {e.bot} " + ("must charge before it may work" if e.needed else "may work again")
    return Happening(seq, t_ms, *CHARGE_NEEDED, text, e.bot, e.level)


def _plain(kind: Kind, sentence: str) -> Callable[[int, int, Any], Happening]:
    """A teller for events that name neither bot, level nor request."""

    def tell(seq: int, t_ms: int, event: Any) -> Happening:
        return Happening(seq, t_ms, *kind, sentence.format(e=event))

    return tell


_TELLERS: dict[type, Callable[[int, int, Any], Happening]] = {
    past.RequestStateChanged: _request,
    past.JobStateChanged: _job,
    past.CarrierLifted: _lifted,
    past.CarrierLowered: _lowered,
    past.LoadChanged: _load,
    past.FaultBegan: _fault_began,
    past.FaultEnded: _fault_ended,
    past.SkuCreated: _plain(SKU_CREATED, "SKU {e.sku} was created"),
    past.SkuChanged: _plain(SKU_CHANGED, "Master data of SKU {e.sku} was changed"),
    past.SkuDeleted: _plain(SKU_DELETED, "SKU {e.sku} was deleted"),
    past.BoxCreated: _plain(
        BOX_CREATED, "Box {e.box} was put on carrier {e.carrier}, sections {e.section_code_32}"
    ),
    past.BoxSectionChanged: _plain(
        BOX_MOVED, "Box {e.box} on carrier {e.carrier} was moved to sections {e.section_code_32}"
    ),
    past.BoxDeleted: _plain(BOX_DELETED, "Box {e.box} was taken off carrier {e.carrier}"),
    past.SiteLoaded: _plain(SITE_LOADED, "Site {e.site} was loaded"),
    past.CarrierAdded: _plain(CARRIER_ADDED, "Carrier {e.carrier} was added at level {e.level}"),
    past.StorageStatusChanged: _plain(STATUS_CHANGED, "The storage was {e.from_} and is now {e.to}"),
    past.BotAdded: _of_bot(BOT_ADDED, "Bot {e.bot} was put on level {e.level} at x {e.x}, y {e.y}"),
    past.BotRemoved: _of_bot(BOT_REMOVED, "Bot {e.bot} was taken off level {e.level}"),
    past.ChargingStarted: _of_bot(CHARGING_STARTED, "Bot {e.bot} has begun to charge"),
    past.ChargingStopped: _of_bot(CHARGING_STOPPED, "Bot {e.bot} has stopped charging"),
    past.ChargeNeeded: _charge_needed,
    past.BotFailed: _of_bot(BOT_FAILED, "Bot {e.bot} cannot move: {e.reason}"),
    past.BotRecovered: _of_bot(BOT_RECOVERED, "Bot {e.bot} can move again"),
    past.BotHeld: _of_bot(BOT_HELD, "Bot {e.bot} stands at x {e.x}, y {e.y} and cannot go on: {e.reason}"),
    past.BotFreed: _of_bot(BOT_FREED, "Bot {e.bot} goes on"),
    past.TagWritten: _of_bot(TAG_WRITTEN, "Bot {e.bot} has written the tag at x {e.x}, y {e.y}"),
    past.OutOfReach: _plain(OUT_OF_REACH, "No battery on level {e.level} can hold enough for job {e.job}"),
    past.PersonErred: _plain(PERSON_ERRED, "At balcony {e.balcony}, in job {e.job}: {e.mistake}"),
    past.OperatorChanged: _plain(
        OPERATOR_CHANGED, "Triggers at balcony {e.balcony} are now given by: {e.mode}"
    ),
}

_NAMED = {kind.code: name for name, kind in globals().items() if isinstance(kind, Kind)}
_OF_TABLES = {
    kind.code: f"{what} {name}"
    for what, kinds in (
        ("request", REQUEST_KINDS),
        ("job", JOB_KINDS),
        ("fault:", FAULT_BEGAN),
        ("repaired:", FAULT_ENDED),
    )
    for name, kind in kinds.items()
}
EVENT_CODES = {code: name.lower().replace("_", " ") for code, name in sorted((_NAMED | _OF_TABLES).items())}
"""The codes of all events that an operator can be told of, each with what it says in a few words."""
