"""Where the server keeps files: below one folder, under names that no client has chosen."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path

from api.surprise import Unavailable


class Folder:
    """The folder of a server: the given one, or a temporary one that goes with the server.

    Nothing is made before it is needed, and nothing once it is closed. Several threads may ask for it.
    """

    def __init__(self, given: Path | None) -> None:
        self._given = given
        self._temporary: Path | None = None
        self._closed = False
        self._one = threading.Lock()

    @property
    def path(self) -> Path:
        """The folder, with an absolute path. Raises Unavailable where it cannot be made, or is closed."""
        with self._one:
            if self._closed:
                raise Unavailable("the world has ended, and with it the folder of its files")
            try:
                return self._made()
            except OSError as error:
                raise cannot_keep(error) from error

    def _made(self) -> Path:
        if self._given is not None:
            self._given.mkdir(parents=True, exist_ok=True)
            return self._given.resolve()
        self._temporary = self._temporary or Path(tempfile.mkdtemp(prefix="twin-"))
        return self._temporary

    def within(self, name: str) -> Path:
        """A folder below it, made where it is not there. Raises Unavailable."""
        below = self.path / name
        try:
            below.mkdir(exist_ok=True)
        except OSError as error:
            raise cannot_keep(error) from error
        return below

    def close(self) -> None:
        """Remove what was temporary."""
        with self._one:
            self._closed = True
            if self._temporary is not None:
                shutil.rmtree(self._temporary, ignore_errors=True)
                self._temporary = None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen in part, on disk for good on return. Raises Unavailable."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        _settle(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise cannot_keep(error) from error


def delete(path: Path) -> None:
    """Delete a file, for good on return; nothing where there is none. Raises Unavailable."""
    try:
        path.unlink(missing_ok=True)
        _settle(path.parent)
    except OSError as error:
        raise cannot_keep(error) from error


def _settle(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cannot_keep(error: OSError) -> Unavailable:
    """What a client is told where the disk is full or the folder may not be written."""
    return Unavailable(f"files cannot be kept now: {error.strerror or error}")
