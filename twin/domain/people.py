"""What a simulated person may be told: times and mistakes that make sense."""

from __future__ import annotations

from dataclasses import fields

from twin.domain.bots import Mistakes
from twin.domain.commands import SetPerson
from twin.domain.errors import Invalid
from twin.domain.layout import PersonTimes
from twin.domain.limits import LIMITS
from twin.domain.sitecheck import PERSON_NUMBERS, check_times

SLOWEST = 1000


def check_person(command: SetPerson) -> None:
    """Refuse times that no person has, and shares that are none. Raises Invalid."""
    if command.times is not None:
        _check_times(command.times)
    if command.mistakes is not None:
        _check_mistakes(command.mistakes)


def _check_times(times: PersonTimes) -> None:
    for name in PERSON_NUMBERS:
        low, high = LIMITS[name]
        _check(name, getattr(times, name), low, high)
    for fault in check_times(times):
        raise Invalid(str(fault.subject[-1]), f"{fault.reason}; {fault.advice}")


def _check_mistakes(mistakes: Mistakes) -> None:
    for field in fields(Mistakes):
        low, high = (1, SLOWEST) if field.name == "slow_factor" else (0, 100)
        _check(field.name, getattr(mistakes, field.name), low, high)


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise Invalid(name, f"{name} is {value}; give a value from {low} to {high}")
