"""The sites and loads on which policies are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from twin.domain.layout import Balcony, Level, Site
from twin.experiments.placement import parked_bots
from twin.experiments.sitefile import find_site, load_site


@dataclass(frozen=True, slots=True)
class Setting:
    """A site under a moderate load and under more than it can do, in lines per hour."""

    name: str
    title: str
    site: Site
    moderate: int
    too_much: int
    hours: float
    replications: int


def settings() -> dict[str, Setting]:
    """What is compared on, by name."""
    demo, reference = (load_site(find_site(name)) for name in ("demo", "reference"))
    tight = narrow(demo, bots=6)
    title = "Demo with two balconies of one handover place a level, and six bots a level"
    found = (
        Setting("demo", "Demo", quick_batteries(demo), 300, 1000, 2.5, 10),
        Setting("narrow", title, quick_batteries(tight), 300, 1000, 2.5, 10),
        Setting("reference", "Reference", quick_batteries(reference), 1000, 4000, 1.5, 5),
    )
    return {setting.name: setting for setting in found}


def full_batteries() -> dict[str, Setting]:
    """The same sites with batteries of the full size, charged apart or all full."""
    found = {}
    for name, setting in settings().items():
        battery = replace(setting.site.battery, capacity_wh=setting.site.battery.capacity_wh * QUICKER)
        apart = replace(setting.site, battery=battery)
        full = replace(setting.site, battery=replace(battery, start_percent=100, start_to_percent=None))
        for kind, site in (("charged apart", apart), ("all full", full)):
            title = f"{setting.title}, batteries of the full size, {kind}"
            key = f"{name}, {kind}"
            found[key] = replace(setting, name=key, title=title, site=site)
    return found


QUICKER = 4


def quick_batteries(site: Site) -> Site:
    """Batteries of a quarter of the size, with the same chargers: several cycles in a short run.

    The shares of time spent charging and working are those of the full size. The bots start
    with charges that lie apart, as after days of work, so that they do not all charge at once.
    """
    smaller = site.battery.capacity_wh // QUICKER
    battery = replace(site.battery, capacity_wh=smaller, start_percent=30, start_to_percent=90)
    return replace(site, battery=battery)


def narrow(site: Site, bots: int) -> Site:
    """A site in which every other balcony is left, with one handover place on each level."""
    balconies = tuple(
        Balcony(b.id, tuple({place.level: place for place in b.places}.values())) for b in site.balconies[::2]
    )
    left = {(place.level, place.x, place.y) for b in balconies for place in b.places}
    levels = tuple(Level(level.id, level.height_mm, tuple(_without(level, left))) for level in site.levels)
    return replace(site, levels=levels, balconies=balconies, bots=parked_bots(levels, bots))


def _without(level: Level, left: set[tuple[int, int, int]]) -> Iterator[str]:
    for y, row in enumerate(level.rows):
        yield "".join(
            "#" if kind == "b" and (level.id, x, y) not in left else kind for x, kind in enumerate(row)
        )
