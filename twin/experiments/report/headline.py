"""The top of the page: the answer, how it was come by, and the figures in front."""

from __future__ import annotations

import math
from collections.abc import Iterable

from twin.experiments.bottleneck import bottleneck
from twin.experiments.report.names import few
from twin.experiments.report.parts import hours, level, named, target_text
from twin.experiments.report.results import Results, VariantResult
from twin.experiments.report.svg import escape
from twin.experiments.statistics import Interval
from twin.experiments.verdicts import figure
from twin.records.measures.catalogue import describe

HEADLINES = ("lines_per_hour", "order_lead_time_mean", "order_lead_time_p95", "balcony_utilisation")
NOTHING = Interval(math.nan, math.nan, math.nan, 0)
"""A figure that nothing happened to measure by."""


def head(results: Results) -> str:
    """Title, how the study was made, the answer, and what holds the system back."""
    said = [f"<h1>{escape(results.title)}</h1>"]
    if results.description:
        said.append(f'<p class="soft">{escape(results.description)}</p>')
    said.append(f'<p class="soft">{escape(_how(results))}</p>')
    said.append(f'<p class="answer">{_answer(results)}</p>')
    first = shown_first(results)
    whose = f"{first.name}: " if len(results.variants) > 1 else ""
    said.append(f'<p class="answer">{escape(whose + sentence(first))}</p>')
    return "\n".join(said)


def shown_first(results: Results) -> VariantResult:
    """The variant in the headline: the first that meets all targets for sure, else the base."""
    sure = [variant for variant in results.variants if variant.targets and _verdict(variant) == "met"]
    return sure[0] if sure else results.base


def sentence(variant: VariantResult) -> str:
    """What holds a variant back."""
    return bottleneck({name: found.mean for name, found in variant.kpis.items()})


def span(numbers: Iterable[float]) -> str:
    """One number, or from the least to the most."""
    least, most = min(found := sorted(numbers)), max(found)
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"


def _how(results: Results) -> str:
    """Replications, their length, what counts, and what the intervals are."""
    variants, counts = results.variants, [variant.replications for variant in results.variants]
    noun = "value" if results.sized is not None else "variant"
    several = f"{named(len(variants), noun)}, " if len(variants) > 1 or results.sized is not None else ""
    often = named(counts[0], "replication") if len(set(counts)) == 1 else f"{span(counts)} replications each"
    long = few(list(dict.fromkeys(hours(variant) for variant in variants)))
    warm_up = span(variant.warm_up_s / 60 for variant in variants)
    said = f"{several}{often} of {long}; figures count from {warm_up} min on; "
    if max(counts) == 1:
        return f"{said}no intervals, as these come from several replications"
    said += f"intervals are {level(results.confidence)} (Student's t over replications)"
    if results.sized is not None:
        said += ", as each value is looked at up to four times: together that is 95 %"
    return said


def _verdict(variant: VariantResult) -> str:
    """Of all targets together: met, missed, or open."""
    verdicts = {target["verdict"] for target in variant.targets.values()}
    return "missed" if "missed" in verdicts else "open" if "open" in verdicts else "met"


def _answer(results: Results) -> str:
    """The headline: which variants meet the targets, or what the run came to."""
    if results.sized is not None:
        return _size(results, results.sized)
    if not results.base.targets:
        kpi = describe("lines_per_hour")
        found = results.base.kpis.get("lines_per_hour", Interval(0.0, math.nan, math.nan, 1))
        return f"No targets are set. {escape(results.base.name)} hands over <b>{figure(found, kpi)}</b>."
    if len(results.variants) == 1:
        return _one_answer(results.base, results.confidence)
    return _which(results)


def _size(results: Results, sized: dict[str, object]) -> str:
    """What ``twin size`` answered, with what it noted."""
    verdicts = [_verdict(variant) for variant in results.variants]
    missed = "open" if "open" in verdicts else "missed"
    style = missed if sized["answer"] is None else "met"
    notes = sized.get("notes")
    more = f" {escape('; '.join(map(str, notes)))}." if isinstance(notes, list) and notes else ""
    return f'<b class="{style}">{escape(str(sized["headline"]))}.</b>{more}'


def _which(results: Results) -> str:
    """Which of several variants meet the targets."""
    met = [variant.name for variant in results.variants if _verdict(variant) == "met"]
    doubtful = [variant.name for variant in results.variants if _verdict(variant) == "open"]
    count = f"{len(met)} of {len(results.variants)} variants meet all targets for sure"
    style = "met" if met else "open" if doubtful else "missed"
    said = f'<b class="{style}">{count}</b>'
    said += f": {escape(few(met))}." if met else "."
    said += escape(_smallest(results, met))
    return said + (f' <span class="open">Open: {escape(few(doubtful))}.</span>' if doubtful else "")


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


def _one_answer(variant: VariantResult, confidence: float) -> str:
    verdict = _verdict(variant)
    words = {
        "met": f"Yes: all targets are met with {level(confidence)} confidence",
        "missed": "No: a target is missed",
        "open": f"Not sure: {_doubt(variant)}",
    }
    each = "; ".join(_against(variant, kpi) for kpi in variant.targets)
    return f'<b class="{verdict}">{words[verdict]}.</b> {each}.'


def _doubt(variant: VariantResult) -> str:
    """Why it is open whether targets are met."""
    doubtful = [kpi for kpi, target in variant.targets.items() if target["verdict"] == "open"]
    if any(kpi not in variant.kpis for kpi in doubtful):
        return "nothing happened to measure a target by"
    if all(variant.kpis[kpi].n < 2 for kpi in doubtful):
        return "a single replication has no interval to judge by; several would tell"
    return "an interval lies on both sides of its target; more replications would tell"


def _against(variant: VariantResult, name: str) -> str:
    """A figure and its target."""
    kpi, target = describe(name), variant.targets[name]
    found = figure(variant.kpis.get(name, NOTHING), kpi)
    judged = f"{target['verdict']}: {target_text(name, target)}"
    colon = "" if name in variant.kpis else ":"
    return f'{escape(kpi.title)}{colon} {found} <span class="{target["verdict"]}">({escape(judged)})</span>'


def cards(variant: VariantResult) -> str:
    """The figures in front: those with targets, and what everybody asks for."""
    names = list(dict.fromkeys([*variant.targets, *HEADLINES]))
    shown = [_card(variant, name) for name in names if name in variant.kpis or name in variant.targets]
    return f'<div class="cards">{"".join(shown)}</div>'


def _card(variant: VariantResult, name: str) -> str:
    kpi, found = describe(name), variant.kpis.get(name, NOTHING)
    value, _, rest = figure(found, kpi).partition(" ") if found.n else ("–", "", figure(found, kpi))
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
