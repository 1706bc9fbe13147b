"""Refusals, in storage words. A refusal changes nothing; a surprise is not one of these."""

from __future__ import annotations

from dataclasses import dataclass


class Refusal(Exception):
    """A command that the plant will not carry out. ``code`` is a vendor-style hex code or empty."""

    code = ""


class NotFound(Refusal):
    """The command names something that does not exist."""

    def __init__(self, kind: str, key: object, code: str = "") -> None:
        super().__init__(f"{kind} {key} does not exist")
        self.kind, self.key, self.code = kind, key, code


class AlreadyExists(Refusal):
    """The command would create something under an id that is taken."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} {key} already exists")
        self.kind, self.key = kind, key


class InUse(Refusal):
    """The thing is needed by stock or by open work, so that it cannot be changed as asked."""


class Invalid(Refusal):
    """A value that makes no sense; ``field`` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Overlap(Refusal):
    """Two boxes would take the same section of a carrier."""


class NotWaiting(Refusal):
    """A trigger for a job that does not wait for one."""


class SiteRefused(Refusal):
    """A site that cannot work: says what, where, and what would be right."""


class UnknownPolicy(Refusal):
    """A decision or a policy that there is not; the message names the nearest that there is."""

    def __init__(self, decision: str, message: str) -> None:
        super().__init__(message)
        self.decision = decision


class ScenarioRefused(Refusal):
    """A scenario that cannot be run: says what, where, and what would be right."""


class BrokenPolicy(Exception):
    """A policy has chosen what cannot be; says which and what. Nothing was changed for it."""


class BrokenOff(Exception):
    """A twin was stopped amid an event and cannot go on; says by what. Forks made before can."""


class Deadlocked(AssertionError):
    """A run was stopped by a deadlock, a mistake of the twin; says who waited for whom."""


@dataclass(frozen=True, slots=True)
class EntityFeedback:
    """Why one entity of a request was refused."""

    entity_id: str
    entity_kind: str
    code: str
    message: str


class RequestAborted(Refusal):
    """A request of which at least one entity failed validation; nothing was booked."""

    def __init__(self, request: str, feedback: tuple[EntityFeedback, ...]) -> None:
        reasons = "; ".join(f"{f.entity_id}: {f.code} - {f.message}" for f in feedback)
        super().__init__(f"Request {request} was aborted due to validation errors: {reasons}")
        self.request, self.feedback = request, feedback


NOT_ENOUGH_QUANTITY = "0x5082"
CARRIER_UNKNOWN = "0x5083"
SKU_UNKNOWN = "0x5084"
NOT_ENOUGH_ROOM = "0x5085"
CARRIER_BUSY = "0x5086"
