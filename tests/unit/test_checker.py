"""The checker lets a good log pass and finds every single thing that is wrong in a bad one."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.checking import RULES, Checker, NotALogError, Report, check_file, check_lines, verify_command
from twin.checking.world import Hold

Log = dict[str, dict[str, Any]]
Mutation = Callable[[Log], Any]

MAP = ["p.s.b", "c.>.#", "p.s.s"]
HALF, OTHER_HALF = "1" * 16 + "0" * 16, "0" * 16 + "1" * 16
SAME = settings(derandomize=True, deadline=None)
SPEC = Path(__file__).parents[2] / "docs" / "event-log.md"


def event(t_ms: int, type_: str, **fields: Any) -> dict[str, Any]:
    return {"t_ms": t_ms, "type": type_, **{name.rstrip("_"): value for name, value in fields.items()}}


def leg(bot: int, cells: list[list[int]], start_ms: int, carrier: int | None = None) -> dict[str, Any]:
    """A leg at 1 s per step: the next cell is entered 500 ms after it begins, the last left 300 ms later."""
    n = len(cells)
    times: dict[str, Any] = {
        "enter_ms": [start_ms] + [start_ms + 500 + 1000 * i for i in range(n - 1)],
        "leave_ms": [start_ms + 800 + 1000 * i for i in range(n - 1)] + [None],
        "arrive_ms": start_ms + 1000 * (n - 1),
    }
    laden = carrier is not None
    return event(start_ms, "LegPlanned", bot=bot, level=1, laden=laden, carrier=carrier, cells=cells, **times)


def cut(t_ms: int, count: int = 3, **fields: Any) -> dict[str, Any]:
    """The roaming leg of the good log, ended after so many cells."""
    roam = leg(2, [[0, 2], [1, 2], [1, 1], [2, 1], [3, 1]], 9000)
    times = {"enter_ms": roam["enter_ms"][:count], "leave_ms": [*roam["leave_ms"][: count - 1], None]}
    return roam | times | {"t_ms": t_ms, "type": "LegCut", "cells": roam["cells"][:count]} | fields


def at(bot: int, x: int, y: int, **fields: Any) -> dict[str, Any]:
    return {"bot": bot, "level": 1, "x": x, "y": y, **fields}


def job(t_ms: int, id_: str, from_: str | None, to: str, **fields: Any) -> dict[str, Any]:
    base = {"request": "R1", "type_name": "FULFILLMENT", "bot": None, "carrier": 7, "balcony": None}
    return event(t_ms, "JobStateChanged", job=id_, from_=from_, to=to, **{**base, **fields})


def request(t_ms: int, id_: str, from_: str | None, to: str, kind: str = "FULFILLMENT") -> dict[str, Any]:
    return event(t_ms, "RequestStateChanged", request=id_, type_name=kind, from_=from_, to=to)


def load(t_ms: int, box: int, sku: str | None, before: int, after: int, job_id: str | None) -> dict[str, Any]:
    reason = "trigger" if job_id else "command"
    counts = {"item_count": after, "item_count_before": before}
    return event(t_ms, "LoadChanged", box=box, sku=sku, **counts, reason=reason, job=job_id)


def site() -> dict[str, Any]:
    places = {7: (2, 0), 8: (4, 2)}
    boxes = {70: (7, HALF), 71: (7, OTHER_HALF), 80: (8, "1" * 32)}
    return event(
        0,
        "SiteLoaded",
        levels=[{"level": 1, "map": list(MAP)}],
        bots=[at(1, 0, 0), at(2, 0, 2)],
        carriers=[{"carrier": id_, "level": 1, "x": x, "y": y} for id_, (x, y) in places.items()],
        boxes=[{"box": id_, "carrier": c, "section_code_32": code} for id_, (c, code) in boxes.items()],
        loads=[{"box": 70, "sku": "A", "item_count": 5}, {"box": 71, "sku": "B", "item_count": 3}],
    )


def good_log() -> Log:
    """A pick, a dig, a refill and every kind of command, each event under a name."""
    pick = {"box": 70, "sku": "A", "quantity": 2}
    fill = {"box": 70, "sku": "A", "quantity": 4, "request": "R2", "type_name": "REPLENISHMENT"}
    back, dig = {"type_name": "RETURN"}, {"type_name": "RELOCATION", "carrier": 8, "bot": 2}
    return {
        "site": site(),
        "r1": request(1000, "R1", None, "CREATED"),
        "j1": job(1000, "J1", None, "ACCEPTED", **pick),
        "r1 begins": request(2000, "R1", "CREATED", "IN_PROGRESS"),
        "j1 begins": job(2000, "J1", "ACCEPTED", "STARTED", bot=1, **pick),
        "come": leg(1, [[0, 0], [1, 0], [2, 0]], 2000),
        "lift": event(6500, "CarrierLifted", **at(1, 2, 0, carrier=7)),
        "bring": leg(1, [[2, 0], [3, 0], [4, 0]], 6500, 7),
        "j1 waits": job(9000, "J1", "STARTED", "WAITING_FOR_TRIGGER", bot=1, **pick),
        "r2": request(9000, "R2", None, "CREATED", "REPLENISHMENT"),
        "j4": job(9000, "J4", None, "ACCEPTED", **fill),
        "j4 waits": job(9000, "J4", "ACCEPTED", "WAITING_FOR_TRIGGER", **fill),
        "served": event(9000, "ServiceStarted", balcony=1),
        "roam": leg(2, [[0, 2], [1, 2], [1, 1], [2, 1], [3, 1]], 9000),
        "j4 ends": job(11000, "J4", "WAITING_FOR_TRIGGER", "SUCCEEDED", **fill),
        "fill": load(11000, 70, "A", 5, 9, "J4"),
        "r2 ends": request(11000, "R2", "CREATED", "SUCCEEDED", "REPLENISHMENT"),
        "pick": load(12000, 70, "A", 9, 7, "J1"),
        "j1 ends": job(12000, "J1", "WAITING_FOR_TRIGGER", "SUCCEEDED", bot=1, **pick),
        "r1 ends": request(12000, "R1", "IN_PROGRESS", "SUCCEEDED"),
        "j2": job(12000, "J2", None, "ACCEPTED", **back),
        "return": leg(1, [[4, 0], [3, 0], [2, 0]], 12000, 7),
        "j3": job(14000, "J3", None, "ACCEPTED", **dig),
        "below": leg(2, [[3, 1], [3, 2], [4, 2]], 14000),
        "lower": event(17000, "CarrierLowered", **at(1, 2, 0, carrier=7)),
        "j2 ends": job(17000, "J2", "ACCEPTED", "SUCCEEDED", bot=1, **back),
        "dig up": event(18500, "CarrierLifted", **at(2, 4, 2, carrier=8)),
        "dig": leg(2, [[4, 2], [3, 2], [2, 2]], 18500, 8),
        "dig down": event(23000, "CarrierLowered", **at(2, 2, 2, carrier=8)),
        "j3 ends": job(23000, "J3", "ACCEPTED", "SUCCEEDED", **dig),
        "swap 1": event(24000, "BoxSectionChanged", box=70, section_code_32=OTHER_HALF, batch=1),
        "swap 2": event(24000, "BoxSectionChanged", box=71, section_code_32=HALF, batch=1),
        "empty": load(24000, 71, None, 3, 0, None),
        "delete": event(24000, "BoxDeleted", box=71, carrier=7),
        "create": event(24000, "BoxCreated", box=72, carrier=7, section_code_32=HALF),
        "count": load(24000, 72, "C", 0, 9, None),
        "bot in": event(27000, "BotAdded", **at(3, 0, 1)),
        "carrier in": event(27000, "CarrierAdded", carrier=9, level=1, x=4, y=2),
        "carrier out": event(28000, "CarrierRemoved", carrier=9, level=1, x=4, y=2),
        "bot out": event(28000, "BotRemoved", **at(3, 0, 1)),
        "leave": leg(1, [[2, 0], [1, 0]], 28000),
    }


def lines(log: Log) -> list[bytes]:
    return [orjson.dumps({"seq": i, **e}) + b"\n" for i, e in enumerate(log.values(), 1) if e]


def check(log: Log, complete: bool = True) -> Report:
    return check_lines(lines(log), complete)


def change(name: str, **fields: Any) -> Mutation:
    return lambda log: log[name].update({key.rstrip("_"): value for key, value in fields.items()})


def drop(*names: str) -> Mutation:
    return lambda log: [log.pop(name) for name in names]


def insert(name: str, new: dict[str, Any]) -> Mutation:
    """Put an event after the one of a name."""

    def mutate(log: Log) -> None:
        events = list(log.items())
        place = list(log).index(name) + 1
        log.clear()
        log.update([*events[:place], (f"inserted {len(events)}", new), *events[place:]])

    return mutate


def entry(kind: str, number: int, **fields: Any) -> Mutation:
    return lambda log: log["site"][kind][number].update(fields)


def extra(kind: str, **fields: Any) -> Mutation:
    return lambda log: log["site"][kind].append(fields)


def time(name: str, field: str, i: int, t_ms: int) -> Mutation:
    return lambda log: log[name][field].__setitem__(i, t_ms)


def cell(name: str, i: int, x: int, y: int) -> Mutation:
    return lambda log: log[name]["cells"].__setitem__(i, [x, y])


def both(*mutations: Mutation) -> Mutation:
    return lambda log: [mutate(log) for mutate in mutations]


def two_bots(*ways: list[list[int]], later_ms: int = 0) -> Mutation:
    """Bots 1 and 2 step from cell to cell once a second in no time; bot 2 is ``later_ms`` behind."""

    def mutate(log: Log) -> None:
        log.clear()
        log["site"] = site() | {"bots": [at(bot, *way[0]) for bot, way in enumerate(ways, 1)]}
        for bot, way in enumerate(ways, 1):
            steps = [(bot - 1) * later_ms + 500 + 1000 * i for i in range(len(way) - 1)]
            times = {"enter_ms": [0, *steps], "leave_ms": [*steps, None], "arrive_ms": steps[-1]}
            log[f"way {bot}"] = leg(bot, way, 0) | times

    return mutate


def pick_all(log: Log) -> None:
    for name in ("j1", "j1 begins", "j1 waits", "j1 ends"):
        log[name]["quantity"] = 9
    log["pick"] = load(12000, 70, None, 9, 0, "J1")


def fail_and_leave(log: Log) -> None:
    """The leg of the return is written before the job that waited fails, in one moment."""
    events = {
        **log,
        "j1 ends": log["j1 ends"] | {"to": "FAILED"},
        "r1 ends": log["r1 ends"] | {"to": "FAILED"},
    }
    leaves = events.pop("return")
    log.clear()
    for name, e in events.items():
        log.update({"return": leaves} if name == "pick" else {})
        log[name] = e
    del log["pick"]


def third_bot(start_ms: int) -> Mutation:
    """A bot that crosses the way of bot 1, which leaves that cell at 3800 ms; it is there 500 ms later."""
    crossing = insert("come", leg(4, [[1, 1], [1, 0], [0, 0]], start_ms))
    return both(extra("bots", **at(4, 1, 1)), crossing)


def carrier_in_the_way(until_ms: int) -> Mutation:
    """A carrier where laden bot 1 comes at 8000 ms."""
    place = {"carrier": 6, "level": 1, "x": 4, "y": 0}
    return both(extra("carriers", **place), insert("bring", event(until_ms, "CarrierRemoved", **place)))


# What is wrong, and what is found: the rule that is meant, then the others that are broken by
# it; "..." stands for a long tail of consequences.
MUTATIONS: dict[str, tuple[str, Mutation]] = {
    "a site among the events": ("form.first form.time", insert("r1", site())),
    "a log without a site": ("form.first", drop("site")),
    "a missing line": ("form.seq form.seq", change("r1", seq=3)),
    "a line told twice": ("form.seq form.seq", change("r1", seq=1)),
    "seq as text": ("form.seq", change("r1", seq="2")),
    "time that goes back": ("form.time", change("j1", t_ms=999)),
    "time in fractions": ("form.time life.from", change("j1", t_ms=1000.0)),
    "time before the start": ("form.time", change("site", t_ms=-1)),
    "no type": ("form.field life.from life.request", change("r1", type=None)),
    "a field that is missing": ("form.field ...", lambda log: log["lift"].pop("carrier")),
    "true for an integer": ("form.field ...", change("lift", x=True)),
    "a strange reason": ("form.field piece.missing", change("pick", reason="because")),
    "a trigger without a job": ("form.field piece.missing", change("pick", job=None)),
    "cells that are no pairs": ("form.field carrier.rest leg.start",
        lambda log: log["come"]["cells"][1].append(0)),
    "a time too few": ("form.field carrier.rest leg.start", lambda log: log["come"]["enter_ms"].pop()),
    "a last cell that is left": ("form.field carrier.rest leg.start", time("come", "leave_ms", -1, 9999)),
    "a gap in leave_ms": ("form.field carrier.rest leg.start",
        lambda log: log["come"]["leave_ms"].__setitem__(0, None)),
    "an unknown map character": ("form.field", lambda log: log["site"]["levels"][0]["map"].append("....?")),
    "a ragged map": ("form.field", lambda log: log["site"]["levels"][0]["map"].append("..")),
    "an empty map": ("form.field", extra("levels", level=3, map=[])),
    "a level that is a number": ("form.field", lambda log: log["site"]["levels"].append(2)),
    "an unknown bot": ("form.id carrier.rest leg.start", change("come", bot=5)),
    "an unknown carrier": ("form.id ...", change("lift", carrier=5)),
    "an unknown level": ("form.id carrier.rest leg.start", change("come", level=2)),
    "an unknown box": ("form.id box.overlap box.overlap", change("swap 1", box=5)),
    "two levels of one id": ("form.id", extra("levels", level=1, map=MAP)),
    "two bots of one id": ("form.id", extra("bots", **at(1, 1, 1))),
    "two carriers of one id": ("form.id", extra("carriers", carrier=7, level=1, x=2, y=2)),
    "a box id used again": ("form.id form.id", change("create", box=71)),
    "two loads in one box": ("form.id ...", extra("loads", box=70, sku="B", item_count=1)),
    "a bot put on another": ("floor.shared bot.place", change("bot in", x=2, y=2)),
    "two bots starting on one cell": ("floor.shared leg.start", entry("bots", 1, x=0, y=0)),
    "a bot driving over one at rest": ("floor.shared leg.start",
        both(entry("bots", 1, x=1, y=0), drop("roam"))),
    "entering before the other has left": ("floor.shared", third_bot(3299)),
    "bots passing through one another": ("floor.swap", two_bots([[0, 0], [1, 0]], [[1, 0], [0, 0]])),
    "a leg from elsewhere": ("leg.start", change("bring", **leg(1, [[3, 0], [4, 0]], 6500, 7))),
    "a leg on another level": ("leg.start carrier.rest leg.start",
        both(extra("levels", level=2, map=MAP), change("come", level=2))),
    "a jump over a cell": ("leg.step leg.oneway", cell("roam", 2, 3, 1)),
    "a diagonal step": ("leg.step leg.step", cell("roam", 1, 1, 1)),
    "a pause told as a step": ("leg.step carrier.rest leg.start", cell("come", 2, 1, 0)),
    "a drive through a pillar": ("leg.floor carrier.rest leg.start", cell("below", 2, 4, 1)),
    "a drive off the map": ("leg.floor carrier.rest leg.start", cell("come", 1, 0, -1)),
    "a drive against a one-way cell": ("leg.oneway carrier.rest leg.oneway leg.start",
        change("below", cells=[[3, 1], [2, 1], [1, 1]])),
    "a turn out of a one-way cell": ("leg.oneway leg.start", cell("roam", 4, 2, 2)),
    "a bot that is nowhere": ("leg.times", time("come", "enter_ms", 1, 2801)),
    "leaving before entering": ("leg.times", time("come", "leave_ms", 1, 2400)),
    "entering out of order": ("leg.times", time("come", "enter_ms", 2, 2400)),
    "arriving before entering": ("leg.times", change("come", arrive_ms=3499)),
    "a leg told afterwards": ("leg.late", change("roam", t_ms=9001)),
    "a leg before the last is over": ("leg.overlap", change("roam", arrive_ms=14001)),
    "a cut of a leg that is over": ("cut.leg", insert("j3", cut(14000))),
    "a cut beside the way": ("cut.way ...", insert("roam", cut(10600, cells=[[0, 2], [1, 2], [2, 2]]))),
    "a cut of what was entered": ("cut.past ...", insert("roam", cut(10600, 2))),
    "a cut of the past": ("cut.past ...", insert("roam", cut(10600, enter_ms=[9000, 9499, 10500]))),
    "a cut that hurries": ("cut.sooner ...", insert("roam", cut(10600, leave_ms=[9800, 10700, None]))),
    "a bot put on a pillar": ("bot.place bot.place", change("bot in", x=4, y=1)),
    "a bot removed from elsewhere": ("bot.place", change("bot out", y=0)),
    "a bot removed while it drives": ("bot.place", insert(
        "leave", event(28500, "BotRemoved", **at(1, 1, 0)))),
    "a carrier removed from elsewhere": ("carrier.place", change("carrier out", x=2)),
    "a carrier on an aisle at the start": ("carrier.ground carrier.lift", entry("carriers", 1, x=1, y=1)),
    "a carrier added on a charger": ("carrier.ground carrier.place", change("carrier in", x=0, y=1)),
    "two carriers on one cell": ("carrier.occupied carrier.place", change("carrier in", x=2, y=0)),
    "a lift before arrival": ("carrier.rest", change("lift", t_ms=3999)),
    "a lift beside the carrier": ("carrier.rest carrier.lift", change("lift", x=3)),
    "a lift after departure": ("carrier.rest ...",
        lambda log: log.update(z=log.pop("lift") | {"t_ms": 28000})),
    "a lowering while driving": ("carrier.rest", change("return", arrive_ms=17001)),
    "a lift of what is not there": ("carrier.lift ...", change("lift", carrier=8)),
    "a second carrier on a bot": ("carrier.lift ...", insert(
        "lift", event(6500, "CarrierLifted", **at(1, 2, 0, carrier=8)))),
    "a lowering of what another bot has": ("carrier.lower carrier.lift life.moved live.carrier",
        change("lower", carrier=8)),
    "a lowering by an unladen bot": ("carrier.lower ...", drop("lift")),
    "a laden bot told as unladen": ("carrier.leg", change("bring", laden=False, carrier=None)),
    "an unladen bot told as laden": ("carrier.leg", change("come", laden=True, carrier=7)),
    "a leg with another carrier": ("carrier.leg", change("bring", carrier=8)),
    "an unladen leg with a carrier": ("carrier.leg", change("bring", laden=False)),
    "a laden drive to a stored carrier": ("carrier.blocked ...",
        extra("carriers", carrier=9, level=1, x=3, y=0)),
    "a carrier put before a laden bot": ("carrier.blocked", insert(
        "bring", event(6600, "CarrierAdded", carrier=6, level=1, x=4, y=0))),
    "a laden bot that jumps under a carrier": ("carrier.blocked ...", both(
        extra("carriers", carrier=6, level=1, x=4, y=0),
        change("return", **leg(1, [[3, 0], [2, 0]], 12000, 7)),
        change("bring", **leg(1, [[4, 0], [3, 0]], 6500, 7)), drop("dig"))),
    "a carrier taken away too late": ("carrier.blocked", carrier_in_the_way(8001)),
    "a bot on an unknown level": ("form.id form.id", change("bot in", level=2)),
    "a drive off the right side": ("leg.floor carrier.rest leg.start", cell("below", 2, 5, 2)),
    "a drive off the lower side": ("leg.floor carrier.rest leg.start", cell("below", 1, 3, 3)),
    "a drive off the left side": ("leg.floor carrier.rest leg.start", cell("come", 1, -1, 0)),
    "a bot beyond the right side": ("leg.floor form.id", change("bot in", x=5)),
    "pieces in fractions": ("form.field piece.missing", change("pick", item_count=7.0)),
    "a deleted box said to be elsewhere": ("box.carrier", change("delete", carrier=8)),
    "a success without a pick after a change by nobody": ("piece.missing", both(
        drop("pick"), lambda log: [log["fill"].pop(key) for key in ("reason", "job")])),
    "a carrier removed from its bot": ("carrier.place ...", both(
        insert("bring", event(6500, "CarrierRemoved", carrier=7, level=1, x=2, y=0)))),
    "a section code too short": ("box.mask", entry("boxes", 0, section_code_32="1" * 31)),
    "a section code of other digits": ("box.mask", change("create", section_code_32="2" + "1" * 31)),
    "an empty section code": ("box.mask", change("swap 1", section_code_32="0" * 32)),
    "boxes overlapping at the start": ("box.overlap", entry("boxes", 1, section_code_32="0" * 15 + "1" * 17)),
    "a box created on another": ("box.overlap", change("create", section_code_32="1" + "0" * 15 + "1" * 16)),
    "half a swap": ("box.overlap", drop("swap 2", "create", "count")),
    "a swap in two batches": ("box.overlap", change("swap 2", batch=2)),
    "a swap without a batch": ("box.overlap", lambda log: [
        log[name].pop("batch") for name in ("swap 1", "swap 2")]),
    "a full box deleted": ("box.full piece.sum", drop("empty")),
    "a box said to be elsewhere": ("box.carrier", change("swap 1", carrier=8)),
    "a carrier removed with boxes": ("box.carrier", insert(
        "bot out", event(28000, "CarrierRemoved", carrier=8, level=1, x=2, y=2))),
    "fewer than no pieces": ("piece.count", change("count", item_count=-1)),
    "pieces of nothing": ("piece.count", change("count", sku=None)),
    "a wrong count before": ("piece.before", change("pick", item_count_before=6)),
    "one piece too few picked": ("piece.trigger piece.sum", change("pick", item_count=8)),
    "a pick that fills": ("piece.trigger piece.sum", change("pick", item_count=11)),
    "a pick from another box": ("piece.trigger piece.before",
        change("pick", **load(12000, 71, "B", 3, 1, "J1"))),
    "a pick that changes the SKU": ("piece.trigger piece.sum piece.sum", change("pick", sku="B")),
    "a pick before success": ("piece.trigger", change("pick", t_ms=11999)),
    "a pick by no job": ("piece.trigger piece.missing piece.sum", change("pick", job="J9")),
    "a pick by a return": ("piece.trigger piece.missing piece.sum", change("pick", job="J2")),
    "a pick by a job that fails": ("piece.trigger", change("j1 ends", to="FAILED")),
    "a pick made twice": ("piece.once", insert("pick", load(12000, 70, "A", 7, 5, "J1"))),
    "a success without a pick": ("piece.missing", drop("pick")),
    "pieces that vanish": ("piece.sum piece.trigger", change("pick", item_count=6)),
    "pieces that go with their box": ("piece.sum box.full", drop("empty")),
    "an unknown request state": ("life.state life.from", change("r1 begins", to="BEGUN")),
    "an unknown job state": ("life.state life.from", change("j1 begins", to="PARTIALLY_SUCCEEDED_SO_FAR")),
    "a step left out": ("life.from", drop("j1 begins")),
    "a job created twice": ("life.from", change("j1 begins", from_=None)),
    "a job that was there before": ("life.from", drop("j1")),
    "a job after its end": ("life.terminal live.job piece.trigger",
        insert("j2", job(12000, "J1", "SUCCEEDED", "STARTED"))),
    "a request after its end": ("life.terminal", insert("j2", request(12000, "R1", "SUCCEEDED", "FAILED"))),
    "a job of another type": ("life.identity", change("j1 begins", type_name="FETCH")),
    "a job of another request": ("life.identity", change("j4 ends", request="R1")),
    "a job without its request": ("life.request life.identity", change("j2", request="R9")),
    "a request that succeeds too early": ("life.ended", both(drop("r2 ends"), insert(
        "j4", request(9000, "R2", "CREATED", "SUCCEEDED", "REPLENISHMENT")))),
    "a job for a request that has succeeded": ("life.ended live.job", insert(
        "lower", job(17000, "J9", None, "ACCEPTED"))),
    "waiting on the way": ("life.waiting", change("j1 waits", t_ms=8499)),
    "waiting for another carrier": ("life.waiting", change("j1 waits", carrier=8)),
    "waiting with another bot": ("life.waiting", change("j1 waits", bot=2)),
    "waiting away from the balcony": ("life.waiting life.from life.identity", insert(
        "lower", job(17000, "J2", "ACCEPTED", "WAITING_FOR_TRIGGER"))),
    "a carrier taken from a waiting job": ("life.waiting leg.start life.served life.served", insert(
        "roam", leg(1, [[4, 0], [3, 0]], 11000, 7))),
    "a success on the way": ("life.served", insert("r1 begins", job(2000, "J9", None, "SUCCEEDED"))),
    "a dig that ends in the air": ("life.moved live.carrier", drop("dig down")),
    "a dig of what stood still": ("life.moved", both(
        insert("r1", job(1000, "J8", "ACCEPTED", "SUCCEEDED", type_name="RELOCATION", carrier=8)),
        insert("r1", job(1000, "J8", None, "ACCEPTED", type_name="RELOCATION", carrier=8)))),
    "a return that ends too early": ("life.moved", both(drop("j2 ends"), insert(
        "j2", job(12000, "J2", "ACCEPTED", "SUCCEEDED", bot=1, type_name="RETURN")))),
    "a request left open": ("live.request", drop("r2 ends")),
    "a job left open": ("live.job", drop("j2 ends")),
    "a carrier left on a bot": ("live.carrier life.moved", drop("dig down")),
}  # fmt: skip


def test_a_good_log_is_proved_complete() -> None:
    report = check(good_log())
    assert report.violations == []
    assert report.ok
    assert (report.legs, report.digs, report.bots, report.carriers, report.boxes) == (7, 1, 3, 3, 4)
    assert report.cells == sum(len(e.get("cells", ())) for e in good_log().values())
    assert report.horizon_ms == 28000
    assert report.unknown_events == {"ServiceStarted": 1}
    assert report.pieces == {
        "start": 8, "commands": 6, "replenished": 4, "picked": 2, "unattributed": 0, "end": 16,
    }  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_wrong_fact_is_found(name: str) -> None:
    expected, mutate = MUTATIONS[name]
    log = good_log()
    mutate(log)
    report = check(log)
    found = sorted(report.violations_by_rule)
    assert expected.split()[0] in found, report.as_text()
    if "..." not in expected:
        assert found == sorted(set(expected.split())), report.as_text()
        assert report.violation_count == len(expected.split()), report.as_text()


def test_every_rule_has_a_log_that_breaks_it() -> None:
    broken = {expected.split()[0] for expected, _ in MUTATIONS.values()}
    assert set(RULES) - broken == {"form.json"}  # see the next test
    assert broken <= set(RULES)


@pytest.mark.parametrize("line", [b"\n", b'{"seq": 2,\n', b"[]\n", b"NaN\n", b'{"a": "\xff"}\n', b"[" * 5000])
def test_a_line_that_is_no_object_is_found(line: bytes) -> None:
    log = lines(good_log())
    assert "form.json" in check_lines([*log[:1], line, *log[1:]]).violations_by_rule


RIGHT: dict[str, Mutation] = {
    "a cell is entered the very moment it is left": third_bot(3300),
    "a bot follows another in no time": two_bots([[0, 0], [1, 0]], [[1, 0], [2, 0]]),
    "bots pass one border at two times": two_bots(
        [[0, 0], [1, 0], [1, 1]], [[2, 0], [1, 0], [0, 0]], later_ms=1000
    ),
    "a carrier leaves the very moment a laden bot comes": carrier_in_the_way(8000),
    "a lift ends the very moment the bot has arrived": change("lift", t_ms=4000),
    "a job waits the very moment the bot has arrived": change("j1 waits", t_ms=8500),
    "a bot is removed the very moment it has arrived": insert(
        "leave", event(29000, "BotRemoved", **at(1, 1, 0))
    ),
    "a bot comes back": insert("bot out", event(28000, "BotAdded", **at(3, 0, 1))),
    "a carrier comes back": insert("bot out", event(28000, "CarrierAdded", carrier=9, level=1, x=4, y=2)),
    "a leg is written ahead": change("bring", t_ms=6500, enter_ms=[6600, 7000, 8000]),
    "bots follow one another round a corner": two_bots([[0, 1], [1, 1]], [[1, 1], [1, 0]]),
    "bots follow one another round another corner": two_bots([[1, 2], [1, 1]], [[1, 1], [2, 1]]),
    "a carrier is lifted where it was put down": both(
        insert("leave", event(28000, "CarrierLowered", **at(2, 2, 2, carrier=8))),
        insert("leave", event(28000, "CarrierLifted", **at(2, 2, 2, carrier=8))),
    ),
    "a pick empties the box and ends its assignment": pick_all,
    "a change gives no reason": lambda log: [log["pick"].pop(key) for key in ("reason", "job")],
    "a bot stops on the spot while a job waits": insert("served", leg(1, [[4, 0]], 9000, 7)),
    "a job waits for a person by hand": both(
        insert("r1", job(1000, "J8", "WAITING_FOR_TRIGGER", "FAILED", type_name="ONBOARDING", carrier=None)),
        insert("r1", job(1000, "J8", None, "WAITING_FOR_TRIGGER", type_name="ONBOARDING", carrier=None)),
    ),
    "a leg is a stop on the spot": insert("site", leg(2, [[0, 2]], 0)),
    "a bot leaves in the moment in which the job fails": fail_and_leave,
    "the return has a box and a quantity": change("j2 ends", box=70, quantity=3),
    "the job is of a type of its own": both(
        *[change(name, type_name="TIDYING") for name in ("j3", "j3 ends")]
    ),
    "an unknown event": insert("r1", event(1000, "WeatherChanged", rain=1.5)),
    "arrive_ms is left out": lambda log: log["come"].pop("arrive_ms"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_just_right_is_let_pass(name: str) -> None:
    log = good_log()
    RIGHT[name](log)
    assert check(log).violations == []


def test_a_third_party_may_leave_out_our_own_fields() -> None:
    log = good_log()
    ours = ("reason", "job", "item_count_before", "quantity", "sku", "box", "arrive_ms")
    for name, e in log.items():
        kept = {"LoadChanged": ("box", "sku"), "JobStateChanged": ("job",)}.get(e["type"], ours)
        log[name] = {k: v for k, v in e.items() if k not in ours or k in kept or e["type"].startswith("Box")}
    log["bring"]["arrive_ms"] = 8500
    report = check(log)
    assert report.violations == []
    assert report.pieces["unattributed"] == 8


def test_a_leg_may_be_written_long_before_it_begins() -> None:
    log = good_log()
    early = {name: log.pop(name) | {"t_ms": 0} for name in ("come", "bring", "return", "leave")}
    rest = list(log.items())
    assert check(dict([rest[0], *early.items(), *rest[1:]])).violations == []


def test_a_bot_that_jumps_is_where_the_log_says_and_nowhere_else() -> None:
    """Bot 2 drives over the cell that bot 1 left by its jump, and then to the one where it is."""
    log = {
        "site": site() | {"bots": [at(1, 0, 0), at(2, 0, 1)]},
        "jump": leg(1, [[1, 1], [1, 0]], 1000),
        "over": leg(2, [[0, 1], [0, 0], [1, 0]], 5000),
    }
    first, second = check(log).violations
    assert (first.rule, first.cells) == ("leg.start", ((1, 0, 0), (1, 1, 1)))
    assert (second.rule, second.cells) == ("floor.shared", ((1, 1, 0),))


def test_what_comes_after_a_log_that_was_cut_is_left_open() -> None:
    """Bot 2 stands in the way of a leg that reaches into the future; it may still make way."""
    log = {"site": site() | {"bots": [at(1, 0, 0), at(2, 2, 0)]}, "come": leg(1, [[0, 0], [1, 0], [2, 0]], 0)}
    assert check(log, complete=False).ok
    assert "floor.shared" in check(log).violations_by_rule
    log["later"] = event(1501, "ServiceStarted")
    assert "floor.shared" in check(log, complete=False).violations_by_rule


@pytest.mark.parametrize("last", ["pick", "r1 ends", "swap 1", "j4 ends"])
def test_a_log_may_be_cut_off_in_the_middle_of_a_moment(last: str) -> None:
    log = good_log()
    if last == "r1 ends":
        log = {name: log[name] for name in log if name not in ("pick", "j1 ends")}
    log = {name: log[name] for name in list(log)[: list(log).index(last) + 1]}
    assert check(log, complete=False).violations == []
    assert not check(log).ok
    log["later"] = event(27000, "ServiceStarted")
    assert not check(log, complete=False).ok


def test_open_work_is_counted_without_being_refused() -> None:
    log = dict(list(good_log().items())[:9])
    report = check(log, complete=False)
    assert report.ok
    assert (report.open_requests, report.open_jobs, report.carriers_on_bots) == (1, 1, 1)
    assert "PROVED: every rule but liveness" in report.as_text()


def test_a_violation_names_both_lines_the_moment_and_who_is_involved() -> None:
    log = good_log()
    third_bot(3299)(log)
    (violation,) = check(log).violations
    assert (violation.rule, violation.line, violation.other_line) == ("floor.shared", 7, 6)
    assert violation.t_ms == 3799
    assert (violation.bots, violation.cells) == ((1, 4), ((1, 1, 0),))
    assert violation.as_text() == (
        "line 7 and line 6, t = 3799 ms [floor.shared] "
        "Bots 1 and 4 both hold (1, 0) on level 1 from 3799 to 3800 ms."
    )


def test_all_violations_are_counted_and_only_so_many_told() -> None:
    log = lines(good_log())
    report = check_lines([*log, *[b"?"] * 10], limit=3)
    assert (report.violation_count, len(report.violations)) == (10, 3)
    assert report.as_text().endswith("... and 7 more")


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(lines(good_log())))
    assert check_file(file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("content", [b"", b"\n", b"PK\x03\x04", b"[]\n", b"{}\n", b'{"type": 1}\n'])
def test_what_is_no_log_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(NotALogError):
        check_file(file)
    assert verify_command(str(file), complete=False, as_json=True) == 2


def test_the_command_tells_by_its_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(b"".join(lines(good_log())))
    bad.write_bytes(b"".join(lines(good_log())[:4]))
    assert verify_command(str(good), complete=True, as_json=False) == 0
    assert "PROVED: every rule holds" in capsys.readouterr().out
    assert verify_command(str(bad), complete=True, as_json=True) == 1
    assert orjson.loads(capsys.readouterr().out)["violations"][0]["rule"] == "live.request"
    assert verify_command(str(tmp_path / "none"), complete=True, as_json=False) == 2
    assert "is not a readable event log" in capsys.readouterr().out


def test_the_specification_names_every_rule_and_its_example_holds() -> None:
    text = SPEC.read_text()
    assert [rule for rule in RULES if f"`{rule}`" not in text] == []
    (example,) = re.findall(r"```jsonl\n(.*?)```", text, re.DOTALL)
    report = check_lines(example.encode().splitlines(keepends=True), complete=True)
    assert report.violations == []
    assert report.sha256 in text


@st.composite
def convoys(draw: st.DrawFn) -> tuple[Log, int]:
    """Two bots, one behind the other, and the cell at which the second comes too soon."""
    n, start_ms = draw(st.integers(6, 12)), draw(st.integers(1000, 3000))
    way = [[x, 0] for x in range(n)]
    first, second = leg(1, way[1:], 0), leg(2, way[:-1], start_ms)
    i = draw(st.integers(4, n - 2))
    second["enter_ms"][i] = draw(st.integers(start_ms, first["leave_ms"][i - 1] - 1))
    bots = [at(1, 1, 0), at(2, 0, 0)]
    empty: dict[str, Any] = {"carriers": [], "boxes": [], "loads": []}
    loaded = event(0, "SiteLoaded", levels=[{"level": 1, "map": ["." * n]}], bots=bots, **empty)
    return {"site": loaded, "first": first, "second": second}, i


@settings(SAME)
@given(convoys())
def test_coming_before_the_other_bot_has_left_is_always_found(case: tuple[Log, int]) -> None:
    log, i = case
    found = {v.cells for v in check(log).violations if v.rule == "floor.shared"}
    assert ((1, i, 0),) in found


Legs = list[dict[str, Any]]
Holding = tuple[tuple[int, int], float, float, int]
"""Cell, start, end and bot."""


def neighbours(x: int, y: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(3) for b in range(2) if abs(a - x) + abs(b - y) == 1]


@st.composite
def wanderings(draw: st.DrawFn) -> tuple[Legs, bool]:
    """Legs of three bots that heed nobody on a small floor, some of them written ahead."""
    legs = []
    for bot, start in ((1, (0, 0)), (2, (1, 0)), (3, (2, 0))):
        (x, y), now = start, 0
        for _ in range(draw(st.integers(0, 4))):
            cells, enter, leave = [[x, y]], [now + draw(st.integers(1, 9))], []
            for _ in range(draw(st.integers(1, 4))):
                x, y = draw(st.sampled_from(neighbours(x, y)))
                enter.append(enter[-1] + draw(st.integers(0, 5)))
                leave.append(enter[-1] + draw(st.integers(0, 5)))
                cells.append([x, y])
            now = enter[-1]
            written = max(0, enter[0] - draw(st.sampled_from([0, 0, 3, 20])))
            times = {"enter_ms": enter, "leave_ms": [*leave, None]}
            laden = {"laden": True, "carrier": bot}
            legs.append(event(written, "LegPlanned", bot=bot, level=1, cells=cells, **times, **laden))
    return sorted(legs, key=lambda e: e["t_ms"]), draw(st.booleans())


def floor_of_three(legs: Legs) -> Log:
    """A site on which three bots have lifted their carriers, and their legs."""
    starts = [(1, 0, 0), (2, 1, 0), (3, 2, 0)]
    loaded = event(
        0,
        "SiteLoaded",
        levels=[{"level": 1, "map": ["sss", "sss"]}],
        bots=[at(*start) for start in starts],
        carriers=[{"carrier": id_, "level": 1, "x": x, "y": y} for id_, x, y in starts],
        boxes=[],
        loads=[],
    )
    lifts = {f"lift {s[0]}": event(0, "CarrierLifted", **at(*s, carrier=s[0])) for s in starts}
    return {"site": loaded, **lifts, **{f"leg {i}": leg_ for i, leg_ in enumerate(legs)}}


def naive_holdings(legs: Legs, horizon_ms: float) -> Iterator[Holding]:
    """Every holding up to the horizon, read off the legs bot by bot."""
    for bot in (1, 2, 3):
        cell, since = (bot - 1, 0), 0
        for e in sorted((e for e in legs if e["bot"] == bot), key=lambda e: e["enter_ms"][0]):
            if e["enter_ms"][0] >= horizon_ms and e["t_ms"] < e["enter_ms"][0]:
                break
            yield cell, since, e["leave_ms"][0], bot
            for i, (x, y) in list(enumerate(e["cells"]))[1:-1]:
                yield (x, y), e["enter_ms"][i], e["leave_ms"][i], bot
            cell, since = tuple(e["cells"][-1]), e["enter_ms"][-1]
        yield cell, since, max(since, horizon_ms), bot


@settings(SAME, max_examples=150)
@given(wanderings())
def test_shared_cells_are_those_that_a_comparison_of_all_pairs_finds(case: tuple[Legs, bool]) -> None:
    legs, complete = case
    horizon = float("inf") if complete else max((e["t_ms"] for e in legs), default=0)
    holdings = [h for h in naive_holdings(legs, horizon) if h[1] < h[2]]
    expected = [
        (one[0], max(one[1], two[1]), one[3], two[3])
        for one, two in combinations(sorted(holdings, key=lambda h: h[3]), 2)
        if one[0] == two[0] and one[3] != two[3] and max(one[1], two[1]) < min(one[2], two[2])
    ]
    report = check_lines(lines(floor_of_three(legs)), complete, limit=10_000)
    shared = [v for v in report.violations if v.rule == "floor.shared"]
    assert sorted((v.cells[0][1:], v.t_ms, *sorted(v.bots)) for v in shared) == sorted(expected)


@settings(SAME, max_examples=120)
@given(wanderings(), st.lists(st.tuples(*map(st.integers, (0, 0, 0, 1), (2, 1, 60, 40))), max_size=8))
def test_blocked_cells_are_those_that_a_comparison_of_all_pairs_finds(
    case: tuple[Legs, bool], stays: list[tuple[int, int, int, int]]
) -> None:
    legs, complete = case
    events = list(legs)
    for i, (x, y, start, length) in enumerate(stays):
        place = {"carrier": 10 + i, "level": 1, "x": x, "y": y}
        events += [event(start, "CarrierAdded", **place), event(start + length, "CarrierRemoved", **place)]
    events.sort(key=lambda e: e["t_ms"])
    horizon = float("inf") if complete else max((e["t_ms"] for e in events), default=0)
    expected = [
        (cell_, max(since, start), bot, 10 + i)
        for cell_, since, until, bot in naive_holdings(legs, horizon)
        for i, (x, y, start, length) in enumerate(stays)
        if cell_ == (x, y) and max(since, start) < min(until, start + length)
    ]
    report = check_lines(lines(floor_of_three(events)), complete, limit=10_000)
    blocked = [v for v in report.violations if v.rule == "carrier.blocked"]
    found = [(v.cells[0][1:], v.t_ms, v.bots[0], v.carriers[0]) for v in blocked]
    overlapping = "carrier.occupied" in report.violations_by_rule
    assert overlapping or sorted(found) == sorted(expected)


def count_holds() -> int:
    gc.collect()
    return sum(isinstance(thing, Hold) for thing in gc.get_objects())


def test_the_past_is_forgotten() -> None:
    """Memory must not grow with the number of legs: here both layers see 1000 visits of each cell."""
    ways = ([[0, 0], [0, 1]], [[0, 1], [0, 0]])
    legs = [leg(1, ways[i % 2], 1000 * i, carrier=1) for i in range(1000)]
    checker, before = Checker(), count_holds()
    for line in lines(floor_of_three(legs)):
        checker.feed(line)
    assert count_holds() - before < 20
    assert checker.finish().ok


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 40_000), st.text(max_size=3), st.floats(allow_nan=False),
    st.lists(st.integers(-1, 5), max_size=3), st.just({}), st.sampled_from(["SUCCEEDED", "LegPlanned"]),
)  # fmt: skip


@settings(SAME, max_examples=120)
@given(st.data())
def test_no_log_however_broken_breaks_the_checker(data: st.DataObject) -> None:
    log = good_log()
    for name in data.draw(st.lists(st.sampled_from(list(log)), min_size=1, max_size=4)):
        field = data.draw(st.sampled_from(list(log[name])))
        value = log[name][field]
        if isinstance(value, list) and value and data.draw(st.booleans()):
            value[data.draw(st.integers(0, len(value) - 1))] = data.draw(VALUES)
        else:
            log[name][field] = data.draw(VALUES)
    try:
        report = check(log)
    except NotALogError:
        return
    assert orjson.loads(report.as_json())["ok"] == report.ok
    assert report.as_text()
