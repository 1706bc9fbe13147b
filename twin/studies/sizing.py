"""The smallest value that meets the targets: bisection, with as many replications as it takes.

It is assumed that what meets the targets still does with more of it, up to where more
gets in its own way. Each value is looked at after 4, 8, 16 and 32 replications at most.
As every look is a chance to be wrong, each has a confidence of 1 - 0.05 / 4 (Bonferroni),
and all of them together 95 %. A value that is still open after the last look does not
count as enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from twin.domain.errors import Refusal, ScenarioRefused
from twin.experiments.scenario.kpinames import kpi_trouble, unit_of
from twin.experiments.scenario.measurable import never
from twin.experiments.scenario.quantities import Bound, Unclear, bound
from twin.experiments.scenario.reading import Study, check_readable, vary
from twin.experiments.scenario.varying import alike_trouble
from twin.studies.study import Executor, Result, replications, warm_up
from twin.studies.summary import MET, MISSED, OPEN, Verdict, judge, kpis_of, plain_interval

LOOKS = (4, 8, 16, 32)
CONFIDENCE = 1 - 0.05 / len(LOOKS)
MOST_VALUES = 10_000


@dataclass(frozen=True)
class Question:
    """What is sized: the values of a key in ascending order, and the targets."""

    key: str
    values: tuple[str, ...]
    targets: dict[str, Bound]


@dataclass(frozen=True)
class Point:
    """A value that was tried."""

    value: str
    result: Result
    verdicts: tuple[Verdict, ...]

    @property
    def verdict(self) -> str:
        """Met if all targets are, missed if one is, else open."""
        found = {verdict.verdict for verdict in self.verdicts}
        return MISSED if MISSED in found else OPEN if OPEN in found else MET

    @property
    def targets(self) -> dict[str, Any]:
        """The verdicts as JSON values, with the confidence of their intervals."""
        return {verdict.kpi: {**verdict.as_plain(), "confidence": CONFIDENCE} for verdict in self.verdicts}


@dataclass(frozen=True)
class Size:
    """The answer. None: no value that was tried is enough."""

    key: str
    answer: str | None
    curve: tuple[Point, ...]
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The answer in a sentence."""
        tried = [point.value for point in self.curve]
        if self.answer is None:
            if any(point.verdict == OPEN for point in self.curve):
                return f"no value of {self.key} was shown to meet the targets with 95 % confidence"
            values = ", ".join(tried)
            return f"no value of {self.key} that was tried ({values}) meets the targets: all miss one"
        found = f"{self.key}={self.answer} is the smallest value that meets the targets with 95 % confidence"
        return f"{found}; nothing smaller was asked about" if self.answer == tried[0] else found

    def as_plain(self) -> dict[str, Any]:
        """JSON values. Intervals of KPIs are at 95 %, those of targets at the level that they say."""
        return {
            "key": self.key,
            "answer": self.answer,
            "headline": self.headline,
            "curve": [
                {
                    "value": point.value,
                    "verdict": point.verdict,
                    "replications": len(point.result.outcomes),
                    "seeds": [outcome.seed for outcome in point.result.outcomes],
                    "targets": point.targets,
                    "kpis": {kpi: plain_interval(found) for kpi, found in point.result.kpis.items()},
                    "log_sha256": [outcome.log_sha256 for outcome in point.result.outcomes],
                }
                for point in self.curve
            ],
            "notes": list(self.notes),
        }


def question(study: Study, varied: str, targets: Sequence[str]) -> Question:
    """What the command line asks for; without targets those of the file. Raises ScenarioRefused.

    Whatever is refused is refused here, before anything runs; only that a site has no room for
    the larger values is found out later, as it ends the range.
    """
    key, equals, text = varied.partition("=")
    key = key.strip()
    if trouble := alike_trouble(key):
        raise ScenarioRefused(f"--vary {varied}: {trouble}")
    if not equals:
        raise ScenarioRefused(f"--vary {varied}: no values; write key=2..20 or key=2,4,8")
    wanted = _targets(targets) or study.scenario.targets
    if not wanted:
        raise ScenarioRefused(
            f"{study.source}: no targets; add 'targets:' or --target \"lines_per_hour>=500\""
        )
    values = tuple(_values(varied, text))
    # Whole numbers in a row are allowed from some one on up to another, so that both ends tell of all.
    check_readable(study, key, (values[0], values[-1]) if ".." in text else values)
    (smallest,) = vary(study, key, values[:1])
    for kpi, limit in wanted.items():
        if trouble := never(smallest.scenario, smallest.site, kpi):
            raise ScenarioRefused(f"--target {kpi} {limit.written}: {trouble}")
    return Question(key, values, wanted)


def _targets(texts: Sequence[str]) -> dict[str, Bound]:
    found: dict[str, Bound] = {}
    for text in texts:
        kpi, limit = _target(text)
        if kpi in found:
            raise ScenarioRefused(f"--target {text}: {kpi} has a target already; keep one")
        found[kpi] = limit
    return found


def _target(text: str) -> tuple[str, Bound]:
    for sign in (">=", "<="):
        kpi, found, limit = text.partition(sign)
        if found:
            if trouble := kpi_trouble(kpi.strip()):
                raise ScenarioRefused(f"--target {text}: {trouble}")
            try:
                return kpi.strip(), bound(f"{sign} {limit.strip()}", unit_of(kpi.strip()))
            except Unclear as unclear:
                raise ScenarioRefused(f"--target {text}: {unclear}") from None
    raise ScenarioRefused(f"--target {text}: not a target; write KPI>=value or KPI<=value, in quotes")


def _values(varied: str, text: str) -> Iterable[str]:
    """``2..20``, ``2..20:2`` or ``2,4,8``."""
    span, _, step = text.partition(":")
    first, dots, last = span.partition("..")
    if not dots:
        values = [value.strip() for value in text.split(",")]
        if all(values):
            _check_ascending(varied, values)
            return values
        raise ScenarioRefused(f"--vary {varied}: a value is missing; write key=2..20 or key=2,4,8")
    if not (first.isdigit() and last.isdigit() and (step or "1").isdigit()):
        raise ScenarioRefused(
            f"--vary {varied}: not a range; write whole numbers, such as 2..20 or 100..900:50"
        )
    low, high, width = int(first), int(last), int(step or 1)
    if not width >= 1 or not low <= high <= low + width * MOST_VALUES:
        raise ScenarioRefused(f"--vary {varied}: no values or too many; write the smaller one first")
    return [str(value) for value in range(low, high + 1, width)]


def _check_ascending(varied: str, values: Sequence[str]) -> None:
    """Numbers, each greater than the one before, all with one unit or none. Raises ScenarioRefused."""
    matches = [re.fullmatch(r"([+-]?\d+(?:\.\d+)?)(\D*)", value) for value in values]
    found = [(float(match[1]), match[2].strip()) for match in matches if match is not None]
    numbers = [number for number, _ in found]
    rising = all(a < b for a, b in pairwise(numbers))
    if len(found) < len(values) or not rising or len({unit for _, unit in found}) > 1:
        raise ScenarioRefused(
            f"--vary {varied}: these do not rise; write numbers with one unit, such as 2,4,8"
        )


def find_size(study: Study, asked: Question, executor: Executor) -> Size:
    """Carry it out."""
    count, notes = _possible(study, asked)
    search = _Search(study, asked, count, executor)
    answer = search.smallest()
    curve = tuple(search.points[index] for index in sorted(search.points))
    if any(point.verdict == OPEN for point in curve):
        notes += (f"values that are open after {LOOKS[-1]} replications do not count as enough",)
    if note := _falling(asked.key, curve):
        notes += (note,)
    return Size(asked.key, None if answer is None else asked.values[answer], curve, notes)


def _falling(key: str, curve: Sequence[Point]) -> str | None:
    """Says so where a larger value misses what a smaller one meets."""
    met = [i for i, point in enumerate(curve) if point.verdict == MET]
    missed = next((p.value for p in curve[met[-1] + 1 :] if p.verdict == MISSED), None) if met else None
    if missed is None:
        return None
    largest = curve[met[-1]].value
    return f"more is not better: {key}={missed} misses a target; the largest that met them is {largest}"


def _possible(study: Study, asked: Question) -> tuple[int, tuple[str, ...]]:
    """How many of the values, from the smallest on, can be; a note if not all can."""
    low, high, refusal = 0, len(asked.values), ""
    probe = high - 1
    while high - low > 1:
        try:
            vary(study, asked.key, [asked.values[probe]])
            low = probe
        except Refusal as refused:
            high, refusal = probe, str(refused).splitlines()[0]
        probe = (low + high) // 2
    return high, (f"{asked.key} stops at {asked.values[high - 1]}: {refusal}",) if refusal else ()


@dataclass
class _Search:
    study: Study
    asked: Question
    count: int
    executor: Executor
    points: dict[int, Point] = field(default_factory=dict)

    def smallest(self) -> int | None:
        """The index of the smallest value that is enough; the one below it was tried and is not."""
        low, high = -1, self._one_that_is_enough()
        if high is None:
            return None
        if high > 0 and self._enough(0):
            return 0
        low = 0 if high > 0 else -1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._enough(middle) else (middle, high)
        return high

    def _one_that_is_enough(self) -> int | None:
        """The largest value; or, as too many may be in each other's way, one at a quarter of the range."""
        last = self.count - 1
        tried = dict.fromkeys((last, last // 2, 3 * last // 4, last // 4))
        return next((index for index in tried if self._enough(index)), None)

    def _enough(self, index: int) -> bool:
        if index not in self.points:
            self.points[index] = self._tried(index)
        return self.points[index].verdict == MET

    def _tried(self, index: int) -> Point:
        (variant,) = vary(self.study, self.asked.key, [self.asked.values[index]])
        cut = warm_up(variant, self.executor)
        for count in LOOKS:
            result = replications([variant], {variant.name: cut}, count, self.executor)[0]
            verdicts = judge(kpis_of(result.outcomes, CONFIDENCE), self.asked.targets)
            point = Point(self.asked.values[index], result, tuple(verdicts))
            if point.verdict != OPEN:
                break
        return point
