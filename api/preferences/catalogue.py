"""The settings that there are: small on purpose, since each must change what the twin does.

What each one changes is written beside it and tested in ``tests/api/test_settings_effects.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.accounts import Role
from api.listing import LARGEST_PAGE, USUAL_PAGE
from api.preferences.values import Choice, Kind, Whole
from twin.domain.work import OPERATOR_API, OPERATORS
from twin.records.views.happenings import KEPT

SYSTEM: Final = "system"
USER: Final = "user"

OPERATOR_MODE: Final = "operator.mode"
PAGE_SIZE: Final = "listing.default_page_size"
EVENTS_RETENTION: Final = "events.retention"
API_KEY_LIFETIME_DAYS: Final = "api_key.lifetime_days"
REPORTS_KEPT: Final = "report.kept"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the catalogue.

    ``scope`` is ``user`` where each user may have a value of their own; the system's
    value then counts for all who have none. ``required_role``: who may read and
    change the system's value.
    """

    key: str
    kind: Kind
    default: Any
    description: str
    scope: str = SYSTEM
    required_role: tuple[str, ...] = (Role.SUPER_ADMIN.value,)
    restart_required: bool = False


_SETTINGS = (
    Setting(
        API_KEY_LIFETIME_DAYS,
        Whole(1, 3650),
        365,
        "Days for which a newly generated API key is valid; keys that exist keep their end.",
    ),
    Setting(
        EVENTS_RETENTION,
        Whole(1, KEPT),
        KEPT,
        "How many of the latest events can be listed; older ones are dropped for good.",
    ),
    Setting(
        PAGE_SIZE,
        Whole(1, LARGEST_PAGE),
        USUAL_PAGE,
        "Rows on a page of a listing where the request does not say how many.",
        scope=USER,
    ),
    Setting(
        OPERATOR_MODE,
        Choice(OPERATORS),
        OPERATOR_API,
        "Who says at the balconies that a job is done: API clients, simulated people, or whoever is first.",
    ),
    Setting(
        REPORTS_KEPT,
        Whole(1, 100),
        10,
        "How many support reports are kept; the oldest ones are deleted when a new one is made.",
    ),
)

CATALOGUE: Mapping[str, Setting] = {setting.key: setting for setting in _SETTINGS}
RESERVED: Final = tuple(sorted({f"{key.partition('.')[0]}." for key in CATALOGUE}))
"""Keys that begin so belong to the twin: a slip of the pen must not make a setting without effect."""
