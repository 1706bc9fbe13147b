"""From bytes to events: the form of lines, their numbering, their time and their fields."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, NamedTuple

import orjson

from twin.checking.report import Findings, Violation
from twin.checking.shapes import REQUIRED, Event, event_fault


class NotALogError(Exception):
    """The bytes are no event log at all, so that there is nothing to prove or refute."""


class At(NamedTuple):
    """Where and when something is said: line number from 1, time in ms."""

    line: int
    t_ms: int


class Read(NamedTuple):
    """A well-formed event of a known type, with its line and time."""

    at: At
    type_name: str
    event: Event


class Reader:
    """Reads lines one by one, checks their form, counts and hashes them."""

    def __init__(self, findings: Findings) -> None:
        self.line = 0
        self.now_ms = 0
        self.known: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self._findings = findings
        self._seq = 0
        self._sha256 = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes read so far, in hexadecimal."""
        return self._sha256.hexdigest()

    def read(self, raw: bytes) -> Read | None:
        """The event of a line; None where it is malformed or of an unknown type."""
        self._sha256.update(raw)
        self.line += 1
        event = self._parse(raw)
        if event is None:
            return None
        self._number(event.get("seq"))
        if not self._time(event.get("t_ms")):
            return None
        type_name = event.get("type")
        if type(type_name) is not str:
            self._refuse("form.field", "The line has no type.")
            return None
        return self._known(event, type_name)

    def _parse(self, raw: bytes) -> Event | None:
        try:
            event = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            self._not_json(f"The line is not JSON: {error}.")
            return None
        if type(event) is not dict:
            self._not_json("The line is JSON, but not an object.")
            return None
        if self.line == 1 and type(event.get("type")) is not str:
            raise NotALogError("the first line is an object without a type")
        return event

    def _not_json(self, message: str) -> None:
        if self.line == 1:
            raise NotALogError(f"the first line cannot be read. {message}")
        self._refuse("form.json", message)

    def _number(self, seq: Any) -> None:
        wanted = self._seq + 1
        if type(seq) is not int or seq != wanted:
            self._refuse("form.seq", f"seq is {seq!r}, but {wanted} is next.")
        # Going on from what is written keeps one gap from being reported on every line after it.
        self._seq = seq if type(seq) is int else wanted

    def _time(self, t_ms: Any) -> bool:
        if type(t_ms) is not int:
            self._refuse("form.time", f"t_ms is {t_ms!r}, not an integer.")
            return False
        if t_ms < self.now_ms:
            self._refuse("form.time", f"t_ms goes back from {self.now_ms} to {t_ms}.")
        self.now_ms = max(t_ms, self.now_ms)
        return True

    def _known(self, event: Event, type_name: str) -> Read | None:
        if type_name not in REQUIRED:
            self.unknown[type_name] += 1
            return None
        self.known[type_name] += 1
        fault = event_fault(event, type_name)
        if fault:
            self._refuse("form.field", f"{type_name}: {fault}.")
            return None
        return Read(At(self.line, self.now_ms), type_name, event)

    def _refuse(self, rule: str, message: str) -> None:
        self._findings.add(Violation(rule=rule, message=message, line=self.line, t_ms=self.now_ms))
