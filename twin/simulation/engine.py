"""The engine: one plant, one agenda, one order of things.

Everything happens here one after the other: either an alarm is rung, or a command is
applied between two alarms. After each, whatever has become possible is begun, and
what has happened goes to the observers before anybody gets an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain.errors import BrokenOff, BrokenPolicy, Refusal
from twin.domain.faults import CELL_BLOCKED, FaultPlan
from twin.domain.layout import Site
from twin.domain.plant import Plant
from twin.domain.state import State
from twin.policies.chosen import Choice, Policies
from twin.policies.registry import ALLOCATION
from twin.policies.routing import Routes
from twin.simulation import (
    arriving,
    charging,
    deciding,
    dispatching,
    driving,
    failing,
    foreseen,
    holding,
    maintaining,
    serving,
    shifting,
    watching,
)
from twin.simulation.agenda import Agenda, Key
from twin.simulation.arriving import Demand
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.randomness import Streams
from twin.simulation.shifting import Absence
from twin.simulation.traffic import Traffic

Observer = Callable[[int, int, past.Event], None]
"""Called with the number of an event, its time in ms, and the event."""

SNAPSHOT_FORMAT = 1
PLACING = (ask.PlaceFulfillment, ask.PlaceReplenishment, ask.PlaceFetch)
_IN_THE_BACKGROUND = (charging.ALARM, failing.CHANCE, failing.PLANNED, shifting.ALARM, watching.ALARM)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run is made of besides its commands. ``epoch`` is simulated time 0, ISO 8601 in UTC.

    ``policies`` are the names of those it runs with.
    """

    site: Site
    seed: int
    epoch: str
    policies: Choice = field(default_factory=Choice)


@dataclass(slots=True)
class Memory:
    """The engine's own state besides the plant's: clock, position in the log, what is to come."""

    now_ms: int = 0
    seq: int = 0
    demands: list[Demand] = field(default_factory=list)
    faults: FaultPlan = field(default_factory=FaultPlan)
    absences: list[Absence] = field(default_factory=list)


class Engine:
    """A running twin. All times are integer milliseconds since the epoch of the run."""

    def __init__(
        self,
        origin: Origin,
        plant: Plant,
        memory: Memory,
        streams: Streams,
        policies: Policies | None = None,
    ) -> None:
        self.policies = policies or Policies.of(origin.policies)
        self.origin = replace(origin, policies=self.policies.choice)
        self.plant = plant
        self.memory = memory
        self.streams = streams
        self.agenda = Agenda(memory.now_ms, self._ring)
        self.traffic = make_traffic(plant)
        self.changed: dict[int, None] = {}
        self.commands: list[tuple[int, ask.Command]] = []
        self.loops = [i for i, demand in enumerate(memory.demands) if demand.arrivals == arriving.CLOSED]
        self._observers: list[Observer] = []
        self._broken_off: str | None = None
        self._amid = False
        self._acts: dict[str, Callable[[Engine, int], None]] = {
            "bot": driving.advance,
            "person": serving.finish,
            "plan": dispatching.plan,
            "demand": arriving.arrive,
            charging.ALARM: charging.ring,
            "brain": maintaining.started,
            shifting.ALARM: shifting.leave,
            failing.CHANCE: failing.strike,
            watching.ALARM: watching.ring,
            failing.REPAIR: failing.end,
            failing.PLANNED: foreseen.come,
        }
        for bot in plant.state.bots.values():
            self.traffic[bot.level].resume(bot, memory.now_ms)
        for fault in plant.state.faults.values():
            if fault.kind == CELL_BLOCKED:
                failing.close(self, fault)
        for level in plant.decks:
            holding.note_closed(self, level)

    # -- time

    @property
    def now(self) -> int:
        """Simulated time in ms."""
        return self.memory.now_ms

    @property
    def idle(self) -> bool:
        """Whether no carrier is asked for or away, no bot has anything else to do, and none is on its way."""
        state = self.plant.state
        return not state.visits and not state.tasks and not any(bot.steps for bot in state.bots.values())

    @property
    def quiet(self) -> bool:
        """Whether without a command nothing will happen but idle batteries and faults to come.

        Parked bots charge and drain, and faults come for ever; time need not run for that alone, unless
        work waits for a bot that has to be charged or rescued first.
        """
        if self.agenda.besides(*_IN_THE_BACKGROUND):
            return False
        return self.agenda.peek() is None or not charging.is_waited_for(self)

    def peek(self) -> int | None:
        """When the next event is due, in ms; None if nothing is pending."""
        return self.agenda.peek()

    def step(self) -> None:
        """Let the next event happen; nothing if none is pending. Errors as ``run_until``."""
        self._check_whole()
        if self.agenda.peek() is not None:
            self._amid = True
            try:
                self.agenda.run_next()
            except BaseException as error:
                self._break_off(error)
                raise
            finally:
                self._amid = False

    def run_until(self, t_ms: int) -> None:
        """Let everything happen that is due at or before ``t_ms``; the clock then shows ``t_ms``.

        Whatever stops it amid an event, Ctrl-C too, leaves half of one: from then on all that would build
        on that raises BrokenOff. Raises RuntimeError where it is called amid an event, as by a policy,
        or while another thread runs it.
        """
        self._check_whole()
        agenda = self.agenda
        self._amid = True
        try:
            while (due := agenda.peek()) is not None and due <= t_ms:
                agenda.run_next()
        except BaseException as error:
            self._break_off(error)
            raise
        finally:
            self._amid = False
        self.memory.now_ms = max(self.memory.now_ms, t_ms)

    def _break_off(self, error: BaseException) -> None:
        told = f": {error}" if str(error) else ""
        self._broken_off = f"at {self.now} ms by {type(error).__name__}{told}"

    def _check_whole(self) -> None:
        if self._broken_off is not None:
            told = f"this twin was stopped amid an event {self._broken_off}"
            raise BrokenOff(f"{told}. It cannot go on; forks and snapshots that were made before can")
        if self._amid:
            raise RuntimeError(
                "this twin is amid an event: neither its policies and observers nor another thread may"
                " let its time pass, order or fork until that is over"
            )

    def _ring(self, key: Key) -> None:
        self.memory.now_ms = self.agenda.now
        self._acts[key[0]](self, key[1])
        self._settle()

    # -- commands

    def apply(self, command: ask.Command) -> object:
        """Carry out a command now, after all that is due at this instant.

        Returns the id it created or concerns, if any. Raises a Refusal with nothing
        changed, and BrokenOff. The command is in ``commands`` before this returns.
        """
        self.run_until(self.now)
        self._amid = True
        try:
            result = self.carry_out(command)
            self.commands.append((self.now, command))
            self._settle()
        except BaseException as error:
            # A refusal has changed nothing, nor has a policy that was still choosing boxes.
            if self.plant.happened or not (isinstance(error, Refusal) or isinstance(command, PLACING)):
                self._break_off(error)
            raise
        finally:
            self._amid = False
        return result

    def carry_out(self, command: ask.Command) -> object:
        """The change itself; commands that come from inside (people, demand) enter here too."""
        if isinstance(command, PLACING):
            return self._place(command)
        if isinstance(command, ask.TriggerJob):
            serving.trigger(self, command)
            return None
        if isinstance(command, ask.SetOperator):
            self.plant.set_operator(command, self.now)
            serving.look_everywhere(self)
            return None
        if isinstance(command, ask.SetPerson):
            self.plant.set_person(command, self.now)
            return None
        if type(command) in maintaining.COMMANDS:
            return maintaining.carry_out(self, command)
        if type(command) in failing.COMMANDS:
            return failing.carry_out(self, command)
        if isinstance(command, ask.PlanFault):
            return foreseen.plan(self, command)
        return self.plant.change_stock(command, self.now)

    def _place(self, command: ask.PlaceFulfillment | ask.PlaceReplenishment | ask.PlaceFetch) -> str:
        self.plant.check(command)
        picks = deciding.picks(self, command)
        try:
            request = self.plant.accept(command, picks, self.now)
        except BrokenPolicy as wrong:
            raise deciding.broken(self, ALLOCATION, str(wrong)) from None
        for level in self.plant.queues.changed_levels:
            dispatching.look_later(self, level)
        self.plant.queues.changed_levels.clear()
        return request

    # -- what follows from a change

    def touch(self, level: int) -> None:
        """Note that something may have become possible on a level."""
        self.changed[level] = None

    def _settle(self) -> None:
        while self.changed:
            level = min(self.changed)
            del self.changed[level]
            dispatching.begin_what_can_be(self, level)
        maintaining.pause_if_at_rest(self)
        if self.loops:
            arriving.watch(self)
        self._tell()

    def _tell(self) -> None:
        happened, memory = self.plant.happened, self.memory
        for event in happened:
            memory.seq += 1
            for observer in self._observers:
                observer(memory.seq, memory.now_ms, event)
        happened.clear()

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Let ``observer`` be told of every event from now on. Returns how to end that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def start(self) -> None:
        """Note the state at the start as the first event."""
        self.plant.happened.insert(0, self.plant.loaded(self.origin.seed, self.origin.epoch))
        for bot in self.plant.state.bots.values():
            charging.come_to_rest(self, bot)
        for number, demand in enumerate(self.memory.demands):
            arriving.begin(self, number, demand)
        failing.start(self)
        shifting.start(self)
        self._settle()

    # -- law 1

    def snapshot(self) -> dict[str, Any]:
        """All that the twin knows now, as JSON values. Errors as ``run_until``."""
        self._check_whole()
        return self.moment()

    def moment(self) -> dict[str, Any]:
        """As ``snapshot``, but also amid an event: to be looked at, as nothing goes on from half of one."""
        return {
            "format": SNAPSHOT_FORMAT,
            "origin": to_plain(self.origin),
            "memory": to_plain(self.memory),
            "state": to_plain(self.plant.state),
            "keep_ended": self.plant.orders.keep_ended,
            "agenda": self.agenda.pending(),
            "streams": self.streams.states(),
        }


def restore(snapshot: dict[str, Any], policies: Policies | None = None) -> Engine:
    """A twin that goes on from a snapshot, with the policies it names unless others are given.

    Raises ValueError for a snapshot of another format, UnknownPolicy for a name that is
    not registered in this process.
    """
    if snapshot.get("format") != SNAPSHOT_FORMAT:
        raise ValueError(f"snapshot format {snapshot.get('format')!r}; this version reads {SNAPSHOT_FORMAT}")
    origin: Origin = from_plain(Origin, snapshot["origin"])
    state: State = from_plain(State, snapshot["state"])
    plant = Plant(origin.site, state, snapshot["keep_ended"])
    memory: Memory = from_plain(Memory, snapshot["memory"])
    engine = Engine(origin, plant, memory, Streams(origin.seed, snapshot["streams"]), policies)
    for kind, number, due in snapshot["agenda"]:
        engine.agenda.set((kind, number), due)
    return engine


def make_traffic(plant: Plant) -> dict[int, Traffic]:
    """Traffic per level; levels drawn alike share their routes."""
    site = plant.site
    routes: dict[tuple[str, ...], Routes] = {}
    for level in site.levels:
        if level.rows not in routes:
            routes[level.rows] = Routes(level, plant.decks[level.id].lanes, site.motion, site.pitch_mm)
    return {level.id: Traffic(level, routes[level.rows], site) for level in site.levels}
