"""Typed fields of a YAML file, and everything that is wrong with them, by line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from twin.domain.errors import Refusal, SiteRefused
from twin.experiments import yamlnodes
from twin.experiments.yamlnodes import Mark, Node, Scalar

MOST_SHOWN = 20
MAX_TEXT = 100
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = r"[-+]?(\.[0-9]+|[0-9]+\.?[0-9]*)(e[-+]?[0-9]+)?|0x[0-9a-f]+|0o[0-7]+|[-+]?\.inf|\.nan"
_NOT_TEXT = re.compile(rf"{_NUMBER}|true|false|null|~|", re.IGNORECASE)

Limits = Mapping[str, tuple[int, int]]


class Problems:
    """What is wrong with one file; raised together, one per line, in the order of the text.

    ``refuse`` makes what is raised. ``elsewhere`` names places that are not in the file.
    ``folder`` is where the file is, if it is one.
    """

    def __init__(
        self, source: str, refuse: Callable[[str], Refusal] = SiteRefused, folder: Path | None = None
    ) -> None:
        self._source, self._refuse = source, refuse
        self.folder = folder
        self._found: list[tuple[Mark, str]] = []
        self.elsewhere: dict[Mark, str] = {}

    def add(self, mark: Mark, message: str) -> None:
        """Note what is wrong; what would be right comes after a semicolon."""
        self._found.append((mark, message))

    def __bool__(self) -> bool:
        return bool(self._found)

    def refusal(self) -> Refusal:
        """What to raise: every problem so far, twenty at most."""
        ordered = sorted(dict.fromkeys(self._found), key=lambda found: found[0])
        lines = [f"{self._place(mark)}: {text}" for mark, text in ordered[:MOST_SHOWN]]
        if len(ordered) > MOST_SHOWN:
            lines.append(f"{self._source}: {len(ordered) - MOST_SHOWN} more not shown")
        return self._refuse("\n".join(lines))

    def _place(self, mark: Mark) -> str:
        return self.elsewhere.get(mark) or f"{self._source}:{mark.line}:{mark.column}"


class Fields:
    """The fields of one mapping. Whatever is wrong with them is noted, and reading goes on.

    ``name`` is what messages call the mapping; ``known`` the keys it may have; ``limits``
    the smallest and largest value of each whole number, by key.
    """

    def __init__(
        self, node: Node, name: str, known: Iterable[str], limits: Limits, problems: Problems
    ) -> None:
        self.mark, self.name = node.mark, name
        self._limits, self._problems = limits, problems
        self._nodes: dict[str, Node] = {}
        self._keys: dict[str, Mark] = {}
        self._meant: list[str] = []
        if isinstance(node, yamlnodes.Mapping):
            for key, value in node.pairs:
                self._take(key, value, tuple(known))
        else:
            advice = f"write key: value pairs with the keys {', '.join(known)}"
            problems.add(node.mark, f"{name} is {shown(node)}; {advice}")
        self.is_mapping = isinstance(node, yamlnodes.Mapping)

    def given(self, *keys: str) -> list[str]:
        """Those of the keys that the file has, in the order of the file."""
        return [key for key in self._nodes if key in keys]

    def mark_of(self, key: str) -> Mark:
        """Where the value of a key begins, or the mapping if it has no such key."""
        return self._nodes[key].mark if key in self._nodes else self.mark

    def key_mark(self, key: str) -> Mark:
        """Where the key itself stands."""
        return self._keys[key]

    def node(self, key: str) -> Node | None:
        """The value of a key that may be missing."""
        return self._nodes.get(key)

    def needed(self, key: str) -> Node | None:
        """The value of a key that must be there; None if it is not, which is noted."""
        if key not in self._nodes and key not in self._meant and self.is_mapping:
            self.wrong(self.mark, f"{self.name} has no {key}; add '{key}:'")
        return self._nodes.get(key)

    def whole(self, key: str, default: int) -> int:
        """A whole number, or the default if it is missing or wrong."""
        value = self._whole(key) if key in self._nodes else default
        return default if value is None else value

    def needed_whole(self, key: str) -> int | None:
        """A whole number; None if it is missing or wrong, which is noted."""
        return None if self.needed(key) is None else self._whole(key)

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        """One of some words, or the default if it is missing or none of them, which is noted."""
        node, known = self.node(key), tuple(choices)
        if node is None:
            return default
        if isinstance(node, Scalar) and node.text in known:
            return node.text
        near = get_close_matches(node.text[:MAX_TEXT], known, 1) if isinstance(node, Scalar) else []
        advice = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(known)}"
        self.wrong(node.mark, f"{key} is {shown(node)}; {advice}")
        return default

    def needed_text(self, key: str) -> str:
        """A line of text; empty if it is missing or wrong, which is noted."""
        node = self.needed(key)
        if node is None:
            return ""
        advice = f"write one line of 1 to {MAX_TEXT} characters, in quotes if it looks like a number"
        if not isinstance(node, Scalar) or (not node.style and _NOT_TEXT.fullmatch(node.text)):
            self.wrong(node.mark, f"{key} is {shown(node)}, not text; {advice}")
            return ""
        if not 1 <= len(node.text) <= MAX_TEXT or not node.text.isprintable():
            self.wrong(node.mark, f"{key} is {shown(node)}; {advice}")
        return node.text

    def items(self, node: Node, name: str, advice: str = "write a list") -> tuple[Node, ...] | None:
        """The values of a list; None if it is no list, which is noted."""
        if isinstance(node, yamlnodes.Sequence):
            return node.items
        self.wrong(node.mark, f"{name} is {shown(node)}; {advice}")
        return None

    def wrong(self, mark: Mark, message: str) -> None:
        """Note what is wrong; what would be right comes after a semicolon."""
        self._problems.add(mark, message)

    def _take(self, key: Scalar, value: Node, known: tuple[str, ...]) -> None:
        name = key.text
        if name not in known:
            self._unknown(key, known)
        elif name in self._nodes:
            first = self._keys[name].line
            self.wrong(key.mark, f"'{name}' is given twice in {self.name}; keep one (first on line {first})")
        else:
            self._nodes[name], self._keys[name] = value, key.mark

    def _unknown(self, key: Scalar, known: tuple[str, ...]) -> None:
        """A misspelt key is not missed as well: that would be two messages for one mistake."""
        near = get_close_matches(key.text[:MAX_TEXT], known, 1)
        self._meant += near
        advice = f"did you mean '{near[0]}'?" if near else f"the keys are {', '.join(known)}"
        self.wrong(key.mark, f"unknown key {_quoted(key.text)} in {self.name}; {advice}")

    def _whole(self, key: str) -> int | None:
        value, trouble = whole_number(self._nodes[key], *self._limits[key])
        if trouble:
            self.wrong(self._nodes[key].mark, f"{key} is {trouble}")
        return value


def whole_number(node: Node, low: int, high: int) -> tuple[int | None, str]:
    """The number that a node gives, or None and what it is instead, with advice."""
    wanted = str(low) if low == high else f"from {low} to {high}"
    if isinstance(node, Scalar) and not node.style and _WHOLE.fullmatch(node.text):
        # Longer numbers are out of any limits, and Python refuses to convert very long ones.
        value = int(node.text) if len(node.text) < 20 else None
        if value is not None and low <= value <= high:
            return value, ""
        return None, f"{shown(node)}; give {'' if low == high else 'a value '}{wanted}"
    quotes = ", without quotes" if isinstance(node, Scalar) and _WHOLE.fullmatch(node.text) else ""
    return None, f"{shown(node)}; write a whole number {wanted}{quotes}"


def shown(node: Node) -> str:
    """A node in a few words, for messages."""
    if isinstance(node, yamlnodes.Sequence):
        return "a list"
    if isinstance(node, yamlnodes.Mapping):
        return "a mapping"
    if node.style:
        return f"the text {_quoted(node.text)}"
    return _shortened(node.text) or "empty"


def _quoted(text: str) -> str:
    return f"'{_shortened(text)}'"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    clean = "".join(letter if letter.isprintable() else "?" for letter in line[:40])
    return clean if len(line) <= 40 else f"{clean}..."
