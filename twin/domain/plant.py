"""The aggregate: the only writer of the plant's state.

Each method checks first, then changes, and notes what happened in ``happened``,
which the engine empties into the event log. A method that refuses has changed
nothing. Nothing here knows a clock or chance: times and choices come from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain import work
from twin.domain.battery import start_mj
from twin.domain.bots import LEG, LIFT, LOWER, Bot, Person, Step
from twin.domain.damage import Damage
from twin.domain.errors import Invalid, NotFound
from twin.domain.fleet import Fleet
from twin.domain.floor import Deck, Floor, make_deck, sets_out_for
from twin.domain.inventory import Carrier
from twin.domain.lanes import lanes_of
from twin.domain.layout import Site
from twin.domain.meter import Meter
from twin.domain.orders import Orders, Pick, Placing
from twin.domain.people import check_person
from twin.domain.queues import Queues
from twin.domain.sections import to_text_32
from twin.domain.state import State
from twin.domain.stock import Stock
from twin.domain.ways import Ways
from twin.domain.work import Dig, Job, Visit


def new_state(site: Site, operator: str) -> State:
    """The state of a site before the first event: bots parked, carriers stored, no stock."""
    levels = site.level_by_id
    state = State()
    for c in sorted(site.carriers, key=lambda c: c.id):
        state.carriers[c.id] = Carrier(c.id, c.level, levels[c.level].cell(c.x, c.y))
    energy = start_mj(site)
    for b in sorted(site.bots, key=lambda b: b.id):
        cell = levels[b.level].cell(b.x, b.y)
        state.bots[b.id] = Bot(b.id, b.level, cell, parking=cell, energy_mj=energy[b.id])
    for balcony in sorted(site.balconies, key=lambda b: b.id):
        state.persons[balcony.id] = Person(balcony.id, operator)
    return state


class Plant:
    """Stock, orders, queues and floor of one site over one state.

    ``keep_ended`` False forgets ended requests and jobs: for long headless runs,
    whose record is the event log.
    """

    def __init__(self, site: Site, state: State, keep_ended: bool = True) -> None:
        self.site = site
        self.state = state
        self.happened: list[past.Event] = []
        self.stock = Stock(state, self.happened)
        self.queues = Queues(state)
        self.places: dict[int, dict[int, tuple[int, ...]]] = _places_by_level(site)
        self.orders = Orders(state, self.stock, self.queues, self.happened, self.places, keep_ended)
        self.meter = Meter(site.battery)
        self.floor = Floor(state, make_decks(site), self.happened, self.meter)
        self.fleet = Fleet(state, self.floor, self.meter, self.happened)
        self.damage = Damage(state, self.floor, self.happened)
        self.ways = Ways(site, self.places)
        self._stock_commands: dict[type, Callable[[Any, int], object]] = {
            ask.CreateSku: self.stock.create_sku,
            ask.ChangeSku: self.stock.change_sku,
            ask.DeleteSku: self.stock.delete_sku,
            ask.CreateBox: self.stock.create_box,
            ask.MoveBox: self.stock.move_box,
            ask.DeleteBox: self.stock.delete_box,
            ask.SwapBoxes: self.stock.swap_boxes,
            ask.MoveBoxes: self.stock.move_boxes,
            ask.CreateLoad: self.stock.create_load,
            ask.ChangeLoad: self.stock.change_load,
            ask.DeleteLoad: self.stock.delete_load,
        }

    @property
    def decks(self) -> Mapping[int, Deck]:
        """The levels as they are now, by id."""
        return self.floor.decks

    @property
    def boxes_on(self) -> dict[int, list[int]]:
        """The boxes of each carrier."""
        return self.stock.boxes_on

    def depth(self, carrier_id: int) -> int:
        """Carriers to be moved before this one can be taken out; 0 for one on a bot."""
        return self.floor.depth(carrier_id)

    def energy_mj(self, bot_id: int, now: int) -> int:
        """What the battery of a bot holds at an instant."""
        return self.meter.energy_mj(self.state.bots[bot_id], now)

    # -- commands

    def change_stock(self, command: ask.Command, now: int) -> object:
        """Carry out a command about SKUs, boxes or loads; returns the id it concerns."""
        return self._stock_commands[type(command)](command, now)

    def check(self, command: Placing) -> str:
        """The id a request will have. Raises a Refusal where it cannot be accepted."""
        return self.orders.check(command)

    def accept(self, command: Placing, picks: Iterable[Pick], now: int) -> str:
        """Book and queue a request that ``check`` has let through."""
        return self.orders.accept(command, picks, now)

    def trigger(self, command: ask.TriggerJob, now: int) -> tuple[Visit, bool]:
        """End a waiting job. Returns the visit that served it, and whether its carrier can go back now."""
        visit, done = self.orders.trigger(command, now)
        if done:
            self._ask_return(visit, now)
        return visit, done

    def set_operator(self, command: ask.SetOperator, now: int) -> None:
        """Choose who gives the triggers."""
        if command.mode not in work.OPERATORS:
            raise Invalid("mode", f"{command.mode!r} is none of {', '.join(work.OPERATORS)}")
        for balcony in self._chosen_persons(command.balcony):
            self.state.persons[balcony].mode = command.mode
            self.happened.append(past.OperatorChanged(balcony, command.mode))

    def set_person(self, command: ask.SetPerson, now: int) -> None:
        """Change how simulated people work. Raises Invalid and NotFound."""
        chosen = self._chosen_persons(command.balcony)
        check_person(command)
        told = [asdict(part) if part is not None else None for part in (command.times, command.mistakes)]
        for balcony in chosen:
            person = self.state.persons[balcony]
            person.times, person.mistakes = command.times, command.mistakes
            self.happened.append(past.PersonChanged(balcony, *told))

    def _chosen_persons(self, balcony: int | None) -> tuple[int, ...]:
        if balcony is not None and balcony not in self.state.persons:
            raise NotFound("Balcony", balcony)
        return tuple(self.state.persons) if balcony is None else (balcony,)

    def _ask_return(self, visit: Visit, now: int) -> None:
        visit.state = work.RETURNING
        job = self.orders.new_job(visit.cause, work.RETURN, visit.carrier, visit.level, now)
        job.bot, job.balcony, job.visit = visit.bot, visit.balcony, visit.id
        visit.return_job = job.id
        self.orders.note_new(job)
        self.decks[visit.level].returns[visit.id] = None

    def take_in(self, bot: Bot, job: Job, place: int, lane: int, now: int) -> Carrier:
        """A person has put a new carrier on a bot at a handover place: it is to be stored."""
        carrier = self.floor.load_by_hand(bot, now)
        self.stock.boxes_on[carrier.id] = []
        assert job.balcony is not None
        visit = Visit(self.state.next_visit, carrier.id, bot.level, job.balcony, 0, now, [])
        visit.cause = job.request
        self.state.next_visit += 1
        self.state.visits[visit.id] = visit
        self.queues.visits_of.setdefault(carrier.id, []).append(visit.id)
        visit.bot, visit.place, visit.lane, bot.visit = bot.id, place, lane, visit.id
        deck = self.decks[bot.level]
        deck.place_user[place] = visit.id
        deck.kept[lane] += 1
        self._ask_return(visit, now)
        return carrier

    def balcony_at(self, level: int, cell: int) -> int:
        """The balcony a handover place belongs to."""
        return next(b for b, cells in self.places[level].items() if cell in cells)

    # -- missions

    def start_fetch(
        self,
        visit: Visit,
        bot: Bot,
        place: int,
        moves: Iterable[tuple[int, int, int, int]],
        steps: list[Step],
        now: int,
    ) -> None:
        """Commit a bot to bring a carrier to ``place``.

        ``moves`` are the blocking carriers to be dug out first: carrier, from cell, to
        cell, lane of that cell.
        """
        deck = self.decks[visit.level]
        cell = self.state.carriers[visit.carrier].cell
        assert cell is not None
        self.queues.remove(visit)
        visit.state = work.FETCHING
        visit.digs = [self._new_dig(visit, bot, work.RELOCATION, *move, now) for move in moves]
        self.floor.take(visit, bot, place, deck.lane_of[cell])
        bot.steps = steps
        for job_id in visit.jobs:
            job = self.state.jobs[job_id]
            job.bot = bot.id
            self.orders.move_on(job, work.STARTED, now)

    def start_buffering(
        self,
        visit: Visit,
        bot: Bot,
        moves: list[tuple[int, int, int, int]],
        parking: int,
        steps: list[Step],
        now: int,
    ) -> None:
        """Commit a bot to bring a carrier near its balcony, and to park at ``parking`` after it.

        ``moves`` are those of ``start_fetch``, and last that of the carrier itself.
        """
        *blockers, own = moves
        self.queues.remove(visit)
        visit.state = work.BEING_BUFFERED
        visit.digs = [self._new_dig(visit, bot, work.RELOCATION, *move, now) for move in blockers]
        visit.digs.append(self._new_dig(visit, bot, work.BUFFERING, *own, now))
        self.floor.take_to_buffer(visit, bot, self.decks[visit.level].lane_of[own[1]], parking)
        bot.steps = steps

    def _new_dig(
        self,
        visit: Visit,
        bot: Bot,
        type_name: str,
        carrier: int,
        source: int,
        target: int,
        lane: int,
        now: int,
    ) -> Dig:
        cause = self.state.jobs[visit.jobs[0]].request
        job = self.orders.new_job(cause, type_name, carrier, visit.level, now)
        job.bot, job.visit = bot.id, visit.id
        job.balcony = visit.balcony if type_name == work.BUFFERING else None
        self.orders.note_new(job)
        return Dig(job.id, carrier, source, target, lane)

    def start_return(
        self, visit: Visit, lane: int, cell: int, parking: int, steps: list[Step], now: int
    ) -> None:
        """Commit the bot at a handover place to put its carrier into ``cell`` and to park after it."""
        assert visit.bot is not None
        assert visit.return_job is not None
        bot = self.state.bots[visit.bot]
        self.floor.turn_home(visit, bot, lane, cell, parking)
        self.floor.leave_place(visit)
        bot.steps = steps
        self.orders.move_on(self.state.jobs[visit.return_job], work.STARTED, now)

    def begin_step(self, bot: Bot, now: int) -> None:
        """Note the start of the step at the head of a bot's steps."""
        step = bot.steps[0]
        self.fleet.unplug(bot, now)
        if step.kind == LEG:
            self.floor.note_leg(bot, step)
        visit = self.state.visits.get(bot.visit) if bot.visit else None
        for dig in visit.digs if visit else ():
            job = self.state.jobs[dig.job]
            if job.status == work.ACCEPTED and sets_out_for(bot, dig.carrier):
                self.orders.move_on(job, work.STARTED, now)

    def end_step(self, bot: Bot, now: int) -> Visit | None:
        """Carry out the end of the step under way.

        Returns the visit where its carrier has just come to stand at the balcony.
        """
        step = bot.steps.pop(0)
        self.meter.ended(bot, step, now)
        if step.kind == LEG:
            self.floor.arrive(bot, step)
            return self._presented(bot, now) if not bot.steps and bot.visit is not None else None
        if step.kind == LIFT:
            self.floor.lifted(bot, step, now)
        elif step.kind == LOWER:
            self._put_down(bot, step, now)
        else:
            self.fleet.tag_written(bot)
        return None

    def _presented(self, bot: Bot, now: int) -> Visit:
        assert bot.visit is not None
        visit = self.state.visits[bot.visit]
        visit.state, visit.presented_ms = work.PRESENTED, now
        self.state.carriers[visit.carrier].presented += 1
        self.decks[visit.level].presented += 1
        for lane in list(visit.locks):
            self.floor.unlock(visit, lane)
        for job_id in visit.jobs:
            self.orders.move_on(self.state.jobs[job_id], work.WAITING, now)
        return visit

    def _put_down(self, bot: Bot, step: Step, now: int) -> None:
        assert bot.visit is not None
        visit = self.state.visits[bot.visit]
        self.floor.lowered(bot, step, now)
        if visit.state == work.RETURNING:
            self._close(visit, bot, now)
        else:
            self._dug(visit, bot, now)
        if visit.state == work.BEING_BUFFERED and not visit.digs:
            self.floor.let_wait(visit, bot)
            self.queues.requeue(visit)

    def _dug(self, visit: Visit, bot: Bot, now: int) -> None:
        dig = visit.digs.pop(0)
        self.decks[visit.level].kept[dig.target_lane] -= 1
        if all(other.target_lane != dig.target_lane for other in visit.digs):
            self.floor.unlock(visit, dig.target_lane)
        job = self.state.jobs[dig.job]
        self.orders.move_on(job, work.SUCCEEDED, now)
        self.orders.forget(job)

    def _close(self, visit: Visit, bot: Bot, now: int) -> None:
        assert visit.lane is not None
        assert visit.return_job is not None
        self.decks[visit.level].kept[visit.lane] -= 1
        self.floor.unlock(visit, visit.lane)
        job = self.state.jobs[visit.return_job]
        self.orders.move_on(job, work.SUCCEEDED, now)
        self.orders.forget(job)
        self.queues.close(visit)
        bot.visit = None

    # -- the picture at the start

    def loaded(self, seed: int, epoch: str) -> past.SiteLoaded:
        """The first event of a log: the state as it is now."""
        state, site = self.state, self.site
        return past.SiteLoaded(
            site.name,
            seed,
            epoch,
            site.pitch_mm,
            {key: figure for key, figure in asdict(site.battery).items() if figure is not None},
            [{"level": level.id, "map": list(level.rows)} for level in site.levels],
            [
                {"balcony": b.id, "places": [{"level": p.level, "x": p.x, "y": p.y} for p in b.places]}
                for b in site.balconies
            ],
            [
                {"bot": b.id, **self._spot(b.level, b.cell), "energy_mj": b.energy_mj}
                for b in state.bots.values()
            ],
            [{"carrier": c.id, **self._spot(c.level, c.cell)} for c in state.carriers.values()],
            [
                {"box": b.id, "carrier": b.carrier, "section_code_32": to_text_32(b.mask)}
                for b in state.boxes.values()
            ],
            [{"box": x.box, "sku": x.sku, "item_count": x.item_count} for x in state.loads.values()],
            list(state.skus),
        )

    def _spot(self, level: int, cell: int | None) -> dict[str, int]:
        assert cell is not None
        x, y = self.site.level_by_id[level].xy[cell]
        return {"level": level, "x": x, "y": y}


def make_decks(site: Site) -> dict[int, Deck]:
    """An empty deck per level; levels drawn alike share their lanes."""
    lanes = {rows: lanes_of(level) for rows, level in {lv.rows: lv for lv in site.levels}.items()}
    return {level.id: make_deck(level, lanes[level.rows]) for level in site.levels}


def _places_by_level(site: Site) -> dict[int, dict[int, tuple[int, ...]]]:
    """Handover cells by level and balcony."""
    places: dict[int, dict[int, tuple[int, ...]]] = {level.id: {} for level in site.levels}
    for balcony in sorted(site.balconies, key=lambda b: b.id):
        for level in site.levels:
            cells = sorted(level.cell(p.x, p.y) for p in balcony.places if p.level == level.id)
            if cells:
                places[level.id][balcony.id] = tuple(cells)
    return places
