"""How a world outlives its process: what an answer rests on is on disk before the answer is given.

Commands, accounts, settings, the speed and how far time has come are written in one
transaction. What happens by itself between commands is not: the same commands at the
same times bring it about again. So time never begins again before an instant that
somebody has been shown: a running clock is marked a wall second ahead, a standing one
exactly.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.bridge import Bridge
from api.world import World, make_world
from twin.domain.errors import Refusal
from twin.recipe import Beginning
from twin.records.eventlog import decode
from twin.records.examining import FILES, LOGS
from twin.records.logfile import LogFile
from twin.records.store import CannotKeep, Changes, Kept, Save, StateRefused, Store
from twin.records.views import Views
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.engine import Engine, restore
from twin.simulation.pacing import MAX, Speed
from twin.simulation.script import read_all, written
from twin.simulation.stopping import Breakpoints

if TYPE_CHECKING:
    from api.hosting.hosted import Hosted

COMMANDS_A_SAVE: Final = 1000
EVENTS_A_SAVE: Final = 200_000
"""After so many commands or events a snapshot is taken, so that little has to be done again."""
ACCOUNTS, SETTINGS, BREAKPOINTS = "accounts", "settings", "breakpoints"


class Keeper:
    """Keeps one world in a store. ``vouch`` is called before anybody is answered."""

    def __init__(self, store: Store, world_id: str, run: int = 1) -> None:
        self._store, self._id, self._run = store, world_id, run
        self._broken: str | None = None
        self._commands = 0
        self._saved = (0, 0)
        self._mark: tuple[int, Speed] | None = None
        self._seen: dict[str, int] = {}

    # -- beginnings

    @property
    def log_path(self) -> Path:
        """The file of the event log."""
        return self._log_of(self._run)

    @property
    def next_log_path(self) -> Path:
        """The file of the event log of a new beginning."""
        return self._log_of(self._run + 1)

    def _log_of(self, run: int) -> Path:
        return self._store.folder / LOGS / f"{self._id}-{run}.jsonl"

    def begin(self, hosted: Hosted, world: World) -> None:
        """Keep a new world, or a new beginning of one. Raises CannotKeep."""
        about = {"name": hosted.name, "key": hosted.key, "speed": hosted.speed, "log": world.log.id}
        about["first"] = to_plain(hosted.first)
        beginning, mark = to_plain(world.beginning), (world.engine.now, hosted.bridge.speed)
        # All in one: a world that is not acknowledged yet is as a whole the old or the new one.
        documents, seen = self._documents(hosted, {})
        changes = Changes(mark=mark, documents=documents)
        self._do(lambda: self._store.begin(self._id, about, self._run, beginning, changes))
        self._commands, self._saved, self._mark, self._seen = 0, (0, 0), mark, seen

    def begin_again(self, hosted: Hosted, world: World) -> None:
        """The same for a world whose log is in ``next_log_path``. Raises CannotKeep."""
        before = self.log_path
        self._run += 1
        self.begin(hosted, world)
        before.unlink(missing_ok=True)

    def resumed(self, kept: Kept, breakpoints: Breakpoints) -> World:
        """The world as it was kept; on disk nothing changes yet.

        It stands where its time had come to, or where one of the breakpoints has stopped it
        in the last moment before. Raises StateRefused.
        """
        try:
            world = _resumed(kept, self.log_path)
            _catch_up(world.engine, kept.t_ms, breakpoints)
        except (ValueError, KeyError, TypeError, OSError, Refusal) as error:
            where = f"{self._store.folder}: world {kept.world}"
            raise StateRefused(f"{where} cannot be brought back: {error}. Nothing was changed") from error
        world.log.id = kept.about["log"]
        self._commands = len(kept.commands)
        self._saved = (kept.save.commands, 0) if kept.save else (0, 0)
        self._mark = (kept.t_ms, kept.speed)
        return world

    def move_in(self, kept: Kept, world: World) -> None:
        """Let the event log of a world that was brought back go on in its file. Raises CannotKeep."""
        world.log.move_in(self.log_path, 0 if kept.save is None else kept.save.log_bytes)

    # -- going on

    def vouch(self, hosted: Hosted) -> None:
        """Have on disk all that an answer given now rests on. Raises CannotKeep.

        Once something could not be kept nothing is any more: the world in memory is
        another than that on disk. Of one whose simulation has failed nothing is kept either.
        """
        bridge = hosted.bridge
        if self._broken is not None:
            raise CannotKeep(self._broken)
        if not bridge.built:
            return
        self._do(bridge.world.log.flush)
        if bridge.failed:
            return
        engine, changes = bridge.world.engine, Changes(first=self._commands)
        total = len(engine.commands)
        if total > self._commands:
            changes.commands = [written(*entry) for entry in engine.commands[self._commands : total]]
        changes.documents, seen = self._documents(hosted, self._seen)
        mark = self._next_mark(bridge)
        if mark != self._mark:
            changes.mark = mark
        elif not changes.commands and not changes.documents:
            return
        commands, lines = total - self._saved[0], bridge.world.log.lines - self._saved[1]
        if commands >= COMMANDS_A_SAVE or lines >= EVENTS_A_SAVE:
            changes.save = self._save(bridge.world)
        self._write(changes, total, mark, seen, bridge.world)

    def save(self, hosted: Hosted) -> None:
        """Keep all there is, with a snapshot. Raises CannotKeep."""
        self.vouch(hosted)
        bridge = hosted.bridge
        if bridge.built and len(bridge.world.engine.commands) == self._commands:
            changes = Changes(save=self._save(bridge.world))
            self._write(changes, self._commands, self._mark, self._seen, bridge.world)

    def _write(
        self, changes: Changes, total: int, mark: tuple[int, Speed] | None, seen: dict[str, int], world: World
    ) -> None:
        self._do(lambda: self._store.write(self._id, changes))
        self._commands, self._mark, self._seen = total, mark, seen
        if changes.save is not None:
            self._saved = (total, world.log.lines)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except CannotKeep as error:
            self._broken = str(error)
            raise

    def _save(self, world: World) -> Save:
        engine, log = world.engine, world.log
        self._do(log.settle)
        return Save(len(engine.commands), log.size, log.sha256, engine.snapshot())

    def _next_mark(self, bridge: Bridge) -> tuple[int, Speed]:
        now, speed = bridge.world.engine.now, bridge.speed
        if bridge.standing or speed == MAX:
            return now, speed
        if self._mark is not None and self._mark[1] == speed and now <= self._mark[0]:
            return self._mark
        return min(now + round(float(speed) * 1000), bridge.world.last_ms), speed

    def _documents(self, hosted: Hosted, seen: Mapping[str, int]) -> tuple[dict[str, Any], dict[str, int]]:
        """What has changed of all that is no simulation since it was ``seen`` last."""
        parts: dict[str, tuple[int, Callable[[], Any]]] = {
            ACCOUNTS: (hosted.accounts.changes, hosted.accounts.snapshot),
            SETTINGS: (hosted.preferences.changes, hosted.preferences.export),
            BREAKPOINTS: (hosted.bridge.breakpoints.changes, hosted.bridge.breakpoints.plain),
        }
        changed = {name: part() for name, (count, part) in parts.items() if count != seen.get(name)}
        return changed, {name: count for name, (count, _) in parts.items()}

    def forget(self) -> None:
        """Forget the world, with its log and files. Raises CannotKeep."""
        self._store.forget(self._id)
        self.log_path.unlink(missing_ok=True)
        shutil.rmtree(files_of(self._store.folder, self._id), ignore_errors=True)


def files_of(folder: Path, world_id: str) -> Path:
    """The folder for the pictures, reports, issues and snapshots of a world that is kept."""
    return folder / FILES / world_id


def sweep(folder: Path, known: Mapping[str, int]) -> None:
    """Remove logs and files of no world that is kept (``known``: the run of each): left by a sudden end."""
    logs = {f"{world}-{run}.jsonl" for world, run in known.items()}
    for path in (folder / LOGS).glob("*.jsonl"):
        if path.name not in logs:
            path.unlink()
    for path in (folder / FILES).glob("*"):
        if path.name not in known:
            shutil.rmtree(path, ignore_errors=True)


def _resumed(kept: Kept, path: Path) -> World:
    beginning: Beginning = from_plain(Beginning, kept.beginning)
    beginning.fetch_policies()  # This twin wrote them down itself, from names it was started with.
    script = read_all(kept.commands)
    done = 0 if kept.save is None else kept.save.commands
    log = LogFile.resumed(path, 0 if kept.save is None else kept.save.log_bytes)
    world = make_world(beginning, log) if kept.save is None else _saved(kept.save, beginning, log)
    engine = world.engine
    engine.commands = script[:done]
    for t_ms, command in script[done:]:
        engine.run_until(t_ms)
        engine.apply(command)
    return world


def _catch_up(engine: Engine, t_ms: int, breakpoints: Breakpoints) -> None:
    forget = engine.subscribe(breakpoints.observe_again)
    while (due := engine.peek()) is not None and due <= t_ms and breakpoints.struck is None:
        engine.step()
    if breakpoints.struck is None:
        engine.run_until(t_ms)
    forget()


def _saved(save: Save, beginning: Beginning, log: LogFile) -> World:
    if (log.size, log.sha256) != (save.log_bytes, save.log_sha256):
        raise ValueError("its event log is not as it was written")
    engine = restore(save.snapshot)
    views = Views.following(engine)
    for line in log.read():
        views.recall(*decode(line))
    engine.subscribe(log.write)
    return World.of(engine, views, log, beginning)
