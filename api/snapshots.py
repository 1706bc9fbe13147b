"""Snapshots that are kept under a name: files of gzipped JSON, the same that are down- and uploaded."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from api.control.durations import parse_epoch, parse_instant
from api.folders import Folder, delete, write_whole
from api.preferences.checking import check_kept
from api.surprise import Unavailable
from api.world import last_ms_of
from twin import PROJECT
from twin.domain.errors import InUse, Invalid, NotFound, Refusal
from twin.simulation.engine import restore

FORMAT: Final = "storage-twin snapshot"
VERSION: Final = 1
MOST_SNAPSHOTS: Final = 100
LONGEST_NAME: Final = 100
LARGEST_UPLOAD: Final = 32 << 20
LARGEST_CONTENT: Final = 256 << 20
"""Bytes of a snapshot when unpacked."""
MOST_DIFFERENCES: Final = 200
"""Things of one kind that a comparison tells."""

_NAME = re.compile(r"(s[1-9][0-9]{0,8})\.json")
LAST: Final = "last"
"""The file that has the number of the latest snapshot that was there when one was deleted."""
_COMPARED: Final = (
    "skus",
    "carriers",
    "boxes",
    "loads",
    "bots",
    "persons",
    "requests",
    "jobs",
    "visits",
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a snapshot without its content. ``now_ms`` is simulated time."""

    id: str
    name: str
    now_ms: int
    created_utc: str
    site: str
    seed: int
    bytes: int


class Snapshots:
    """The snapshots of a world, below its folder. An id is never given again.

    Of each there are two files: its content, and beside it, written last and deleted
    first, what is known of it. Several threads may work with it.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[str, tuple[Snapshot, str]] | None = None
        self._one = threading.RLock()

    def all(self) -> list[Snapshot]:
        """All of them, oldest first. Raises Unavailable for a damaged one."""
        with self._one:
            return [snapshot for snapshot, _ in self._index().values()]

    def keep(self, name: str, engine: Mapping[str, Any], settings: Mapping[str, Any]) -> Snapshot:
        """Keep a snapshot of an engine with the settings of its world. Raises InUse, Unavailable."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "twin": version(PROJECT),
            "name": name,
            "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "engine": engine,
            "settings": settings,
        }
        return self._put(content)

    def take_in(self, data: bytes) -> Snapshot:
        """Keep a snapshot from elsewhere. Raises Invalid where it is none that could be restored."""
        content = _unpacked(data)
        check(content)
        return self._put(content)

    def content(self, snapshot_id: str) -> dict[str, Any]:
        """The content of a snapshot. Raises NotFound, and Unavailable for a damaged one."""
        return _unpacked(self.data(snapshot_id))

    def data(self, snapshot_id: str) -> bytes:
        """The file of a snapshot. Raises NotFound, and Unavailable for a damaged one."""
        with self._one:
            _, sha256 = self._found(snapshot_id)
            path = self._content_path(snapshot_id)
            try:
                data = path.read_bytes()
            except OSError as error:
                raise _damaged(path, error.strerror or str(error)) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _damaged(path, "its SHA-256 is another")
        return data

    def remove(self, snapshot_id: str) -> None:
        """Delete a snapshot. Raises NotFound, and Unavailable."""
        with self._one:
            self._found(snapshot_id)
            write_whole(self._at(LAST), str(self._last()).encode())
            delete(self._at(f"{snapshot_id}.json"))
            delete(self._content_path(snapshot_id))
            self._index().pop(snapshot_id)

    def _found(self, snapshot_id: str) -> tuple[Snapshot, str]:
        found = self._index().get(snapshot_id)
        if found is None:
            raise NotFound("Snapshot", snapshot_id)
        return found

    def _at(self, name: str) -> Path:
        return self._folder.within("snapshots") / name

    def _content_path(self, snapshot_id: str) -> Path:
        return self._at(f"{snapshot_id}.json.gz")

    def _index(self) -> dict[str, tuple[Snapshot, str]]:
        if self._known is None:
            paths = self._folder.within("snapshots").iterdir()
            ids = [match[1] for path in paths if (match := _NAME.fullmatch(path.name))]
            ids.sort(key=lambda one: int(one[1:]))
            self._known = {one: _read_about(self._at(f"{one}.json")) for one in ids}
        return self._known

    def _last(self) -> int:
        """The number of the latest one that there ever was."""
        path = self._at(LAST)
        deleted = int(path.read_text()) if path.exists() else 0
        return max(deleted, *(int(one[1:]) for one in self._index()), 0)

    def _put(self, content: dict[str, Any]) -> Snapshot:
        data = packed(content)
        sha256 = hashlib.sha256(data).hexdigest()
        with self._one:
            index = self._index()
            if len(index) >= MOST_SNAPSHOTS:
                raise InUse(f"{MOST_SNAPSHOTS} snapshots are kept already; delete one first")
            snapshot = _about(f"s{self._last() + 1}", content, len(data))
            write_whole(self._content_path(snapshot.id), data)
            about = json.dumps({**asdict(snapshot), "sha256": sha256})
            write_whole(self._at(f"{snapshot.id}.json"), about.encode())
            index[snapshot.id] = (snapshot, sha256)
        return snapshot


def _read_about(path: Path) -> tuple[Snapshot, str]:
    try:
        about = json.loads(path.read_bytes())
        sha256 = about.pop("sha256")
        return Snapshot(**about), sha256
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, reason: str) -> Unavailable:
    return Unavailable(f"{path} is damaged ({reason}); bring back a copy, or remove it while the twin stands")


def packed(content: Mapping[str, Any]) -> bytes:
    """A JSON value as a gzip file."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    # Random streams have numbers of 128 bits, which only the standard library writes.
    return packer.compress(json.dumps(content, separators=(",", ":")).encode()) + packer.flush()


def _about(snapshot_id: str, content: Mapping[str, Any], size: int) -> Snapshot:
    engine = content["engine"]
    origin, now = engine["origin"], engine["memory"]["now_ms"]
    site, seed = origin["site"]["name"], origin["seed"]
    return Snapshot(snapshot_id, content["name"], now, content["created_utc"], site, seed, size)


def _unpacked(data: bytes) -> dict[str, Any]:
    """The content of a file. Raises Invalid."""
    unpacker = zlib.decompressobj(31)
    try:
        # Looked at before the rest: what could be no JSON object is not unpacked.
        start = unpacker.decompress(data, 1)
        if start != b"{":
            raise Invalid("snapshot", "it is no gzipped JSON object")
        text = start + unpacker.decompress(unpacker.unconsumed_tail, LARGEST_CONTENT - 1)
        if unpacker.unconsumed_tail or not unpacker.eof:
            most = LARGEST_CONTENT >> 20
            raise Invalid("snapshot", f"it is cut off, or larger than {most} MiB when unpacked")
        content = json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise Invalid("snapshot", f"it is no gzipped JSON: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Invalid("snapshot", f'it is no snapshot: its format must be "{FORMAT}"')
    if content.get("version") != VERSION:
        raise Invalid("snapshot", f"its version is {content.get('version')!r}; this twin reads {VERSION}")
    return content


def check(content: Mapping[str, Any]) -> None:
    """Raises Invalid where the content cannot be restored, or says something that would get lost."""
    if set(content) != {"format", "version", "twin", "name", "created_utc", "engine", "settings"}:
        raise Invalid("snapshot", "it has not the fields of a snapshot")
    _check_label(content["name"], content["created_utc"], content["twin"])
    try:
        again = restore(content["engine"]).snapshot()
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, Refusal) as error:
        reason = f"{type(error).__name__}: {error}"
        raise Invalid("snapshot", f"its engine cannot be restored: {reason}") from None
    # Through JSON: tuples become lists there.
    if json.loads(json.dumps(again)) != content["engine"]:
        raise Invalid("snapshot", "its engine is not restored as it says")
    _check_time(again["origin"]["epoch"], again["memory"]["now_ms"])
    try:
        check_kept(content["settings"], again["memory"]["now_ms"])
    except ValueError as error:
        raise Invalid("snapshot", f"its settings cannot be restored: {error}") from None


def _check_label(name: Any, created_utc: Any, twin: Any) -> None:
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("snapshot", f"its name must be text of at most {LONGEST_NAME} characters in one line")
    if not isinstance(twin, str):
        raise Invalid("snapshot", "its twin must be text: the version that wrote it")
    try:
        parse_instant(created_utc)
    except (ValueError, TypeError):
        raise Invalid("snapshot", "its created_utc must be an instant with its UTC offset") from None


def _check_time(epoch: Any, now_ms: Any) -> None:
    """The instant of an engine must be one that a twin can reach."""
    try:
        last_ms = last_ms_of(parse_epoch(epoch))
    except (ValueError, TypeError) as error:
        raise Invalid("snapshot", f"its epoch {error}") from None
    if type(now_ms) is not int or not 0 <= now_ms <= last_ms:
        raise Invalid("snapshot", f"its now_ms must lie from 0 to {last_ms}, where simulated time ends")


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What of two snapshots of engines differs, by kind of thing: added, removed, and changed fields."""
    found: dict[str, Any] = {}
    for kind in _COMPARED:
        before, after = one["state"][kind], other["state"][kind]
        added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
        changed = {key: _fields(before[key], after[key]) for key in before if key in after}
        changed = {key: fields for key, fields in changed.items() if fields}
        if added or removed or changed:
            found[kind] = {
                "added": added[:MOST_DIFFERENCES],
                "removed": removed[:MOST_DIFFERENCES],
                "changed": dict(list(changed.items())[:MOST_DIFFERENCES]),
                "total": len(added) + len(removed) + len(changed),
            }
    return found


def _fields(before: Any, after: Any) -> dict[str, list[Any]]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return {} if before == after else {"value": [before, after]}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: [before.get(name), after.get(name)] for name in names}


def plain(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as JSON values."""
    return asdict(snapshot)
