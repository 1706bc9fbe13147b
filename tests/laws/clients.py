"""Clients for the laws: they ask for all sorts of things, good and bad."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress

from twin.domain import commands as ask
from twin.domain.bots import Mistakes
from twin.domain.errors import Refusal
from twin.domain.faults import KINDS, SUBJECTS
from twin.domain.layout import PersonTimes
from twin.domain.state import State
from twin.domain.work import JOB_ENDED, ONBOARDING, OPERATORS, TRIGGERS, WAITING
from twin.simulation.engine import Engine

Maker = Callable[[State, random.Random], ask.Command]


def waiting_jobs(engine: Engine) -> list[str]:
    """Jobs that wait for a trigger, in the order of their creation."""
    return [job.id for job in engine.plant.state.jobs.values() if job.status == WAITING]


DAY_MS = 86_400_000


def finish(engine: Engine, rng: random.Random) -> None:
    """Let a client do whatever is up to it, triggers well or not, until all work has ended.

    Bounded in simulated time: batteries are charged for ever, so that something is
    always about to happen.
    """
    deadline = engine.now + DAY_MS
    while not engine.idle or engine.plant.orders.open_requests:
        jobs = waiting_jobs(engine)
        if jobs:
            engine.apply(ask.TriggerJob(rng.choice(jobs), TRIGGERS[rng.random() < 0.2]))
        elif not _lend_a_hand(engine):
            assert engine.now < deadline, f"still open after a day: {_open_jobs(engine)}"
            assert engine.peek() is not None, f"still open, and nothing is to happen: {_open_jobs(engine)}"
            engine.step()


def run_out(engine: Engine, until_ms: int) -> None:
    """Run to an instant and on until all work has ended, at most for a day more."""
    engine.run_until(until_ms)
    deadline = engine.now + DAY_MS
    while not engine.idle:
        assert engine.now < deadline, f"still open after a day: {_open_jobs(engine)}"
        assert engine.peek() is not None, f"still open, and nothing is to happen: {_open_jobs(engine)}"
        engine.step()


def _lend_a_hand(engine: Engine) -> bool:
    """Repair what nobody else will, resume a paused storage, put a bot on a floor without any."""
    state = engine.plant.state
    lasting = next((fault.id for fault in state.faults.values() if fault.until_ms is None), None)
    if lasting is not None:
        engine.apply(ask.RepairFault(lasting))
        return True
    if state.mode.paused:
        engine.apply(ask.PlaceResume())
        return True
    if not state.bots and not any(state.jobs[j].type_name == ONBOARDING for j in state.tasks):
        engine.apply(ask.PlaceOnboarding())
        return True
    return False


def _open_jobs(engine: Engine) -> list[object]:
    return [job for job in engine.plant.state.jobs.values() if job.status not in JOB_ENDED]


def drive_by_api(engine: Engine, seed: int, until_ms: int, mean_gap_ms: int = 4000) -> None:
    """A client that does all sorts of things at random instants up to ``until_ms``, good and bad."""
    rng = random.Random(seed)
    while (t_ms := engine.now + rng.randint(0, 2 * mean_gap_ms)) < until_ms:
        engine.run_until(t_ms)
        with suppress(Refusal):
            engine.apply(random_command(engine.plant.state, rng))
    engine.run_until(until_ms)


SKUS = ("A", "B", "C", "D")
MASKS = (0xFFFF_FFFF, 0xFFFF_0000, 0x0000_FFFF, 0xFF00_0000, 0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 1)
BAD_MASKS = (0, -1, 1 << 32)
BAD_QUANTITIES = (0, -1, 10**9, 2**31)


def random_command(state: State, rng: random.Random) -> ask.Command:
    """Some command, mostly one that makes sense, sometimes one that must be refused."""
    return rng.choice(_WEIGHTED)(state, rng)


def _sku(state: State, rng: random.Random) -> str:
    return rng.choice([*SKUS, *SKUS, *state.skus, "", "never created"])


def _box(state: State, rng: random.Random) -> int:
    return rng.choice([*state.boxes, 0, 10**6])


def _loaded_box(state: State, rng: random.Random) -> int:
    return rng.choice([*state.loads, _box(state, rng)])


def _empty_box(state: State, rng: random.Random) -> int:
    return rng.choice([*(b for b in state.boxes if b not in state.loads), _box(state, rng)])


def _mask(rng: random.Random) -> int:
    return rng.choice([*MASKS, *MASKS, *BAD_MASKS, rng.getrandbits(32)])


def _count(rng: random.Random, most: int) -> int:
    return rng.choice(BAD_QUANTITIES) if rng.random() < 0.1 else rng.randint(1, most)


def _lines(state: State, rng: random.Random) -> tuple[ask.SkuLine, ...]:
    number = rng.choice((0, 1, 1, 1, 2, 2, 3))
    stocked = [sku.id for sku in state.skus.values() if sku.load_count] or list(SKUS)
    chosen = (rng.choice(stocked) if rng.random() < 0.9 else _sku(state, rng) for _ in range(number))
    return tuple(ask.SkuLine(sku, _count(rng, 6)) for sku in chosen)


def _id(state: State, rng: random.Random) -> str | None:
    return rng.choice((None, None, None, None, f"own-{rng.randint(1, 99)}", f"request-{rng.randint(1, 9)}"))


def _create_sku(state: State, rng: random.Random) -> ask.Command:
    unit = rng.choice(("PIECE",) * 9 + ("KG",))
    return ask.CreateSku(_sku(state, rng), "name", unit, rng.choice(("UNASSIGN", "DO_NOTHING", "UNASSIGN")))


def _change_sku(state: State, rng: random.Random) -> ask.Command:
    action = rng.choice((ask.UNSET, "UNASSIGN", "DO_NOTHING", "EXPLODE"))
    return ask.ChangeSku(_sku(state, rng), rng.choice((ask.UNSET, None, "other")), on_empty_sku_action=action)


def _change_load(state: State, rng: random.Random) -> ask.Command:
    sku = ask.UNSET if rng.random() < 0.7 else _sku(state, rng)
    count = ask.UNSET if rng.random() < 0.4 else _count(rng, 20) - 1
    most = ask.UNSET if rng.random() < 0.4 else _count(rng, 30)
    return ask.ChangeLoad(_loaded_box(state, rng), sku, count, most)


def _create_load(state: State, rng: random.Random) -> ask.Command:
    count = _count(rng, 20)
    return ask.CreateLoad(_empty_box(state, rng), _sku(state, rng), count, count + _count(rng, 10) - 1)


def _create_box(state: State, rng: random.Random) -> ask.Command:
    return ask.CreateBox(rng.choice([*state.carriers, *state.carriers, 7]), _mask(rng))


def _move_boxes(state: State, rng: random.Random) -> ask.Command:
    named = [(_box(state, rng), _mask(rng)) for _ in range(rng.randint(0, 3))]
    return ask.MoveBoxes(tuple(named))


def _swap_boxes(state: State, rng: random.Random) -> ask.Command:
    source = _box(state, rng)
    carrier = state.boxes[source].carrier if source in state.boxes else 0
    beside = [box.id for box in state.boxes.values() if box.carrier == carrier]
    return ask.SwapBoxes(source, rng.choice([*beside, _box(state, rng)]))


def _fetch(state: State, rng: random.Random) -> ask.Command:
    known = [str(carrier) for carrier in state.carriers]
    texts = [*known, *known, *known, "0", "none", "", "9" * 30, "٣", "0" + known[0]]
    chosen = tuple(rng.choice(texts) for _ in range(rng.choice((0, 1, 1, 2))))
    return ask.PlaceFetch(chosen, rng.randint(-1, 3), _id(state, rng))


def _trigger(state: State, rng: random.Random) -> ask.Command:
    waiting = [job.id for job in state.jobs.values() if job.status == WAITING]
    others = [*state.jobs, "job-0", ""]
    job = rng.choice(waiting) if waiting and rng.random() < 0.9 else rng.choice(others)
    return ask.TriggerJob(job, rng.choice((*TRIGGERS, TRIGGERS[0], TRIGGERS[0], "MAYBE")))


def _set_operator(state: State, rng: random.Random) -> ask.Command:
    return ask.SetOperator(
        rng.choice((*OPERATORS, *OPERATORS, "robot")), rng.choice((None, *state.persons, 99))
    )


def _set_person(state: State, rng: random.Random) -> ask.Command:
    times = PersonTimes(rng.choice((0, 1500)), rng.choice((1, 3000)), rng.choice((0, 40, -1)))
    mistakes = Mistakes(*(rng.choice((0, 20, 100, 101)) for _ in range(3)), rng.choice((1, 4)))
    chosen = rng.choice((None, *state.persons, 99))
    return ask.SetPerson(chosen, rng.choice((None, times)), rng.choice((None, mistakes)))


def _fulfillment(state: State, rng: random.Random) -> ask.Command:
    return ask.PlaceFulfillment(_lines(state, rng), rng.randint(-1, 3), _id(state, rng))


def _replenishment(state: State, rng: random.Random) -> ask.Command:
    return ask.PlaceReplenishment(_lines(state, rng), rng.randint(-1, 3), _id(state, rng))


def _bot(state: State, rng: random.Random) -> int:
    return rng.choice([*state.bots, *state.bots, 0, 77])


def _level(state: State, rng: random.Random) -> int:
    return rng.choice([*(bot.level for bot in state.bots.values()), 1, 99])


def _some_bots(state: State, rng: random.Random) -> tuple[int | None, int | None, bool]:
    return (
        rng.choice((None, _bot(state, rng))),
        rng.choice((None, None, _level(state, rng))),
        rng.random() < 0.5,
    )


def _rfid_write(state: State, rng: random.Random) -> ask.Command:
    return ask.PlaceRfidWrite(_level(state, rng), _bot(state, rng), rng.random() < 0.5, _id(state, rng))


def _remove_bots(state: State, rng: random.Random) -> ask.Command:
    return ask.RemoveBots(tuple(_bot(state, rng) for _ in range(rng.randint(0, 2))))


def _lasts(rng: random.Random) -> int | None:
    return rng.choice((None, 0, -5, 1, 1_000, 30_000, 300_000, 300_000))


def _balcony(state: State, rng: random.Random) -> int:
    return rng.choice([*state.persons, *state.persons, *state.persons, 99])


def _fail_charger(state: State, rng: random.Random) -> ask.Command:
    return ask.FailCharger(_level(state, rng), rng.randint(-1, 12), rng.randint(-1, 4), _lasts(rng))


def _fail_tag(state: State, rng: random.Random) -> ask.Command:
    return ask.FailTag(rng.choice([*state.carriers, 7]), _lasts(rng))


def _block_cell(state: State, rng: random.Random) -> ask.Command:
    x, y = rng.randint(0, 14), rng.randint(0, 12)
    return ask.BlockCell(rng.choice((1, 1, 1, 1, 99)), x, y, _lasts(rng))


def _repair_fault(state: State, rng: random.Random) -> ask.Command:
    return ask.RepairFault(
        rng.choice([*state.faults, *state.faults, *state.faults, *state.planned_faults, 0])
    )


def _plan_fault(state: State, rng: random.Random) -> ask.Command:
    kind = rng.choice([*KINDS, *KINDS, *KINDS, "FLOOD"])
    subject = {
        "bot": _bot(state, rng),
        "carrier": rng.choice([*state.carriers, 7]),
        "balcony": _balcony(state, rng),
        "level": rng.choice((1, 1, 1, 1, 99)),
        "x": rng.randint(-1, 14),
        "y": rng.randint(-1, 12),
    }
    named = {name: subject[name] for name in SUBJECTS.get(kind, ()) if rng.random() < 0.95}
    now = max((job.updated_ms for job in state.jobs.values()), default=0)
    at_ms = rng.choice((None, now - 1, now, now + 4_000, now + 60_000, now + 300_000))
    return ask.PlanFault(kind, at_ms, _lasts(rng), **named)


MAKERS: Mapping[str, Maker] = {
    "create_sku": _create_sku,
    "change_sku": _change_sku,
    "delete_sku": lambda state, rng: ask.DeleteSku(_sku(state, rng)),
    "create_box": _create_box,
    "move_box": lambda state, rng: ask.MoveBox(_box(state, rng), _mask(rng)),
    "delete_box": lambda state, rng: ask.DeleteBox(_empty_box(state, rng)),
    "swap_boxes": _swap_boxes,
    "move_boxes": _move_boxes,
    "create_load": _create_load,
    "change_load": _change_load,
    "delete_load": lambda state, rng: ask.DeleteLoad(_loaded_box(state, rng)),
    "place_fulfillment": _fulfillment,
    "place_replenishment": _replenishment,
    "place_fetch": _fetch,
    "trigger_job": _trigger,
    "set_operator": _set_operator,
    "set_person": _set_person,
    "place_pause": lambda state, rng: ask.PlacePause(_id(state, rng)),
    "place_resume": lambda state, rng: ask.PlaceResume(_id(state, rng)),
    "place_charging": lambda state, rng: ask.PlaceCharging(*_some_bots(state, rng), _id(state, rng)),
    "place_uncharging": lambda state, rng: ask.PlaceUncharging(*_some_bots(state, rng), _id(state, rng)),
    "place_onboarding": lambda state, rng: ask.PlaceOnboarding(_id(state, rng)),
    "place_offboarding": lambda state, rng: ask.PlaceOffboarding(_bot(state, rng), _id(state, rng)),
    "place_rfid_write": _rfid_write,
    "place_carrier_onboarding": lambda state, rng: ask.PlaceCarrierOnboarding(
        rng.choice([*state.persons, 99]), _id(state, rng)
    ),
    "restart_brain": lambda state, rng: ask.RestartBrain(),
    "remove_bots": _remove_bots,
    "send_person_away": lambda state, rng: ask.SendPersonAway(_balcony(state, rng), _lasts(rng)),
    "fail_charger": _fail_charger,
    "fail_tag": _fail_tag,
    "block_balcony": lambda state, rng: ask.BlockBalcony(_balcony(state, rng), _lasts(rng)),
    "stall_bot": lambda state, rng: ask.StallBot(_bot(state, rng), _lasts(rng)),
    "block_cell": _block_cell,
    "emergency_stop": lambda state, rng: ask.EmergencyStop(_lasts(rng)),
    "repair_fault": _repair_fault,
    "plan_fault": _plan_fault,
}
"""One for each command: makes some instance of it, mostly one that makes sense."""

_OFTEN = {
    "place_fulfillment": 8,
    "place_replenishment": 4,
    "place_fetch": 6,
    "trigger_job": 12,
    "repair_fault": 4,
    "plan_fault": 3,
}
_WEIGHTED = tuple(maker for name, maker in MAKERS.items() for _ in range(_OFTEN.get(name, 1)))
