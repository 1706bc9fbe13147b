"""The tables of ``docs/policies.md``, each row as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

from benchmarks.policies.settings import Setting
from benchmarks.policies.trials import WARMUP_MS, Outcome, Trials
from twin.assembly import HOUR_MS
from twin.experiments.statistics import Interval, t_interval
from twin.policies import registry
from twin.policies.chosen import Choice

PLAIN = Choice(
    dispatch="oldest",
    allocation="fewest_carriers",
    put_back="own_place",
    relocation="nearest_free",
    charging="threshold",
    parking="nearest",
    buffering="none",
)
"""The simplest policy of each decision: what the defaults are measured against."""

Runs = tuple[list[Outcome], list[Outcome]]
"""Replications under the moderate load, and under too much."""

HEAD = (
    "| policies | lead time, s | | 95th percentile, s | | lines an hour | | oldest order, min | digs"
    " | starved, % | CPU |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def together(trials: Trials, setting: Setting, replications: int) -> Iterator[str]:
    """The defaults against the plain policies, and what is nearly the default."""
    yield from _head(setting, replications)
    yield from _rows(trials, setting, replications, _combinations())


def one_at_a_time(trials: Trials, setting: Setting, replications: int) -> Iterator[str]:
    """Every other policy in the stead of the default."""
    yield from _head(setting, replications)
    yield from _rows(trials, setting, replications, _changes())


def _combinations() -> Iterator[tuple[str, Choice]]:
    default = Choice()
    yield "default", default
    yield "plain", PLAIN
    near = replace(default, put_back="nearest")
    yield "default, `put_back=nearest` `buffering=near_balcony`", replace(near, buffering="near_balcony")


def _changes() -> Iterator[tuple[str, Choice]]:
    default = Choice()
    yield "default", default
    for decision, usual in default.as_dict().items():
        for name in registry.names(decision):
            if name != usual:
                yield f"`{decision}={name}`", replace(default, **{decision: name})


def _head(setting: Setting, replications: int) -> Iterator[str]:
    site = setting.site
    yield f"**{setting.title}**: {len(site.bots)} bots, {len(site.balconies)} balconies, {setting.hours:g} h"
    yield f"of which {WARMUP_MS / HOUR_MS:g} h warm-up, {replications} replications; moderate:"
    yield f"{setting.moderate} lines an hour, too much: {setting.too_much}."
    yield ""
    yield HEAD


def _rows(
    trials: Trials, setting: Setting, replications: int, choices: Iterator[tuple[str, Choice]]
) -> Iterator[str]:
    base: Runs | None = None
    for title, choice in choices:
        runs = trials.both(setting, choice, replications)
        base = base or runs
        yield _row(title, runs, base)
    yield ""


def _row(title: str, runs: Runs, base: Runs) -> str:
    (easy, hard), (easy_base, hard_base) = runs, base
    cells = [title]
    for of, figures, before in (
        (_lead, easy, easy_base),
        (_p95, easy, easy_base),
        (_lines, hard, hard_base),
    ):
        cells += [_shown(t_interval(map(of, figures))), _change(of, figures, before)]
    cells += [
        f"{t_interval(o.oldest_s / 60 for o in hard).mean:.0f}",
        f"{t_interval(o.digs for o in hard).mean:.2f}",
        f"{t_interval(o.starved for o in hard).mean:.0f}",
        f"{_cpu(runs) / _cpu(base):.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _lead(outcome: Outcome) -> float:
    return outcome.lead_s


def _p95(outcome: Outcome) -> float:
    return outcome.p95_s


def _lines(outcome: Outcome) -> float:
    return outcome.lines_per_hour


def _cpu(runs: Runs) -> float:
    """CPU seconds per line handed over: more lines are more work."""
    together = [*runs[0], *runs[1]]
    return sum(o.cpu_s for o in together) / sum(o.lines_per_hour for o in together)


def _shown(interval: Interval) -> str:
    return f"{interval.mean:.0f} ± {interval.half_width:.0f}"


def _change(of: Callable[[Outcome], float], runs: list[Outcome], base: list[Outcome]) -> str:
    """The mean paired difference in percent, bold where its interval leaves 0 out."""
    if all(_figures(a) == _figures(b) for a, b in zip(runs, base, strict=True)):
        return ""
    interval = t_interval(100 * (of(a) - of(b)) / of(b) for a, b in zip(runs, base, strict=True))
    text = f"{interval.mean:+.1f} ± {interval.half_width:.1f} %"
    return text if 0 in interval else f"**{text}**"


def _figures(outcome: Outcome) -> dict[str, float]:
    return {name: value for name, value in asdict(outcome).items() if name != "cpu_s"}
