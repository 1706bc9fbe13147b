"""People at balconies: simulated ones take their time; triggers of API clients count as well."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from twin.domain import events as past
from twin.domain.bots import FAILED_PICK, SLOW, WRONG_QUANTITY, Person
from twin.domain.commands import ChangeLoad, TriggerJob
from twin.domain.errors import Refusal
from twin.domain.layout import CONSTANT, EXPONENTIAL, LOG_NORMAL, TRIANGULAR, UNIFORM, PersonTimes
from twin.domain.work import FAILED_TRIGGER, OPERATOR_API, SUCCEEDED_TRIGGER, Visit
from twin.simulation import tasking
from twin.simulation.randomness import Streams

if TYPE_CHECKING:
    from twin.simulation.engine import Engine


def present(engine: Engine, visit: Visit) -> None:
    """A carrier has come to stand at a balcony. Nobody works on one whose tag cannot be read."""
    person = engine.plant.state.persons[visit.balcony]
    person.waiting.append(visit.id)
    if engine.plant.damage.is_unreadable(visit.carrier):
        for job in list(visit.jobs):
            trigger(engine, TriggerJob(job, FAILED_TRIGGER))
    else:
        _look(engine, person)


def finish(engine: Engine, balcony: int) -> None:
    """A simulated person is done with a job, well or not."""
    person = engine.plant.state.persons[balcony]
    job = person.job
    assert job is not None
    if _errs(engine, person, FAILED_PICK):
        trigger(engine, TriggerJob(job, FAILED_TRIGGER))
        return
    box = engine.plant.state.jobs[job].box
    miscounted = _errs(engine, person, WRONG_QUANTITY, certain=box is not None)
    trigger(engine, TriggerJob(job, SUCCEEDED_TRIGGER))
    if miscounted and box is not None:
        _miscount(engine, balcony, box)


def _errs(engine: Engine, person: Person, mistake: str, *, certain: bool = True) -> bool:
    """Whether a person makes a mistake with the job in hand; tells of it. Draws only where one can be."""
    mistakes = person.mistakes
    if mistakes is None or not certain:
        return False
    percent = {
        FAILED_PICK: mistakes.failed_pick_percent,
        WRONG_QUANTITY: mistakes.wrong_quantity_percent,
        SLOW: mistakes.slow_percent,
    }[mistake]
    if not percent or engine.streams.below(f"mistakes/{person.balcony}/{mistake}", 100) >= percent:
        return False
    assert person.job is not None
    engine.plant.happened.append(past.PersonErred(person.balcony, person.job, mistake))
    return True


def _miscount(engine: Engine, balcony: int, box: int) -> None:
    """One piece too many or too few was taken: the box holds another count than was booked.

    It is found at once and shows as a correction of the load, the other way round where
    bookings or room leave no other.
    """
    load = engine.plant.state.loads.get(box)
    if load is None:
        return
    first = 1 if engine.streams.below(f"mistakes/{balcony}/which", 2) else -1
    for change in (first, -first):
        with suppress(Refusal):
            count = load.item_count + change
            engine.plant.change_stock(ChangeLoad(box, item_count=count), engine.now)
            return


def trigger(engine: Engine, command: TriggerJob) -> None:
    """End a job, whoever says so; the carrier goes back if that was its last."""
    job = engine.plant.orders.check_trigger(command)
    if job.visit is None:
        tasking.trigger(engine, job, command.outcome == SUCCEEDED_TRIGGER)
        return
    visit, done = engine.plant.trigger(command, engine.now)
    person = engine.plant.state.persons[visit.balcony]
    if person.job == command.job:
        person.job = person.until_ms = None
        engine.agenda.drop(("person", person.balcony))
    if done:
        person.waiting.remove(visit.id)
        engine.touch(visit.level)
    _look(engine, person)


def look_everywhere(engine: Engine) -> None:
    """Let people who may now work begin to."""
    for person in engine.plant.state.persons.values():
        _look(engine, person)


def time_per_line_ms(streams: Streams, name: str, times: PersonTimes) -> int:
    """A person's time for one line in ms, from the stream of that name; see ``PersonTimes``."""
    kind, mean = times.line_distribution, times.line_ms
    if kind == LOG_NORMAL:
        return streams.log_normal_ms(name, mean, times.line_cv_percent)
    if kind == EXPONENTIAL:
        return streams.exponential_ms(name, mean)
    if kind == UNIFORM:
        return streams.uniform_ms(name, mean, times.line_spread_ms)
    if kind == TRIANGULAR:
        return streams.triangular_ms(name, mean, times.line_spread_ms)
    assert kind == CONSTANT
    return mean


def _next(engine: Engine, person: Person) -> Visit:
    """The carrier that a person has begun with, else that which is to be served first."""
    visits = engine.plant.state.visits
    if len(person.waiting) == 1:
        return visits[person.waiting[0]]
    if person.visit in person.waiting:
        return visits[person.visit]
    return min((visits[v] for v in person.waiting), key=Visit.rank)


def _look(engine: Engine, person: Person) -> None:
    """Let a free simulated person begin with the next job: one carrier after the other, by rank."""
    if person.mode == OPERATOR_API or person.job is not None or not person.waiting:
        return
    if engine.plant.damage.is_away(person.balcony):
        return
    visit = _next(engine, person)
    times = person.times or engine.plant.site.person
    takes = time_per_line_ms(engine.streams, f"person/{person.balcony}", times)
    if person.visit != visit.id:
        person.visit = visit.id
        takes += times.handling_ms
    person.job = visit.jobs[0]
    if person.mistakes is not None and _errs(engine, person, SLOW):
        takes *= person.mistakes.slow_factor
    person.until_ms = engine.now + takes
    engine.agenda.set(("person", person.balcony), person.until_ms)
    engine.plant.happened.append(
        past.ServiceStarted(person.balcony, visit.carrier, person.job, person.until_ms)
    )
