"""What the checker says: the rules by name, single violations, and the report as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

Id = int | str
"""The id of a bot, carrier, box, SKU, request or job, compared as written: 7 and "7" differ."""

Spot = tuple[int, int, int]
"""A place as ``(level, x, y)``."""

RULES: dict[str, str] = {
    "form.json": "every line is one JSON object",
    "form.first": "the first line, and only it, is SiteLoaded",
    "form.seq": "seq counts 1, 2, 3, ... without a gap",
    "form.time": "t_ms is an integer and never decreases",
    "form.field": "required fields are present and all fields have their types",
    "form.id": "ids that are used are known, ids that are created are new",
    "floor.shared": "two bots never hold the same cell at the same moment",
    "floor.swap": "two bots never exchange neighbouring cells through one another",
    "leg.start": "a leg starts where its bot is",
    "leg.step": "consecutive cells of a leg are neighbours",
    "leg.floor": "bots stay inside the map and on the floor",
    "leg.oneway": "a one-way cell is left only in its direction and never entered against it",
    "leg.times": "holding times of a leg follow one another without a gap",
    "leg.late": "a leg is written no later than it begins",
    "leg.overlap": "a bot finishes a leg before it begins the next",
    "cut.leg": "only the leg a bot is on is cut, and stays on its level with its load",
    "cut.way": "a cut leg leads along the planned cells",
    "cut.past": "a cut changes nothing that has happened already",
    "cut.sooner": "after a cut no cell is entered or left sooner than planned",
    "bot.place": "a bot is added on the floor and removed at rest, unladen and from where it is",
    "carrier.place": "a carrier is added to or removed from the place where it stands",
    "carrier.ground": "a carrier stands only on storage (s) and handover (b) places",
    "carrier.occupied": "two carriers never stand on one cell",
    "carrier.rest": "a bot lifts and lowers only at rest, on the cell that is named",
    "carrier.lift": "an unladen bot lifts the carrier that stands above it",
    "carrier.lower": "a bot lowers the carrier that it carries",
    "carrier.leg": "laden and carrier of a leg say what the bot carries",
    "carrier.blocked": "a laden bot never holds a cell on which a carrier is stored",
    "box.mask": "section_code_32 is 32 characters 0 or 1 with at least one 1",
    "box.overlap": "boxes on one carrier never overlap",
    "box.full": "a box is deleted only when it holds no pieces",
    "box.carrier": "a box stays on its carrier, and a carrier that leaves has no boxes",
    "piece.count": "item_count is never negative, and 0 without an SKU",
    "piece.before": "item_count_before is the count before the event",
    "piece.trigger": "a trigger moves exactly its job's quantity in its job's box as the job succeeds",
    "piece.once": "a job's pieces are moved once",
    "piece.missing": "a job with a quantity does not succeed without moving its pieces",
    "piece.sum": "per SKU: start + commands + replenished - picked = end",
    "life.state": "states are the documented ones",
    "life.from": "from is the state last seen",
    "life.terminal": "nothing leaves a terminal state",
    "life.identity": "a request or job keeps its type, a job its request",
    "life.request": "a job belongs to a known request",
    "life.ended": "a request succeeds only after its jobs have ended",
    "life.waiting": "a job waits for its trigger only while a bot holds its carrier at a handover place",
    "life.served": "a job that serves a request succeeds only where it may wait for its trigger",
    "life.moved": "a relocation or return succeeds only when its carrier has been put down",
    "live.request": "at the end every request has ended (with --complete)",
    "live.job": "at the end every job has ended (with --complete)",
    "live.carrier": "at the end no carrier is on a bot (with --complete)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One proven breach of a rule. ``line`` counts from 1; ``t_ms`` is when the rule is broken."""

    rule: str
    message: str
    line: int
    other_line: int | None = None
    t_ms: int | None = None
    bots: tuple[Id, ...] = ()
    carriers: tuple[Id, ...] = ()
    cells: tuple[Spot, ...] = ()
    boxes: tuple[Id, ...] = ()
    jobs: tuple[Id, ...] = ()
    requests: tuple[Id, ...] = ()

    def as_text(self) -> str:
        """One line: where, when, which rule, what."""
        where = f"line {self.line}" + (f" and line {self.other_line}" if self.other_line else "")
        when = "" if self.t_ms is None else f", t = {self.t_ms} ms"
        return f"{where}{when} [{self.rule}] {self.message}"


class Findings:
    """Collects violations: all are counted, the first ``limit`` are kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kept: list[Violation] = []
        self.by_rule: Counter[str] = Counter()

    def add(self, violation: Violation) -> None:
        """Count a violation, and keep it if there is room."""
        self.by_rule[violation.rule] += 1
        if len(self.kept) < self.limit:
            self.kept.append(violation)


@dataclass(slots=True, kw_only=True)
class Report:
    """The verdict on one log. Times in ms; ``complete`` tells whether liveness was demanded.

    ``pieces`` is the balance over all SKUs: start, commands, replenished, picked,
    unattributed (changes without a reason) and end.
    """

    complete: bool
    sha256: str = ""
    lines: int = 0
    horizon_ms: int = 0
    events: dict[str, int] = field(default_factory=dict)
    unknown_events: dict[str, int] = field(default_factory=dict)
    legs: int = 0
    cells: int = 0
    digs: int = 0
    bots: int = 0
    carriers: int = 0
    boxes: int = 0
    pieces: dict[str, int] = field(default_factory=dict)
    open_requests: int = 0
    open_jobs: int = 0
    carriers_on_bots: int = 0
    violation_count: int = 0
    violations_by_rule: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no rule is violated."""
        return self.violation_count == 0

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, ``ok`` first."""
        return {"ok": self.ok, **asdict(self)}

    def as_json(self) -> str:
        """The report as one indented JSON document."""
        return orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2).decode()

    def as_text(self) -> str:
        """The report for people."""
        return "\n".join([*self._facts(), "", self._verdict(), *self._findings()])

    def _facts(self) -> Iterable[str]:
        yield f"sha256   {self.sha256}"
        yield f"log      {self.lines} lines up to t = {self.horizon_ms} ms"
        yield f"fleet    {self.bots} bots, {self.carriers} carriers, {self.boxes} boxes"
        yield f"driven   {self.legs} legs over {self.cells} cells, {self.digs} digs"
        yield f"pieces   {_listed(self.pieces)}"
        yield f"open     {_listed(self._open())}"
        yield f"events   {_listed(self.events)}"
        if self.unknown_events:
            yield f"ignored  {_listed(self.unknown_events)}"

    def _open(self) -> dict[str, int]:
        return {
            "requests": self.open_requests,
            "jobs": self.open_jobs,
            "carriers on bots": self.carriers_on_bots,
        }

    def _verdict(self) -> str:
        if not self.ok:
            return f"REFUTED: {self.violation_count} violations ({_listed(self.violations_by_rule)})"
        rules = "every rule holds" if self.complete else "every rule but liveness (--complete) holds"
        return f"PROVED: {rules}"

    def _findings(self) -> Iterable[str]:
        yield from (f"  {violation.as_text()}" for violation in self.violations)
        if self.violation_count > len(self.violations):
            yield f"  ... and {self.violation_count - len(self.violations)} more"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
