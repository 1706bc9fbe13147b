"""What notebooks hand in, looked at where it comes in: what is wrong is said in the words of the call."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from itertools import islice
from numbers import Integral
from typing import get_args, get_type_hints

from twin.domain.events import Event
from twin.experiments.scenario.quantities import Unclear, duration_ms

KINDS = {kind.__name__: kind for kind in get_args(Event)}
"""The kinds of events by name."""

MOST_LISTED = 10
"""Names that are told where none is like the one that was given."""


def plain_whole(number: int) -> int:
    """Whole numbers of numpy and pandas as Python's; whatever else it is stays so, to be refused by name."""
    return int(number) if isinstance(number, Integral) and not isinstance(number, bool) else number


def whole(name: str, number: int, least: int, most: int | None = None) -> int:
    """A whole number within limits. Raises ValueError."""
    plain = plain_whole(number)
    if type(plain) is not int or plain < least or (most is not None and plain > most):
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {plain!r}; give a whole number {limits}")
    return plain


def span_ms(name: str, text: str) -> int:
    """The ms of a duration with its unit. Raises Unclear, a ValueError."""
    if not isinstance(text, str):
        shown = f"{text!r} s', '{text!r} min" if isinstance(text, int | float) else "30 s', '10 min"
        raise Unclear(f"{name} is {text!r}; write a text with a unit, such as '{shown}' or '2 h'")
    try:
        return duration_ms(text)
    except Unclear as unclear:
        raise Unclear(f"{name} is {text!r}: {unclear}") from None


def known(kind: str, name: object, names: Collection[object]) -> None:
    """Raises KeyError, with the nearest there is, for a name that is none of some."""
    if not any(name == each for each in names):
        texts = [each for each in names if isinstance(each, str)]
        near = get_close_matches(name, texts, 1) if isinstance(name, str) else []
        listed = [str(each) for each in islice(names, MOST_LISTED)]
        more = ", ..." if len(names) > MOST_LISTED else ""
        guess = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(listed) or 'none'}{more}"
        raise KeyError(f"there is no {kind} {name!r}; {guess}")


def known_kinds(kinds: Iterable[str]) -> None:
    """Raises KeyError for what is no kind of events."""
    for kind in kinds:
        known("kind of events", kind, KINDS)


def columns_of(kinds: Collection[str]) -> list[str]:
    """The fields of some kinds of events, as their columns are called."""
    names = (field.name.rstrip("_") for kind in kinds for field in fields(KINDS[kind]))
    return list(dict.fromkeys(names))


@cache
def whole_columns() -> frozenset[str]:
    """The columns of events that hold whole numbers, or nothing, in every kind that has them."""
    is_whole: dict[str, bool] = {}
    for kind in KINDS.values():
        for name, hint in get_type_hints(kind).items():
            column = name.rstrip("_")
            is_whole[column] = is_whole.get(column, True) and hint in (int, int | None)
    return frozenset(column for column, is_so in is_whole.items() if is_so)
