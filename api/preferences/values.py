"""What the value of a setting may be."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

DEEPEST_VALUE: Final = 32
LARGEST_VALUE: Final = 16 * 1024
"""Bytes of a custom value, written as JSON."""

TYPE_NAMES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
"""The names of JSON types, as JSON Schema has them."""


class Wrong(Exception):
    """A value that a setting cannot have; ``kind`` says why to machines, ``message`` to people."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer within bounds."""

    least: int
    most: int
    name: str = "integer"
    choices: tuple[str, ...] | None = None

    @property
    def range(self) -> str:
        """What it may be, in words."""
        return f"{self.least} to {self.most}"

    def check(self, value: Any) -> None:
        """Raises Wrong."""
        if type(value) is not int:
            raise Wrong("int_type", "Input should be a valid integer")
        if not self.least <= value <= self.most:
            raise Wrong("out_of_range", f"Input should be from {self.least} to {self.most}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several words."""

    choices: tuple[str, ...]
    name: str = "string"

    @property
    def range(self) -> str:
        """What it may be, in words."""
        return ", ".join(f"`{choice}`" for choice in self.choices)

    def check(self, value: Any) -> None:
        """Raises Wrong."""
        if not isinstance(value, str) or value not in self.choices:
            raise Wrong("enum", f"Input should be one of {', '.join(self.choices)}")


Kind = Whole | Choice


def check_custom(value: Any) -> None:
    """Any JSON value of bounded size will do. Raises Wrong."""
    text = check_finite(value)
    if len(text) > LARGEST_VALUE:
        raise Wrong("too_long", f"Input should be at most {LARGEST_VALUE} bytes of JSON")


def check_finite(value: Any) -> str:
    """The JSON of a value that was read from JSON. Raises Wrong where it could not be sent back."""
    if _nested_deeper(value, DEEPEST_VALUE):
        raise Wrong("too_deep", f"Input should be nested at most {DEEPEST_VALUE} levels deep")
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        raise Wrong("finite_number", "Input holds a number too large to be kept") from None


def type_name(value: Any) -> str:
    """The JSON type of a value."""
    return TYPE_NAMES[type(value)]


def _nested_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects lie within each other more than ``levels`` times."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [item for one in layer for item in _parts(one)]
        if not layer:
            return False
    return True


def _parts(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
