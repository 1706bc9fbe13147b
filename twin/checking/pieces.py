"""Pieces: they are neither made nor lost.

Every change of a load is entered in a ledger under its cause. Triggers are entered
with the quantity of their job, not with the change of the count, so that the balance
per SKU is a second and independent proof.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from twin.checking.boxes import Box, Boxes
from twin.checking.lifecycles import SUCCEEDED, Job, Lifecycles
from twin.checking.reading import At
from twin.checking.report import Id
from twin.checking.shapes import Event
from twin.checking.world import World

SIGNS = {"FULFILLMENT": -1, "REPLENISHMENT": 1}
PICKED, REPLENISHED = "picked", "replenished"
ACCOUNTS = ("start", "commands", REPLENISHED, PICKED, "unattributed")


@dataclass(slots=True, eq=False)
class _Trigger:
    at: At
    box: Id
    sku: Id | None
    change: int
    job: Id


class Pieces:
    """The loads of boxes and the ledger of pieces per SKU."""

    def __init__(self, world: World, boxes: Boxes, lives: Lifecycles) -> None:
        self._world = world
        self._boxes = boxes
        self._lives = lives
        self._ledger: dict[str, Counter[Id]] = {account: Counter() for account in ACCOUNTS}
        self._triggers: list[_Trigger] = []
        self._unattributed: set[Id] = set()

    def loaded(self, entry: dict[str, Any], at: At) -> None:
        """A load at the start."""
        box = self._boxes.box(entry["box"], at)
        if box is None:
            return
        if box.sku is not None:
            message = f"Box {box.id} has two loads at the start."
            self._world.refute("form.id", message, at, boxes=(box.id,))
        self._set(box, entry, at)
        self._enter("start", box.sku, box.item_count)

    def changed(self, event: Event, at: At) -> None:
        """The load of a box changes."""
        box = self._boxes.box(event["box"], at)
        if box is None:
            return
        sku, count = box.sku, box.item_count
        said = event.get("item_count_before", count)
        if said != count:
            message = f"Box {box.id} is said to have held {said} pieces, but held {count}."
            self._refute("piece.before", message, at, box, other_line=box.line)
        self._set(box, event, at)
        reason = event.get("reason")
        if reason == "trigger":
            self._note_trigger(event, box, sku, count, at)
            return
        account = "commands" if reason == "command" else "unattributed"
        if reason is None:
            self._unattributed.add(box.id)
        self._enter(account, sku, -count)
        self._enter(account, box.sku, box.item_count)

    def settle(self, now_ms: int) -> None:
        """The moment is over: triggers and the success of their jobs must fit together."""
        for trigger in self._triggers:
            self._check_trigger(trigger, now_ms)
        for job in self._lives.just_succeeded:
            self._check_moved(job, now_ms)
        self._triggers.clear()
        self._unattributed.clear()

    def finish(self, at: At) -> dict[str, int]:
        """Balance the ledger per SKU; the balance over all SKUs in pieces."""
        for trigger in self._triggers:
            # The log was cut off before it said how the job of this trigger goes on.
            self._enter("unattributed", trigger.sku, trigger.change)
        end: Counter[Id] = Counter()
        for box in self._boxes.by_id.values():
            if box.sku is not None:
                end[box.sku] += box.item_count
        skus = sorted({sku for book in (*self._ledger.values(), end) for sku in book}, key=str)
        for sku in skus:
            self._check_balance(sku, end[sku], at)
        return {**{name: sum(book.values()) for name, book in self._ledger.items()}, "end": sum(end.values())}

    def _set(self, box: Box, entry: dict[str, Any], at: At) -> None:
        box.sku, box.item_count, box.line = entry["sku"], entry["item_count"], at.line
        if box.item_count < 0:
            self._refute("piece.count", f"Box {box.id} holds {box.item_count} pieces.", at, box)
        if box.sku is None and box.item_count:
            message = f"Box {box.id} holds {box.item_count} pieces of no SKU."
            self._refute("piece.count", message, at, box)

    def _note_trigger(self, event: Event, box: Box, sku: Id | None, count: int, at: At) -> None:
        change = box.item_count - count
        moved = sku if sku is not None else box.sku
        self._triggers.append(_Trigger(at, box.id, moved, change, event["job"]))
        if None not in (sku, box.sku) and sku != box.sku:
            message = f"The trigger of job {event['job']} turns {sku} in box {box.id} into {box.sku}."
            self._refute("piece.trigger", message, at, box)

    def _check_trigger(self, trigger: _Trigger, now_ms: int) -> None:
        job = self._lives.jobs.get(trigger.job)
        fault = self._trigger_fault(trigger, job, now_ms)
        if fault:
            self._refute_trigger("piece.trigger", f"{fault}.", trigger, job)
        if job is None or job.type_name not in SIGNS:
            return
        if job.moved_line is not None:
            message = f"Job {job.id} moves pieces again."
            self._refute_trigger("piece.once", message, trigger, job, job.moved_line)
        job.moved_line = trigger.at.line
        self._enter_job(job, trigger)

    def _trigger_fault(self, trigger: _Trigger, job: Job | None, now_ms: int) -> str | None:
        if job is None:
            return f"Job {trigger.job} of a trigger is not known"
        if job.type_name not in SIGNS:
            return f"Job {job.id} moves pieces, though it is a {job.type_name}"
        if job.state != SUCCEEDED or job.ended_ms != now_ms:
            return f"Job {job.id} moves pieces at {now_ms} ms, but does not succeed then"
        if job.quantity is not None and trigger.change != SIGNS[job.type_name] * job.quantity:
            return f"Job {job.id} is for {job.quantity} pieces, but the count changes by {trigger.change:+d}"
        if job.box not in (None, trigger.box):
            return f"Job {job.id} is for box {job.box}, but box {trigger.box} changes"
        if job.sku not in (None, trigger.sku):
            return f"Job {job.id} is for SKU {job.sku}, but {trigger.sku} is moved"
        return None

    def _check_moved(self, job: Job, now_ms: int) -> None:
        if job.type_name not in SIGNS or not job.quantity or job.box is None:
            return
        if job.moved_line is None and job.box not in self._unattributed:
            message = f"Job {job.id} for {job.quantity} pieces succeeds, but box {job.box} does not change."
            at = At(job.line, now_ms)
            self._world.refute("piece.missing", message, at, jobs=(job.id,), boxes=(job.box,))

    def _enter_job(self, job: Job, trigger: _Trigger) -> None:
        sign = SIGNS[job.type_name]
        quantity = sign * trigger.change if job.quantity is None else job.quantity
        self._enter(PICKED if sign < 0 else REPLENISHED, trigger.sku, quantity)

    def _enter(self, account: str, sku: Id | None, pieces: int) -> None:
        if sku is not None:
            self._ledger[account][sku] += pieces

    def _check_balance(self, sku: Id, end: int, at: At) -> None:
        sums = {name: book[sku] for name, book in self._ledger.items()}
        due = sum(sums.values()) - 2 * sums[PICKED]
        if due != end:
            words = ", ".join(f"{name} {pieces}" for name, pieces in sums.items() if pieces)
            message = f"SKU {sku} should end with {due} pieces ({words}), but the boxes hold {end}."
            self._world.refute("piece.sum", message, at)

    def _refute(self, rule: str, message: str, at: At, box: Box, **about: Any) -> None:
        self._world.refute(rule, message, at, boxes=(box.id,), carriers=(box.carrier,), **about)

    def _refute_trigger(
        self, rule: str, message: str, trigger: _Trigger, job: Job | None, other: int | None = None
    ) -> None:
        line = other or (job.line if job else None)
        about = {"jobs": (trigger.job,), "boxes": (trigger.box,)}
        self._world.refute(rule, message, trigger.at, other_line=line, **about)
