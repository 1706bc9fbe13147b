"""Waiting lines with known answers: open stations, and closed loops of bots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, lambertw

from twin.experiments.theory.arguments import above_0, at_least_0, count

MOST_SERVERS = 1_000_000
"""Servers, customers or machines up to which a formula answers within seconds."""
MOST_CONSTANT = 10_000
"""Servers with constant times up to which the mean wait has its digits at any load."""
_TAIL = 1e-17
"""Up to where a sum is computed term by term."""
_OFTEN_FULL = 3
"""Below: customers often have to wait, and a sum over their waits has many terms."""

Numbers = npt.NDArray[np.float64]


def erlang_c(servers: int, load: float) -> float:
    """Probability that a customer of M/M/c has to wait; ``load`` is arrival rate times service time.

    Source: Erlang 1917. Computed by Erlang B's recursion, which does not overflow.
    Raises ValueError unless 0 <= load < servers <= ``MOST_SERVERS``.
    """
    _check_load(servers, load)
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc_wait(servers: int, load: float, service: float) -> float:
    """Mean wait in M/M/c. Source: Erlang 1917, ``C * S / (c - a)``. Errors as ``erlang_c``."""
    at_least_0(service=service)
    return erlang_c(servers, load) * service / (servers - load)


def mmc_wait_quantile(servers: int, load: float, service: float, share: float) -> float:
    """The wait that ``share`` of the customers of M/M/c do not exceed.

    Source: Erlang 1917, ``P(W > t) = C * exp(-(c - a) t / S)``. Raises ValueError for a
    share outside [0, 1), and as ``erlang_c``.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be at least 0 and below 1, not {share}")
    at_least_0(service=service)
    waiting = erlang_c(servers, load)
    return 0.0 if waiting <= 1 - share else service / (servers - load) * math.log(waiting / (1 - share))


def mg1_wait(rate: float, service: float, service_cv: float) -> float:
    """Mean wait in M/G/1 whose service times have the coefficient of variation ``service_cv``.

    Source: Pollaczek 1930, Khinchin 1932, ``rate * E[S**2] / (2 * (1 - load))``.
    Raises ValueError unless the load is below 1, and for what is negative.
    """
    at_least_0(rate=rate, service=service, service_cv=service_cv)
    load = rate * service
    _check_load(1, load)
    return rate * service**2 * (1 + service_cv**2) / (2 * (1 - load))


def mdc_wait(servers: int, load: float, service: float) -> float:
    """Mean wait in M/D/c, exactly; for at most ``MOST_CONSTANT`` servers.

    Sources: Crommelin 1932, Spitzer 1956: every c-th customer goes to the same server, and the mean wait
    is the sum over k of ``E[max(0, N - k c)] / (k a)`` service times, ``N`` of Poisson's law with mean
    ``k a``. Near the full load that takes ever more terms. There it is the mean number present of Bailey
    1954, by the zeros of ``z**c = exp(a (z - 1))`` within the unit circle, which in turn loses the digits
    of short waits. Errors as ``erlang_c``.
    """
    count("servers", servers, 1, MOST_CONSTANT)
    _check_load(servers, load)
    at_least_0(service=service)
    if load == 0:
        return 0.0
    share = load / servers
    decay = servers * (share - 1 - math.log(share))  # Chernoff: no tail is more than exp(-k * decay).
    if decay < _OFTEN_FULL:
        return (_present_of_bailey(servers, load) - load) * service / load
    return _excess_of_spitzer(servers, load, decay) * service / load


def _excess_of_spitzer(servers: int, load: float, decay: float) -> float:
    """The sum over k of ``E[max(0, N - k c)] / k``; each of its parts is positive."""
    share = load / servers
    k = np.arange(1.0, math.ceil(-math.log(_TAIL) / decay) + 2)
    more, excess = np.ones_like(k), np.zeros_like(k)
    for j in range(1, math.ceil(math.log(_TAIL) / math.log(share)) + 2):
        more *= k * load / (k * servers + j)
        excess += j * more
    return float(np.sum(_poisson(k * servers, k * decay) * excess / k))


def _poisson(n: Numbers, away: Numbers) -> Numbers:
    """``P(N = n)`` by Poisson's law with mean m, where ``away`` is ``m - n - n log(m / n)``.

    Source: Loader 2000. Stirling's series for large n, where the logarithms themselves lose digits.
    """
    stirling = 1 / (12 * n) - 1 / (360 * n**3) + 1 / (1260 * n**5) - 1 / (1680 * n**7)
    small = gammaln(n + 1) - (n + 0.5) * np.log(n) + n - math.log(2 * math.pi) / 2
    found: Numbers = np.exp(-away - np.where(n < 16, small, stirling)) / np.sqrt(2 * math.pi * n)
    return found


def _present_of_bailey(servers: int, load: float) -> float:
    """Mean number in M/D/c at any time, by the zeros within the unit circle; for high load."""
    share = load / servers
    turns = np.exp(2j * np.pi * np.arange(1, servers) / servers)
    zeros = -lambertw(-share * np.exp(-share) * turns) / share
    inside = float(np.sum(1 / (1 - zeros)).real)
    return load / (2 * (servers - load)) + load / 2 - (servers - 1) / 2 + inside


def _check_load(servers: int, load: float) -> None:
    count("servers", servers, 1, MOST_SERVERS)
    if not isinstance(load, Real) or not 0 <= load < servers:
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
    Raises ValueError for what is negative, too many, or takes no time.
    """
    _check_loop(customers, think, demands)
    throughput, present = 0.0, [0.0] * len(demands)
    for n in range(1, customers + 1):
        stays = [demand * (1 + there) for demand, there in zip(demands, present, strict=True)]
        throughput = n / (think + sum(stays))
        present = [throughput * stay for stay in stays]
    return Loop(throughput, tuple(present), tuple(throughput * demand for demand in demands))


def _check_loop(customers: int, think: float, demands: Sequence[float]) -> None:
    count("customers", customers, 0, MOST_SERVERS)
    at_least_0(think=think, **{f"demands[{i}]": demand for i, demand in enumerate(demands)})
    if think + sum(demands) <= 0:
        raise ValueError("a round takes no time; give a think time or a demand above 0")


def loop_bound(customers: int, think: float, demands: Sequence[float]) -> float:
    """No closed loop does more: ``min(N / (Z + D), 1 / D_max)``.

    Source: Muntz & Wong 1974, Denning & Buzen 1978 (asymptotic bounds). With constant
    times and one first-come station it is attained. Errors as ``closed_loop``.
    """
    _check_loop(customers, think, demands)
    longest = max(demands, default=0)
    alone = customers / (think + sum(demands))
    return min(alone, 1 / longest) if longest else alone


def loop_floor(customers: int, think: float, demands: Sequence[float]) -> float:
    """A loop does at least this even if everybody meets everybody everywhere: ``N / (Z + N D)``.

    Source: Denning & Buzen 1978. Errors as ``closed_loop``.
    """
    _check_loop(customers, think, demands)
    return customers / (think + customers * sum(demands)) if customers else 0.0


def machine_repair(machines: int, work: float, repair: float, repairers: int) -> tuple[float, float]:
    """Machines at work on average, and the share of time a repairer is busy: M/M/c//N.

    For bots and chargers: ``work`` is the mean time from charger to charger, ``repair`` the
    mean time on one; ``work`` may have any distribution. Source: Palm 1947; birth and death.
    Raises ValueError for what is negative, too many, or takes no time.
    """
    count("machines", machines, 0, MOST_SERVERS)
    count("repairers", repairers, 1, MOST_SERVERS)
    above_0(work=work)
    at_least_0(repair=repair)
    if repair == 0:
        return float(machines), 0.0
    broken = np.arange(machines + 1)
    rates = (machines - broken[:-1]) / np.minimum(broken[1:], repairers) * (repair / work)
    logs = np.concatenate([[0.0], np.cumsum(np.log(rates))])
    weights = np.exp(logs - logs.max())  # By their logarithms: as products they overflow.
    shares = weights / weights.sum()
    working, busy = shares @ (machines - broken), shares @ np.minimum(broken, repairers)
    return float(working), float(busy) / repairers
