"""The part of the table about settings."""

from __future__ import annotations

from typing import Final

from api.fidelity.levels import Fidelity

_CATALOGUE: Final = "the keys of a real site are unknown; ours are others"
_CUSTOM: Final = "settings/other-keys"

SETTINGS: Final = (
    Fidelity(
        "GET /api/v2/settings",
        "fields; what the caller may see",
        (
            "settings/keys",
            _CUSTOM,
            "settings/value-type",
            "settings/scope",
            "settings/user-idx-in-answers",
            "settings/required-role",
        ),
        (_CATALOGUE,),
    ),
    Fidelity(
        "POST /api/v2/settings",
        "fields; a known key is changed, an unknown one made",
        (
            "settings/keys",
            _CUSTOM,
            "settings/keys-that-begin-like-ours-operator-and-are-none",
            "settings/system-users-as-keys",
            "settings/default-value-json-required-role-restart-required-of-our-keys",
            "settings/new-keys",
            "settings/value-json-left-out",
            "settings/id",
        ),
        ("nothing needs a restart to count, and a key of the client's own changes nothing",),
    ),
    Fidelity(
        "GET /api/v2/settings/system",
        "values in force by key",
        ("settings/resolved-settings", "settings/operator-mode"),
        (_CATALOGUE,),
    ),
    Fidelity(
        "PATCH /api/v2/settings/system",
        "updates and resets at once",
        (
            "settings/patch-settings-system-settings-users-user-idx",
            "settings/a-reset-of-a-key-of-one-s-own",
            "settings/required-role",
        ),
        (_CATALOGUE,),
    ),
    Fidelity(
        "GET /api/v2/settings/users/{user_idx}",
        "values in force by key",
        ("settings/resolved-settings", "settings/settings-of-a-user"),
        (_CATALOGUE,),
    ),
    Fidelity(
        "PATCH /api/v2/settings/users/{user_idx}",
        "updates and resets at once",
        (
            "settings/patch-settings-system-settings-users-user-idx",
            "settings/settings-of-a-user",
            "settings/scope",
        ),
        (_CATALOGUE,),
    ),
    Fidelity(
        "DELETE /api/v2/settings/{key}",
        "the stored value goes, the default counts",
        ("settings/delete-settings-key",),
    ),
    Fidelity(
        "GET /api/v2/settings/{key}",
        "fields and their types",
        ("settings/id", "settings/updated-at", "settings/required-role", "settings/operator-mode"),
        (_CATALOGUE,),
    ),
    Fidelity(
        "PATCH /api/v2/settings/{key}",
        "a new value counts at once",
        ("settings/value-json-left-out", "settings/updated-at", "settings/required-role"),
        (_CATALOGUE,),
    ),
)
