"""Sites from YAML files. What is wrong with a file is said by line and column, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import twin
from twin.domain import sitecheck
from twin.domain.errors import SiteRefused
from twin.domain.layout import Balcony, BotStart, CarrierStart, Drive, Level, Motion, PersonTimes, Place, Site
from twin.domain.limits import LIMITS, MAX_ID, MAX_POSITIONS
from twin.domain.sitecheck import Fault, Subject
from twin.experiments import yamlnodes
from twin.experiments.fields import Fields, Problems, shown, whole_number
from twin.experiments.placement import drawn_balconies, filled, parked_bots
from twin.experiments.sitemaps import DrawnLevel, LevelReader
from twin.experiments.yamlnodes import Mark, Node, NotYaml, Scalar, compose, mark_at, normalised

SCHEMA = 1
_SITE_KEYS = ("schema", "name", "pitch_mm", "motion", "person", "levels", "balconies", "bots", "carriers")
_STANDING_KEYS = ("id", "level", "x", "y")
_PERSON_KEYS = tuple(field.name for field in fields(PersonTimes))
_DRIVE_KEYS = tuple(field.name for field in fields(Drive))
_TIMES = ("turn_ms", "lift_ms", "lower_ms")
_LIMITS: Mapping[str, tuple[int, int]] = {
    **LIMITS,
    "level": (1, MAX_ID),
    "x": (0, MAX_POSITIONS),
    "y": (0, MAX_POSITIONS),
    "per_level": (1, MAX_POSITIONS),
    "fill_percent": (0, 100),
}
_Standing = TypeVar("_Standing", BotStart, CarrierStart)


def load_site(path: Path) -> Site:
    """The site that a file describes. Raises SiteRefused."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SiteRefused(f"{path}:1:1: {reason}; name a readable site file") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        mark = mark_at(data[: error.start].decode("utf-8"), error.start)
        reason = f"the byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise SiteRefused(f"{path}:{mark.line}:{mark.column}: {reason}") from None
    return parse_site(text, str(path))


def parse_site(text: str, source: str) -> Site:
    """The site that a YAML text describes. Raises SiteRefused; ``source`` names the text in it."""
    text, problems = normalised(text), Problems(source)
    try:
        root = compose(text)
    except NotYaml as error:
        problems.add(error.mark, str(error))
        problems.refuse_if_any()
        raise
    return _SiteReader(text, problems).read(root)


def find_site(name_or_path: str) -> Path:
    """The file of a site: a path, or the name of a shipped site. Raises SiteRefused."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or _is_file(path):
        return path
    shipped = _shipped_sites()
    if name_or_path not in shipped:
        near = get_close_matches(name_or_path, shipped, 1)
        guess = f"did you mean {near[0]}? " if near else ""
        known = ", ".join(shipped) or "none"
        raise SiteRefused(f"no site is called '{name_or_path}'; {guess}Shipped sites: {known}")
    return shipped[name_or_path]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _shipped_sites() -> dict[str, Path]:
    """Site files by name: those of a source tree before those of an installed package."""
    package = Path(twin.__file__).parent
    folders = (package / "_sites", package.parent / "scenarios" / "sites")
    found = {path.stem: path for folder in folders for path in folder.glob("*.yaml")}
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a site is made of; None for a part that could not be read."""

    levels: tuple[Level, ...] | None
    balconies: tuple[Balcony, ...] | None
    bots: tuple[BotStart, ...] | None
    carriers: tuple[CarrierStart, ...] | None


class _SiteReader:
    """Reads one file, part by part, and keeps where each part stands in it."""

    def __init__(self, text: str, problems: Problems) -> None:
        self._text, self._problems = text, problems
        self._marks: dict[Subject, Mark] = {}
        self._drawn: tuple[DrawnLevel, ...] = ()

    def read(self, root: Node) -> Site:
        site = self._fields(root, "the site", _SITE_KEYS)
        self._check_schema(site)
        name, pitch = site.needed_text("name"), site.needed_whole("pitch_mm")
        motion, person = self._motion(site), self._person(site)
        parts = self._parts(site)
        self._problems.refuse_if_any()
        assert pitch is not None
        assert parts.levels is not None
        assert parts.balconies is not None
        assert parts.bots is not None
        assert parts.carriers is not None
        return Site(name, pitch, motion, parts.levels, parts.balconies, parts.bots, parts.carriers, person)

    def _fields(self, node: Node, name: str, known: Sequence[str]) -> Fields:
        return Fields(node, name, known, _LIMITS, self._problems)

    def _check_schema(self, site: Fields) -> None:
        """A file of another schema would only give misleading messages."""
        node = site.needed("schema")
        if node is not None and whole_number(node, SCHEMA, SCHEMA)[0] is None:
            self._problems.add(node.mark, f"schema is {shown(node)}; this version reads schema: {SCHEMA}")
            self._problems.refuse_if_any()
        if not site.is_mapping:
            self._problems.refuse_if_any()

    def _motion(self, site: Fields) -> Motion:
        node, default = site.node("motion"), Motion()
        if node is None:
            return default
        motion = self._fields(node, "motion", ("unladen", "laden", *_TIMES))
        unladen = self._drive(motion, "unladen", default.unladen)
        laden = self._drive(motion, "laden", default.laden)
        return Motion(unladen, laden, *(motion.whole(key, getattr(default, key)) for key in _TIMES))

    def _drive(self, motion: Fields, key: str, default: Drive) -> Drive:
        node = motion.node(key)
        if node is None:
            return default
        drive = self._fields(node, f"motion.{key}", _DRIVE_KEYS)
        return Drive(*(drive.whole(name, getattr(default, name)) for name in _DRIVE_KEYS))

    def _person(self, site: Fields) -> PersonTimes:
        node, default = site.node("person"), PersonTimes()
        if node is None:
            return default
        person = self._fields(node, "person", _PERSON_KEYS)
        return PersonTimes(*(person.whole(key, getattr(default, key)) for key in _PERSON_KEYS))

    def _parts(self, site: Fields) -> _Parts:
        """Reads and checks each part as far as the parts before it allow."""
        for key in ("levels", "balconies", "bots", "carriers"):
            self._marks[(key,)] = site.mark_of(key)
        levels = self._levels(site)
        balconies = self._balconies(site, levels)
        bots, carriers = self._bots(site, levels), self._carriers(site, levels)
        if levels is not None and carriers is not None:
            ...
        return _Parts(levels, balconies, bots, carriers)
