"""Faults between the twin and its client: a wrong status, a delay, a lost connection, half a body.

Whether a rule strikes is drawn from a stream of its own: nothing in the warehouse
depends on it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.calls.catalogue import Operation

CONSTANT, UNIFORM, EXPONENTIAL, LOGNORMAL = "constant", "uniform", "exponential", "lognormal"
LONGEST_DELAY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Delay:
    """Wall milliseconds before the answer: ``constant`` a; ``uniform`` from a to b; ``exponential`` of
    mean a; ``lognormal`` of median a and sigma b. Never more than LONGEST_DELAY_MS."""

    distribution: str
    a: float
    b: float = 0.0

    def draw(self, chance: random.Random) -> float:
        """One delay in ms."""
        match self.distribution:
            case "constant":
                drawn = self.a
            case "uniform":
                drawn = chance.uniform(self.a, self.b)
            case "exponential":
                drawn = chance.expovariate(1 / self.a)
            case "lognormal":
                drawn = self.a * chance.lognormvariate(0, self.b)
            case other:
                raise ValueError(f"no distribution {other!r}")
        return min(drawn, LONGEST_DELAY_MS)


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to a call.

    ``status`` with ``body`` and ``headers`` is the answer instead of the twin's; ``delay``
    comes before any answer; ``reset`` drops the connection without one; ``truncate``
    sends so many bytes of the body and then drops it. With ``executed`` the twin does
    what was asked for all the same: the answer alone is lost.
    """

    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: Delay | None = None
    reset: bool = False
    truncate: int | None = None
    executed: bool = False


@dataclass(slots=True)
class Rule:
    """When a fault strikes: calls of ``operation`` ("*": any), with ``probability``, every ``nth``, and
    at most the ``next`` so many times; ``seen`` and ``struck`` count."""

    id: str
    operation: str
    effect: Effect
    probability: float = 1.0
    nth: int | None = None
    next: int | None = None
    seen: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        """Whether it will never strike again."""
        return self.next is not None and self.struck >= self.next

    def strikes(self, operation: Operation | None, chance: random.Random) -> bool:
        """Whether it strikes this call; counts it."""
        if self.spent or self.operation not in ("*", operation.id if operation else ""):
            return False
        self.seen += 1
        if self.nth is not None and self.seen % self.nth:
            return False
        if self.probability < 1.0 and chance.random() >= self.probability:
            return False
        self.struck += 1
        return True


class Faults:
    """The rules in force, asked in the order they were made; the first that strikes is the one."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._rules: dict[str, Rule] = {}
        self._made = 0
        self._chance = random.Random(f"{seed}/http faults")

    @property
    def rules(self) -> list[Rule]:
        """All rules, the oldest first."""
        return list(self._rules.values())

    def add(self, operation: str, effect: Effect, **when: Any) -> Rule:
        """A new rule; ``when`` as the fields of Rule."""
        self._made += 1
        rule = Rule(f"fault-{self._made}", operation, effect, **when)
        self._rules[rule.id] = rule
        return rule

    def remove(self, rule_id: str) -> bool:
        """Take a rule back; whether there was one."""
        return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        """Take all back, and begin the random stream again."""
        self._rules.clear()
        self._chance = random.Random(f"{self._seed}/http faults")

    def strike(self, operation: Operation | None) -> tuple[Rule, float] | None:
        """The rule that strikes a call, and for how many ms it is held back; None for an honest call."""
        for rule in self._rules.values():
            if rule.strikes(operation, self._chance):
                delay = rule.effect.delay
                return rule, delay.draw(self._chance) if delay else 0.0
        return None
