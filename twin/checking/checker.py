"""The checker: reads an event log once, line by line, and proves or refutes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from os import PathLike

from twin.checking.boxes import Boxes
from twin.checking.carriers import CarrierLayer, Lifting
from twin.checking.cutting import Cutting
from twin.checking.driving import Driving
from twin.checking.floor import Floor
from twin.checking.legs import Leg, read_leg
from twin.checking.lifecycles import Lifecycles
from twin.checking.loading import Loading
from twin.checking.pieces import Pieces
from twin.checking.reading import At, NotALogError, Read, Reader
from twin.checking.report import Findings, Report
from twin.checking.shapes import Event
from twin.checking.world import OPEN, World

Handler = Callable[[Event, At], None]


class Checker:
    """Takes lines with `feed`, and gives the verdict with `finish`.

    What happens at one ``t_ms`` is one moment, in the order of the lines. A leg that is
    written ahead begins after everything else of the moment in which it begins.
    """

    def __init__(self, complete: bool = False, limit: int = 50) -> None:
        self._complete = complete
        self._findings = Findings(limit)
        self._reader = Reader(self._findings)
        self._world = World(self._findings)
        self._floor = Floor(self._world)
        self._layer = CarrierLayer(self._world)
        self._lifting = Lifting(self._world, self._layer)
        self._driving = Driving(self._world, self._floor, self._layer)
        self._cutting = Cutting(self._world, self._floor, self._layer)
        self._boxes = Boxes(self._world)
        self._lives = Lifecycles(self._world)
        self._pieces = Pieces(self._world, self._boxes, self._lives)
        self._loading = Loading(self._world, self._driving, self._lifting, self._boxes, self._pieces)
        self._ahead: list[tuple[int, int, Leg]] = []
        self._now_ms = 0
        self._loaded = False
        self._legs = 0
        self._cells = 0
        self._handlers = self._wire()

    def feed(self, raw: bytes) -> None:
        """Read the next line, with or without its line feed."""
        read = self._reader.read(raw)
        if self._reader.line == 1:
            self._start(read)
        elif read is not None and self._loaded:
            if read.type_name != "LegCut" or read.at.t_ms > self._now_ms:
                self._cutting.finish()
            self._pass_time(read.at.t_ms)
            self._boxes.turn(read.event, read.at)
            self._handlers[read.type_name](read.event, read.at)

    def finish(self) -> Report:
        """The verdict on everything that was fed."""
        if self._reader.line == 0:
            raise NotALogError("there is not a single line")
        end = At(self._reader.line, self._reader.now_ms)
        # Unless the log is complete, its last moment may go on in lines that are not there,
        # so that nothing is said of that moment as a whole, nor of legs that begin with it or later.
        horizon_ms = OPEN if self._complete else end.t_ms
        over = self._now_ms < horizon_ms
        self._cutting.finish()
        self._boxes.finish(over)
        self._begin_legs(horizon_ms)
        if over:
            self._settle()
        self._floor.finish(horizon_ms)
        self._layer.finish(horizon_ms)
        pieces = self._pieces.finish(end)
        if self._complete:
            self._check_liveness(end)
        return self._report(pieces)

    def _wire(self) -> dict[str, Handler]:
        return {
            "SiteLoaded": self._load_again,
            "LegPlanned": self._plan_leg,
            "LegCut": self._cut_leg,
            "FaultBegan": self._begin_fault,
            "FaultEnded": lambda event, at: self._floor.unblock(event["fault"], at.t_ms),
            "CarrierLifted": self._lifting.lifted,
            "CarrierLowered": self._lifting.lowered,
            "CarrierAdded": self._lifting.added,
            "CarrierRemoved": self._remove_carrier,
            "BotAdded": self._driving.add_bot,
            "BotRemoved": self._driving.remove_bot,
            "BoxCreated": self._boxes.created,
            "BoxDeleted": self._boxes.deleted,
            "BoxSectionChanged": self._boxes.section_changed,
            "LoadChanged": self._pieces.changed,
            "RequestStateChanged": self._lives.request_changed,
            "JobStateChanged": self._lives.job_changed,
        }

    def _start(self, read: Read | None) -> None:
        if read is not None and read.type_name == "SiteLoaded":
            self._loaded = self._loading.load(read.event, read.at)
        elif not self._reader.known["SiteLoaded"]:
            message = "The log does not begin with SiteLoaded, so that nothing else can be judged."
            self._world.refute("form.first", message, At(1, self._reader.now_ms))

    def _pass_time(self, t_ms: int) -> None:
        if t_ms > self._now_ms:
            self._begin_legs(t_ms)
            self._settle()
            self._now_ms = t_ms

    def _begin_legs(self, before_ms: int) -> None:
        while self._ahead and self._ahead[0][0] < before_ms:
            self._begin(heappop(self._ahead)[2])

    def _settle(self) -> None:
        self._pieces.settle(self._now_ms)
        self._lives.settle()

    def _load_again(self, _: Event, at: At) -> None:
        self._world.refute("form.first", "SiteLoaded comes again.", at)

    def _plan_leg(self, event: Event, at: At) -> None:
        leg = read_leg(self._world, event, at)
        if leg is None:
            return
        self._legs += 1
        self._cells += len(leg.cells)
        if leg.start.t_ms > at.t_ms:
            heappush(self._ahead, (leg.start.t_ms, at.line, leg))
        else:
            self._begin(leg)

    def _cut_leg(self, event: Event, at: At) -> None:
        leg = read_leg(self._world, event, at, begun=True)
        if leg is not None:
            self._cutting.cut(leg)

    def _begin_fault(self, event: Event, at: At) -> None:
        if event["kind"] == "CELL_BLOCKED":
            place = self._world.place(event, at)
            if place is not None:
                self._floor.block(event["fault"], *place, max(at.t_ms, event["from_ms"]), at.line)

    def _begin(self, leg: Leg) -> None:
        bot = self._world.bots.get(leg.bot)
        if bot is not None and len(leg.cells) > 1:
            left = bot.carrying or bot.level.stored.get(bot.cell)
            if left is not None:
                self._lives.departed(left, leg)
        self._driving.drive(leg)

    def _remove_carrier(self, event: Event, at: At) -> None:
        self._boxes.carrier_removed(event["carrier"], at)
        self._lifting.removed(event, at)

    def _check_liveness(self, end: At) -> None:
        refute = self._world.refute
        for request in self._lives.open_requests():
            message = f"Request {request.id} is {request.state} at the end of the log."
            refute("live.request", message, end, other_line=request.line, requests=(request.id,))
        for job in self._lives.open_jobs():
            message = f"Job {job.id} is {job.state} at the end of the log."
            refute("live.job", message, end, other_line=job.line, jobs=(job.id,))
        for carrier in self._world.carried():
            message = f"Carrier {carrier.id} is on a bot at the end of the log."
            refute("live.carrier", message, end, carriers=(carrier.id,))

    def _report(self, pieces: dict[str, int]) -> Report:
        reader, by_rule = self._reader, self._findings.by_rule
        return Report(
            complete=self._complete,
            sha256=reader.sha256,
            lines=reader.line,
            horizon_ms=reader.now_ms,
            events=dict(sorted(reader.known.items())),
            unknown_events=dict(sorted(reader.unknown.items())),
            legs=self._legs,
            cells=self._cells,
            digs=self._lives.digs,
            bots=len(self._world.bots_seen),
            carriers=len(self._world.carriers_seen),
            boxes=self._boxes.seen,
            pieces=pieces,
            open_requests=len(self._lives.open_requests()),
            open_jobs=len(self._lives.open_jobs()),
            carriers_on_bots=len(self._world.carried()),
            violation_count=by_rule.total(),
            violations_by_rule=dict(sorted(by_rule.items())),
            violations=self._findings.kept,
        )


def check_lines(lines: Iterable[bytes], complete: bool = False, limit: int = 50) -> Report:
    """Check the lines of a log; at most ``limit`` violations are described, all are counted.

    ``complete`` says that nothing comes after the last line: then all work must have
    ended, and bots stand where they are for ever. Raises NotALogError.
    """
    checker = Checker(complete, limit)
    for raw in lines:
        checker.feed(raw)
    return checker.finish()


def check_file(path: str | PathLike[str], complete: bool = False, limit: int = 50) -> Report:
    """Check the log in a file, see `check_lines`. Raises OSError and NotALogError."""
    with open(path, "rb") as lines:
        return check_lines(lines, complete, limit)
