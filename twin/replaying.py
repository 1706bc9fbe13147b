"""Capsules: a run in one file, and its proof. Made anywhere, it gives the same event log everywhere.

A capsule is a zip with ``capsule.json`` (what the run began with, its commands and their
times, and the hash of its log) and ``log.jsonl`` (the log itself).
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from twin.domain.errors import Refusal, UnknownPolicy
from twin.domain.events import Event
from twin.recipe import Beginning
from twin.records.eventlog import encode
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.engine import Engine
from twin.simulation.script import read_all, written

FORMAT: Final = "storage-twin capsule"
VERSION: Final = 1
ABOUT, LOG = "capsule.json", "log.jsonl"
LARGEST_ABOUT: Final = 512 << 20
ENCRYPTED: Final = 1
LONGEST_LINE: Final = 64 << 20


_DAMAGED: Final = (zipfile.BadZipFile, KeyError, OSError, EOFError, zlib.error, NotImplementedError)
"""What reading a damaged zip may raise; the last one: packed in a way that is not read here."""


class CapsuleRefused(Refusal):
    """A file that is no capsule which this version can run again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line in which the log of the run again is another. None: there is no line any more."""

    line: int
    before: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """How a run again came out. ``sha256`` are those of the two logs."""

    same: bool
    events: int
    commands: int
    until_ms: int
    sha256_before: str
    sha256_now: str
    twin_before: str
    difference: Difference | None


def write_capsule(
    engine: Engine, beginning: Beginning, log: Iterable[bytes], twin: str, settings: dict[str, Any]
) -> bytes:
    """The capsule of a run as it is now. ``twin`` is the version of the program."""
    out, hasher, events = BytesIO(), hashlib.sha256(), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(LOG, "w", force_zip64=True) as file:
            for line in log:
                file.write(line)
                hasher.update(line)
                events += 1
        about = {
            "format": FORMAT,
            "version": VERSION,
            "twin": twin,
            "site": engine.origin.site.name,
            "seed": engine.origin.seed,
            "beginning": to_plain(beginning),
            "settings": settings,
            "commands": [written(*entry) for entry in engine.commands],
            "until_ms": engine.now,
            "log": {"events": events, "sha256": hasher.hexdigest()},
        }
        archive.writestr(ABOUT, json.dumps(about, separators=(",", ":")))
    return out.getvalue()


def replay(path: Path, import_policies: bool = False) -> Proof:
    """Run a capsule again, to the end or to the first event that differs. Raises CapsuleRefused.

    ``import_policies``: import the modules of policies that it names by ``MODULE:CLASS``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if any(member.flag_bits & ENCRYPTED for member in archive.infolist()):
                raise zipfile.BadZipFile("it is encrypted")
            with archive.open(LOG) as log:
                return _replayed(_about(archive, path), log, path, import_policies)
    except _DAMAGED as error:
        raise CapsuleRefused(f"{path}: this is no capsule: {error}") from None


def _about(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    if archive.getinfo(ABOUT).file_size > LARGEST_ABOUT:
        raise CapsuleRefused(f"{path}: {ABOUT} is larger than {LARGEST_ABOUT >> 20} MiB")
    try:
        about = json.loads(archive.read(ABOUT))
    except ValueError as error:
        raise CapsuleRefused(f"{path}: {ABOUT} is no JSON: {error}") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise CapsuleRefused(f'{path}: its format is not "{FORMAT}"')
    if about.get("version") != VERSION:
        raise CapsuleRefused(f"{path}: its version is {about.get('version')!r}; this twin reads {VERSION}")
    return about


class _Comparing:
    """Compares events as they come with the lines of a log. Stops looking at the first difference."""

    def __init__(self, log: IO[bytes]) -> None:
        self._lines: Iterator[bytes] = iter(lambda: log.readline(LONGEST_LINE), b"")
        self.before, self.now = hashlib.sha256(), hashlib.sha256()
        self.lines = 0
        self.difference: Difference | None = None
        self.ended = False

    def observe(self, seq: int, t_ms: int, event: Event) -> None:
        """Compare an event. What comes after the last line is not compared: the log was cut there."""
        if self.ended or self.difference is not None:
            return
        known = next(self._lines, None)
        if known is None:
            self.ended = True
            return
        line = encode(seq, t_ms, event)
        self.lines += 1
        self.before.update(known)
        self.now.update(line)
        if line != known:
            self.difference = Difference(self.lines, _text(known), _text(line))

    def finish(self) -> None:
        """Whatever lines are left have not come again."""
        known = next(self._lines, None)
        if self.difference is None and known is not None:
            self.difference = Difference(self.lines + 1, _text(known), None)
        self.before.update(known or b"")
        for rest in self._lines:
            self.before.update(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\n")


def _replayed(about: dict[str, Any], log: IO[bytes], path: Path, import_policies: bool) -> Proof:
    comparing = _Comparing(log)
    try:
        beginning: Beginning = from_plain(Beginning, about["beginning"])
        script, until_ms = read_all(about["commands"]), int(about["until_ms"])
        if import_policies:
            beginning.fetch_policies()
        engine = beginning.make([comparing.observe])
        for t_ms, command in script:
            if comparing.difference is not None:
                break
            engine.run_until(t_ms)
            engine.apply(command)
        if comparing.difference is None:
            engine.run_until(until_ms)
    except UnknownPolicy as refusal:
        advice = "" if import_policies else "; if you trust its module, say --import-policies"
        raise CapsuleRefused(f"{path}: {refusal}{advice}") from None
    except Refusal as refusal:
        if comparing.difference is None:
            raise CapsuleRefused(f"{path}: a command that was accepted is refused now: {refusal}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CapsuleRefused(f"{path}: it cannot be run: {type(error).__name__}: {error}") from None
    comparing.finish()
    sha256 = comparing.before.hexdigest()
    if sha256 != about["log"]["sha256"]:
        raise CapsuleRefused(f"{path}: {LOG} has not the hash that {ABOUT} names: the file is damaged")
    return Proof(
        comparing.difference is None,
        comparing.lines,
        len(script),
        until_ms,
        sha256,
        comparing.now.hexdigest(),
        str(about.get("twin")),
        comparing.difference,
    )


def replay_command(path: Path, as_json: bool, import_policies: bool = False) -> int:
    """``twin replay``: print the proof; status 1 where the logs differ. Raises CapsuleRefused."""
    proof = replay(path, import_policies)
    if as_json:
        print(json.dumps(asdict(proof)))
    elif proof.difference is None:
        print(f"{path}: the same {proof.events} events, {proof.commands} commands, to {proof.until_ms} ms")
        print(f"sha256 {proof.sha256_now}")
    else:
        where = f"{path}: line {proof.difference.line} of the log"
        print(f"{where} differs (written by twin {proof.twin_before})")
        print(f"- {proof.difference.before or 'nothing more'}")
        print(f"+ {proof.difference.now or 'nothing more'}")
    return 0 if proof.same else 1
