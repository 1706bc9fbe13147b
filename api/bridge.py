"""The one place where HTTP meets the engine.

Everything happens on one asyncio loop, so there is one writer. The engine runs in
slices of a few wall milliseconds; between two slices, that is between two events,
commands are applied and requests answered, at any speed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.leases import Leases
from api.surprise import Loud, Unavailable
from api.world import World
from twin.domain.commands import Command
from twin.domain.errors import Invalid, Refusal
from twin.records.store import CannotKeep
from twin.simulation.advancing import Advance, Goal
from twin.simulation.engine import Engine
from twin.simulation.pacing import MAX, Pace, Speed
from twin.simulation.stopping import Breakpoints, Meanwhile
from twin.simulation.watching import Deadlock

SLICE_S: Final = 0.003
"""Wall seconds for which the engine may run before others have their turn."""
SHORTEST_SLICE_S: Final = 0.0002
"""Wall seconds for which an engine may run at least; less would be spent on taking turns alone."""
CATCH_UP_S: Final = 0.01
"""Wall seconds for which a command waits for the twin to reach its pace; then it lags."""
LONGEST_SLEEP_S: Final = 3600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock at an instant; all times in simulated ms.

    ``next_event_ms`` and ``next_of`` (who it is about, as in ``bot 3``) are None where
    nothing is due. ``stopped_by`` is the breakpoint that has stopped it, until it moves again.
    """

    speed: Speed
    now_ms: int
    lag_ms: int
    next_event_ms: int | None
    next_of: str | None
    advancing: bool
    leases: int
    stopped_by: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an advance ended: the reason, events handled, the status of what was waited for, the clock then."""

    reason: str
    events: int
    status: str | None
    clock: Clock
    meanwhile: Meanwhile


@dataclass(slots=True)
class Turns:
    """How many worlds of a server want to run now. Their slices together stay short."""

    busy: int = 0

    @property
    def slice_s(self) -> float:
        """Wall seconds for which one engine may run before others have their turn."""
        return max(SHORTEST_SLICE_S, SLICE_S / max(1, self.busy))


Gone = Callable[[], Awaitable[bool]]


async def _never_gone() -> bool:
    return False


def _no_more(_world: World) -> None:
    return None


def _kept(error: Deadlock) -> Path:
    """A file of its own, which stays when the server has ended, with the snapshot of a deadlock."""
    handle, name = tempfile.mkstemp(prefix="twin-", suffix=".deadlock.json")
    with os.fdopen(handle, "w") as file:
        json.dump(error.snapshot, file)
    return Path(name)


class Bridge:
    """Runs an engine at a pace on the running loop, and lets commands in.

    ``build`` makes the world, in a thread. ``clock`` tells the wall seconds. Bridges on
    one loop share their ``turns``.
    """

    def __init__(
        self,
        build: Callable[[], World],
        speed: Speed,
        clock: Callable[[], float] = time.monotonic,
        turns: Turns | None = None,
    ) -> None:
        self._build = build
        self._then: Callable[[World], None] = _no_more
        self._turns = turns or Turns()
        self._last_ms = 0
        self._clock = clock
        self._world: World | None = None
        self._pace = Pace(speed, clock(), 0)
        self._trouble: str | None = "the site is being loaded"
        self._wake = asyncio.Event()
        self._one_advance = asyncio.Lock()
        self.breakpoints = Breakpoints()
        self._leases = Leases()
        self._stopped_by: str | None = None
        self._advancing = False
        self._spectators: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.failed = self._closed = False
        self.refusal: Refusal | None = None
        self.ready = asyncio.Event()

    # -- life

    def start(self) -> None:
        """Build the engine and run it, in the background."""
        self._task = asyncio.create_task(self._live(), name="twin")
        self._task.add_done_callback(self._ended)

    def fail(self, reason: str) -> None:
        """Refuse all further work, for a reason outside the simulation."""
        self._trouble, self.failed = reason, True
        _log.critical(reason)

    def when_built(self, then: Callable[[World], None]) -> None:
        """Have ``then`` called with the world once it is built, before anybody may work with it."""
        self._then = then

    def close(self, why: str = "the twin is shutting down") -> None:
        """Refuse all further work, for good; what is under way ends at the next event."""
        self._closed = True
        self._trouble = self._trouble or why
        if self._task is not None:
            self._task.cancel()
        else:
            self.ready.set()  # never started, and never will be

    async def replace(
        self,
        build: Callable[[], World],
        speed: Speed | None = None,
        then: Callable[[World], None] = _no_more,
    ) -> World:
        """Serve another world instead, made in a thread; the one before, which is returned.

        ``then`` is called with the new one at the moment from which it is served. ``speed`` None:
        that of this moment.

        It also mends a twin whose simulation has failed. Raises what making it raises, and
        Unavailable where there was none before, or where it was closed meanwhile; the old one
        is served on then.
        """
        before = self.world
        new = await asyncio.to_thread(build)
        async with self._one_advance:
            if self._closed:
                raise Unavailable(self._trouble)
            self._world, self._last_ms = new, new.last_ms
            new.engine.subscribe(self.breakpoints.observe)
            self._set_pace(self._pace.speed if speed is None else speed)
            then(new)
            for spectator in self._spectators:
                spectator()
            if self._task is None or self._task.done():
                self._trouble, self.failed = None, False
                self._task = asyncio.create_task(self._follow(), name="twin")
                self._task.add_done_callback(self._ended)
        return before

    def watch(self, spectator: Callable[[], None]) -> Callable[[], None]:
        """Have ``spectator`` called after every event, and when another world is served. How to end that."""
        forget = self.engine.subscribe(lambda _seq, _t_ms, _event: spectator())
        self._spectators.append(spectator)

        def end() -> None:
            forget()
            self._spectators.remove(spectator)

        return end

    @property
    def trouble(self) -> str | None:
        """Why no command can be taken, or None where all is well."""
        return self._trouble

    @property
    def built(self) -> bool:
        """Whether there is a world."""
        return self._world is not None

    @property
    def speed(self) -> Speed:
        """The speed that was set last."""
        return self._pace.speed

    @property
    def turns(self) -> Turns:
        """What it shares with the other bridges of its loop."""
        return self._turns

    @property
    def world(self) -> World:
        """The world, to be read between two events. Raises Unavailable until it is built."""
        if self._world is None:
            raise Unavailable(self._trouble)
        return self._world

    @property
    def engine(self) -> Engine:
        """The engine of the world. Raises Unavailable until it is built."""
        return self.world.engine

    async def _live(self) -> None:
        self._world = await asyncio.to_thread(self._build)
        self._last_ms = self._world.last_ms
        self._set_pace(self._pace.speed)
        self._stop_if_struck()  # while it was brought back
        self._world.engine.subscribe(self.breakpoints.observe)
        self._then(self._world)
        self._trouble = None
        self.ready.set()
        await self._follow()

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Refusal):
            self._trouble, self.refusal = str(error), error
        elif error is not None and not isinstance(error, Unavailable):
            self._fail(error)
        self.ready.set()

    def _fail(self, error: BaseException) -> None:
        self.failed = True
        where = f"at {self._world.engine.now} ms" if self._world else "before its start"
        failed = f"the simulation failed {where}: {type(error).__name__}: {error}"
        if isinstance(error, Deadlock):
            failed += f"; the moment is kept in {_kept(error)}"
        self._trouble = str(error) if isinstance(error, CannotKeep) else failed
        _log.critical(self._trouble, exc_info=error)

    def _check(self) -> Engine:
        """The engine, where it may be worked with. Raises Unavailable."""
        if self._trouble is not None:
            raise Unavailable(self._trouble)
        return self.engine

    # -- pace

    async def _follow(self) -> None:
        while True:
            self._check()
            self._wake.clear()
            self._lapse()
            if self.standing:
                await self._stand()
            elif self._slice(self._target(self._clock())):
                await self._sleep()
            else:
                await self._give_way()

    async def _give_way(self) -> None:
        """Let others have their turn."""
        self._turns.busy += 1
        try:
            await asyncio.sleep(0)
        finally:
            self._turns.busy -= 1

    @property
    def standing(self) -> bool:
        """Whether the pace moves nothing: paused, held by a lease, or suspended by an advance."""
        return self._pace.paused or self._advancing or len(self._leases) > 0

    async def _stand(self) -> None:
        """Until woken, or until the next lease ends."""
        end = self._leases.next_end()
        try:
            await asyncio.wait_for(self._wake.wait(), None if end is None else max(0.0, end - self._clock()))
        except TimeoutError:
            return

    def _lapse(self) -> None:
        """Let leases end whose time has come; time goes on from where it stood."""
        if self._leases.lapse(self._clock()):
            self._set_pace(self._pace.speed)

    def _stop_if_struck(self) -> bool:
        """Stop the clock where a breakpoint has been met; whether it has been."""
        struck = self.breakpoints.take()
        if struck is not None:
            self._set_pace(0)
            self._stopped_by = struck.id
        return struck is not None

    @property
    def _still(self) -> bool:
        """Whether time stands although the pace is flat out: nothing would happen but charging."""
        return self._pace.speed == MAX and self.engine.quiet

    def _target(self, wall_s: float) -> int:
        target = self._pace.target(wall_s)
        return self._last_ms if target is None else min(target, self._last_ms)

    def _slice(self, target: int) -> bool:
        """Run towards ``target`` (simulated ms) for one slice; whether all that is due is done."""
        engine, end = self.engine, self._clock() + self._turns.slice_s
        with Loud(self._fail):
            flat_out = self._pace.speed == MAX
            while (due := engine.peek()) is not None and due <= target:
                if flat_out and engine.quiet:
                    return True
                engine.step()
                if self.breakpoints.struck is not None:
                    self._stop_if_struck()
                    return True
                if self._clock() >= end:
                    return False
            # Flat out, time stands still where nothing is pending.
            if self._pace.speed != MAX and target > engine.now:
                engine.run_until(target)
        return True

    async def _sleep(self) -> None:
        """Until the next event is due, or until woken."""
        due = self.engine.peek()
        ahead = LONGEST_SLEEP_S
        if due is not None and due <= self._last_ms and not self._still:
            ahead = min(ahead, self._pace.wall_until(due) - self._clock())
        # Cheaper than a wait with a time limit, and there is one for every command.
        alarm = asyncio.get_running_loop().call_later(max(0.0, ahead), self._wake.set)
        try:
            await self._wake.wait()
        finally:
            alarm.cancel()

    def _set_pace(self, speed: Speed) -> None:
        self._pace = self._pace.changed(speed, self._clock(), self.engine.now)
        self._stopped_by = None
        self._wake.set()

    async def catch_up(self) -> None:
        """Bring the twin to where its pace wants it now, or as near as CATCH_UP_S of work allow."""
        self._check()
        if self._leases:
            self._lapse()
        wall_s = self._clock()
        give_up = wall_s + CATCH_UP_S
        while not self.standing and self._pace.speed != MAX:
            if self._slice(self._target(wall_s)) or self._clock() >= give_up:
                return
            await self._give_way()
            self._check()

    # -- what others ask for

    async def submit(self, command: Command) -> object:
        """Apply a command now, between two events. Returns the id it made, or None.

        Raises a Refusal, with nothing changed, or Unavailable.
        """
        await self.catch_up()
        with Loud(self._fail):
            result = self._check().apply(command)
        if self.breakpoints.struck is not None:
            self._stop_if_struck()
        self._wake.set()
        return result

    async def clock(self) -> Clock:
        """The clock now."""
        if self._trouble is None:
            await self.catch_up()
        return self._read()

    def _read(self) -> Clock:
        engine = self.engine
        lag = 0 if self.standing else self._pace.lag_ms(self._clock(), engine.now)
        due = None if engine.quiet else engine.peek()
        key = None if due is None else engine.agenda.next_key()
        return Clock(
            self._pace.speed,
            engine.now,
            lag,
            due,
            None if key is None else f"{key[0]} {key[1]}",
            self._advancing,
            len(self._leases),
            self._stopped_by,
        )

    # -- leases

    async def take_lease(self, seconds: float) -> str:
        """Let time stand for so many wall seconds, or until the lease is given back; its id. Raises InUse."""
        await self.catch_up()
        lease = self._leases.take(self._clock(), seconds)
        self._wake.set()
        return lease

    async def prolong_lease(self, lease: str, seconds: float) -> None:
        """Let a lease end so many wall seconds from now. Raises NotFound for one that has ended."""
        await self.catch_up()
        self._leases.prolong(lease, self._clock(), seconds)
        self._wake.set()

    async def give_back_lease(self, lease: str) -> None:
        """End a lease; time goes on from where it stood if it was the last one. Raises NotFound."""
        await self.catch_up()
        self._leases.give_back(lease)
        if not self._leases:
            self._set_pace(self._pace.speed)

    async def set_speed(self, speed: Speed) -> None:
        """Change the speed from now on; during an advance, from its end on."""
        await self.catch_up()
        self._set_pace(speed)

    async def advance_by(self, ms: int, gone: Gone = _never_gone, lease: str | None = None) -> Outcome:
        """Move time forward by ``ms``. Raises Invalid beyond the end of time."""
        return await self._advance(lambda engine: self._to(engine, engine.now + ms, "by"), gone, lease)

    async def advance_to(self, t_ms: int, gone: Gone = _never_gone, lease: str | None = None) -> Outcome:
        """Move time forward to ``t_ms``. Raises Invalid for the past and beyond the end of time."""
        return await self._advance(lambda engine: self._to(engine, t_ms, "to"), gone, lease)

    def _to(self, engine: Engine, t_ms: int, field: str) -> Advance:
        if t_ms < engine.now:
            raise Invalid(field, f"time goes forward only, and now is {self.world.written(engine.now)}")
        if t_ms > self._last_ms:
            raise Invalid(field, "simulated time ends with the year 9999")
        return Advance(engine, until_ms=t_ms)

    async def advance_events(
        self, events: int, gone: Gone = _never_gone, lease: str | None = None
    ) -> Outcome:
        """Handle exactly this many simulation events, or as many as there are."""
        return await self._advance(lambda engine: Advance(engine, events=events), gone, lease)

    async def advance_until(
        self,
        goal: Callable[[Engine], Goal],
        limit_ms: int,
        gone: Gone = _never_gone,
        lease: str | None = None,
    ) -> Outcome:
        """Run until a goal is reached, at most for ``limit_ms``. Raises what making the goal raises."""

        def prepare(engine: Engine) -> Advance:
            until = min(engine.now + limit_ms, self._last_ms)
            return Advance(engine, until_ms=until, goal=goal(engine))

        return await self._advance(prepare, gone, lease)

    async def _advance(self, prepare: Callable[[Engine], Advance], gone: Gone, lease: str | None) -> Outcome:
        """One advance at a time; the pace is suspended meanwhile and goes on from where it ends."""
        async with self._one_advance:
            await self.catch_up()
            self._leases.check(lease)
            advance = prepare(self._check())
            advance.stopped = lambda: self.breakpoints.struck is not None
            self._advancing = True
            goal, meanwhile = advance.goal, Meanwhile()
            forget = [self.engine.subscribe(meanwhile.observe)]
            forget += [self.engine.subscribe(goal.observe)] if goal else []
            try:
                reason = await self._run_slices(advance, gone)
            finally:
                for end in forget:
                    end()
                self._advancing = False
                if not self._stop_if_struck():
                    self._set_pace(self._pace.speed)
            status = goal.current if goal else None
            return Outcome(reason, advance.handled, status, self._read(), meanwhile)

    async def _run_slices(self, advance: Advance, gone: Gone) -> str:
        while True:
            self._check()
            with Loud(self._fail):
                reason = advance.go_on(self._clock, self._turns.slice_s)
            if reason is not None:
                return reason
            await self._give_way()
            if await gone():
                raise Unavailable("whoever asked for the advance has gone")
