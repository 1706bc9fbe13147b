"""Whether settings that come from elsewhere could have been set here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from api.preferences.catalogue import CATALOGUE, USER
from api.preferences.changes import Problems, check_value
from api.preferences.custom import MOST_CUSTOM, Wanted, check_free
from api.preferences.store import Kept
from twin.simulation.codec import from_plain, to_plain


def check_kept(plain: Any, now_ms: int) -> None:
    """Raises ValueError for settings that ``Preferences.export`` cannot have written until ``now_ms``."""
    try:
        kept: Kept = from_plain(Kept, plain)
        again = json.loads(json.dumps(to_plain(kept)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"they cannot be read: {type(error).__name__}: {error}") from None
    if again != plain:
        raise ValueError("they are not read as they say")
    wrong = next(_wrong(kept, now_ms), None)
    if wrong is not None:
        raise ValueError(wrong)


def _wrong(kept: Kept, now_ms: int) -> Iterator[str]:
    if len(kept.custom) > MOST_CUSTOM:
        yield f"there are more than {MOST_CUSTOM} of clients"
    known = {*CATALOGUE, *kept.custom}
    yield from (f"there is no setting {key!r}" for key in {**kept.system, **kept.updated} if key not in known)
    problems = Problems()
    for key, custom in kept.custom.items():
        given = {"default_value_json": custom.default, "required_role": list(custom.required_role)}
        check_free(problems, Wanted(key, given))
        if type(custom.restart_required) is not bool:
            yield f"{key}: restart_required must be true or false"
    for key, value in kept.system.items():
        check_value(problems, ("system", key), key, value)
    for user, values in kept.users.items():
        yield from _foreign(user, values)
        for key, value in values.items():
            check_value(problems, ("users", user, key), key, value)
    yield from problems.told()
    times = {**kept.updated, **{f"{key}.created_ms": one.created_ms for key, one in kept.custom.items()}}
    for key, time in times.items():
        if type(time) is not int or not 0 <= time <= now_ms:
            yield f"{key}: {time!r} is no simulated time until {now_ms} ms"


def _foreign(user: int, values: Mapping[str, Any]) -> Iterator[str]:
    for key in values:
        if key not in CATALOGUE or CATALOGUE[key].scope != USER:
            yield f"{key} of user {user} can be set for the whole system only"
