"""Policies of one's own by ``MODULE:CLASS``: a name that says where the class is to be found.

Such a name stands wherever the name of a policy does, and is all that a snapshot, a scenario or
another process needs to come to the same class. Importing a module runs its code: it is
done here alone, for names that somebody gave on this machine (the command line, a scenario
file, Python), never for names that come over HTTP.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from twin.domain.errors import UnknownPolicy
from twin.policies import registry
from twin.policies.allocation import Allocation
from twin.policies.buffering import Buffering
from twin.policies.charging import Charging
from twin.policies.dispatch import Dispatch
from twin.policies.parking import Parking
from twin.policies.put_back import PutBack
from twin.policies.relocation import Relocation

PROTOCOLS: Final[Mapping[str, type]] = {
    registry.DISPATCH: Dispatch,
    registry.ALLOCATION: Allocation,
    registry.PUT_BACK: PutBack,
    registry.RELOCATION: Relocation,
    registry.CHARGING: Charging,
    registry.PARKING: Parking,
    registry.BUFFERING: Buffering,
}
"""What a policy of each decision has to fulfil."""

MOST_LISTED: Final = 8


def fetch(decision: str, name: object, beside: Path | None = None) -> str:
    """The name of a policy, its class imported if the name is ``MODULE:CLASS`` and it is not known yet.

    The module is looked for where Python looks, then in the folder ``beside``, then in the current
    one. Raises UnknownPolicy; what the module itself raises goes on.
    """
    known = registry.checked_decision(decision)
    if isinstance(name, str) and registry.is_address(name) and not registry.is_known(known, name):
        module_name, _, class_name = name.partition(":")
        policy = _checked_class(known, _imported(known, module_name, beside), class_name)
        if registry.is_own(policy):
            return registry.name_of(known, policy())
        registry.enter(known, name, policy)
    return registry.checked_name(known, name)


def fetch_all(names: Mapping[str, object]) -> Mapping[str, object]:
    """The names by decision, the classes of all imported: see ``fetch``."""
    return {decision: fetch(decision, name) for decision, name in names.items()}


def _imported(decision: str, name: str, beside: Path | None) -> ModuleType:
    folders = [str(folder.resolve()) for folder in (beside, Path()) if folder is not None]
    # At the end: nothing that is installed is hidden by a file that happens to lie there.
    sys.path += [folder for folder in folders if folder not in sys.path]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        looked = " and ".join(dict.fromkeys(folders))
        where = f"neither installed nor in {looked}"
        raise UnknownPolicy(decision, f"there is no module {error.name!r}: {where}") from None


def _checked_class(decision: str, module: ModuleType, name: str) -> type:
    found = getattr(module, name, None)
    if not isinstance(found, type):
        classes = [c.__name__ for c in vars(module).values() if _is_class_of(module, c)]
        public = [each for each in classes if not each.startswith("_")][:MOST_LISTED]
        listed = f"it has {', '.join(public)}" if public else "it has none"
        raise UnknownPolicy(decision, f"the module {module.__name__!r} has no class {name!r}; {listed}")
    _check_methods(decision, found, f"{module.__name__}:{name}")
    if any(p.default is p.empty and p.kind < p.VAR_POSITIONAL for p in _parameters(found)):
        message = f"{module.__name__}:{name} wants arguments; a policy named so is made without any"
        raise UnknownPolicy(decision, message)
    return found


def checked_object(decision: str, policy: object) -> object:
    """A policy given as an object. Raises UnknownPolicy for one without the methods it needs."""
    if registry.is_own_of(decision, type(policy)):
        return policy
    if isinstance(policy, type):
        advice = f"give an object of it, {policy.__name__}(...)"
        raise UnknownPolicy(decision, f"the {decision} policy {policy.__name__} is a class; {advice}")
    _check_methods(decision, policy, _shown(policy))
    for method in _methods(decision):
        if not _takes(getattr(policy, method), _wanted(decision, method)):
            needed = f"{method}{_signature(decision, method)}"
            message = f"{_shown(policy)} is no {decision} policy: it cannot be asked {needed}"
            raise UnknownPolicy(decision, message)
    return policy


def _check_methods(decision: str, policy: object, shown: str) -> None:
    missing = [method for method in _methods(decision) if not callable(getattr(policy, method, None))]
    if missing:
        needed = " and ".join(f"{method}{_signature(decision, method)}" for method in missing)
        raise UnknownPolicy(decision, f"{shown} is no {decision} policy: it lacks {needed}")


def _shown(policy: object) -> str:
    return repr(policy) if isinstance(policy, int | float | str | None) else type(policy).__name__


def _takes(method: Callable[..., object], wanted: Sequence[str]) -> bool:
    """Whether a method can be called with as many arguments as a protocol's."""
    try:
        inspect.signature(method).bind(*wanted)
    except TypeError:
        return False
    except ValueError:  # Some that are written in C do not tell.
        return True
    return True


def _is_class_of(module: ModuleType, value: object) -> bool:
    return isinstance(value, type) and value.__module__ == module.__name__


def _methods(decision: str) -> list[str]:
    protocol = PROTOCOLS[decision]
    return [name for name, value in vars(protocol).items() if callable(value) and not name.startswith("_")]


def _signature(decision: str, method: str) -> str:
    return f"({', '.join(_wanted(decision, method))})"


@lru_cache(maxsize=32)
def _wanted(decision: str, method: str) -> tuple[str, ...]:
    return tuple(inspect.signature(getattr(PROTOCOLS[decision], method)).parameters)[1:]


def _parameters(policy: type) -> list[inspect.Parameter]:
    return list(inspect.signature(policy).parameters.values())


def sources(names: Mapping[str, str]) -> dict[str, str]:
    """By decision, for policies that are not the twin's own: SHA-256 of the source of the class's module.

    What a result depends on besides the code of the twin. Raises UnknownPolicy.
    """
    found = {}
    for decision, name in names.items():
        policy = registry.known_class(decision, name)
        if not registry.is_own(policy):
            found[decision] = hashlib.sha256(_source(policy)).hexdigest()
    return found


def _source(policy: type) -> bytes:
    module: Any = sys.modules.get(policy.__module__)
    file = getattr(module, "__file__", None)
    if file is not None:
        return Path(file).read_bytes()
    return inspect.getsource(policy).encode()
