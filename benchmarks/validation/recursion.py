"""Lines as recursions over arrays: hundreds of experiments side by side in a second.

They serve to check confidence intervals, and ``tests/validation`` checks them in turn
against the twin, to the millisecond.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.floating[Any]] | NDArray[np.integer[Any]]
"""Row: one customer after the other. Columns, if any: experiments."""


Whole = NDArray[np.integer[Any]]


def waits(gaps: Times, services: Times, servers: int = 1) -> Times:
    """Waits at first-come, first-served servers. ``gaps``: from one arrival to the next.

    Source: Lindley 1952; Kiefer & Wolfowitz 1955 for several servers.
    """
    free_in = np.zeros((servers, *gaps.shape[1:]), dtype=services.dtype)
    found = np.empty_like(services)
    for n in range(len(services)):
        if n:
            np.maximum(free_in - gaps[n - 1], 0, out=free_in)
        found[n] = free_in[0]
        free_in[0] += services[n]
        if servers > 1:
            free_in.sort(axis=0)
    return found


def waits_at_one(gaps: Whole, services: Whole) -> Whole:
    """Waits at one first-come, first-served server, all at once: how far the net input is above its lowest.

    Source: Lindley 1952, as a reflected walk.
    """
    walk = np.concatenate([[0], np.cumsum(services[: len(gaps)] - gaps)])
    found: Whole = walk - np.minimum.accumulate(walk)
    return found


def loop_ends(services: Times, bots: int, travel: float, first_come: Times | None = None) -> Times:
    """When services end in a closed loop of constant travel and one first-come station.

    Nobody overtakes: the n-th to be served comes when the one ``bots`` before has travelled.
    ``first_come``: when the first ``bots`` come, in that order; 0 if left out.
    """
    ends = np.empty_like(services)
    before = np.zeros(services.shape[1:], dtype=services.dtype)
    for n in range(len(services)):
        come = ends[n - bots] + travel if n >= bots else 0 if first_come is None else first_come[n]
        before = ends[n] = np.maximum(before, come) + services[n]
    return ends
