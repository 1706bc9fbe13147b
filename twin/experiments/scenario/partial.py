"""Some fields of a dataclass of the site, to be changed for one scenario."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, get_type_hints

from twin.domain.limits import LIMITS
from twin.experiments.fields import Fields, Problems
from twin.experiments.scenario.shapes import Json
from twin.experiments.yamlnodes import Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Partial:
    """Those fields of a dataclass of whole numbers that are given, with the limits of site files."""

    kind: type

    def read(self, node: Node, name: str, problems: Problems) -> dict[str, Any] | None:
        """See ``Shape``."""
        inner = self._inner()
        given = Fields(node, name, [f.name for f in fields(self.kind)], LIMITS, problems)
        values: dict[str, Any] = {}
        for key in given.given(*(f.name for f in fields(self.kind))):
            found = given.node(key)
            assert found is not None
            if key in inner:
                values[key] = inner[key].read(found, f"{name}.{key}", problems)
            else:
                values[key] = given.needed_whole(key)
        return None if None in values.values() or not given.is_mapping else values

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        inner = self._inner()
        properties = {
            f.name: inner[f.name].schema()
            if f.name in inner
            else {"type": "integer", "minimum": LIMITS[f.name][0], "maximum": LIMITS[f.name][1]}
            for f in fields(self.kind)
        }
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def _inner(self) -> dict[str, Partial]:
        hints = get_type_hints(self.kind)
        return {name: Partial(kind) for name, kind in hints.items() if is_dataclass(kind)}


def changed(base: T, values: dict[str, Any] | None) -> T:
    """A copy of ``base`` with some fields changed, also those of dataclasses in it."""
    inner = {
        key: changed(getattr(base, key), value) if isinstance(value, dict) else value
        for key, value in (values or {}).items()
    }
    return replace(base, **inner)  # type: ignore[type-var]  # T is a dataclass
