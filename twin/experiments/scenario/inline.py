"""A site within a scenario file: kept as nodes, so that the reader of sites can say where it is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from twin.experiments import yamlnodes
from twin.experiments.fields import Problems, shown
from twin.experiments.scenario.shapes import Json
from twin.experiments.yamlnodes import Node, Scalar

_WHOLE = re.compile(r"-?\d{1,15}")
_DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,15}")


@dataclass(frozen=True, slots=True)
class Inline:
    """A mapping that is read later."""

    def read(self, node: Node, name: str, problems: Problems) -> Node | None:
        """See ``Shape``."""
        if isinstance(node, yamlnodes.Mapping):
            return node
        problems.add(node.mark, f"{name} is {shown(node)}; write the keys of a site file")
        return None

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return plain_node(value)

    def schema(self) -> Json:
        """See ``Shape``."""
        return {"type": "object"}


def plain_node(node: Node) -> Any:
    """Plain values of nodes: numbers where they are written as such, else text."""
    if isinstance(node, yamlnodes.Mapping):
        return {key.text: plain_node(value) for key, value in node.pairs}
    if isinstance(node, yamlnodes.Sequence):
        return [plain_node(item) for item in node.items]
    if not node.style and _WHOLE.fullmatch(node.text):
        return int(node.text)
    return float(node.text) if not node.style and _DECIMAL.fullmatch(node.text) else node.text


def changed_at(root: Node, path: tuple[str, ...], value: Node) -> Node:
    """A copy of a tree with the value at a path of keys replaced or added.

    New keys get the mark of the value, so that what is wrong with them is said there.
    """
    if not path:
        return value
    pairs = list(root.pairs) if isinstance(root, yamlnodes.Mapping) else []
    for index, (key, inner) in enumerate(pairs):
        if key.text == path[0]:
            pairs[index] = (key, changed_at(inner, path[1:], value))
            break
    else:
        empty = yamlnodes.Mapping(value.mark, ())
        pairs.append((Scalar(value.mark, path[0], ""), changed_at(empty, path[1:], value)))
    return yamlnodes.Mapping(root.mark, tuple(pairs))


def node_at(root: Node, *path: str) -> Node:
    """The node at a path of keys, or the last one above it that is there."""
    for part in path:
        found = [inner for key, inner in getattr(root, "pairs", ()) if key.text == part]
        if not found:
            return root
        root = found[0]
    return root
