"""Watches the work: requests, jobs, presentations, and the people at the balconies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twin.domain import events as past
from twin.domain import work
from twin.records.measures import fleet
from twin.records.measures.balconies import BalconyMeter
from twin.records.measures.book import Book
from twin.records.measures.botwatch import BotWatch
from twin.records.measures.fleet import BotMeter, Mission, settle
from twin.records.measures.orders import JobMeter, Kept, OrderTimes, Promises, RequestMeter, split

OnOrder = Callable[[OrderTimes], None]


class WorkWatch:
    """Follows requests to their end; tells ``on_order`` of every order that succeeded."""

    def __init__(self, book: Book, bots: BotWatch, promises: Promises, on_order: OnOrder | None) -> None:
        self.book = book
        self._promises = promises
        self.balconies: dict[int, BalconyMeter] = {}
        self._bots = bots
        self._on_order = on_order
        self._requests: dict[str, RequestMeter] = {}
        self._open_jobs: dict[str, JobMeter] = {}
        self._jobs: dict[str, Callable[[int, past.JobStateChanged], None]] = {
            **dict.fromkeys(work.STOCK_TYPES, self._stock_job),
            **dict.fromkeys(work.TASK_TYPES, self._task),
            work.RELOCATION: self._relocation,
            work.BUFFERING: self._buffering,
            work.RETURN: self._return,
        }

    def handlers(self) -> dict[type, Callable[[int, Any], None]]:
        """What to call for which event."""
        return {
            past.JobStateChanged: self._job,
            past.RequestStateChanged: self._request,
            past.ServiceStarted: self._service,
        }

    def open_window(self) -> None:
        """Forget the time of the settled balconies so far."""
        for balcony in self.balconies.values():
            balcony.open_window()

    def settle_all(self, t_ms: int) -> None:
        """Enter what all people have done up to now."""
        for balcony in self.balconies.values():
            balcony.settle(t_ms)

    def _job(self, t_ms: int, event: past.JobStateChanged) -> None:
        self._jobs[event.type_name](t_ms, event)

    def _relocation(self, t_ms: int, event: past.JobStateChanged) -> None:
        if event.from_ is None and event.bot is not None:
            self._bots.bots[event.bot].coming_digs += 1

    def _buffering(self, t_ms: int, event: past.JobStateChanged) -> None:
        """A carrier is brought near its balcony: a mission that only moves carriers within the store."""
        if event.bot is None:
            raise ValueError(f"{event.job} is a buffering without a bot")
        bot = self._bots.bots[event.bot]
        if event.to == work.ACCEPTED:
            settle(bot, self._bots.totals[bot.level], t_ms)
            level = self._bots.count_out(bot, t_ms)
            bot.mission = Mission(0, t_ms, level.read(t_ms), bot.coming_digs + 1)
            bot.coming_digs = 0
            level.count_in(bot)
            fleet.begin_mission(bot, t_ms)
        elif event.to in work.JOB_ENDED:
            self._bots.settled(event.bot, t_ms)
            self._end_mission(bot, t_ms)

    def _return(self, t_ms: int, event: past.JobStateChanged) -> None:
        if event.bot is None or event.balcony is None:
            raise ValueError(f"{event.job} is a return without a bot or a balcony")
        bot, balcony = self._bots.bots[event.bot], self.balconies[event.balcony]
        if event.to == work.ACCEPTED:
            self._release(bot, balcony, t_ms)
        elif event.to == work.STARTED:
            balcony.settle(t_ms)
            balcony.finished -= 1
            balcony.settle(t_ms)
        else:
            self._bots.settled(event.bot, t_ms)
            self._end_mission(bot, t_ms)

    def _release(self, bot: BotMeter, balcony: BalconyMeter, t_ms: int) -> None:
        """The last job of a presentation has ended: the carrier may go."""
        balcony.settle(t_ms)
        if bot.mission is None:
            # A new carrier that was put on the bot by hand.
            settle(bot, self._bots.totals[bot.level], t_ms)
            level = self._bots.count_out(bot, t_ms)
            bot.mission = Mission(0, t_ms, 0, 0, presented_ms=t_ms)
            level.count_in(bot)
            self._bots.rest(bot, fleet.WAIT_STATION)
        else:
            balcony.standing -= 1
        balcony.finished += 1
        balcony.settle(t_ms)

    def _end_mission(self, bot: BotMeter, t_ms: int) -> None:
        level = self._bots.count_out(bot, t_ms)
        if bot.mission is not None and bot.mission.carrier:
            self.book.window.cycles.append(t_ms - bot.mission.started_ms)
        bot.mission = None
        level.count_in(bot)
        self._bots.rest(bot, fleet.IDLE)

    def _task(self, t_ms: int, event: past.JobStateChanged) -> None:
        if event.bot is None or event.bot not in self._bots.bots:
            return
        bot = self._bots.settled(event.bot, t_ms)
        level = self._bots.count_out(bot, t_ms)
        bot.task = event.to not in work.JOB_ENDED
        level.count_in(bot)
        if event.to == work.WAITING:
            self._bots.rest(bot, fleet.WAIT_STATION)
        elif event.to == work.STARTED:
            self._bots.rest(bot, fleet.TASK)
        elif not bot.task and bot.state in (fleet.WAIT_STATION, fleet.TASK):
            self._bots.rest(bot, fleet.IDLE)

    def _stock_job(self, t_ms: int, event: past.JobStateChanged) -> None:
        if event.to == work.ACCEPTED:
            self._accept(t_ms, event)
        elif event.to == work.STARTED:
            self._start(t_ms, event)
        elif event.to == work.WAITING:
            self._present(t_ms, event)
        else:
            self._end(t_ms, event)

    def _balcony(self, event: past.JobStateChanged, t_ms: int) -> BalconyMeter:
        assert event.balcony is not None
        balcony = self.balconies[event.balcony]
        balcony.settle(t_ms)
        return balcony

    def _accept(self, t_ms: int, event: past.JobStateChanged) -> None:
        charge = self._bots.levels[event.level].read(t_ms)
        self._open_jobs[event.job] = JobMeter(event.request, charge, event.sku)
        lines = self._requests[event.request].open_by_sku
        name = event.sku or str(event.carrier)
        lines[name] = lines.get(name, 0) + 1
        balcony = self._balcony(event, t_ms)
        balcony.asked += 1
        balcony.settle(t_ms)

    def _start(self, t_ms: int, event: past.JobStateChanged) -> None:
        assert event.bot is not None
        assert event.carrier is not None
        bot = self._bots.bots[event.bot]
        if bot.mission is None:
            settle(bot, self._bots.totals[bot.level], t_ms)
            level = self._bots.count_out(bot, t_ms)
            bot.mission = Mission(event.carrier, t_ms, level.read(t_ms), bot.coming_digs)
            bot.coming_digs = 0
            level.count_in(bot)
            fleet.begin_mission(bot, t_ms)
        self._open_jobs[event.job].mission = bot.mission

    def _present(self, t_ms: int, event: past.JobStateChanged) -> None:
        mission = self._open_jobs[event.job].mission
        if mission is not None and mission.presented_ms is None:
            mission.presented_ms = t_ms
            self.book.window.presentations += 1
            balcony = self._balcony(event, t_ms)
            balcony.standing += 1
            balcony.settle(t_ms)

    def _service(self, t_ms: int, event: past.ServiceStarted) -> None:
        balcony = self.balconies[event.balcony]
        balcony.settle(t_ms)
        balcony.job, balcony.job_since = event.job, t_ms
        balcony.settle(t_ms)

    def _end(self, t_ms: int, event: past.JobStateChanged) -> None:
        job = self._open_jobs.pop(event.job)
        request = self._requests[job.request]
        request.last = job
        balcony = self._balcony(event, t_ms)
        if balcony.job == event.job:
            if job.mission is not None:
                job.mission.services.append((balcony.job_since, t_ms, job.request))
            balcony.job = None
        balcony.asked -= 1
        good = event.to == work.SUCCEEDED
        if good:
            balcony.hand_over(t_ms)
        balcony.settle(t_ms)
        self._end_line(request, event.sku or str(event.carrier), good)

    def _end_line(self, request: RequestMeter, name: str, good: bool) -> None:
        """One job of a line has ended; the line has if that was its last."""
        if not good:
            request.spoilt.add(name)
        request.open_by_sku[name] -= 1
        if request.open_by_sku[name] == 0 and name not in request.spoilt:
            if request.type_name == work.FULFILLMENT:
                self.book.window.lines += 1
                self.book.pictures.lines += 1
            elif request.type_name == work.REPLENISHMENT:
                self.book.window.refills += 1

    def _request(self, t_ms: int, event: past.RequestStateChanged) -> None:
        is_order = event.type_name == work.FULFILLMENT
        if event.to == work.CREATED:
            self._requests[event.request] = RequestMeter(event.type_name, t_ms)
            if is_order:
                self.book.window.open(self.book.open_orders, t_ms)
                self.book.open_orders += 1
        elif event.to in work.REQUEST_ENDED:
            request = self._requests.pop(event.request)
            if is_order:
                self.book.window.open(self.book.open_orders, t_ms)
                self.book.open_orders -= 1
                self._end_order(t_ms, event, request)

    def _end_order(self, t_ms: int, event: past.RequestStateChanged, request: RequestMeter) -> None:
        if event.to != work.SUCCEEDED or request.last is None:
            self.book.window.failed_orders += 1
            return
        parts = split(event.request, request.accepted_ms, t_ms, request.last)
        self.book.window.lead(parts)
        self._keep(event.request, t_ms - request.accepted_ms)
        if self._on_order is not None:
            self._on_order(OrderTimes(event.request, request.accepted_ms, t_ms, parts))
        self.book.pictures.end_order(t_ms - request.accepted_ms)

    def _keep(self, request: str, lead_ms: int) -> None:
        """Whether an order that has ended was in time."""
        due_ms = self._promises.due_ms(request)
        if due_ms is not None:
            for stream in dict.fromkeys(("", self._promises.stream_of(request))):
                self.book.window.kept.setdefault(stream, Kept()).enter(lead_ms, due_ms)

    def overdue(self, t_ms: int) -> int | None:
        """Open orders that should have ended before ``t_ms``; None where nothing is promised."""
        if self._promises == Promises():
            return None
        late = 0
        for request, meter in self._requests.items():
            due_ms = self._promises.due_ms(request)
            is_due = meter.type_name == work.FULFILLMENT and due_ms is not None
            late += is_due and t_ms - meter.accepted_ms > (due_ms or 0)
        return late
