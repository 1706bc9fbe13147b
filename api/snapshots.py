"""Snapshots that are kept under a name: files of gzipped JSON, the same that are down- and uploaded."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from api.folders import Folder, write_whole
from api.reports import PROJECT
from twin.domain.errors import InUse, Invalid, NotFound, Refusal
from twin.simulation.engine import restore

FORMAT: Final = "storage-twin snapshot"
VERSION: Final = 1
MOST_SNAPSHOTS: Final = 100
LARGEST_UPLOAD: Final = 32 << 20
LARGEST_CONTENT: Final = 512 << 20
"""Bytes of a snapshot when unpacked."""
MOST_DIFFERENCES: Final = 200
"""Things of one kind that a comparison tells."""

_NAME = re.compile(r"(s[1-9][0-9]{0,8})\.json\.gz")
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
    """The snapshots of a world, below its folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[str, Snapshot] | None = None

    def all(self) -> list[Snapshot]:
        """All of them, oldest first."""
        return list(self._index().values())

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
        """The content of a snapshot. Raises NotFound."""
        return _unpacked(self.data(snapshot_id))

    def data(self, snapshot_id: str) -> bytes:
        """The file of a snapshot. Raises NotFound."""
        return self._path(snapshot_id).read_bytes()

    def remove(self, snapshot_id: str) -> None:
        """Delete a snapshot. Raises NotFound."""
        self._path(snapshot_id).unlink()
        self._index().pop(snapshot_id)

    def _path(self, snapshot_id: str) -> Path:
        if snapshot_id not in self._index():
            raise NotFound("Snapshot", snapshot_id)
        return self._folder.within("snapshots") / f"{snapshot_id}.json.gz"

    def _index(self) -> dict[str, Snapshot]:
        if self._known is None:
            folder = self._folder.within("snapshots")
            names = [match[1] for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
            paths = {one: folder / f"{one}.json.gz" for one in sorted(names, key=lambda one: int(one[1:]))}
            self._known = {one: _about(one, path.read_bytes()) for one, path in paths.items()}
        return self._known

    def _put(self, content: dict[str, Any]) -> Snapshot:
        index = self._index()
        if len(index) >= MOST_SNAPSHOTS:
            raise InUse(f"{MOST_SNAPSHOTS} snapshots are kept already; delete one first")
        last = max((int(one[1:]) for one in index), default=0)
        snapshot_id = f"s{last + 1}"
        data = packed(content)
        write_whole(self._folder.within("snapshots") / f"{snapshot_id}.json.gz", data)
        index[snapshot_id] = _about(snapshot_id, data)
        return index[snapshot_id]


def packed(content: Mapping[str, Any]) -> bytes:
    """A JSON value as a gzip file."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    # Random streams have numbers of 128 bits, which only the standard library writes.
    return packer.compress(json.dumps(content, separators=(",", ":")).encode()) + packer.flush()


def _about(snapshot_id: str, data: bytes) -> Snapshot:
    content = _unpacked(data)
    engine = content["engine"]
    origin, now = engine["origin"], engine["memory"]["now_ms"]
    site, seed = origin["site"]["name"], origin["seed"]
    return Snapshot(snapshot_id, content["name"], now, content["created_utc"], site, seed, len(data))


def _unpacked(data: bytes) -> dict[str, Any]:
    """The content of a file. Raises Invalid."""
    unpacker = zlib.decompressobj(31)
    try:
        text = unpacker.decompress(data, LARGEST_CONTENT)
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
    if not isinstance(content["name"], str) or not isinstance(content["created_utc"], str):
        raise Invalid("snapshot", "its name and created_utc must be text")
    try:
        again = restore(content["engine"]).snapshot()
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, Refusal) as error:
        reason = f"{type(error).__name__}: {error}"
        raise Invalid("snapshot", f"its engine cannot be restored: {reason}") from None
    # Through JSON: tuples become lists there.
    if json.loads(json.dumps(again)) != content["engine"]:
        raise Invalid("snapshot", "its engine is not restored as it says")


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
