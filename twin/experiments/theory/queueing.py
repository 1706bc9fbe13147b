"""Waiting lines with known answers: open stations, and closed loops of bots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_TAIL = 1e-13
"""Probability that may be cut off where a distribution is computed term by term."""


def erlang_c(servers: int, load: float) -> float:
    """Probability that a customer of M/M/c has to wait; ``load`` is arrival rate times service time.

    Source: Erlang 1917. Computed by Erlang B's recursion, which does not overflow.
    Raises ValueError unless 0 <= load < servers.
    """
    _check_load(servers, load)
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc_wait(servers: int, load: float, service: float) -> float:
    """Mean wait in M/M/c. Source: Erlang 1917, ``C * S / (c - a)``. Errors as ``erlang_c``."""
    return erlang_c(servers, load) * service / (servers - load)


def mmc_wait_quantile(servers: int, load: float, service: float, share: float) -> float:
    """The wait that ``share`` of the customers of M/M/c do not exceed.

    Source: Erlang 1917, ``P(W > t) = C * exp(-(c - a) t / S)``. Raises ValueError for a
    share outside [0, 1), and as ``erlang_c``.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be at least 0 and below 1, not {share}")
    waiting = erlang_c(servers, load)
    return 0.0 if waiting <= 1 - share else service / (servers - load) * math.log(waiting / (1 - share))


def mg1_wait(rate: float, service: float, service_cv: float) -> float:
    """Mean wait in M/G/1 whose service times have the coefficient of variation ``service_cv``.

    Source: Pollaczek 1930, Khinchin 1932, ``rate * E[S**2] / (2 * (1 - load))``.
    Raises ValueError unless the load is below 1.
    """
    load = rate * service
    _check_load(1, load)
    return rate * service**2 * (1 + service_cv**2) / (2 * (1 - load))


def mdc_wait(servers: int, load: float, service: float) -> float:
    """Mean wait in M/D/c, exactly.

    Source: Crommelin 1932: looked at one service time apart, the number in the system is a
    Markov chain (all who were served then have left, the new ones have come by Poisson's
    law), and its stationary distribution is that at any time. Errors as ``erlang_c``.
    """
    _check_load(servers, load)
    if load == 0:
        return 0.0
    size = _enough_states(servers, load)
    arrivals = np.array([math.exp(k * math.log(load) - load - math.lgamma(k + 1)) for k in range(size)])
    step = np.zeros((size, size))
    for there in range(size):
        left = max(0, there - servers)
        step[there, left:] = arrivals[: size - left]
        step[there, -1] += max(0.0, 1 - step[there].sum())
    system = np.vstack([step.T - np.eye(size), np.ones(size)])
    shares = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    return float((shares @ np.arange(size) - load) * service / load)


def _enough_states(servers: int, load: float) -> int:
    """As many states as M/M/c, whose queue is longer, needs for all but ``_TAIL`` of its time."""
    return (
        servers + math.ceil(math.log(_TAIL) / math.log(load / servers)) + math.ceil(10 * math.sqrt(load)) + 10
    )


def _check_load(servers: int, load: float) -> None:
    if servers < 1 or not 0 <= load < servers:
        raise ValueError(f"a load of {load} does not suit {servers} servers: it must be from 0 to below them")


@dataclass(frozen=True, slots=True)
class Loop:
    """A closed loop in its long run: customers served per unit of time, and of each station

    its mean number present (in service or waiting) and its utilisation.
    """

    throughput: float
    present: tuple[float, ...]
    utilisation: tuple[float, ...]


def closed_loop(customers: int, think: float, demands: Sequence[float]) -> Loop:
    """Bots that travel for ``think`` and then are served at stations with one server each.

    ``demands``: at each station the mean service time times the mean number of visits per
    round. Exact for exponential service at first-come stations and any distribution of
    travel. Source: Reiser & Lavenberg 1980, mean value analysis:
    ``R[i] = D[i] * (1 + Q[i](n - 1))``, ``X = n / (Z + sum(R))``, ``Q[i] = X * R[i]``.
    """
    if customers < 0 or think < 0 or min(demands, default=0) < 0 or think + sum(demands) <= 0:
        raise ValueError("customers and times must not be negative, and a round must take time")
    throughput, present = 0.0, [0.0] * len(demands)
    for n in range(1, customers + 1):
        stays = [demand * (1 + there) for demand, there in zip(demands, present, strict=True)]
        throughput = n / (think + sum(stays))
        present = [throughput * stay for stay in stays]
    return Loop(throughput, tuple(present), tuple(throughput * demand for demand in demands))


def loop_bound(customers: int, think: float, demands: Sequence[float]) -> float:
    """No closed loop does more: ``min(N / (Z + D), 1 / D_max)``.

    Source: Muntz & Wong 1974, Denning & Buzen 1978 (asymptotic bounds). With constant
    times and one first-come station it is attained.
    """
    return min(customers / (think + sum(demands)), 1 / max(demands))


def loop_floor(customers: int, think: float, demands: Sequence[float]) -> float:
    """A loop does at least this even if everybody meets everybody everywhere: ``N / (Z + N D)``.

    Source: Denning & Buzen 1978.
    """
    return customers / (think + customers * sum(demands))


def machine_repair(machines: int, work: float, repair: float, repairers: int) -> tuple[float, float]:
    """Machines at work on average, and the share of time a repairer is busy: M/M/c//N.

    For bots and chargers: ``work`` is the mean time from charger to charger, ``repair`` the
    mean time on one; ``work`` may have any distribution. Source: Palm 1947; birth and death.
    """
    weights = [1.0]
    for broken in range(1, machines + 1):
        rate = (machines - broken + 1) * repair / (work * min(broken, repairers))
        weights.append(weights[-1] * rate)
    total = sum(weights)
    working = sum((machines - k) * w for k, w in enumerate(weights)) / total
    busy = sum(min(k, repairers) * w for k, w in enumerate(weights)) / total
    return working, busy / repairers
