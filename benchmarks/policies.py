"""``python -m benchmarks.policies``: every policy against the default, one decision at a time.

Each cell of the tables is a mean over replications with its 95 % t-interval. All policies
get the same orders, persons and stock in a replication (common random numbers), so that
the difference to the default is a mean of paired differences, with its own interval.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from twin.assembly import HOUR_MS, build, rare_collection
from twin.domain.layout import Balcony, Level, Site
from twin.domain.work import OPERATOR_SIMULATED
from twin.experiments.placement import parked_bots
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.statistics import Interval, t_interval
from twin.experiments.stocking import RandomStock
from twin.policies import registry
from twin.policies.chosen import Choice, Policies
from twin.records.measures.measures import Measures
from twin.simulation.arriving import Demand

WARMUP_MS = HOUR_MS // 2


@dataclass(frozen=True, slots=True)
class Setting:
    """A site under a moderate load and under more than it can do, in lines per hour.

    ``extra`` are policies that are compared besides one change at a time.
    """

    title: str
    site: Site
    moderate: int
    too_much: int
    hours: float
    replications: int
    extra: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of one run."""

    lead_s: float
    lines_per_hour: float
    digs: float
    starved: float


def settings() -> dict[str, Setting]:
    """What is compared on, by name."""
    demo, reference = (load_site(find_site(name)) for name in ("demo", "reference"))
    return {
        "demo": Setting("demo", quick_batteries(demo), 300, 1000, 2.5, 10),
        "reference": Setting("reference", quick_batteries(reference), 1000, 4000, 1.5, 5),
        "narrow": Setting(
            "demo with two balconies of one handover place a level, and six bots a level",
            quick_batteries(narrow(demo, bots=6)),
            400,
            1000,
            2.5,
            10,
            (("buffering=near_balcony", "relocation=least_likely"),),
        ),
    }


def quick_batteries(site: Site) -> Site:
    """Batteries of a quarter of the size, with the same chargers: several cycles in a short run.

    The shares of time spent charging and working are those of the full size.
    """
    battery = site.battery
    return replace(site, battery=replace(battery, capacity_wh=battery.capacity_wh // 4, start_percent=60))


def narrow(site: Site, bots: int) -> Site:
    """A site in which every other balcony is left, with one handover place on each level."""
    balconies = tuple(
        Balcony(b.id, tuple({place.level: place for place in b.places}.values())) for b in site.balconies[::2]
    )
    left = {(place.level, place.x, place.y) for b in balconies for place in b.places}
    levels = tuple(
        Level(level.id, level.height_mm, tuple(_without(level, left))) for level in site.levels
    )
    return replace(site, levels=levels, balconies=balconies, bots=parked_bots(levels, bots))


def _without(level: Level, left: set[tuple[int, int, int]]) -> Iterator[str]:
    for y, row in enumerate(level.rows):
        yield "".join(
            "#" if kind == "b" and (level.id, x, y) not in left else kind for x, kind in enumerate(row)
        )


def alternatives(setting: Setting) -> Iterator[tuple[str, ...]]:
    """The default, then every other policy in its stead, then what the setting adds."""
    yield ()
    for decision in (f.name for f in fields(Choice)):
        for name in registry.names(decision):
            if name != getattr(Choice(), decision):
                yield (f"{decision}={name}",)
    yield from setting.extra


def outcome(setting: Setting, load: int, policies: tuple[str, ...], seed: int) -> Outcome:
    """One replication."""
    measures, end_ms = Measures(WARMUP_MS), round(setting.hours * HOUR_MS)
    engine = build(
        setting.site,
        seed=seed,
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=[Demand("orders", load, end_ms)],
        observers=[measures],
        keep_ended=False,
        policies=Policies.of(Choice.parse(policies)),
    )
    with rare_collection():
        engine.run_until(end_ms)
    found = measures.result(end_ms)
    return Outcome(
        found["order_lead_time_mean"],
        found["lines_per_hour"],
        found["digs_per_presentation"],
        100 * found["balcony_starved"],
    )


def table(setting: Setting, replications: int) -> Iterator[str]:
    """The rows of a table in Markdown, each as soon as it is known."""
    site = setting.site
    yield f"### {setting.title}"
    yield ""
    yield (
        f"{len(site.bots)} bots, {len(site.balconies)} balconies, {setting.hours:g} h of which"
        f" {WARMUP_MS / HOUR_MS:g} h warm-up, {replications} replications."
        f" Moderate: {setting.moderate} lines an hour; too much: {setting.too_much}."
    )
    yield ""
    yield (
        "| policies | lead time, s (moderate) | to default | lines an hour (too much) | to default"
        " | digs | starved, % |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    base: tuple[list[Outcome], list[Outcome]] | None = None
    for policies in alternatives(setting):
        easy, hard = (
            [outcome(setting, load, policies, seed) for seed in range(1, replications + 1)]
            for load in (setting.moderate, setting.too_much)
        )
        base = base or (easy, hard)
        yield _row(policies, easy, hard, *base)


def _row(
    policies: tuple[str, ...],
    easy: list[Outcome],
    hard: list[Outcome],
    easy_base: list[Outcome],
    hard_base: list[Outcome],
) -> str:
    leads, lines = [o.lead_s for o in easy], [o.lines_per_hour for o in hard]
    return " | ".join(
        (
            f"| {' '.join(f'`{p}`' for p in policies) or 'default'}",
            _shown(t_interval(leads)),
            _change(leads, [o.lead_s for o in easy_base]),
            _shown(t_interval(lines)),
            _change(lines, [o.lines_per_hour for o in hard_base]),
            f"{t_interval([o.digs for o in hard]).mean:.2f}",
            f"{t_interval([o.starved for o in hard]).mean:.0f} |",
        )
    )


def _shown(interval: Interval) -> str:
    return f"{interval.mean:.0f} ± {interval.half_width:.0f}"


def _change(values: list[float], base: list[float]) -> str:
    """The mean paired difference in percent, bold where its interval leaves 0 out."""
    if values is base or values == base:
        return ""
    interval = t_interval(100 * (v - b) / b for v, b in zip(values, base, strict=True))
    text = f"{interval.mean:+.1f} ± {interval.half_width:.1f} %"
    return text if 0 in interval else f"**{text}**"


def main() -> None:
    """Print the tables of the settings asked for."""
    known = settings()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies", description=__doc__)
    parser.add_argument("--site", choices=list(known), action="append")
    parser.add_argument("--replications", type=int)
    options = parser.parse_args()
    for name in options.site or list(known):
        setting = known[name]
        for line in table(setting, options.replications or setting.replications):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    sys.exit(main())
