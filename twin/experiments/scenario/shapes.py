"""The shapes that values of a scenario file may have.

One description serves three ends: to read a file (``read``), to write the scenario as
it was understood (``plain``), and to tell an editor what is allowed (``schema``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Protocol

from twin.experiments import yamlnodes
from twin.experiments.fields import Fields, Problems, shown, whole_number
from twin.experiments.scenario.kpinames import unit_of
from twin.experiments.scenario.quantities import (
    DURATION,
    LONGEST_MS,
    Unclear,
    bound,
    duration_ms,
    duration_text,
)
from twin.experiments.yamlnodes import Node, Scalar

Json = dict[str, Any]
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Shape(Protocol):
    """What a value may be."""

    def read(self, node: Node, name: str, problems: Problems) -> Any:
        """The value, or None if it is wrong, which is noted under ``name``."""
        ...

    def plain(self, value: Any) -> Any:
        """The value as it would be written in a file."""
        ...

    def schema(self) -> Json:
        """The JSON Schema of the values allowed."""
        ...


def _refuse(problems: Problems, node: Node, name: str, message: str) -> None:
    problems.add(node.mark, f"{name} is {shown(node)}{message}")


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within limits."""

    low: int
    high: int

    def read(self, node: Node, name: str, problems: Problems) -> int | None:
        """See ``Shape``."""
        value, trouble = whole_number(node, self.low, self.high)
        if trouble:
            problems.add(node.mark, f"{name} is {trouble}")
        return value

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal number within limits."""

    low: float
    high: float

    def read(self, node: Node, name: str, problems: Problems) -> float | None:
        """See ``Shape``."""
        if isinstance(node, Scalar) and not node.style and _DECIMAL.fullmatch(node.text):
            value = float(node.text)
            if self.low <= value <= self.high:
                return value
        _refuse(problems, node, name, f"; write a number from {self.low:g} to {self.high:g}")
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Duration:
    """A time with its unit, in ms inside; ``words`` may stand in its place."""

    low_ms: int = 0
    high_ms: int = LONGEST_MS
    words: tuple[str, ...] = ()

    def read(self, node: Node, name: str, problems: Problems) -> int | str | None:
        """See ``Shape``."""
        if isinstance(node, Scalar) and node.text in self.words:
            return node.text
        also = f" (or {', '.join(self.words)})" if self.words else ""
        if not isinstance(node, Scalar):
            _refuse(problems, node, name, f"; write a time such as 30 min{also}")
            return None
        try:
            value = duration_ms(node.text)
        except Unclear as unclear:
            _refuse(problems, node, name, f", {unclear}{also}")
            return None
        if self.low_ms <= value <= self.high_ms:
            return value
        limits = f"from {duration_text(self.low_ms)} to {duration_text(self.high_ms)}"
        _refuse(problems, node, name, f"; give a time {limits}")
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return duration_text(value) if isinstance(value, int) else value

    def schema(self) -> Json:
        """See ``Shape``."""
        time: Json = {"type": "string", "pattern": rf"^{self._not_less()}\s*{DURATION}\s*$"}
        return {"anyOf": [{"enum": list(self.words)}, time]} if self.words else time

    def _not_less(self) -> str:
        """What a time must not look like to be long enough, as far as a pattern can tell."""
        if not self.low_ms:
            return ""
        short = r"(?!\s*0*\d{1,3}(\.\d+)?\s*ms)(?!\s*0*(\.\d+)?\s*s)" if self.low_ms >= 1000 else ""
        return rf"(?=.*[1-9]){short}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def read(self, node: Node, name: str, problems: Problems) -> str | None:
        """See ``Shape``."""
        if isinstance(node, Scalar) and node.text in self.words:
            return node.text
        near = get_close_matches(node.text, self.words, 1) if isinstance(node, Scalar) else []
        guess = f"did you mean '{near[0]}'? " if near else ""
        _refuse(problems, node, name, f"; {guess}choose {' or '.join(self.words)}")
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text. ``pattern`` tells editors what a check of its section demands."""

    most: int = 200
    pattern: str = ""

    def read(self, node: Node, name: str, problems: Problems) -> str | None:
        """See ``Shape``."""
        fits = isinstance(node, Scalar) and 0 < len(node.text) <= self.most
        if isinstance(node, Scalar) and fits and node.text.isprintable():
            return node.text
        _refuse(problems, node, name, f"; write one line of 1 to {self.most} characters")
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        pattern = self.pattern or r"^[^\x00-\x1f\x7f]*$"
        return {"type": "string", "minLength": 1, "maxLength": self.most, "pattern": pattern}


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """``06:30``, in ms since midnight inside."""

    def read(self, node: Node, name: str, problems: Problems) -> int | None:
        """See ``Shape``."""
        found = _TIME_OF_DAY.fullmatch(node.text) if isinstance(node, Scalar) else None
        if found:
            return (int(found.group(1)) * 60 + int(found.group(2))) * 60_000
        _refuse(problems, node, name, '; write a time of day from "00:00" to "23:59", in quotes')
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return f"{value // 3_600_000:02d}:{value // 60_000 % 60:02d}"

    def schema(self) -> Json:
        """See ``Shape``."""
        return {"type": "string", "pattern": f"^{_TIME_OF_DAY.pattern}$"}


@dataclass(frozen=True, slots=True)
class Shift:
    """``06:00-14:00``: two times of day; ``22:00-06:00`` goes over midnight."""

    def read(self, node: Node, name: str, problems: Problems) -> tuple[int, int] | None:
        """See ``Shape``."""
        ends = node.text.split("-") if isinstance(node, Scalar) else []
        found = [_TIME_OF_DAY.fullmatch(end.strip()) for end in ends]
        times = [(int(end.group(1)) * 60 + int(end.group(2))) * 60_000 for end in found if end]
        if len(times) == 2 == len(ends) and times[0] != times[1]:
            return times[0], times[1]
        _refuse(problems, node, name, '; write a shift such as "06:00-14:00", in quotes')
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return "-".join(TimeOfDay().plain(end) for end in value)

    def schema(self) -> Json:
        """See ``Shape``."""
        time = _TIME_OF_DAY.pattern
        return {"type": "string", "pattern": rf"^\s*{time}\s*-\s*{time}\s*$"}


@dataclass(frozen=True, slots=True)
class Target:
    """A bound of the KPI that its name ends with, in that one's unit."""

    def read(self, node: Node, name: str, problems: Problems) -> Any:
        """See ``Shape``."""
        try:
            kpi = name.removeprefix("targets.")
            return bound(node.text if isinstance(node, Scalar) else "", unit_of(kpi))
        except Unclear as unclear:
            _refuse(problems, node, name, f", {unclear}")
            return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return value.written

    def schema(self) -> Json:
        """See ``Shape``: what the name demands is in the schema of the names."""
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one shape."""

    item: Shape
    least: int = 1
    most: int = 1000

    def read(self, node: Node, name: str, problems: Problems) -> tuple[Any, ...] | None:
        """See ``Shape``."""
        if not isinstance(node, yamlnodes.Sequence):
            _refuse(problems, node, name, "; write a list")
            return None
        if not self.least <= len(node.items) <= self.most:
            count = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
            problems.add(node.mark, f"{name} has {len(node.items)} values; give {count}")
            return None
        values = tuple(
            self.item.read(item, f"{name} value {i}", problems) for i, item in enumerate(node.items, 1)
        )
        return None if None in values else values

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return [self.item.plain(item) for item in value]

    def schema(self) -> Json:
        """See ``Shape``."""
        return {
            "type": "array",
            "items": self.item.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }


@dataclass(frozen=True, slots=True)
class Named:
    """Values of one shape under names of the author's choice. ``check`` says what is wrong with a name.

    ``names`` tells editors the same, as keywords of JSON Schema.
    """

    item: Shape
    check: Callable[[str], str] = lambda name: ""
    names: Json = field(default_factory=dict)

    def read(self, node: Node, name: str, problems: Problems) -> dict[str, Any] | None:
        """See ``Shape``."""
        if not isinstance(node, yamlnodes.Mapping):
            _refuse(problems, node, name, "; write name: value pairs")
            return None
        values: dict[str, Any] = {}
        for key, value in node.pairs:
            if trouble := self.check(key.text):
                problems.add(key.mark, f"{name}: {trouble}")
            elif key.text in values:
                problems.add(key.mark, f"'{key.text}' is given twice in {name}; keep one")
            else:
                values[key.text] = self.item.read(value, f"{name}.{key.text}", problems)
        return None if None in values.values() else values

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return {name: self.item.plain(item) for name, item in value.items()}

    def schema(self) -> Json:
        """See ``Shape``."""
        return {"type": "object", "additionalProperties": self.item.schema(), **self.names}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a section. ``needed`` without a default; ``doc`` is for people and editors."""

    shape: Shape
    doc: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping with known keys, read into a dataclass whose fields have the same names.

    ``check`` gets the value and says what does not go together: pairs of key and message.
    ``rules`` tells editors the same, as keywords of JSON Schema, as far as these can say it.
    A single scalar stands for the key ``short``, if there is one. A word of Python that
    is a key too (``from``) has an underscore behind it in the dataclass, and a dot in a
    key is an underscore there.
    """

    title: str
    make: Callable[..., Any]
    keys: Mapping[str, Key]
    check: Callable[[Any, Fields], list[tuple[str, str]]] | None = None
    short: str | None = None
    rules: Json = field(default_factory=dict)

    def read(self, node: Node, name: str, problems: Problems) -> Any:
        """See ``Shape``."""
        if self.short and not isinstance(node, yamlnodes.Mapping):
            node = yamlnodes.Mapping(node.mark, ((Scalar(node.mark, self.short, ""), node),))
        given = Fields(node, name, self.keys, {}, problems)
        values: dict[str, Any] = {}
        sound = given.is_mapping
        for key, spec in self.keys.items():
            found = given.needed(key) if spec.needed else given.node(key)
            if found is not None:
                values[_field(key)] = spec.shape.read(found, _under(name, key), problems)
            sound = (
                sound and values.get(_field(key), 0) is not None and (found is not None or not spec.needed)
            )
        if not sound:
            return None
        made = self.make(**values)
        for key, message in self.check(made, given) if self.check else ():
            problems.add(given.key_mark(key) if given.given(key) else given.mark, message)
        return made

    def plain(self, value: Any) -> Any:
        """See ``Shape``: what is as if it had not been written is left out."""
        written = {key: getattr(value, _field(key)) for key in self.keys}
        return {key: self.keys[key].shape.plain(item) for key, item in written.items() if item is not None}

    def schema(self) -> Json:
        """See ``Shape``."""
        body: Json = {
            "type": "object",
            "title": self.title,
            "properties": {key: self._described(key) for key in self.keys},
            "additionalProperties": False,
        }
        needed = [key for key, spec in self.keys.items() if spec.needed]
        if needed:
            body["required"] = needed
        body |= self.rules
        return {"anyOf": [self.keys[self.short].shape.schema(), body]} if self.short else body

    def _described(self, key: str) -> Json:
        spec = self.keys[key]
        described = {"description": spec.doc, **spec.shape.schema()}
        default = self.default(key)
        if default is not None:
            described["default"] = spec.shape.plain(default)
        return described

    def default(self, key: str) -> Any:
        """What holds where a key is not given; None where that has no value of its own."""
        for each in fields(self.make) if isinstance(self.make, type) else ():
            if each.name == _field(key):
                if each.default is not MISSING:
                    return each.default
                return None if each.default_factory is MISSING else each.default_factory()
        return None


def _field(key: str) -> str:
    return "from_" if key == "from" else key.replace(".", "_")


def _under(name: str, key: str) -> str:
    return key if name == "the scenario" else f"{name}.{key}"


@dataclass(frozen=True, slots=True)
class Either:
    """A shape for single values, one for lists, one for mappings; those that are there are allowed."""

    scalar: Shape | None = None
    sequence: Shape | None = None
    mapping: Shape | None = None
    advice: str = ""

    def read(self, node: Node, name: str, problems: Problems) -> Any:
        """See ``Shape``."""
        shape = self.scalar if isinstance(node, Scalar) else self.mapping
        if isinstance(node, yamlnodes.Sequence):
            shape = self.sequence
        if shape is not None:
            return shape.read(node, name, problems)
        _refuse(problems, node, name, f"; {self.advice}")
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        if isinstance(value, tuple) and self.sequence:
            return self.sequence.plain(value)
        if self.scalar and isinstance(value, int | float | str):
            return self.scalar.plain(value)
        assert self.mapping is not None
        return self.mapping.plain(value)

    def schema(self) -> Json:
        """See ``Shape``."""
        shapes = (self.scalar, self.sequence, self.mapping)
        return {"anyOf": [shape.schema() for shape in shapes if shape is not None]}
