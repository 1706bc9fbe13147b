"""Seed files: what a twin is given before it says that it is ready.

A folder of files is gone through in the order of their names. A ``.json`` file is an
object with any of ``skus`` (bodies of POST /sku), ``boxes`` (``carrier``,
``section_code`` and, if wanted, ``load`` as in POST /load) and ``calls`` (``method``,
``path``, ``json``). A ``.py`` file has a function ``seed(client)`` that is given an HTTP
client with the twin's address and key. All of it goes over HTTP: what the API would
refuse a client, it refuses a seed file.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx

from twin.domain.errors import Refusal

PARTS = ("skus", "boxes", "calls")
NEEDED = {"skus": "id", "boxes": "carrier", "calls": "path"}
Say = Callable[[str | None], None]
"""Told what is being done, and None at the end."""


class Doing(Protocol):
    """Who is told what is still missing until the twin is ready; None: nothing."""

    doing: str | None


class Seeding:
    """The seed files of a new world, and whoever is told how far they are."""

    def __init__(self, files: Sequence[Path], told: Doing) -> None:
        self._files, self._told = files, told
        if files:
            told.doing = "seed files"

    async def run(self, url: str, api_key: str) -> None:
        """Carry out all of them, beside the server. Raises SeedRefused."""
        if not self._files:
            return
        work = asyncio.create_task(asyncio.to_thread(sow, self._files, url, api_key, self._say))
        await asyncio.wait([work])
        error = work.exception()
        if isinstance(error, Refusal):
            raise error
        if error is not None:
            # A Python file is code of its own, with errors of its own.
            raise SeedRefused(f"{_place(error, self._files)}: {type(error).__name__}: {error}") from error

    def _say(self, doing: str | None) -> None:
        self._told.doing = doing


class SeedRefused(Refusal):
    """A seed file that cannot be read, or whose call was refused: which, where and why."""


def seed_files(folder: Path) -> list[Path]:
    """The files of a folder in their order. Raises SeedRefused where it is none, or has others."""
    if not folder.is_dir():
        raise SeedRefused(f"--init: {folder} is no folder")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    for path in files:
        if path.suffix not in (".json", ".py"):
            raise SeedRefused(f"{path}: seed files end in .json or .py")
    return files


def sow(files: Sequence[Path], url: str, api_key: str, say: Say) -> None:
    """Carry out all files. Raises SeedRefused at the first thing that is refused."""
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        for number, path in enumerate(files, 1):
            say(f"seed file {path.name} ({number} of {len(files)})")
            _run(path, client) if path.suffix == ".py" else _post(path, client)
    say(None)


def _place(error: BaseException, files: Sequence[Path]) -> str:
    """The seed file and its line that an error comes from."""
    names = {str(path) for path in files}
    if isinstance(error, SyntaxError) and error.filename in names:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename}:{frame.lineno}" for frame in frames if frame.filename in names]
    return lines[-1] if lines else "a seed file"


def _run(path: Path, client: httpx.Client) -> None:
    try:
        seed = runpy.run_path(str(path)).get("seed")
        if not callable(seed):
            raise SeedRefused(f"{path}: it has no function seed(client)")
        seed(client)
    except SystemExit as end:
        raise SeedRefused(f"{path}: it has ended itself with the status {end.code}") from end


def _post(path: Path, client: httpx.Client) -> None:
    seed = _read(path)
    for index, sku in enumerate(seed.get("skus", ())):
        _call(client, f"{path}: skus[{index}]", "POST", "/api/v2/sku", sku)
    for index, box in enumerate(seed.get("boxes", ())):
        where = f"{path}: boxes[{index}]"
        body = {key: value for key, value in box.items() if key not in ("carrier", "load")}
        made = _call(client, where, "POST", f"/api/v2/box/{box['carrier']}", body)
        if "load" in box:
            _call(client, f"{where}.load", "POST", f"/api/v2/load/{made.json()['id']}", box["load"])
    for index, call in enumerate(seed.get("calls", ())):
        method = call.get("method", "POST")
        _call(client, f"{path}: calls[{index}]", method, call["path"], call.get("json"))


def _call(client: httpx.Client, where: str, method: str, url: str, body: Any) -> httpx.Response:
    try:
        answer = client.request(method, url, json=body)
    except httpx.HTTPError as error:
        raise SeedRefused(f"{where}: {method} {url}: {error}") from None
    if answer.is_error:
        raise SeedRefused(f"{where}: {method} {url} was refused ({answer.status_code}): {answer.text}")
    return answer


def _read(path: Path) -> Mapping[str, Any]:
    try:
        seed = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise SeedRefused(f"{path}: {error}") from None
    if not isinstance(seed, dict) or set(seed) - set(PARTS):
        raise SeedRefused(f"{path}: it must be an object with any of {', '.join(PARTS)}")
    for part in PARTS:
        _check(f"{path}: {part}", seed.get(part, []), NEEDED[part])
    for index, call in enumerate(seed.get("calls", ())):
        if not isinstance(call["path"], str) or not isinstance(call.get("method", ""), str):
            raise SeedRefused(f"{path}: calls[{index}]: path and method must be text")
    return seed


def _check(where: str, entries: Any, needed: str) -> None:
    if not isinstance(entries, list):
        raise SeedRefused(f"{where} must be a list")
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or needed not in entry:
            raise SeedRefused(f"{where}[{index}] must be an object with {needed!r}")
