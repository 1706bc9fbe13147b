"""Faults: begun by command or by chance, repaired by command or in time.

Every fault goes through ``begin`` and ``_end``, whoever has asked for it. Those that come
by chance draw from streams of their own, so that they never change another draw.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from twin.domain import commands as ask
from twin.domain import faults as kinds
from twin.domain.errors import InUse, Refusal
from twin.domain.faults import Fault, FaultRate
from twin.domain.layout import CHARGER, LANE_WAYS
from twin.simulation import charging, holding, serving
from twin.simulation.cutting import Stops
from twin.simulation.status import Status
from twin.simulation.trips import holds_of

if TYPE_CHECKING:
    from twin.simulation.engine import Engine

CHANCE = "fault"
"""The kind of the alarms at which a fault comes by chance; numbered as the rates of the plan."""
PLANNED = "planned"
"""The kind of the alarms at which a planned fault begins; numbered as the fault."""
REPAIR = "repair"
"""The kind of the alarms at which a fault ends by itself; numbered as the fault."""


# -- commands


def carry_out(engine: Engine, command: ask.Command) -> int | None:
    """Carry out one of ``COMMANDS``; returns the id of a fault that has begun."""
    return COMMANDS[type(command)](engine, command)


def _away(engine: Engine, command: ask.SendPersonAway) -> int:
    return begin(engine, kinds.PERSON_AWAY, command.repair_ms, balcony=command.balcony)


def _charger(engine: Engine, command: ask.FailCharger) -> int:
    cell = engine.plant.damage.cell(command.level, command.x, command.y)
    return begin(engine, kinds.CHARGER_FAILED, command.repair_ms, level=command.level, cell=cell)


def _tag(engine: Engine, command: ask.FailTag) -> int:
    return begin(engine, kinds.TAG_UNREADABLE, command.repair_ms, carrier=command.carrier)


def _balcony(engine: Engine, command: ask.BlockBalcony) -> int:
    return begin(engine, kinds.BALCONY_BLOCKED, command.repair_ms, balcony=command.balcony)


def _stall(engine: Engine, command: ask.StallBot) -> int:
    return begin(engine, kinds.BOT_STALLED, command.repair_ms, bot=command.bot)


def _emergency_stop(engine: Engine, command: ask.EmergencyStop) -> int:
    return begin(engine, kinds.EMERGENCY_STOP, command.repair_ms)


def _block(engine: Engine, command: ask.BlockCell) -> int:
    cell = engine.plant.damage.cell(command.level, command.x, command.y)
    return begin(engine, kinds.CELL_BLOCKED, command.repair_ms, level=command.level, cell=cell)


def _repair(engine: Engine, command: ask.RepairFault) -> None:
    if command.fault in engine.plant.state.planned_faults:
        engine.plant.damage.withdraw(command.fault)
        engine.agenda.drop((PLANNED, command.fault))
    else:
        end(engine, command.fault)


COMMANDS: dict[type, Callable[[Engine, Any], int | None]] = {
    ask.StallBot: _stall,
    ask.BlockCell: _block,
    ask.EmergencyStop: _emergency_stop,
    ask.SendPersonAway: _away,
    ask.FailCharger: _charger,
    ask.FailTag: _tag,
    ask.BlockBalcony: _balcony,
    ask.RepairFault: _repair,
}


# -- beginning and end


def begin(engine: Engine, kind: str, repair_ms: int | None, **subject: int) -> int:
    """Let a fault begin now. Raises a Refusal with nothing changed."""
    now = engine.now
    until = None if repair_ms is None else now + repair_ms
    return take_effect(engine, Fault(0, kind, now, now, until, **subject))


def take_effect(engine: Engine, fault: Fault) -> int:
    """Let a fault of now begin; its id. Raises a Refusal with nothing changed."""
    engine.plant.damage.check(fault)
    if fault.kind == kinds.CELL_BLOCKED:
        fault.from_ms = _clear(engine, fault)
    engine.plant.damage.begin(fault)
    if fault.until_ms is not None:
        engine.agenda.set((REPAIR, fault.id), fault.until_ms)
    if fault.kind in _BEGUN:
        _BEGUN[fault.kind](engine, fault)
    return fault.id


def end(engine: Engine, fault_id: int) -> None:
    """A fault is repaired: in time, or by command. Raises NotFound."""
    fault = engine.plant.damage.end(fault_id)
    engine.agenda.drop((REPAIR, fault_id))
    _ENDED[fault.kind](engine, fault)


def _bot_stalls(engine: Engine, fault: Fault) -> None:
    bot = engine.plant.state.bots[fault.bot or 0]
    if bot.moving:
        holding.interrupt(engine, bot.level, [bot.id])
    else:
        engine.agenda.drop((charging.ALARM, bot.id))
    engine.plant.fleet.fail(bot, kinds.BOT_STALLED, engine.now)
    holding.note_closed(engine, bot.level)
    engine.touch(bot.level)


def _bot_works(engine: Engine, fault: Fault) -> None:
    bot = engine.plant.state.bots.get(fault.bot or 0)
    if bot is not None:
        charging.set_right(engine, bot, 0)
        engine.touch(bot.level)


def _clear(engine: Engine, fault: Fault) -> int:
    """Let nobody come to a cell any more; when it will be free. Raises InUse where somebody stands."""
    assert fault.level is not None
    assert fault.cell is not None
    bots = holding.on_level(engine, fault.level)
    for bot in bots:
        if holds_of(bot.steps, bot.cell, engine.now)[-1][0] == fault.cell:
            raise InUse(f"Bot {bot.id} stands there, or is on its way to")
    coming = Stops(engine.traffic[fault.level], bots, engine.now).users(fault.cell)
    holding.interrupt(engine, fault.level, coming, fault.cell)
    held = (hold for bot in bots for hold in holds_of(bot.steps, bot.cell, engine.now))
    return max([engine.now, *(until for cell, _, until in held if cell == fault.cell)])


def _cell_is_blocked(engine: Engine, fault: Fault) -> None:
    close(engine, fault)
    engine.touch(fault.level or 0)


def close(engine: Engine, fault: Fault) -> None:
    """Keep everybody out of a blocked cell (also after a restore)."""
    assert fault.level is not None
    assert fault.cell is not None
    engine.traffic[fault.level].block(fault.cell, fault.from_ms, engine.now)
    holding.note_closed(engine, fault.level)


def _cell_is_free(engine: Engine, fault: Fault) -> None:
    assert fault.level is not None
    assert fault.cell is not None
    engine.traffic[fault.level].unblock(fault.cell, engine.now)
    holding.note_closed(engine, fault.level)
    engine.touch(fault.level)


def _all_stop(engine: Engine, _: Fault) -> None:
    with Status(engine):
        engine.plant.state.mode.stopped = True
    for level in engine.plant.decks:
        moving = [bot.id for bot in holding.on_level(engine, level) if bot.moving]
        holding.interrupt(engine, level, moving)


def _all_go_on(engine: Engine, _: Fault) -> None:
    with Status(engine):
        engine.plant.state.mode.stopped = False
    for level in engine.plant.decks:
        engine.touch(level)


def forget(engine: Engine, fault_id: int) -> None:
    """A fault ends with what it was a fault of."""
    engine.plant.damage.end(fault_id)
    engine.agenda.drop((REPAIR, fault_id))


def _charger_fails(engine: Engine, fault: Fault) -> None:
    """A bot that is being fed there stands on a mere parking place from now on."""
    for bot in engine.plant.state.bots.values():
        if bot.charging and (bot.level, bot.cell) == (fault.level, fault.cell):
            engine.plant.fleet.unplug(bot, engine.now)
            engine.agenda.drop((charging.ALARM, bot.id))
            charging.come_to_rest(engine, bot)


def _charger_works(engine: Engine, fault: Fault) -> None:
    for bot in engine.plant.state.bots.values():
        parked = not bot.steps and bot.parking == bot.cell and bot.fault is None
        if parked and (bot.level, bot.cell) == (fault.level, fault.cell):
            engine.agenda.drop((charging.ALARM, bot.id))
            charging.come_to_rest(engine, bot)
    engine.touch(fault.level or 0)


def _person_is_back(engine: Engine, _: Fault) -> None:
    serving.look_everywhere(engine)


def _balcony_is_free(engine: Engine, _: Fault) -> None:
    for level in engine.plant.decks:
        engine.touch(level)


def _nothing_follows(_engine: Engine, _fault: Fault) -> None:
    """What comes next finds that it works."""


_BEGUN: dict[str, Callable[[Engine, Fault], None]] = {
    kinds.CHARGER_FAILED: _charger_fails,
    kinds.BOT_STALLED: _bot_stalls,
    kinds.CELL_BLOCKED: _cell_is_blocked,
    kinds.EMERGENCY_STOP: _all_stop,
}
_ENDED: dict[str, Callable[[Engine, Fault], None]] = {
    kinds.CHARGER_FAILED: _charger_works,
    kinds.PERSON_AWAY: _person_is_back,
    kinds.BALCONY_BLOCKED: _balcony_is_free,
    kinds.TAG_UNREADABLE: _nothing_follows,
    kinds.BOT_STALLED: _bot_works,
    kinds.CELL_BLOCKED: _cell_is_free,
    kinds.EMERGENCY_STOP: _all_go_on,
}


# -- faults that come by chance


def start(engine: Engine) -> None:
    """Wait for the first fault of each kind in the plan."""
    for number, rate in enumerate(engine.memory.faults.rates):
        _wait(engine, number, rate)


def _wait(engine: Engine, number: int, rate: FaultRate) -> None:
    due = engine.now + engine.streams.exponential_ms(f"faults/{rate.kind}/gap", rate.mean_interval_ms)
    until = engine.memory.faults.until_ms
    if until is None or due < until:
        engine.agenda.set((CHANCE, number), due)


def strike(engine: Engine, number: int) -> None:
    """A fault comes by chance: drawn where, and for how long. Where nothing is left to fail none comes."""
    rate = engine.memory.faults.rates[number]
    command, subjects = _CHANCES[rate.kind]
    candidates = subjects(engine)
    if candidates:
        chosen = candidates[engine.streams.below(f"faults/{rate.kind}/which", len(candidates))]
        repair_ms = engine.streams.log_normal_ms(
            f"faults/{rate.kind}/repair", rate.repair_mean_ms, rate.repair_cv_percent
        )
        with suppress(Refusal):  # it has struck what is broken already, or where nothing can break
            carry_out(engine, command(*chosen, repair_ms))
    _wait(engine, number, rate)


Subject = tuple[int, ...]
"""What a fault command names before its repair time."""


def _persons(engine: Engine) -> list[Subject]:
    return [(balcony,) for balcony in sorted(engine.plant.state.persons)]


def _carriers(engine: Engine) -> list[Subject]:
    return [(carrier,) for carrier in sorted(engine.plant.state.carriers)]


def _chargers(engine: Engine) -> list[Subject]:
    return [(lv.id, *lv.xy[c]) for lv in engine.plant.site.levels for c in lv.cells_of(CHARGER)]


def _bots(engine: Engine) -> list[Subject]:
    return [(bot,) for bot in sorted(engine.plant.state.bots)]


def _cells(engine: Engine) -> list[Subject]:
    """Positions of aisles: what falls down behind a carrier nobody sees."""
    return [(lv.id, *lv.xy[c]) for lv in engine.plant.site.levels for c in lv.cells_of(LANE_WAYS)]


def _storage(_: Engine) -> list[Subject]:
    return [()]


_CHANCES: dict[str, tuple[Callable[..., ask.FaultCommand], Callable[[Engine], list[Subject]]]] = {
    kinds.BOT_STALLED: (ask.StallBot, _bots),
    kinds.CELL_BLOCKED: (ask.BlockCell, _cells),
    kinds.EMERGENCY_STOP: (ask.EmergencyStop, _storage),
    kinds.PERSON_AWAY: (ask.SendPersonAway, _persons),
    kinds.BALCONY_BLOCKED: (ask.BlockBalcony, _persons),
    kinds.TAG_UNREADABLE: (ask.FailTag, _carriers),
    kinds.CHARGER_FAILED: (ask.FailCharger, _chargers),
}
"""For each kind its command, and what it may strike."""
