"""Settings that clients read and change while the twin runs; each of the catalogue changes what it does."""

from api.preferences.catalogue import (
    API_KEY_LIFETIME_DAYS,
    CATALOGUE,
    EVENTS_RETENTION,
    OPERATOR_MODE,
    PAGE_SIZE,
    REPORTS_KEPT,
)
from api.preferences.store import Preferences

__all__ = [
    "API_KEY_LIFETIME_DAYS",
    "CATALOGUE",
    "EVENTS_RETENTION",
    "OPERATOR_MODE",
    "PAGE_SIZE",
    "REPORTS_KEPT",
    "Preferences",
]
