"""The operations of the vendor's API, and which of them a call is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PARAMETER = re.compile(r"\{([^{}/:]+)(:path)?\}")
"""A parameter of a path template; one of kind ``path`` may have slashes in it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its id, method (upper case) and path template."""

    id: str
    method: str
    path: str

    def __str__(self) -> str:
        return self.method + " " + PARAMETER.sub(r"{\1}", self.path)


class Catalogue:
    """All operations of an API."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self.by_id = {operation.id: operation for operation in self.operations}
        self._fixed = {(o.method, o.path): o for o in self.operations if "{" not in o.path}
        self._patterns = [(_pattern(o.path), o) for o in self.operations if "{" in o.path]

    def match(self, method: str, path: str) -> Operation | None:
        """The operation that a call is; a path without parameters goes before one with."""
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed
        for pattern, operation in self._patterns:
            if operation.method == method and pattern.fullmatch(path):
                return operation
        return None

    def parameters(self, operation: Operation, path: str) -> dict[str, str]:
        """The parameters in a path of an operation, as they are written there."""
        found = _pattern(operation.path).fullmatch(path)
        return {} if found is None else found.groupdict()

    def nearest(self, method: str, path: str) -> Operation:
        """The operation most like a call that is none: that of the same path, or of a similar one."""
        for operation in self.operations:
            if operation.path == path or _pattern(operation.path).fullmatch(path):
                return operation

        def likeness(operation: Operation) -> tuple[float, bool]:
            ratio = difflib.SequenceMatcher(None, PARAMETER.sub("1", operation.path), path).ratio()
            return ratio, operation.method == method

        return max(self.operations, key=likeness)


def from_document(document: Mapping[str, Any]) -> Catalogue:
    """The operations that an OpenAPI document has."""
    return Catalogue(
        Operation(about["operationId"], method.upper(), path)
        for path, methods in document["paths"].items()
        for method, about in methods.items()
        if isinstance(about, Mapping) and "operationId" in about
    )


def _pattern(template: str) -> re.Pattern[str]:
    """What paths of a template look like; its parameters are named groups."""
    parts, at = [], 0
    for parameter in PARAMETER.finditer(template):
        parts += [re.escape(template[at : parameter.start()]), f"(?P<{parameter[1]}>"]
        parts += [".+)" if parameter[2] else "[^/]+)"]
        at = parameter.end()
    return re.compile("".join(parts) + re.escape(template[at:]))
