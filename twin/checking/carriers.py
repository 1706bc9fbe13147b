"""The carrier layer: every carrier stands on one cell or is on one bot, and laden bots need room.

Stored carriers and holdings of laden bots are two kinds of intervals on a cell. A
carrier's interval is open until it is lifted, a holding may lie in the future, so a
pair is judged as soon as either is over: the carrier by its lift, the holding by time.
"""

from __future__ import annotations

from twin.checking.legs import Leg
from twin.checking.reading import At
from twin.checking.shapes import Event
from twin.checking.world import OPEN, RESTS, Bot, Carrier, Hold, Level, World


class CarrierLayer:
    """Where carriers stand, and where laden bots drive."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._laden: dict[int, dict[int, list[Hold]]] = {}

    def put(self, carrier: Carrier, level: Level, cell: int, at: At) -> None:
        """A carrier stands on a cell from now on."""
        spots, here = (level.spot(cell),), level.named(cell)
        if level.kinds[cell] not in RESTS:
            message = f"Carrier {carrier.id} is put on {here}, which is no place for carriers."
            self._world.refute("carrier.ground", message, at, carriers=(carrier.id,), cells=spots)
        other = level.stored.get(cell)
        if other is not None:
            message = f"Carrier {carrier.id} is put on {here}, where carrier {other.id} stands."
            both = (other.id, carrier.id)
            self._world.refute(
                "carrier.occupied", message, at, other_line=other.line, carriers=both, cells=spots
            )
        self._forget(level, cell, at.t_ms)
        carrier.bot, carrier.level, carrier.cell = None, level, cell
        carrier.since_ms, carrier.line = at.t_ms, at.line
        level.stored[cell] = carrier

    def take(self, carrier: Carrier, at: At) -> None:
        """A carrier stands on its cell no longer: laden bots may not have been there before."""
        level, cell = carrier.level, carrier.cell
        if level.stored.get(cell) is not carrier:
            return
        self._judge(level, cell, carrier, at.t_ms)
        del level.stored[cell]

    def load(self, bot: Bot, carrier: Carrier, at: At) -> None:
        """A bot carries a carrier from now on."""
        bot.carrying, carrier.bot = carrier, bot
        self._stand(bot, at)

    def unload(self, bot: Bot, t_ms: int) -> None:
        """A bot carries nothing from now on."""
        bot.carrying = None
        if bot.load_hold is not None:
            bot.load_hold.end_ms = t_ms
            bot.load_hold = None

    def drive(self, bot: Bot, leg: Leg, now_ms: int) -> None:
        """A bot leaves its cell, and holds those of a leg, as a laden one if it carries something."""
        if bot.load_hold is not None:
            bot.load_hold.end_ms = leg.leave_ms[0]
        if bot.carrying is None:
            return
        level, line = leg.level, leg.at.line
        for cell, start_ms, end_ms in leg.holdings():
            bot.load_hold = Hold(start_ms, end_ms, bot, line)
            self._add(level, cell, bot.load_hold, now_ms)

    def cut(self, bot: Bot, leg: Leg, now_ms: int) -> None:
        """What a leg was to hold from now on is not held; what comes instead is added."""
        if bot.load_hold is not None:
            bot.load_hold.end_ms = max(now_ms, bot.load_hold.start_ms)
        cells = self._laden.get(leg.level.id, {})
        for cell in dict.fromkeys(leg.cells):
            holds = cells.get(cell, [])
            for hold in [h for h in holds if h.bot is bot and h.end_ms > now_ms]:
                if hold.start_ms < now_ms:
                    hold.end_ms = now_ms
                else:
                    holds.remove(hold)

    def hold_again(self, bot: Bot, leg: Leg, held: list[tuple[int, int, int]]) -> None:
        """A laden bot holds cells (cell, start, end), the last one without end."""
        for cell, start_ms, end_ms in held:
            bot.load_hold = Hold(start_ms, end_ms, bot, leg.at.line)
            self._add(leg.level, cell, bot.load_hold, leg.at.t_ms)

    def jump(self, bot: Bot, at: At) -> None:
        """A laden bot holds another cell from now on."""
        if bot.load_hold is not None:
            bot.load_hold.end_ms = at.t_ms
            self._stand(bot, at)

    def check_leg(self, bot: Bot, leg: Leg) -> None:
        """What a leg says of its load is what its bot carries."""
        carried = bot.carrying.id if bot.carrying else None
        if leg.carrier == carried and leg.laden == (carried is not None):
            return
        said = f"carrier {leg.carrier}" if leg.laden else "nothing"
        if not leg.laden and leg.carrier is not None:
            said = f"carrier {leg.carrier} without being laden"
        really = "nothing" if carried is None else f"carrier {carried}"
        message = f"The leg says that bot {bot.id} carries {said}, but it carries {really}."
        about = tuple(id_ for id_ in (leg.carrier, carried) if id_ is not None)
        self._world.refute("carrier.leg", message, leg.start, bots=(bot.id,), carriers=about)

    def finish(self, horizon_ms: int) -> None:
        """No more comes: carriers that stand on a cell do so up to ``horizon_ms``."""
        for level_id, cells in self._laden.items():
            level = self._world.levels[level_id]
            for cell in cells:
                stored = level.stored.get(cell)
                if stored is not None:
                    self._judge(level, cell, stored, horizon_ms)

    def _stand(self, bot: Bot, at: At) -> None:
        bot.load_hold = Hold(at.t_ms, OPEN, bot, at.line)
        self._add(bot.level, bot.cell, bot.load_hold, at.t_ms)

    def _add(self, level: Level, cell: int, hold: Hold, now_ms: int) -> None:
        cells = self._laden.setdefault(level.id, {})
        holds = cells.get(cell)
        if holds is None:
            cells[cell] = [hold]
            return
        self._forget(level, cell, now_ms)
        holds.append(hold)

    def _forget(self, level: Level, cell: int, now_ms: int) -> None:
        holds = self._laden.get(level.id, {}).get(cell)
        if not holds:
            return
        stored = level.stored.get(cell)
        if stored is not None:
            self._judge(level, cell, stored, now_ms, over=True)
        holds[:] = [hold for hold in holds if hold.end_ms > now_ms]

    def _judge(self, level: Level, cell: int, carrier: Carrier, until_ms: int, over: bool = False) -> None:
        """Compare a carrier that stands until ``until_ms`` with the holdings (or those that are over)."""
        for hold in self._laden.get(level.id, {}).get(cell, ()):
            if over and hold.end_ms > until_ms:
                continue
            start_ms = max(hold.start_ms, carrier.since_ms)
            if start_ms < min(hold.end_ms, until_ms):
                self._block(level, cell, hold, carrier, start_ms)

    def _block(self, level: Level, cell: int, hold: Hold, carrier: Carrier, t_ms: int) -> None:
        first, second = sorted((hold.line, carrier.line))
        self._world.refute(
            "carrier.blocked",
            f"Laden bot {hold.bot.id} holds {level.named(cell)} from {t_ms} ms,"
            f" where carrier {carrier.id} stands since {carrier.since_ms} ms.",
            At(second, t_ms),
            other_line=first,
            bots=(hold.bot.id,),
            carriers=(carrier.id,),
            cells=(level.spot(cell),),
        )


class Lifting:
    """Checks the events that move carriers between cells and bots."""

    def __init__(self, world: World, layer: CarrierLayer) -> None:
        self._world = world
        self._layer = layer

    def lifted(self, event: Event, at: At) -> None:
        """A bot has a carrier from now on."""
        found = self._found(event, at, "lifts")
        if found is None:
            return
        bot, carrier, level, cell = found
        about = {"bots": (bot.id,), "carriers": (carrier.id,), "cells": (level.spot(cell),)}
        if bot.carrying is not None:
            message = f"Bot {bot.id} lifts carrier {carrier.id}, though it carries {bot.carrying.id}."
            self._world.refute("carrier.lift", message, at, **about)
        if level.stored.get(cell) is not carrier:
            message = f"Bot {bot.id} lifts carrier {carrier.id}, which does not stand on {level.named(cell)}."
            self._world.refute("carrier.lift", message, at, other_line=carrier.line, **about)
        self._release(carrier, at)
        self._layer.unload(bot, at.t_ms)
        self._layer.load(bot, carrier, at)

    def lowered(self, event: Event, at: At) -> None:
        """A carrier stands on a cell from now on."""
        found = self._found(event, at, "lowers")
        if found is None:
            return
        bot, carrier, level, cell = found
        if bot.carrying is not carrier:
            message = f"Bot {bot.id} lowers carrier {carrier.id}, which it does not carry."
            about = {"bots": (bot.id,), "carriers": (carrier.id,), "cells": (level.spot(cell),)}
            self._world.refute("carrier.lower", message, at, **about)
        self._layer.unload(bot, at.t_ms)
        self._release(carrier, at)
        self._layer.put(carrier, level, cell, at)

    def added(self, event: Event, at: At) -> None:
        """A carrier comes onto the site."""
        id_ = event["carrier"]
        if id_ in self._world.carriers:
            self._world.refute("form.id", f"Carrier {id_} exists already.", at, carriers=(id_,))
            return
        place = self._world.place(event, at)
        if place is not None:
            carrier = self._world.carriers[id_] = Carrier(id_, *place)
            self._world.carriers_seen.add(id_)
            self._layer.put(carrier, *place, at)

    def removed(self, event: Event, at: At) -> None:
        """A carrier leaves the site."""
        carrier = self._world.carrier(event["carrier"], at)
        place = self._world.place(event, at)
        if carrier is None or place is None:
            return
        level, cell = place
        if level.stored.get(cell) is not carrier:
            message = f"Carrier {carrier.id} is removed from {level.named(cell)}, where it does not stand."
            about = {"carriers": (carrier.id,), "cells": (level.spot(cell),)}
            self._world.refute("carrier.place", message, at, other_line=carrier.line, **about)
        self._release(carrier, at)
        del self._world.carriers[carrier.id]

    def _release(self, carrier: Carrier, at: At) -> None:
        """Wherever a carrier is, it is there no longer: it can only be in one place."""
        if carrier.bot is not None and carrier.bot.carrying is carrier:
            self._layer.unload(carrier.bot, at.t_ms)
        if carrier.bot is None:
            self._layer.take(carrier, at)
        carrier.bot = None

    def _found(self, event: Event, at: At, verb: str) -> tuple[Bot, Carrier, Level, int] | None:
        bot = self._world.bot(event["bot"], at)
        carrier = self._world.carrier(event["carrier"], at)
        place = self._world.place(event, at)
        if bot is None or carrier is None or place is None:
            return None
        level, cell = place
        if (bot.level, bot.cell) != (level, cell) or at.t_ms < bot.ready_ms:
            here = level.named(cell)
            message = f"Bot {bot.id} {verb} carrier {carrier.id} on {here}, where it is not at rest."
            about = {"bots": (bot.id,), "carriers": (carrier.id,), "cells": (level.spot(cell),)}
            self._world.refute("carrier.rest", message, at, other_line=bot.line, **about)
        return bot, carrier, level, cell
