"""Whether a site can work: every reason why not, in words that name the place.

Each check is pure and looks at one part, so that a reader of site files can run
those whose input it could read. ``check_site`` runs them all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Protocol

from twin.domain.graph import find_map_faults
from twin.domain.lanes import lanes_of, reachable_free
from twin.domain.layout import (
    BALCONY,
    CHARGER,
    DISTRIBUTIONS,
    MAP_CHARACTERS,
    PARKING,
    STORAGE,
    Balcony,
    Battery,
    BotStart,
    CarrierStart,
    Drive,
    Level,
    PersonTimes,
    Place,
    Site,
)
from twin.domain.limits import LIMITS, MAX_LEVELS, MAX_POSITIONS
from twin.domain.spots import Spots

REST = PARKING + CHARGER
"""Kinds of places on which a bot may start."""

PERSON_NUMBERS = tuple(field.name for field in fields(PersonTimes) if field.name != "line_distribution")

Subject = tuple[str | int, ...]
_SHARES = ("battery", "enough_percent")


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a site cannot work, and what would be right.

    ``place`` says where, if it is about one position. ``subject`` is the path of the
    field at fault from the site down, such as ``("bots", 3)``; empty if the map is at fault.
    """

    reason: str
    advice: str
    place: Place | None = None
    subject: Subject = ()

    def __str__(self) -> str:
        where = self.place
        prefix = f"level {where.level}, x {where.x}, y {where.y}: " if where else ""
        return f"{prefix}{self.reason}; {self.advice}"


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


def check_site(site: Site) -> list[Fault]:
    """Everything that keeps a site from working; empty if it is sound."""
    faults = [*check_numbers(site), *check_levels(site.levels)]
    if faults:
        return faults  # the other checks need sound maps
    faults = check_maps(site.levels)
    faults += check_balconies(site.levels, site.balconies)
    faults += check_bots(site.levels, site.bots)
    faults += check_carriers(site.levels, site.carriers)
    faults += check_service(site.levels, site.balconies, site.bots, site.carriers)
    return faults or [*check_room(site.levels, site.carriers), *check_battery(site)]


def check_battery(site: Site) -> list[Fault]:
    """Shares that go together, and energy for the longest errand."""
    return [*_shares(site.battery)] or _errand(site)


def _shares(battery: Battery) -> Iterator[Fault]:
    low, enough, reserve = battery.low_percent, battery.enough_percent, battery.reserve_percent
    start, to = battery.start_percent, battery.start_to_percent
    if enough <= reserve:
        advice = "no work could ever be given; lower the reserve"
        yield Fault(f"enough_percent {enough} is not above reserve_percent {reserve}", advice, None, _SHARES)
    if enough <= low:
        advice = "bots would never leave a charger; lower low_percent"
        yield Fault(f"enough_percent {enough} is not above low_percent {low}", advice, None, _SHARES)
    if to is not None and to < start:
        reason = f"start_to_percent {to} is below start_percent {start}"
        yield Fault(reason, "write the smaller one as start_percent", None, ("battery", "start_to_percent"))


def _errand(site: Site) -> list[Fault]:
    """Energy for the longest errand: digging out the deepest carrier, presenting it, bringing it back.

    Each way counts as once along both sides of the level with three turns, laden, and all
    of it twice, for waiting in traffic.
    """
    battery, laden = site.battery, site.motion.laden
    start_s = laden.speed_mm_s / laden.acceleration_mm_s2
    needed_j = 0.0
    for level in _map_owners(site.levels):
        drive_s = (level.width + level.height) * site.pitch_mm / laden.speed_mm_s
        way_s = drive_s + 3 * (start_s + site.motion.turn_ms / 1000)
        digs = max((lane.depth - 1 for lane in lanes_of(level)), default=0)
        lifts_s = (digs + 1) * (site.motion.lift_ms + site.motion.lower_ms) / 1000
        errand_j = (2 * digs + 3) * way_s * battery.drive_laden_w + lifts_s * battery.lift_w
        needed_j = max(needed_j, 2 * errand_j)
    usable = (battery.enough_percent - battery.reserve_percent) / 100
    wanted_wh = math.ceil(needed_j / 3600 / usable)
    if wanted_wh <= battery.capacity_wh:
        return []
    reason = f"a battery of {battery.capacity_wh} Wh is too small for the longest errand on this site"
    return [Fault(reason, f"give it at least {wanted_wh} Wh", subject=("battery",))]


def check_numbers(site: Site) -> list[Fault]:
    """The site's own numbers, those of its motion and of its persons, against ``LIMITS``."""
    motion, drive = site.motion, [field.name for field in fields(Drive)]
    return [
        *_out_of_limits(site, ["pitch_mm"], ()),
        *_out_of_limits(motion.unladen, drive, ("motion", "unladen")),
        *_out_of_limits(motion.laden, drive, ("motion", "laden")),
        *_out_of_limits(motion, ["turn_ms", "lift_ms", "lower_ms"], ("motion",)),
        *_out_of_limits(site.person, PERSON_NUMBERS, ("person",)),
        *check_times(site.person),
        *_out_of_limits(site.battery, [field.name for field in fields(Battery)], ("battery",)),
    ]


def check_times(person: PersonTimes) -> list[Fault]:
    """A distribution that is known, and times that never reach zero."""
    name, spread = person.line_distribution, person.line_spread_ms
    if name not in DISTRIBUTIONS:
        advice = f"use one of {', '.join(DISTRIBUTIONS)}"
        return [Fault(f"line_distribution is {name!r}", advice, subject=("person", "line_distribution"))]
    if DISTRIBUTIONS[name] == "line_spread_ms" and spread >= person.line_ms:
        reason = f"line_spread_ms {spread} is not below line_ms {person.line_ms}, but times are above zero"
        return [Fault(reason, f"give at most {person.line_ms - 1}", subject=("person", "line_spread_ms"))]
    return []


def check_levels(levels: Sequence[Level]) -> list[Fault]:
    """Ids, heights, sizes, and maps that are neither ragged nor hold unknown characters."""
    faults = [*_size_faults(levels), *_ids(levels, "levels", "level")]
    if faults:
        return faults
    for index, level in enumerate(levels):
        faults += _out_of_limits(level, ["height_mm"], ("levels", index))
    for level in _map_owners(levels):
        for x, y, reason, advice in shape_faults(level.rows):
            faults.append(Fault(reason, advice, Place(level.id, x, y)))
    return faults


def shape_faults(rows: Sequence[str]) -> Iterator[tuple[int, int, str, str]]:
    """``(x, y, reason, advice)`` for each row that is ragged or holds an unknown character."""
    width = len(rows[0]) if rows else 0
    if not width:
        yield 0, 0, "the map is empty", "draw at least one row"
        return
    for y, row in enumerate(rows):
        if len(row) != width:
            advice = f"the first row has {width}; make all equally long, with '#' where there is no floor"
            yield min(len(row), width), y, f"this row has {len(row)} positions", advice
        yield from ((x, y, *_unknown(kind)) for x, kind in enumerate(row) if kind not in MAP_CHARACTERS)


def check_maps(levels: Sequence[Level]) -> list[Fault]:
    """Well-formedness of each map; see ``find_map_faults``."""
    return [
        Fault(fault.reason, fault.advice, Place(level.id, *level.xy[fault.cell]))
        for level in _map_owners(levels)
        for fault in find_map_faults(level)
    ]


def check_balconies(levels: Sequence[Level], balconies: Sequence[Balcony]) -> list[Fault]:
    """Every handover place is a 'b' of one balcony, and every 'b' belongs to one."""
    faults = _ids(balconies, "balconies", "balcony")
    spots = Spots(levels, BALCONY, "a handover place 'b'")
    for index, balcony in enumerate(balconies):
        if not balcony.places:
            reason = f"balcony {balcony.id} has no handover place"
            faults.append(Fault(reason, "give it at least one", subject=("balconies", index)))
        for number, place in enumerate(balcony.places):
            trouble = spots.take(place, f"balcony {balcony.id}")
            if trouble:
                faults.append(Fault(*trouble, subject=("balconies", index, number)))
    advice = "list it under the places of a balcony, or draw '#' instead"
    return faults + [Fault("no balcony has this handover place", advice, place) for place in spots.left()]


def check_bots(levels: Sequence[Level], bots: Sequence[BotStart]) -> list[Fault]:
    """Every bot starts alone on a parking place or charger."""
    faults = [*_ids(bots, "bots", "bot"), *check_parking(levels, Counter(bot.level for bot in bots))]
    spots = Spots(levels, REST, "a parking place 'p' or charger 'c'")
    for index, bot in enumerate(bots):
        trouble = spots.take(Place(bot.level, bot.x, bot.y), f"bot {bot.id}")
        if trouble:
            faults.append(Fault(*trouble, subject=("bots", index)))
    return faults


def check_carriers(levels: Sequence[Level], carriers: Sequence[CarrierStart]) -> list[Fault]:
    """Every carrier starts alone on a storage position."""
    faults = _ids(carriers, "carriers", "carrier")
    wanted = Counter(carrier.level for carrier in carriers)
    for level in levels:
        faults += _shortage(level, STORAGE, "storage positions", "carriers", wanted[level.id], "'s'")
    spots = Spots(levels, STORAGE, "a storage position 's'")
    for index, carrier in enumerate(carriers):
        trouble = spots.take(Place(carrier.level, carrier.x, carrier.y), f"carrier {carrier.id}")
        if trouble:
            faults.append(Fault(*trouble, subject=("carriers", index)))
    return faults


def check_parking(levels: Sequence[Level], wanted: Mapping[int, int]) -> list[Fault]:
    """Room for ``wanted`` bots per level id: each needs a place where it may stand without end."""
    faults = []
    for level in levels:
        names = "parking places and chargers", "bots", wanted.get(level.id, 0), "'p' or 'c'"
        faults += _shortage(level, REST, *names)
    return faults


def check_service(
    levels: Sequence[Level],
    balconies: Sequence[Balcony],
    bots: Sequence[BotStart],
    carriers: Sequence[CarrierStart],
) -> list[Fault]:
    """A level with carriers needs bots and a balcony: neither bots nor carriers change level."""
    stored = Counter(carrier.level for carrier in carriers)
    manned = Counter(bot.level for bot in bots)
    served = Counter(place.level for balcony in balconies for place in balcony.places)
    faults = []
    for level in (level for level in levels if stored[level.id]):
        holds = f"level {level.id} holds {_count(stored[level.id], 'carrier')}"
        if not manned[level.id]:
            faults.append(Fault(f"{holds} but has no bot", "start a bot on it", subject=("bots",)))
        if not served[level.id]:
            advice = "give a balcony a place on it"
            faults.append(Fault(f"{holds} but no balcony touches it", advice, subject=("balconies",)))
    return faults


def check_room(levels: Sequence[Level], carriers: Sequence[CarrierStart]) -> list[Fault]:
    """Room to dig: whatever stands in front of the deepest carrier must have somewhere to go.

    What blocks a carrier goes to another lane. Of a lane with n positions, those in front
    of the wanted carrier and the free ones beside it are n - 1 at most, so n - 1 free
    positions on the level, wherever they are, leave one elsewhere for each that blocks.
    """
    occupied: dict[int, set[int]] = {level.id: set() for level in levels}
    by_id = {level.id: level for level in levels}
    for carrier in carriers:
        occupied[carrier.level].add(by_id[carrier.level].cell(carrier.x, carrier.y))
    faults = []
    for level in levels:
        needed, free = room_to_dig(level, occupied[level.id])
        if free < needed:
            straight = needed + 1 == max(lane.depth for lane in lanes_of(level))
            what = f"depth {needed + 1}" if straight else f"a branching lane of {needed + 1}"
            needs = f"{what} needs {_count(needed, 'free reachable position')}, has {free}"
            advice = f"remove {_count(needed - free, 'carrier')} or add positions"
            reason = f"level {level.id} too full to dig: {needs}"
            faults.append(Fault(reason, advice, subject=("carriers",)))
    return faults


def room_to_dig(level: Level, occupied: Collection[int]) -> tuple[int, int]:
    """How many free reachable storage positions a level needs for digging, and how many it has.

    ``occupied``: the cells that hold a carrier; a set or dict, as it is asked often.
    """
    lanes = lanes_of(level)
    needed = max((len(lane.slots) - 1 for lane in lanes), default=0)
    return needed, sum(len(reachable_free(lane, occupied)) for lane in lanes)


def _map_owners(levels: Sequence[Level]) -> list[Level]:
    """The first level of each map, so that a map that several share is checked and reported once."""
    first = {level.rows: level for level in reversed(levels)}
    return [level for level in levels if first[level.rows] is level]


def _count(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"


def _unknown(kind: str) -> tuple[str, str]:
    legend = "use one of . s # b c p > < ^ v"
    if kind == "\t":
        return "a tab is no kind of position", legend
    near = get_close_matches(kind.lower(), sorted(MAP_CHARACTERS), 1)
    return f"'{kind}' is no kind of position", f"did you mean '{near[0]}'?" if near else legend


def _size_faults(levels: Sequence[Level]) -> list[Fault]:
    positions = sum(len(row) for level in levels for row in level.rows)
    if not 1 <= len(levels) <= MAX_LEVELS:
        return [Fault(f"the site has {len(levels)} levels", f"draw 1 to {MAX_LEVELS}", subject=("levels",))]
    if positions > MAX_POSITIONS:
        reason = f"the site has {positions} positions"
        return [Fault(reason, f"draw at most {MAX_POSITIONS} on all levels together", subject=("levels",))]
    return []


def _shortage(level: Level, kinds: str, places: str, guests: str, wanted: int, draw: str) -> list[Fault]:
    room = len(level.cells_of(kinds))
    if wanted <= room:
        return []
    reason = f"level {level.id} has {room} {places} for {wanted} {guests}"
    return [Fault(reason, f"draw {wanted - room} more {draw}, or take fewer {guests}", subject=(guests,))]


def _out_of_limits(owner: object, names: Iterable[str], subject: Subject) -> list[Fault]:
    values = ((name, getattr(owner, name), LIMITS[name]) for name in names)
    return [
        Fault(f"{name} is {value}", f"give a value from {low} to {high}", subject=(*subject, name))
        for name, value, (low, high) in values
        if value is not None and not low <= value <= high
    ]


def _ids(items: Sequence[_Numbered], field: str, noun: str) -> list[Fault]:
    faults, seen = [], set()
    for index, item in enumerate(items):
        faults += _out_of_limits(item, ["id"], (field, index))
        if item.id in seen:
            reason = f"{noun} {item.id} is described twice"
            faults.append(Fault(reason, "give each its own id", subject=(field, index)))
        seen.add(item.id)
    return faults
