"""How a world outlives its process: what an answer rests on is on disk before the answer is given.

Commands, accounts, settings, the speed and how far time has come are written in one
transaction. What happens by itself between commands is not: the same commands at the
same times bring it about again. So time never begins again before an instant that
somebody has been shown: a running clock is marked a wall second ahead, a standing one
exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.bridge import Bridge
from api.world import World, make_world
from twin.domain.errors import Refusal
from twin.recipe import Beginning
from twin.records.eventlog import decode
from twin.records.logfile import LogFile
from twin.records.store import Changes, Kept, Save, StateRefused, Store
from twin.records.views import Views
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.engine import restore
from twin.simulation.pacing import MAX, Speed
from twin.simulation.script import read_all, written

if TYPE_CHECKING:
    from api.hosting.hosted import Hosted

COMMANDS_A_SAVE: Final = 1000
EVENTS_A_SAVE: Final = 200_000
"""After so many commands or events a snapshot is taken, so that little has to be done again."""
LOGS: Final = "logs"
ACCOUNTS, SETTINGS = "accounts", "settings"


class Keeper:
    """Keeps one world in a store. ``vouch`` is called before anybody is answered."""

    def __init__(self, store: Store, world_id: str, run: int = 1) -> None:
        self._store, self._id, self._run = store, world_id, run
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
        folder = self._store.folder / LOGS
        folder.mkdir(exist_ok=True)
        return folder / f"{self._id}-{run}.jsonl"

    def begin(self, hosted: Hosted, world: World) -> None:
        """Keep a new world, or a new beginning of one. Raises CannotKeep."""
        about = {"name": hosted.name, "key": hosted.key, "speed": hosted.speed}
        about["first"] = to_plain(hosted.first)
        self._store.begin(self._id, about, self._run, to_plain(world.beginning))
        self._commands, self._saved, self._mark, self._seen = 0, (0, 0), None, {}
        self.vouch(hosted)

    def begin_again(self, hosted: Hosted, world: World) -> None:
        """The same for a world whose log is in ``next_log_path``. Raises CannotKeep."""
        before = self.log_path
        self._run += 1
        self.begin(hosted, world)
        before.unlink(missing_ok=True)

    def resumed(self, kept: Kept) -> World:
        """The world as it was kept. Raises StateRefused."""
        try:
            world = _resumed(kept, self.log_path)
        except (ValueError, KeyError, TypeError, OSError, Refusal) as error:
            where = f"{self._store.folder}: world {kept.world}"
            raise StateRefused(f"{where} cannot be brought back: {error}. Nothing was changed") from error
        self._commands = len(kept.commands)
        self._saved = (kept.save.commands, 0) if kept.save else (0, 0)
        self._mark = (kept.t_ms, kept.speed)
        return world

    # -- going on

    def vouch(self, hosted: Hosted) -> None:
        """Have on disk all that an answer given now rests on. Raises CannotKeep."""
        bridge = hosted.bridge
        if not bridge.built:
            return
        engine, changes = bridge.world.engine, Changes(first=self._commands)
        total = len(engine.commands)
        if total > self._commands:
            changes.commands = [written(*entry) for entry in engine.commands[self._commands : total]]
        changes.documents, seen = self._documents(hosted)
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
        self._store.write(self._id, changes)
        self._commands, self._mark, self._seen = total, mark, seen
        if changes.save is not None:
            self._saved = (total, world.log.lines)

    def _save(self, world: World) -> Save:
        engine, log = world.engine, world.log
        log.settle()
        return Save(len(engine.commands), log.size, log.sha256, engine.snapshot())

    def _next_mark(self, bridge: Bridge) -> tuple[int, Speed]:
        now, speed = bridge.world.engine.now, bridge.speed
        if bridge.standing or speed == MAX:
            return now, speed
        if self._mark is not None and self._mark[1] == speed and now <= self._mark[0]:
            return self._mark
        return min(now + round(float(speed) * 1000), bridge.world.last_ms), speed

    def _documents(self, hosted: Hosted) -> tuple[dict[str, Any], dict[str, int]]:
        """What has changed of accounts and settings since it was written last."""
        parts: dict[str, tuple[int, Callable[[], Any]]] = {
            ACCOUNTS: (hosted.accounts.changes, hosted.accounts.snapshot),
            SETTINGS: (hosted.preferences.changes, hosted.preferences.export),
        }
        changed = {name: part() for name, (count, part) in parts.items() if count != self._seen.get(name)}
        return changed, {name: count for name, (count, _) in parts.items()}

    def forget(self) -> None:
        """Forget the world. Raises CannotKeep."""
        self._store.forget(self._id)
        self.log_path.unlink(missing_ok=True)


def _resumed(kept: Kept, path: Path) -> World:
    beginning: Beginning = from_plain(Beginning, kept.beginning)
    beginning.fetch_policies()  # This twin wrote them down itself, from names it was started with.
    script = read_all(kept.commands)
    done = 0 if kept.save is None else kept.save.commands
    world = make_world(beginning, path) if kept.save is None else _saved(kept.save, beginning, path)
    engine = world.engine
    engine.commands = script[:done]
    for t_ms, command in script[done:]:
        engine.run_until(t_ms)
        engine.apply(command)
    engine.run_until(kept.t_ms)
    return world


def _saved(save: Save, beginning: Beginning, path: Path) -> World:
    log = LogFile(path, save.log_bytes)
    if (log.size, log.sha256) != (save.log_bytes, save.log_sha256):
        raise ValueError(f"the event log {path} is not as it was written")
    engine = restore(save.snapshot)
    views = Views.following(engine)
    for line in log.read():
        views.recall(*decode(line))
    engine.subscribe(log.write)
    return World.of(engine, views, log, beginning)
