"""How faithful an operation is to the vendor's reference, in words that can be counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MISSING, REFERENCE, ASSUMED, SIMPLIFIED = "missing", "reference", "assumed", "simplified"

LEVELS: Mapping[str, str] = {
    REFERENCE: "what the reference says, and nothing had to be added",
    ASSUMED: "as the reference says; where it is silent we have decided",
    SIMPLIFIED: "as before, and something that a real site has is left out",
    MISSING: "not there yet",
}


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What is known of one operation. ``follows``: what the reference itself fixes."""

    operation: str
    follows: str
    assumed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def level(self, served: bool) -> str:
        """One word for it."""
        if not served:
            return MISSING
        return SIMPLIFIED if self.left_out else ASSUMED if self.assumed else REFERENCE
