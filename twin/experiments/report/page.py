"""The page: what is said, in which order, and the HTML around it."""

from __future__ import annotations

import math
from html import escape
from importlib.resources import files
from pathlib import Path

from twin.experiments.report.bottleneck import bottleneck
from twin.experiments.report.comparing import comparison
from twin.experiments.report.detail import detail
from twin.experiments.report.parts import hours, named, target_text
from twin.experiments.report.results import Results, VariantResult, read_results
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import figure
from twin.records.measures.catalogue import CATALOGUE, describe

HEADLINES = ("lines_per_hour", "order_lead_time_mean", "order_lead_time_p95", "balcony_utilisation")
PAGE = "report.html"


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a folder of results, and give its path. Raises NoResults."""
    path = folder / PAGE
    path.write_text(page(read_results(folder)), encoding="utf-8")
    return path


def page(results: Results) -> str:
    """The whole page as HTML. It needs nothing from elsewhere, and no script."""
    style = files("twin.experiments.report").joinpath("style.css").read_text(encoding="utf-8")
    title = escape(results.title)
    several = len(results.variants) > 1
    body = [
        _head(results),
        _cards(_shown_first(results)),
        _warnings(results),
        comparison(results) if several else "",
        *(_variant(variant, _shown_first(results), several) for variant in results.variants),
        _table(results),
        _footer(results),
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n'
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _shown_first(results: Results) -> VariantResult:
    """The variant in the headline: the first that meets all targets for sure, else the base."""
    sure = [variant for variant in results.variants if variant.targets and _verdict(variant) == "met"]
    return sure[0] if sure else results.base


def _verdict(variant: VariantResult) -> str:
    """Of all targets together: met, missed, or open."""
    verdicts = {target["verdict"] for target in variant.targets.values()}
    return "missed" if "missed" in verdicts else "open" if "open" in verdicts else "met"


def _head(results: Results) -> str:
    base = results.base
    several = f"{len(results.variants)} variants, " if len(results.variants) > 1 else ""
    said = [f"<h1>{escape(results.title)}</h1>"]
    if results.description:
        said.append(f'<p class="soft">{escape(results.description)}</p>')
    said.append(
        f'<p class="soft">{several}{named(base.replications, "replication")} of {hours(base)};'
        f" figures count from {base.warm_up_s / 60:g} min on; intervals are 95 % (Student's t over"
        " replications)</p>"
    )
    said.append(f'<p class="answer">{_answer(results)}</p>')
    first = _shown_first(results)
    whose = f"{first.name}: " if len(results.variants) > 1 else ""
    said.append(f'<p class="answer">{escape(whose + _sentence(first))}</p>')
    return "\n".join(said)


def _sentence(variant: VariantResult) -> str:
    return bottleneck({name: found.mean for name, found in variant.kpis.items()})


def _answer(results: Results) -> str:
    """The headline: which variants meet the targets, or what the run came to."""
    if results.sized is not None:
        verdict = "missed" if results.sized["answer"] is None else "met"
        return f'<b class="{verdict}">{escape(results.sized["headline"])}.</b>'
    if not results.base.targets:
        kpi = describe("lines_per_hour")
        found = results.base.kpis.get("lines_per_hour", Interval(0.0, math.nan, math.nan, 1))
        return f"No targets are set. {escape(results.base.name)} hands over <b>{figure(found, kpi)}</b>."
    if len(results.variants) == 1:
        return _one_answer(results.base)
    met = [v.name for v in results.variants if _verdict(v) == "met"]
    doubtful = [v.name for v in results.variants if _verdict(v) == "open"]
    count = f"{len(met)} of {len(results.variants)} variants meet all targets for sure"
    said = f'<b class="{"met" if met else "missed"}">{count}</b>'
    said += f": {escape(', '.join(met))}." if met else "."
    said += escape(_smallest(results, met))
    return said + (f' <span class="open">Open: {escape(", ".join(doubtful))}.</span>' if doubtful else "")


def _smallest(results: Results, met: list[str]) -> str:
    """The smallest value that meets the targets, where just one number is varied."""
    if len(results.varied) != 1 or not met:
        return ""
    key = results.varied[0]
    values = {variant.name: variant.value_of(key) for variant in results.variants}
    try:
        numbers = {name: float(value) for name, value in values.items()}
    except (TypeError, ValueError):
        return ""
    return f" The smallest {key} among them is {values[min(met, key=lambda name: numbers[name])]}."


def _one_answer(variant: VariantResult) -> str:
    words = {
        "met": "Yes: all targets are met with 95 % confidence",
        "missed": "No: a target is missed",
        "open": "Not sure: an interval lies on both sides of its target; more replications would tell",
    }
    verdict = _verdict(variant)
    each = "; ".join(
        f"{describe(kpi).title} {figure(variant.kpis[kpi], describe(kpi))}"
        f' <span class="{target["verdict"]}">({target["verdict"]}: {escape(target_text(kpi, target))})</span>'
        for kpi, target in variant.targets.items()
    )
    return f'<b class="{verdict}">{words[verdict]}.</b> {each}.'


def _cards(variant: VariantResult) -> str:
    names = list(dict.fromkeys([*variant.targets, *HEADLINES]))
    cards = [_card(variant, name) for name in names if name in variant.kpis]
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(variant: VariantResult, name: str) -> str:
    kpi, found = describe(name), variant.kpis[name]
    value, _, rest = figure(found, kpi).partition(" ")
    target = variant.targets.get(name)
    judged = (
        f'<div class="{target["verdict"]}">{target["verdict"]}: {escape(target_text(name, target))}</div>'
        if target
        else ""
    )
    return (
        f'<div class="card"><div class="soft">{escape(kpi.title)}</div>'
        f'<div class="value">{value} <small>{escape(rest)}</small></div>{judged}'
        f'<div class="soft">{escape(variant.name)}, n = {found.n}</div></div>'
    )


def _warnings(results: Results) -> str:
    found: dict[str, list[str]] = {}
    for variant in results.variants:
        said = list(variant.warnings)
        if variant.replications < 5:
            said.append(f"Only {named(variant.replications, 'replication')}: intervals are wide or missing.")
        for text in said:
            found.setdefault(text.removeprefix(f"{variant.name}: "), []).append(variant.name)
    every = len(results.variants)
    paragraphs = []
    for text, names in found.items():
        whose = "" if len(names) == every else f"<b>{escape(', '.join(names))}</b>: "
        paragraphs.append(f'<p class="warning">{whose}{escape(text)}</p>')
    return "<h2>Warnings</h2>\n" + "\n".join(paragraphs) if found else ""


def _variant(variant: VariantResult, first: VariantResult, several: bool) -> str:
    inside = detail(variant)
    if not several:
        return inside
    shown = " open" if variant is first else ""
    sentence = escape(_sentence(variant))
    return (
        f"<details{shown}><summary>{escape(variant.name)}"
        f' <span class="soft">{escape(_headline(variant))}</span></summary>\n'
        f"<p>{sentence}</p>\n{inside}</details>"
    )


def _headline(variant: VariantResult) -> str:
    found = variant.kpis.get("lines_per_hour")
    return figure(found, describe("lines_per_hour")) if found else ""


def _table(results: Results) -> str:
    """Every figure of every variant with its interval."""
    names = list(dict.fromkeys(name for variant in results.variants for name in variant.kpis))
    order = {name: number for number, name in enumerate(CATALOGUE)}
    names.sort(key=lambda name: (order.get(name.partition(".")[0], len(order)), name))
    head = "".join(f"<th>{escape(variant.name)}</th>" for variant in results.variants)
    rows = "\n".join(f"<tr><td>{_name(name)}</td>{_cells(results, name)}</tr>" for name in names)
    windows = {f"from {v.warm_up_s / 60:g} min to {hours(v)}, n = {v.replications}" for v in results.variants}
    return (
        "<h2>All figures</h2>\n"
        f'<div class="wide"><table><caption>Mean ± half of the 95 % t-interval over replications. Window:'
        f" {escape('; '.join(sorted(windows)))}.</caption>\n<thead><tr><th>figure</th>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _name(name: str) -> str:
    return f'<span title="{escape(name)}">{escape(describe(name).title)}</span>'


def _cells(results: Results, name: str) -> str:
    kpi = describe(name)
    cells = []
    for variant in results.variants:
        found = variant.kpis.get(name)
        if found is None:
            cells.append("<td>–</td>")
            continue
        low, high = kpi.shown(found.low), kpi.shown(found.high)
        known = f"{low:,.6g} to {high:,.6g} {kpi.unit}, " if math.isfinite(low) else ""
        ends = f"{known}n = {found.n}"
        cells.append(f'<td title="{escape(ends)}">{escape(figure(found, kpi))}</td>')
    return "".join(cells)


def _footer(results: Results) -> str:
    manifest = results.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    seeds = manifest["variants"][results.base.name]["seeds"]
    return (
        f"<footer><p>Seeds {seeds[0]} to {seeds[-1]}, the same for all variants. {escape(versions)}. Code"
        f" {manifest['code_sha256'][:16]}. Definitions of the figures: docs/kpis.md; of the statistics:"
        " docs/statistics.md.</p></footer>"
    )
