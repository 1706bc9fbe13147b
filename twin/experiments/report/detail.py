"""One variant in pictures: time, where it goes, who does what, where it is crowded."""

from __future__ import annotations

import math
from typing import Any

from twin.experiments.report.charts import Curve, over_time, stacked, step_for
from twin.experiments.report.heatmaps import heat_map
from twin.experiments.report.parts import legend, level, named, picture, series_legend
from twin.experiments.report.results import VariantResult
from twin.experiments.report.svg import escape, series
from twin.experiments.statistics import Interval
from twin.records.measures.catalogue import describe

LEAD_STYLES = {
    "lead_queue": "grey",
    "lead_charge": "green",
    "lead_travel": "blue",
    "lead_dig": "purple",
    "lead_blocked": "red",
    "lead_wait_for_person": "amber",
    "lead_pick": "teal",
}
BOT_STYLES = {
    "bot_share_travel_empty": "sky",
    "bot_share_travel_laden": "blue",
    "bot_share_lift": "teal",
    "bot_share_dig": "purple",
    "bot_share_wait_traffic": "red",
    "bot_share_wait_station": "amber",
    "bot_share_to_charger": "lime",
    "bot_share_charge": "green",
    "bot_share_task": "pink",
    "bot_share_fault": "black",
    "bot_share_idle": "grey",
}
PEOPLE_STYLES = {
    "balcony_utilisation": "teal",
    "balcony_starved": "amber",
    "balcony_blocked": "red",
    "balcony_unattended": "pink",
    "balcony_idle": "grey",
}
MAPS = {
    "traffic": ("Traffic", "time", "{} a bot drove into the busiest position"),
    "waiting_s": ("Waiting", "", "{} s of standing for others at the worst position"),
    "digging": ("Digging", "time", "{} a carrier was dug away from the worst position"),
}


def detail(variant: VariantResult, confidence: float) -> str:
    """All pictures of a variant; ``confidence`` is that of its intervals."""
    warm_up = variant.warm_up_s / 60
    pictures = [*_time(variant, warm_up, confidence), *_shares(variant)]
    return f'<h2>Pictures</h2>\n<div class="grid-2">{"".join(pictures)}</div>\n{_maps(variant)}'


def _time(variant: VariantResult, warm_up: float, confidence: float) -> list[str]:
    minutes = variant.minutes
    if not minutes or not minutes["lines"]:
        return []
    step = step_for(len(minutes["lines"]))
    first = f"First replication, means over {step} min."
    lines = [60 * value for value in minutes["lines"]]
    charge = [100 * value for value in minutes["charge_mean"]]
    least = [100 * value for value in minutes["charge_least"]]
    charges = ("mean of all bots", "emptiest bot")
    several = f" The dotted line is the mean of all replications, with its {level(confidence)} interval."
    mean = several if variant.replications > 1 else ""
    said_of_band = f"{level(confidence)} interval of the mean"
    return [
        picture(
            "Throughput and warm-up",
            over_time(
                "Lines per hour over time",
                [Curve("throughput", lines, "")],
                "lines/h",
                warm_up,
                variant.kpis.get("lines_per_hour"),
                said_of_band=said_of_band,
            ),
            first + mean,
        ),
        picture(
            "Lead time",
            over_time(
                "Mean lead time of orders by when they ended",
                [Curve("lead time", _lead_means(minutes, step), "")],
                "s",
                warm_up,
                variant.kpis.get("order_lead_time_mean"),
                said_of_band=said_of_band,
            ),
            f"{first} Orders count when they end.{mean if 'order_lead_time_mean' in variant.kpis else ''}",
        ),
        picture(
            "Open orders",
            over_time(
                "Open orders over time",
                [Curve("open orders", minutes["open_orders"], "")],
                "orders",
                warm_up,
            ),
            f"{first} A queue that grows to the end says that more is asked than can be done.",
        ),
        picture(
            "Charge of the batteries",
            over_time(
                "Charge over time",
                [Curve(charges[0], charge, series(0)), Curve(charges[1], least, series(1), 1)],
                "%",
                warm_up,
                top=100.0,
            ),
            first,
            series_legend(charges),
        ),
    ]


def _lead_means(minutes: dict[str, list[float]], step: int) -> list[float]:
    """The mean lead time in each step, once a minute, so that averaging gives it back; steps without
    an order keep the mean before, and there is none before the first.
    """
    found: list[float] = []
    mean = math.nan
    for begin in range(0, len(minutes["lead_s"]), step):
        orders = sum(minutes["orders"][begin : begin + step])
        mean = sum(minutes["lead_s"][begin : begin + step]) / orders if orders else mean
        found += [mean] * len(minutes["lead_s"][begin : begin + step])
    return found


def _shares(variant: VariantResult) -> list[str]:
    kpis = variant.kpis
    balconies = sorted(
        (name.partition(".")[2] for name in kpis if name.startswith("balcony_utilisation.")),
        key=lambda balcony: (len(balcony), balcony),
    )
    people = [("all balconies", _parts(kpis, PEOPLE_STYLES))]
    people += [(f"balcony {each}", _parts(kpis, PEOPLE_STYLES, f".{each}")) for each in balconies]
    return [
        picture(
            "Where an order's time goes",
            stacked("Parts of the lead time", [("mean lead time", _parts(kpis, LEAD_STYLES))], "s", None),
            "Means over all orders and replications. The parts sum to the lead time of every single order.",
            _legend(kpis, LEAD_STYLES),
        ),
        picture(
            "What bots do",
            stacked("Shares of the bots' time", [("all bots", _parts(kpis, BOT_STYLES))], "% of time", 100.0),
            "",
            _legend(kpis, BOT_STYLES),
        ),
        picture(
            "What people do",
            stacked("Shares of the people's time", people, "% of time", 100.0),
            "",
            _legend(kpis, PEOPLE_STYLES),
        ),
    ]


def _parts(
    kpis: dict[str, Interval], styles: dict[str, str], suffix: str = ""
) -> list[tuple[str, str, float]]:
    parts = []
    for name, style in styles.items():
        found = kpis.get(name + suffix)
        if found is not None:
            kpi = describe(name)
            parts.append((_short(name), style, kpi.shown(found.mean)))
    return parts


def _legend(kpis: dict[str, Interval], styles: dict[str, str]) -> str:
    """Only what there is: what makes up 0.05 of the unit or less is not seen anyway."""
    entries = []
    for name, style in styles.items():
        found = kpis.get(name)
        if found is not None and found.mean > 0:
            kpi = describe(name)
            entries.append((style, f"{_short(name)} {kpi.shown(found.mean):.1f} {kpi.unit}"))
    return legend(entries)


def _short(name: str) -> str:
    return describe(name).title.partition(": ")[2]


def _maps(variant: VariantResult) -> str:
    levels: list[dict[str, Any]] = variant.series.get("levels", [])
    if not levels:
        return ""
    rows = [_level(level) for level in levels]
    return (
        "<h2>Where it happens</h2>\n<p class='soft'>First replication, after the warm-up; each map on a"
        " scale of its own, stronger is more. Orange: handover places, green: chargers, grey: storage and"
        " walls.</p>\n" + "\n".join(rows)
    )


def _level(level: dict[str, Any]) -> str:
    pictures = []
    for kind, (title, noun, said) in MAPS.items():
        drawn = heat_map(level["map"], level[kind], kind)
        most = f"most at x {drawn.x}, y {drawn.y}: {drawn.largest:,}"
        where = f"Level {level['level']}, {title.lower()}: {most}"
        count = named(drawn.largest, noun) if noun else f"{drawn.largest:,}"
        caption = said.format(count) if drawn.largest else "nothing"
        pictures.append(
            f"<figure><h3>Level {level['level']}: {title}</h3>"
            f'<img src="{drawn.url}" alt="{escape(where)}" title="{escape(where)}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
    return f'<div class="maps">{"".join(pictures)}</div>'
