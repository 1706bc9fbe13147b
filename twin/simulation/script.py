"""Commands as JSON values and back, so that they can be kept and given again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from twin.domain import commands as ask
from twin.simulation.codec import from_plain, to_plain

KINDS: Final[Mapping[str, type]] = {kind.__name__: kind for kind in get_args(ask.Command)}
"""Every kind of command, by its name."""

Script = list[tuple[int, ask.Command]]
"""Commands with the simulated ms at which they were applied."""


def written(t_ms: int, command: ask.Command) -> list[Any]:
    """A command as ``[t_ms, name, fields]``; fields that were left alone are left out."""
    plain: dict[str, Any] = to_plain(command)
    fields = {name: value for name, value in plain.items() if not isinstance(value, ask.Unset)}
    return [t_ms, type(command).__name__, fields]


def read(entry: Any) -> tuple[int, ask.Command]:
    """What ``written`` has written. Raises ValueError where it is nothing of the kind."""
    match entry:
        case [int() as t_ms, str() as name, dict() as fields] if name in KINDS:
            kind = KINDS[name]
        case _:
            raise ValueError("a command is [t_ms, name, fields], with a name that this version knows")
    try:
        command = from_plain(kind, fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"the command {name} at {t_ms} ms cannot be read: {error}") from None
    if to_plain(command) | fields != to_plain(command):
        raise ValueError(f"the command {name} at {t_ms} ms has a field that this version does not know")
    return t_ms, command


def read_all(entries: Iterable[Any]) -> Script:
    """Several commands. Raises ValueError."""
    return [read(entry) for entry in entries]
