"""From the nodes of a site file to a site, each part read and checked as far as the others allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TypeVar

from twin.domain import sitecheck
from twin.domain.layout import (
    DISTRIBUTIONS,
    Balcony,
    Battery,
    BotStart,
    CarrierStart,
    Drive,
    Level,
    Motion,
    PersonTimes,
    Place,
    Site,
)
from twin.domain.limits import LIMITS, MAX_ID, MAX_POSITIONS
from twin.domain.sitecheck import Fault, Subject
from twin.experiments import yamlnodes
from twin.experiments.fields import Fields, Problems, shown, whole_number
from twin.experiments.placement import drawn_balconies, filled, parked_bots
from twin.experiments.sitemaps import LevelReader, Locate
from twin.experiments.yamlnodes import Mark, Node, Scalar

SCHEMA = 1
_SITE_KEYS = (
    "schema",
    "name",
    "pitch_mm",
    "motion",
    "person",
    "battery",
    "levels",
    "balconies",
    "bots",
    "carriers",
)
_PLACE_KEYS = ("level", "levels", "x", "y")
_STANDING_KEYS = ("id", "level", "x", "y")
_PERSON_KEYS = tuple(field.name for field in fields(PersonTimes))
_BATTERY_KEYS = tuple(field.name for field in fields(Battery))
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
_Made = TypeVar("_Made")


class SiteReader:
    """Reads one file and keeps where each part stands in it, so that later checks can point there.

    ``text`` is the whole file. A part that cannot be read is None: what is wrong with
    it is noted, and the checks that need it are left out.
    """

    def __init__(self, text: str, problems: Problems) -> None:
        self._text, self._problems = text, problems
        self._marks: dict[Subject, Mark] = {}
        self._locate: dict[int, Locate] = {}

    def read(self, root: Node) -> Site:
        """The site. Raises SiteRefused with everything that is wrong."""
        site = self._fields(root, "the site", _SITE_KEYS)
        self._check_schema(site)
        for key in ("levels", "balconies", "bots", "carriers"):
            self._marks[(key,)] = site.mark_of(key)
        name, pitch = site.needed_text("name"), site.needed_whole("pitch_mm")
        motion, person, battery = self._motion(site), self._person(site), self._battery(site)
        levels = self._levels(site)
        sound = self._report(sitecheck.check_maps(levels))
        balconies, bots = self._balconies(site, levels), self._bots(site, levels)
        carriers = self._carriers(site, levels if sound else ())
        if levels:
            self._check(levels, balconies, bots, carriers, sound)
        if self._problems:
            raise self._problems.refusal()
        made = Site(
            name, pitch or 0, motion, levels, balconies or (), bots or (), carriers or (), person, battery
        )
        if not self._report(sitecheck.check_battery(made)):
            raise self._problems.refusal()
        return made

    def _fields(self, node: Node, name: str, known: Sequence[str]) -> Fields:
        return Fields(node, name, known, _LIMITS, self._problems)

    def _check_schema(self, site: Fields) -> None:
        """Of a file of another schema, everything else that could be said would mislead."""
        node = site.needed("schema")
        other = node is not None and whole_number(node, SCHEMA, SCHEMA)[0] is None
        if node is not None and other:
            self._problems.add(node.mark, f"schema is {shown(node)}; this version reads schema: {SCHEMA}")
        if other or not site.is_mapping:
            raise self._problems.refusal()

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

    def _battery(self, site: Fields) -> Battery:
        node, default = site.node("battery"), Battery()
        if node is None:
            return default
        battery = self._fields(node, "battery", _BATTERY_KEYS)
        self._marks[("battery",)] = battery.mark
        self._marks.update({("battery", key): battery.mark_of(key) for key in _BATTERY_KEYS})
        return Battery(*(battery.whole(key, getattr(default, key)) for key in _BATTERY_KEYS))

    def _person(self, site: Fields) -> PersonTimes:
        node, default = site.node("person"), PersonTimes()
        if node is None:
            return default
        person = self._fields(node, "person", _PERSON_KEYS)
        numbers = {key: person.whole(key, getattr(default, key)) for key in sitecheck.PERSON_NUMBERS}
        name = person.choice("line_distribution", DISTRIBUTIONS, default.line_distribution)
        self._marks.update({("person", key): person.mark_of(key) for key in _PERSON_KEYS})
        for key in person.given("line_cv_percent", "line_spread_ms"):
            if key != DISTRIBUTIONS[name]:
                only = " or ".join(other for other, figure in DISTRIBUTIONS.items() if figure == key)
                person.wrong(person.key_mark(key), f"{key} has no meaning for {name} times; it is for {only}")
        times = PersonTimes(line_distribution=name, **numbers)
        self._report(sitecheck.check_times(times))
        return times

    def _levels(self, site: Fields) -> tuple[Level, ...]:
        """The levels, with maps that are whole; none if one of them cannot be read."""
        node = site.needed("levels")
        items = None if node is None else site.items(node, "levels")
        drawn = None if items is None else LevelReader(self._text, self._problems).read(items)
        if drawn is None:
            return ()
        self._marks.update({("levels", index): level.mark for index, level in enumerate(drawn)})
        self._locate.update({level.level.id: level.locate for level in reversed(drawn)})
        levels = tuple(level.level for level in drawn)
        return levels if self._report(sitecheck.check_levels(levels)) else ()

    def _balconies(self, site: Fields, levels: Sequence[Level]) -> tuple[Balcony, ...] | None:
        node = site.needed("balconies")
        if node is None:
            return None
        if isinstance(node, Scalar) and node.text == "from_map":
            return drawn_balconies(levels)
        items = site.items(node, "balconies", "write a list, or from_map")
        return None if items is None else _all(self._balcony(i, item, levels) for i, item in enumerate(items))

    def _balcony(self, index: int, node: Node, levels: Sequence[Level]) -> Balcony | None:
        balcony = self._fields(node, f"balconies entry {index + 1}", ("id", "places"))
        id_, listed = balcony.needed_whole("id"), balcony.needed("places")
        items = None if listed is None else balcony.items(listed, "places")
        if items is None:
            return None
        found = _all(self._places(item, f"places entry {i}", levels) for i, item in enumerate(items, 1))
        if id_ is None or found is None:
            return None
        places = [(place, item.mark) for item, group in zip(items, found, strict=True) for place in group]
        self._marks[("balconies", index)] = node.mark
        self._marks.update({("balconies", index, i): mark for i, (_, mark) in enumerate(places)})
        return Balcony(id_, tuple(place for place, _ in places))

    def _places(self, node: Node, name: str, levels: Sequence[Level]) -> tuple[Place, ...] | None:
        """One place, or the same x and y on several levels."""
        place = self._fields(node, name, _PLACE_KEYS)
        ids = self._level_ids(place, levels)
        x, y = place.needed_whole("x"), place.needed_whole("y")
        return None if ids is None or x is None or y is None else tuple(Place(id_, x, y) for id_ in ids)

    def _level_ids(self, place: Fields, levels: Sequence[Level]) -> tuple[int, ...] | None:
        both = place.given("level", "levels")
        if len(both) > 1:
            place.wrong(place.key_mark(both[1]), f"{place.name} has both level and levels; keep one")
            return None
        several = place.node("levels")
        if several is None:
            only = place.needed_whole("level")
            return None if only is None else (only,)
        if isinstance(several, Scalar) and several.text == "all":
            return tuple(level.id for level in levels)
        items = place.items(several, "levels", "write a list of level ids, or all")
        return None if items is None else _all(self._level_id(item) for item in items)

    def _level_id(self, node: Node) -> int | None:
        number, trouble = whole_number(node, *_LIMITS["level"])
        if trouble:
            self._problems.add(node.mark, f"a level id is {trouble}")
        return number

    def _bots(self, site: Fields, levels: Sequence[Level]) -> tuple[BotStart, ...] | None:
        per_level, node = self._count(site, "bots", "per_level")
        if node is not None:
            return self._standing(site, node, BotStart, "bots", "write a list, or per_level: 4")
        if per_level is None or not levels:
            return None
        wanted = {level.id: per_level for level in levels}
        enough = self._report(sitecheck.check_parking(levels, wanted))
        return parked_bots(levels, per_level) if enough else None

    def _carriers(self, site: Fields, levels: Sequence[Level]) -> tuple[CarrierStart, ...] | None:
        percent, node = self._count(site, "carriers", "fill_percent")
        if node is not None:
            return self._standing(site, node, CarrierStart, "carriers", "write a list, or fill_percent: 85")
        return None if percent is None or not levels else filled(levels, percent)

    def _count(self, site: Fields, key: str, inner: str) -> tuple[int | None, Node | None]:
        """The number in ``key: {inner: number}``; or the node itself if it is something else."""
        node = site.needed(key)
        if not isinstance(node, yamlnodes.Mapping):
            return None, node
        fields_ = self._fields(node, key, (inner,))
        self._marks[(key,)] = fields_.mark_of(inner)
        return fields_.needed_whole(inner), None

    def _standing(
        self, site: Fields, node: Node, kind: Callable[[int, int, int, int], _Standing], key: str, advice: str
    ) -> tuple[_Standing, ...] | None:
        """Bots or carriers listed one by one."""
        items = site.items(node, key, advice)
        if items is None:
            return None
        self._marks.update({(key, index): item.mark for index, item in enumerate(items)})
        return _all(self._one(item, f"{key} entry {i}", kind) for i, item in enumerate(items, 1))

    def _one(
        self, node: Node, name: str, kind: Callable[[int, int, int, int], _Standing]
    ) -> _Standing | None:
        given = self._fields(node, name, _STANDING_KEYS)
        numbers = _all(given.needed_whole(key) for key in _STANDING_KEYS)
        return None if numbers is None else kind(*numbers)

    def _check(
        self,
        levels: Sequence[Level],
        balconies: Sequence[Balcony] | None,
        bots: Sequence[BotStart] | None,
        carriers: Sequence[CarrierStart] | None,
        sound: bool,
    ) -> None:
        placed = carriers is not None and self._report(sitecheck.check_carriers(levels, carriers))
        if balconies is not None:
            self._report(sitecheck.check_balconies(levels, balconies))
        if bots is not None:
            self._report(sitecheck.check_bots(levels, bots))
        if balconies is not None and bots is not None and carriers is not None:
            self._report(sitecheck.check_service(levels, balconies, bots, carriers))
        if sound and placed and carriers is not None:
            self._report(sitecheck.check_room(levels, carriers))

    def _report(self, faults: Sequence[Fault]) -> bool:
        """Whether there are none; otherwise they are noted where the file is at fault."""
        for fault in faults:
            self._problems.add(self._mark(fault), str(fault))
        return not faults

    def _mark(self, fault: Fault) -> Mark:
        place, subject = fault.place, fault.subject
        if place is not None and not subject:
            return self._locate[place.level](place.x, place.y)
        while subject not in self._marks and len(subject) > 1:
            subject = subject[:-1]
        return self._marks.get(subject, Mark(1, 1))


def _all(values: Iterable[_Made | None]) -> tuple[_Made, ...] | None:
    """The values, or None if one is missing; every one is made, so that all problems are found."""
    made = tuple(values)
    whole = tuple(value for value in made if value is not None)
    return whole if len(whole) == len(made) else None
