"""Support issues: kept as folders, one per issue, that are there as a whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from api.folders import Folder, cannot_keep
from twin.domain.errors import InUse

PREFIX: Final = "TWIN"
LARGEST_ISSUE: Final = 10 << 20
"""Bytes of all attachments of an issue together."""
MOST_ATTACHMENTS: Final = 10
MOST_ISSUES: Final = 1000
LONGEST_LABEL: Final = 255

_KEY = re.compile(rf"{PREFIX}-[1-9][0-9]{{0,8}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was sent; its name and type are what the client says."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """What is noted of an attachment: the client's words, and what is really there."""

    filename: str
    content_type: str
    size: int
    sha256: str


class Issues:
    """The support issues of a server."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._writing = asyncio.Lock()

    @property
    def folder(self) -> Path:
        """Where they are, one folder each."""
        return self._folder.within("issues")

    async def create(self, payload: dict[str, Any], files: Sequence[Attachment], created: str) -> str:
        """Keep a new issue; its key. Raises InUse where there are too many."""
        async with self._writing:
            folder = self.folder
            keys = [path.name for path in folder.iterdir() if _KEY.fullmatch(path.name)]
            numbers = [int(key.rpartition("-")[2]) for key in keys]
            if len(numbers) >= MOST_ISSUES:
                raise InUse(
                    f"{MOST_ISSUES} issues are kept already; move some away from the folder of the twin"
                )
            key = f"{PREFIX}-{max(numbers, default=0) + 1}"
            about = {"key": key, "created_at_utc": created, "payload": payload}
            await asyncio.to_thread(_write, folder, key, about, files)
            return key

    def read(self, key: str) -> dict[str, Any] | None:
        """An issue with its attachments, or None where there is none of this key."""
        path = self._path(key, "issue.json")
        if path is None:
            return None
        issue: dict[str, Any] = json.loads(path.read_bytes())
        return issue

    def attachment(self, key: str, number: int) -> Path | None:
        """The file of an attachment (they count from 1), or None where there is none."""
        return self._path(key, f"attachment-{number}")

    def _path(self, key: str, name: str) -> Path | None:
        if not _KEY.fullmatch(key):
            return None
        path = self.folder / key / name
        return path if path.is_file() else None


def label(text: str) -> str:
    """What a client says of a file, so that a terminal takes it for nothing but text."""
    return _CONTROL.sub("_", text)[:LONGEST_LABEL]


def _write(folder: Path, key: str, about: dict[str, Any], files: Sequence[Attachment]) -> None:
    unfinished = folder / f".{key}.new"
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for number, file in enumerate(files, 1):
            (unfinished / f"attachment-{number}").write_bytes(file.content)
        issue = {**about, "attachments": [asdict(_stored(file)) for file in files]}
        (unfinished / "issue.json").write_text(json.dumps(issue, indent=1), encoding="utf-8")
        unfinished.rename(folder / key)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise cannot_keep(error) from error


def _stored(file: Attachment) -> Stored:
    digest = hashlib.sha256(file.content).hexdigest()
    name = _SEPARATOR.sub("_", label(file.filename))
    return Stored(name, label(file.content_type), len(file.content), digest)
