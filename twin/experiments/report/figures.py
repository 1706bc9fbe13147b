"""The end of the page: every figure of every variant, and where all of it comes from."""

from __future__ import annotations

import math

from twin.experiments.report.headline import span
from twin.experiments.report.names import few
from twin.experiments.report.parts import breakable, hours, level, table
from twin.experiments.report.results import Results, VariantResult
from twin.experiments.report.svg import escape
from twin.experiments.verdicts import figure
from twin.records.measures.catalogue import CATALOGUE, describe

COLUMNS = 6
"""How many variants have room side by side, on paper, too."""


def all_figures(results: Results) -> str:
    """Every figure of every variant with its interval, few variants at a time."""
    variants = results.variants
    parts = [variants[begin : begin + COLUMNS] for begin in range(0, len(variants), COLUMNS)]
    caption = _caption(results)
    tables = [_table(part, caption if part is parts[0] else _which(part)) for part in parts]
    return "<h2>All figures</h2>\n" + "\n".join(tables)


def _caption(results: Results) -> str:
    windows = [f"from {v.warm_up_s / 60:g} min to {hours(v)}" for v in results.variants]
    counts = span(variant.replications for variant in results.variants)
    return (
        f"Mean ± half of the {level(results.confidence)} t-interval over replications. Window:"
        f" {few(list(dict.fromkeys(windows)))}, n = {counts}."
    )


def _which(variants: list[VariantResult]) -> str:
    return f"The same of {few([variant.name for variant in variants])}."


def _table(variants: list[VariantResult], caption: str) -> str:
    names = list(dict.fromkeys(name for variant in variants for name in variant.kpis))
    order = {name: number for number, name in enumerate(CATALOGUE)}
    names.sort(key=lambda name: (order.get(name.partition(".")[0], len(order)), name))
    head = [f"{breakable(v.name)} <small>n&nbsp;=&nbsp;{v.replications}</small>" for v in variants]
    rows = [(_name(name), "".join(_cell(variant, name) for variant in variants)) for name in names]
    return table("All figures", caption, ["figure", *head], rows)


def _name(name: str) -> str:
    return f'<span title="{escape(name)}">{escape(describe(name).title)}</span>'


def _cell(variant: VariantResult, name: str) -> str:
    """A figure with its ends; its number of replications is said where some of them have none."""
    kpi, found = describe(name), variant.kpis.get(name)
    if found is None:
        return "<td>–</td>"
    low, high = kpi.shown(found.low), kpi.shown(found.high)
    known = f"{low:,.6g} to {high:,.6g} {kpi.unit}, " if math.isfinite(low) else ""
    fewer = f" <small>n = {found.n}</small>" if found.n != variant.replications else ""
    return f'<td title="{escape(f"{known}n = {found.n}")}">{escape(figure(found, kpi))}{fewer}</td>'


def footer(results: Results) -> str:
    """Seeds, versions, and where to read what all of it means."""
    manifest = results.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    return (
        f"<footer><p>{_seeds(results)} {escape(versions)}. Code {escape(manifest['code_sha256'][:16])}."
        " Definitions of the figures: docs/kpis.md; of the statistics: docs/statistics.md.</p></footer>"
    )


def _seeds(results: Results) -> str:
    """The seeds; variants that have fewer replications than others have the first of them."""
    most = max((variant.seeds for variant in results.variants), key=len)
    said = f"Seed {most[0]}" if len(most) == 1 else f"Seeds {most[0]} to {most[-1]}"
    if any(variant.seeds != most[: len(variant.seeds)] for variant in results.variants):
        return "Seeds differ between variants: manifest.json has them."
    if any(variant.seeds != most for variant in results.variants):
        return f"{said}: each variant has as many of them, from the first on, as it has replications."
    return f"{said}, the same for all variants." if len(results.variants) > 1 else f"{said}."
