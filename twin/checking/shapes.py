"""The form of events: which fields each must have, which it may have, and of which types.

Types are compared exactly, because in JSON ``true`` is no integer and ``1.0`` is no count.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]
Kind = frozenset[type]

INTEGER: Kind = frozenset({int})
TEXT: Kind = frozenset({str})
TRUTH: Kind = frozenset({bool})
LIST: Kind = frozenset({list})
ID: Kind = frozenset({int, str})
TEXT_OR_NULL = TEXT | {type(None)}
ID_OR_NULL = ID | {type(None)}
INTEGER_OR_NULL = INTEGER | {type(None)}

_WORDS = {int: "integer", str: "text", bool: "true or false", list: "list", type(None): "null"}
_PLACE = {"level": INTEGER, "x": INTEGER, "y": INTEGER}
_ABSENT = object()

REQUIRED: dict[str, dict[str, Kind]] = {
    "SiteLoaded": dict.fromkeys(("levels", "bots", "carriers", "boxes", "loads"), LIST),
    "LegPlanned": {
        "bot": ID,
        "level": INTEGER,
        "laden": TRUTH,
        "carrier": ID_OR_NULL,
        "cells": LIST,
        "enter_ms": LIST,
        "leave_ms": LIST,
    },
    "LegCut": {
        "bot": ID,
        "level": INTEGER,
        "laden": TRUTH,
        "carrier": ID_OR_NULL,
        "cells": LIST,
        "enter_ms": LIST,
        "leave_ms": LIST,
    },
    "FaultBegan": {"fault": ID, "kind": TEXT, "from_ms": INTEGER},
    "FaultEnded": {"fault": ID},
    "CarrierLifted": {"bot": ID, "carrier": ID, **_PLACE},
    "CarrierLowered": {"bot": ID, "carrier": ID, **_PLACE},
    "CarrierAdded": {"carrier": ID, **_PLACE},
    "CarrierRemoved": {"carrier": ID, **_PLACE},
    "BotAdded": {"bot": ID, **_PLACE},
    "BotRemoved": {"bot": ID, **_PLACE},
    "BoxCreated": {"box": ID, "carrier": ID, "section_code_32": TEXT},
    "BoxDeleted": {"box": ID},
    "BoxSectionChanged": {"box": ID, "section_code_32": TEXT},
    "LoadChanged": {"box": ID, "sku": ID_OR_NULL, "item_count": INTEGER},
    "RequestStateChanged": {"request": ID, "type_name": TEXT, "from": TEXT_OR_NULL, "to": TEXT},
    "JobStateChanged": {
        "job": ID,
        "request": ID,
        "type_name": TEXT,
        "from": TEXT_OR_NULL,
        "to": TEXT,
        "bot": ID_OR_NULL,
        "carrier": ID_OR_NULL,
        "balcony": ID_OR_NULL,
    },
}

OPTIONAL: dict[str, dict[str, Kind]] = {
    "LegPlanned": {"arrive_ms": INTEGER, "waits": LIST},
    "LegCut": {"arrive_ms": INTEGER, "waits": LIST},
    "FaultBegan": {"level": INTEGER_OR_NULL, "x": INTEGER_OR_NULL, "y": INTEGER_OR_NULL},
    "BoxCreated": {"batch": INTEGER},
    "BoxDeleted": {"batch": INTEGER, "carrier": ID},
    "BoxSectionChanged": {"batch": INTEGER, "carrier": ID},
    "LoadChanged": {"reason": TEXT_OR_NULL, "job": ID_OR_NULL, "item_count_before": INTEGER},
    "JobStateChanged": {"box": ID_OR_NULL, "sku": ID_OR_NULL, "quantity": INTEGER_OR_NULL},
}

SITE_ENTRIES: dict[str, dict[str, Kind]] = {
    "levels": {"level": INTEGER, "map": LIST},
    "bots": {"bot": ID, **_PLACE},
    "carriers": {"carrier": ID, **_PLACE},
    "boxes": {"box": ID, "carrier": ID, "section_code_32": TEXT},
    "loads": {"box": ID, "sku": ID_OR_NULL, "item_count": INTEGER},
}

REASONS = ("command", "trigger")


def event_fault(event: Event, type_name: str) -> str | None:
    """What is wrong with the fields of an event of a known type, or None."""
    fault = fields_fault(event, REQUIRED[type_name]) or _present_fault(event, OPTIONAL.get(type_name, {}))
    if fault is None and type_name == "LoadChanged":
        return _reason_fault(event)
    return fault


def fields_fault(entry: Event, kinds: dict[str, Kind]) -> str | None:
    """The first required field that is missing or of a wrong type, in words, or None."""
    for name, kind in kinds.items():
        value = entry.get(name, _ABSENT)
        if type(value) not in kind:
            return f"{name} is missing" if value is _ABSENT else _wrong(name, kind, value)
    return None


def _present_fault(event: Event, kinds: dict[str, Kind]) -> str | None:
    for name, kind in kinds.items():
        if name in event and type(event[name]) not in kind:
            return _wrong(name, kind, event[name])
    return None


def _reason_fault(event: Event) -> str | None:
    reason = event.get("reason")
    if reason is not None and reason not in REASONS:
        return f"reason is {reason!r}, not one of {', '.join(REASONS)}"
    if reason == "trigger" and event.get("job") is None:
        return "job is missing, though the reason is a trigger"
    return None


def _wrong(name: str, kind: Kind, value: object) -> str:
    wanted = " or ".join(words for type_, words in _WORDS.items() if type_ in kind)
    shown = repr(value)
    return f"{name} is {shown if len(shown) <= 40 else shown[:37] + '...'}, not {wanted}"
