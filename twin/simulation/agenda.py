"""What is to happen when: pending wake-ups as data, rung by SimPy.

An alarm is a key (who) with a due time and an order. SimPy only keeps the time: its
events carry the key back to us, and an event whose alarm has been changed meanwhile
says nothing. Because alarms are data, they can be written out and set again in
another process; no generator's frame holds anything.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

import simpy
from simpy.events import Event

Key = tuple[str, int]
"""Kind of actor and its number, as in ("bot", 3)."""


class Agenda:
    """Pending alarms over a SimPy environment that counts integer milliseconds."""

    def __init__(self, start_ms: int, ring: Callable[[Key], None]) -> None:
        self._env = simpy.Environment(initial_time=start_ms)
        self._ring = ring
        self._alarms: dict[Key, tuple[int, int]] = {}
        self._due: list[tuple[int, int, Key]] = []
        self._order = 0
        self.now = start_ms
        """Time of the last event, in ms."""
        self._live: dict[str, int] = {}
        self.handled = 0

    def set(self, key: Key, due_ms: int) -> None:
        """Let ``key`` be rung at ``due_ms``; an earlier alarm of the same key is dropped."""
        self.drop(key)
        self._order += 1
        self._alarms[key] = (due_ms, self._order)
        self._live[key[0]] = self._live.get(key[0], 0) + 1
        heappush(self._due, (due_ms, self._order, key))
        timeout = self._env.timeout(due_ms - self.now, value=(key, self._order))
        timeout.callbacks.append(self._fire)

    def set_if_none(self, key: Key, due_ms: int) -> None:
        """Set an alarm unless ``key`` has one already."""
        if key not in self._alarms:
            self.set(key, due_ms)

    def drop(self, key: Key) -> None:
        """Forget the alarm of ``key``, if any."""
        if self._alarms.pop(key, None) is not None:
            self._live[key[0]] -= 1

    def peek(self) -> int | None:
        """When the next alarm is due, in ms; None if there is none.

        SimPy's own queue still holds alarms that were changed or dropped; ours tells which live.
        """
        due, alarms = self._due, self._alarms
        while due:
            due_ms, order, key = due[0]
            if alarms.get(key) == (due_ms, order):
                return due_ms
            heappop(due)
        return None

    def next_key(self) -> Key | None:
        """Whose alarm is the next one, or None if there is none."""
        return None if self.peek() is None else self._due[0][2]

    def run_next(self) -> None:
        """Ring the next alarm, which ``peek`` has seen."""
        before = self.handled
        while self.handled == before:
            self._env.step()

    def _fire(self, event: Event) -> None:
        alarm: tuple[Key, int] = event.value  # type: ignore[assignment]  # SimPy does not type values
        key, order = alarm
        pending = self._alarms.get(key)
        if pending is None or pending[1] != order:
            return
        self.now = pending[0]
        self.drop(key)
        self.handled += 1
        self._ring(key)

    def pending(self) -> list[tuple[str, int, int]]:
        """All alarms as (kind, number, due), in the order in which ties are rung."""
        ordered = sorted(self._alarms.items(), key=lambda item: item[1][1])
        return [(key[0], key[1], due) for key, (due, _) in ordered]

    def besides(self, *kinds: str) -> bool:
        """Whether an alarm of another kind is pending."""
        return len(self._alarms) > sum(self._live.get(kind, 0) for kind in kinds)
