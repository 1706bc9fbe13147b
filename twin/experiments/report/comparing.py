"""How variants differ: curves where a number is varied, rows of dots otherwise, and verdicts in words."""

from __future__ import annotations

import re
from html import escape

from twin.experiments.report.charts import against, dots
from twin.experiments.report.parts import bound_of, legend, picture
from twin.experiments.report.results import Results, VariantResult
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import compared
from twin.records.measures.catalogue import Kpi, describe

ALWAYS = ("lines_per_hour", "order_lead_time_p95", "order_lead_time_mean")
_LEADING = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:[A-Za-z%/]*)\s*$")


def comparison(results: Results) -> str:
    """The section that compares all variants."""
    names = list(dict.fromkeys([*results.base.targets, *ALWAYS]))
    key = _number_varied(results)
    pictures = []
    for name in names:
        if name in results.base.kpis:
            kpi = describe(name)
            target = results.base.targets.get(name)
            bound = bound_of(target) if target else None
            pictures.append(_curve(results, key, kpi, bound) if key else _dots(results, kpi, bound))
    return f'<h2>Comparison</h2>\n<div class="grid-2">{"".join(pictures)}</div>\n{_verdicts(results, names)}'


def _number(value: object) -> float | None:
    """The number that a value is or begins with, if nothing but a unit follows."""
    if isinstance(value, bool) or value is None:
        return None
    found = _LEADING.match(str(value))
    return float(found.group(1)) if found else None


def _number_varied(results: Results) -> str | None:
    """The key whose values are numbers, at least three of them; of several the one with the most."""
    found: dict[str, int] = {}
    for key in results.varied:
        values = [_number(variant.changes[key]) for variant in results.variants if key in variant.changes]
        if values and None not in values and len(set(values)) >= 3:
            found[key] = len(set(values))
    return max(found, key=lambda key: found[key], default=None)


def _curve(results: Results, key: str, kpi: Kpi, bound: float | None) -> str:
    groups: dict[str, dict[float, Interval]] = {}
    for variant in results.variants:
        x = _number(variant.value_of(key))
        if x is not None and kpi.name in variant.kpis:
            rest = ", ".join(f"{k}={v}" for k, v in variant.changes.items() if k != key)
            groups.setdefault(rest, {}).setdefault(x, variant.kpis[kpi.name])
    drawn = [(name, sorted(points.items())) for name, points in groups.items()]
    names = [(f"group-{n % 6}", name or "as the file says") for n, (name, _) in enumerate(drawn)]
    above = legend(names) if len(drawn) > 1 else ""
    svg = against(f"{kpi.title} against {key}", drawn, key, kpi, bound)
    return picture(kpi.title, svg, _caption(bound), above)


def _dots(results: Results, kpi: Kpi, bound: float | None) -> str:
    rows = [(v.name, v.kpis[kpi.name]) for v in results.variants if kpi.name in v.kpis]
    return picture(kpi.title, dots(f"{kpi.title} by variant", rows, kpi, bound), _caption(bound))


def _caption(bound: float | None) -> str:
    return "Means with 95 % intervals" + ("; the dashed line is the target." if bound is not None else ".")


def _verdicts(results: Results, names: list[str]) -> str:
    base = results.base
    rows = [
        f"<tr><td>{escape(v.name)}</td>{''.join(_verdict(results, v, name) for name in names)}</tr>"
        for v in results.variants[1:]
    ]
    head = "".join(f"<th>{escape(describe(name).title)}</th>" for name in names)
    return (
        f'<h2>Against {escape(base.name)}</h2><div class="wide"><table><caption>Differences of pairs'
        " with common random numbers: the same seed brings the same orders to every variant."
        " 95 % intervals.</caption>"
        f"<thead><tr><th>variant</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _verdict(results: Results, variant: VariantResult, name: str) -> str:
    difference = results.difference(variant, name)
    if difference is None:
        return "<td>–</td>"
    said = compared(results.base.name, variant.name, difference, name)
    style = "met" if " is better " in said else "missed" if " is worse " in said else "soft"
    short = said.removeprefix(f"{variant.name} is ").replace(f" than {results.base.name}", "")
    if short.startswith("no difference"):
        short = "no difference shown " + short[short.index("(") :]
    return f'<td class="{style}" title="{escape(said)}">{escape(short)}</td>'
