"""Names made short for charts, so that no two of them look alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

_KEY = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\.\w[\w-]*)+)(?==)")
FEW = 5
"""How many names are listed in a sentence."""


def short_names(names: Sequence[str], room: int) -> list[str]:
    """The names in their order, each at most ``room`` characters long (12 or more), no two alike.

    Keys of settings lose the sections before them where the rest tells them apart. If that is not
    short enough, long names lose the words that they all begin or end with, and then their middle.
    Where that makes two of them alike, all begin with their numbers. The names must differ.
    """
    short = _without_shared_words(_without_sections(names), room)
    cut = [cut_short(name, room) for name in short]
    if len(set(cut)) == len(set(names)):
        return cut
    numbers = [f"{number}. " for number in range(1, len(names) + 1)]
    return [begin + cut_short(name, room - len(begin)) for begin, name in zip(numbers, short, strict=True)]


def cut_short(name: str, room: int) -> str:
    """A name with at most ``room`` characters: if it has more, without its middle."""
    if len(name) <= room:
        return name
    end = (room - 1) // 2
    return f"{name[: room - 1 - end]}…{name[-end:]}"


def few(names: Sequence[str]) -> str:
    """Names for a sentence: all of them, or the first and how many more there are.

    Where names have commas of their own there are semicolons between them.
    """
    more = len(names) - FEW
    between = "; " if any("," in name for name in names) else ", "
    return between.join(names) if more <= 1 else f"{between.join(names[:FEW])} and {more} more"


def _without_sections(names: Sequence[str]) -> list[str]:
    keys = dict.fromkeys(key for name in names for key in _KEY.findall(name))
    endings = {key: _ending(key, keys) for key in keys}
    return [_KEY.sub(lambda found: endings[found[1]], name) for name in names]


def _ending(key: str, keys: Sequence[str] | dict[str, None]) -> str:
    """The fewest last parts of a key that no other key ends with."""
    parts = key.split(".")
    for count in range(1, len(parts)):
        ending = ".".join(parts[-count:])
        if not any(other != key and f".{other}".endswith(f".{ending}") for other in keys):
            return ending
    return key


def _without_shared_words(names: Sequence[str], room: int) -> list[str]:
    """What all names have in common that are too long is left out of them."""
    words = [name.split(" ") for name in names if len(name) > room]
    if len(words) < 2:
        return list(names)
    spare = min(map(len, words)) - 1
    begin = min(spare, _shared(words))
    end = min(spare - begin, _shared([each[::-1] for each in words]))
    return [_middle(name, begin, end) if len(name) > room else name for name in names]


def _shared(words: Sequence[Sequence[str]]) -> int:
    """With how many words all begin."""
    return len(list(takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))))


def _middle(name: str, begin: int, end: int) -> str:
    words = name.split(" ")
    kept = " ".join(words[begin : len(words) - end])
    return ("… " if begin else "") + kept + (" …" if end else "")
