"""Some fields of a dataclass of the site, to be changed for one scenario."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, get_type_hints

from twin.domain.layout import DISTRIBUTIONS
from twin.domain.limits import LIMITS
from twin.experiments.fields import Fields, Problems
from twin.experiments.scenario.shapes import Choice, Json, Shape, Whole
from twin.experiments.yamlnodes import Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Partial:
    """Those fields of a dataclass that are given, with the limits of site files."""

    kind: type

    def read(self, node: Node, name: str, problems: Problems) -> dict[str, Any] | None:
        """See ``Shape``."""
        shapes = self._shapes()
        given = Fields(node, name, shapes, {}, problems)
        values: dict[str, Any] = {}
        for key in given.given(*shapes):
            found = given.node(key)
            assert found is not None
            values[key] = shapes[key].read(found, f"{name}.{key}", problems)
        return None if None in values.values() or not given.is_mapping else values

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        properties = {key: shape.schema() for key, shape in self._shapes().items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def _shapes(self) -> dict[str, Shape]:
        hints = get_type_hints(self.kind)
        return {f.name: _shape(f.name, hints[f.name]) for f in fields(self.kind)}


def _shape(name: str, kind: Any) -> Shape:
    if is_dataclass(kind) and isinstance(kind, type):
        return Partial(kind)
    return Choice(tuple(DISTRIBUTIONS)) if kind is str else Whole(*LIMITS[name])


def changed(base: T, values: dict[str, Any] | None) -> T:
    """A copy of ``base`` with some fields changed, also those of dataclasses in it."""
    inner = {
        key: changed(getattr(base, key), value) if isinstance(value, dict) else value
        for key, value in (values or {}).items()
    }
    return replace(base, **inner)  # type: ignore[type-var]  # T is a dataclass
