"""The rows of the validation page: what theory expects, what was seen, and whether that agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.validation import kernel, loops, open_lines
from benchmarks.validation.loops import AT_ONCE, Network, travelling, travelling_with_a_turn
from twin.assembly import HOUR_MS
from twin.domain.layout import CONSTANT, EXPONENTIAL, UNIFORM, Motion, PersonTimes
from twin.experiments.statistics import Interval, mser5, t_interval
from twin.experiments.theory import cycles, queueing, storing

TWIN, KERNEL, FORMULA = "twin", "kernel", "formula"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a case. ``seen`` is a figure, with its tolerance ``within``, or a 95 % interval."""

    case: str
    what: str
    through: str
    source: str
    expected: float
    seen: float | Interval
    within: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether the interval contains what is expected, or the figure is near enough."""
        if isinstance(self.seen, Interval):
            return self.expected in self.seen
        return abs(self.seen - self.expected) <= self.within

    def line(self) -> str:
        """A row of the page's table."""
        shown = (
            f"{self.seen.mean:,.4f} ± {self.seen.half_width:,.4f}"
            if isinstance(self.seen, Interval)
            else f"{self.seen:,.6f}"
        )
        verdict = "yes" if self.agrees else "**no**"
        cells = (self.case, self.what, self.through, self.source, f"{self.expected:,.6f}", shown, verdict)
        return "| " + " | ".join(cells) + " |"


def exact() -> Iterator[Row]:
    """Cases that need no chance: formulas against published figures, and constant times through the twin."""

    def row(case: str, what: str, source: str, expected: float, seen: float) -> Row:
        return Row(case, what, FORMULA, source, expected, seen, 6e-6 * max(1, expected))

    bw, fem = "Bozer & White 1984", "FEM 9.851"
    yield row("9", "single command, Q 1", bw, 4 / 3, cycles.bozer_white_single(1))
    yield row("9", "dual command, Q 1", bw, 1.8, cycles.bozer_white_dual(1))
    yield row("9", "single command, Q 0.5", bw, 1.08333, cycles.bozer_white_single(0.5))
    yield row("9", "dual command, Q 0.5", bw, 1.45417, cycles.bozer_white_dual(0.5))
    yield row("10", "dual command, Q 0.8", fem, 1.66667, cycles.fem_points(0.8)[1])
    mccabe = "McCabe 1965"
    zipf = [1 / rank for rank in range(1, 6)]
    yield row("13", "blockers, five by Zipf", mccabe, 1.610358, storing.move_to_front_blockers(zipf))
    skewed = [0.8, *[0.05] * 4]
    yield row("13", "blockers, one at 80 %", mccabe, 0.676471, storing.move_to_front_blockers(skewed))
    gue = "Gue & Kim 2007, breadth-first search"
    moves = [n for (_, escort), n in storing.escort_moves(10).items() if escort == (0, 0)]
    yield row("14", "mean moves, 10 x 10", gue, 38.212121, sum(moves) / len(moves))
    yield row("14", "most moves, 10 x 10", gue, 69, max(moves))
    yield row("16", "share that waits, M/M/3", "Erlang 1917", 0.647191, queueing.erlang_c(3, 2.4))
    yield row("17", "mean wait, M/D/3", "Crommelin 1932", 0.553900, queueing.mdc_wait(3, 2.4, 1))
    working, busy = queueing.machine_repair(10, 4, 1, 2)
    yield Row("22", "bots at work, 2 chargers", FORMULA, "Palm 1947", 6.8341, working, 5e-5)
    yield Row("22", "use of 2 chargers", FORMULA, "Palm 1947", 0.85427, busy, 5e-6)
    bound = "operational bounds"
    for bots, per_hour in ((3, 225), (6, 450), (10, 450)):
        what = f"rounds an hour, {bots} bots, constant times"
        yield Row("18", what, TWIN, bound, per_hour, constant_loop(bots))
    cut = mser5([10.0] * 20 + [0.0, 1.0] * 90).discard
    yield Row("25", "observations cut off", FORMULA, "Spratt 1998", 20, cut)
    ten = t_interval([1.20, 0.98, 1.05, 1.11, 1.02, 0.95, 1.08, 1.15, 1.01, 1.05])
    yield Row("26", "half width of ten", FORMULA, "Student 1908", 0.055103, ten.half_width, 1e-6)
    yield Row(
        "31", "bots for a vendor basket", FORMULA, "Little 1961", 4.64, cycles.bots_needed(34.79, 7.5), 5e-3
    )


def constant_loop(bots: int) -> float:
    """Rounds an hour of case 18, counted over whole periods of 48 s after an hour."""
    person = PersonTimes(3000, 5000, line_distribution=CONSTANT)
    rounds = loops.run(Network(bots, person, travelling(40_000)), 2 * HOUR_MS, 1)
    return rounds.per_hour(HOUR_MS, 2 * HOUR_MS)


def exponential(mean_ms: int) -> PersonTimes:
    """A person with exponential times."""
    return PersonTimes(0, mean_ms, line_distribution=EXPONENTIAL)


def loop_rate(
    bots: int, shares: Sequence[int], mean_ms: int, motion: Motion, hours: int, runs: int
) -> Interval:
    """Rounds an hour after a tenth of a run as warm-up, over replications."""
    network, warm_up = Network(bots, exponential(mean_ms), motion, tuple(shares)), hours * HOUR_MS // 10
    return t_interval(
        loops.run(network, warm_up + hours * HOUR_MS, seed).per_hour(warm_up, warm_up + hours * HOUR_MS)
        for seed in range(runs)
    )


def random(runs: int) -> Iterator[Row]:
    """Cases with chance, each over ``runs`` replications."""
    mva = "Reiser & Lavenberg 1980"
    for bots in (4, 6, 10):
        expected = 3600 * queueing.closed_loop(bots, 40, [8]).throughput
        seen = loop_rate(bots, (1,), 8000, travelling(40_000), 10, runs)
        yield Row("19", f"rounds an hour, {bots} bots, one person", TWIN, mva, expected, seen)
    for bots in (8, 12):
        expected = 3600 * queueing.closed_loop(bots, 30, [10, 6]).throughput
        seen = loop_rate(bots, (5, 3), 16_000, travelling_with_a_turn(30_000), 10, runs)
        yield Row("20", f"rounds an hour, {bots} bots, two persons", TWIN, mva, expected, seen)
    expected = 3600 * queueing.closed_loop(8, 0, [10] * 4).throughput
    slow = loop_rate(8, (1, 1, 1, 1), 40_000_000, AT_ONCE, 10_000, runs)
    seen = Interval(1000 * slow.mean, 1000 * slow.low, 1000 * slow.high, slow.n)
    yield Row("21", "rounds an hour, 8 bots, four persons, no travel", TWIN, mva, expected, seen)
    yield from lines(runs)


def lines(runs: int) -> Iterator[Row]:
    """Cases 16, 17 and 22."""
    constant = PersonTimes(0, 8000, line_distribution=CONSTANT)
    even = PersonTimes(0, 8000, line_distribution=UNIFORM, line_spread_ms=4000)
    pk = "Pollaczek 1930, Khinchin 1932"
    yield Row("17", "mean wait, M/D/1", TWIN, pk, 2.0, person_wait(constant, 360, runs))
    yield Row("17", "mean wait, M/U/1", TWIN, pk, 13 / 6, person_wait(even, 360, runs))
    round_ms = 1_728_000
    seen = _means(runs, lambda seed: open_lines.among_bots(3, round_ms, 5, 3500, seed), round_ms)
    yield Row("17", "mean wait for one of three bots, M/D/3", TWIN, "Crommelin 1932", 0.553900, seen)
    served = [np.array(kernel.waits(3, 2.4, 8000, 20_000, seed)[1000:]) / 8000 for seed in range(runs)]
    erlang = "Erlang 1917"
    wait = queueing.mmc_wait(3, 2.4, 1)
    yield Row("16", "mean wait, M/M/3", KERNEL, erlang, wait, t_interval(w.mean() for w in served))
    late = t_interval(float(np.quantile(w, 0.95)) for w in served)
    yield Row("16", "95th percentile of the wait", KERNEL, erlang, 4.2677, late)
    for chargers in (2, 3):
        expected = queueing.machine_repair(10, 4, 1, chargers)
        found = [kernel.shares(10, 4 * HOUR_MS, HOUR_MS, chargers, 5000, seed) for seed in range(runs)]
        names = f"bots at work, {chargers} chargers", f"use of {chargers} chargers"
        for name, value, seen_values in zip(names, expected, zip(*found, strict=True), strict=True):
            yield Row("22", name, KERNEL, "Palm 1947", value, t_interval(seen_values))


def person_wait(person: PersonTimes, orders_per_hour: int, runs: int) -> Interval:
    """Mean wait at a person, in units of the mean time of 8 s."""
    return _means(runs, lambda seed: open_lines.at_a_person(person, orders_per_hour, 3500, seed), 8000)


def _means(runs: int, waits: Callable[[int], Iterable[int]], unit_ms: int) -> Interval:
    means = []
    for seed in range(runs):
        rest = list(waits(seed))[300:]
        means.append(sum(rest) / len(rest) / unit_ms)
    return t_interval(means)
