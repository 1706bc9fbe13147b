"""The part of the table about accounts."""

from __future__ import annotations

from typing import Final

from api.fidelity.levels import Fidelity

_NO_MAIL: Final = "no mail is sent; an administrator passes the code on"
_NO_GERMAN: Final = "`locale` is taken and not used: all answers are in English"
_OPEN: Final = "accounts/login-refresh-token-forgot-password-reset-password-password-policy"
_SECRETS: Final = "accounts/sorting-filtering-searching-by-api-key-or-otp"

ACCOUNTS: Final = (
    Fidelity(
        "GET /api/v2/auth/api_keys",
        "fields, filters, search; values are shown",
        ("accounts/values-of-api-keys", "accounts/last-used-of-a-key", _SECRETS, "accounts/time", "listings"),
    ),
    Fidelity(
        "DELETE /api/v2/auth/api_keys/{api_key_id}",
        "fields of the answer",
        ("accounts/deleting-a-key",),
    ),
    Fidelity(
        "GET /api/v2/auth/authenticate",
        "fields of the answer; 401 where a credential does not hold",
        ("accounts/authenticate", "accounts/role-of-a-token"),
    ),
    Fidelity(
        "POST /api/v2/auth/create_account",
        "fields of both bodies",
        (
            "accounts/first-user",
            "accounts/passing-on-one-time-codes",
            "accounts/one-time-code",
            "accounts/e-mails",
            "accounts/username",
            "accounts/locale",
        ),
        (_NO_MAIL,),
    ),
    Fidelity(
        "POST /api/v2/auth/forgot_password",
        "fields of the body",
        (_OPEN, "accounts/forgot-password", "accounts/one-time-code", "accounts/passing-on-one-time-codes"),
        (_NO_MAIL, _NO_GERMAN),
    ),
    Fidelity(
        "POST /api/v2/auth/generate_api_key",
        "fields of both bodies",
        ("accounts/api-key", "accounts/the-key-of-twin-serve"),
    ),
    Fidelity(
        "POST /api/v2/auth/login",
        "fields of both bodies",
        (
            _OPEN,
            "accounts/tokens",
            "accounts/token-type",
            "accounts/wrong-logins",
            "accounts/what-a-wrong-login-is-told",
            "accounts/password-expires-at",
        ),
        (_NO_GERMAN,),
    ),
    Fidelity("GET /api/v2/auth/password_policy", "fields of the answer", (_OPEN, "accounts/password-policy")),
    Fidelity(
        "POST /api/v2/auth/refresh_token",
        "fields of both bodies",
        (_OPEN, "accounts/refresh", "accounts/tokens"),
    ),
    Fidelity(
        "POST /api/v2/auth/reset_password",
        "fields of the body",
        (
            _OPEN,
            "accounts/reset-password",
            "accounts/wrong-guesses-of-a-code",
            "accounts/the-new-password",
            "accounts/a-password-changed",
            "accounts/passwords",
        ),
        (_NO_GERMAN,),
    ),
    Fidelity(
        "PATCH /api/v2/auth/update_user",
        "fields of both bodies",
        ("accounts/update-user", "accounts/the-last-user-who-is-super-admin", "accounts/roles"),
    ),
    Fidelity(
        "GET /api/v2/auth/users",
        "fields, filters, search",
        ("accounts/passing-on-one-time-codes", _SECRETS, "accounts/password-expires-at", "listings"),
    ),
)
