"""What holds at every instant, worked out from the state alone, apart from the plant's own bookkeeping."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from twin.domain import work
from twin.domain.battery import capacity_mj, level_mj
from twin.domain.bots import HOLD, LEG, Bot
from twin.domain.fleet import EMPTY
from twin.domain.inventory import ALL_SECTIONS
from twin.domain.layout import BALCONY, CHARGER, PARKING, STORAGE
from twin.domain.plant import Plant
from twin.domain.state import State
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.engine import Engine

Window = tuple[int, float, float, int]
"""A cell, held from and until before (ms), and the bot."""

STATUS_IN = {
    work.QUEUED: work.ACCEPTED,
    work.BEING_BUFFERED: work.ACCEPTED,
    work.FETCHING: work.STARTED,
    work.PRESENTED: work.WAITING,
}
"""The state of a job by the state of the visit that serves it."""

DERIVED = ("carrier_at", "room", "kept", "lock", "place_user", "parking_user", "presented", "carriers")
"""What a deck keeps for speed."""


def check(engine: Engine) -> None:
    """Assert everything below."""
    check_bookings(engine.plant.state)
    check_boxes(engine.plant.state)
    check_carriers(engine.plant)
    check_work(engine.plant.state)
    check_derived(engine.plant)
    check_floor(engine)
    check_holds(engine)
    check_energy(engine.plant, engine.now)


def check_bookings(state: State) -> None:
    """Double entry: what open jobs will take and put is what loads and SKUs say, and is covered."""
    out, into = Counter[int](), Counter[int]()
    for job in state.jobs.values():
        if job.box is not None and job.status not in work.JOB_ENDED:
            (into if job.type_name == work.REPLENISHMENT else out)[job.box] += job.quantity or 0
            assert state.loads[job.box].sku == job.sku
    for load in state.loads.values():
        assert (load.booked_out, load.booked_in) == (out.pop(load.box, 0), into.pop(load.box, 0))
        assert load.fulfillable == load.item_count - load.booked_out >= 0
        assert load.replenishable == load.item_count_max - load.item_count - load.booked_in >= 0
        assert load.item_count >= 0
        assert state.skus[load.sku].deleted_ms is None
    assert not out
    assert not into
    for sku in state.skus.values():
        loads = [load for load in state.loads.values() if load.sku == sku.id]
        assert sku.load_count == len(loads)
        assert sku.total_quantity == sum(load.item_count for load in loads)
        assert sku.max_quantity == sum(load.item_count_max for load in loads)
        assert sku.booked_out == sum(load.booked_out for load in loads)
        assert sku.booked_in == sum(load.booked_in for load in loads)
        assert sku.fulfillable == sku.total_quantity - sku.booked_out >= 0
        assert sku.replenishable == sku.max_quantity - sku.total_quantity - sku.booked_in >= 0


def check_boxes(state: State) -> None:
    """Boxes on one carrier never overlap, and every load is in a box."""
    taken: dict[int, int] = defaultdict(int)
    for box in state.boxes.values():
        assert 0 < box.mask <= ALL_SECTIONS
        assert not box.mask & taken[box.carrier], f"box {box.id} overlaps another on carrier {box.carrier}"
        taken[box.carrier] |= box.mask
        assert box.carrier in state.carriers
        assert box.id < state.next_box
    assert state.loads.keys() <= state.boxes.keys()


def check_carriers(plant: Plant) -> None:
    """Every carrier is in one place, every place has at most one, and both sides say the same."""
    state, standing = plant.state, {}
    for carrier in state.carriers.values():
        assert (carrier.cell is None) != (carrier.bot is None)
        if carrier.bot is not None:
            assert state.bots[carrier.bot].carrier == carrier.id
            assert state.bots[carrier.bot].level == carrier.level
            continue
        spot = (carrier.level, carrier.cell)
        assert spot not in standing, f"carriers {carrier.id} and {standing[spot]} both stand on {spot}"
        standing[spot] = carrier.id
        assert plant.decks[carrier.level].level.kinds[carrier.cell] == STORAGE
    for bot in state.bots.values():
        assert bot.carrier is None or state.carriers[bot.carrier].bot == bot.id
    for level_id, deck in plant.decks.items():
        for cell, id_ in enumerate(deck.carrier_at):
            assert standing.pop((level_id, cell), 0) == id_
    assert not standing


def check_work(state: State) -> None:
    """Requests, jobs and visits agree with each other."""
    for request in state.requests.values():
        jobs = [state.jobs[job] for job in request.jobs]
        still_open = [job for job in jobs if job.status not in work.JOB_ENDED]
        assert request.open_jobs == len(still_open)
        unfinished = bool(still_open) or state.mode.pausing == request.id
        assert (request.status in work.REQUEST_ENDED) != unfinished
        for index, entity in enumerate(request.entities):
            pending = sum(job.quantity or 0 for job in still_open if job.entity == index)
            assert entity.total == entity.completed + pending
    for job in state.jobs.values():
        if job.status not in work.JOB_ENDED and job.entity is not None:
            assert job.visit is not None
            visit = state.visits[job.visit]
            assert job.id in visit.jobs
            assert job.status == STATUS_IN[visit.state]
            assert (job.carrier, job.balcony, job.level) == (visit.carrier, visit.balcony, visit.level)
    for visit in state.visits.values():
        assert bool(visit.jobs) != (visit.state == work.RETURNING)
        assert (visit.bot is None) == (visit.state == work.QUEUED)
        assert visit.bot is None or state.bots[visit.bot].visit == visit.id
    doing = [
        job.id
        for job in state.jobs.values()
        if job.type_name in work.TASK_TYPES and job.status not in work.JOB_ENDED
    ]
    assert sorted(state.tasks) == sorted(doing)
    assert all(bot.task in (None, *state.tasks) for bot in state.bots.values())
    waiting = [visit for person in state.persons.values() for visit in person.waiting]
    assert sorted(waiting) == [v.id for v in state.visits.values() if v.state == work.PRESENTED]


def check_derived(plant: Plant) -> None:
    """What the plant keeps for speed is what a new plant derives from a copy of the state."""
    fresh = Plant(plant.site, from_plain(State, to_plain(plant.state)), plant.orders.keep_ended)
    for level, deck in plant.decks.items():
        anew = fresh.decks[level]
        assert deck.held.keys() == anew.held.keys()
        assert deck.broken.keys() == anew.broken.keys()
        for name in DERIVED:
            assert getattr(deck, name) == getattr(anew, name), f"{name} of level {level}"
        assert deck.free_bots.keys() == anew.free_bots.keys()
        assert deck.returns.keys() == anew.returns.keys()
        lanes = zip(deck.room, deck.kept, deck.lock, strict=True)
        assert all(kept <= room or lock for room, kept, lock in lanes)
    assert _queues(plant) == _queues(fresh)
    assert plant.queues.visits_of == fresh.queues.visits_of
    assert not plant.queues.changed_levels
    assert plant.stock.boxes_on == fresh.stock.boxes_on
    assert _boxes_of(plant) == _boxes_of(fresh)
    assert plant.orders.open_at == fresh.orders.open_at
    assert plant.orders.open_requests == fresh.orders.open_requests


def _queues(plant: Plant) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
    levels = plant.queues.waiting.items()
    return {(level, b): ranks for level, queues in levels for b, ranks in queues.items() if ranks}


def _boxes_of(plant: Plant) -> dict[str, list[int]]:
    return {sku: list(boxes) for sku, boxes in plant.stock.boxes_of.items() if boxes}


def check_floor(engine: Engine) -> None:
    """No two bots are, or are committed to be, on one cell at one moment; idle bots stand on pockets."""
    for level, deck in engine.plant.decks.items():
        bots = [bot for bot in engine.plant.state.bots.values() if bot.level == level]
        assert_exclusive(window for bot in bots for window in windows(bot, engine.now))
        kinds = deck.level.kinds
        for bot in bots:
            legs = [step for step in bot.steps if step.kind == LEG]
            last = legs[-1].cells[-1] if legs else bot.cell
            # A writing that was given up for its battery leaves the bot where it is until a person comes.
            gave_up = bot.fault == EMPTY
            assert kinds[last] in (PARKING + CHARGER + BALCONY) or bot.task is not None or gave_up
            waits = bot.fault is not None or bot.id in deck.stranded
            at_work = bot.steps or bot.visit is not None or bot.task is not None
            assert at_work or waits or bot.parking == bot.cell
            assert (bot.id in deck.held) == bot.interrupted


def check_holds(engine: Engine) -> None:
    """What cells say of who holds them is what those say; nothing is left over or outlasts its bound."""
    for traffic in engine.traffic.values():
        of_cells = {
            (cell, *hold)
            for cell, holds in enumerate(traffic._table)
            for hold in holds
            if hold[1] > engine.now
        }
        of_bots = {
            (cell, begin, end, who)
            for who, holds in traffic._held.items()
            for cell, begin, end in holds
            if end > engine.now
        }
        assert of_cells == of_bots
        for holds in traffic._held.values():
            ends = [end for _, _, end in holds]
            assert ends == sorted(ends), "a release stops at the first that has ended"
        for cell, holds in enumerate(traffic._table):
            assert all(end <= traffic._until[cell] for _, end, _ in holds)


def check_energy(plant: Plant, now: int) -> None:
    """What a battery holds is what it held at first, plus what it took, less what it gave.

    A new bot begins with nothing and is filled; it may have the id of one that is gone.
    """
    battery = plant.site.battery
    start = level_mj(battery, battery.start_percent)
    from_the_start = {bot.id for bot in plant.site.bots}
    for bot in plant.state.bots.values():
        held_at_first = bot.energy_mj - bot.charged_mj + bot.drawn_mj
        assert held_at_first == 0 or (held_at_first == start and bot.id in from_the_start)
        assert 0 <= plant.meter.energy_mj(bot, now) <= capacity_mj(battery)


def windows(bot: Bot, now: int) -> Iterable[Window]:
    """What a bot holds from now on by its steps: every cell while it is on it, the last one without end."""
    for cell, since, until in _spans(bot):
        if until > now:
            yield cell, max(since, now), until, bot.id


def _spans(bot: Bot) -> Iterable[tuple[int, float, float]]:
    cell, since = bot.cell, float("-inf")
    for step in bot.steps:
        if step.kind == HOLD:
            break
        assert step.end_ms >= step.begin_ms
        if step.kind != LEG:
            continue
        assert step.cells[0] == cell
        yield cell, since, step.leave_ms[0]
        for i in range(1, len(step.cells) - 1):
            yield step.cells[i], step.enter_ms[i], step.leave_ms[i]
        cell, since = step.cells[-1], step.enter_ms[-1]
    yield cell, since, float("inf")


def assert_exclusive(held: Iterable[Window]) -> int:
    """Assert that no cell is held by two bots at one moment; returns how many windows there were."""
    by_cell: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
    for cell, begin, end, bot in held:
        assert begin <= end
        by_cell[cell].append((begin, end, bot))
    for cell, entries in by_cell.items():
        entries.sort()
        busy_until, holder = float("-inf"), 0
        for begin, end, bot in entries:
            assert begin >= busy_until or bot == holder, (
                f"cell {cell}: bot {bot} enters at {begin}, bot {holder} is on it until {busy_until}"
            )
            if end > busy_until:
                busy_until, holder = end, bot
    return sum(map(len, by_cell.values()))
