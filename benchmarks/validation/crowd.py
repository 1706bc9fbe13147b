"""Case 30: ever more bots on one level that stays the same, with more work than they can do."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from benchmarks.validation.one_article import SKU, one_line_orders, with_one_article
from twin.assembly import HOUR_MS, rare_collection
from twin.domain.events import Event, JobStateChanged
from twin.domain.layout import AISLE, Battery, Level, Motion, PersonTimes, Site
from twin.domain.work import RETURN, SUCCEEDED
from twin.experiments.placement import drawn_balconies, filled, parked_bots
from twin.policies.allocation import ByPreference
from twin.policies.chosen import Policies
from twin.policies.view import LoadView, PlantView
from twin.simulation.arriving import CLOSED

NO_BATTERY = Battery(idle_w=0, drive_unladen_w=0, drive_laden_w=0, lift_w=0)
PERSON = PersonTimes(1000, 3000, line_distribution="constant")
AHEAD = 12
"""Orders open beyond one for each bot, so that no bot ever lacks work."""

WARM_UP_MS = HOUR_MS // 4


@dataclass(frozen=True, slots=True)
class Crowd:
    """One run: rounds an hour, the longest time in which no round ended, and how long rounds took."""

    bots: int
    aisle_cells: int
    per_hour: float
    longest_pause_ms: int

    @property
    def density(self) -> float:
        """Bots per aisle position."""
        return self.bots / self.aisle_cells


def level(places: int, group: int, columns: int, blocks: int, deep: int = 1) -> Level:
    """Lanes one deep between aisles; handover places on top, parking on the other three sides."""
    inner = columns + 2
    groups = ("b" * group + "#") * (places // group)
    top = "#" + groups.ljust(inner, "p")[:inner] + "#"
    aisle = "p" + AISLE * inner + "p"
    lane = "p." + "s" * columns + ".p"
    return Level(1, 0, (top, aisle, *([lane] * (2 * deep) + [aisle]) * blocks, "#" + "p" * inner + "#"))


def site(bots: int, drawn: Level, fill: int = 90) -> Site:
    """That level with some bots."""
    levels = (drawn,)
    return Site(
        "crowd",
        600,
        Motion(),
        levels,
        drawn_balconies(levels),
        parked_bots(levels, bots),
        filled(levels, fill),
        PERSON,
        NO_BATTERY,
    )


class Ends:
    """When rounds ended: the carrier is back in store."""

    def __init__(self) -> None:
        self.ms: list[int] = []

    def observe(self, seq: int, t_ms: int, event: Event) -> None:
        """To be subscribed."""
        if isinstance(event, JobStateChanged) and event.type_name == RETURN and event.to == SUCCEEDED:
            self.ms.append(t_ms)


class Shuffled(ByPreference):
    """A carrier that nobody has asked for, all over the level: every presentation serves one line."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def key(self, view: PlantView, load: LoadView, free: int, missing: int) -> tuple[int, ...]:
        """See ``ByPreference``. All are used equally often, each time in another order."""
        carrier = view.state.boxes[load.box].carrier
        used = any(visit.carrier == carrier for visit in view.state.visits.values())
        return (used, -free, crc32(f"{self.seed}/{load.box}/{free}".encode()), load.box)


def run(bots: int, drawn: Level, hours: float, seed: int) -> Crowd:
    """So many bots for some hours after the warm-up; always ``AHEAD`` more orders open than bots."""
    end = WARM_UP_MS + round(hours * HOUR_MS)
    demand = one_line_orders("orders", CLOSED, 1, end, [SKU])
    demand.open_orders = bots + AHEAD
    ends = Ends()
    engine = with_one_article(site(bots, drawn), [demand], seed, Policies(allocation=Shuffled(seed)))
    engine.subscribe(ends.observe)
    engine.start()
    with rare_collection():
        engine.run_until(end)
    times = [t for t in ends.ms if t > WARM_UP_MS]
    gaps = [b - a for a, b in zip([WARM_UP_MS, *times], [*times, end], strict=True)]
    aisle = len(drawn.cells_of(AISLE))
    return Crowd(bots, aisle, len(times) * HOUR_MS / (end - WARM_UP_MS), max(gaps))
