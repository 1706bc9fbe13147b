"""Support reports: what the twin knows, in one archive that can be sent to somebody else."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import platform
import re
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

from api.folders import Folder, write_whole
from twin import PROJECT
from twin.domain.events import Event
from twin.records.views.recent import lines_of

_NAME = re.compile(r"report-([0-9]{4,9})-[0-9]{8}T[0-9]{6}Z\.tar\.gz")


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of, taken between two events. ``instant`` is simulated time."""

    state: Mapping[str, Any]
    events: list[tuple[int, int, Event]]
    settings: Mapping[str, Any]
    instant: int

    def files(self) -> list[tuple[str, bytes]]:
        """The files of the archive, always in this order."""
        return [
            ("versions.json", _written(versions())),
            ("settings.json", _written(self.settings)),
            ("state.json", _written(self.state)),
            ("events.jsonl", lines_of(self.events)),
        ]


class Reports:
    """The reports of a server: the latest few, numbered."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._writing = asyncio.Lock()

    async def make(self, material: Material, stamp: str, kept: int) -> Path:
        """Write a report named by number and ``stamp``, in a thread; keep the latest ``kept``."""
        async with self._writing:
            folder = self._folder.within("reports")
            number = max(_numbered(folder), default=0) + 1
            path = folder / f"report-{number:04}-{stamp}.tar.gz"
            await asyncio.to_thread(_write, path, material)
            for old in _oldest_first(folder)[:-kept]:
                old.unlink(missing_ok=True)
            return path

    def find(self, name: str) -> Path | None:
        """The archive of this name, or None."""
        path = self._folder.within("reports") / name if _NAME.fullmatch(name) else None
        return path if path is not None and path.is_file() else None


def versions() -> dict[str, Any]:
    """What the twin runs on."""
    packages = {str(one.name).lower(): one.version for one in distributions()}
    return {
        PROJECT: version(PROJECT),
        "python": sys.version,
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items())),
    }


def _written(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def _write(path: Path, material: Material) -> None:
    write_whole(path, _archive(material.files(), material.instant))


def _archive(files: list[tuple[str, bytes]], instant: int) -> bytes:
    """A tar.gz in which nothing but the files and the simulated time counts."""
    raw = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), instant
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def _oldest_first(folder: Path) -> list[Path]:
    return [path for _, path in sorted(_numbered(folder).items())]


def _numbered(folder: Path) -> dict[int, Path]:
    found = {path: _NAME.fullmatch(path.name) for path in folder.iterdir()}
    return {int(match[1]): path for path, match in found.items() if match}
