"""``docs/validation.md`` and its figures, from one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.validation import cases, crowd
from benchmarks.validation.cases import Row
from benchmarks.validation.figures import Curve, Dots, chart
from benchmarks.validation.samples import Samples, seeds
from twin.domain.layout import CONSTANT, UNIFORM, Level, PersonTimes
from twin.experiments.statistics import Interval, t_interval, unpaired
from twin.experiments.theory import queueing

DOCS = Path(__file__).parents[2] / "docs"
HEAD = "| case | figure | through | source | expected | seen | agrees |\n|---|---|---|---|---|---|---|"
LEVELS = {"lanes one deep": (20, 4, 20, 3, 1), "lanes three deep": (8, 4, 12, 1, 3)}
"""Arguments of ``crowd.level`` by name."""


def write(runs: int, samples: Samples, docs: Path = DOCS) -> list[Row]:
    """Run what ``samples`` has not, ``runs`` replications of it, and write the page.

    Gives the rows that do not agree.
    """
    (docs / "figures").mkdir(parents=True, exist_ok=True)
    exact, random = list(cases.exact()), list(cases.random(runs, samples))
    _figure(docs, "closed-loop", loop_figure(runs, samples))
    _figure(docs, "waits", wait_figure(runs, samples))
    crowds = []
    for nth, (name, shape) in enumerate(LEVELS.items()):
        found = sweep(name, shape, runs, samples, FIRST_OF_CROWDS + 20 * nth)
        _figure(docs, f"crowd-{name.replace(' ', '-')}", crowd_figure(name, shape, found))
        crowds.append((name, found))
    text = _page(exact, random, crowds, runs)
    (docs / "validation.md").write_text(text, encoding="utf-8")
    return [row for row in (*exact, *random) if not row.agrees]


FIRST_OF_LOOPS, FIRST_OF_WAITS, FIRST_OF_CROWDS = 100, 120, 140
"""Numbers of the first figures of each picture, after those of the cases: see ``samples.seeds``."""


def _figure(docs: Path, name: str, svg: str) -> None:
    (docs / "figures" / f"{name}.svg").write_text(svg, encoding="utf-8")


def _dot(x: float, seen: Interval) -> tuple[float, float, float, float]:
    return x, seen.low, seen.mean, seen.high


def _interval(name: str, nth: int, runs: int, samples: Samples, sample: cases.Sample) -> Interval:
    found = samples.of(name, seeds(nth, runs), lambda seed: (sample(seed),))
    return t_interval(figure for (figure,) in found)


def loop_figure(runs: int, samples: Samples) -> str:
    """Case 19 over the number of bots: the twin between its bounds, on the exact curve."""
    bots = range(1, 13)
    motion = cases.travelling(40_000)
    seen = [
        _dot(
            n,
            _interval(
                f"loop of {n}", FIRST_OF_LOOPS + n, runs, samples, cases.loop_rate(n, (1,), 8000, motion, 5)
            ),
        )
        for n in bots
    ]
    exact = [(float(n), 3600 * queueing.closed_loop(n, 40, [8]).throughput) for n in (0, *bots)]
    bound = [(float(n), 3600 * queueing.loop_bound(n, 40, [8])) for n in (0, *bots)]
    series = [
        Curve("bound", bound, "c", dashed=True),
        Curve("mean value analysis", exact, "b"),
        Dots("twin, 95 % interval", seen, "a"),
    ]
    return chart("One person, travel 40 s, exponential service of 8 s", "bots", "rounds an hour", series)


def wait_figure(runs: int, samples: Samples) -> str:
    """Case 17 over the load: the Pollaczek-Khinchin curves and the twin on them."""
    rates = (90, 180, 270, 315, 360, 383)
    grid = [load / 100 for load in range(0, 90, 2)]
    persons = {
        "M/D/1": (PersonTimes(0, 8000, line_distribution=CONSTANT), 0.0, "b", "a"),
        "M/U/1": (
            PersonTimes(0, 8000, line_distribution=UNIFORM, line_spread_ms=4000),
            12**-0.5,
            "c",
            "d",
        ),
    }
    series: list[Curve | Dots] = []
    numbers = count(FIRST_OF_WAITS)
    for name, (person, cv, line, dots) in persons.items():
        series.append(Curve(f"{name} formula", [(x, queueing.mg1_wait(x, 1, cv)) for x in grid], line))
        seen = []
        for rate in rates:
            sample = cases.person_wait(person, rate)
            at = _interval(f"{name} at {rate} an hour", next(numbers), runs, samples, sample)
            seen.append(_dot(rate * 8 / 3600, at))
        series.append(Dots(f"{name} twin", seen, dots))
    return chart("Wait at one person", "load", "mean wait, in mean services", series)


@dataclass(frozen=True, slots=True)
class Stop:
    """Case 30 with some bots: rounds an hour by replication, and the longest time without a round's end."""

    bots: int
    density: float
    per_hour: tuple[float, ...]
    longest_pause_ms: float

    @property
    def rate(self) -> Interval:
        """Rounds an hour."""
        return t_interval(self.per_hour)


def sweep(
    name: str, shape: Sequence[int], runs: int, samples: Samples, first: int, hours: float = 0.75
) -> list[Stop]:
    """Case 30 on one level: from one bot to as many as have a parking place; twice the replications."""
    drawn = crowd.level(*shape)
    room = len(drawn.cells_of("p"))
    found = []
    several = sorted({n for n in (1, 2, 4, 8, 12, 16, 24, 32) if n < room} | {room})
    for nth, bots in enumerate(several, first):
        ran = samples.of(
            f"{bots} bots on {name}, {hours:g} h", seeds(nth, 2 * runs), partial(_crowd, bots, drawn, hours)
        )
        rates, pauses, densities = zip(*ran, strict=True)
        found.append(Stop(bots, densities[0], rates, max(pauses)))
    return found


def _crowd(bots: int, drawn: Level, hours: float, seed: int) -> tuple[float, float, float]:
    ran = crowd.run(bots, drawn, hours, seed)
    return ran.per_hour, ran.longest_pause_ms, ran.density


def fall(found: Sequence[Stop]) -> tuple[Stop, Interval]:
    """The peak, and by how much less the last does, in rounds an hour, with its 95 % interval.

    Which is the peak is looked up in the first half of the replications, and the difference in the others
    (Welch): the highest of several means is by chance too high, and must not be compared with itself.
    """
    half = len(found[0].per_hour) // 2
    peak = max(found, key=lambda stop: sum(stop.per_hour[:half]))
    return peak, unpaired(found[-1].per_hour[half:], peak.per_hour[half:])


def crowd_bound(shape: Sequence[int], bots: int, lone: float) -> float:
    """``min(N / (Z + D), 1 / D_max)`` in rounds an hour; ``lone``: what one bot alone does, 1 / (Z + D)."""
    site = crowd.site(1, crowd.level(*shape))
    service_s = (crowd.PERSON.handling_ms + crowd.PERSON.line_ms) / 1000
    return min(bots * lone, len(site.balconies) * 3600 / service_s)


def crowd_figure(name: str, shape: Sequence[int], found: Sequence[Stop]) -> str:
    """Rounds an hour over bots, below the bound."""
    lone = found[0].rate.mean
    bound = [(float(stop.bots), crowd_bound(shape, stop.bots, lone)) for stop in found]
    top = 1.6 * max(stop.rate.high for stop in found)
    shown = [(0.0, 0.0), *(point for point in bound if point[1] <= top)]
    series = [
        Curve("bound", shown, "c", dashed=True),
        Dots("twin", [_dot(stop.bots, stop.rate) for stop in found], "a"),
    ]
    return chart(f"Ever more bots on one level, {name}", "bots", "rounds an hour", series)


def _page(exact: list[Row], random: list[Row], crowds: list[tuple[str, list[Stop]]], runs: int) -> str:
    return "\n".join(
        [
            INTRODUCTION,
            "## Without chance\n",
            HEAD,
            *(row.line() for row in exact),
            f"\n## With chance\n\n95 % intervals over {runs} replications; the n-th figure has the seeds "
            f"1000 n + 1 to 1000 n + {runs}. Of {len(random)} such intervals {len(random) / 20:.1f} are "
            f"expected to miss; {sum(not row.agrees for row in random)} did. Waits are in units of the "
            "mean service.\n",
            HEAD,
            *(row.line() for row in random),
            FIGURES,
            *(part for name, found in crowds for part in _crowd_part(name, found)),
            CLOSING,
        ]
    )


def _crowd_part(name: str, found: Sequence[Stop]) -> list[str]:
    peak, less = fall(found)
    share = 100 / peak.rate.mean
    return [
        f"### {name.capitalize()}\n",
        f"![Rounds an hour over bots](figures/crowd-{name.replace(' ', '-')}.svg)\n",
        "| bots | per aisle position | rounds an hour | per bot | longest pause, s |\n|---|---|---|---|---|",
        *(
            f"| {stop.bots} | {stop.density:.2f} | {stop.rate.mean:.1f} ± {stop.rate.half_width:.1f} "
            f"| {stop.rate.mean / stop.bots:.1f} | {stop.longest_pause_ms / 1000:.0f} |"
            for stop in found
        ),
        f"\nThe peak is at {peak.bots} bots, {peak.density:.2f} per aisle position. With {found[-1].bots} "
        f"there are {less.mean:.1f} ± {less.half_width:.1f} rounds an hour less ({share * less.mean:.1f} ± "
        f"{share * less.half_width:.1f} %), which is {'' if less.low > 0 else '**not** '}beyond chance.\n",
    ]


INTRODUCTION = """# Validation

Theory against twin. This page is written by `make validation`, from the code that the tests in
`tests/validation` run in short; do not edit it. What a case goes *through*:

- **twin**: a site, its bots, people, demand and event log, nothing made for the case but the site and
  which carrier serves an order;
- **kernel**: the agenda and the random streams every run rests on, with a station of several servers,
  which no part of a site is (a balcony has one person; charging follows a curve and is not exponential);
- **formula**: `twin.experiments.theory` against the published figure, or against enumeration.

Cases 1 to 8, 11, 12, 15, 23, 24, 28 and 29 (travel, digging, density, batteries, routing) are exact or have
their intervals in `tests/validation`, 27 (Little's law, shares, energy) in `tests/laws/test_measures.py` and
`tests/validation/test_cases_ledger.py`. What does not go through the twin, and why:

- 9 and 10 are of machines that drive and lift at once and turn nowhere; a bot stops to turn (as FEM 9.860
  says of vehicles). They check the code that averages.
- 13 is a lane in which the carriers that were in the way go back into it in their order. Here they go to
  other lanes and stay there, which digs less; the formula is checked against such a lane worked by draws.
- 14 is a puzzle store without aisles, in which carriers move into the one free position. Not this physics.
- 16 has three persons at one line; a balcony has one, and a carrier is brought to one balcony.
- 22 has exponential times of work and charging; the twin's batteries drain by what bots do and are charged by
  a CC-CV curve, which cases 23 and 24 check.

No seed is picked. In `tests/validation` replications have the seeds 1, 2, ... and a figure is refused where
it lies outside of its 99.9 % interval; a sound twin is refused so by one figure in a thousand. Intervals
must be narrow enough, too, to find the errors that matter.
"""

FIGURES = """
Case 21 asks for no travel at all, but the twin plans for half a second. In its first row the unit of time is
therefore a thousand times the case's, beside which half a second changes the answer by some parts in a
million (a network's answer depends on the ratio of its times alone). In the second the times are the
case's, and what is expected has the twin's own half second and moves as its travel.

Runs of 3,500 orders are short for a wait at load 0.8. The row "long runs" of case 17 is 100,000 orders a
replication, drawn by the stream that draws the twin's orders, through Lindley's recursion, which the
waits at the twin's person follow to the millisecond (a test).

![Closed loop](figures/closed-loop.svg)

![Waits](figures/waits.svg)

## Ever more bots on one level (case 30)

Always twelve more orders are open than there are bots; default policies; constant person times; the bound is
`min(N / (Z + D), 1 / D_max)` with `Z + D` as one bot alone has it. The published shape is a rise, a peak
near half of the positions, and a collapse. The twin's rises, has its peak earlier, and falls from there by
some percent, but it does **not collapse**. The
reason is how it drives: a trip is planned as a whole and begun only when it can be ended, a bot waits for
it on a parking place, at a balcony or in a lane, and one without a free handover place stays parked. Bots
beyond the peak queue outside of the aisles and hinder the others little. The longest pause is the longest
time in which no round ended on the level: at no density does anything stop.
"""

CLOSING = """## Intervals that keep their word

On M/M/3 and on the exponential closed loop, 93 to 97 % of 400 seeded experiments' 95 % intervals must contain
the true value (`tests/validation/test_cases_lines_through_the_twin.py`), on recursions over arrays which are
themselves checked against the twin's own people and bots to the millisecond.
"""
