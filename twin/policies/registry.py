"""Policies by name: which there are, and one of each made to order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from twin.domain.errors import UnknownPolicy

DISPATCH: Final = "dispatch"
ALLOCATION: Final = "allocation"
PUT_BACK: Final = "put_back"
RELOCATION: Final = "relocation"
CHARGING: Final = "charging"
PARKING: Final = "parking"
BUFFERING: Final = "buffering"
DECISIONS: Final = (DISPATCH, ALLOCATION, PUT_BACK, RELOCATION, CHARGING, PARKING, BUFFERING)
"""The decisions for which there are policies."""

_Class = TypeVar("_Class", bound=type)
_known: dict[str, dict[str, type]] = {decision: {} for decision in DECISIONS}


def register(decision: str, name: str) -> Callable[[_Class], _Class]:
    """Give a policy class a name, by which choices, scenarios, command lines and snapshots know it.

    Its instances are made without arguments. A name given again replaces the class
    (as happens when a notebook's cell is run twice), unless the name is one of the
    twin's own: then ValueError. Raises UnknownPolicy for a decision that there is not.
    """
    known = _known[checked_decision(decision)]

    def enter(policy: _Class) -> _Class:
        _check_foreign(decision, name)
        known[name] = policy
        return policy

    return enter


def forget(decision: str, name: str) -> None:
    """Take a policy of one's own out again. Raises UnknownPolicy, ValueError for one of the twin's own."""
    known = _known[checked_decision(decision)]
    _check_foreign(decision, checked_name(decision, name))
    del known[name]


def _check_foreign(decision: str, name: str) -> None:
    known = _known[decision].get(name)
    if known is not None and known.__module__.startswith("twin.policies."):
        raise ValueError(f"{decision}={name} is one of the twin's own policies; take another name")


def names(decision: str) -> tuple[str, ...]:
    """The names there are for a decision, in order of registration."""
    return tuple(_known[checked_decision(decision)])


def make(decision: str, name: str) -> Any:
    """A new policy of that name. Raises UnknownPolicy with the nearest valid name."""
    return _known[decision][checked_name(decision, name)]()


def name_of(decision: str, policy: object) -> str:
    """The name of a policy's class, or the class's own name where it has none in the registry."""
    for name, known in _known[decision].items():
        if type(policy) is known:
            return name
    return type(policy).__name__


def checked_decision(decision: str) -> str:
    """The decision. Raises UnknownPolicy for one that there is not."""
    if decision not in _known:
        raise UnknownPolicy(decision, f"there is no decision {decision!r}; {_nearest(decision, _known)}")
    return decision


def checked_name(decision: str, name: object) -> str:
    """The name of a policy. Raises UnknownPolicy for one that there is not."""
    known = _known[checked_decision(decision)]
    if not isinstance(name, str) or name not in known:
        message = f"there is no {decision} policy {name!r}; {_nearest(str(name), known)}"
        raise UnknownPolicy(decision, message)
    return name


def _nearest(wanted: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(wanted, known, n=1, cutoff=0.5)
    listed = ", ".join(known)
    return f"did you mean {close[0]!r}? There are: {listed}" if close else f"there are: {listed}"
