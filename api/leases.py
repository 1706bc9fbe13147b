"""Clock leases: while somebody holds one, time stands. They end in wall time, so that none is forgotten."""

from __future__ import annotations

import secrets
from typing import Final

from twin.domain.errors import InUse, NotFound

MOST_LEASES: Final = 100


class Leases:
    """Who holds the clock. Wall times in seconds, by the clock of whoever asks."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def take(self, now_s: float, seconds: float) -> str:
        """A new lease; its id, which nobody else can guess. Raises InUse where there are too many."""
        if len(self._ends) >= MOST_LEASES:
            raise InUse(f"{MOST_LEASES} leases are held already")
        lease = f"lease-{secrets.token_urlsafe(9)}"
        self._ends[lease] = now_s + seconds
        return lease

    def prolong(self, lease: str, now_s: float, seconds: float) -> None:
        """Let a lease end so much later than now. Raises NotFound."""
        self._known(lease)
        self._ends[lease] = now_s + seconds

    def give_back(self, lease: str) -> None:
        """End a lease. Raises NotFound."""
        self._known(lease)
        del self._ends[lease]

    def _known(self, lease: str) -> None:
        if lease not in self._ends:
            raise NotFound("Lease", lease)

    def lapse(self, now_s: float) -> bool:
        """Forget those that have ended; whether that was the last one."""
        ended = [lease for lease, end in self._ends.items() if end <= now_s]
        for lease in ended:
            del self._ends[lease]
        return bool(ended) and not self._ends

    def next_end(self) -> float | None:
        """When the next one ends, or None where none is held."""
        return min(self._ends.values(), default=None)

    def check(self, lease: str | None) -> None:
        """Raises InUse where time stands for others: for who holds none of the leases."""
        if self._ends and lease not in self._ends:
            raise InUse("time stands while somebody holds a clock lease; give yours, or wait for its end")
