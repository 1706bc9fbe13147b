"""The rows of the validation page: what theory expects, what was seen, and whether that agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.validation import kernel, loops, open_lines, recursion
from benchmarks.validation.loops import AT_ONCE, Network, delay_ms, travelling, travelling_with_a_turn
from benchmarks.validation.samples import Samples, seeds
from twin.assembly import HOUR_MS
from twin.domain.layout import CONSTANT, EXPONENTIAL, UNIFORM, Motion, PersonTimes
from twin.experiments.statistics import Interval, mser5, t_interval
from twin.experiments.theory import cycles, queueing, storing
from twin.simulation.randomness import Streams

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
    yield from basket()
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


CYCLE_MS, TAKT_MS = 34_790, 7500
"""Case 31: a lone bot's round with the person's 5 s in it (case 7), and the vendor's claim per item."""


def basket() -> Iterator[Row]:
    """Case 31 at one balcony: four bots keep it waiting, five hold its takt, and six items take 45 s."""
    little = "Handelsblatt 2022; Little 1961"
    for bots, expected in ((4, 4 * HOUR_MS / CYCLE_MS), (5, HOUR_MS / TAKT_MS), (6, HOUR_MS / TAKT_MS)):
        period = 100 * max(CYCLE_MS, bots * TAKT_MS)
        rate = at_takt(bots, HOUR_MS + period).per_hour(HOUR_MS, HOUR_MS + period)
        yield Row("31", f"items an hour, {bots} bots", TWIN, little, expected, rate, 1e-6 * expected)
    ended = at_takt(5, HOUR_MS).ended_ms
    six = (ended[-1] - ended[-7]) / 1000
    yield Row("31", "six items, 5 bots, s", TWIN, little, 45, six)


def at_takt(bots: int, until_ms: int) -> loops.Rounds:
    """A balcony whose person takes the takt for each carrier; a lone bot's round is the cycle."""
    person = PersonTimes(0, TAKT_MS, line_distribution=CONSTANT)
    return loops.run(Network(bots, person, travelling(CYCLE_MS - TAKT_MS)), until_ms, 1)


def exponential(mean_ms: int) -> PersonTimes:
    """A person with exponential times."""
    return PersonTimes(0, mean_ms, line_distribution=EXPONENTIAL)


Sample = Callable[[int], float]
"""What a replication with some seed comes to."""


@dataclass(frozen=True, slots=True)
class Case:
    """A figure with chance: what theory expects, and how it is sampled."""

    number: str
    what: str
    through: str
    source: str
    expected: float
    sample: Sample

    def row(self, nth: int, runs: int, samples: Samples) -> Row:
        """The figure over replications with the seeds of the n-th."""
        name = f"case {self.number}, {self.what}"
        found = samples.of(name, seeds(nth, runs), lambda seed: (self.sample(seed),))
        seen = t_interval(figure for (figure,) in found)
        return Row(self.number, self.what, self.through, self.source, self.expected, seen)


def random(runs: int, samples: Samples) -> Iterator[Row]:
    """Cases with chance, each over ``runs`` replications."""
    for nth, case in enumerate((*in_loops(), *in_lines()), 1):
        yield case.row(nth, runs, samples)


def loop_rate(bots: int, shares: Sequence[int], mean_ms: int, motion: Motion, hours: int) -> Sample:
    """Rounds an hour of a closed loop with exponential persons, after a tenth of the run as warm-up."""
    network, warm_up = Network(bots, exponential(mean_ms), motion, tuple(shares)), hours * HOUR_MS // 10

    def sample(seed: int) -> float:
        until = warm_up + hours * HOUR_MS
        return loops.run(network, until, seed).per_hour(warm_up, until)

    return sample


def in_loops() -> Iterator[Case]:
    """Cases 19 to 21."""
    mva = "Reiser & Lavenberg 1980"
    for bots in (4, 6, 10):
        expected = 3600 * queueing.closed_loop(bots, 40, [8]).throughput
        sample = loop_rate(bots, (1,), 8000, travelling(40_000), 10)
        yield Case("19", f"rounds an hour, {bots} bots, one person", TWIN, mva, expected, sample)
    for bots in (8, 12):
        expected = 3600 * queueing.closed_loop(bots, 30, [10, 6]).throughput
        sample = loop_rate(bots, (5, 3), 16_000, travelling_with_a_turn(30_000), 20)
        yield Case("20", f"rounds an hour, {bots} bots, two persons", TWIN, mva, expected, sample)
    four = (1, 1, 1, 1)
    expected = 3600 * queueing.closed_loop(8, 0, [10] * 4).throughput
    slow = loop_rate(8, four, 40_000_000, AT_ONCE, 40_000)
    what = "rounds in 1,000 hours, 8 bots, four persons of 10,000 s"
    yield Case("21", what, TWIN, mva, expected, lambda seed: 1000 * slow(seed))
    delay = delay_ms(AT_ONCE, four) / 1000
    expected = 3600 * queueing.closed_loop(8, delay, [10] * 4).throughput
    what = f"rounds an hour, 8 bots, four persons of 10 s, travel {delay:g} s"
    yield Case("21", what, TWIN, mva, expected, loop_rate(8, four, 40_000, AT_ONCE, 40))


def in_lines() -> Iterator[Case]:
    """Cases 16, 17 and 22; waits in units of the mean service."""
    constant = PersonTimes(0, 8000, line_distribution=CONSTANT)
    even = PersonTimes(0, 8000, line_distribution=UNIFORM, line_spread_ms=4000)
    pk = "Pollaczek 1930, Khinchin 1932"
    yield Case("17", "mean wait, M/D/1", TWIN, pk, 2.0, person_wait(constant, 360))
    yield Case("17", "mean wait, M/U/1", TWIN, pk, 13 / 6, person_wait(even, 360))
    yield Case("17", "mean wait, M/D/1, long runs", KERNEL, pk, 2.0, drawn_wait)
    what = "mean wait for one of three bots, M/D/3"
    yield Case("17", what, TWIN, "Crommelin 1932", 0.553900, bot_wait)
    erlang = "Erlang 1917"
    yield Case("16", "mean wait, M/M/3", KERNEL, erlang, queueing.mmc_wait(3, 2.4, 1), mean_of_three)
    yield Case("16", "95th percentile of the wait", KERNEL, erlang, 4.2677, late_of_three)
    for chargers in (2, 3):
        working, busy = queueing.machine_repair(10, 4, 1, chargers)
        palm = "Palm 1947"
        yield Case("22", f"bots at work, {chargers} chargers", KERNEL, palm, working, charging(chargers, 0))
        yield Case("22", f"use of {chargers} chargers", KERNEL, palm, busy, charging(chargers, 1))


WARM_UP = 300
"""Waits cut off at the start of a line."""


def person_wait(person: PersonTimes, orders_per_hour: int) -> Sample:
    """Mean wait at a person, in units of the mean time of 8 s."""

    def sample(seed: int) -> float:
        rest = open_lines.at_a_person(person, orders_per_hour, 3500, seed)[WARM_UP:]
        return sum(rest) / len(rest) / 8000

    return sample


def bot_wait(seed: int) -> float:
    """Mean wait for one of three bots with constant rounds, in rounds."""
    round_ms = 1_728_000
    rest = open_lines.among_bots(3, round_ms, 5, 3500, seed)[WARM_UP:]
    return sum(rest) / len(rest) / round_ms


def drawn_wait(seed: int) -> float:
    """M/D/1 on the gaps that a stream of orders draws: what runs of 3,500 orders are too short to show.

    That the waits at the twin's person are Lindley's of its arrivals, to the millisecond, is a test.
    """
    streams = Streams(seed)
    gaps = np.array([streams.exponential_ms("demand/orders/gap", 10_000) for _ in range(100_000)])
    waits = recursion.waits_at_one(gaps, np.full(len(gaps) + 1, 8000))
    return float(waits[1000:].mean()) / 8000


def _of_three(seed: int) -> np.ndarray:
    return np.array(kernel.waits(3, 2.4, 8000, 20_000, seed)[1000:]) / 8000


def mean_of_three(seed: int) -> float:
    """Mean wait of M/M/3."""
    return float(_of_three(seed).mean())


def late_of_three(seed: int) -> float:
    """95th percentile of the wait of M/M/3."""
    return float(np.quantile(_of_three(seed), 0.95))


def charging(chargers: int, figure: int) -> Sample:
    """Ten bots and few chargers: bots at work (0), or how busy a charger is (1)."""
    return lambda seed: kernel.shares(10, 4 * HOUR_MS, HOUR_MS, chargers, 5000, seed)[figure]
