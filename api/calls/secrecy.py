"""What is never written down of a call: passwords, tokens, keys, codes."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "***"
_NAMES: Final = r"[a-z_]*password|[a-z_]*token|[a-z_]*api_key|deleted_key|otp|one_time_password|secret"
_MEMBERS: Final = re.compile(rf'("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
"""Members of JSON texts; the closing quote may have been cut off."""
_FIELDS: Final = re.compile(rf"((?:^|[?&])(?:{_NAMES})=)[^&]*", re.IGNORECASE)
"""Fields of forms and of queries."""
_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "twin-control", "x-api-key"}
)


def without_secrets(text: str) -> str:
    """A body, form or query with stars where secrets were."""
    return _FIELDS.sub(rf"\1{HIDDEN}", _MEMBERS.sub(rf'\1"{HIDDEN}"', text))


def header_without_secrets(name: str, value: str) -> str:
    """The value of a header; of a credential only its scheme."""
    if name.lower() not in _HEADERS:
        return value
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {HIDDEN}" if blank and scheme.isalpha() else HIDDEN
