"""Who and what stands where: carriers, bots, room in lanes, handover and parking places.

The carrier layer is kept exact by three rules. A lane that a visit works in is
locked for everybody else. Room for what will be put into a lane is kept from the
moment the work is begun. A lane is filled from the back, so that nothing put down
blocks a free position that somebody counts on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.domain import events as past
from twin.domain import work
from twin.domain.bots import HOLD, LEG, LIFT, Bot, Step
from twin.domain.faults import EMERGENCY_STOP
from twin.domain.inventory import Carrier
from twin.domain.lanes import Lane
from twin.domain.layout import BALCONY, CHARGER, PARKING, Level
from twin.domain.meter import Meter
from twin.domain.state import State
from twin.domain.work import Job, Visit

NOBODY = 0
A_TASK = -1
"""Who uses a handover place that is kept for a task."""
NO_LANE = -1

WAY_BLOCKED = "WAY_BLOCKED"
"""Why a sound bot stands where its trip was interrupted."""

Leg = tuple[
    int,
    int,
    bool,
    int | None,
    list[tuple[int, int]],
    list[int],
    list[int | None],
    int,
    int,
    list[tuple[int, int, int]],
]
"""The fields of LegPlanned and LegCut."""


@dataclass(slots=True)
class Deck:
    """One level as it is now. Lists are indexed by cell or by lane; 0 means nobody.

    ``carriers`` counts the carriers of the level, ``presented`` their presentations so far.
    """

    level: Level
    lanes: tuple[Lane, ...]
    carrier_at: list[int]
    lane_of: list[int]
    way_of: dict[int, tuple[int, ...]]
    room: list[int]
    kept: list[int]
    lock: list[int]
    place_user: dict[int, int]
    parking_user: dict[int, int]
    free_bots: dict[int, None] = field(default_factory=dict)
    low_bots: dict[int, None] = field(default_factory=dict)
    returns: dict[int, None] = field(default_factory=dict)
    broken: dict[int, None] = field(default_factory=dict)
    carriers: int = 0
    presented: int = 0
    held: dict[int, None] = field(default_factory=dict)
    stranded: dict[int, None] = field(default_factory=dict)

    def feeds(self, cell: int) -> bool:
        """Whether there is a charger on a cell that works."""
        return self.level.kinds[cell] == CHARGER and cell not in self.broken

    def blockers(self, cell: int) -> list[int]:
        """The carriers that stand in the way of ``cell``, the one nearest the aisle first."""
        return [c for c in (self.carrier_at[w] for w in self.way_of[cell]) if c]

    def front(self, cell: int) -> int:
        """Where a bot goes first to get the carrier on ``cell``: to what blocks it, else to itself."""
        at = self.carrier_at
        for on_way in self.way_of[cell]:
            if at[on_way]:
                return on_way
        return cell

    def spare(self, lane: int) -> int:
        """Positions of a lane that can be reached and that nobody counts on."""
        return self.room[lane] - self.kept[lane]

    def deepest_free(self, lane: int, taken: tuple[int, ...] = ()) -> int:
        """The deepest reachable free position of a lane besides those ``taken``."""
        for cell in reversed(self.lanes[lane].slots):
            if self._reachable(cell) and cell not in taken:
                return cell
        raise AssertionError(f"lane {lane} of level {self.level.id} has no free position")

    def _reachable(self, cell: int) -> bool:
        at = self.carrier_at
        return not at[cell] and not any(at[w] for w in self.way_of[cell])

    def recount(self, lane: int) -> None:
        """Count the reachable free positions of a lane again after a carrier came or went."""
        self.room[lane] = sum(map(self._reachable, self.lanes[lane].slots))


def make_deck(level: Level, lanes: tuple[Lane, ...]) -> Deck:
    """An empty level."""
    size = level.width * level.height
    lane_of, way_of = [NO_LANE] * size, {}
    for lane in lanes:
        for cell, way in zip(lane.slots, lane.ways, strict=True):
            lane_of[cell], way_of[cell] = lane.index, way
    return Deck(
        level,
        lanes,
        [NOBODY] * size,
        lane_of,
        way_of,
        [len(lane.slots) for lane in lanes],
        [0] * len(lanes),
        [NOBODY] * len(lanes),
        dict.fromkeys(level.cells_of(BALCONY), NOBODY),
        dict.fromkeys(level.cells_of(PARKING + CHARGER), NOBODY),
    )


@dataclass(slots=True)
class Floor:
    """The decks of a state, derived from it."""

    state: State
    decks: Mapping[int, Deck]
    happened: list[past.Event]
    meter: Meter

    def __post_init__(self) -> None:
        for carrier in self.state.carriers.values():
            self.decks[carrier.level].carriers += 1
            self.decks[carrier.level].presented += carrier.presented
            if carrier.cell is not None:
                self._stand(self.decks[carrier.level], carrier.id, carrier.cell)
        for bot in self.state.bots.values():
            deck = self.decks[bot.level]
            if bot.parking is not None:
                deck.parking_user[bot.parking] = bot.id
            self.offer(bot)
            if bot.interrupted:
                deck.held[bot.id] = None
            if not bot.steps and bot.visit is None and bot.parking is None:
                deck.stranded[bot.id] = None
        for visit in self.state.visits.values():
            self._occupy(visit)
        for job_id in self.state.tasks:
            job = self.state.jobs[job_id]
            self.keep_for_task(job, job.place, job.lane)

    def _occupy(self, visit: Visit) -> None:
        deck = self.decks[visit.level]
        if visit.place is not None:
            deck.place_user[visit.place] = visit.id
        if visit.lane is not None:
            deck.kept[visit.lane] += 1
        for dig in visit.digs:
            deck.kept[dig.target_lane] += 1
        for lane in visit.locks:
            deck.lock[lane] = visit.id
        if visit.state == work.RETURNING and visit.return_cell is None:
            deck.returns[visit.id] = None

    def depth(self, carrier_id: int) -> int:
        """Carriers to be moved before this one can be taken out; 0 for one on a bot."""
        carrier = self.state.carriers[carrier_id]
        if carrier.cell is None:
            return 0
        return len(self.decks[carrier.level].blockers(carrier.cell))

    # -- visits take and give back what they need

    def keep_for_task(self, job: Job, place: int | None, lane: int | None) -> None:
        """Keep a handover place, and room in a lane, for a task."""
        deck = self.decks[job.level]
        job.place, job.lane = place, lane
        if place is not None:
            deck.place_user[place] = A_TASK
        if lane is not None:
            deck.kept[lane] += 1

    def give_back(self, job: Job) -> None:
        """A task needs its handover place and its room in a lane no more."""
        deck = self.decks[job.level]
        if job.place is not None:
            deck.place_user[job.place] = NOBODY
        if job.lane is not None:
            deck.kept[job.lane] -= 1
        job.place = job.lane = None

    def take(self, visit: Visit, bot: Bot, place: int, source: int) -> None:
        """Reserve bot, handover place and room for the return together, and lock the lanes.

        Room is kept in lane ``source``, out of which the carrier is taken; for one that was
        buffered in the lane from which it came there, if that has some.
        """
        deck = self.decks[visit.level]
        visit.bot, visit.place = bot.id, place
        deck.place_user[place] = visit.id
        self._reserve(visit, bot, source)
        home = visit.home
        visit.lane = source if home is None or deck.spare(home) < 1 else home
        deck.kept[visit.lane] += 1

    def take_to_buffer(self, visit: Visit, bot: Bot, source: int, parking: int) -> None:
        """Reserve bot, parking place and room for the carrier near its balcony, and lock the lanes."""
        visit.bot, visit.home = bot.id, source
        self._reserve(visit, bot, source)
        self.take_parking(bot, parking)

    def let_wait(self, visit: Visit, bot: Bot) -> None:
        """The carrier of a visit stands near its balcony; the bot is done with it."""
        for lane in list(visit.locks):
            self.unlock(visit, lane)
        visit.bot = bot.visit = None

    def _reserve(self, visit: Visit, bot: Bot, source: int) -> None:
        for dig in visit.digs:
            self.decks[visit.level].kept[dig.target_lane] += 1
        self.lock(visit, [source, *(dig.target_lane for dig in visit.digs)])
        self._engage(bot, visit)

    def lock(self, visit: Visit, lanes: list[int]) -> None:
        """Keep everybody else out of lanes."""
        deck = self.decks[visit.level]
        for lane in dict.fromkeys(lanes):
            if deck.lock[lane] not in (NOBODY, visit.id):
                raise AssertionError(f"lane {lane} of level {visit.level} is locked already")
            deck.lock[lane] = visit.id
        visit.locks = list(dict.fromkeys([*visit.locks, *lanes]))

    def unlock(self, visit: Visit, lane: int) -> None:
        """Let others into a lane again."""
        visit.locks.remove(lane)
        self.decks[visit.level].lock[lane] = NOBODY

    def _engage(self, bot: Bot, visit: Visit) -> None:
        deck = self.decks[bot.level]
        bot.visit = visit.id
        deck.free_bots.pop(bot.id, None)
        self.leave_parking(bot)

    def leave_parking(self, bot: Bot) -> None:
        """A bot gives up the parking place or charger it holds or was on its way to."""
        if bot.parking is not None:
            self.decks[bot.level].parking_user[bot.parking] = NOBODY
            bot.parking = None

    def take_parking(self, bot: Bot, cell: int) -> None:
        """Keep a parking place or charger for a bot, instead of the one it holds."""
        self.leave_parking(bot)
        bot.parking = cell
        self.decks[bot.level].parking_user[cell] = bot.id

    def offer(self, bot: Bot) -> None:
        """Count a bot that is at rest for good, without a task and sound, among the free ones of its
        level, or among the low ones if it must charge before it may work; any other among neither.
        """
        deck = self.decks[bot.level]
        deck.free_bots.pop(bot.id, None)
        deck.low_bots.pop(bot.id, None)
        busy = bot.visit is not None or bot.steps or bot.task is not None
        if not busy and bot.fault is None:
            (deck.low_bots if bot.must_charge else deck.free_bots)[bot.id] = None

    def turn_home(self, visit: Visit, bot: Bot, lane: int, cell: int, parking: int) -> None:
        """Fix where the carrier goes back to and where the bot parks after that."""
        deck = self.decks[visit.level]
        assert visit.lane is not None
        deck.kept[visit.lane] -= 1
        deck.kept[lane] += 1
        visit.lane, visit.return_cell = lane, cell
        self.lock(visit, [lane])
        deck.returns.pop(visit.id, None)
        self.take_parking(bot, parking)

    def leave_place(self, visit: Visit) -> None:
        """The bot has left the handover place with its carrier."""
        assert visit.place is not None
        self.decks[visit.level].place_user[visit.place] = NOBODY
        visit.place = None

    # -- what bots do

    def note_leg(self, bot: Bot, step: Step) -> None:
        """Note that a bot sets out."""
        self.happened.append(past.LegPlanned(*self._leg(bot, step)))

    def _leg(self, bot: Bot, step: Step) -> Leg:
        xy = self.decks[bot.level].level.xy
        return (
            bot.id,
            bot.level,
            bot.carrier is not None,
            bot.carrier,
            [xy[c] for c in step.cells],
            step.enter_ms,
            [*step.leave_ms[:-1], None],
            step.end_ms,
            step.energy_mj,
            step.waits,
        )

    def interrupt(self, bot: Bot, steps: list[Step], rest: list[Step], now: int) -> bool:
        """Let a bot stand after ``steps``, and keep the ``rest``. Whether the step under way ends early."""
        shortened = steps[0] is not bot.steps[0]
        bot.steps = [*steps, Step(HOLD, now, now), *rest]
        self.decks[bot.level].held[bot.id] = None
        if shortened:
            self.happened.append(past.LegCut(*self._leg(bot, steps[0])))
        return shortened

    def note_held(self, bot: Bot) -> None:
        """Note that a bot stands where its trip was interrupted."""
        reason = bot.fault or (EMERGENCY_STOP if self.state.mode.stopped else WAY_BLOCKED)
        self.happened.append(past.BotHeld(bot.id, *self.spot(bot), reason))

    def free(self, bot: Bot, steps: list[Step]) -> None:
        """A bot goes on with the rest of its trip, planned anew."""
        bot.steps = steps
        del self.decks[bot.level].held[bot.id]
        self.happened.append(past.BotFreed(bot.id, *self.spot(bot)))

    def arrive(self, bot: Bot, step: Step) -> None:
        """A bot has come to rest at the end of a leg."""
        bot.cell, bot.axis = step.cells[-1], step.axis

    def lifted(self, bot: Bot, step: Step, now: int) -> None:
        """The carrier above a bot is on it now."""
        deck = self.decks[bot.level]
        carrier_id = deck.carrier_at[bot.cell]
        if not carrier_id or bot.carrier is not None:
            raise AssertionError(f"bot {bot.id} cannot lift at cell {bot.cell} of level {bot.level}")
        carrier = self.state.carriers[carrier_id]
        carrier.cell, carrier.bot, carrier.changed_ms = None, bot.id, now
        bot.carrier = carrier_id
        deck.carrier_at[bot.cell] = NOBODY
        deck.recount(deck.lane_of[bot.cell])
        x, y = deck.level.xy[bot.cell]
        self.happened.append(past.CarrierLifted(bot.id, carrier_id, bot.level, x, y, step.energy_mj))

    def load_by_hand(self, bot: Bot, now: int) -> Carrier:
        """A person puts a new carrier on a bot that stands at a handover place."""
        carrier = Carrier(max(self.state.carriers, default=1000) + 1, bot.level, None, bot.id, now)
        self.state.carriers[carrier.id] = carrier
        self.decks[bot.level].carriers += 1
        bot.carrier = carrier.id
        spot = self.spot(bot)
        self.happened.append(past.CarrierAdded(carrier.id, *spot))
        self.happened.append(past.CarrierLifted(bot.id, carrier.id, *spot, 0))
        return carrier

    def lowered(self, bot: Bot, step: Step, now: int) -> None:
        """The carrier of a bot stands where the bot is now."""
        deck = self.decks[bot.level]
        if bot.carrier is None:
            raise AssertionError(f"bot {bot.id} has nothing to put down")
        carrier = self.state.carriers[bot.carrier]
        carrier.cell, carrier.bot, carrier.changed_ms = bot.cell, None, now
        bot.carrier = None
        self._stand(deck, carrier.id, bot.cell)
        x, y = deck.level.xy[bot.cell]
        self.happened.append(past.CarrierLowered(bot.id, carrier.id, bot.level, x, y, step.energy_mj))

    def _stand(self, deck: Deck, carrier: int, cell: int) -> None:
        if deck.carrier_at[cell] or deck.lane_of[cell] == NO_LANE:
            raise AssertionError(f"carrier {carrier} cannot stand on cell {cell} of level {deck.level.id}")
        deck.carrier_at[cell] = carrier
        deck.recount(deck.lane_of[cell])

    def spot(self, bot: Bot) -> tuple[int, int, int]:
        """Level, column and row of the cell where a bot last came to rest."""
        return (bot.level, *self.decks[bot.level].level.xy[bot.cell])

    def coming_spot(self, bot: Bot) -> tuple[int, int, int]:
        """Level, column and row of the cell where a bot rests, or will come to rest."""
        cell = bot.cell
        for step in bot.steps:
            if step.kind == HOLD:
                break
            cell = step.cells[-1] if step.kind == LEG else cell
        return (bot.level, *self.decks[bot.level].level.xy[cell])


def sets_out_for(bot: Bot, carrier: int) -> bool:
    """Whether the step under way brings the bot to a carrier in order to lift it, or lifts it."""
    steps = bot.steps
    if steps[0].kind == LIFT:
        return steps[0].carrier == carrier
    return steps[0].kind == LEG and len(steps) > 1 and steps[1].kind == LIFT and steps[1].carrier == carrier
