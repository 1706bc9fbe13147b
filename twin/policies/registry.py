"""Policies by name: which there are, and one of each made to order."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
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

ADDRESS: Final = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"
"""``MODULE:CLASS``, as a regular expression."""

_Class = TypeVar("_Class", bound=type)
_known: dict[str, dict[str, type]] = {decision: {} for decision in DECISIONS}


def register(decision: str, name: str) -> Callable[[_Class], _Class]:
    """Give a policy class a name, by which choices, scenarios, command lines and snapshots know it.

    Its instances are made without arguments. A name given again replaces the class
    (as happens when a notebook's cell is run twice), unless the name is one of the
    twin's own: then ValueError. Raises UnknownPolicy for a decision that there is not.
    """
    checked_decision(decision)

    def entered(policy: _Class) -> _Class:
        enter(decision, name, policy)
        return policy

    return entered


def enter(decision: str, name: str, policy: type) -> None:
    """What ``register`` does, as a call."""
    known = _known[checked_decision(decision)]
    _check_foreign(decision, name)
    known[name] = policy


def forget(decision: str, name: str) -> None:
    """Take a policy of one's own out again. Raises UnknownPolicy, ValueError for one of the twin's own."""
    known = _known[checked_decision(decision)]
    _check_foreign(decision, checked_name(decision, name))
    del known[name]


def _check_foreign(decision: str, name: str) -> None:
    known = _known[decision].get(name)
    if known is not None and is_own(known):
        raise ValueError(f"{decision}={name} is one of the twin's own policies; take another name")


def names(decision: str) -> tuple[str, ...]:
    """The names there are for a decision, in order of registration, without those of ``MODULE:CLASS``."""
    return tuple(name for name in _known[checked_decision(decision)] if not is_address(name))


def is_address(name: str) -> bool:
    """Whether a name is ``MODULE:CLASS``, which says where the class is (see ``twin.policies.fetching``)."""
    return re.fullmatch(ADDRESS, name) is not None


def is_known(decision: str, name: str) -> bool:
    """Whether there is a policy of that name here."""
    return name in _known[checked_decision(decision)]


def is_own(policy: type) -> bool:
    """Whether a policy class is one of the twin's own."""
    return policy.__module__.startswith("twin.policies.")


def is_own_of(decision: str, policy: type) -> bool:
    """Whether a policy class is one of the twin's own for a decision."""
    return is_own(policy) and policy in _known[decision].values()


def known_class(decision: str, name: str) -> type:
    """The class of that name. Raises UnknownPolicy with the nearest valid name."""
    return _known[decision][checked_name(decision, name)]


def make(decision: str, name: str) -> Any:
    """A new policy of that name. Raises UnknownPolicy with the nearest valid name."""
    return known_class(decision, name)()


def name_of(decision: str, policy: object) -> str:
    """The name of a policy's class, or the class's own name where it has none in the registry.

    Of several names the one that says where the class is: another process can follow it.
    """
    found = [name for name, known in _known[decision].items() if type(policy) is known]
    return next((name for name in found if is_address(name)), next(iter(found), type(policy).__name__))


def checked_decision(decision: str) -> str:
    """The decision. Raises UnknownPolicy for one that there is not."""
    if decision not in _known:
        raise UnknownPolicy(decision, f"there is no decision {decision!r}; {_nearest(decision, _known)}")
    return decision


def checked_name(decision: str, name: object) -> str:
    """The name of a policy. Raises UnknownPolicy for one that there is not."""
    known = _known[checked_decision(decision)]
    if isinstance(name, str) and name in known:
        return name
    if isinstance(name, str) and is_address(name):
        message = f"the {decision} policy {name} is not loaded here; name it when the twin is started"
        raise UnknownPolicy(decision, message)
    message = f"there is no {decision} policy {name!r}; {_nearest(str(name), names(decision))}"
    raise UnknownPolicy(decision, message)


def _nearest(wanted: str, known: Collection[str]) -> str:
    close = get_close_matches(wanted, known, n=1, cutoff=0.5)
    listed = ", ".join(known)
    return f"did you mean {close[0]!r}? There are: {listed}" if close else f"there are: {listed}"
