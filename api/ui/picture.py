"""What a viewer sees of a running warehouse: read between two events, changed by nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final, Literal

from twin.domain.bots import HOLD, LEG, LIFT, LOWER, WRITE, Bot, Person
from twin.domain.layout import Site
from twin.domain.plant import Plant
from twin.domain.work import PRESENTED, QUEUED, WAITING, Job, Visit
from twin.records.views import Views

TOLD: Final = 12
"""Happenings that are shown."""

Doing = Literal[
    "idle",
    "driving",
    "driving_laden",
    "lifting",
    "lowering",
    "writing",
    "presenting",
    "charging",
    "held",
    "fault",
]
"""What a bot may be doing."""

STEPS: Final[Mapping[str, Doing]] = {LIFT: "lifting", LOWER: "lowering", WRITE: "writing"}

Body = dict[str, Any]


def site_picture(site: Site) -> Body:
    """What never changes: the maps of the levels, and the handover places of the balconies."""
    levels = site.level_by_id
    return {
        "site": site.name,
        "pitch_mm": site.pitch_mm,
        "levels": [
            {"level": level.id, "height_mm": level.height_mm, "map": list(level.rows)}
            for level in site.levels
        ],
        "balconies": [
            {
                "balcony": balcony.id,
                "places": [
                    {"level": place.level, "cell": levels[place.level].cell(place.x, place.y)}
                    for place in balcony.places
                ],
            }
            for balcony in site.balconies
        ],
    }


def live_picture(plant: Plant, views: Views, now: int, wanted: Iterable[int]) -> Body:
    """What is where at ``now`` (simulated ms); bots and carriers of the ``wanted`` levels only.

    Cells are counted row by row: ``y * width + x``.
    """
    levels = frozenset(wanted)
    state = plant.state
    return {
        "levels": [
            {"level": id_, "carrier_at": deck.carrier_at}
            for id_, deck in plant.floor.decks.items()
            if id_ in levels
        ],
        "bots": [_bot(plant, bot, now) for bot in state.bots.values() if bot.level in levels],
        "balconies": list(_balconies(plant)),
        "faults": [asdict(fault) for fault in state.faults.values()],
        "presentations": sum(deck.presented for deck in plant.floor.decks.values()),
        "told": [asdict(happening) for happening in views.latest_happenings(TOLD)],
    }


def _bot(plant: Plant, bot: Bot, now: int) -> Body:
    return {
        "bot": bot.id,
        "level": bot.level,
        "cell": bot.cell,
        "carrier": bot.carrier,
        "soc_percent": plant.meter.percent(bot, now),
        "doing": _doing(bot, plant.state.visits.get(bot.visit) if bot.visit is not None else None),
        "way": _way(bot),
    }


def _doing(bot: Bot, visit: Visit | None) -> Doing:
    if bot.fault is not None:
        return "fault"
    if bot.moving:
        kind = bot.steps[0].kind
        return STEPS.get(kind) or ("driving" if bot.carrier is None else "driving_laden")
    if bot.steps and bot.steps[0].kind == HOLD:
        return "held"
    if bot.charging:
        return "charging"
    return "presenting" if visit is not None and visit.state == PRESENTED else "idle"


def _way(bot: Bot) -> list[tuple[int, int]]:
    """Where a driving bot is when: cells with the simulated ms at which it is over their middle."""
    if not bot.moving or bot.steps[0].kind != LEG:
        return []
    step = bot.steps[0]
    inner = zip(step.cells[1:-1], step.enter_ms[1:-1], step.leave_ms[1:-1], strict=True)
    middle = [(cell, (enter + leave) // 2) for cell, enter, leave in inner]
    return [(step.cells[0], step.begin_ms), *middle, (step.cells[-1], step.end_ms)]


def _balconies(plant: Plant) -> Iterator[Body]:
    """The balconies with what waits there for a person, and how much is queued for each."""
    visits = plant.state.visits.values()
    for person in plant.state.persons.values():
        own = [visit for visit in visits if visit.balcony == person.balcony]
        yield {
            "balcony": person.balcony,
            "operator": person.mode,
            "away": plant.damage.is_away(person.balcony),
            "blocked": plant.damage.is_closed(person.balcony),
            "queued": sum(visit.state == QUEUED for visit in own),
            "under_way": sum(visit.state not in (QUEUED, PRESENTED) for visit in own),
            "waiting": [_job(job) for job in _waiting(plant, person, own)],
        }


def _waiting(plant: Plant, person: Person, visits: Iterable[Visit]) -> Iterator[Job]:
    jobs = plant.state.jobs
    names = [name for visit in visits if visit.state == PRESENTED for name in visit.jobs]
    names += [name for name in plant.state.tasks if jobs[name].balcony == person.balcony]
    return (job for name in names if (job := jobs[name]).status == WAITING)


def _job(job: Job) -> Body:
    return {
        "job": job.id,
        "type": job.type_name,
        "request": job.request,
        "carrier": job.carrier,
        "level": job.level,
        "box": job.box,
        "sku": job.sku,
        "quantity": job.quantity,
    }
