"""``vary``: from grids, ranges and named variants to the changes of each variant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from twin.experiments import yamlnodes
from twin.experiments.fields import Fields, Problems, shown
from twin.experiments.scenario.inline import plain_node
from twin.experiments.scenario.model import Variation
from twin.experiments.scenario.quantities import number_text
from twin.experiments.scenario.shapes import Json
from twin.experiments.yamlnodes import Mapping, Node, Scalar, Sequence

MOST_VALUES = 10_000
ALIKE = ("run.replications", "run.seed", "run.events", "targets", "name", "description", "schema", "vary")
"""Keys that are not varied, with all below them."""
MOST_VARIANTS = 10_000
Changes = tuple[tuple[str, Node], ...]

_NUMBER: Json = {"type": "number"}
_RANGE: Json = {
    "type": "object",
    "properties": {"from": _NUMBER, "to": _NUMBER, "step": {"type": "number", "exclusiveMinimum": 0}},
    "required": ["from", "to"],
    "additionalProperties": False,
}
_VARIED: Json = {"not": {"pattern": f"^({'|'.join(map(re.escape, ALIKE))})(\\.|$)"}}


@dataclass(frozen=True, slots=True)
class Vary:
    """Values or a range by key, or a list of named variants."""

    def read(self, node: Node, name: str, problems: Problems) -> Variation | None:
        """See ``Shape``."""
        if isinstance(node, Mapping):
            return _grid(node, problems)
        if isinstance(node, Sequence):
            return _named(node, problems)
        advice = "write keys with lists of values, or a list of variants with names"
        problems.add(node.mark, f"{name} is {shown(node)}; {advice}")
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        if value.named:
            return [
                {"name": name, **{key: plain_node(node) for key, node in changes}}
                for name, changes in value.named
            ]
        return {key: [plain_node(node) for node in nodes] for key, nodes in value.grid}

    def schema(self) -> Json:
        """See ``Shape``."""
        grid = {
            "type": "object",
            "minProperties": 1,
            "propertyNames": _VARIED,
            "additionalProperties": {
                "anyOf": [{"type": "array", "minItems": 1, "uniqueItems": True}, _RANGE]
            },
        }
        name = {"type": ["string", "number"], "not": {"enum": ["baseline", ""]}}
        variant = {
            "type": "object",
            "properties": {"name": name},
            "required": ["name"],
            "propertyNames": {"anyOf": [{"const": "name"}, _VARIED]},
        }
        return {"anyOf": [grid, {"type": "array", "items": variant, "minItems": 1}]}


def variants(variation: Variation | None) -> Iterator[tuple[str, Changes]]:
    """Name and changes of each variant, in the order of the file; without ``vary`` just the baseline."""
    if variation is None:
        yield "baseline", ()
        return
    if variation.named:
        yield from variation.named
        return
    keys = [key for key, _ in variation.grid]
    for values in product(*(nodes for _, nodes in variation.grid)):
        changes = tuple(zip(keys, values, strict=True))
        yield ", ".join(f"{key}={text_of(node)}" for key, node in changes), changes


def text_of(node: Node) -> str:
    """A value on one line."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return "[" + ", ".join(text_of(item) for item in node.items) + "]"
    return "{" + ", ".join(f"{key.text}: {text_of(value)}" for key, value in node.pairs) + "}"


def steps(given: Node, start: float, stop: float, step: float) -> tuple[Node, ...]:
    """Scalars from ``start`` to ``stop``."""
    count = int((stop - start) / step + 1e-9) + 1
    return tuple(Scalar(given.mark, number_text(round(start + i * step, 9)), "") for i in range(count))


def _grid(node: Mapping, problems: Problems) -> Variation | None:
    grid: dict[str, tuple[Node, ...]] = {}
    for key, value in node.pairs:
        if key.text in grid:
            problems.add(key.mark, f"'{key.text}' is given twice in vary; keep one")
            continue
        _check_key(key, problems)
        grid[key.text] = _values(key, value, problems)
        seen: dict[str, Node] = {}
        for each in grid[key.text]:
            if seen.setdefault(text_of(each), each) is not each:
                problems.add(each.mark, f"vary.{key.text} has {text_of(each)} twice; keep one")
    if not grid:
        problems.add(node.mark, "vary is empty; give a key with values, or remove it")
    count = 1
    for nodes in grid.values():
        count *= len(nodes)
    if not 0 < count <= MOST_VARIANTS:
        if all(grid.values()):
            problems.add(node.mark, f"vary makes {count} variants; make it 1 to {MOST_VARIANTS}")
        return None
    return Variation(grid=tuple(grid.items()))


def _check_key(key: Scalar, problems: Problems) -> None:
    """What is one of all variants, or they could not be compared."""
    if trouble := alike_trouble(key.text):
        problems.add(key.mark, trouble)


def alike_trouble(key: str) -> str | None:
    """Why a key cannot be varied: it is one of all variants. None where it can."""
    return (
        f"'{key[:40]}' is the same for all variants; set it in the file itself"
        if f"{key}.".startswith(tuple(f"{alike}." for alike in ALIKE))
        else None
    )


def _values(key: Scalar, node: Node, problems: Problems) -> tuple[Node, ...]:
    if isinstance(node, Sequence) and node.items:
        return node.items
    if isinstance(node, yamlnodes.Mapping):
        return _range(key, node, problems)
    empty = isinstance(node, Sequence)
    advice = f"write a list such as [{(not empty and text_of(node)) or 4}, ...] or from:, to: and step:"
    is_what = "an empty list" if empty else shown(node)
    problems.add(node.mark, f"vary.{key.text} is {is_what}; {advice}")
    return ()


def _range(key: Scalar, node: Mapping, problems: Problems) -> tuple[Node, ...]:
    name = f"vary.{key.text}"
    given = Fields(node, name, ("from", "to", "step"), {}, problems)
    numbers: list[float] = []
    for part in ("from", "to", "step"):
        found = given.needed(part) if part != "step" else given.node(part)
        value = 1.0 if found is None and part == "step" else _number(found)
        if found is not None and value is None:
            problems.add(found.mark, f"{name}.{part} is {shown(found)}; write a number")
        if value is None:
            return ()
        numbers.append(value)
    start, stop, step = numbers
    if step <= 0 or stop < start or (stop - start) / step > MOST_VALUES:
        problems.add(node.mark, f"{name} gives no values or too many; let from be below to, and step above 0")
        return ()
    return steps(node, start, stop, step)


def _number(node: Node | None) -> float | None:
    value = None if node is None else plain_node(node)
    return float(value) if isinstance(value, int | float) else None


def _named(node: Sequence, problems: Problems) -> Variation | None:
    found: dict[str, Changes] = {}
    for index, item in enumerate(node.items, 1):
        if not isinstance(item, Mapping):
            problems.add(
                item.mark, f"vary entry {index} is {shown(item)}; write name: and the keys it changes"
            )
            continue
        names = [value for key, value in item.pairs if key.text == "name"]
        if len(names) != 1 or not isinstance(names[0], Scalar) or not names[0].text:
            problems.add(item.mark, f"vary entry {index} has no name; add one 'name:'")
        elif names[0].text == "baseline":
            problems.add(names[0].mark, "baseline is the file as it is; give the variant another name")
        elif names[0].text in found:
            problems.add(names[0].mark, f"two variants are called '{names[0].text}'; rename one")
        else:
            changes = [(key, value) for key, value in item.pairs if key.text != "name"]
            for key, _ in changes:
                _check_key(key, problems)
            found[names[0].text] = tuple((key.text, value) for key, value in changes)
    return Variation(named=tuple(found.items())) if len(found) == len(node.items) and found else None
