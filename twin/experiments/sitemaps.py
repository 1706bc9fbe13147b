"""The levels of a site file: maps drawn as text, shared, or generated; each position by line and column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from twin.domain.errors import Invalid
from twin.domain.layout import Level
from twin.domain.limits import LIMITS
from twin.experiments.fields import Fields, Problems, shown, whole_number
from twin.experiments.sitegen import SHAPE_LIMITS, LaneShape, lane_level
from twin.experiments.yamlnodes import Mark, Node, Scalar

LEVEL_KEYS = ("id", "height_mm", "map", "same_map_as", "lanes")
SHAPE_KEYS = tuple(field.name for field in fields(LaneShape))
_SOURCES = ("map", "same_map_as", "lanes")

Locate = Callable[[int, int], Mark]
"""Where in the file the position at x and y of a map is drawn."""


@dataclass(frozen=True, slots=True)
class DrawnLevel:
    """A level with its place in the file and the place of each of its positions."""

    level: Level
    mark: Mark
    locate: Locate


@dataclass(frozen=True, slots=True)
class _Entry:
    """A level as the file gives it. ``rows`` are None if it has no readable map of its own."""

    fields: Fields
    id: int
    height_mm: int
    rows: tuple[str, ...] | None
    locate: Locate


class LevelReader:
    """Reads the list of levels. ``text`` is the whole file, for the columns of maps."""

    def __init__(self, text: str, problems: Problems) -> None:
        self._lines = text.split("\n")
        self._problems = problems

    def read(self, nodes: Sequence[Node]) -> tuple[DrawnLevel, ...] | None:
        """All levels, or None if one of them cannot be read, which is noted."""
        entries = [self._entry(node, f"levels entry {index}") for index, node in enumerate(nodes, 1)]
        readable = [entry for entry in entries if entry is not None]
        if len(readable) < len(nodes):
            return None  # a level that shares the map of an unreadable one is not at fault
        levels = [self._level(entry, readable) for entry in readable]
        drawn = tuple(level for level in levels if level is not None)
        return drawn if len(drawn) == len(nodes) else None

    def _entry(self, node: Node, name: str) -> _Entry | None:
        given = Fields(node, name, LEVEL_KEYS, LIMITS, self._problems)
        id_, height = given.needed_whole("id"), given.needed_whole("height_mm")
        source = self._source(given)
        if id_ is None or height is None or source is None:
            return None
        mark = given.mark_of(source)
        if source == "same_map_as":
            return _Entry(given, id_, height, None, lambda x, y: mark)
        if source == "lanes":
            return _Entry(given, id_, height, self._generated(given), lambda x, y: mark)
        return self._drawn(given, id_, height)

    def _source(self, given: Fields) -> str | None:
        """Which of the three ways to give a map the level uses: exactly one."""
        sources = given.given(*_SOURCES)
        if not sources and given.is_mapping:
            self._problems.add(given.mark, f"{given.name} has no map; add 'map:', 'same_map_as:' or 'lanes:'")
        for extra in sources[1:]:
            message = f"{given.name} has both {sources[0]} and {extra}; keep one"
            self._problems.add(given.key_mark(extra), message)
        return sources[0] if len(sources) == 1 else None

    def _drawn(self, given: Fields, id_: int, height: int) -> _Entry | None:
        node = given.needed("map")
        if not isinstance(node, Scalar) or node.style != "|":
            where = given.mark_of("map")
            what = "is folded" if isinstance(node, Scalar) and node.style == ">" else "is not drawn as text"
            self._problems.add(where, f"the map {what}; write 'map: |' and the rows below it, indented")
            return None
        rows = tuple(row.rstrip(" ") for row in node.text.rstrip("\n").split("\n"))
        rows = () if rows == ("",) else rows
        return _Entry(given, id_, height, rows, self._locate(node, rows))

    def _locate(self, node: Scalar, rows: tuple[str, ...]) -> Locate:
        """The rows of a literal block stand below its '|', each indented like the first."""
        above = node.mark.line
        ends = [len(line.rstrip(" ")) for line in self._lines[above : above + len(rows)]]
        indents = [end - len(row) for end, row in zip(ends, rows, strict=False)]
        return lambda x, y: Mark(above + 1 + y, indents[y] + x + 1) if y < len(indents) else node.mark

    def _generated(self, given: Fields) -> tuple[str, ...] | None:
        node = given.needed("lanes")
        assert node is not None
        default = LaneShape()
        sizes = Fields(node, f"lanes of {given.name}", SHAPE_KEYS, SHAPE_LIMITS, self._problems)
        shape = LaneShape(*(sizes.whole(key, getattr(default, key)) for key in SHAPE_KEYS))
        if not sizes.is_mapping:
            return None
        try:
            return lane_level(1, 0, shape).rows
        except Invalid as error:
            self._problems.add(sizes.mark_of(error.field), str(error))
            return None

    def _level(self, entry: _Entry, entries: Sequence[_Entry]) -> DrawnLevel | None:
        shared = entry.fields.node("same_map_as")
        rows = entry.rows if shared is None else self._shared(entry, shared, entries)
        if rows is None:
            return None
        return DrawnLevel(Level(entry.id, entry.height_mm, rows), entry.fields.mark, entry.locate)

    def _shared(self, entry: _Entry, node: Node, entries: Sequence[_Entry]) -> tuple[str, ...] | None:
        owners = {other.id: other for other in reversed(entries) if other.fields.node("same_map_as") is None}
        number, _ = whole_number(node, *LIMITS["id"])
        owner = owners.get(number or 0)
        if owner is None:
            known = ", ".join(str(id_) for id_ in sorted(owners)) or "there is none yet"
            message = f"same_map_as is {shown(node)}; name a level with a map of its own ({known})"
            self._problems.add(node.mark, message)
            return None
        return owner.rows
