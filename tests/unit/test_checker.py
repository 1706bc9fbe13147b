"""The checker lets a good log pass and finds every single thing that is wrong in a bad one."""

from __future__ import annotations

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

from twin.checking import RULES, NotALogError, Report, check_file, check_lines, verify_command

Log = dict[str, dict[str, Any]]
Mutation = Callable[[Log], Any]

MAP = ["p.s.b", "c.>.#", "p.s.s"]
HALF, OTHER_HALF = "1" * 16 + "0" * 16, "0" * 16 + "1" * 16
SPEC = Path(__file__).parents[2] / "docs" / "event-log.md"


def event(t_ms: int, type_: str, **fields: Any) -> dict[str, Any]:
    return {"t_ms": t_ms, "type": type_, **{name.rstrip("_"): value for name, value in fields.items()}}


def leg(bot: int, cells: list[list[int]], start_ms: int, carrier: int | None = None) -> dict[str, Any]:
    """A leg at 1 s per cell: the next cell is entered 500 ms after it sets out, the last held for 300 ms more."""
    n = len(cells)
    times: dict[str, Any] = {
        "enter_ms": [start_ms] + [start_ms + 500 + 1000 * i for i in range(n - 1)],
        "leave_ms": [start_ms + 800 + 1000 * i for i in range(n - 1)] + [None],
        "arrive_ms": start_ms + 1000 * (n - 1),
    }
    laden = carrier is not None
    return event(start_ms, "LegPlanned", bot=bot, level=1, laden=laden, carrier=carrier, cells=cells, **times)


def at(bot: int, x: int, y: int, **fields: Any) -> dict[str, Any]:
    return {"bot": bot, "level": 1, "x": x, "y": y, **fields}


def job(t_ms: int, id_: str, from_: str | None, to: str, **fields: Any) -> dict[str, Any]:
    base = {"request": "R1", "type_name": "FULFILLMENT", "bot": None, "carrier": 7, "balcony": None}
    return event(t_ms, "JobStateChanged", job=id_, from_=from_, to=to, **{**base, **fields})


def request(t_ms: int, id_: str, from_: str | None, to: str, type_name: str = "FULFILLMENT") -> dict[str, Any]:
    return event(t_ms, "RequestStateChanged", request=id_, type_name=type_name, from_=from_, to=to)


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
        levels=[{"level": 1, "map": MAP}],
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
        "served": event(9000, "ServiceStarted", balcony=1),
        "roam": leg(2, [[0, 2], [1, 2], [1, 1], [2, 1], [3, 1]], 9000),
        "pick": load(12000, 70, "A", 5, 3, "J1"),
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
        "r2": request(25000, "R2", None, "CREATED", "REPLENISHMENT"),
        "j4": job(25000, "J4", None, "ACCEPTED", **fill),
        "j4 ends": job(26000, "J4", "ACCEPTED", "SUCCEEDED", **fill),
        "fill": load(26000, 70, "A", 3, 7, "J4"),
        "r2 ends": request(26000, "R2", "CREATED", "SUCCEEDED", "REPLENISHMENT"),
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
        log.update([*events[:place], ("inserted", new), *events[place:]])

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


def no_floor(_: Log) -> Any:
    return {"levels": [{"level": 1, "map": MAP[:1]}]}


MUTATIONS: dict[str, tuple[str, Mutation]] = {
    "a site among the events": ("form.first", insert("r1", site())),
    "a log without a site": ("form.first", drop("site")),
    "a missing line": ("form.seq", change("r1", seq=3)),
    "a line told twice": ("form.seq", change("r1", seq=1)),
    "seq as text": ("form.seq", change("r1", seq="2")),
    "time that goes back": ("form.time", change("j1", t_ms=999)),
    "time in fractions": ("form.time", change("j1", t_ms=1000.0)),
    "time before the start": ("form.time", change("site", t_ms=-1)),
    "no type": ("form.field", change("r1", type=None)),
    "a field that is missing": ("form.field", lambda log: log["lift"].pop("carrier")),
    "true for an integer": ("form.field", change("lift", x=True)),
    "a strange reason": ("form.field", change("pick", reason="because")),
    "a trigger without a job": ("form.field", change("pick", job=None)),
    "cells that are no pairs": ("form.field", lambda log: log["come"]["cells"][1].append(0)),
    "a time too few": ("form.field", lambda log: log["come"]["enter_ms"].pop()),
    "a last cell that is left": ("form.field", time("come", "leave_ms", -1, 9999)),
    "a gap in leave_ms": ("form.field", lambda log: log["come"]["leave_ms"].__setitem__(0, None)),
    "an unknown map character": ("form.field", lambda log: log["site"]["levels"][0]["map"].append("....?")),
    "a ragged map": ("form.field", lambda log: log["site"]["levels"][0]["map"].append("..")),
    "a level that is a number": ("form.field", lambda log: log["site"]["levels"].append(2)),
    "an unknown bot": ("form.id", change("come", bot=5)),
    "an unknown carrier": ("form.id", change("lift", carrier=5)),
    "an unknown level": ("form.id", change("come", level=2)),
    "an unknown box": ("form.id", change("swap 1", box=5)),
    "two levels of one id": ("form.id", extra("levels", level=1, map=MAP)),
    "two bots of one id": ("form.id", extra("bots", **at(1, 1, 1))),
    "two carriers of one id": ("form.id", extra("carriers", carrier=7, level=1, x=2, y=2)),
    "a box id used again": ("form.id", change("create", box=71)),
    "two loads in one box": ("form.id", extra("loads", box=70, sku="B", item_count=1)),
    "a bot put on another": ("floor.shared", change("bot in", x=2, y=2)),
    "two bots starting on one cell": ("floor.shared", entry("bots", 1, x=0, y=0)),
    "a bot driving over one at rest": ("floor.shared", both(entry("bots", 1, x=1, y=0), drop("roam"))),
    "entering before the other has left": ("floor.shared", both(
        entry("bots", 1, x=3, y=0), change("roam", **leg(2, [[3, 0], [3, 1], [3, 2], [3, 1]], 6900)))),
    "bots passing through one another": ("floor.swap", both(
        insert("create", leg(1, [[2, 0], [2, 1]], 24000) | {"enter_ms": [24000, 24600], "leave_ms": [24600, None]}),
        lambda log: log.update(z=leg(2, [[2, 2], [2, 1]], 0)), drop("z"))),
    "a leg from elsewhere": ("leg.start", change("bring", cells=[[3, 0], [3, 0], [4, 0]])),
    "a leg on another level": ("leg.start", both(extra("levels", level=2, map=MAP), change("come", level=2))),
    "a jump over a cell": ("leg.step", cell("roam", 2, 3, 1)),
    "a diagonal step": ("leg.step", cell("roam", 1, 1, 1)),
    "a pause told as a step": ("leg.step", cell("come", 2, 1, 0)),
    "a drive through a pillar": ("leg.floor", cell("below", 2, 4, 1)),
    "a drive off the map": ("leg.floor", cell("come", 1, 0, -1)),
    "a drive against a one-way cell": ("leg.oneway", change("below", cells=[[3, 1], [2, 1], [1, 1]])),
    "a turn out of a one-way cell": ("leg.oneway", cell("roam", 4, 2, 2)),
    "a bot that is nowhere": ("leg.times", time("come", "enter_ms", 1, 2801)),
    "leaving before entering": ("leg.times", time("come", "leave_ms", 1, 2400)),
    "entering out of order": ("leg.times", time("come", "enter_ms", 2, 2400)),
    "arriving before entering": ("leg.times", change("come", arrive_ms=3499)),
    "a leg told afterwards": ("leg.late", change("roam", t_ms=9001)),
    "a leg before the last is over": ("leg.overlap", change("below", **leg(2, [[3, 1], [3, 2]], 12999))),
    "a bot put on a pillar": ("bot.place", change("bot in", x=4, y=1)),
    "a bot removed from elsewhere": ("bot.place", change("bot out", y=0)),
    "a bot removed while it drives": ("bot.place", insert("leave", event(28500, "BotRemoved", **at(1, 1, 0)))),
    "a carrier removed from elsewhere": ("carrier.place", change("carrier out", x=2)),
    "a carrier on an aisle at the start": ("carrier.ground", entry("carriers", 1, x=1, y=1)),
    "a carrier added on a charger": ("carrier.ground", change("carrier in", x=0, y=1)),
    "two carriers on one cell": ("carrier.occupied", change("carrier in", x=2, y=0)),
    "a lift before arrival": ("carrier.rest", change("lift", t_ms=3999)),
    "a lift beside the carrier": ("carrier.rest", change("lift", x=3)),
    "a lift after departure": ("carrier.rest", lambda log: log.update(z=log.pop("lift") | {"t_ms": 28000})),
    "a lowering while driving": ("carrier.rest", change("lower", t_ms=13999)),
    "a lift of what is not there": ("carrier.lift", change("lift", carrier=8)),
    "a second carrier on a bot": ("carrier.lift", insert("bring", event(6500, "CarrierLifted", **at(1, 4, 0, carrier=8)))),
    "a lowering of what another bot has": ("carrier.lower", change("lower", carrier=8)),
    "a lowering by an unladen bot": ("carrier.lower", drop("lift")),
    "a laden bot told as unladen": ("carrier.leg", change("bring", laden=False, carrier=None)),
    "an unladen bot told as laden": ("carrier.leg", change("come", laden=True, carrier=7)),
    "a leg with another carrier": ("carrier.leg", change("bring", carrier=8)),
    "an unladen leg with a carrier": ("carrier.leg", change("bring", laden=False)),
    "a laden drive to a stored carrier": ("carrier.blocked", extra("carriers", carrier=9, level=1, x=3, y=0)),
    "a carrier put before a laden bot": ("carrier.blocked", insert(
        "bring", event(6600, "CarrierAdded", carrier=9, level=1, x=4, y=0))),
    "a carrier taken away too late": ("carrier.blocked", both(
        extra("carriers", carrier=9, level=1, x=4, y=0),
        insert("bring", event(8001, "CarrierRemoved", carrier=9, level=1, x=4, y=0)))),
    "a section code too short": ("box.mask", entry("boxes", 0, section_code_32="1" * 31)),
    "a section code of other digits": ("box.mask", change("create", section_code_32="2" + "1" * 31)),
    "an empty section code": ("box.mask", change("swap 1", section_code_32="0" * 32)),
    "boxes overlapping at the start": ("box.overlap", entry("boxes", 1, section_code_32="0" * 15 + "1" * 17)),
    "a box created on another": ("box.overlap", change("create", section_code_32="1" + "0" * 15 + "1" * 16)),
    "half a swap": ("box.overlap", drop("swap 2", "create", "count")),
    "a swap in two batches": ("box.overlap", change("swap 2", batch=2)),
    "a swap without a batch": ("box.overlap", lambda log: (log["swap 1"].pop("batch"), log["swap 2"].pop("batch"))),
    "a full box deleted": ("box.full", drop("empty")),
    "a box said to be elsewhere": ("box.carrier", change("swap 1", carrier=8)),
    "a carrier removed with boxes": ("box.carrier", insert(
        "bot out", event(28000, "CarrierRemoved", carrier=8, level=1, x=2, y=2))),
    "fewer than no pieces": ("piece.count", change("count", item_count=-1)),
    "pieces of nothing": ("piece.count", change("count", sku=None)),
    "a wrong count before": ("piece.before", change("pick", item_count_before=6)),
    "one piece too few picked": ("piece.trigger", change("pick", item_count=4)),
    "a pick that fills": ("piece.trigger", change("pick", item_count=7)),
    "a pick from another box": ("piece.trigger", change("pick", box=71, sku="B", item_count_before=3, item_count=1)),
    "a pick that changes the SKU": ("piece.trigger", change("pick", sku="B")),
    "a pick before success": ("piece.trigger", change("pick", t_ms=11999)),
    "a pick by no job": ("piece.trigger", change("pick", job="J9")),
    "a pick by a return": ("piece.trigger", change("pick", job="J2")),
    "a pick by a job that fails": ("piece.trigger", change("j1 ends", to="FAILED")),
    "a pick made twice": ("piece.once", insert("pick", load(12000, 70, "A", 3, 1, "J1"))),
    "a success without a pick": ("piece.missing", drop("pick")),
    "pieces that vanish": ("piece.sum", change("pick", item_count=2)),
    "pieces that go with their box": ("piece.sum", drop("empty")),
    "an unknown request state": ("life.state", change("r1 begins", to="BEGUN")),
    "an unknown job state": ("life.state", change("j1 begins", to="PARTIALLY_SUCCEEDED_SO_FAR")),
    "a step left out": ("life.from", drop("j1 begins")),
    "a job created twice": ("life.from", change("j1 begins", from_=None)),
    "a job that was there before": ("life.from", drop("j1")),
    "a job after its end": ("life.terminal", insert("j2", job(12000, "J1", "SUCCEEDED", "STARTED"))),
    "a request after its end": ("life.terminal", insert("j2", request(12000, "R1", "SUCCEEDED", "FAILED"))),
    "a job of another type": ("life.identity", change("j1 begins", type_name="FETCH")),
    "a job of another request": ("life.identity", change("j4 ends", request="R1")),
    "a job without its request": ("life.request", change("j2", request="R9")),
    "a request that succeeds too early": ("life.ended", both(drop("r2 ends"), insert(
        "j4", request(25000, "R2", "CREATED", "SUCCEEDED", "REPLENISHMENT")))),
    "a job for a request that has succeeded": ("life.ended", insert("j2", job(12000, "J9", None, "ACCEPTED"))),
    "waiting on the way": ("life.waiting", change("j1 waits", t_ms=8499)),
    "waiting for another carrier": ("life.waiting", change("j1 waits", carrier=8)),
    "waiting with another bot": ("life.waiting", change("j1 waits", bot=2)),
    "waiting away from the balcony": ("life.waiting", insert("lower", job(17000, "J2", "ACCEPTED", "WAITING_FOR_TRIGGER"))),
    "a carrier taken from a waiting job": ("life.waiting", change("return", **leg(1, [[4, 0], [3, 0]], 11000, 7))),
    "a request left open": ("live.request", drop("r2 ends")),
    "a job left open": ("live.job", drop("j2 ends")),
    "a carrier left on a bot": ("live.carrier", drop("dig down")),
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
