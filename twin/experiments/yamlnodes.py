"""YAML as plain nodes that know their line and column.

Only what a configuration file needs: mappings, sequences, scalars. Anchors and
aliases, tags, several documents and deep nesting are refused, so that a short
text cannot grow into a large structure. Nothing is converted here: ``yes`` and
``1e3`` stay text, and the reader of a field decides what it accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_DEPTH = 12
MAX_CHARACTERS = 20_000_000
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

_PARSER_ACCIDENTS = (
    *(YAMLError, ArithmeticError, AssertionError, AttributeError),
    *(LookupError, RecursionError, TypeError, ValueError),
)
"""What the parser raises, without a position, on some texts that are not YAML, such as "\\UFFFFFFFF"."""


class Mark(NamedTuple):
    """A position in a text: line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as it is written. ``style``: how it is quoted; empty if it is not."""

    mark: Mark
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of values."""

    mark: Mark
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in the order of the text; a key may come twice."""

    mark: Mark
    pairs: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Sequence | Mapping


class NotYaml(Exception):
    """The text cannot be read: where, what is wrong, what would be right."""

    def __init__(self, mark: Mark, reason: str, advice: str) -> None:
        super().__init__(f"{reason}; {advice}")
        self.mark, self.reason, self.advice = mark, reason, advice


def normalised(text: str) -> str:
    """The text without byte order mark and with line feeds as the only line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def compose(text: str) -> Node:
    """The one document in a normalised text. Raises NotYaml."""
    _refuse_strange_text(text)
    return _Composer(_events(text)).document()


def mark_at(text: str, offset: int) -> Mark:
    """Line and column of a character."""
    return Mark(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _events(text: str) -> Iterator[Event]:
    events = YAML(typ="safe", pure=True).parse(text)
    while True:
        try:
            event = next(events, None)
        except MarkedYAMLError as error:
            raise _refusal(error, text) from None
        except _PARSER_ACCIDENTS as error:
            reason = " ".join(f"not valid YAML ({str(error) or type(error).__name__})".split())
            raise NotYaml(Mark(1, 1), reason, "compare it with a shipped file") from None
        if event is None:
            return
        yield event


def _refuse_strange_text(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        reason = f"the file has {len(text)} characters"
        raise NotYaml(Mark(1, 1), reason, f"at most {MAX_CHARACTERS} are read")
    strange = _FORBIDDEN.search(text)
    if strange:
        code = f"U+{ord(strange.group()):04X}"
        reason = f"the character {code} does not belong into a text file"
        raise NotYaml(mark_at(text, strange.start()), reason, "remove it")


def _refusal(error: MarkedYAMLError, text: str) -> NotYaml:
    found = error.problem_mark or error.context_mark
    mark = Mark(found.line + 1, found.column + 1) if found else Mark(1, 1)
    here = text[max(0, found.index - 1) : found.index + 2] if found else ""
    advice = "check indentation, colons, quotes and brackets"
    if here[1:2] == "\t":
        advice = "indent with spaces, not tabs"
    elif ">=" in here:
        advice = 'write a bound in quotes: ">= 500"'
    reason = " ".join(f"not valid YAML ({error.problem or error.context})".split())
    return NotYaml(mark, reason, advice)


class _Composer:
    """Builds nodes from the parser's events."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events

    def document(self) -> Node:
        events = [next(self._events), next(self._events)]
        if not isinstance(events[1], DocumentStartEvent):
            raise NotYaml(Mark(1, 1), "the file is empty", "write at least its schema and name")
        node = self._node(next(self._events), 0)
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                raise NotYaml(_mark(event), "a second document begins here", "one file holds one")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        self._refuse_cleverness(event, depth)
        mark = _mark(event)
        if isinstance(event, MappingStartEvent):
            return Mapping(mark, tuple(self._pairs(depth)))
        if isinstance(event, SequenceStartEvent):
            return Sequence(mark, tuple(self._items(depth)))
        return Scalar(mark, event.value, event.style or "")

    def _pairs(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise NotYaml(key.mark, "a key is a list or mapping", "keys are single words")
            value = self._node(next(self._events), depth + 1)
            yield key, _beside(key, value)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _refuse_cleverness(self, event: Any, depth: int) -> None:
        mark = _mark(event)
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise NotYaml(mark, "anchors '&' and aliases '*' are not used here", "write the value out")
        if _is_tagged(event):
            raise NotYaml(mark, "tags '!' are not used here", "write the plain value; quote it if it is text")
        if depth > MAX_DEPTH:
            raise NotYaml(mark, f"nested more than {MAX_DEPTH} deep", "no field needs that")


def _is_tagged(event: Any) -> bool:
    implicit = event.implicit
    return not (any(implicit) if isinstance(event, ScalarEvent) else implicit)


def _mark(event: Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _beside(key: Scalar, value: Node) -> Node:
    """The parser puts a value that is not there at the next token, which may be lines away."""
    if isinstance(value, Scalar) and not value.text and not value.style:
        return Scalar(key.mark, "", "")
    return value
