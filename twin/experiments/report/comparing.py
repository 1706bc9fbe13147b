"""How variants differ: curves where a number is varied, rows of dots otherwise, and verdicts in words."""

from __future__ import annotations

import re

from twin.experiments.report.charts import against, dots
from twin.experiments.report.names import few
from twin.experiments.report.parts import bound_of, breakable, level, picture, series_legend, table
from twin.experiments.report.results import Results, VariantResult
from twin.experiments.report.svg import escape
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import compared, figure
from twin.records.measures.catalogue import Kpi, describe

ALWAYS = ("lines_per_hour", "order_lead_time_p95", "order_lead_time_mean")
_LEADING = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z%/]*)\s*$")


def comparison(results: Results) -> str:
    """The section that compares all variants."""
    wanted = dict.fromkeys([*results.base.targets, *ALWAYS])
    names = [name for name in wanted if any(name in variant.kpis for variant in results.variants)]
    varied = _number_varied(results)
    pictures = []
    for name in names:
        kpi = describe(name)
        target = results.base.targets.get(name)
        bound = bound_of(target) if target else None
        pictures.append(_curve(results, *varied, kpi, bound) if varied else _dots(results, kpi, bound))
    return f'<h2>Comparison</h2>\n<div class="grid-2">{"".join(pictures)}</div>\n{_verdicts(results, names)}'


def _number(value: object) -> tuple[float, str] | None:
    """The number that a value is or begins with, and its unit, if nothing else follows."""
    if isinstance(value, bool) or value is None:
        return None
    found = _LEADING.match(str(value))
    return (float(found.group(1)), found.group(2)) if found else None


def _number_varied(results: Results) -> tuple[str, str] | None:
    """The key whose values are numbers with one unit, at least three of them, and that unit.

    Of several keys it is the one with the most values.
    """
    found: dict[tuple[str, str], int] = {}
    for key in results.varied:
        values = [_number(variant.changes[key]) for variant in results.variants if key in variant.changes]
        units = {value[1] for value in values if value is not None}
        if None not in values and len(units) == 1 and len(set(values)) >= 3:
            found[key, units.pop()] = len(set(values))
    return max(found, key=lambda each: found[each], default=None)


def _curve(results: Results, key: str, unit: str, kpi: Kpi, bound: float | None) -> str:
    groups: dict[str, dict[float, Interval]] = {}
    for variant in results.variants:
        x = _number(variant.value_of(key))
        if x is not None and x[1] == unit and kpi.name in variant.kpis:
            rest = ", ".join(f"{k}={v}" for k, v in variant.changes.items() if k != key)
            groups.setdefault(rest, {}).setdefault(x[0], variant.kpis[kpi.name])
    drawn = [(name, sorted(points.items())) for name, points in groups.items()]
    names = [name or "as the file says" for name, _ in drawn]
    above = series_legend(names) if len(drawn) > 1 else ""
    axis = f"{key}, {unit}" if unit else key
    svg = against(f"{kpi.title} against {key}", drawn, axis, kpi, bound)
    return picture(kpi.title, svg, _caption(results, bound) + _left_out(results, key, unit), above)


def _left_out(results: Results, key: str, unit: str) -> str:
    """Which variants have no place on the axis, as they leave the key to the site."""
    values = {variant.name: _number(variant.value_of(key)) for variant in results.variants}
    names = [name for name, x in values.items() if x is None or x[1] != unit]
    return f" Not in the picture, as it has no such {key}: {few(names)}." if names else ""


def _dots(results: Results, kpi: Kpi, bound: float | None) -> str:
    rows = [(v.name, v.kpis[kpi.name]) for v in results.variants if kpi.name in v.kpis]
    svg = dots(f"{kpi.title} by variant", rows, kpi, bound)
    return picture(kpi.title, svg, _caption(results, bound))


def _caption(results: Results, bound: float | None) -> str:
    single = max(variant.replications for variant in results.variants) == 1
    said = "Single replications" if single else f"Means with {level(results.confidence)} intervals"
    return said + ("; the dashed line is the target." if bound is not None else ".")


def _verdicts(results: Results, names: list[str]) -> str:
    base = results.base
    title = f"Against {base.name}"
    head = ["variant", *(escape(describe(name).title) for name in names)]
    others = results.variants[1:]
    rows = [(breakable(v.name), "".join(_verdict(results, v, name) for name in names)) for v in others]
    if max(variant.replications for variant in results.variants) == 1:
        said = f'<p class="soft">One replication does not tell variants from {escape(base.name)}.</p>'
        return f"<h2>{escape(title)}</h2>\n{said}"
    caption = (
        "Differences of pairs with common random numbers: the same seed brings the same orders to every"
        f" variant. {level(results.confidence)} intervals."
    )
    return f"<h2>{escape(title)}</h2>\n{table(title, caption, head, rows)}"


def _verdict(results: Results, variant: VariantResult, name: str) -> str:
    difference = results.difference(variant, name)
    if difference is None:
        return "<td>–</td>"
    if difference.low == difference.high == 0:
        return '<td class="soft">identical in every pair</td>'
    if 0 in difference:
        return f'<td class="soft">no difference shown ({escape(figure(difference, describe(name)))})</td>'
    said = compared(results.base.name, variant.name, difference, name)
    word = said.removeprefix(f"{variant.name} is ").partition(" ")[0]
    style = {"better": "met", "worse": "missed"}.get(word, "soft")
    short = f"{word} by {said.rpartition(' by ')[2]}"
    return f'<td class="{style}" title="{escape(said)}">{escape(short)}</td>'
